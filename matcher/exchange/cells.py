"""Values to cells and back: what a cell says for a field, and how a field is written into a cell."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from matcher.core.fields import Field, Kind, clean_text, split_list
from matcher.core.money import in_wan
from matcher.core.rows import IndicatorRow, IpRow, format_indicators, format_ip_rows
from matcher.core.vocabularies import INDUSTRY, REGION, Vocabulary

# Excel counts days from here, its wrong leap day of 1900 taken in; the bounds are 1955 and 2119.
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 -- a calendar day
_SERIALS = (20_000, 80_000)
_YEAR = re.compile(r"(1\d{3}|20\d{2}|21\d{2})\s*(年.*|[-/.]\s*\d{1,2}([-/.]\s*\d{1,2})?)")
_YEAR_FIELDS = ("founded", "year")
#: Numbers of more digits than a cell of a workbook keeps.
_EXACT = 10**15


def is_inexact(cell: object) -> bool:
    """Say whether a workbook's number has so many digits that the last ones were lost."""
    return isinstance(cell, float) and abs(cell) >= _EXACT


def plain(cell: Any) -> Any:
    """Return a cell as plain text, or lists and mappings of plain text, as JSON lines have them."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        # Fifteen digits are what a spreadsheet shows: 0.1 + 0.2 is 0.3 there.
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes") if (cell.hour or cell.minute) else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, list | tuple):
        return [plain(entry) for entry in cell]
    if isinstance(cell, Mapping):
        return {clean_text(key): plain(entry) for key, entry in cell.items()}
    return clean_text(cell)


def prepare(field: Field, cell: Any) -> Any:
    """Return a cell as an answer for `field`: dates out of Excel's serial numbers, years out of dates."""
    text = plain(cell)
    if not isinstance(text, str):
        return text
    if field.kind is Kind.DATE and _is_serial(text):
        return (_SERIAL_ZERO + timedelta(days=int(float(text)))).date().isoformat()
    if field.name in _YEAR_FIELDS:
        year = _YEAR.fullmatch(text)
        return year[1] if year else text
    return text


def _is_serial(text: str) -> bool:
    return bool(re.fullmatch(r"\d{5}(\.\d+)?", text)) and _SERIALS[0] <= float(text) < _SERIALS[1]


def as_given(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored answers in the form in which services take them (money in 万元)."""
    return {f.name: in_wan(v) if isinstance(v := values[f.name], Decimal) else v for f in fields}


def option(vocabulary: Vocabulary, code: str, language: str) -> str:
    """Return an option as cells show it: the label; with its code where labels alone are long or not unique."""
    label = vocabulary.label(code).text(language)
    text = f"{code} {label}" if vocabulary in (REGION, INDUSTRY) else label
    return text if vocabulary.read(text) == code else code


def to_cell(field: Field, value: Any, language: str) -> str | date | Decimal:
    """Write a value as a cell that reads back to the same value; money in 万元."""
    if value is None or value == "" or value == []:
        return ""
    if field.vocabulary is not None:
        codes = value if isinstance(value, list) else [value]
        return "；".join(option(field.vocabulary, code, language) for code in codes)
    match field.kind:
        case Kind.MONEY:
            return Decimal(in_wan(value))
        case Kind.DATE:
            return value if isinstance(value, date) else str(value)
        case Kind.INTEGER:
            return Decimal(value)
        case Kind.TAGS:
            text = "；".join(value)
            return text if split_list(text) == value else json.dumps(value, ensure_ascii=False)
        case Kind.NAMES:
            text = "；".join(value)
            return (
                text
                if not any(mark in name for name in value for mark in ";；|")
                else json.dumps(value, ensure_ascii=False)
            )
        case Kind.INDICATORS:
            return format_indicators(value)
        case Kind.IP_ROWS:
            return format_ip_rows(value)
    return str(value)


def to_plain(field: Field, value: Any) -> Any:
    """Write a value for JSON lines: codes as codes, rows as mappings, money as text in 万元."""
    if isinstance(value, Decimal):
        return in_wan(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [entry.to_json() if isinstance(entry, IndicatorRow | IpRow) else entry for entry in value]
    return value
