"""Rows inside a field: technical indicators and intellectual property, as typed values and as lines of text.

In a workbook cell each line is one row: `孔隙率 ≤ 0.5 %`, `工作温度 范围 -40–85 ℃`, `发明专利 ZL202110000001.2 已授权`.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from matcher.core.fields import Unreadable, clean_text, shorten
from matcher.core.labels import Label
from matcher.core.vocabularies import COMPARATOR, IP_KIND, IP_STATUS

MAX_ROWS = 60

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
    rf"^(?P<name>[^≥≤<>=±:]+?)\s*(?P<relation>≥|≤|>=|<=|>|<|=|:|{'|'.join(reversed(_WORDS))})\s*(?P<value>{_NUMBER})\s*(?P<unit>[^\d].{{0,39}})?$"
)
_PLUS_MINUS = re.compile(
    rf"^(?P<name>[^≥≤<>=±:]+?)[\s=:]+(?P<value>{_NUMBER})\s*±\s*(?P<high>{_NUMBER})\s*(?P<unit>[^\d].{{0,39}})?$"
)
_RANGE = re.compile(
    rf"^(?P<name>[^≥≤<>=±:]+?)(?:\s*[=:]\s*|\s+)(?:范围|range)?\s*(?P<value>{_NUMBER})\s*(?:~|–|—|至|-|\.\.)\s*(?P<high>{_NUMBER})\s*(?P<unit>[^\d].{{0,39}})?$"
)


def _float(text: object, name: str) -> float | None:
    given = unicodedata.normalize("NFKC", clean_text("" if text is None else text)).replace(",", "").replace("−", "-")
    if not given:
        return None
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Unreadable(BAD_VALUE.format(name=shorten(name), given=shorten(given)))
    return value


def read_indicator_line(line: str) -> IndicatorRow:
    """Read one line of a cell; what is no number with a relation is kept in words."""
    # NFKC would fold ≥ to itself but m² to m2: only digits, letters and relations are brought to half width.
    text = "".join(unicodedata.normalize("NFKC", c) if "！" <= c <= "～" else c for c in line).strip()
    for pattern, comparator in ((_PLUS_MINUS, "pm"), (_RANGE, "range"), (_LINE, None)):
        found = pattern.match(text)
        if not found:
            continue
        parts = found.groupdict()
        relation = parts.get("relation") or ""
        return check_indicator(
            parts["name"].strip(),
            comparator or _SYMBOL.get(relation) or COMPARATOR.read(relation) or "eq",
            parts["value"],
            parts.get("high"),
            (parts.get("unit") or "").strip(),
            "",
        )
    name, _, rest = text.partition(":") if ":" in text else text.partition("：")
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


def read_indicators(given: object) -> list[IndicatorRow]:
    """Read indicator rows from lines of text, or from mappings as a form or the API gives them."""
    if isinstance(given, str):
        lines = [line.strip(" ;；。\t") for line in re.split(r"[\n;；]", clean_text(given))]
        return _limit([read_indicator_line(line) for line in lines if line])
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


def _ip_from_line(line: str) -> IpRow:
    parts = line.split()
    kind = IP_KIND.read(parts[0]) if parts else None
    status = IP_STATUS.read(parts[-1]) if len(parts) > 1 else None
    middle = parts[1:-1] if status else parts[1:]
    if kind is None:
        raise Unreadable(BAD_IP.format(given=shorten(line)))
    return IpRow(kind, " ".join(middle)[:80], status or "pending")


def read_ip_rows(given: object) -> list[IpRow]:
    """Read rights from lines of text or from mappings."""
    if isinstance(given, str):
        lines = [line.strip(" ;；。\t") for line in re.split(r"[\n;；]", clean_text(given))]
        return _limit([_ip_from_line(line) for line in lines if line])
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
        if kind is None or status is None or len(number) > 80:
            raise Unreadable(BAD_IP.format(given=shorten(number)))
        found.append(IpRow(kind, number, status))
    return _limit(found)


def format_ip_row(row: IpRow) -> str:
    """Write a right as the line that `read_ip_rows` reads back."""
    return f"{IP_KIND.label(row.kind).zh} {row.number} {IP_STATUS.label(row.status).zh}"
