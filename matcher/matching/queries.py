"""Lists of pairings: what the desk and the owners look at, loaded with a fixed number of queries."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from matcher.accounts.model import Organisation
from matcher.core import outbox
from matcher.core.clock import local_date
from matcher.core.errors import NotFound
from matcher.core.lifecycle import StateChange
from matcher.core.people import Actor
from matcher.core.permissions import View, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies.regions import city_of
from matcher.matching.model import Decision, Pairing, PairingState
from matcher.matching.review import NO_PAIRING
from matcher.needs import model as need_model
from matcher.needs.model import Need, NeedField
from matcher.needs.service import SeenNeed, seen
from matcher.offers import model as offer_model
from matcher.offers.model import Offer

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Narrow the desk's queue: technology field, city of the need, age in days at most, state, one need or offer."""

    field: str | None = None
    region: str | None = None
    max_age_days: int | None = None
    state: PairingState | None = None
    need_id: int | None = None
    offer_id: int | None = None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Hold one page of the queue; `total` counts all that pass the filter."""

    pairings: list[Pairing]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Return the number of pages, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class OwnPairing:
    """A pairing as an owner sees it; `need` is None when the need is hidden from them."""

    pairing: Pairing
    need: SeenNeed | None

    @property
    def explanation(self) -> dict[str, Any]:
        """Return why the two fit; it quotes the need, so it is empty for whom the need is redacted."""
        return self.pairing.explanation if self.need and self.need.view is View.FULL else {}


def _both_open() -> Any:
    return and_(Need.state.in_(need_model.OPEN_STATES), Offer.state.in_(offer_model.OPEN_STATES))


def _filtered(uow: UnitOfWork, query: Select[Any], wanted: QueueFilter) -> Select[Any]:
    today = local_date(uow.clock())
    if wanted.state is None:
        # A deferred pairing comes back on its day.
        back = and_(Pairing.state == PairingState.DEFERRED, Pairing.defer_until <= today)
        query = query.where(or_(Pairing.state == PairingState.SUGGESTED, back))
    else:
        query = query.where(Pairing.state == wanted.state)
    if wanted.state in (None, PairingState.SUGGESTED):
        query = query.where(_both_open())
    if wanted.field:
        query = query.where(Need.field_rows.any(NeedField.code == wanted.field))
    if wanted.region:
        prefix = wanted.region[:2] if wanted.region.endswith("0000") else wanted.region[:4]
        query = query.where(Organisation.region.startswith(prefix))
    if wanted.max_age_days:
        query = query.where(Pairing.created_at >= uow.clock() - timedelta(days=wanted.max_age_days))
    if wanted.need_id:
        query = query.where(Pairing.need_id == wanted.need_id)
    if wanted.offer_id:
        query = query.where(Pairing.offer_id == wanted.offer_id)
    return query


def _joined(columns: Any) -> Select[Any]:
    return (
        select(columns)
        .select_from(Pairing)
        .join(Need, Need.id == Pairing.need_id)
        .join(Organisation, Organisation.id == Need.organisation_id)
        .join(Offer, Offer.id == Pairing.offer_id)
    )


def _with_both(query: Select[Any]) -> Select[Any]:
    return query.options(contains_eager(Pairing.need).contains_eager(Need.organisation), contains_eager(Pairing.offer))


def queue(uow: UnitOfWork, actor: Actor, wanted: QueueFilter, page: int = 1) -> QueuePage:
    """Return a page of the desk's queue, the most promising first."""
    require(actor, "pairing.queue")
    total = uow.session.scalar(_filtered(uow, _joined(func.count()), wanted)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = _with_both(_filtered(uow, _joined(Pairing), wanted)).order_by(Pairing.score.desc(), Pairing.id)
    rows = uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).unique()
    return QueuePage(list(rows), total, page)


