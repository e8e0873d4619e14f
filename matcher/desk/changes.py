"""What changed since a broker was here: new suggestions, answers of the sides, what colleagues did with one's pairings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from matcher.accounts.model import Membership, Person
from matcher.core.lifecycle import StateChange
from matcher.core.people import Actor, Role
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.model import Visit
from matcher.matching.assignments import BROKER, with_broker
from matcher.matching.introduction_model import Introduction, IntroductionAnswer
from matcher.matching.model import Decision, Pairing, PairingState
from matcher.matching.queue import QueueRow, as_rows, both_open, joined, list_columns
from matcher.needs.model import Need
from matcher.offers.model import Offer

#: Whoever comes back within this time is still here.
PAUSE = timedelta(minutes=45)
#: A first visit looks back this far.
FIRST = timedelta(days=7)
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Happened:
    """Hold one change of a pairing that somebody else made."""

    pairing_id: int
    need_title: str
    offer_title: str
    person: str
    action: str
    target: PairingState
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold what one side answered to an introduction; `party` is "need" or "offer"."""

    pairing_id: int
    need_title: str
    offer_title: str
    party: str
    is_interested: bool
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """Hold what happened since `since`; lists hold the first few, totals count all."""

    since: datetime
    suggestions: int
    best: list[QueueRow]
    answers: list[Happened]
    answered: int
    by_colleagues: list[Happened]
    decided: int
    replies: list[Reply]

    @property
    def is_empty(self) -> bool:
        """Say whether nothing happened."""
        return not (self.suggestions or self.answered or self.decided or self.replies)


def visit(uow: UnitOfWork, actor: Actor) -> datetime:
    """Write down that the broker is here; returns the end of the visit before, from which changes are told."""
    require(actor, "pairing.queue")
    now = uow.clock()
    found = uow.session.get(Visit, actor.person_id)
    if found is None:
        found = Visit(person_id=actor.person_id, before=None, seen_at=now)
        uow.session.add(found)
    elif now - found.seen_at > PAUSE:
        found.before, found.seen_at = found.seen_at, now
    elif now - found.seen_at > timedelta(minutes=1):
        found.seen_at = now
    return found.before or now - FIRST


def seen_all(uow: UnitOfWork, actor: Actor) -> None:
    """Start counting changes from now."""
    require(actor, "pairing.queue")
    visit(uow, actor)
    found = uow.session.get_one(Visit, actor.person_id)
    found.before = found.seen_at = uow.clock()


def since(uow: UnitOfWork, actor: Actor, moment: datetime) -> Changes:
    """Return what happened after a moment that concerns the broker."""
    require(actor, "pairing.queue")
    fresh = and_(Pairing.created_at > moment, Pairing.state == PairingState.SUGGESTED, both_open())
    best = list_columns(uow).where(fresh).order_by(Pairing.score.desc(), Pairing.id).limit(SHOWN)
    suggestions = uow.session.scalar(joined(func.count()).where(fresh)) or 0
    answers, answered = _happened(uow, actor, moment, by_desk=False)
    mine, decided = _happened(uow, actor, moment, by_desk=True)
    rows = as_rows(uow, best) if suggestions else []
    return Changes(moment, suggestions, rows, answers, answered, mine, decided, _replies(uow, moment))


def _replies(uow: UnitOfWork, moment: datetime) -> list[Reply]:
    """Return the answers of the sides themselves; those that a broker wrote down for them are no news."""
    said = IntroductionAnswer
    query = (
        select(Pairing.id, Need.title, Offer.title, said.party, said.is_interested, said.reason, said.at)
        .join(Introduction, Introduction.id == said.introduction_id)
        .join(Pairing, Pairing.id == Introduction.pairing_id)
        .join(Need, Need.id == Pairing.need_id)
        .join(Offer, Offer.id == Pairing.offer_id)
        .where(said.at > moment, said.by_desk.is_(False))
        .order_by(said.id.desc())
        .limit(SHOWN)
    )
    return [Reply(*row) for row in uow.session.execute(query)]


def _is_answer() -> ColumnElement[bool]:
    """Return the condition that a side moved a pairing by answering its introduction: that is told as the answer."""
    said_no = exists().where(
        Introduction.pairing_id == StateChange.entity_id,
        IntroductionAnswer.introduction_id == Introduction.id,
        IntroductionAnswer.person_id == StateChange.person_id,
        IntroductionAnswer.is_interested.is_(False),
    )
    by_answer = or_(StateChange.action == "interest", and_(StateChange.action == "decline", said_no))
    return and_(StateChange.source == PairingState.INTRODUCED, by_answer)


def _latest(moment: datetime, *whose: ColumnElement[bool]) -> Select[int]:
    """Select the last change of each pairing: a meeting that went well takes four steps at once, and is one piece of news."""
    since_then = (StateChange.entity == "pairing", StateChange.at > moment, StateChange.person_id.is_not(None))
    return select(func.max(StateChange.id)).where(*since_then, *whose).group_by(StateChange.entity_id)


def _happened(uow: UnitOfWork, actor: Actor, moment: datetime, *, by_desk: bool) -> tuple[list[Happened], int]:
    """Return the first changes and the count of all: by colleagues on what is the actor's, or by the two sides on anything."""
    who = aliased(Person)
    at_desk = StateChange.person_id.in_(select(Membership.person_id).where(Membership.role == Role.DESK))
    query = (
        select(
            Pairing.id, Need.title, Offer.title, func.coalesce(who.name, ""), StateChange.action, StateChange.target,
            StateChange.note, StateChange.at,
        )
        .select_from(StateChange)
        .join(Pairing, and_(StateChange.entity == "pairing", StateChange.entity_id == Pairing.id))
        .join(Need, Need.id == Pairing.need_id)
        .join(Offer, Offer.id == Pairing.offer_id)
        .outerjoin(who, who.id == StateChange.person_id)
        .where(StateChange.at > moment, StateChange.person_id.is_not(None))
    )  # fmt: skip
    if by_desk:
        latest = _latest(moment, at_desk, StateChange.person_id != actor.person_id)
        decided_by_me = Pairing.id.in_(select(Decision.pairing_id).where(Decision.person_id == actor.person_id))
        query = with_broker(query).where(or_(BROKER.is_not_distinct_from(actor.person_id), decided_by_me))
    else:
        latest = _latest(moment, ~at_desk, ~_is_answer())
    query = query.where(StateChange.id.in_(latest))
    total = uow.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if not total:
        return [], 0
    rows = uow.session.execute(query.order_by(StateChange.id.desc()).limit(SHOWN))
    return [Happened(*row[:5], PairingState(row[5]), *row[6:]) for row in rows], total
