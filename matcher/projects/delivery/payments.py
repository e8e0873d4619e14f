"""Payments of task books: planned by share, released by what they hang on, paid; they add up to the contract, by source."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from sqlalchemy import select

from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.numbers import number_of
from matcher.core.people import SYSTEM, Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.delivery.lifecycle import PAYMENT_LIFECYCLE, GateState, PaymentState
from matcher.projects.delivery.model import Gate, Payment, TaskBook


class Source(StrEnum):
    """Name whose money a payment is."""

    GOVERNMENT = "government"
    ENTERPRISE = "enterprise"


class Occasion(StrEnum):
    """Name what a payment hangs on."""

    SIGNING = "signing"
    MILESTONE = "milestone"
    GATE = "gate"
    ACCEPTANCE = "acceptance"


SOURCE_LABELS = {Source.GOVERNMENT: Label("财政资金", "Government"), Source.ENTERPRISE: Label("企业资金", "Enterprise")}
OCCASION_LABELS = {
    Occasion.SIGNING: Label("签约", "Signing"),
    Occasion.MILESTONE: Label("里程碑", "Milestone"),
    Occasion.GATE: Label("考核节点", "Gate"),
    Occasion.ACCEPTANCE: Label("验收", "Acceptance"),
}
FEN = Decimal("0.01")
TOO_MUCH = Label(
    "签约、里程碑和考核节点的比例合计 {sum}%，不能超过 100%。",
    "The shares of signing, milestones and gates add up to {sum}%; 100% is the most.",
)
PLANNED_ALREADY = Label(
    "已有可拨付或已拨付的款项，不能重新安排。", "Payments were released or made; the plan cannot be redone."
)
BELOW_RELEASED = Label(
    "金额不能低于已可拨付和已拨付的 {sum} 元。", "The amount cannot be below the {sum} yuan that were released or paid."
)
NO_PAYMENT = Label("找不到这笔款项。", "There is no such payment.")
NO_RECEIPT = Label("请填写凭证号。", "Enter the number of the receipt.")
BAD_DAY = Label("请填写日期，如 2027-06-30。", "Enter a date such as 2027-06-30.")
IN_FUTURE = Label("拨付日期不能晚于今天。", "The date of payment cannot be later than today.")


@dataclass(frozen=True, slots=True)
class Part:
    """Name one occasion of a plan, with its share in per cent of the contract."""

    occasion: Occasion
    share: int
    planned_on: date | None = None
    milestone_id: int | None = None
    gate_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Hold what of one source is planned, released and paid, in yuan."""

    planned: Decimal = Decimal(0)
    released: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """Return all that is not cancelled."""
        return self.planned + self.released + self.paid


