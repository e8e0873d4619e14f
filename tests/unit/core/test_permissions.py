"""The permissions as one table, written out by hand: whoever changes the rules changes this table knowingly."""

import pytest

from matcher.core.errors import NotAllowed
from matcher.core.people import SYSTEM, VISITOR, Actor, Role
from matcher.core.permissions import PERMISSIONS, REFUSED, SIGN_IN, View, allowed, need_view, require

OWN, OTHER = 1, 2

# Columns: each role on what its own organisation owns (own) and on what another one owns (other).
MATRIX = """
                      enterprise  university  government  desk        admin       expert      visitor
                      own  other  own  other  own  other  own  other  own  other  own  other
need.create           yes  yes    -    -      yes  yes    yes  yes    -    -      -    -      -
need.edit             yes  -      -    -      yes  -      yes  yes    -    -      -    -      -
need.submit           yes  -      -    -      yes  -      yes  yes    -    -      -    -      -
need.withdraw         yes  -      -    -      yes  -      yes  yes    -    -      -    -      -
need.review           -    -      -    -      -    -      yes  yes    -    -      -    -      -
need.solve            yes  -      -    -      yes  -      yes  yes    -    -      -    -      -
need.confidential     yes  -      -    -      yes  -      yes  yes    -    -      -    -      -
need.import           yes  yes    -    -      yes  yes    yes  yes    -    -      -    -      -
need.export           -    -      -    -      yes  yes    yes  yes    yes  yes    -    -      -
offer.create          yes  yes    yes  yes    -    -      yes  yes    -    -      -    -      -
offer.edit            yes  -      yes  -      -    -      yes  yes    -    -      -    -      -
offer.submit          yes  -      yes  -      -    -      yes  yes    -    -      -    -      -
offer.withdraw        yes  -      yes  -      -    -      yes  yes    -    -      -    -      -
offer.review          -    -      -    -      -    -      yes  yes    -    -      -    -      -
offer.unpublished     yes  -      yes  -      -    -      yes  yes    -    -      -    -      -
offer.import          yes  yes    yes  yes    -    -      yes  yes    -    -      -    -      -
offer.export          -    -      -    -      yes  yes    yes  yes    yes  yes    -    -      -
pairing.queue         -    -      -    -      -    -      yes  yes    -    -      -    -      -
pairing.decide        -    -      -    -      -    -      yes  yes    -    -      -    -      -
pairing.see           yes  -      yes  -      yes  -      yes  yes    -    -      -    -      -
pairing.export        -    -      -    -      -    -      yes  yes    yes  yes    -    -      -
pairing.introduce     -    -      -    -      -    -      yes  yes    -    -      -    -      -
pairing.agree         -    -      -    -      -    -      yes  yes    -    -      -    -      -
pairing.talk          yes  -      yes  -      yes  -      yes  yes    -    -      -    -      -
pairing.step_aside    yes  -      yes  -      yes  -      yes  yes    -    -      -    -      -
pairing.contract      yes  -      yes  -      yes  -      yes  yes    -    -      -    -      -
pairing.make          -    -      -    -      -    -      yes  yes    -    -      -    -      -
pairing.note          -    -      -    -      -    -      yes  yes    -    -      -    -      -
pairing.assign        -    -      -    -      -    -      yes  yes    -    -      -    -      -
task.manage           -    -      -    -      -    -      yes  yes    -    -      -    -      -
event.organise        -    -      -    -      yes  yes    yes  yes    -    -      -    -      -
event.take_part       yes  -      yes  -      yes  yes    yes  yes    -    -      -    -      -
portfolio.make        -    -      -    -      -    -      yes  yes    -    -      -    -      -
introduction.see      yes  -      yes  -      yes  -      yes  yes    -    -      -    -      -
introduction.answer   yes  -      yes  -      yes  -      yes  yes    -    -      -    -      -
meeting_note.write    yes  -      yes  -      yes  -      yes  yes    -    -      -    -      -
meeting_note.desk     -    -      -    -      -    -      yes  yes    -    -      -    -      -
deal.list             yes  -      yes  -      yes  yes    yes  yes    yes  yes    -    -      -
deal.see              yes  -      yes  -      yes  yes    yes  yes    yes  yes    -    -      -
deal.write            yes  -      yes  -      yes  -      yes  yes    -    -      -    -      -
ranker.see            -    -      -    -      -    -      yes  yes    yes  yes    -    -      -
ranker.train          -    -      -    -      -    -      yes  yes    yes  yes    -    -      -
ranker.adopt          -    -      -    -      -    -      -    -      yes  yes    -    -      -
insight.government    -    -      -    -      yes  yes    yes  yes    yes  yes    -    -      -
topic.see             -    -      -    -      yes  yes    yes  yes    -    -      -    -      -
topic.arrange         -    -      -    -      yes  yes    yes  yes    -    -      -    -      -
demand.weigh          -    -      -    -      yes  yes    -    -      -    -      -    -      -
account.approve       -    -      -    -      -    -      -    -      yes  yes    -    -      -
organisation.edit     yes  -      yes  -      yes  -      yes  yes    yes  yes    -    -      -
organisation.contact  yes  -      yes  -      yes  -      yes  yes    yes  yes    -    -      -
audit.see             -    -      -    -      -    -      -    -      yes  yes    -    -      -
post.manage           -    -      -    -      -    -      -    -      yes  yes    -    -      -
project.see           -    -      -    -      yes  yes    yes  yes    yes  yes    -    -      -
project.write         -    -      -    -      yes  yes    -    -      -    -      -    -      -
project.decide        -    -      -    -      yes  yes    -    -      -    -      -    -      -
call.write            -    -      -    -      yes  yes    -    -      -    -      -    -      -
objection.file        yes  yes    yes  yes    yes  yes    yes  yes    yes  yes    yes  yes    yes
objection.answer      -    -      -    -      yes  yes    -    -      -    -      -    -      -
expert.see            -    -      -    -      yes  yes    -    -      yes  yes    -    -      -
expert.manage         -    -      -    -      yes  yes    -    -      yes  yes    -    -      -
panel.manage          -    -      -    -      yes  yes    -    -      -    -      -    -      -
panel.score           -    -      -    -      -    -      -    -      -    -      yes  yes    -
bid.write             yes  -      yes  -      -    -      -    -      -    -      -    -      -
bid.join              yes  -      yes  -      -    -      -    -      -    -      -    -      -
bid.judge             -    -      -    -      yes  yes    -    -      -    -      -    -      -
project.commission    -    -      -    -      yes  yes    yes  yes    -    -      -    -      -
task_book.write       -    -      -    -      yes  yes    -    -      -    -      -    -      -
task_book.sign        yes  -      yes  -      yes  yes    -    -      -    -      -    -      -
milestone.report      yes  -      yes  -      -    -      -    -      -    -      -    -      -
milestone.answer      -    -      -    -      yes  yes    -    -      -    -      -    -      -
change.ask            yes  -      yes  -      -    -      -    -      -    -      -    -      -
change.answer         -    -      -    -      yes  yes    -    -      -    -      -    -      -
payment.see           yes  -      yes  -      yes  yes    -    -      -    -      -    -      -
payment.make          -    -      -    -      yes  yes    -    -      -    -      -    -      -
gate.manage           -    -      -    -      yes  yes    -    -      -    -      -    -      -
gate.hand_in          yes  -      yes  -      -    -      -    -      -    -      -    -      -
gate.shares           yes  -      yes  -      yes  yes    -    -      -    -      -    -      -
archive.read          yes  yes    yes  yes    yes  yes    yes  yes    yes  yes    yes  yes    yes
archive.full          -    -      -    -      yes  yes    -    -      -    -      -    -      -
acceptance.apply      yes  -      yes  -      -    -      -    -      -    -      -    -      -
acceptance.decide     -    -      -    -      yes  yes    -    -      -    -      -    -      -
scenario.write        yes  -      -    -      yes  -      yes  yes    -    -      -    -      -
trial.apply           yes  -      yes  -      -    -      -    -      -    -      -    -      -
trial.decide          yes  -      -    -      yes  -      -    -      -    -      -    -      -
trial.see             yes  -      yes  -      yes  yes    yes  yes    -    -      -    -      -
"""
ROLES = [Role.ENTERPRISE, Role.UNIVERSITY, Role.GOVERNMENT, Role.DESK, Role.ADMIN, Role.EXPERT]
COLUMNS = [(role, owner) for role in ROLES for owner in (OWN, OTHER)] + [(None, OTHER)]
ROWS = [line.split() for line in MATRIX.strip().splitlines()[2:]]
CELLS = [
    pytest.param(
        action, role, owner, cell == "yes", id=f"{action}-{role or 'visitor'}-{'own' if owner == OWN else 'other'}"
    )
    for action, *cells in ROWS
    for (role, owner), cell in zip(COLUMNS, cells, strict=True)
]


