"""Forms built from declared fields: what was typed goes to the service as it is, and comes back as it was."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from matcher.core.errors import Problem
from matcher.core.fields import Field, Kind
from matcher.core.labels import Label
from matcher.core.money import in_wan
from matcher.core.rows import MAX_ROWS, IndicatorRow, IpRow

ROW_PARTS: dict[Kind, tuple[str, ...]] = {
    Kind.INDICATORS: ("name", "comparator", "value", "value_high", "unit", "text"),
    Kind.IP_ROWS: ("kind", "number", "status"),
}
ROW_DEFAULTS: dict[Kind, dict[str, str]] = {
    Kind.INDICATORS: {"comparator": "ge"},
    Kind.IP_ROWS: {"kind": "invention", "status": "granted"},
}
_INDEX = re.compile(r"\d{1,4}")


@dataclass(frozen=True)
class Form:
    """Hold the fields of a form, what was typed into them, and what is wrong with it."""

    fields: Sequence[Field]
    given: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    def field(self, name: str) -> Field:
        """Return a field by name; KeyError when the form has none."""
        return {f.name: f for f in self.fields}[name]

    def of_group(self, group: str) -> list[Field]:
        """Return the fields of one group, in the order of declaration."""
        return [f for f in self.fields if f.group == group]

    def value(self, name: str) -> Any:
        """Return what was typed into a field: text, or a list of codes."""
        return self.given.get(name) or ""

    def chosen(self, name: str) -> list[str]:
        """Return the chosen codes of a field that takes several."""
        value = self.given.get(name) or []
        return [value] if isinstance(value, str) else list(value)

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return the rows of a field, one empty row at the least."""
        return list(self.given.get(name) or []) or [_empty_row(self.field(name).kind)]

    def errors(self, name: str) -> list[Label]:
        """Return what is wrong with a field."""
        return [problem.message for problem in self.problems if problem.field == name]


def _empty_row(kind: Kind) -> dict[str, str]:
    return dict.fromkeys(ROW_PARTS[kind], "") | ROW_DEFAULTS[kind]


def read_number(text: str | None) -> int | None:
    """Read an id or a version as a form carries it; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def read_form(fields: Sequence[Field], form: MultiDict[str, str]) -> dict[str, Any]:
    """Return what was typed, by field name, as the services read it: text, lists of codes, lists of rows."""
    given: dict[str, Any] = {}
    for one in fields:
        if one.kind in ROW_PARTS:
            given[one.name] = _read_rows(one, form)
        elif one.kind is Kind.CODES:
            given[one.name] = form.getlist(one.name)
        else:
            given[one.name] = form.get(one.name, "")
    return given


def _read_rows(one: Field, form: MultiDict[str, str]) -> list[dict[str, str]]:
    prefix, parts = f"{one.name}-", ROW_PARTS[one.kind]
    places = {key.removeprefix(prefix).partition("-")[0] for key in form if key.startswith(prefix)}
    numbers = sorted(int(p) for p in places if _INDEX.fullmatch(p))
    # One more than allowed still reaches the service, which says how many it takes.
    return [{part: form.get(f"{prefix}{n}-{part}", "") for part in parts} for n in numbers[: MAX_ROWS + 1]]


def change_rows(fields: Sequence[Field], form: MultiDict[str, str], given: dict[str, Any]) -> bool:
    """Add or remove a row of `given` when one of those buttons was pressed; say whether it was.

    The buttons carry `add_row=<field>` and `remove_row=<field>-<place>`, so that rows work without JavaScript.
    """
    names = {f.name: f.kind for f in fields if f.kind in ROW_PARTS}
    added = form.get("add_row", "")
    if added in names:
        given[added] = [*(given[added] or [_empty_row(names[added])]), _empty_row(names[added])]
        return True
    name, _, place = form.get("remove_row", "").rpartition("-")
    if name in names and _INDEX.fullmatch(place):
        given[name] = [row for number, row in enumerate(given[name]) if number != int(place)]
        return True
    return False


def given_from(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values as people type them: money in 万元, dates as 2027-06-30, lists with semicolons."""
    return {one.name: _typed(values.get(one.name)) for one in fields}


def _typed(value: Any) -> Any:
    match value:
        case None:
            return ""
        case Decimal():
            return in_wan(value)
        case date():
            return value.isoformat()
        case [IndicatorRow() | IpRow(), *_]:
            return [{k: _number(v) for k, v in row.to_json().items()} for row in value]
        case list():
            return list(value)
    return str(value)


def _number(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return "" if value is None else str(value)
