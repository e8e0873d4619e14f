"""Rows inside a field: technical indicators and intellectual property, as typed values and as lines of text.

In a workbook cell each line is one row: `孔隙率 ≤ 0.5 %`, `工作温度 范围 -40–85 ℃`, `发明专利 ZL202110000001.2 已授权`.
"""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from matcher.core.fields import Unreadable, clean_text, json_list, plain_number, shorten
from matcher.core.labels import Label
from matcher.core.vocabularies import COMPARATOR, IP_KIND, IP_STATUS

MAX_ROWS = 60
MAX_LINE = 600
MAX_IP_NUMBER = 80

BAD_VALUE = Label(
    "指标“{name}”的数值“{given}”不是数字。", "The value “{given}” of the indicator “{name}” is not a number."
)
NO_NAME = Label("第 {row} 行指标没有名称。", "Row {row} of the indicators has no name.")
NO_VALUE = Label(
    "指标“{name}”没有数值；如无法量化，请把关系改为“文字说明”。",
    "The indicator “{name}” has no value; choose “in words” if it has none.",
)
NO_HIGH = Label("指标“{name}”的范围缺少上限。", "The range of the indicator “{name}” has no upper bound.")
CROSSED = Label("指标“{name}”的下限大于上限。", "The lower bound of the indicator “{name}” is above the upper one.")
BAD_COMPARATOR = Label(
    "不能读懂指标“{name}”的关系“{given}”。", "The relation “{given}” of the indicator “{name}” is not known."
)
TOO_MANY = Label("最多 {limit} 行。", "{limit} rows at most.")
BAD_IP = Label(
    "不能读懂知识产权“{given}”，请写成“类型 编号 状态”。", "“{given}” cannot be read; write kind, number and state."
)
ROW_TOO_LONG = Label("“{given}”太长，每项最多 {limit} 字。", "“{given}” is too long; {limit} characters at most.")


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """Hold one measurable demand or claim; comparator codes are those of COMPARATOR.

    `range` runs from `value` to `value_high`; `pm` is `value` ± `value_high`; `text` has words only.
    """

    name: str
    comparator: str
    value: float | None = None
    value_high: float | None = None
    unit: str = ""
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class IpRow:
    """Hold one right: kind and state are codes of IP_KIND and IP_STATUS."""

    kind: str
    number: str
    status: str

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self)


_NUMBER = r"[+\-]?\d[\d,]*(?:\.\d+)?(?:[eE][+\-]?\d+)?"
# A relation inside brackets belongs to the name: "循环次数（容量保持率≥90%） ≥ 2000 次". Atomic, so that nothing is tried twice.
_NAME = r"(?P<name>(?>\([^()]*\)|[^≥≤<>=±:])+?)"
_SYMBOL = {"≥": "ge", ">=": "ge", "≤": "le", "<=": "le", ">": "gt", "<": "lt", "=": "eq", ":": "eq"}
_WORDS = sorted(
    (
        w
        for w in (
            "不低于",
            "不少于",
            "不小于",
            "至少",
            "不高于",
            "不超过",
            "不大于",
            "至多",
            "大于",
            "高于",
            "小于",
            "低于",
        )
    ),
    key=len,
)
_LINE = re.compile(
    rf"^{_NAME}\s*(?P<relation>≥|≤|>=|<=|>|<|=|:|{'|'.join(reversed(_WORDS))})\s*(?P<value>{_NUMBER})\s*(?P<unit>[^\d].{{0,39}})?$"
)
_PLUS_MINUS = re.compile(rf"^{_NAME}[\s=:]+(?P<value>{_NUMBER})\s*±\s*(?P<high>{_NUMBER})\s*(?P<unit>[^\d].{{0,39}})?$")
_RANGE = re.compile(
    rf"^{_NAME}(?:\s*[=:]\s*|\s+)(?:范围|range)?\s*(?P<value>{_NUMBER})\s*(?:~|–|—|至|-|\.\.)\s*(?P<high>{_NUMBER})\s*(?P<unit>[^\d].{{0,39}})?$"
)


