"""Gates of a race: planned, handed in, decided; the money of every contract adds up, whatever is decided."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.model import Message
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import acceptance, gate_plan, gate_views, gates, payments
from matcher.projects.delivery.gates import ELIMINATE, MERGE, PASS, Verdict
from matcher.projects.delivery.lifecycle import GateState, PaymentState, TaskBookState
from matcher.projects.delivery.model import Gate, Payment, TaskBook
from matcher.projects.lifecycle import BidState, MemberState, Mode, ProjectState
from matcher.projects.setup.model import Project
from tests.conftest import Actors, MovableClock
from tests.factories import organisation_of
from tests.projects import BidFactory, ProjectFactory, TaskBookFactory


def form(uow: UnitOfWork, **changes: Any) -> dict[str, Any]:
    due = (local_date(uow.clock()) + timedelta(days=30)).isoformat()
    return {
        "title": "样件考核", "due_on": due, "evidence": "样件与检测报告", "criteria": "技术指标，70\n成本，30",
        "share": "20", "survivors": "",
    } | changes  # fmt: skip


def race(uow: UnitOfWork, actors: Actors, leads: list[Actor], amounts: list[int], shares: list[int]) -> Project:
    """A race under way: a signed task book for each lead, with signing, gates and acceptance in its payments."""
    project: Project = ProjectFactory(mode=Mode.RACE, state=ProjectState.AWARDED, teams=len(leads))
    for place, share in enumerate(shares):
        due = (local_date(uow.clock()) + timedelta(days=30 * (place + 1))).isoformat()
        title = f"节点{place + 1}"
        gate_plan.save(uow, actors.government, project.id, form(uow, title=title, due_on=due, share=str(share)))
    project.state = ProjectState.IMPLEMENTATION
    parts = [payments.Part(payments.Occasion.SIGNING, 10)]
    for gate in gate_plan.of_project(uow, project.id):
        parts.append(payments.Part(payments.Occasion.GATE, gate.share, gate.due_on, gate_id=gate.id))
    for lead, amount in zip(leads, amounts, strict=True):
        bid = BidFactory(project=project, organisation=organisation_of(lead), state=BidState.RUNNING)
        book = TaskBookFactory(
            bid=bid, state=TaskBookState.SIGNED,
            government_amount=Decimal(amount) / 100, enterprise_amount=Decimal(amount) / 300 // 1,
        )  # fmt: skip
        payments.plan(uow, book, parts)
        payments.release(uow, book.id, payments.Occasion.SIGNING)
    uow.commit()
    return project


@pytest.fixture
def two(uow: UnitOfWork, actors: Actors) -> Project:
    """A race of two teams, with two gates of 20 % each."""
    leads = [actors.university, actors.other_university]
    return race(uow, actors, leads, [90_000_000, 60_000_000], [20, 20])


def bid_of(uow: UnitOfWork, project: Project, actor: Actor) -> Bid:
    query = select(Bid).where(Bid.project_id == project.id, Bid.organisation_id == actor.organisation_id)
    return uow.session.scalars(query).unique().one()


def opened(uow: UnitOfWork, actors: Actors, project: Project, place: int = 0) -> Gate:
    gate = gate_plan.of_project(uow, project.id)[place]
    return gates.open_gate(uow, actors.government, gate.id)


def entry_id(uow: UnitOfWork, gate: Gate, bid: Bid) -> int:
    return gates.entries(uow, gate.id)[bid.id].id


def book_of(uow: UnitOfWork, bid: Bid) -> TaskBook:
    return uow.session.scalars(select(TaskBook).where(TaskBook.bid_id == bid.id)).one()


def sums_up(uow: UnitOfWork, project: Project) -> bool:
    """Say whether the payments of every contract that are not cancelled add up to it, by source."""
    for book in uow.session.scalars(select(TaskBook).where(TaskBook.project_id == project.id)):
        found = payments.balance(uow, book)
        amounts = {"government": book.government_amount, "enterprise": book.enterprise_amount}
        if any(one.total != amounts[source] for source, one in found.items()):
            return False
    return True


def test_gates_are_planned_between_the_list_and_the_offer_of_the_task_books(uow: UnitOfWork, actors: Actors) -> None:
    project = ProjectFactory(mode=Mode.RACE, state=ProjectState.PUBLISHED)
    gate = gate_plan.save(uow, actors.government, project.id, form(uow))
    assert gate.criteria == [{"name": "技术指标", "en": "", "weight": 70}, {"name": "成本", "en": "", "weight": 30}]
    TaskBookFactory(bid=BidFactory(project=project, state=BidState.AWARDED), state=TaskBookState.SIGNING)
    with pytest.raises(Conflict):
        gate_plan.save(uow, actors.government, project.id, form(uow))


@pytest.mark.parametrize("state", [ProjectState.DRAFT, ProjectState.NOTICED, ProjectState.IMPLEMENTATION])
def test_gates_are_not_planned_too_early_or_too_late(state: ProjectState, uow: UnitOfWork, actors: Actors) -> None:
    project = ProjectFactory(mode=Mode.RACE, state=state)
    with pytest.raises(Conflict):
        gate_plan.save(uow, actors.government, project.id, form(uow))


def test_only_a_race_has_gates(uow: UnitOfWork, actors: Actors) -> None:
    with pytest.raises(Conflict):
        gate_plan.save(uow, actors.government, ProjectFactory(state=ProjectState.PUBLISHED).id, form(uow))


def test_shares_leave_room_for_what_is_paid_at_signing(uow: UnitOfWork, actors: Actors) -> None:
    project = ProjectFactory(mode=Mode.RACE, state=ProjectState.PUBLISHED)
    gate_plan.save(uow, actors.government, project.id, form(uow, share="40"))
    with pytest.raises(InvalidInput) as wrong:
        gate_plan.save(uow, actors.government, project.id, form(uow, share="21"))
    assert [one.field for one in wrong.value.problems] == ["share"]
    gate_plan.save(uow, actors.government, project.id, form(uow, share="20"))


@pytest.mark.parametrize("criteria", ["技术指标", "技术指标，0", "，70"])
def test_a_criterion_has_a_name_and_a_weight(criteria: str, uow: UnitOfWork, actors: Actors) -> None:
    project = ProjectFactory(mode=Mode.RACE, state=ProjectState.PUBLISHED)
    with pytest.raises(InvalidInput) as wrong:
        gate_plan.save(uow, actors.government, project.id, form(uow, criteria=criteria))
    assert {one.field for one in wrong.value.problems} == {"criteria"}


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "admin", "expert", "visitor"])
def test_only_the_office_manages_gates(role: str, uow: UnitOfWork, actors: Actors, two: Project) -> None:
    actor, gate = getattr(actors, role), gate_plan.of_project(uow, two.id)[0]
    for act in (
        lambda: gate_plan.save(uow, actor, two.id, form(uow)),
        lambda: gate_plan.remove(uow, actor, two.id, gate.id),
        lambda: gates.open_gate(uow, actor, gate.id),
        lambda: gates.decide(uow, actor, gate.id, {}),
        lambda: gate_views.race(uow, actor, two.id),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_gates_are_opened_one_after_the_other(uow: UnitOfWork, actors: Actors, two: Project) -> None:
    with pytest.raises(Conflict):
        opened(uow, actors, two, 1)
    opened(uow, actors, two, 0)
    titles = select(Message.title_zh).where(Message.person_id == actors.university.person_id)
    assert any("请提交" in one for one in uow.session.scalars(titles))


def test_evidence_is_taken_to_the_end_of_the_day_from_the_own_team_alone(
    uow: UnitOfWork, actors: Actors, two: Project, clock: MovableClock
) -> None:
    gate = opened(uow, actors, two)
    own = entry_id(uow, gate, bid_of(uow, two, actors.university))
    with pytest.raises(NotAllowed):
        gates.hand_in(uow, actors.other_university, own, "替别人交")
    with pytest.raises(InvalidInput):
        gates.hand_in(uow, actors.university, own, "  ")
    clock.move(days=30, hours=11, minutes=59)
    assert gates.hand_in(uow, actors.university, own, "样件三件，孔隙率 0.4%").handed_in_at == clock.moment
    clock.move(minutes=2)
    with pytest.raises(Conflict) as late:
        gates.hand_in(uow, actors.university, own, "补充")
    assert gate.due_on.isoformat() in late.value.message.zh


def test_a_team_never_reads_what_another_shows(uow: UnitOfWork, actors: Actors, two: Project) -> None:
    gate = opened(uow, actors, two)
    own = entry_id(uow, gate, bid_of(uow, two, actors.university))
    gates.hand_in(uow, actors.university, own, "机密进展")
    assert gate_views.look(uow, actors.university, own).entry.evidence == "机密进展"
    assert gate_views.look(uow, actors.government, own).entry.evidence == "机密进展"
    for stranger in (actors.other_university, actors.enterprise, actors.desk, actors.expert, actors.visitor):
        with pytest.raises(NotFound):
            gate_views.look(uow, stranger, own)
    assert [one.bid.organisation_id for one in gate_views.own(uow, actors.other_university)] == [
        actors.other_university.organisation_id
    ]


def test_a_decision_waits_for_evidence_or_the_date(
    uow: UnitOfWork, actors: Actors, two: Project, clock: MovableClock
) -> None:
    gate = opened(uow, actors, two)
    verdicts = {bid_of(uow, two, one).id: Verdict(PASS) for one in (actors.university, actors.other_university)}
    with pytest.raises(Conflict):
        gates.decide(uow, actors.government, gate.id, verdicts)
    clock.move(days=31)
    gates.decide(uow, actors.government, gate.id, verdicts)
    assert gate.state is GateState.DECIDED
    with pytest.raises(Conflict):
        gates.decide(uow, actors.government, gate.id, verdicts)


def test_what_is_decided_must_be_complete_and_leave_a_team(
    uow: UnitOfWork, actors: Actors, two: Project, clock: MovableClock
) -> None:
    gate = opened(uow, actors, two)
    clock.move(days=31)
    a, b = (bid_of(uow, two, one).id for one in (actors.university, actors.other_university))
    out = Verdict(ELIMINATE, "样件未达标")
    wrong: list[tuple[dict[int, Verdict], int | None]] = [
        ({a: Verdict(PASS)}, None),
        ({a: Verdict("perhaps"), b: Verdict(PASS)}, None),
        ({a: out, b: out}, None),
        ({a: Verdict(PASS), b: Verdict(ELIMINATE)}, None),
        ({a: Verdict(PASS), b: Verdict(MERGE, "互补", b)}, None),
        ({a: Verdict(PASS), b: out}, b),
        ({a: Verdict(PASS, score=101), b: out}, None),
    ]
    for verdicts, into in wrong:
        with pytest.raises(InvalidInput):
            gates.decide(uow, actors.government, gate.id, verdicts, into)
    gate.survivors = 1
    with pytest.raises(InvalidInput):
        gates.decide(uow, actors.government, gate.id, {a: Verdict(PASS), b: Verdict(PASS)})
    assert gate.state is GateState.OPEN


def test_money_concentrates_on_the_team_that_goes_on(
    uow: UnitOfWork, actors: Actors, two: Project, clock: MovableClock
) -> None:
    gate = opened(uow, actors, two)
    clock.move(days=31)
    a, b = bid_of(uow, two, actors.university), bid_of(uow, two, actors.other_university)
    before = sum(book_of(uow, one).amount for one in (a, b))
    verdicts = {a.id: Verdict(PASS, score=88.5), b.id: Verdict(ELIMINATE, "样件未达标", score=41)}
    gates.decide(uow, actors.government, gate.id, verdicts, a.id)
    assert (a.state, b.state) == (BidState.RUNNING, BidState.ELIMINATED)
    assert book_of(uow, b).state is TaskBookState.TERMINATED
    assert sum(book_of(uow, one).amount for one in (a, b)) == before
    assert sums_up(uow, two)
    released = [one for one in payments.of(uow, book_of(uow, a).id) if one.state is PaymentState.RELEASED]
    assert {one.occasion for one in released} == {"signing", "gate"}
    board = gate_views.race(uow, actors.government, two.id)
    assert [(one.bid.id, one.mean) for one in board.teams] == [(a.id, 88.5), (b.id, 41.0)]
    bodies = uow.session.scalars(select(Message.body_zh).where(Message.person_id == actors.other_university.person_id))
    assert any("样件未达标" in one for one in bodies)


def test_a_team_that_merges_brings_its_members_and_its_open_money(
    uow: UnitOfWork, actors: Actors, two: Project, clock: MovableClock
) -> None:
    gate = opened(uow, actors, two)
    clock.move(days=31)
    a, b = bid_of(uow, two, actors.university), bid_of(uow, two, actors.other_university)
    before = sum(book_of(uow, one).amount for one in (a, b))
    verdicts = {a.id: Verdict(PASS), b.id: Verdict(MERGE, "监测方法互补", a.id)}
    gates.decide(uow, actors.government, gate.id, verdicts)
    assert b.state is BidState.MERGED
    joined = {one.organisation_id: one.state for one in a.members}
    assert joined[actors.other_university.organisation_id or 0] is MemberState.AGREED
    assert sum(book_of(uow, one).amount for one in (a, b)) == before
    assert sums_up(uow, two)


def test_the_leader_board_says_what_each_team_reached_of_every_indicator(
    uow: UnitOfWork, actors: Actors, two: Project, clock: MovableClock
) -> None:
    a, b = bid_of(uow, two, actors.university), bid_of(uow, two, actors.other_university)
    gate = opened(uow, actors, two)
    first = entry_id(uow, gate, a)
    with pytest.raises(InvalidInput) as wrong:
        gates.hand_in(uow, actors.university, first, "样件", [{"value": "很好", "text": ""}])
    assert [one.field for one in wrong.value.problems] == ["measured-0"]
    gates.hand_in(uow, actors.university, first, "样件", [{"value": "0.8"}, {"value": "", "text": "还没有检测"}])
    gates.hand_in(uow, actors.other_university, entry_id(uow, gate, b), "样件")
    board = {one.bid.id: one for one in gate_views.race(uow, actors.government, two.id).teams}
    assert {place: one.verdict for place, one in board[a.id].reached.items()} == {0: "not_met", 1: "unknown"}
    assert (board[b.id].reached, board[b.id].met) == ({}, 0)
    gates.decide(uow, actors.government, gate.id, {a.id: Verdict(PASS), b.id: Verdict(PASS)})
    gate = opened(uow, actors, two, 1)
    gates.hand_in(uow, actors.university, entry_id(uow, gate, a), "第二轮", [{"value": "0.4"}, {"value": "990"}])
    board = {one.bid.id: one for one in gate_views.race(uow, actors.government, two.id).teams}
    assert (board[a.id].met, board[a.id].reached[0].source.zh) == (2, gate.title)


def test_what_was_measured_at_acceptance_stands_above_what_was_reported(
    uow: UnitOfWork, actors: Actors, two: Project, clock: MovableClock
) -> None:
    a, b = bid_of(uow, two, actors.university), bid_of(uow, two, actors.other_university)
    for place in range(2):
        gate = opened(uow, actors, two, place)
        for lead, bid in ((actors.university, a), (actors.other_university, b)):
            gates.hand_in(uow, lead, entry_id(uow, gate, bid), "材料", [{"value": "0.4"}])
        gates.decide(uow, actors.government, gate.id, {a.id: Verdict(PASS), b.id: Verdict(PASS)})
    acceptance.apply(uow, actors.university, book_of(uow, a).id, "完成", [{"value": "0.6"}, {"value": "985"}])
    board = {one.bid.id: one for one in gate_views.race(uow, actors.government, two.id).teams}
    assert {place: one.verdict for place, one in board[a.id].reached.items()} == {0: "not_met", 1: "met"}
    assert board[a.id].reached[0].source is gate_views.MEASURED
    assert board[b.id].met == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_decided_money_adds_up_and_a_team_remains(
    data: st.DataObject, uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    """Random races of two to four teams and one to three gates, decided at random."""
    everyone = [actors.university, actors.other_university, actors.enterprise, actors.other_enterprise]
    leads = everyone[: data.draw(st.integers(2, 4))]
    amounts = data.draw(st.lists(st.integers(1, 10**9), min_size=len(leads), max_size=len(leads)))
    shares = data.draw(st.lists(st.integers(0, 20), min_size=1, max_size=3))
    project = race(uow, actors, leads, amounts, shares)
    first = {row.id: row.state for row in _payments(uow, project)}
    assert first
    for place in range(len(shares)):
        gate = opened(uow, actors, project, place)
        teams = [one.bid.id for one in gate_views.race(uow, actors.government, project.id).teams if one.bid.state is BidState.RUNNING]  # fmt: skip
        passes = data.draw(st.lists(st.sampled_from(teams), min_size=1, unique=True))
        verdicts = {}
        for bid_id in teams:
            merges = bid_id not in passes and data.draw(st.booleans())
            into = data.draw(st.sampled_from(passes)) if merges else None
            what = PASS if bid_id in passes else MERGE if merges else ELIMINATE
            verdicts[bid_id] = Verdict(what, "" if what == PASS else "理由", into)
        money_into = data.draw(st.none() | st.sampled_from(passes))
        lost = {row.id: row.state for row in _payments(uow, project) if _book(uow, row).bid_id not in teams}
        before = sum(book.amount for book in _books(uow, project))
        for bid_id, entry in gates.entries(uow, gate.id).items():
            lead = next(one for one in leads if one.organisation_id == uow.session.get_one(Bid, bid_id).organisation_id)
            gates.hand_in(uow, lead, entry.id, "材料")
        gates.decide(uow, actors.government, gate.id, verdicts, money_into)
        uow.commit()
        assert sums_up(uow, project)
        running = [one for one in _books(uow, project) if uow.session.get_one(Bid, one.bid_id).state is BidState.RUNNING]  # fmt: skip
        assert {one.bid_id for one in running} == set(passes)
        assert all(uow.session.get_one(Payment, key).state == state for key, state in lost.items())
        after = sum(book.amount for book in _books(uow, project))
        is_saved = money_into is None and any(one.outcome == ELIMINATE for one in verdicts.values())
        assert after <= before if is_saved else after == before
        for row in _payments(uow, project):
            if _book(uow, row).bid_id not in passes:
                assert row.state is not PaymentState.PLANNED


def _books(uow: UnitOfWork, project: Project) -> list[TaskBook]:
    return list(uow.session.scalars(select(TaskBook).where(TaskBook.project_id == project.id)))


def _payments(uow: UnitOfWork, project: Project) -> list[Payment]:
    query = select(Payment).join(TaskBook, TaskBook.id == Payment.task_book_id)
    return list(uow.session.scalars(query.where(TaskBook.project_id == project.id)))


def _book(uow: UnitOfWork, payment: Payment) -> TaskBook:
    return uow.session.get_one(TaskBook, payment.task_book_id)
