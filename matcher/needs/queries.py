"""Read-only lists of needs: what a person may see, filtered, counted and paged in a fixed number of queries."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, false, func, or_, select
from sqlalchemy.orm import joinedload, raiseload

from matcher.accounts.model import Organisation
from matcher.core.listing import PAGE_SIZE, Listing, found_in, grouped, like
from matcher.core.numbers import LETTERS
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, need_view
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import LONG_COOPERATION
from matcher.core.vocabularies.regions import city_of
from matcher.needs.model import PUBLIC_STATES, Need, NeedDisclosure, NeedField, NeedState

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class NeedFilter:
    """Say which needs are wanted; an empty part asks nothing. Codes within one part are alternatives."""

    text: str = ""
    ids: tuple[int, ...] | None = None  # ranked, from the search engine; takes the place of `text`
    tech_field: tuple[str, ...] = ()
    region: tuple[str, ...] = ()  # cities
    industry: tuple[str, ...] = ()  # sections of GB/T 4754, one letter
    source: tuple[str, ...] = ()
    trl: tuple[str, ...] = ()
    cooperation: tuple[str, ...] = ()
    state: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A need in a list, as one person sees it: of a redacted one title and organisation are empty."""

    id: int
    number: str
    view: View
    title: str
    organisation: str
    organisation_id: int | None
    region: str
    industry: str | None
    source: str
    tech_fields: list[str]
    trl: str | None
    budget: Decimal | None
    deadline: date | None
    state: NeedState
    published_at: datetime | None
    size: int | None  # staff, shown where the name is not


def list_needs(uow: UnitOfWork, actor: Actor, wanted: NeedFilter, page: int = 1) -> Listing[NeedRow]:
    """Return one page of the public needs that `actor` may see, the newest first (or in the order of `ids`)."""
    name = own_name(uow, actor)
    visible = visible_to(actor, name)
    conditions = _conditions(wanted, full_to(actor, name))
    total = uow.session.scalar(_filtered(select(func.count(Need.id)), visible, *conditions.values())) or 0
    last = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), last)
    query = _filtered(select(Need), visible, *conditions.values()).order_by(*_order(wanted))
    query = query.options(joinedload(Need.organisation), raiseload(Need.indicator_rows), raiseload(Need.versions))
    found = uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    rows = _rows(uow, actor, name, found)
    return Listing(rows, total, page, _counts(uow, visible, conditions))


def newest_needs(uow: UnitOfWork, actor: Actor, limit: int) -> list[NeedRow]:
    """Return the needs published last that `actor` may see."""
    name = own_name(uow, actor)
    query = _filtered(select(Need), visible_to(actor, name)).order_by(*_order(NeedFilter())).limit(limit)
    query = query.options(joinedload(Need.organisation), raiseload(Need.indicator_rows), raiseload(Need.versions))
    return _rows(uow, actor, name, uow.session.scalars(query))


def needs_of(uow: UnitOfWork, actor: Actor, organisation_id: int, limit: int = 50) -> list[NeedRow]:
    """Return the public needs of an organisation that may be shown under its name: redacted ones are left out."""
    name = own_name(uow, actor)
    query = _filtered(select(Need), full_to(actor, name), Need.organisation_id == organisation_id)
    query = query.options(joinedload(Need.organisation), raiseload(Need.indicator_rows), raiseload(Need.versions))
    query = query.order_by(*_order(NeedFilter())).limit(limit)
    return _rows(uow, actor, name, uow.session.scalars(query))


def rows_of(uow: UnitOfWork, actor: Actor, ids: Iterable[int]) -> list[NeedRow]:
    """Return those of the needs that `actor` may see, the newest first; hidden ones are left out."""
    name = own_name(uow, actor)
    query = _filtered(select(Need), visible_to(actor, name), Need.id.in_(list(ids))).order_by(*_order(NeedFilter()))
    query = query.options(joinedload(Need.organisation), raiseload(Need.indicator_rows), raiseload(Need.versions))
    return _rows(uow, actor, name, uow.session.scalars(query))


def published_since(
    uow: UnitOfWork, actor: Actor, wanted: NeedFilter, since: datetime, limit: int = 100
) -> dict[int, str]:
    """Return the needs published after a moment that pass a filter and that `actor` may see, by number.

    Each comes with its title, empty where not everybody may read it: what is told of it may leave the house.
    """
    name = own_name(uow, actor)
    conditions = _conditions(wanted, full_to(actor, name)).values()
    query = _filtered(select(Need.id, Need.title, Need.disclosure), visible_to(actor, name), *conditions)
    query = query.where(Need.published_at > since).order_by(Need.published_at.desc(), Need.id.desc()).limit(limit)
    return {row.id: row.title if row.disclosure == "open" else "" for row in uow.session.execute(query)}


