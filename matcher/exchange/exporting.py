"""Lists out: needs, results and pairings as the person who asks may see them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select

from matcher.accounts.fields import ORGANISATION_FIELDS
from matcher.core import audit
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.cells import to_cell, to_plain
from matcher.exchange.columns import INFORMATION, NUMBER, OWNER, PUBLISHED, STATE, Column, columns_of
from matcher.exchange.owners import chunks
from matcher.exchange.pairings import PAIRINGS, pairing_lines, pairing_sheet
from matcher.exchange.sides import NEEDS, Item, Side, side_of
from matcher.exchange.template import width_of
from matcher.exchange.writing import Cell, Line, Sheet, local_time, write_list
from matcher.needs import service as needs
from matcher.needs.model import Need
from matcher.offers import service as offers

#: Of the owner of a redacted need only this is shown, and the kind of organisation.
REDACTED_OWNER = ("kind", "industry", "region", "staff")


@dataclass(frozen=True, slots=True)
class Shown:
    """What of one item a person sees: its answers and its owner's, by key of the column."""

    item: Item
    values: Mapping[str, Any]


def export(uow: UnitOfWork, actor: Actor, what: str, path: Path, *, language: str) -> int:
    """Write the "needs", "offers" or "pairings" that the actor may see to a file, and return how many.

    The ending of `path` names the form: .xlsx, .csv or .jsonl. Raises NotAllowed, InvalidInput.
    """
    if what == PAIRINGS:
        require(actor, "pairing.export")
        count = write_list(path, pairing_sheet(language), pairing_lines(uow, actor, language))
        audit.record(uow, actor, "pairing.export", "pairing", None, count=count)
        return count
    side = side_of(what)
    require(actor, f"{side.entity}.export")
    columns = _columns(actor, side)
    count = write_list(path, sheet_of(side, columns, language), _lines(uow, actor, side, columns, language))
    audit.record(uow, actor, f"{side.entity}.export", side.entity, None, count=count)
    return count


def _columns(actor: Actor, side: Side) -> list[Column]:
    """Return the columns of an export; what is not public of organisations is for those who may have their contacts."""
    is_inside = allowed(actor, "organisation.contact")
    return [column for column in columns_of(side) if not column.is_owner or column.field.public or is_inside]


def sheet_of(side: Side, columns: Sequence[Column], language: str, *, information: bool = True) -> Sheet:
    """Return what a list of needs or results looks like, with or without number, state and day of publication."""
    added = [label.text(language) for label in INFORMATION.values()] if information else []
    headers = [column.header.text(language) for column in columns]
    return Sheet(side.title.text(language), headers + added, [width_of(c.field) for c in columns] + [14] * len(added))


def _lines(uow: UnitOfWork, actor: Actor, side: Side, columns: Sequence[Column], language: str) -> Iterator[Line]:
    for shown in _shown(uow, actor, side):
        yield _line(side, columns, shown, language)


def _shown(uow: UnitOfWork, actor: Actor, side: Side) -> Iterator[Shown]:
    model = side.model
    for chunk in chunks(uow.session.scalars(select(model.id).where(*side.conditions).order_by(model.id))):
        query: Select[Any] = select(model).where(model.id.in_(chunk)).order_by(model.id)
        for item in uow.session.scalars(query):
            values = _need_values(uow, actor, item) if side is NEEDS else _offer_values(uow, actor, item)
            if values is not None:
                yield Shown(item, values)


def _need_values(uow: UnitOfWork, actor: Actor, need: Need) -> dict[str, Any] | None:
    seen = needs.seen(uow, actor, need)
    if seen is None:
        return None
    return seen.answers | _owner_values(need, REDACTED_OWNER if seen.view is View.REDACTED else None)


def _offer_values(uow: UnitOfWork, actor: Actor, offer: Any) -> dict[str, Any] | None:
    if not offers.visible(actor, offer):
        return None
    return offers.public_answers(uow, actor, offer) | _owner_values(offer, None)


def _owner_values(item: Item, names: Sequence[str] | None) -> dict[str, Any]:
    return {
        OWNER + field.name: getattr(item.organisation, field.name)
        for field in ORGANISATION_FIELDS
        if names is None or field.name in names
    }


def _line(side: Side, columns: Sequence[Column], shown: Shown, language: str) -> Line:
    item, values = shown.item, shown.values
    published = item.published_at

    def cells() -> list[Cell]:
        state = side.lifecycle.labels[item.state].text(language)
        return [*cells_of(columns, values, language), item.number, state, local_time(published)]

    def record() -> dict[str, Any]:
        added = {NUMBER: item.number, STATE: str(item.state), PUBLISHED: published.isoformat() if published else None}
        return record_of(columns, values) | added

    return Line(cells, record)


def cells_of(columns: Sequence[Column], values: Mapping[str, Any], language: str) -> list[Cell]:
    """Return the cells of one row; what is not shown stays empty."""
    return [to_cell(column.field, values.get(column.key), language) for column in columns]


def record_of(columns: Sequence[Column], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row as a record for JSON lines: what the organisation says under "organisation", only what is shown."""
    plain = {c: to_plain(c.field, values[c.key]) for c in columns if c.key in values}
    owner = {column.field.name: value for column, value in plain.items() if column.is_owner}
    return {"organisation": owner} | {c.key: value for c, value in plain.items() if not c.is_owner}
