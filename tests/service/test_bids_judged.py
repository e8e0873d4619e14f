"""Bids after the deadline: admitted, marked, announced, awarded, replaced, and rejected, with every reason said."""

from typing import Any

import pytest
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, DomainError, InvalidInput, NotAllowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.model import Message
from matcher.projects.bids import office, succession
from matcher.projects.delivery.lifecycle import TaskBookState
from matcher.projects.delivery.model import Gate
from matcher.projects.experts.model import ScoreSheet
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState, Mode, ProjectState
from matcher.projects.setup.model import Project
from tests.bids import closed, marked
from tests.conftest import Actors, MovableClock
from tests.factories import organisation_of
from tests.projects import BidFactory, ProjectFactory, TaskBookFactory


@pytest.fixture
def evaluated(uow: UnitOfWork, actors: Actors, clock: MovableClock) -> tuple[Project, list[Any]]:
    """A project with three admitted bids of 90, 75 and 50."""
    project = ProjectFactory()
    bids = [BidFactory(project=project) for _ in range(3)]
    closed(uow, clock, project)
    for bid in bids:
        office.admit(uow, actors.government, bid.id)
    marked(uow, actors, project, dict(zip([b.id for b in bids], (90, 75, 50), strict=True)))
    return project, bids


def test_the_best_bid_is_announced_and_awarded_after_its_notice(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, evaluated: Any
) -> None:
    project, (best, second, last) = evaluated
    office.announce(uow, actors.government, project.id, [best.id])
    with pytest.raises(Conflict):
        office.award(uow, actors.government, project.id)
    clock.move(days=8)
    office.award(uow, actors.government, project.id)
    assert project.state is ProjectState.AWARDED
    assert [b.state for b in (best, second, last)] == [BidState.AWARDED, BidState.NOT_CHOSEN, BidState.NOT_CHOSEN]
    assert [(b.place, b.score) for b in (best, second, last)] == [(1, 90), (2, 75), (3, 50)]
    succession.lapse(uow, actors.government, best.id, "单位主动放弃")
    assert project.state is ProjectState.EVALUATION
    office.announce(uow, actors.government, project.id, [second.id])
    assert second.state is BidState.PROPOSED


def test_against_the_ranking_needs_a_reason_and_below_the_mark_never(
    uow: UnitOfWork, actors: Actors, evaluated: Any
) -> None:
    project, (_, second, last) = evaluated
    for chosen, reason in (([second.id], ""), ([last.id], "特殊情况"), ([], ""), ([second.id, last.id], "两家")):
        with pytest.raises(InvalidInput):
            office.announce(uow, actors.government, project.id, chosen, reason)
    assert project.state is ProjectState.EVALUATION
    office.announce(uow, actors.government, project.id, [second.id], "第一名已承担同类任务")
    assert project.state is ProjectState.AWARD_NOTICE
    office.reconsider(uow, actors.government, project.id, "异议成立")
    assert second.state is BidState.ADMITTED


def test_a_race_awards_two(uow: UnitOfWork, actors: Actors, clock: MovableClock, evaluated: Any) -> None:
    project, (best, second, _) = evaluated
    project.mode, project.teams = Mode.RACE, 2
    with pytest.raises(InvalidInput):
        office.announce(uow, actors.government, project.id, [best.id])
    office.announce(uow, actors.government, project.id, [best.id, second.id])
    clock.move(days=8)
    assert {b.id for b in office.award(uow, actors.government, project.id)} == {best.id, second.id}
    succession.lapse(uow, actors.government, best.id, "放弃")
    assert project.state is ProjectState.AWARDED, "the other team goes on"