def _float(text: object, name: str) -> float | None:
    given = clean_text("" if text is None else text)
    if not given:
        return None
    try:
        value = float(plain_number(given) or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Unreadable(BAD_VALUE.format(name=shorten(name), given=shorten(given)))
    return value


def read_indicator_line(line: str) -> IndicatorRow:
    """Read one line of a cell; what is no number with a relation is kept in words."""
    line = " ".join(line.split())
    if len(line) > MAX_LINE:
        raise Unreadable(ROW_TOO_LONG.format(given=shorten(line), limit=MAX_LINE))
    # Matched in half width, character by character, so that name and unit can be taken as they were written.
    text = "".join(unicodedata.normalize("NFKC", c) if "！" <= c <= "～" else c for c in line)
    for pattern, comparator in ((_PLUS_MINUS, "pm"), (_RANGE, "range"), (_LINE, None)):
        found = pattern.match(text)
        if not found:
            continue
        parts = found.groupdict()
        relation = parts.get("relation") or ""
        return check_indicator(
            line[slice(*found.span("name"))].strip(),
            comparator or _SYMBOL.get(relation) or COMPARATOR.read(relation) or "eq",
            parts["value"],
            parts.get("high"),
            line[slice(*found.span("unit"))].strip() if parts.get("unit") else "",
            "",
        )
    colon = text.find(":")
    name, rest = (line[:colon], line[colon + 1 :]) if colon > 0 else (line, "")
    return check_indicator(name.strip()[:80], "text", None, None, "", rest.strip() or name.strip())


def check_indicator(name: str, comparator: str, value: object, high: object, unit: str, text: str) -> IndicatorRow:
    """Build a row from its parts; raises Unreadable when they do not fit together."""
    for part, limit in ((name, 80), (unit, 40), (text, 400)):
        if len(part) > limit:
            raise Unreadable(ROW_TOO_LONG.format(given=shorten(part), limit=limit))
    low_value, high_value = _float(value, name), _float(high, name)
    if comparator == "text":
        return IndicatorRow(name, "text", None, None, unit, text or name)
    if low_value is None:
        raise Unreadable(NO_VALUE.format(name=shorten(name)))
    if comparator in {"range", "pm"}:
        if high_value is None:
            raise Unreadable(NO_HIGH.format(name=shorten(name)))
        if comparator == "range" and high_value < low_value:
            raise Unreadable(CROSSED.format(name=shorten(name)))
    else:
        high_value = None
    return IndicatorRow(name, comparator, low_value, high_value, unit, text)


def _from_mapping(row: Mapping[str, Any], number: int) -> IndicatorRow | None:
    parts = {key: clean_text(row.get(key) if row.get(key) is not None else "") for key in ("name", "unit", "text")}
    filled = [row.get(key) for key in ("name", "value", "value_high", "unit", "text")]
    if not any(clean_text(v if v is not None else "") for v in filled):
        return None  # an empty row of the form
    if not parts["name"]:
        raise Unreadable(NO_NAME.format(row=number))
    given = clean_text(row.get("comparator") or "eq")
    comparator = COMPARATOR.read(given)
    if comparator is None:
        raise Unreadable(BAD_COMPARATOR.format(name=shorten(parts["name"]), given=shorten(given)))
    return check_indicator(
        parts["name"], comparator, row.get("value"), row.get("value_high"), parts["unit"], parts["text"]
    )


def _limit(rows: list[Any]) -> list[Any]:
    if len(rows) > MAX_ROWS:
        raise Unreadable(TOO_MANY.format(limit=MAX_ROWS))
    return rows


def _lines(text: str) -> list[str]:
    lines = [line.strip(" ;；。\t") for line in re.split(r"[\n;；]", clean_text(text))]
    return _limit([line for line in lines if line])


def read_indicators(given: object) -> list[IndicatorRow]:
    """Read indicator rows from lines of text, or from mappings as a form or the API gives them."""
    if isinstance(given, str):
        given = json_list(clean_text(given), dict) or _lines(given)
    rows: Iterable[Any] = given if isinstance(given, list | tuple) else [given]
    found: list[IndicatorRow | None] = []
    for number, row in enumerate(rows, 1):
        if isinstance(row, IndicatorRow):
            found.append(row)
        elif isinstance(row, Mapping):
            found.append(_from_mapping(row, number))
        else:
            found.append(read_indicator_line(clean_text(row)))
    return _limit([row for row in found if row is not None])


def _plain(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def format_indicator(row: IndicatorRow) -> str:
    """Write a row as the line that `read_indicator_line` reads back."""
    unit = f" {row.unit}" if row.unit else ""
    match row.comparator:
        case "text":
            return row.name if row.text == row.name else f"{row.name}：{row.text}"
        case "range":
            return f"{row.name} 范围 {_plain(row.value)}–{_plain(row.value_high)}{unit}"
        case "pm":
            return f"{row.name} = {_plain(row.value)} ± {_plain(row.value_high)}{unit}"
    return f"{row.name} {COMPARATOR.label(row.comparator).zh} {_plain(row.value)}{unit}"


def format_indicators(rows: Sequence[IndicatorRow]) -> str:
    """Write rows as the cell that `read_indicators` reads back: a line each, or JSON where a line would lose something."""
    cell = "\n".join(format_indicator(row) for row in rows)
    return cell if _reads_back(read_indicators, cell, rows) else _as_json(rows)


def _reads_back(read: Callable[[object], Sequence[object]], cell: str, rows: Sequence[object]) -> bool:
    try:
        return list(read(cell)) == list(rows)
    except Unreadable:
        return False


def _as_json(rows: Sequence[IndicatorRow] | Sequence[IpRow]) -> str:
    return json.dumps([row.to_json() for row in rows], ensure_ascii=False)


def _ip_kind(line: str) -> tuple[str | None, str]:
    """Return the kind with which a line begins ("PCT 专利" has two words) and the rest."""
    words = line.split(" ")
    for count in (3, 2, 1):
        kind = IP_KIND.read(" ".join(words[:count]))
        if kind:
            return kind, " ".join(words[count:])
    return None, line


def _ip_from_line(line: str) -> IpRow:
    line = " ".join(line.split())
    kind, rest = _ip_kind(line)
    number, _, last = rest.rpartition(" ")
    status = IP_STATUS.read(last)
    number = number if status else rest
    if kind is None or not number or len(number) > MAX_IP_NUMBER:
        raise Unreadable(BAD_IP.format(given=shorten(line)))
    return IpRow(kind, number, status or "pending")


def read_ip_rows(given: object) -> list[IpRow]:
    """Read rights from lines of text or from mappings."""
    if isinstance(given, str):
        given = json_list(clean_text(given), dict) or _lines(given)
    found = []
    for row in given if isinstance(given, list | tuple) else [given]:
        if isinstance(row, IpRow):
            found.append(row)
            continue
        if not isinstance(row, Mapping):
            found.append(_ip_from_line(clean_text(row)))
            continue
        number = clean_text(row.get("number") or "")
        kind = IP_KIND.read(clean_text(row.get("kind") or ""))
        if not number:
            continue  # an empty row of the form: the kind alone is preset there
        status = IP_STATUS.read(clean_text(row.get("status") or "pending"))
        if kind is None or status is None or len(number) > MAX_IP_NUMBER:
            raise Unreadable(BAD_IP.format(given=shorten(number)))
        found.append(IpRow(kind, number, status))
    return _limit(found)


def format_ip_row(row: IpRow) -> str:
    """Write a right as the line that `read_ip_rows` reads back."""
    return f"{IP_KIND.label(row.kind).zh} {row.number} {IP_STATUS.label(row.status).zh}"


def format_ip_rows(rows: Sequence[IpRow]) -> str:
    """Write rights as the cell that `read_ip_rows` reads back: a line each, or JSON where a line would lose something."""
    cell = "\n".join(format_ip_row(row) for row in rows)
    return cell if _reads_back(read_ip_rows, cell, rows) else _as_json(rows)
