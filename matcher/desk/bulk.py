"""One decision on many pairings: each row stands or falls by itself, and each row's outcome is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from matcher.core.errors import Conflict, DomainError, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.matching import assignments, claims, review
from matcher.matching.model import Decision, Pairing, Verdict
from matcher.matching.queries import names
from matcher.needs.model import Need
from matcher.offers.model import Offer

MOST = 200
NOTHING_PICKED = Label("请先勾选要处理的匹配对。", "Tick the pairings first.")
TOO_MANY = Label("一次最多处理 {most} 对。", "At most {most} pairings at a time.")
ASSIGN = "assign"


@dataclass(frozen=True, slots=True)
class Picked:
    """Name a row that was ticked, with the version that the person had on the screen."""

    pairing_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Act:
    """Say what is to be done with every row: a verdict with what it asks for, or a broker (None: nobody)."""

    verdict: Verdict | None = None
    reason: str | None = None
    note: str = ""
    defer_until: date | None = None
    broker_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Tell what became of one row; `problem` is empty when it was done."""

    pairing_id: int
    need_title: str
    offer_title: str
    problem: Label | None
    is_changed_meanwhile: bool = False


def apply(uow: UnitOfWork, actor: Actor, rows: Sequence[Picked], act: Act) -> list[Outcome]:
    """Do one thing with many pairings, each in a transaction of its own, in the order given.

    What is wrong with the act itself (no reason, no date) raises InvalidInput before anything is done. A row that changed
    meanwhile, is gone, or that a colleague has open is left as it is and named. Raises NotAllowed.
    """
    require(actor, "pairing.decide")
    if not rows:
        raise InvalidInput([Problem("pick", NOTHING_PICKED)])
    if len(rows) > MOST:
        raise InvalidInput([Problem("pick", TOO_MANY.format(most=MOST))])
    _check(uow, act)
    titles = _titles(uow, rows)
    return [_one(uow, actor, row, act, *titles.get(row.pairing_id, ("", ""))) for row in rows]


def _check(uow: UnitOfWork, act: Act) -> None:
    if act.verdict is None:
        if act.broker_id is not None and act.broker_id not in {one.id for one in assignments.brokers(uow)}:
            raise InvalidInput([Problem("broker", assignments.NOT_AT_DESK)])
        return
    problems = review.decision_problems(uow, act.verdict, act.reason, act.note, act.defer_until)
    if problems:
        raise InvalidInput(problems)


def _one(uow: UnitOfWork, actor: Actor, row: Picked, act: Act, need: str, offer: str) -> Outcome:
    try:
        with uow:
            if act.verdict is None:
                assignments.assign(uow, actor, act.broker_id, pairing_id=row.pairing_id)
            else:
                review.decide(
                    uow, actor, row.pairing_id, act.verdict,
                    reason=act.reason, note=act.note, defer_until=act.defer_until, seen_version=row.version,
                )  # fmt: skip
    except claims.Claimed as error:
        held = Label("{person} 正在评审", "{person} is reviewing it").format(person=error.holder.name)
        return Outcome(row.pairing_id, need, offer, held)
    except NotFound as error:
        return Outcome(row.pairing_id, need, offer, error.message, is_changed_meanwhile=True)
    except DomainError as error:
        is_changed = isinstance(error, Conflict) and error.message == CHANGED_MEANWHILE
        problem = _what_changed(uow, row) if is_changed else error.message
        return Outcome(row.pairing_id, need, offer, problem, is_changed_meanwhile=is_changed)
    return Outcome(row.pairing_id, need, offer, None)


def _what_changed(uow: UnitOfWork, row: Picked) -> Label:
    """Say who was faster, where a decision tells it."""
    query = select(Decision).where(Decision.pairing_id == row.pairing_id).order_by(Decision.id.desc()).limit(1)
    last = uow.session.scalar(query)
    if last is None:
        return Label("理由刚刚更新", "its reasons have just changed")
    name = names(uow, [last.person_id]).get(last.person_id, "")
    return Label("{person} 刚刚处理过", "{person} has just dealt with it").format(person=name)


def _titles(uow: UnitOfWork, rows: Sequence[Picked]) -> dict[int, tuple[str, str]]:
    query = select(Pairing.id, Need.title, Offer.title).join(Need, Need.id == Pairing.need_id)
    query = query.join(Offer, Offer.id == Pairing.offer_id).where(Pairing.id.in_([row.pairing_id for row in rows]))
    return {row[0]: (row[1], row[2]) for row in uow.session.execute(query)}