def test_a_race_starts_when_the_last_unsigned_team_lapses(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, evaluated: Any
) -> None:
    project, (best, second, _) = evaluated
    project.mode, project.teams = Mode.RACE, 2
    office.announce(uow, actors.government, project.id, [best.id, second.id])
    clock.move(days=8)
    office.award(uow, actors.government, project.id)
    BID_LIFECYCLE.apply(uow, actors.government, best, "sign")
    assert not office.start_when_signed(uow, actors.government, project), "the other has not signed yet"
    succession.lapse(uow, actors.government, second.id, "放弃")
    assert project.state is ProjectState.IMPLEMENTATION


@pytest.fixture
def race(uow: UnitOfWork, actors: Actors, clock: MovableClock) -> tuple[Project, list[Any]]:
    """A race for two with four bids of 90, 80, 75 and 50, the first two awarded; the university leads the third."""
    project = ProjectFactory(mode=Mode.RACE, teams=2)
    third = BidFactory(project=project, organisation=organisation_of(actors.university))
    bids = [BidFactory(project=project), BidFactory(project=project), third, BidFactory(project=project)]
    closed(uow, clock, project)
    for bid in bids:
        office.admit(uow, actors.government, bid.id)
    marked(uow, actors, project, dict(zip([b.id for b in bids], (90, 80, 75, 50), strict=True)))
    office.announce(uow, actors.government, project.id, [b.id for b in bids[:2]])
    clock.move(days=8)
    office.award(uow, actors.government, project.id)
    return project, bids


def test_the_next_in_rank_is_brought_into_a_race_with_a_reason(uow: UnitOfWork, actors: Actors, race: Any) -> None:
    project, (first, second, third, last) = race
    assert succession.next_in_rank(uow, project) == [], "no place is free"
    with pytest.raises(Conflict):
        succession.bring_in(uow, actors.government, third.id, "有空缺")
    succession.lapse(uow, actors.government, first.id, "主动放弃")
    assert [row.bid for row in succession.next_in_rank(uow, project)] == [third]
    with pytest.raises(InvalidInput):
        succession.bring_in(uow, actors.government, third.id, " ")
    with pytest.raises(Conflict, match=third.number):
        succession.bring_in(uow, actors.government, last.id, "直接选")
    succession.bring_in(uow, actors.government, third.id, "第一名放弃，按名次递补")
    assert third.state is BidState.AWARDED
    told = uow.session.scalars(select(Message).where(Message.person_id == actors.university.person_id))
    [letter] = [one for one in told if one.title_zh == succession.BROUGHT_IN.zh]
    assert "按名次递补" in letter.body_zh
    recorded = select(AuditRow).where(AuditRow.action == "bid.bring_in", AuditRow.entity_id == third.id)
    assert uow.session.scalars(recorded).one().detail["reason"] == "第一名放弃，按名次递补"
    succession.lapse(uow, actors.government, second.id, "放弃")
    assert succession.next_in_rank(uow, project) == [], "who is below the pass mark is never brought in"


def test_teams_of_equal_rank_are_both_offered(uow: UnitOfWork, actors: Actors, race: Any) -> None:
    project, (first, _, third, last) = race
    sheets = uow.session.scalars(select(ScoreSheet).where(ScoreSheet.bid_id == last.id))
    sheets.one().scores = {"总评": 75}
    succession.lapse(uow, actors.government, first.id, "主动放弃")
    assert {row.bid for row in succession.next_in_rank(uow, project)} == {third, last}
    assert succession.bring_in(uow, actors.government, last.id, "并列，抽签决定").state is BidState.AWARDED


def test_a_place_is_filled_until_the_first_gate_is_decided(uow: UnitOfWork, actors: Actors, race: Any) -> None:
    project, (first, second, third, _) = race
    BID_LIFECYCLE.apply(uow, actors.government, second, "sign")
    succession.lapse(uow, actors.government, first.id, "主动放弃")
    assert project.state is ProjectState.IMPLEMENTATION, "the other has signed"
    gate = Gate(project_id=project.id, title="样件", due_on=local_date(uow.clock()))
    uow.session.add(gate)
    assert [row.bid for row in succession.next_in_rank(uow, project)] == [third]
    gate.decided_at = uow.clock()
    uow.session.flush()
    assert succession.next_in_rank(uow, project) == []


