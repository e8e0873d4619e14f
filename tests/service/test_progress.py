"""The steps of a pairing after review: each by each role, with what it asks for, alone and against somebody who is faster."""

import pytest
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from matcher.core.lifecycle import StateChange
from matcher.matching import progress
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.matching.model import Decision, Pairing, PairingState, Verdict
from matcher.needs.model import NeedState
from tests.factories import NeedFactory, OfferFactory, PairingFactory, day, organisation_of
from tests.service.test_review import at_once

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)

SOURCES = {
    "accept": "suggested",
    "introduce": "shortlisted",
    "withdraw": "introduced",
    "interest": "introduced",
    "meet": "interested",
    "negotiate": "meeting",
    "step_back": "meeting",
    "contract": "negotiating",
    "decline": "negotiating",
    "defer": "suggested",
    "reopen": "declined",
}
GIVEN = {
    "withdraw": {"note": "发错了"},
    "interest": {"note": "今天上午电话，双方都同意"},
    "step_back": {"note": "会谈没有举行"},
    "decline": {"reason": "price"},
}
DESK_ONLY = {"accept", "introduce", "withdraw", "interest", "defer", "reopen"}
ROLES = ("enterprise", "university", "other_enterprise", "other_university", "government", "desk", "admin", "visitor")


def given_for(action):
    return GIVEN.get(action, {}) | ({"on": day(9)} if action == "defer" else {})


@pytest.fixture
def pairing_in(uow, actors):
    """Return a maker of a pairing between the enterprise and the university, in any state."""

    def make(state):
        need = NeedFactory(organisation=organisation_of(actors.enterprise), state=NeedState.MATCHED)
        offer = OfferFactory(organisation=organisation_of(actors.university))
        made = PairingFactory(need=need, offer=offer, state=PairingState(state))
        uow.commit()
        return made

    return make


def test_every_step_of_the_lifecycle_says_who_may_take_it(uow):
    assert set(progress.STEPS) == {transition.action for transition in PAIRING_LIFECYCLE.transitions}
    assert set(progress.ACTION_LABELS) == set(progress.STEPS)


@pytest.mark.parametrize("action", SOURCES)
def test_a_step_is_taken_by_the_desk_and_by_the_sides_where_it_is_theirs(uow, actors, pairing_in, action):
    for role in ROLES:
        pairing = pairing_in(SOURCES[action])
        may = role == "desk" or (role in ("enterprise", "university") and action not in DESK_ONLY)
        actor, before = getattr(actors, role), pairing.state
        assert (action in progress.open_steps(uow, actor, pairing)) is may, role
        if may:
            with uow:
                progress.move(uow, actor, pairing.id, action, **given_for(action))
            assert pairing.state is PAIRING_LIFECYCLE.target(before, action), role
            rows = uow.session.scalars(
                select(AuditRow).where(AuditRow.entity == "pairing", AuditRow.entity_id == pairing.id)
            ).all()
            assert [(row.action, row.person_id) for row in rows] == [(f"pairing.{action}", actor.person_id)]
            continue
        with pytest.raises((NotAllowed, NotFound)), uow:
            progress.move(uow, actor, pairing.id, action, **given_for(action))
        assert pairing.state is before, role


def test_a_stranger_learns_nothing_of_a_pairing(uow, actors, pairing_in):
    pairing = pairing_in("interested")
    messages = set()
    for number in (pairing.id, 999_999):
        with pytest.raises(NotFound) as caught, uow:
            progress.move(uow, actors.other_university, number, "meet")
        messages.add(caught.value.message)
    assert len(messages) == 1


@pytest.mark.parametrize("state", ["suggested", "shortlisted", "deferred"])
@pytest.mark.parametrize("side", ["enterprise", "university"])
def test_a_side_has_no_say_before_it_is_introduced(uow, actors, pairing_in, state, side):
    pairing = pairing_in(state)
    with pytest.raises(Conflict), uow:
        progress.move(uow, getattr(actors, side), pairing.id, "decline", reason="price")
    assert progress.open_steps(uow, getattr(actors, side), pairing) == ()
    assert pairing.state.value == state