def person(role: Role | None) -> Actor:
    return Actor(7, OWN, frozenset({role}), "somebody") if role else VISITOR


@pytest.mark.parametrize(("action", "role", "owner", "is_allowed"), CELLS)
def test_each_role_may_do_what_the_table_says_and_nothing_else(action, role, owner, is_allowed):
    assert allowed(person(role), action, owner=owner) is is_allowed


def test_every_action_stands_in_the_table():
    assert {action for action, *_ in ROWS} == set(PERMISSIONS)


#: What the office may do whoever owns the thing.
GRANTED_ANYWAY = {
    "need.create",
    "need.import",
    "need.export",
    "offer.create",
    "offer.import",
    "offer.export",
    "event.organise",
    "event.take_part",
    "deal.list",
    "deal.see",
    "insight.government",
    "topic.see",
    "topic.arrange",
    "demand.weigh",
    "project.see",
    "project.write",
    "project.decide",
    "call.write",
    "objection.file",
    "objection.answer",
    "expert.see",
    "expert.manage",
    "panel.manage",
    "bid.judge",
    "project.commission",
    "task_book.write",
    "task_book.sign",
    "milestone.answer",
    "change.answer",
    "payment.see",
    "payment.make",
    "gate.manage",
    "gate.shares",
    "archive.read",
    "archive.full",
    "acceptance.decide",
    "trial.see",
}