def named_needs(uow: UnitOfWork, actor: Actor, text: str, limit: int) -> list[int]:
    """Return the public needs whose number a text is, or whose title or organisation holds it, as far as `actor` sees them."""
    digits = text.upper().removeprefix(LETTERS["need"])
    by_name = or_(Need.title.like(like(text), escape="\\"), Organisation.name.like(like(text), escape="\\"))
    by_number = Need.id == int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else false()
    name = own_name(uow, actor)
    ways = or_(and_(full_to(actor, name), by_name), and_(visible_to(actor, name), by_number))
    return list(uow.session.scalars(_filtered(select(Need.id), ways).order_by(*_order(NeedFilter())).limit(limit)))


def own_name(uow: UnitOfWork, actor: Actor) -> str:
    """Return the full name of the actor's organisation, by which targeted needs name whom they are shown to."""
    if actor.organisation_id is None:
        return ""
    return uow.session.scalar(select(Organisation.name).where(Organisation.id == actor.organisation_id)) or ""


def full_to(actor: Actor, name: str) -> Condition:
    """Return the condition under which `actor` sees all of a public need: the SQL form of `permissions.need_view`."""
    if allowed(actor, "need.confidential"):
        return Need.state.in_(PUBLIC_STATES)
    ways: list[Condition] = [Need.disclosure == "open"]
    if name:
        # The list is stored as JSON, in which a name stands between quotation marks.
        named = cast(Need.targets, String).like(like(json.dumps(name)), escape="\\")
        ways.append(and_(Need.disclosure == "targeted", named))
    if actor.organisation_id is not None:
        ways.append(Need.id.in_(_disclosed(actor.organisation_id)))
    if actor.organisation_id is not None and allowed(actor, "need.confidential", owner=actor.organisation_id):
        ways.append(Need.organisation_id == actor.organisation_id)
    return and_(Need.state.in_(PUBLIC_STATES), or_(*ways))


def _disclosed(organisation_id: int) -> Select[int]:
    return select(NeedDisclosure.need_id).where(NeedDisclosure.organisation_id == organisation_id)


def disclosed_among(uow: UnitOfWork, actor: Actor, needs: list[Need]) -> set[int]:
    """Return which of some needs were disclosed to the actor's organisation, in one query."""
    hidden = [need.id for need in needs if need.disclosure != "open"]
    if actor.organisation_id is None or not hidden:
        return set()
    return set(uow.session.scalars(_disclosed(actor.organisation_id).where(NeedDisclosure.need_id.in_(hidden))))


def visible_to(actor: Actor, name: str) -> Condition:
    """Return the condition under which `actor` sees a public need at all, if only its redacted form."""
    return or_(full_to(actor, name), and_(Need.state.in_(PUBLIC_STATES), Need.disclosure == "redacted"))


def _filtered(query: Select[*tuple[Any, ...]], *conditions: Condition) -> Select[*tuple[Any, ...]]:
    return query.join(Organisation, Organisation.id == Need.organisation_id).where(*conditions)


def _order(wanted: NeedFilter) -> tuple[ColumnElement[int] | ColumnElement[datetime], ...]:
    if wanted.ids:
        return (case({number: place for place, number in enumerate(wanted.ids)}, value=Need.id),)
    return Need.published_at.desc(), Need.id.desc()  # type: ignore[return-value]


def _holds(column: ColumnElement[list[str]], codes: tuple[str, ...]) -> Condition:
    return or_(*(cast(column, String).like(f'%"{code}"%') for code in codes))


def _conditions(wanted: NeedFilter, full: Condition) -> dict[str, Condition]:
    """Return the condition of every part of the filter that asks something."""
    found: dict[str, Condition] = {}
    in_field = select(NeedField.need_id).where(NeedField.code.in_(wanted.tech_field))
    regions = [Organisation.region.like(f"{_stem(city)}%") for city in wanted.region]
    builders: dict[str, tuple[bool, Callable[[], Condition]]] = {
        "text": (bool(wanted.text) and wanted.ids is None, lambda: _text(wanted.text, full)),
        "ids": (wanted.ids is not None, lambda: Need.id.in_(wanted.ids or ())),
        "tech_field": (bool(wanted.tech_field), lambda: Need.id.in_(in_field)),
        "region": (bool(regions), lambda: or_(*regions)),
        "industry": (
            bool(wanted.industry),
            lambda: or_(*(Need.industry.like(f"{letter}%") for letter in wanted.industry)),
        ),
        "source": (bool(wanted.source), lambda: Need.source.in_(wanted.source)),
        "trl": (bool(wanted.trl), lambda: Need.expected_trl.in_(wanted.trl)),
        "cooperation": (bool(wanted.cooperation), lambda: _holds(Need.long_cooperation, wanted.cooperation)),  # type: ignore[arg-type]
        "state": (bool(wanted.state), lambda: Need.state.in_([NeedState(code) for code in wanted.state])),
    }
    for name, (asked, build) in builders.items():
        if asked:
            found[name] = build()
    return found


