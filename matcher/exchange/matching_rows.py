"""Which stored item a row means, and which rows of one list mean the same."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from matcher.core.labels import Label
from matcher.core.numbers import number_of
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.columns import NUMBER, Headers
from matcher.exchange.owners import chunks
from matcher.exchange.sides import Item, Side
from matcher.exchange.verdict import CellProblem, RowVerdict

SEVERAL = Label(
    "该机构有多个名为“{title}”的条目，请填写自编号以便区分。",
    "The organisation has several items named “{title}”; give the own number.",
)
SAME_TITLE = Label(
    "该机构已有同名条目 {number}（自编号不同），这一行将作为新条目。",
    "The organisation has an item of this name, {number}, with another own number; this row becomes a new one.",
)
SAME_REF_ROW = Label("与第 {row} 行的自编号重复。", "Row {row} has the same own number.")
SAME_TITLE_ROW = Label(
    "与第 {row} 行的名称重复，且没有自编号可以区分。",
    "Row {row} has the same title, and no own number tells them apart.",
)
SAME_ITEM_ROW = Label("与第 {row} 行指的是同一条目。", "Row {row} means the same item.")


@dataclass(frozen=True, slots=True)
class Found:
    """The item that a row means, if there is one; problems when that cannot be said."""

    item_id: int | None = None
    problems: tuple[CellProblem, ...] = ()
    warnings: tuple[CellProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    ref: str | None
    is_open: bool


class Stored:
    """Know the numbers and titles of all items of some owners."""

    def __init__(self, uow: UnitOfWork, side: Side, owner_ids: Collection[int]) -> None:
        self._side = side
        self._by_ref: dict[tuple[int, str], _Known] = {}
        self._by_title: dict[tuple[int, str], list[_Known]] = defaultdict(list)
        self._by_id: dict[tuple[int, int], _Known] = {}
        model = side.model
        for chunk in chunks(sorted(owner_ids)):
            columns = select(model.id, model.organisation_id, model.ref, model.title, model.state)
            query = columns.where(model.organisation_id.in_(chunk), *side.conditions)
            for id_, owner, ref, title, state in uow.session.execute(query):
                known = _Known(id_, ref, state in side.editable and not side.is_renewable(state))
                self._by_id[owner, id_] = known
                self._by_title[owner, title].append(known)
                if ref:
                    self._by_ref[owner, ref] = known

    def find(self, owner: int | None, given: Mapping[str, Any]) -> Found:
        """Return what a row means: by its own number, by the platform's, and only then by its title."""
        if owner is None:
            return Found()
        ref, title = text_of(given, "ref"), text_of(given, "title")
        if ref and (owner, ref) in self._by_ref:
            return Found(self._by_ref[owner, ref].id)
        number = self._side.item_id(str(given.get(NUMBER, "")))
        numbered = self._by_id.get((owner, number)) if number is not None else None
        # A row that was copied and given a number of its own is a new item.
        if numbered and not (ref and numbered.ref):
            return Found(numbered.id)
        return self._by_their_title(owner, ref, title)

    def _by_their_title(self, owner: int, ref: str, title: str) -> Found:
        label = next(field.label for field in self._side.fields if field.name == "title")
        known = self._by_title.get((owner, title), [])
        if ref:
            told = [SAME_TITLE.format(number=number_of(self._side.entity, one.id)) for one in known[:1]]
            return Found(warnings=tuple(CellProblem(label, message) for message in told))
        known = [one for one in known if one.is_open] or known
        known = [one for one in known if not one.ref] or known
        if len(known) > 1:
            return Found(problems=(CellProblem(label, SEVERAL.format(title=title)),))
        return Found(known[0].id if known else None)


def text_of(given: Mapping[str, Any], name: str) -> str:
    """Return an answer as one line of text."""
    return " ".join(str(given.get(name) or "").split())


def load(uow: UnitOfWork, side: Side, ids: Collection[int]) -> dict[int, Item]:
    """Return items with all that they say, a fixed number of queries for each few hundred."""
    found: dict[int, Item] = {}
    for chunk in chunks(sorted(ids)):
        query: Select[Any] = select(side.model).where(side.model.id.in_(chunk))
        found |= {item.id: item for item in uow.session.scalars(query)}
    return found


class Duplicates:
    """Notice rows of one list that would write the same item twice."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers
        self._refs: dict[Any, int] = {}
        self._titles: dict[Any, int] = {}
        self._bare_titles: dict[Any, int] = {}
        self._items: dict[int, int] = {}

    def of(self, row: RowVerdict, item_id: int | None) -> tuple[CellProblem, ...]:
        """Return a problem when an earlier row means the same, and remember this one."""
        owner = (row.owner_id, row.new_owner)
        ref, title = text_of(row.given, "ref"), text_of(row.given, "title")
        by_ref, by_title = (owner, ref), (owner, title)
        if ref and by_ref in self._refs:
            return self._told("ref", SAME_REF_ROW, self._refs[by_ref])
        if item_id is not None and item_id in self._items:
            return self._told("title", SAME_ITEM_ROW, self._items[item_id])
        # Titles tell rows apart only where own numbers do not, and no stored item does.
        titles = self._bare_titles if ref else self._titles
        if item_id is None and title and by_title in titles:
            return self._told("title", SAME_TITLE_ROW, titles[by_title])
        if ref:
            self._refs[by_ref] = row.number
        if item_id is not None:
            self._items[item_id] = row.number
        else:
            self._titles.setdefault(by_title, row.number)
            if not ref:
                self._bare_titles.setdefault(by_title, row.number)
        return ()

    def _told(self, key: str, message: Label, row: int) -> tuple[CellProblem, ...]:
        return (CellProblem(self._headers.label(key), message.format(row=row)),)
