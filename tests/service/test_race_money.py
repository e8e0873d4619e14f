"""Money of gates and milestones adds up to every contract, in whatever order gates are planned and task books written."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from matcher.core.clock import local_date
from matcher.core.errors import Conflict, DomainError, InvalidInput
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import books, changes, drafting, gate_plan, gates, payments, signing
from matcher.projects.delivery.gates import ELIMINATE, MERGE, PASS, Verdict
from matcher.projects.delivery.lifecycle import GateState, PaymentState, TaskBookState
from matcher.projects.delivery.model import Gate, Payment, TaskBook
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from matcher.projects.setup.model import Project
from tests.conftest import Actors
from tests.factories import organisation_of
from tests.projects import BidFactory, ProjectFactory
from tests.service.test_gates import form, sums_up

FUNDS = Decimal(9_000_000)


def awarded(uow: UnitOfWork, leads: list[Actor]) -> Project:
    """A race with its awarded teams, before anything is planned or written."""
    made: Project = ProjectFactory(
        mode=Mode.RACE, state=ProjectState.AWARDED, teams=len(leads), government_funds=FUNDS, enterprise_funds=FUNDS
    )
    for lead in leads:
        BidFactory(project=made, organisation=organisation_of(lead), state=BidState.AWARDED)
    uow.session.flush()
    return made


def book_form(uow: UnitOfWork, **more: Any) -> dict[str, Any]:
    today = local_date(uow.clock())
    return {
        "government_amount": "200", "enterprise_amount": "33.333333", "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=700)).isoformat(), "signing_share": "10",
        "milestones": f"样件，{(today + timedelta(days=90)).isoformat()}，20，样件三套",
    } | more  # fmt: skip


def of_gates(uow: UnitOfWork, book: TaskBook) -> dict[int, Decimal]:
    """Add up what of a contract hangs on each gate."""
    found: dict[int, Decimal] = {}
    for row in payments.of(uow, book.id):
        if row.gate_id is not None and row.state is not PaymentState.CANCELLED:
            found[row.gate_id] = found.get(row.gate_id, Decimal(0)) + row.amount
    return found


@pytest.fixture
def project(uow: UnitOfWork, actors: Actors) -> Project:
    """A race with two awarded teams."""
    return awarded(uow, [actors.university, actors.other_university])


@pytest.fixture
def book(uow: UnitOfWork, actors: Actors, project: Project) -> TaskBook:
    """The draft of a task book that was written before any gate was planned."""
    bid = uow.session.scalars(select(Bid).where(Bid.project_id == project.id)).unique().first()
    assert bid is not None
    return drafting.draft(uow, actors.government, bid.id, book_form(uow))


def test_a_gate_planned_after_a_task_book_was_drafted_has_its_payment(
    uow: UnitOfWork, actors: Actors, project: Project, book: TaskBook
) -> None:
    gate = gate_plan.save(uow, actors.government, project.id, form(uow, share="30"))
    assert of_gates(uow, book) == {gate.id: payments.split(book.amount, [30, 70])[0]}
    gate_plan.save(uow, actors.government, project.id, form(uow, share="40"), gate.id)
    assert of_gates(uow, book) == {gate.id: payments.split(book.amount, [40, 60])[0]}
    gate_plan.remove(uow, actors.government, project.id, gate.id)
    assert of_gates(uow, book) == {}
    assert sums_up(uow, project)


def test_a_gate_for_which_a_draft_has_no_room_is_refused_and_the_draft_is_named(
    uow: UnitOfWork, actors: Actors, project: Project, book: TaskBook
) -> None:
    milestones = book_form(uow)["milestones"].replace("，20，", "，80，")
    drafting.edit(uow, actors.government, book.id, book_form(uow, milestones=milestones))
    uow.commit()
    with pytest.raises(InvalidInput) as refused, uow:
        gate_plan.save(uow, actors.government, project.id, form(uow, share="11"))
    assert book.number in refused.value.problems[0].message.zh
    assert sums_up(uow, project)
    gate_plan.save(uow, actors.government, project.id, form(uow, share="10"))


def test_who_cannot_plan_a_gate_any_more_reads_what_to_do(
    uow: UnitOfWork, actors: Actors, project: Project, book: TaskBook
) -> None:
    signing.offer(uow, actors.government, book.id)
    with pytest.raises(Conflict, match="Take them back"):
        gate_plan.save(uow, actors.government, project.id, form(uow))
    signing.take_back(uow, actors.government, book.id)
    gate_plan.save(uow, actors.government, project.id, form(uow))
    signing.offer(uow, actors.government, book.id)
    lead = next(one for one in (actors.university, actors.other_university) if one.organisation_id == books.get(uow, book.id).bid.organisation_id)  # fmt: skip
    for actor in (actors.government, lead):
        signing.sign(uow, actor, book.id)
    with pytest.raises(Conflict, match=f"{book.number} are signed"):
        gate_plan.save(uow, actors.government, project.id, form(uow))


def test_a_task_book_that_ended_as_a_draft_does_not_keep_gates_from_being_planned(
    uow: UnitOfWork, actors: Actors, project: Project, book: TaskBook
) -> None:
    signing.terminate(uow, actors.government, book.id, "团队退出")
    gate_plan.save(uow, actors.government, project.id, form(uow))


def test_a_contract_cut_to_what_was_paid_can_grow_again(
    uow: UnitOfWork, actors: Actors, project: Project, book: TaskBook
) -> None:
    payments.release(uow, book.id, payments.Occasion.SIGNING)
    fixed = payments.balance(uow, book)
    payments.resize(uow, book, fixed[payments.Source.GOVERNMENT].released, fixed[payments.Source.ENTERPRISE].released)
    payments.resize(uow, book, Decimal(1_000_000), Decimal(500_000))
    assert sums_up(uow, project)


BEFORE = ("plan", "plan", "change", "remove", "draft", "draft", "edit", "offer", "take_back", "sign", "terminate")
AFTER = ("plan", "change", "remove", "edit", "budget", "open", "open", "decide", "decide", "terminate")


def moves(acts: tuple[str, ...], most: int) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    return st.lists(st.tuples(st.sampled_from(acts), st.integers(0, 9), st.integers(0, 60)), max_size=most)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=moves(BEFORE, 14), after=moves(AFTER, 12))
def test_money_adds_up_after_any_plans_drafts_changes_and_decisions(
    uow: UnitOfWork, actors: Actors, before: list[tuple[str, int, int]], after: list[tuple[str, int, int]]
) -> None:
    project = awarded(uow, [actors.university, actors.other_university, actors.enterprise])
    uow.commit()
    # What is not drafted, offered and signed by chance is so at last, so that every race gets under way.
    at_last = [(act, at, 0) for act in ("draft", "offer", "sign") for at in range(3)]
    for act, at, share in [*before, *at_last, *after]:
        try:
            with uow:
                _act(uow, actors, project, act, at, share)
        except DomainError:
            uow.rollback()
        _check(uow, project)


def _check(uow: UnitOfWork, project: Project) -> None:
    assert sums_up(uow, project)
    planned = [one for one in gate_plan.of_project(uow, project.id) if one.state is not GateState.CANCELLED]
    for book in books.of_project(uow, project.id):
        assert all(row.amount >= 0 for row in payments.of(uow, book.id))
        hanging = of_gates(uow, book)
        assert set(hanging) <= {gate.id for gate in planned}, "no money hangs on a gate that is taken off"
        if book.state in (TaskBookState.DRAFT, TaskBookState.SIGNING):
            for gate in planned:
                assert abs(hanging.get(gate.id, Decimal(0)) - book.amount * gate.share / 100) < Decimal("0.03")


def _act(uow: UnitOfWork, actors: Actors, project: Project, act: str, at: int, share: int) -> None:
    gov = actors.government
    of_all = books.of_project(uow, project.id)
    book = of_all[at % len(of_all)] if of_all else None
    planned = [one for one in gate_plan.of_project(uow, project.id) if one.state is GateState.PLANNED]
    gate = planned[at % len(planned)] if planned else None
    if act == "plan":
        gate_plan.save(uow, gov, project.id, form(uow, share=str(share)))
    elif act == "change" and gate:
        gate_plan.save(uow, gov, project.id, form(uow, share=str(share)), gate.id)
    elif act == "remove" and gate:
        gate_plan.remove(uow, gov, project.id, gate.id)
    elif act == "draft":
        bids = uow.session.scalars(select(Bid).where(Bid.project_id == project.id).order_by(Bid.id)).unique().all()
        drafting.draft(uow, gov, bids[at % len(bids)].id, book_form(uow, government_amount=f"{200 + share}.123457"))
    elif act == "edit" and book:
        drafting.edit(uow, gov, book.id, book_form(uow, government_amount=str(100 + share)))
    elif act == "offer" and book:
        signing.offer(uow, gov, book.id)
    elif act == "take_back" and book:
        signing.take_back(uow, gov, book.id)
    elif act == "sign" and book:
        for actor in (gov, _lead(uow, actors, book)):
            signing.sign(uow, actor, book.id)
    elif act == "budget" and book:
        wanted = {"kind": "budget", "text": "材料涨价", "government_amount": str(50 + 3 * share)}
        asked = changes.ask(uow, _lead(uow, actors, book), book.id, wanted)
        changes.answer(uow, gov, asked.id, "approve")
    elif act == "open" and planned:
        gates.open_gate(uow, gov, planned[0].id)
    elif act == "decide":
        _decide(uow, actors, project, at)
    elif act == "terminate" and book and at > 6:
        signing.terminate(uow, gov, book.id, "团队退出")


def _lead(uow: UnitOfWork, actors: Actors, book: TaskBook) -> Actor:
    own = uow.session.get_one(Bid, book.bid_id).organisation_id
    everyone = (actors.university, actors.other_university, actors.enterprise)
    return next(one for one in everyone if one.organisation_id == own)


def _decide(uow: UnitOfWork, actors: Actors, project: Project, at: int) -> None:
    opened = uow.session.scalars(
        select(Gate).where(Gate.project_id == project.id, Gate.state == GateState.OPEN)
    ).first()
    if opened is None:
        return
    for bid_id, entry in gates.entries(uow, opened.id).items():
        book = uow.session.scalars(select(TaskBook).where(TaskBook.bid_id == bid_id)).one()
        if book.state is TaskBookState.SIGNED:
            gates.hand_in(uow, _lead(uow, actors, book), entry.id, "材料")
    query = select(Bid.id).where(Bid.project_id == project.id, Bid.state == BidState.RUNNING).order_by(Bid.id)
    first, *others = uow.session.scalars(query).all()
    what = (PASS, ELIMINATE, MERGE)[at % 3]
    verdicts = {first: Verdict(PASS)} | {one: Verdict(what, "理由", first if what == MERGE else None) for one in others}
    gates.decide(uow, actors.government, opened.id, verdicts, first if at % 2 else None)


def test_no_payment_is_left_behind_when_a_draft_is_planned_anew(
    uow: UnitOfWork, actors: Actors, project: Project, book: TaskBook
) -> None:
    before = len(payments.of(uow, book.id))
    for share in ("10", "20"):
        gate_plan.save(uow, actors.government, project.id, form(uow, share=share))
    rows = uow.session.scalars(select(Payment).where(Payment.task_book_id == book.id)).all()
    assert len(rows) == before + 2 * len(payments.Source)