@pytest.mark.parametrize("action", sorted(PERMISSIONS))
def test_nobody_owns_what_has_no_owner(action):
    without_organisation = Actor(7, None, frozenset({Role.ENTERPRISE, Role.UNIVERSITY, Role.GOVERNMENT}), "somebody")
    assert allowed(without_organisation, action, owner=None) is (action in GRANTED_ANYWAY)


@pytest.mark.parametrize("action", sorted(PERMISSIONS))
def test_the_system_itself_may_do_everything(action):
    assert allowed(SYSTEM, action, owner=OTHER)


def test_an_unknown_action_is_a_mistake_of_the_program_and_never_allowed():
    with pytest.raises(KeyError):
        allowed(person(Role.ADMIN), "need.destroy")


def test_a_visitor_is_asked_to_sign_in_where_a_person_is_refused():
    with pytest.raises(NotAllowed) as of_visitor:
        require(VISITOR, "pairing.queue")
    with pytest.raises(NotAllowed) as of_person:
        require(person(Role.ENTERPRISE), "pairing.queue")
    assert (of_visitor.value.message, of_person.value.message) == (SIGN_IN, REFUSED)


# What is seen of a need; "target" is an organisation that the owner named.
VIEWS = """
             visitor   stranger  target    owner  desk  admin
open         full      full      full      full   full  full
redacted     redacted  redacted  redacted  full   full  redacted
targeted     none      none      full      full   full  none
closed       none      none      none      full   full  none
"""
SEERS = {
    "visitor": VISITOR,
    "stranger": Actor(8, OTHER, frozenset({Role.UNIVERSITY}), "a university"),
    "target": Actor(9, 3, frozenset({Role.UNIVERSITY}), "a chosen university"),
    "owner": Actor(7, OWN, frozenset({Role.ENTERPRISE}), "the owner"),
    "desk": Actor(10, 4, frozenset({Role.DESK}), "the desk"),
    "admin": Actor(11, 5, frozenset({Role.ADMIN}), "the administrator"),
}
VIEW_CELLS = [
    (disclosure, seer, View(cell))
    for disclosure, *cells in (line.split() for line in VIEWS.strip().splitlines()[1:])
    for seer, cell in zip(SEERS, cells, strict=True)
]


@pytest.mark.parametrize(("disclosure", "seer", "view"), VIEW_CELLS)
def test_a_public_need_shows_each_person_what_its_disclosure_says(disclosure, seer, view):
    assert need_view(SEERS[seer], disclosure=disclosure, owner=OWN, targets=[3], public_state=True) is view


@pytest.mark.parametrize(("disclosure", "seer", "_view"), VIEW_CELLS)
def test_before_publication_only_owner_and_desk_see_a_need(disclosure, seer, _view):
    expected = View.FULL if seer in {"owner", "desk"} else View.NONE
    assert need_view(SEERS[seer], disclosure=disclosure, owner=OWN, targets=[3], public_state=False) is expected


def test_a_colleague_without_a_fitting_role_is_no_owner():
    colleague = Actor(12, OWN, frozenset({Role.UNIVERSITY}), "a colleague")
    assert need_view(colleague, disclosure="closed", owner=OWN, targets=[], public_state=True) is View.NONE
