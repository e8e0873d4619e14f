"""Units as engineers of the field write them, Chinese and English, on a pint registry of their own.

pint keeps the definitions, prefixes and dimensions; what it cannot read (%, ℃, 千瓦时, 瓦时每千克, W/(m·K), 元/吨,
g/10min) is read here. Quantities compare only within one dimension; units that are not known compare only when they
are the same words. Temperatures are points on a scale, differences of temperatures are not: see `Unit.to_base`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import pint

from matcher.engine.unit_table import COMPOUND_ONLY, PREFIXED_ONLY, PREFIXES, UNITS, WHOLE, Row

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-") | {ord("½"): "0.5"}
_FOLD = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys("⋅•∙×", "·")
    | dict.fromkeys("−–", "-")
    | dict.fromkeys("⁄∕", "/")
    | {"\u03bc": "\u00b5", "\u2126": "\u03a9", "º": "°", "\u3000": " "}  # one micro sign, one ohm sign
)
_EXPONENT = re.compile(
    r"\^\(?([+-]?\d{1,2}(?:/\d|\.\d{1,2})?)\)?|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})|(-[1-9](?![\dA-Za-z.])|[23](?![\dA-Za-z.]))|(½)",
    re.ASCII,
)
_POWER_OF_TEN = re.compile(r"(?:1?[·x*])?10(?:\^\(?([+-]?\d{1,2})\)?|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))[·* ]?", re.ASCII)
_DENOMINATOR_NUMBER = re.compile(r"\d{1,4}(?=[^\d.,/])", re.ASCII)
_TIMES = re.compile(r"[·*]|(?<=[A-Za-z²³)])[ -](?=[A-Za-zµΩ°(])")
_DIVIDED = re.compile(r" ?(?:/|每|per ) ?")
_BARE_RATE = re.compile(r"1?/ ?(?=\S)")  # /℃, 1/s
_POWERS = {"平方": 2, "立方": 3}
_MULTIPLES = {"百万": 1e6, "千万": 1e7, "万": 1e4, "亿": 1e8}
_NEVER_RAISED = frozenset({"percent", "celsius", "vickers", "year", "day", "month", "count"})
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold what comparing needs to know of a unit: base value = value × factor + offset.

    `dimension` is a canonical text, equal exactly for units that can be converted into each other. `offset` is not zero
    only for temperature scales.
    """

    dimension: str
    factor: float
    offset: float = 0.0

    def to_base(self, value: float, *, difference: bool = False) -> float:
        """Return the value in base units; a difference (±0.5 ℃, a tolerance) leaves the offset of the scale out."""
        return value * self.factor + (0.0 if difference else self.offset)


PLAIN = Unit("", 1.0)
_PLAIN_KIN = frozenset({"", "[ratio]", "[count]", "[cycles]", "[users]"})


def parse_unit(text: str) -> Unit | None:
    """Return the unit that a text stands for as a whole; PLAIN for no text, None for an unknown unit."""
    return _parse(text.translate(_FOLD).strip())


def comparable(one: Unit, other: Unit) -> bool:
    """Tell whether values in both units can be compared.

    A bare number compares with shares and counts (准确率 0.95 with 95 %, 100 万 with 100 万个), a share never with
    a count.
    """
    if one.dimension == other.dimension:
        return True
    dimensions = {one.dimension, other.dimension}
    return "" in dimensions and dimensions <= _PLAIN_KIN


def same_words(one: str, other: str) -> bool:
    """Tell whether two unknown units are the same words, apart from width, case and blanks."""
    return _plain_words(one) == _plain_words(other)


def scan_unit(text: str, start: int) -> int:
    """Return where the longest unit that begins at `start` ends, or `start` where none begins.

    A unit of letters must end at a word's end: no metre in "5 models". Looks at most a few dozen characters ahead.
    """
    window = text[start : start + 2 * _LONGEST].translate(_FOLD)
    whole = max((len(spelling) for spelling in WHOLE if window.startswith(spelling)), default=0)
    factors = _scan_factors(window)
    end = whole if whole >= factors[0] and _closed(window, whole) else factors[0]
    return start + end


@lru_cache(maxsize=4096)
def _parse(text: str) -> Unit | None:
    if not text:
        return PLAIN
    if text in WHOLE:
        return _measure(WHOLE[text])
    power = _POWER_OF_TEN.match(text)
    scale = 1.0
    if power is not None:
        scale = float("1e" + (power[1] or power[2]).translate(_SUPERSCRIPTS))
        text = text[power.end() :]
        if not text:
            return Unit("", scale)
    end, expression = _scan_factors(text)
    if end != len(text) or not expression:
        return _multiple(text, scale)
    unit = _measure(expression)
    return Unit(unit.dimension, unit.factor * scale, unit.offset) if unit else None


def _multiple(text: str, scale: float) -> Unit | None:
    """Return the unit of 万件, 百万 or 亿千瓦时: a Chinese multiple before a unit or alone."""
    for word, factor in _MULTIPLES.items():
        if text.startswith(word):
            unit = _parse(text[len(word) :])
            return Unit(unit.dimension, unit.factor * factor * scale) if unit else None
    return None


def _plain_words(text: str) -> str:
    return re.sub(r"\s+", "", text.translate(_FOLD)).casefold()