def facets(uow: UnitOfWork, actor: Actor, wanted: QueueFilter) -> dict[str, Counter[str]]:
    """Count what is in the queue by technology field, by city of the need, and by state."""
    require(actor, "pairing.queue")
    fields: Select[Any] = _filtered(uow, _joined(NeedField.code), wanted).join(NeedField, NeedField.need_id == Need.id)
    fields = fields.with_only_columns(NeedField.code, func.count()).group_by(NeedField.code)
    regions: Select[Any] = _filtered(uow, _joined(Organisation.region), wanted)
    regions = regions.with_only_columns(Organisation.region, func.count()).group_by(Organisation.region)
    states = select(Pairing.state, func.count()).group_by(Pairing.state)
    cities: Counter[str] = Counter()
    for region, count in uow.session.execute(regions):
        cities[city_of(region)] += count
    return {
        "field": Counter(dict(uow.session.execute(fields))),
        "region": cities,
        "state": Counter({state.value: count for state, count in uow.session.execute(states)}),
    }


def next_in_queue(uow: UnitOfWork, actor: Actor, wanted: QueueFilter, after: Pairing) -> int | None:
    """Return the id of the pairing that follows `after` in the queue, wherever `after` itself now stands."""
    require(actor, "pairing.queue")
    later = or_(Pairing.score < after.score, and_(Pairing.score == after.score, Pairing.id > after.id))
    query = _filtered(uow, _joined(Pairing.id), wanted).where(later, Pairing.id != after.id)
    found: int | None = uow.session.scalar(query.order_by(Pairing.score.desc(), Pairing.id).limit(1))
    return found


def pairing(uow: UnitOfWork, actor: Actor, pairing_id: int) -> Pairing:
    """Return one pairing with both sides and its decisions, for the desk; raises NotFound."""
    require(actor, "pairing.queue")
    query = _with_both(_joined(Pairing)).where(Pairing.id == pairing_id).options(selectinload(Pairing.decisions))
    found: Pairing | None = uow.session.scalars(query).unique().one_or_none()
    if found is None:
        raise NotFound(NO_PAIRING)
    return found


def moves(uow: UnitOfWork, actor: Actor, pairing_id: int) -> list[StateChange]:
    """Return the moves of a pairing, the earliest first."""
    require(actor, "pairing.queue")
    query = select(StateChange).where(StateChange.entity == "pairing", StateChange.entity_id == pairing_id)
    return list(uow.session.scalars(query.order_by(StateChange.id)))


def _own(uow: UnitOfWork, condition: Any, limit: int) -> list[Pairing]:
    query = _with_both(_joined(Pairing)).where(condition, _both_open()).options(selectinload(Pairing.decisions))
    return list(uow.session.scalars(query.order_by(Pairing.score.desc(), Pairing.id).limit(limit)).unique())


def for_need(uow: UnitOfWork, actor: Actor, need: Need, limit: int = 20) -> list[OwnPairing]:
    """Return the pairings of a need for its owner and the desk, the most promising first."""
    require(actor, "pairing.see", owner=need.organisation_id)
    return [OwnPairing(found, seen(uow, actor, found.need)) for found in _own(uow, Pairing.need_id == need.id, limit)]


def for_offer(uow: UnitOfWork, actor: Actor, offer: Offer, limit: int = 20) -> list[OwnPairing]:
    """Return the pairings of an offer for its owner; needs that are hidden from them are left out."""
    require(actor, "pairing.see", owner=offer.organisation_id)
    found = [OwnPairing(p, seen(uow, actor, p.need)) for p in _own(uow, Pairing.offer_id == offer.id, limit)]
    return [own for own in found if own.need is not None and own.need.view is not View.NONE]


def counts(uow: UnitOfWork, column: Any, ids: list[int]) -> dict[int, int]:
    """Count the live pairings of many needs (column `Pairing.need_id`) or offers at once."""
    if not ids:
        return {}
    query = _joined(column).where(column.in_(ids), _both_open(), Pairing.state != PairingState.DECLINED)
    return dict(uow.session.execute(query.with_only_columns(column, func.count()).group_by(column)))


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
    by_topic = dict(rows)
    return Progress(by_topic.get(outbox.Topic.INDEX, 0), by_topic.get(outbox.Topic.MATCH, 0))


def decisions_of(uow: UnitOfWork, actor: Actor, limit: int = 100) -> list[Decision]:
    """Return the latest decisions, for the desk's record."""
    require(actor, "pairing.queue")
    return list(uow.session.scalars(select(Decision).order_by(Decision.id.desc()).limit(limit)))
