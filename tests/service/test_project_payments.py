"""Payments of task books always add up to the contract, to the fen and by source."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.core.errors import Conflict, InvalidInput, NotAllowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.delivery import payments
from matcher.projects.delivery.lifecycle import PaymentState
from matcher.projects.delivery.model import TaskBook
from matcher.projects.delivery.payments import Occasion, Part, Source
from tests.conftest import Actors
from tests.projects import TaskBookFactory

YUAN = st.integers(0, 10**11).map(lambda fen: Decimal(fen) / 100)
SHARES = st.lists(st.integers(0, 25), max_size=4)
MOVES = st.lists(
    st.tuples(st.sampled_from(["release", "pay", "leave", "merge", "resize"]), st.integers(0, 9), YUAN), max_size=12
)


def adds_up(uow: UnitOfWork, book: TaskBook) -> bool:
    by = payments.balance(uow, book)
    return (by[Source.GOVERNMENT].total, by[Source.ENTERPRISE].total) == (
        book.government_amount,
        book.enterprise_amount,
    )


@given(YUAN, st.lists(st.integers(0, 1000), min_size=1, max_size=9).filter(any))
def test_parts_add_up_and_none_is_a_fen_off(amount: Decimal, weights: list[int]) -> None:
    parts = payments.split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) < Decimal("0.01")


@given(YUAN, YUAN, SHARES, MOVES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_money_adds_up_after_any_sequence(
    uow: UnitOfWork, actors: Actors, government: Decimal, enterprise: Decimal, shares: list[int],
    moves: list[tuple[str, int, Decimal]],
) -> None:  # fmt: skip
    books = [TaskBookFactory(government_amount=government, enterprise_amount=enterprise) for _ in range(2)]
    for book in books:
        payments.plan(uow, book, [Part(Occasion.SIGNING, share) for share in shares])
    whole = sum(book.amount for book in books)
    for move, at, money in moves:
        book, other = books[at % 2], books[1 - at % 2]
        if move == "release":
            payments.release(uow, book.id, [Occasion.SIGNING, Occasion.ACCEPTANCE][at % 3 == 0])
        elif move == "pay":
            for payment in payments.of(uow, book.id):
                if payment.state is PaymentState.RELEASED:
                    payments.pay(uow, actors.government, payment.id, paid_on=date(2026, 1, 5), reference="PZ-1")
        elif move == "merge":
            payments.cancel_open(uow, book, other)
            assert sum(b.amount for b in books) == whole
        elif move == "leave":
            whole -= payments.cancel_open(uow, book)
        else:
            with contextlib.suppress(InvalidInput):
                payments.resize(uow, book, money, book.enterprise_amount)
            whole = sum(b.amount for b in books)
        assert all(adds_up(uow, b) for b in books)
        assert all(p.amount >= 0 for b in books for p in payments.of(uow, b.id))


def test_a_plan_of_more_than_the_contract_is_refused(uow: UnitOfWork) -> None:
    book = TaskBookFactory()
    with pytest.raises(InvalidInput):
        payments.plan(uow, book, [Part(Occasion.SIGNING, 60), Part(Occasion.MILESTONE, 41)])


def test_a_plan_is_not_redone_once_money_was_released(uow: UnitOfWork) -> None:
    book = TaskBookFactory()
    payments.plan(uow, book, [Part(Occasion.SIGNING, 40)])
    payments.release(uow, book.id, Occasion.SIGNING)
    with pytest.raises(Conflict):
        payments.plan(uow, book, [])


def test_released_money_stays_owed_when_a_team_leaves(uow: UnitOfWork) -> None:
    book = TaskBookFactory(government_amount=Decimal(1000), enterprise_amount=Decimal(0))
    payments.plan(uow, book, [Part(Occasion.SIGNING, 40)])
    payments.release(uow, book.id, Occasion.SIGNING)
    assert payments.cancel_open(uow, book) == 600
    assert book.amount == 400


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "admin", "expert", "visitor"])
def test_only_the_office_enters_payments(uow: UnitOfWork, actors: Actors, role: str) -> None:
    book = TaskBookFactory()
    rows = payments.plan(uow, book, [Part(Occasion.SIGNING, 40)])
    payments.release(uow, book.id, Occasion.SIGNING)
    with pytest.raises(NotAllowed):
        payments.pay(uow, getattr(actors, role), rows[0].id, paid_on=date(2026, 1, 5), reference="1")


def test_a_payment_needs_release_and_receipt(uow: UnitOfWork, actors: Actors) -> None:
    book = TaskBookFactory()
    row = payments.plan(uow, book, [Part(Occasion.SIGNING, 40)])[0]
    with pytest.raises(Conflict):
        payments.pay(uow, actors.government, row.id, paid_on=date(2026, 1, 5), reference="1")
    payments.release(uow, book.id, Occasion.SIGNING)
    with pytest.raises(InvalidInput):
        payments.pay(uow, actors.government, row.id, paid_on=date(2026, 1, 5), reference=" ")
    with pytest.raises(InvalidInput):
        payments.pay(uow, actors.government, row.id, paid_on=date(2999, 1, 5), reference="1")