def test_the_task_book_of_a_team_that_drops_out_ends_with_it(uow: UnitOfWork, actors: Actors, race: Any) -> None:
    _, (first, *_) = race
    book = TaskBookFactory(bid=first, state=TaskBookState.SIGNING)
    succession.lapse(uow, actors.government, first.id, "主动放弃")
    assert book.state is TaskBookState.TERMINATED


def test_the_letter_to_teams_that_were_not_chosen_says_what_their_page_shows(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    project = ProjectFactory()
    bids = [BidFactory(project=project), BidFactory(project=project, organisation=organisation_of(actors.university))]
    closed(uow, clock, project)
    for bid in bids:
        office.admit(uow, actors.government, bid.id)
    marked(uow, actors, project, {bids[0].id: 90, bids[1].id: 75})
    office.announce(uow, actors.government, project.id, [bids[0].id])
    clock.move(days=8)
    office.award(uow, actors.government, project.id)
    told = uow.session.scalars(select(Message).where(Message.person_id == actors.university.person_id))
    [letter] = [one for one in told if one.title_zh == office.NOT_CHOSEN.zh]
    assert "得分 75.00" in letter.body_zh
    assert "2 份申请中列第 2" in letter.body_zh
    assert "评审意见" not in letter.body_zh, "marks of experts and their comments are for the office"


def test_without_all_checks_and_marks_nothing_is_announced(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    project = ProjectFactory()
    bid = BidFactory(project=project)
    closed(uow, clock, project)
    with pytest.raises(Conflict):
        office.announce(uow, actors.government, project.id, [bid.id])
    office.admit(uow, actors.government, bid.id)
    with pytest.raises(Conflict):
        office.announce(uow, actors.government, project.id, [bid.id])


def test_a_bidding_fails_with_a_public_reason(uow: UnitOfWork, actors: Actors, evaluated: Any) -> None:
    project, bids = evaluated
    with pytest.raises(InvalidInput):
        office.fail(uow, actors.government, project.id, " ")
    office.fail(uow, actors.government, project.id, "均未达到要求")
    assert project.outcome == "均未达到要求"
    assert {bid.state for bid in bids} == {BidState.NOT_CHOSEN}


def test_rejecting_needs_a_reason_and_can_be_reversed(uow: UnitOfWork, actors: Actors, clock: MovableClock) -> None:
    project = ProjectFactory()
    bid = BidFactory(project=project)
    closed(uow, clock, project)
    with pytest.raises(InvalidInput):
        office.reject(uow, actors.government, bid.id, "")
    office.reject(uow, actors.government, bid.id, "缺少承诺书")
    assert bid.verdict_note == "缺少承诺书"
    office.admit(uow, actors.government, bid.id)
    assert bid.state is BidState.ADMITTED


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "admin", "expert", "visitor"])
def test_only_the_office_judges(uow: UnitOfWork, actors: Actors, clock: MovableClock, role: str) -> None:
    project = ProjectFactory()
    bid = BidFactory(project=project)
    closed(uow, clock, project)
    actor = getattr(actors, role)
    for act in (
        lambda: office.admit(uow, actor, bid.id),
        lambda: office.reject(uow, actor, bid.id, "x"),
        lambda: office.announce(uow, actor, project.id, [bid.id]),
        lambda: office.award(uow, actor, project.id),
        lambda: office.reconsider(uow, actor, project.id, "x"),
        lambda: office.fail(uow, actor, project.id, "x"),
        lambda: succession.lapse(uow, actor, bid.id, "x"),
        lambda: succession.bring_in(uow, actor, bid.id, "x"),
    ):
        with pytest.raises(DomainError) as refused:
            act()
        assert isinstance(refused.value, NotAllowed)
