"""The desk's queue: candidate pairings, the most promising first, narrowed and counted in a fixed number of queries."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from matcher.accounts.model import Organisation, Person
from matcher.core.clock import local_date
from matcher.core.listing import grouped
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies.regions import city_of
from matcher.matching.assignments import BROKER, broker_name, with_broker
from matcher.matching.claims import free_for
from matcher.matching.desk_model import Claim, KeptPairing
from matcher.matching.lifecycle import UNDER_WAY
from matcher.matching.model import Pairing, PairingState
from matcher.needs import model as need_model
from matcher.needs.model import Need, NeedField
from matcher.offers import model as offer_model
from matcher.offers.model import Offer

PAGE_SIZE = 30
AGES = (1, 7, 30)  # days


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Narrow the queue: technology field and city of the need, age in days at most, state, broker, one need or offer.

    `broker` is a person's id, 0 for what nobody looks after; `explored` keeps what is shown to learn from.
    Without a state: what waits for review, which is what is suggested and what was deferred until today.
    """

    field: str | None = None
    region: str | None = None
    max_age_days: int | None = None
    state: PairingState | None = None
    need_id: int | None = None
    offer_id: int | None = None
    broker: int | None = None
    explored: bool = False


@dataclass(frozen=True, slots=True)
class QueueRow:
    """Hold what the list shows of a pairing."""

    id: int
    score: float
    state: PairingState
    created_at: datetime
    defer_until: date | None
    need_title: str
    need_owner: str
    region: str
    disclosure: str
    offer_title: str
    offer_owner: str
    version: int
    broker: str | None
    holder: str | None  # who has it open for review
    holder_id: int | None
    made_by_id: int | None  # who paired the two by hand
    explored: bool  # not among the best: shown to learn from
    tech_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Hold one page of the queue; `total` counts all that pass the filter, `first` is the place of the first row."""

    rows: list[QueueRow]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Return the number of pages, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def first(self) -> int:
        """Return the place of the first row in the whole queue, from 1."""
        return (self.page - 1) * PAGE_SIZE + 1


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Say how many pairings each choice of a filter would leave, the other filters kept."""

    field: dict[str, int]
    region: dict[str, int]
    age: dict[int, int]
    state: dict[PairingState, int]
    waiting: int


def both_open() -> ColumnElement[bool]:
    """Return the condition that need and offer can still be brought together."""
    return and_(Need.state.in_(need_model.OPEN_STATES), Offer.state.in_(offer_model.OPEN_STATES))


def joined(*columns: Any) -> Select[Any]:
    """Select from the pairings with their need, its owner and their offer."""
    return (
        select(*columns)
        .select_from(Pairing)
        .join(Need, Need.id == Pairing.need_id)
        .join(Organisation, Organisation.id == Need.organisation_id)
        .join(Offer, Offer.id == Pairing.offer_id)
    )


def _waiting(today: date) -> ColumnElement[bool]:
    """Return the condition that a pairing waits for review; a deferred one comes back on its day."""
    back = and_(Pairing.state == PairingState.DEFERRED, Pairing.defer_until <= today)
    return and_(or_(Pairing.state == PairingState.SUGGESTED, back), both_open())


def _narrowed(uow: UnitOfWork, query: Select[Any], wanted: QueueFilter) -> Select[Any]:
    """Apply every part of the filter but the state."""
    if wanted.field:
        query = query.where(Need.field_rows.any(NeedField.code == wanted.field))
    if wanted.region:
        prefix = wanted.region[:2] if wanted.region.endswith("0000") else wanted.region[:4]
        query = query.where(Organisation.region.startswith(prefix, autoescape=True))
    if wanted.max_age_days:
        query = query.where(Pairing.created_at >= uow.clock() - timedelta(days=wanted.max_age_days))
    if wanted.need_id:
        query = query.where(Pairing.need_id == wanted.need_id)
    if wanted.offer_id:
        query = query.where(Pairing.offer_id == wanted.offer_id)
    if wanted.explored:
        query = query.where(Pairing.explored)
    if wanted.broker is not None:
        query = with_broker(query).where(BROKER.is_not_distinct_from(wanted.broker or None))
    return query


def _filtered(uow: UnitOfWork, query: Select[Any], wanted: QueueFilter) -> Select[Any]:
    query = _narrowed(uow, query, wanted)
    if wanted.state is not None:
        return query.where(Pairing.state == wanted.state)
    return query.where(_waiting(local_date(uow.clock())))


def _after(place: Pairing) -> ColumnElement[bool]:
    return or_(Pairing.score < place.score, and_(Pairing.score == place.score, Pairing.id > place.id))


def _before(place: Pairing) -> ColumnElement[bool]:
    return or_(Pairing.score > place.score, and_(Pairing.score == place.score, Pairing.id < place.id))


def total(uow: UnitOfWork, actor: Actor, wanted: QueueFilter) -> int:
    """Count what passes the filter."""
    require(actor, "pairing.queue")
    return uow.session.scalar(_filtered(uow, joined(func.count()), wanted)) or 0


