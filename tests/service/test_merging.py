"""Teams that merged at a gate: their shares are settled by the office or the lead, add up, and are known to who they concern."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.service import inbox
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import acceptance, gate_views, gates, merging
from matcher.projects.delivery.gates import MERGE, PASS, Verdict
from matcher.projects.lifecycle import BidState
from matcher.projects.setup.model import Project
from tests.conftest import Actors, MovableClock
from tests.service.test_gates import bid_of, book_of, opened, race


@pytest.fixture
def merged(uow: UnitOfWork, actors: Actors, clock: MovableClock) -> tuple[Project, Bid]:
    """A race in which the second team merged into the first at the only gate."""
    project = race(uow, actors, [actors.university, actors.other_university], [90_000_000, 60_000_000], [20])
    gate = opened(uow, actors, project)
    clock.move(days=31)
    one, two = bid_of(uow, project, actors.university), bid_of(uow, project, actors.other_university)
    verdicts = {one.id: Verdict(PASS), two.id: Verdict(MERGE, "互补", one.id)}
    gates.decide(uow, actors.government, gate.id, verdicts)
    return project, one


def shares(actors: Actors, first: str, second: str) -> dict[int, str]:
    return {actors.university.organisation_id or 0: first, actors.other_university.organisation_id or 0: second}


def test_after_a_merger_the_shares_are_open_and_acceptance_waits_for_them(
    uow: UnitOfWork, actors: Actors, merged: tuple[Project, Bid]
) -> None:
    project, team = merged
    assert gate_views.race(uow, actors.government, project.id).unsettled == {team.id}
    assert [one.id for one in merging.own_unsettled(uow, actors.university)] == [team.id]
    book = book_of(uow, team)
    with pytest.raises(Conflict, match="not settled"):
        acceptance.apply(uow, actors.university, book.id, "完成", [{"value": "0.4"}, {"value": "990"}])
    merging.settle(uow, actors.university, team.id, shares(actors, "70", "30"))
    assert gate_views.race(uow, actors.government, project.id).unsettled == set()
    acceptance.apply(uow, actors.university, book.id, "完成", [{"value": "0.4"}, {"value": "990"}])


@pytest.mark.parametrize("role", ["government", "university"])
def test_the_office_or_the_lead_settles_shares_which_the_task_book_and_the_members_then_say(
    role: str, uow: UnitOfWork, actors: Actors, merged: tuple[Project, Bid]
) -> None:
    _, team = merged
    book = book_of(uow, team)
    book.content = {"members": [], "indicators": []}
    merging.settle(uow, getattr(actors, role), team.id, shares(actors, "65", "35％"))
    assert [one["share"] for one in book.content["members"]] == [65, 35]
    assert "35%" in inbox(uow, actors.other_university).rows[0].body_zh
    entry = uow.session.scalars(select(AuditRow).where(AuditRow.action == "gate.shares")).one()
    assert sorted(entry.detail["before"].values()) == [0, 100]
    assert sorted(entry.detail["after"].values()) == [35, 65]


@pytest.mark.parametrize(
    "wrong", [("70", "31"), ("100", "0"), ("70", ""), ("七十", "30"), ("-5", "105"), ("69.5", "30.5")]
)
def test_shares_that_do_not_make_a_hundred_or_cannot_be_read_are_refused(
    wrong: tuple[str, str], uow: UnitOfWork, actors: Actors, merged: tuple[Project, Bid]
) -> None:
    with pytest.raises(InvalidInput):
        merging.settle(uow, actors.government, merged[1].id, shares(actors, *wrong))
    assert not merging.is_settled(merged[1])


@given(first=st.integers(-5, 120), second=st.integers(-5, 120))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_given_settled_shares_make_a_hundred(
    uow: UnitOfWork, actors: Actors, merged: tuple[Project, Bid], first: int, second: int
) -> None:
    team = merged[1]
    try:
        merging.settle(uow, actors.government, team.id, shares(actors, str(first), str(second)))
    except InvalidInput:
        assert first + second != 100 or min(first, second) < 1
    else:
        assert sorted(one.share for one in merging.members_of(team)) == sorted([first, second])
        assert merging.is_settled(team)


def test_others_neither_settle_nor_read_shares(uow: UnitOfWork, actors: Actors, merged: tuple[Project, Bid]) -> None:
    _, team = merged
    assert not merging.look(uow, actors.other_university, team.id).may_settle, "a member reads them"
    for role in ("other_university", "enterprise", "desk", "admin", "expert", "visitor"):
        with pytest.raises(NotAllowed):
            merging.settle(uow, getattr(actors, role), team.id, shares(actors, "50", "50"))
    for role in ("enterprise", "desk", "admin", "expert", "visitor"):
        with pytest.raises(NotFound):
            merging.look(uow, getattr(actors, role), team.id)


def test_a_team_that_nobody_joined_keeps_the_shares_of_its_bid(uow: UnitOfWork, actors: Actors) -> None:
    project = race(uow, actors, [actors.university, actors.other_university], [100, 100], [20])
    team = bid_of(uow, project, actors.university)
    assert team.state is BidState.RUNNING
    with pytest.raises(Conflict):
        merging.settle(uow, actors.university, team.id, {actors.university.organisation_id or 0: "100"})