def _stem(city: str) -> str:
    """Return what the codes of all counties of a city begin with (a municipality: of the province)."""
    if city.endswith("0000"):
        return city[:2]
    return city[:4] if city[:1].isdigit() else city


def _text(text: str, full: Condition) -> Condition:
    """Find every word of a text; a redacted need is never found by words that it does not show."""
    words = text.split()[:12]
    columns = (Need.title, Need.difficulties, Need.background, Need.content, Organisation.name)
    return and_(full, *(found_in(word, columns, Need.keywords) for word in words))  # type: ignore[arg-type]


def _counts(uow: UnitOfWork, visible: Condition, conditions: dict[str, Condition]) -> dict[str, dict[str, int]]:
    """Count the choices of each facet under all other parts of the filter, one query a facet."""

    def others(facet: str) -> list[Condition]:
        return [visible, *(condition for name, condition in conditions.items() if name != facet)]

    def count(facet: str, column: ColumnElement[str]) -> list[tuple[str | None, int]]:
        query = (
            select(column, func.count()).select_from(Need).join(Organisation, Organisation.id == Need.organisation_id)
        )
        if facet == "tech_field":
            query = query.join(NeedField, NeedField.need_id == Need.id)
        return [(code, n) for code, n in uow.session.execute(query.where(*others(facet)).group_by(column))]

    regions = count("region", Organisation.region)  # type: ignore[arg-type]
    industries = count("industry", Need.industry)  # type: ignore[arg-type]
    sums = [
        func.coalesce(func.sum(case((_holds(Need.long_cooperation, (code,)), 1), else_=0)), 0)  # type: ignore[arg-type]
        for code in LONG_COOPERATION
    ]
    cooperation = uow.session.execute(_filtered(select(*sums), *others("cooperation"))).one()
    return {
        "tech_field": grouped(count("tech_field", NeedField.code)),  # type: ignore[arg-type]
        "region": grouped(regions, {code: city_of(code) for code, _ in regions if code}),
        "industry": grouped(industries, {code: code[0] for code, _ in industries if code}),
        "source": grouped(count("source", Need.source)),  # type: ignore[arg-type]
        "trl": dict(sorted(grouped(count("trl", Need.expected_trl)).items())),  # type: ignore[arg-type]
        "cooperation": grouped((code, n) for code, n in zip(LONG_COOPERATION, cooperation, strict=True) if n),
        "state": grouped((str(code), n) for code, n in count("state", Need.state)),  # type: ignore[arg-type]
    }


def _rows(uow: UnitOfWork, actor: Actor, name: str, found: Iterable[Need]) -> list[NeedRow]:
    needs = list(found)
    disclosed = disclosed_among(uow, actor, needs)
    return [_row(actor, name, need, is_disclosed=need.id in disclosed) for need in needs]


def _row(actor: Actor, name: str, need: Need, *, is_disclosed: bool) -> NeedRow:
    targets = [actor.organisation_id] if name and name in need.targets and actor.organisation_id is not None else []
    view = need_view(
        actor,
        disclosure=need.disclosure,
        owner=need.organisation_id,
        targets=targets,
        public_state=True,
        disclosed_to=[actor.organisation_id] if is_disclosed and actor.organisation_id is not None else (),
    )
    full = view is View.FULL
    return NeedRow(
        id=need.id,
        number=need.number,
        view=view,
        title=need.title if full else "",
        organisation=need.organisation.name if full else "",
        organisation_id=need.organisation_id if full else None,
        region=need.organisation.region if full else city_of(need.organisation.region),
        industry=need.industry,
        source=need.source,
        tech_fields=need.tech_fields,
        trl=need.expected_trl,
        budget=need.budget,
        deadline=need.deadline,
        state=need.state,
        published_at=need.published_at,
        size=need.organisation.staff,
    )