def queue(
    uow: UnitOfWork, actor: Actor, wanted: QueueFilter, page: int = 1, *, around: Pairing | None = None
) -> QueuePage:
    """Return a page of the queue, the most promising first; with `around`, the page where that pairing stands."""
    count = total(uow, actor, wanted)
    if around is not None:
        ahead = uow.session.scalar(_filtered(uow, joined(func.count()), wanted).where(_before(around))) or 0
        page = ahead // PAGE_SIZE + 1
    page = min(max(page, 1), max(1, -(-count // PAGE_SIZE)))
    return QueuePage(_rows(uow, wanted, page), count, page)


def list_columns(uow: UnitOfWork) -> Select[Any]:
    """Select what a row shows, for `as_rows`; the broker comes by a subquery, so that a filter may join it too."""
    owner = aliased(Organisation)
    columns = joined(
        Pairing.id, Pairing.score, Pairing.state, Pairing.created_at, Pairing.defer_until, Need.title,
        Organisation.name, Organisation.region, Need.disclosure, Offer.title, owner.name, Pairing.version,
        broker_name(), Person.name, Claim.person_id, KeptPairing.made_by_id, Pairing.explored, Need.id,
    )  # fmt: skip
    return (
        columns.join(owner, owner.id == Offer.organisation_id)
        .outerjoin(Claim, and_(Claim.pairing_id == Pairing.id, Claim.until > uow.clock()))
        .outerjoin(Person, Person.id == Claim.person_id)
        .outerjoin(KeptPairing, KeptPairing.pairing_id == Pairing.id)
    )


def _rows(uow: UnitOfWork, wanted: QueueFilter, page: int) -> list[QueueRow]:
    query = _filtered(uow, list_columns(uow), wanted).order_by(Pairing.score.desc(), Pairing.id)
    return as_rows(uow, query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))


def as_rows(uow: UnitOfWork, query: Select[Any]) -> list[QueueRow]:
    """Run a query over `list_columns` and add the fields of each need, in two statements in all."""
    found = uow.session.execute(query).all()
    fields = _fields(uow, [row[-1] for row in found])
    return [QueueRow(*(*row[:-1], tuple(fields.get(row[-1], ())))) for row in found]


def _fields(uow: UnitOfWork, need_ids: list[int]) -> dict[int, list[str]]:
    query = select(NeedField.need_id, NeedField.code).where(NeedField.need_id.in_(need_ids))
    fields: dict[int, list[str]] = {}
    for need_id, code in uow.session.execute(query.order_by(NeedField.position)):
        fields.setdefault(need_id, []).append(code)
    return fields


def counts(uow: UnitOfWork, actor: Actor, wanted: QueueFilter) -> QueueCounts:
    """Count the pairings by field, city, age and state, each without its own filter."""
    require(actor, "pairing.queue")
    fields = _filtered(uow, joined(NeedField.code, func.count()), replace(wanted, field=None))
    fields = fields.join(NeedField, NeedField.need_id == Need.id).group_by(NeedField.code)
    regions = _filtered(uow, joined(Organisation.region, func.count()), replace(wanted, region=None))
    found = _pairs(uow, regions.group_by(Organisation.region))
    since = [uow.clock() - timedelta(days=days) for days in AGES]
    young = joined(*(func.sum(case((Pairing.created_at >= moment, 1), else_=0)) for moment in since))
    ages = uow.session.execute(_filtered(uow, young, replace(wanted, max_age_days=None))).one()
    states = _narrowed(uow, joined(Pairing.state, func.count()), wanted).group_by(Pairing.state)
    return QueueCounts(
        field=grouped(_pairs(uow, fields)),
        region=grouped(found, {code: city_of(code) for code, _ in found}),
        age={days: int(count or 0) for days, count in zip(AGES, ages, strict=True)},
        state=dict(_pairs(uow, states)),
        waiting=total(uow, actor, replace(wanted, state=None)),
    )


def _pairs(uow: UnitOfWork, query: Select[Any]) -> list[tuple[Any, int]]:
    return [(code, count) for code, count in uow.session.execute(query)]


def next_in_queue(uow: UnitOfWork, actor: Actor, wanted: QueueFilter, after: Pairing) -> int | None:
    """Return the id of the pairing that follows `after`, wherever that now stands; what colleagues have open is passed."""
    require(actor, "pairing.queue")
    return _neighbour(uow, wanted, and_(_after(after), free_for(uow, actor)), Pairing.score.desc(), Pairing.id)


def previous_in_queue(uow: UnitOfWork, actor: Actor, wanted: QueueFilter, before: Pairing) -> int | None:
    """Return the id of the pairing ahead of `before`; what colleagues have open is passed over."""
    require(actor, "pairing.queue")
    return _neighbour(uow, wanted, and_(_before(before), free_for(uow, actor)), Pairing.score, Pairing.id.desc())


def first_in_queue(uow: UnitOfWork, actor: Actor, wanted: QueueFilter) -> int | None:
    """Return the id of the most promising pairing that no colleague has open."""
    require(actor, "pairing.queue")
    return _neighbour(uow, wanted, free_for(uow, actor), Pairing.score.desc(), Pairing.id)


def _neighbour(uow: UnitOfWork, wanted: QueueFilter, where: ColumnElement[bool], *order: Any) -> int | None:
    query = _filtered(uow, joined(Pairing.id), wanted).where(where)
    found: int | None = uow.session.scalar(query.order_by(*order).limit(1))
    return found


def under_way(uow: UnitOfWork, actor: Actor, limit: int, *, broker: int | None = None) -> list[QueueRow]:
    """Return the pairings that are being worked on, by one broker or by all, the latest changed first."""
    require(actor, "pairing.queue")
    query = list_columns(uow).where(Pairing.state.in_(UNDER_WAY)).order_by(Pairing.changed_at.desc(), Pairing.id)
    if broker is not None:
        query = with_broker(query).where(BROKER.is_not_distinct_from(broker))
    return as_rows(uow, query.limit(limit))