def _scan_factors(text: str) -> tuple[int, str]:
    """Return the length of the longest unit expression at the head of a folded text, and the expression for pint."""
    position, parts, denominator = 0, [], False
    slash = _BARE_RATE.match(text)
    if slash:
        position, denominator = slash.end(), True
        parts.append("1")
    good = (0, "")
    compound = denominator
    while True:
        factor = _factor(text, position, compound=compound)
        if factor is None:
            return good
        position, expression = factor
        parts.append(f"/ ({expression})" if denominator else f"* ({expression})" if parts else f"({expression})")
        if _closed(text, position) and text[:position] not in COMPOUND_ONLY:
            good = (position, " ".join(parts))
        divided = _DIVIDED.match(text, position)
        times = _TIMES.match(text, position)
        compound = divided is not None or (times is not None and times[0] != " ")  # 5 kg a day: no kilogram-year
        if divided:
            position, denominator = divided.end(), True
        elif times:  # W/m·K: what follows a stroke stays below it
            position = times.end()
        else:
            return good


def _factor(text: str, position: int, *, compound: bool) -> tuple[int, str] | None:
    """Read one factor: a bracketed product, √Hz, a power of a symbol, or 100g below a stroke."""
    if text.startswith("(", position) and compound:
        close = text.find(")", position, position + _LONGEST)
        end, inner = _scan_factors(text[position + 1 : close]) if close > 0 else (0, "")
        return (close + 1, inner) if inner and position + 1 + end == close else None
    if text.startswith("√", position):
        root = _factor(text, position + 1, compound=compound)
        return (root[0], f"({root[1]}) ** 0.5") if root else None
    number = _DENOMINATOR_NUMBER.match(text, position) if compound else None
    if number:
        position = number.end()
    for square, exponent in _POWERS.items():
        if text.startswith(square, position):
            found = _symbol(text, position + 2, compound=compound)
            return (found[0], f"{found[1]} ** {exponent}") if found else None
    found = _symbol(text, position, compound=compound)
    if found is None:
        return None
    end, name = found
    raised = _EXPONENT.match(text, end)
    power = ""
    if raised and name not in _NEVER_RAISED and (name.endswith("meter") or not text[end].isdigit()):
        end, power = raised.end(), f" ** ({next(filter(None, raised.groups())).translate(_SUPERSCRIPTS)})"
    return end, (f"{number[0]} * " if number else "") + name + power


def _symbol(text: str, position: int, *, compound: bool) -> tuple[int, str] | None:
    """Return end and pint name of the longest spelling at `position`; in a product W/mK is not W per millikelvin."""
    table = spellings()
    for length in range(min(_LONGEST, len(text) - position), 0, -1):
        piece = text[position : position + length]
        name = table.get(piece)
        if name is None and compound:
            name = COMPOUND_ONLY.get(piece)
        if name is None and length > 3 and piece.isascii():
            name = table.get(piece.lower())
        if name is not None and not _cuts_word(text, position + length):
            return position + length, name
    name = COMPOUND_ONLY.get(text[position : position + 1])
    return (position + 1, name) if name and text[position + 1 : position + 2] in ("/", "·") else None


def _cuts_word(text: str, end: int) -> bool:
    """Tell whether a boundary would cut a word of ASCII letters in two."""
    before, after = text[end - 1 : end], text[end : end + 1]
    return before.isascii() and before.isalpha() and after.isascii() and after.isalpha()


def _closed(text: str, end: int) -> bool:
    """Tell whether a unit may end here: within no word, and before no figure (m2 is a power, V3 is a name)."""
    after = text[end : end + 1]
    if after.isascii() and after.isdigit():
        return False
    return end > 0 and not _cuts_word(text, end)


@cache
def spellings() -> dict[str, str]:
    """Return every spelling of every unit with the name that pint knows it by."""
    table: dict[str, str] = {}
    for row in UNITS:
        for spelling, name in _spellings_of(row):
            table.setdefault(spelling.translate(_FOLD), name)
    return table


def _spellings_of(row: Row) -> list[tuple[str, str]]:
    plain = [word.replace("§", " ") for word in f"{row.symbols} {row.chinese} {row.english}".split()]
    found = [(word, row.name) for word in plain if word not in PREFIXED_ONLY]
    for letter in row.prefixes:
        prefix = PREFIXES[letter]
        name = f"{prefix.english}{row.name}"
        found += [(symbol + word, name) for symbol in prefix.symbols for word in row.symbols.split()]
        found += [(prefix.chinese + word, name) for word in row.chinese.split()]
        found += [(prefix.english + word, name) for word in row.english.split()]
    return found


@cache
def registry() -> pint.UnitRegistry[Any]:
    """Return the registry of the units in unit_table alone: pint's own thousand names would misread texts."""
    built: pint.UnitRegistry[Any] = pint.UnitRegistry(None, cache_folder=None)
    built.load_definitions([f"{prefix.english}- = {prefix.factor}" for prefix in PREFIXES.values()])
    built.load_definitions([f"{row.name} = {row.definition}" for row in UNITS])
    return built


def _measure(expression: str) -> Unit | None:
    """Return dimension, factor and offset of an expression in the language of pint; None beyond the range of floats."""
    scale = registry()
    if expression in ("(celsius)", "(fahrenheit)"):
        name = expression[1:-1]
        factor = float(scale.Quantity(1.0, f"delta_{name}").to("kelvin").magnitude)
        return Unit("[temperature]", factor, float(scale.Quantity(0.0, name).to_base_units().magnitude))
    # Inside a product a degree of a scale is a difference: W/(m·℃).
    expression = expression.replace("celsius", "kelvin").replace("fahrenheit", "(5 / 9 * kelvin)")
    try:
        based = scale.parse_expression(expression).to_base_units()
    except (OverflowError, ZeroDivisionError):
        return None
    factor, dimension = float(based.magnitude), str(based.dimensionality)
    if not (math.isfinite(factor) and factor > 0):
        return None
    return Unit("[ratio]" if dimension == "dimensionless" else dimension, factor)
