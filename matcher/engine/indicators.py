"""Reads demands and claims out of running Chinese and English text and table rows.

"孔隙率不高于 0.5 %", "tensile strength of at least 600 MPa" and the row "| 定位精度 | ±0.02 | mm |" become indicators with name, comparator,
value and unit, each with the phrase it was read from. Reading words that only set a level (达到, up to) become ge, or le
where less of the quantity is better; a plain statement (电压 220 V, strength: 450 MPa) becomes eq. Figures without a name
or without a word of comparison beside them are left alone: they are conditions, years, numbers of things.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from matcher.engine.indicator_names import Name, name_after, name_before
from matcher.engine.indicator_words import (
    AFTER,
    BEFORE,
    STATISTIC,
    SYMBOLS,
    is_change,
    is_quantity,
    is_symbol,
    polarity,
)
from matcher.engine.items import Indicator, Reading
from matcher.engine.quantities import Quantity, find_quantities, fold
from matcher.engine.units import PLAIN, parse_unit

_WINDOW = 40
_LARGEST = 1e300
_CHANGED_FROM = ("由", "从", "自", "from")
# Units that count things or measure calendar time are too common in prose for a plain statement to be an indicator.
_COMMON = frozenset(("", "[count]", "[persons]", "[users]", "[cycles]", "[time]", "[grade]", "[degree_word]"))
_WEAK = ("reach", "within", "approx", "zone")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Hold the word of comparison at a quantity: its code, where the words begin and where they end."""

    code: str
    start: int
    end: int
    trailing: bool = False  # the only word with a direction stands after the figure (15 年以上)


@dataclass(slots=True)
class _State:
    """Hold what reading one text carries from quantity to quantity."""

    limit: int = 0  # names begin after here
    previous: Quantity | None = None
    unread: bool = False  # whether the previous quantity became no indicator
    pending: tuple[str, ...] = ()  # names that 分别 still has to give values to
    pending_code: str = ""


def read_indicators(text: str) -> list[Reading]:
    """Return the indicators of a text in the order of their figures; never raises, an unreadable text has none."""
    folded = fold(text)
    readings: list[Reading] = []
    state = _State()
    for quantity in find_quantities(folded):
        found = _read_one(text, folded, quantity, state)
        state.unread = not found
        readings.extend(found)
        if found or not quantity.worded:
            state.previous, state.limit = quantity, found[-1].end if found else quantity.end
    return readings


def indicators_of(texts: Iterable[str], stated: Iterable[Indicator] = ()) -> list[Reading]:
    """Return stated indicators (rows of a form) and those read from texts, without what says the same twice.

    A stated indicator's phrase is its formatted text, with start and end 0.
    """
    readings = [Reading(indicator, format_indicator(indicator), 0, 0) for indicator in stated]
    for text in texts:
        readings.extend(read_indicators(text))
    unique: dict[tuple[object, ...], Reading] = {}
    for reading in readings:
        one = reading.indicator
        unique.setdefault((one.name.casefold(), one.comparator, one.value, one.value_high, one.unit, one.text), reading)
    return list(unique.values())


_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "eq": "="}


def format_indicator(indicator: Indicator) -> str:
    """Return an indicator as one writes it, e.g. "孔隙率 ≤ 0.5 %"; `read_indicators` reads the same back."""
    value, high = _number(indicator.value), _number(indicator.value_high)
    match indicator.comparator:
        case "text":
            return f"{indicator.name} {indicator.text}".strip()
        case "range":
            figures = f"= {value} ~ {high}"
        case "pm":
            figures = f"= ±{high}" if indicator.value == 0 else f"= {value} ± {high}"
        case code:
            figures = f"{_SIGNS[code]} {value}"
    return f"{indicator.name} {figures} {indicator.unit}".strip()


def _number(value: float | None) -> str:
    """Return the shortest text that reads back as the same float."""
    if value is None:
        return ""
    exact = float(value)  # a whole number is a float to the type checker, not to Python
    return str(int(exact)) if exact.is_integer() and abs(exact) < 1e15 else repr(exact)


