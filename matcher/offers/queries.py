"""Read-only lists of offers: filtered, counted and paged in a fixed number of queries."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, false, func, or_, select
from sqlalchemy.orm import joinedload, raiseload

from matcher.accounts.model import Organisation
from matcher.core.listing import PAGE_SIZE, Listing, found_in, grouped, like
from matcher.core.numbers import LETTERS
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import INDUSTRY, OFFER_COOPERATION
from matcher.core.vocabularies.regions import city_of
from matcher.offers.model import PUBLIC_STATES, Offer, OfferField

Condition = ColumnElement[bool]
PUBLIC: Condition = Offer.state.in_(PUBLIC_STATES)


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Say which offers are wanted; an empty part asks nothing. Codes within one part are alternatives."""

    text: str = ""
    ids: tuple[int, ...] | None = None  # ranked, from the search engine; takes the place of `text`
    tech_field: tuple[str, ...] = ()
    region: tuple[str, ...] = ()  # cities
    industry: tuple[str, ...] = ()  # sections of GB/T 4754, one letter
    trl: tuple[str, ...] = ()
    cooperation: tuple[str, ...] = ()
    language: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer in a list."""

    id: int
    number: str
    kind: str
    title: str
    language: str
    organisation: str
    organisation_id: int
    region: str
    tech_fields: list[str]
    trl: str | None
    price_low: Decimal | None
    price_high: Decimal | None
    year: int | None
    published_at: datetime | None


def list_offers(uow: UnitOfWork, actor: Actor, wanted: OfferFilter, page: int = 1) -> Listing[OfferRow]:
    """Return one page of the public offers, the newest first (or in the order of `ids`)."""
    conditions = _conditions(wanted)
    total = uow.session.scalar(_filtered(select(func.count(Offer.id)), *conditions.values())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = _filtered(select(Offer), *conditions.values()).order_by(*_order(wanted))
    rows = _rows(uow, query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return Listing(rows, total, page, _counts(uow, conditions))


def newest_offers(uow: UnitOfWork, actor: Actor, limit: int) -> list[OfferRow]:
    """Return the offers published last."""
    return _rows(uow, _filtered(select(Offer)).order_by(*_order(OfferFilter())).limit(limit))


def published_since(uow: UnitOfWork, wanted: OfferFilter, since: datetime, limit: int = 100) -> dict[int, str]:
    """Return the offers published after a moment that pass a filter, by number, with their titles."""
    query = _filtered(select(Offer.id, Offer.title), Offer.published_at > since, *_conditions(wanted).values())
    return dict(uow.session.execute(query.order_by(Offer.published_at.desc(), Offer.id.desc()).limit(limit)).all())


def named_offers(uow: UnitOfWork, text: str, limit: int) -> list[int]:
    """Return the public offers whose number a text is, or whose title or organisation holds it."""
    digits = text.upper().removeprefix(LETTERS["offer"])
    by_name = or_(Offer.title.like(like(text), escape="\\"), Organisation.name.like(like(text), escape="\\"))
    by_number = Offer.id == int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else false()
    query = _filtered(select(Offer.id), or_(by_name, by_number)).order_by(*_order(OfferFilter()))
    return list(uow.session.scalars(query.limit(limit)))


def offers_of(uow: UnitOfWork, actor: Actor, organisation_id: int, limit: int = 50) -> list[OfferRow]:
    """Return the public offers of an organisation, the newest first."""
    query = _filtered(select(Offer), Offer.organisation_id == organisation_id)
    return _rows(uow, query.order_by(*_order(OfferFilter())).limit(limit))


def _rows(uow: UnitOfWork, query: Select[*tuple[Any, ...]]) -> list[OfferRow]:
    unused = (raiseload(Offer.indicator_rows), raiseload(Offer.ip_rows))
    return [_row(offer) for offer in uow.session.scalars(query.options(joinedload(Offer.organisation), *unused))]


def _filtered(query: Select[*tuple[Any, ...]], *conditions: Condition) -> Select[*tuple[Any, ...]]:
    return query.join(Organisation, Organisation.id == Offer.organisation_id).where(PUBLIC, *conditions)


def _order(wanted: OfferFilter) -> tuple[ColumnElement[int] | ColumnElement[datetime], ...]:
    if wanted.ids:
        return (case({number: place for place, number in enumerate(wanted.ids)}, value=Offer.id),)
    return Offer.published_at.desc(), Offer.id.desc()  # type: ignore[return-value]


def _holds(column: ColumnElement[list[str]], *starts: str) -> Condition:
    """Say that a JSON list holds a code that begins with one of `starts`."""
    return or_(*(cast(column, String).like(f'%"{start}%') for start in starts))


def _conditions(wanted: OfferFilter) -> dict[str, Condition]:
    """Return the condition of every part of the filter that asks something."""
    in_field = select(OfferField.offer_id).where(OfferField.code.in_(wanted.tech_field))
    regions = [Organisation.region.like(f"{_stem(city)}%") for city in wanted.region]
    builders: dict[str, tuple[bool, Callable[[], Condition]]] = {
        "text": (bool(wanted.text) and wanted.ids is None, lambda: _text(wanted.text)),
        "ids": (wanted.ids is not None, lambda: Offer.id.in_(wanted.ids or ())),
        "tech_field": (bool(wanted.tech_field), lambda: Offer.id.in_(in_field)),
        "region": (bool(regions), lambda: or_(*regions)),
        "industry": (bool(wanted.industry), lambda: _holds(Offer.industries, *wanted.industry)),  # type: ignore[arg-type]
        "trl": (bool(wanted.trl), lambda: Offer.trl.in_(wanted.trl)),
        "cooperation": (bool(wanted.cooperation), lambda: _holds(Offer.cooperation, *wanted.cooperation)),  # type: ignore[arg-type]
        "language": (bool(wanted.language), lambda: Offer.language.in_(wanted.language)),
    }
    return {name: build() for name, (asked, build) in builders.items() if asked}


def _stem(city: str) -> str:
    """Return what the codes of all counties of a city begin with (a municipality: of the province)."""
    if city.endswith("0000"):
        return city[:2]
    return city[:4] if city[:1].isdigit() else city


def _text(text: str) -> Condition:
    columns = (Offer.title, Offer.summary, Offer.innovation, Offer.application, Organisation.name)
    return and_(*(found_in(word, columns, Offer.keywords) for word in text.split()[:12]))  # type: ignore[arg-type]


def _counts(uow: UnitOfWork, conditions: dict[str, Condition]) -> dict[str, dict[str, int]]:
    """Count the choices of each facet under all other parts of the filter, one query a facet."""

    def others(facet: str) -> list[Condition]:
        return [condition for name, condition in conditions.items() if name != facet]

    def count(facet: str, column: ColumnElement[str]) -> list[tuple[str | None, int]]:
        query = _filtered(select(column, func.count()).select_from(Offer), *others(facet))
        if facet == "tech_field":
            query = query.join(OfferField, OfferField.offer_id == Offer.id)
        return [(code, n) for code, n in uow.session.execute(query.group_by(column))]

    def count_listed(facet: str, column: ColumnElement[list[str]], codes: list[str]) -> dict[str, int]:
        sums = [func.coalesce(func.sum(case((_holds(column, code), 1), else_=0)), 0) for code in codes]
        row = uow.session.execute(_filtered(select(*sums).select_from(Offer), *others(facet))).one()
        return grouped((code, n) for code, n in zip(codes, row, strict=True) if n)

    regions = count("region", Organisation.region)  # type: ignore[arg-type]
    return {
        "tech_field": grouped(count("tech_field", OfferField.code)),  # type: ignore[arg-type]
        "trl": dict(sorted(grouped(count("trl", Offer.trl)).items())),  # type: ignore[arg-type]
        "region": grouped(regions, {code: city_of(code) for code, _ in regions if code}),
        "cooperation": count_listed("cooperation", Offer.cooperation, list(OFFER_COOPERATION)),  # type: ignore[arg-type]
        "industry": count_listed("industry", Offer.industries, INDUSTRY.roots()),  # type: ignore[arg-type]
        "language": grouped(count("language", Offer.language)),  # type: ignore[arg-type]
    }


def _row(offer: Offer) -> OfferRow:
    return OfferRow(
        id=offer.id,
        number=offer.number,
        kind=offer.kind,
        title=offer.title,
        language=offer.language,
        organisation=offer.organisation.name,
        organisation_id=offer.organisation_id,
        region=offer.organisation.region,
        tech_fields=offer.tech_fields,
        trl=offer.trl,
        price_low=offer.price_low,
        price_high=offer.price_high,
        year=offer.year,
        published_at=offer.published_at,
    )
