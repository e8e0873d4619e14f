"""The number of statements of a page does not grow with what it lists."""

import pytest

from matcher.accounts.model import Organisation
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.service import Matcher
from matcher.projects.delivery.lifecycle import GateState
from matcher.projects.delivery.model import Gate, GateEntry
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from matcher.projects.scenarios.model import Scenario, Trial, TrialState
from matcher.projects.setup.model import Project
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory, PairingFactory, day
from tests.http.conftest import CountQueries, SignIn
from tests.introductions import agree, introduce
from tests.projects import BidFactory, ProjectFactory, TaskBookFactory

#: What the header of a person counts: messages, introductions, invitations, tasks.
HEADER = 4
CAPS = {
    ("enterprise", "/enterprise/"): 20,
    ("enterprise", "/my/needs/"): 9,
    ("university", "/university/"): 14,
    ("university", "/my/offers/"): 11,
    ("government", "/government/"): 22,
    ("government", "/government/gaps"): 16,
    ("desk", "/my/needs/"): 9,
    ("admin", "/admin/people"): 7,
    ("admin", "/admin/audit"): 9,
    ("visitor", "/needs"): 12,
    ("visitor", "/offers"): 11,
}


@pytest.mark.parametrize(("role", "path"), CAPS, ids=lambda one: one)
def test_a_page_sends_a_fixed_number_of_statements(
    role: str, path: str, sign_in: SignIn, uow: UnitOfWork, actors: Actors, count_queries: CountQueries
) -> None:
    asker = uow.session.get_one(Organisation, actors.enterprise.organisation_id)
    lab = uow.session.get_one(Organisation, actors.university.organisation_id)
    for _ in range(12):
        PairingFactory(need=NeedFactory(organisation=asker), offer=OfferFactory(organisation=lab))
        NeedFactory(organisation=asker, state="draft")
    uow.commit()
    browser = sign_in(role)
    browser.get(path)
    with count_queries() as sent:
        assert browser.get(path).status_code == 200
    most = CAPS[role, path] + (0 if role == "visitor" else HEADER)
    assert len(sent) <= most, "\n".join(sent)


@pytest.mark.parametrize("path", ["/introductions/", "/inbox/", "/deals/"])
@pytest.mark.parametrize("role", ["desk", "enterprise"])
def test_a_list_of_what_became_of_pairings_sends_as_many_statements_for_many_rows_as_for_few(
    role: str, path: str, sign_in: SignIn, uow: UnitOfWork, actors: Actors, count_queries: CountQueries
) -> None:
    agree(uow, actors, introduce(uow, actors))
    browser = sign_in(role)
    browser.get(path)
    with count_queries() as few:
        assert browser.get(path).status_code == 200
    for _ in range(6):
        agree(uow, actors, introduce(uow, actors))
        introduce(uow, actors)
    with count_queries() as many:
        assert browser.get(path).status_code == 200
    assert len(many) <= len(few), "\n".join(many)


def _project_with_all(uow: UnitOfWork, asker: Organisation, lab: Organisation) -> Project:
    """Write a race of a need of `asker`, with a task book of `lab` and of another, a gate, and a scenario with a trial."""
    need = NeedFactory(organisation=asker, source="scenario")
    now = uow.clock()
    uow.session.add(Scenario(need_id=need.id, tryable="现场试用", changed_at=now))
    trial = {"state": TrialState.APPLIED, "created_at": now, "changed_at": now}
    uow.session.add(Trial(need_id=need.id, organisation_id=lab.id, **trial))
    project: Project = ProjectFactory(mode=Mode.RACE, state=ProjectState.IMPLEMENTATION, needs=[need])
    _gate_of(uow, project, [lab, OrganisationFactory(kind="institute")])
    return project


def _gate_of(uow: UnitOfWork, project: Project, teams: list[Organisation]) -> None:
    gate = Gate(
        project_id=project.id, title="样件考核", due_on=day(30), evidence="样件", criteria=[], share=20,
        state=GateState.OPEN,
    )  # fmt: skip
    uow.session.add(gate)
    uow.session.flush()
    for team in teams:
        bid = BidFactory(project=project, organisation=team, state=BidState.RUNNING)
        TaskBookFactory(bid=bid)
        uow.session.add(GateEntry(gate_id=gate.id, bid_id=bid.id))


LISTS = (
    ("enterprise", "/delivery/"), ("university", "/delivery/"), ("university", "/gates/own"), ("university", "/bids/"),
    ("university", "/scenarios/own"), ("enterprise", "/scenarios/own"), ("government", "/scenarios/own"),
    ("visitor", "/scenarios/"), ("government", "/projects/"), ("government", "/projects/calls"), ("visitor", "/calls/"),
    ("government", "/gates/projects/1"), ("government", "/delivery/projects/1"),
)  # fmt: skip


@pytest.mark.parametrize(("role", "path"), LISTS)
def test_a_list_of_projects_sends_as_many_statements_for_many_rows_as_for_few(
    role: str, path: str, sign_in: SignIn, uow: UnitOfWork, actors: Actors, count_queries: CountQueries
) -> None:
    asker = uow.session.get_one(Organisation, actors.enterprise.organisation_id)
    lab = uow.session.get_one(Organisation, actors.university.organisation_id)
    first = _project_with_all(uow, asker, lab)
    uow.commit()
    browser = sign_in(role)
    browser.get(path)
    with count_queries() as few:
        assert browser.get(path).status_code == 200
    for _ in range(6):
        _project_with_all(uow, asker, lab)
        _gate_of(uow, first, [OrganisationFactory(kind="institute")])
    uow.commit()
    with count_queries() as many:
        assert browser.get(path).status_code == 200
    assert len(many) <= len(few), "\n".join(many)


def test_the_offices_page_of_bids_reads_stored_suggestions_and_searches_only_when_asked(
    sign_in: SignIn, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch, count_queries: CountQueries
) -> None:
    searched = []
    monkeypatch.setattr(Matcher, "find", lambda self, side, text, depth: searched.append(text) or [])
    need = NeedFactory()
    project = ProjectFactory(needs=[need], title="隔振支座")
    PairingFactory(need=need, score=0.8)
    uow.commit()
    office, path = sign_in("government"), f"/bids/project/{project.id}"
    office.get(path)
    with count_queries() as few:
        assert "可能适合的团队" in office.get(path).text
    for _ in range(8):
        PairingFactory(need=need, score=0.7)
    uow.commit()
    with count_queries() as many:
        assert office.get(path).text.count('name="team"') == 9
    assert len(many) <= len(few) <= 18, "\n".join(many)
    assert searched == []
    office.get(path, search="1")
    assert "隔振支座" in searched[0]