def _read_one(text: str, folded: str, quantity: Quantity, state: _State) -> list[Reading]:
    """Return the indicators that a quantity gives: none, one, or several for names that share it."""
    if abs(quantity.value) > _LARGEST or abs(quantity.high or 0.0) > _LARGEST:
        return []
    pending = _next_pending(text, folded, quantity, state)
    if pending:
        return pending
    comparison = _comparison(folded, quantity, state.limit)
    name = name_before(folded, state.limit, comparison.start)
    end = comparison.end
    if name is None and state.unread and state.previous is not None:
        name = _name_of_change(folded, state.previous)
    if name is None and comparison.code not in ("", "approx", "zone"):
        name = name_after(folded, end)
        end = max(end, name.end) if name else end
    if name is None:
        return []
    indicator = _indicator(name, quantity, comparison, folded)
    if indicator is None:
        return []
    start = min(name.start, quantity.start)
    state.pending, state.pending_code = (), comparison.code
    if name.shared == "分别" and name.siblings:
        first, *rest = (*name.siblings, name.text)
        state.pending = tuple(rest)
        return [_reading(text, replace(indicator, name=first), start, end)]
    names = (*name.siblings, _as_written(text, name))
    return [_reading(text, replace(indicator, name=one), start, end) for one in names]


def _as_written(text: str, name: Name) -> str:
    """Return a name in the characters of the text (細胞存活率), where reading has only folded it."""
    written = text[name.start : name.start + len(name.text)]
    return written if fold(written) == name.text else name.text


def _reading(text: str, indicator: Indicator, start: int, end: int) -> Reading:
    phrase = text[start:end]
    return Reading(indicator, phrase.strip(), start + len(phrase) - len(phrase.lstrip()), start + len(phrase.rstrip()))


def _next_pending(text: str, folded: str, quantity: Quantity, state: _State) -> list[Reading]:
    """Return the next indicator of 分别达到 980 MPa 和 780 MPa."""
    if not state.pending or folded[state.limit : quantity.start].strip(" 、和与及,，/"):
        state.pending = ()
        return []
    name, *rest = state.pending
    state.pending = tuple(rest)
    comparison = _Comparison(state.pending_code, quantity.start, quantity.end)
    indicator = _indicator(Name(name, quantity.start, quantity.start), quantity, comparison, folded)
    return [_reading(text, indicator, quantity.start, quantity.end)] if indicator else []


def _name_of_change(folded: str, previous: Quantity) -> Name | None:
    """Return the name in 良品率由 92 % 提高到 98 %, which stands before the earlier value."""
    floor = max(0, previous.start - _WINDOW)
    before = folded[floor : previous.start].rstrip()
    for word in _CHANGED_FROM:
        if before.endswith(word):
            return name_before(folded, floor, floor + len(before) - len(word))
    return None


def _comparison(folded: str, quantity: Quantity, limit: int) -> _Comparison:
    """Return the word of comparison at a quantity: the nearest that has a direction, before it or after it."""
    start, strong, weak, link = _unit_word(folded, quantity), "", "", ""
    for _ in range(4):
        found = BEFORE.search(folded, max(limit, start - _WINDOW), start)
        if found is None or found.lastgroup is None:
            break
        code = found.lastgroup
        if strong and code not in _WEAK:
            break
        if code in ("reach", "within"):
            weak = weak or code
        elif code in ("approx", "zone"):
            link = link or code
        else:
            strong = code
        start = found.start()
    after = AFTER.match(folded, quantity.end)
    end = after.end() if after else quantity.end
    later = (after.lastgroup or "") if after else ""
    directed = later if later != "approx" else ""
    code = strong or directed or weak or link or later
    return _Comparison(code, start, end, trailing=bool(directed) and not strong and not weak)