def split(amount: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Split an amount by weights to the fen (largest remainder, the earlier first): the parts add up to it exactly."""
    whole = sum((Decimal(w) for w in weights), Decimal(0))
    if not whole:
        return [Decimal(0)] * len(weights)
    exact = [amount * Decimal(weight) / whole for weight in weights]
    parts = [one.quantize(FEN, ROUND_DOWN) for one in exact]
    left = int((amount - sum(parts)) / FEN)
    order = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at], at))
    for at in order[:left]:
        parts[at] += FEN
    return parts


def of(uow: UnitOfWork, task_book_id: int) -> list[Payment]:
    """Return all payments of a task book in the order of the plan, the cancelled ones too."""
    query = select(Payment).where(Payment.task_book_id == task_book_id).order_by(Payment.position, Payment.id)
    return list(uow.session.scalars(query))


def plan(uow: UnitOfWork, task_book: TaskBook, parts: Sequence[Part]) -> list[Payment]:
    """Plan the payments of a task book anew; what the parts leave of 100 % is paid at acceptance.

    Raises InvalidInput when the shares exceed 100 %, Conflict when money was released already.
    """
    given = sum(part.share for part in parts)
    if given > 100:
        raise InvalidInput([Problem("shares", TOO_MUCH.format(sum=given))])
    for old in of(uow, task_book.id):
        if old.state is not PaymentState.PLANNED:
            raise Conflict(PLANNED_ALREADY)
        uow.session.delete(old)
    rest = Part(Occasion.ACCEPTANCE, 100 - given, task_book.ends_on)
    ordered = [part for part in (*parts, rest) if part.share]
    rows = []
    for source, amount in _amounts(task_book).items():
        for place, (part, money) in enumerate(zip(ordered, split(amount, [p.share for p in ordered]), strict=True)):
            if money:
                rows.append(_row(task_book, source, part, money, place))
    uow.session.add_all(rows)
    uow.session.flush()
    return rows


def release(
    uow: UnitOfWork,
    task_book_id: int,
    occasion: str,
    milestone_id: int | None = None,
    gate_id: int | None = None,
    *,
    actor: Actor = SYSTEM,
) -> list[Payment]:
    """Release the planned payments that hang on an occasion (a given milestone or gate); return them."""
    released = []
    for payment in of(uow, task_book_id):
        hangs = (payment.occasion, payment.milestone_id, payment.gate_id) == (occasion, milestone_id, gate_id)
        if hangs and payment.state is PaymentState.PLANNED:
            PAYMENT_LIFECYCLE.apply(uow, actor, payment, "release")
            released.append(payment)
    uow.session.flush()
    return released


def cancel_open(
    uow: UnitOfWork, task_book: TaskBook, into: TaskBook | None = None, *, actor: Actor = SYSTEM, note: str = ""
) -> Decimal:
    """Cancel the planned payments of a team that leaves; its amount shrinks by them, that of `into` grows.

    What was released stays owed. In `into` the money hangs on the same gate if that is still to come, else on acceptance.
    Returns what was cancelled, in yuan.
    """
    moved = Decimal(0)
    for payment in of(uow, task_book.id):
        if payment.state is not PaymentState.PLANNED:
            continue
        PAYMENT_LIFECYCLE.apply(uow, actor, payment, "cancel", note)
        _add(task_book, payment.source, -payment.amount)
        if into is not None:
            uow.session.add(_moved(uow, payment, into))
            _add(into, payment.source, payment.amount)
        moved += payment.amount
    uow.session.flush()
    return moved


def resize(uow: UnitOfWork, task_book: TaskBook, government: Decimal, enterprise: Decimal) -> None:
    """Give a task book new amounts: what is still planned shrinks or grows in proportion.

    Raises InvalidInput when an amount is below what was released or paid.
    """
    rows = of(uow, task_book.id)
    for source, amount in ((Source.GOVERNMENT, government), (Source.ENTERPRISE, enterprise)):
        own = [row for row in rows if row.source == source]
        fixed = sum((r.amount for r in own if r.state in (PaymentState.RELEASED, PaymentState.PAID)), Decimal(0))
        if amount < fixed:
            raise InvalidInput([Problem(f"{source}_amount", BELOW_RELEASED.format(sum=f"{fixed:,.2f}"))])
        still = [row for row in own if row.state is PaymentState.PLANNED]
        if any(row.amount for row in still):
            for row, money in zip(still, split(amount - fixed, [r.amount for r in still]), strict=True):
                row.amount = money
        elif amount > fixed:
            part = Part(Occasion.ACCEPTANCE, 100, task_book.ends_on)
            uow.session.add(_row(task_book, source, part, amount - fixed, len(own)))
    task_book.government_amount, task_book.enterprise_amount = government, enterprise
    uow.session.flush()


def pay(uow: UnitOfWork, actor: Actor, payment_id: int, *, paid_on: date, reference: str) -> Payment:
    """Enter that a released payment was made, with date and number of the receipt; raises Conflict, InvalidInput."""
    require(actor, "payment.make")
    payment = uow.session.get(Payment, payment_id)
    if payment is None:
        raise NotFound(NO_PAYMENT)
    problems = [] if reference.strip() else [Problem("reference", NO_RECEIPT)]
    if paid_on > local_date(uow.clock()):
        problems.append(Problem("paid_on", IN_FUTURE))
    if problems:
        raise InvalidInput(problems)
    PAYMENT_LIFECYCLE.apply(uow, actor, payment, "pay", reference.strip())
    payment.paid_on, payment.reference = paid_on, reference.strip()[:80]
    audit.record(uow, actor, "payment.pay", "task_book", payment.task_book_id, payment=payment.id, on=str(paid_on))
    return payment


def read_day(text: str, default: date) -> date:
    """Read the day of a payment as the form gives it; raises InvalidInput."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else default
    except ValueError as error:
        raise InvalidInput([Problem("paid_on", BAD_DAY)]) from error


def balance(uow: UnitOfWork, task_book: TaskBook) -> dict[Source, Sums]:
    """Return what is planned, released and paid of a task book, by source; their totals are the contract's amounts."""
    return sums(of(uow, task_book.id))


def sums(payments: Iterable[Payment]) -> dict[Source, Sums]:
    """Add payments up by source and state; the cancelled ones do not count."""
    found = {source: dict.fromkeys(PaymentState, Decimal(0)) for source in Source}
    for payment in payments:
        found[Source(payment.source)][payment.state] += payment.amount
    return {
        source: Sums(by[PaymentState.PLANNED], by[PaymentState.RELEASED], by[PaymentState.PAID])
        for source, by in found.items()
    }


def is_overdue(payment: Payment, today: date) -> bool:
    """Say whether a payment that may be made has not been, after its day."""
    return payment.state is PaymentState.RELEASED and payment.planned_on is not None and payment.planned_on < today


def _amounts(task_book: TaskBook) -> dict[Source, Decimal]:
    return {Source.GOVERNMENT: task_book.government_amount, Source.ENTERPRISE: task_book.enterprise_amount}


def _add(task_book: TaskBook, source: str, amount: Decimal) -> None:
    name = f"{source}_amount"
    setattr(task_book, name, getattr(task_book, name) + amount)


def _row(task_book: TaskBook, source: Source, part: Part, amount: Decimal, place: int) -> Payment:
    return Payment(
        task_book_id=task_book.id, position=place, source=source.value, occasion=part.occasion.value,
        milestone_id=part.milestone_id, gate_id=part.gate_id, amount=amount, planned_on=part.planned_on,
        state=PaymentState.PLANNED, reference="", note="",
    )  # fmt: skip


def _moved(uow: UnitOfWork, payment: Payment, into: TaskBook) -> Payment:
    gate = uow.session.get(Gate, payment.gate_id) if payment.gate_id else None
    to_come = gate is not None and gate.state is GateState.PLANNED
    part = Part(
        Occasion.GATE if to_come else Occasion.ACCEPTANCE,
        100,
        payment.planned_on if to_come else into.ends_on,
        gate_id=payment.gate_id if to_come else None,
    )
    row = _row(into, Source(payment.source), part, payment.amount, 1000)
    row.note = number_of("task_book", payment.task_book_id)
    return row