@pytest.mark.parametrize(
    ("action", "given", "field"),
    [
        ("withdraw", {}, "note"),
        ("interest", {"note": " "}, "note"),
        ("step_back", {}, "note"),
        ("decline", {}, "reason"),
        ("decline", {"reason": "other"}, "note"),
        ("decline", {"reason": "unheard_of"}, "reason"),
        ("defer", {}, "defer_until"),
        ("meet", {"note": "长" * 2001}, "note"),
        ("meet", {"on": 400}, "on"),
        ("contract", {"on": 1}, "on"),
    ],
)
@pytest.mark.parametrize("role", ["desk", "university"])
def test_what_a_step_asks_for_is_demanded(uow, actors, pairing_in, action, given, field, role):
    if role == "university" and action in DESK_ONLY:
        return
    pairing = pairing_in(SOURCES[action])
    given = given | ({"on": day(given["on"])} if "on" in given else {})
    with pytest.raises(InvalidInput) as caught, uow:
        progress.move(uow, getattr(actors, role), pairing.id, action, **given)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert pairing.state.value == SOURCES[action]


def test_what_a_side_says_no_to_is_kept_for_the_ranking(uow, actors, pairing_in):
    pairing = pairing_in("meeting")
    with uow:
        progress.move(uow, actors.university, pairing.id, "decline", reason="no_capacity", note="团队排期已满")
    said = uow.session.scalars(select(Decision)).one()
    assert (said.verdict, said.reason, said.note) == (Verdict.DECLINE, "no_capacity", "团队排期已满")
    assert (said.person_id, said.scores) == (actors.university.person_id, pairing.scores)


@pytest.mark.parametrize("side", ["need", "offer"])
def test_what_is_no_longer_open_is_not_introduced(uow, actors, pairing_in, side):
    pairing = pairing_in("shortlisted")
    getattr(pairing, side).state = "withdrawn"
    uow.commit()
    with pytest.raises(Conflict), uow:
        progress.move(uow, actors.desk, pairing.id, "introduce")


def test_an_unknown_step_is_not_found(uow, actors, pairing_in):
    with pytest.raises(NotFound), uow:
        progress.move(uow, actors.desk, pairing_in("suggested").id, "marry")


def test_whoever_was_slower_is_told_what_a_colleague_did(uow, actors, pairing_in):
    pairing = pairing_in("interested")
    on_screen = pairing.version
    with uow:
        progress.move(uow, actors.colleague, pairing.id, "meet")
    with pytest.raises(Conflict) as caught, uow:
        progress.move(uow, actors.desk, pairing.id, "negotiate", seen_version=on_screen)
    for part in (actors.colleague.name, "安排会谈", "会谈中"):
        assert part in caught.value.message.zh
    with pytest.raises(Conflict) as caught, uow:
        progress.move(uow, actors.university, pairing.id, "negotiate", seen_version=on_screen)
    assert actors.colleague.name not in caught.value.message.zh, (
        "the sides are not told the names of each other's people"
    )
    assert pairing.state is PairingState.MEETING


@pytest.mark.parametrize("_attempt", range(2))
def test_of_two_at_once_one_wins_and_the_other_is_told(platform, uow, actors, pairing_in, _attempt):
    pairing = pairing_in("interested")

    def act(actor, action):
        def run(other, wait):
            other.session.get_one(Pairing, pairing.id)
            wait()
            progress.move(other, actor, pairing.id, action, reason="price")

        return run

    outcomes = at_once(platform, act(actors.enterprise, "meet"), act(actors.university, "meet"))
    assert sorted(outcomes) in (["Conflict", "done"], ["Overtaken", "done"])
    uow.close()
    assert len(uow.session.scalars(select(StateChange).where(StateChange.entity == "pairing")).all()) == 1


@pytest.mark.parametrize("state", list(PairingState))
def test_what_is_offered_is_possible_and_what_is_not_offered_is_refused(uow, actors, pairing_in, state):
    for role in ("desk", "enterprise", "university", "other_university"):
        for action in SOURCES:
            pairing, actor = pairing_in(state), getattr(actors, role)
            offered = action in progress.open_steps(uow, actor, pairing)
            try:
                with uow:
                    progress.move(uow, actor, pairing.id, action, **given_for(action))
                assert offered, (role, action)
            except DomainError:
                assert not offered, (role, action)