def _unit_word(folded: str, quantity: Quantity) -> int:
    """Return the start of a quantity with the unit that stands before its figure: HRC58, $500."""
    window = folded[max(0, quantity.start - 5) : quantity.start]
    before = window.rstrip()
    if quantity.unit and before.endswith(quantity.unit):
        return quantity.start - (len(window) - len(before)) - len(quantity.unit)
    return quantity.start


def _indicator(name: Name, quantity: Quantity, comparison: _Comparison, folded: str) -> Indicator | None:
    """Return the indicator of a name, a quantity and a word of comparison; None where they make no indicator."""
    unit = _scale_of(name.text, quantity.unit or name.unit)
    code = comparison.code
    if STATISTIC.fullmatch(name.text) and not unit:
        return None
    stated = code in ("", "approx", "zone")
    if quantity.kind == "value" and stated and name.extreme and unit:
        return Indicator(name.text, name.extreme, quantity.value, None, unit)
    if quantity.kind != "value" or stated:
        if quantity.worded or not _states(name, quantity, unit, comparison, folded):
            return None
        return Indicator(
            name.text, "eq" if quantity.kind == "value" else quantity.kind, quantity.value, quantity.high, unit
        )
    if not _demands(name, quantity, unit, comparison, folded):
        return None
    direction = polarity(name.text, unit, quantity.value)
    if code == "better":
        code = "lt" if direction < 0 or (direction == 0 and unit) else "gt"
    elif code == "reach":
        code = "le" if direction < 0 else "ge"
    elif code == "within":
        code = "le"
    return Indicator(name.text, code, quantity.value, None, unit)


def _scale_of(name: str, unit: str) -> str:
    """Return ℃ or ℉ for the C or F of a temperature, which elsewhere are a charging rate and a farad."""
    if unit in ("C", "F") and ("温" in name or "temperatur" in name.lower()):
        return {"C": "℃", "F": "℉"}[unit]
    return unit


def _everyday(unit: str) -> bool:
    """Tell whether a unit counts things or calendar time, or is none or unknown: too common to prove a statement."""
    measured = parse_unit(unit)
    return measured is None or measured.dimension in _COMMON


def _demands(name: Name, quantity: Quantity, unit: str, comparison: _Comparison, folded: str) -> bool:
    """Tell whether a name, a figure and a word of direction make a demand or claim, and not just prose.

    A sign (≥, a table's border) is enough. Words ask for a name that looks like a quantity's; before a Chinese figure
    they may do with a unit of measure. Chinese numerals always ask for a unit.
    """
    if quantity.worded and parse_unit(unit) in (None, PLAIN):
        return False
    if is_quantity(name.text) or is_change(name.text) or polarity(name.text) != 0:
        return True
    if SYMBOLS.search(folded, name.end, comparison.end):
        return True
    if name.text.isascii():
        return is_symbol(name.text) and bool(unit)
    return not comparison.trailing and not _everyday(unit)


def _states(name: Name, quantity: Quantity, unit: str, comparison: _Comparison, folded: str) -> bool:
    """Tell whether a name and a figure make a statement without a word of direction between them.

    The name must look like a quantity's, and a link, a border or a unit of measure must tie the figure to it. Everything
    else is prose that happens to have a figure in it.
    """
    tied = comparison.code in ("approx", "zone") or SYMBOLS.search(folded, name.end, quantity.start) is not None
    if quantity.kind == "pm":
        return is_quantity(name.text) or (tied and bool(unit))
    if quantity.kind == "value" and comparison.code == "zone":
        return False
    if not (is_quantity(name.text) or is_change(name.text)):
        return tied and is_symbol(name.text) and not _everyday(unit)
    if quantity.kind == "range":
        return bool(unit) or not name.text.isascii() or tied or name.text.lower() == "ph"
    if not name.text.isascii():
        return bool(unit) or (tied and not quantity.value.is_integer())
    return (
        tied and (not _everyday(unit) or polarity(name.text) != 0) and (bool(unit) or not quantity.value.is_integer())
    )
