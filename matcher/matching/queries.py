"""What the desk and the owners see of pairings, loaded with a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager

from matcher.accounts.model import Person
from matcher.core import outbox
from matcher.core.errors import NotFound
from matcher.core.lifecycle import StateChange
from matcher.core.people import Actor
from matcher.core.permissions import View, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.matching.model import Decision, Pairing, PairingState, Verdict
from matcher.matching.queue import both_open, joined
from matcher.matching.review import NO_PAIRING
from matcher.needs import service as needs
from matcher.needs.model import Need
from matcher.needs.service import SeenNeed, seen
from matcher.offers.model import Offer

DECISIONS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class SaidDecision:
    """Hold what somebody said of a pairing; `person` is their name, empty for the system."""

    id: int
    verdict: Verdict
    reason: str | None
    note: str
    at: datetime
    person: str
    person_id: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """Hold one change of state, with the name of whoever made it."""

    source: PairingState
    target: PairingState
    at: datetime
    person: str
    note: str


@dataclass(frozen=True, slots=True)
class OpenedPairing:
    """Hold a pairing as the desk works on it."""

    pairing: Pairing
    need: Need
    offer: Offer
    decisions: list[SaidDecision]
    moves: list[Move]

    @property
    def actions(self) -> tuple[str, ...]:
        """Return what the lifecycle allows now."""
        return PAIRING_LIFECYCLE.actions(self.pairing.state)

    @property
    def last(self) -> SaidDecision | None:
        """Return the latest decision."""
        return self.decisions[-1] if self.decisions else None


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """Hold one row of the record: a decision with the pairing that it was about."""

    said: SaidDecision
    pairing_id: int
    need_title: str
    offer_title: str
    state: PairingState


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """Hold a page of the record of decisions, the latest first."""

    rows: list[RecordedDecision]
    total: int
    page: int
    counts: dict[Verdict, int]

    @property
    def pages(self) -> int:
        """Return the number of pages, one at least."""
        return max(1, -(-self.total // DECISIONS_PER_PAGE))


@dataclass(frozen=True, slots=True)
class OwnPairing:
    """A pairing as an owner sees it; `need` is None when the need is hidden from them."""

    pairing: Pairing
    need: SeenNeed | None

    @property
    def explanation(self) -> dict[str, Any]:
        """Return why the two fit; it quotes the need, so it is empty for whom the need is redacted."""
        return self.pairing.explanation if self.need and self.need.view is View.FULL else {}


def _with_both(query: Select[Any]) -> Select[Any]:
    return query.options(contains_eager(Pairing.need).contains_eager(Need.organisation), contains_eager(Pairing.offer))


def pairing(uow: UnitOfWork, actor: Actor, pairing_id: int) -> Pairing:
    """Return one pairing with both sides, for the desk; raises NotFound. A look at it is not written down: see `look`."""
    require(actor, "pairing.queue")
    found: Pairing | None = uow.session.scalars(
        _with_both(joined(Pairing)).where(Pairing.id == pairing_id)
    ).one_or_none()
    if found is None:
        raise NotFound(NO_PAIRING)
    return found


def look(uow: UnitOfWork, actor: Actor, pairing_id: int) -> OpenedPairing:
    """Return a pairing with both texts and its history, for the desk; raises NotFound.

    The look at a confidential need is in the audit log, as everywhere: the caller commits.
    """
    found = pairing(uow, actor, pairing_id)
    needs.get(uow, actor, found.need_id)
    decisions = list(uow.session.scalars(select(Decision).where(Decision.pairing_id == found.id).order_by(Decision.id)))
    history = select(StateChange).where(StateChange.entity == "pairing", StateChange.entity_id == found.id)
    changes = list(uow.session.scalars(history.order_by(StateChange.id)))
    people = names(uow, {*(d.person_id for d in decisions), *(c.person_id for c in changes)})
    return OpenedPairing(
        pairing=found,
        need=found.need,
        offer=found.offer,
        decisions=[_said(one, people) for one in decisions],
        moves=[
            Move(PairingState(c.source), PairingState(c.target), c.at, people.get(c.person_id, ""), c.note)
            for c in changes
        ],
    )


@dataclass(frozen=True, slots=True)
class Said:
    """Hold the latest decision on a pairing, with what it was about and what can still be done."""

    decision: SaidDecision
    pairing: Pairing

    @property
    def can_reopen(self) -> bool:
        """Say whether the decision can be taken back."""
        return "reopen" in PAIRING_LIFECYCLE.actions(self.pairing.state)


def last_said(uow: UnitOfWork, actor: Actor, pairing_id: int) -> Said | None:
    """Return the latest decision on a pairing, None where nobody has decided."""
    require(actor, "pairing.queue")
    query = select(Decision).where(Decision.pairing_id == pairing_id).order_by(Decision.id.desc()).limit(1)
    found = uow.session.scalar(query)
    if found is None:
        return None
    return Said(_said(found, names(uow, [found.person_id])), pairing(uow, actor, pairing_id))


def names(uow: UnitOfWork, ids: Iterable[int | None]) -> dict[int | None, str]:
    """Return the names of people by id."""
    known = [one for one in ids if one is not None]
    if not known:
        return {}
    return dict(uow.session.execute(select(Person.id, Person.name).where(Person.id.in_(known))).all())


def _said(one: Decision, people: dict[int | None, str]) -> SaidDecision:
    name = people.get(one.person_id, "")
    return SaidDecision(one.id, one.verdict, one.reason, one.note, one.at, name, one.person_id)


def record(uow: UnitOfWork, actor: Actor, *, verdict: Verdict | None = None, page: int = 1) -> DecisionRecord:
    """Return a page of all decisions, the latest first, of one verdict or of all; `counts` has how many of each."""
    require(actor, "pairing.queue")
    counted = uow.session.execute(select(Decision.verdict, func.count()).group_by(Decision.verdict))
    by_verdict = dict(counted.all())
    total = by_verdict.get(verdict, 0) if verdict else sum(by_verdict.values())
    page = min(max(page, 1), max(1, -(-total // DECISIONS_PER_PAGE)))
    query = (
        select(Decision, Need.title, Offer.title, Pairing.state)
        .join(Pairing, Pairing.id == Decision.pairing_id)
        .join(Need, Need.id == Pairing.need_id)
        .join(Offer, Offer.id == Pairing.offer_id)
        .order_by(Decision.at.desc(), Decision.id.desc())
    )
    if verdict:
        query = query.where(Decision.verdict == verdict)
    found = uow.session.execute(query.limit(DECISIONS_PER_PAGE).offset((page - 1) * DECISIONS_PER_PAGE)).all()
    people = names(uow, {row[0].person_id for row in found})
    rows = [
        RecordedDecision(_said(one, people), one.pairing_id, need, offer, state) for one, need, offer, state in found
    ]
    return DecisionRecord(rows, total, page, by_verdict)


def _own(uow: UnitOfWork, condition: Any, limit: int) -> list[Pairing]:
    """Return the live pairings, the most promising first, then the declined ones, the latest first: none crowds out the other."""
    query = _with_both(joined(Pairing)).where(condition, both_open())
    is_declined = Pairing.state == PairingState.DECLINED
    live = query.where(~is_declined).order_by(Pairing.score.desc(), Pairing.id).limit(limit)
    declined = query.where(is_declined).order_by(Pairing.changed_at.desc(), Pairing.id).limit(limit)
    return [found for one in (live, declined) for found in uow.session.scalars(one).unique()]


def for_need(uow: UnitOfWork, actor: Actor, need: Need, limit: int = 20) -> list[OwnPairing]:
    """Return the pairings of a need for its owner and the desk, the most promising first."""
    require(actor, "pairing.see", owner=need.organisation_id)
    return [OwnPairing(found, seen(uow, actor, found.need)) for found in _own(uow, Pairing.need_id == need.id, limit)]


def for_offer(uow: UnitOfWork, actor: Actor, offer: Offer, limit: int = 20) -> list[OwnPairing]:
    """Return the pairings of an offer for its owner; needs that are hidden from them are left out."""
    require(actor, "pairing.see", owner=offer.organisation_id)
    found = [OwnPairing(p, seen(uow, actor, p.need)) for p in _own(uow, Pairing.offer_id == offer.id, limit)]
    return [own for own in found if own.need is not None and own.need.view is not View.NONE]


@dataclass(frozen=True, slots=True)
class Progress:
    """Say how much matching still has to do."""

    to_index: int
    to_match: int

    @property
    def is_under_way(self) -> bool:
        """Say whether anything is left to do."""
        return bool(self.to_index or self.to_match)


def progress(uow: UnitOfWork) -> Progress:
    """Return how many items wait to be read and to be matched."""
    rows = uow.session.execute(select(outbox.OutboxRow.topic, func.count()).group_by(outbox.OutboxRow.topic))
    by_topic = dict(rows.all())
    return Progress(by_topic.get(outbox.Topic.INDEX, 0), by_topic.get(outbox.Topic.MATCH, 0))
