"""Finds the quantities in running text: figures with their powers, multiples, signs, ranges, tolerances and units.

Works on folded text (`fold`), which has the length of the original, so that positions are valid in both. Years, dates, versions,
addresses, products (1920×1080), ratios (1:3) and figures inside names (GH4169) are not quantities. Every step looks at a
bounded number of characters, so reading is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from matcher.engine.units import parse_unit, scan_unit

_KEPT = "，；：！？"  # full-width punctuation that must not become a decimal or thousands comma
_FOLD = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in _KEPT}
    | dict.fromkeys("～〜∼﹏", "~")
    | dict.fromkeys("—–‐‑−―－", "-")
    | dict.fromkeys("≦⩽", "≤")
    | dict.fromkeys("≧⩾", "≥")
    | dict.fromkeys("\u00a0\u2002\u2003\u2009\u200a\u202f\u3000", " ")
    | {"μ": "µ", "：": ":", "✕": "×", "﹤": "<", "﹥": ">"}
    # the words of comparison in traditional characters
    | dict(zip("於內達範圍優過長間約總細張強氣", "于内达范围优过长间约总细张强气", strict=True))
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_POWER = r"(?:\^ ?\(?([+-]?[0-9]{1,3})\)?|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})|(-[0-9]{1,2})(?![0-9]))"
_PLAIN_POWER = _POWER.replace(r"|(-[0-9]{1,2})(?![0-9])", "")
_FIGURE = re.compile(
    rf"(?P<power>10{_PLAIN_POWER})"
    r"|(?P<mantissa>[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?(?!,[0-9]{1,2}(?![0-9]))|[0-9]+,[0-9]{1,2}(?![0-9,]))"
    rf"(?P<exponent>[eE][+-]?[0-9]{{1,3}}(?![A-Za-z0-9])| ?[×xX*·] ?10 ?{_POWER})?"
    r"|(?P<share>[百千万]分之(?:[0-9]+(?:\.[0-9]+)?|[零一二两三四五六七八九十百点]{1,8}))"
    r"|(?P<worded>[一二两三四五六七八九十百][一二三四五六七八九十百千]{0,7}[万亿]?)"
)
_MULTIPLE = re.compile(r" ?(百万|千万|万|亿|million\b|billion\b|thousand\b)")
_MULTIPLES = {"百万": 1e6, "千万": 1e7, "万": 1e4, "亿": 1e8, "million": 1e6, "billion": 1e9, "thousand": 1e3}
_SHARES = {"百": "%", "千": "‰", "万": "‱"}
_JOIN = re.compile(r" ?(?P<range>~|-{1,2}(?!>)|至|到|…|\bto\b|\bbis\b) ?|[ ]?(?P<pm>±|\+/-|\+-) ?")
_AND = re.compile(r" ?(?:and|和|与|及|und) ?")
_CALENDAR = re.compile(
    r"(?:19|20)[0-9]{2} ?(?:[-/.年] ?[0-9]{1,2}(?![0-9])(?: ?[-/.月] ?[0-9]{1,2}(?![0-9]))?|年|(?=- ?(?:19|20)[0-9]{2}))"
)
_CODE_AFTER = re.compile(r"\.[0-9]| ?[×xX*] ?[0-9]|:[0-9]|/[0-9]|[A-Za-z_]")
_LETTERS_BEFORE = re.compile(r"[A-Za-z_][A-Za-z_.]{0,5}-?$")
_UNITS_BEFORE = re.compile(r"(HRC|HRA|HRB|HV|HBW?|USD|CNY|RMB|EUR|[$€£¥￥]) ?$")
_ATTACHED_BEFORE = re.compile(r"(?:pH|Ra|Rz|Rm|CNY|RMB|USD|EUR|HRC|HRA|HRB|HV|HBW?)$")
_GAP = re.compile(r" ?[\t|] ?")
_DIGITS = {word: value for value, word in enumerate("零一二三四五六七八九")} | {"两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_LONGEST_FIGURE = 24


@dataclass(frozen=True, slots=True)
class Quantity:
    """Hold a quantity with its place in the text.

    `kind` is value, range or pm; `high` is the high end or the half width. `worded` marks Chinese numerals (三年), which are
    too common in prose to be taken without a word of comparison.
    """

    kind: str
    value: float
    high: float | None
    unit: str
    start: int
    end: int
    worded: bool = False


@dataclass(frozen=True, slots=True)
class _Figure:
    value: float
    start: int
    end: int
    unit: str
    digits_end: int
    scale: float = 1.0
    worded: bool = False


def fold(text: str) -> str:
    """Return the text with widths, dashes and signs made one; every character keeps its position."""
    return text.translate(_FOLD)


def find_quantities(text: str) -> Iterator[Quantity]:
    """Yield the quantities of a folded text in order, without overlaps."""
    position = 0
    while (match := _FIGURE.search(text, position)) is not None:
        calendar = _CALENDAR.match(text, match.start())
        if calendar and not _inside_name(text, match.start()):
            position = _after_calendar(text, calendar.end())
            continue
        figure = _figure(text, match)
        if figure is None:
            position = _after_code(text, match.end())
            continue
        quantity = _combined(text, figure)
        position = max(quantity.end, match.end())
        yield quantity


def _after_calendar(text: str, end: int) -> int:
    """Skip the second year of 2021-2025年."""
    second = re.compile(r" ?[-~至到] ?(?:19|20)[0-9]{2}年?").match(text, end)
    return second.end() if second else end


def _after_code(text: str, end: int) -> int:
    """Skip the rest of a version, address, product or name that begins with a figure."""
    rest = re.compile(r"(?:[.:/×xX*-]?[A-Za-z0-9_]){1,64}").match(text, end)
    return rest.end() if rest else end


def _inside_name(text: str, start: int) -> bool:
    """Tell whether letters, a digit's point or a code stand directly before a figure: GH4169, XG-2000, v1.2."""
    before = text[max(0, start - 8) : start]
    if before[-1:] in (".", "_") and len(before) > 1 and before[-2].isalnum() and before[-2].isascii():
        return True
    return _LETTERS_BEFORE.search(before) is not None and _ATTACHED_BEFORE.search(before) is None


def _figure(text: str, match: re.Match[str], *, first: bool = True) -> _Figure | None:
    """Return the figure of a match with sign, multiple and unit; None for what only looks like one."""
    start, end = match.span()
    if match["share"] or match["worded"]:
        return _worded(text, match)
    if end - start > _LONGEST_FIGURE or (first and _inside_name(text, start)):
        return None
    value = _value(match)
    unit_end = _unit_end(text, end)
    unit, scale = text[end:unit_end].strip(" \t|"), 1.0
    multiple = _MULTIPLE.match(text, end) if not unit else None
    if multiple:
        scale = _MULTIPLES[multiple[1]]
        end = multiple.end()
        unit_end = _unit_end(text, end)
        unit = text[end:unit_end].strip(" \t|")
    if (not unit and _CODE_AFTER.match(text, end)) or (unit and re.compile(r" ?[×*] ?[0-9]").match(text, unit_end)):
        return None
    if first:
        start, value = _signed(text, start, value)
    return _Figure(value * scale, start, unit_end if unit else end, unit, end, scale)


def _value(match: re.Match[str]) -> float:
    """Return the value of mantissa and power; figures beyond the range of a float are infinite and dropped later."""
    if match["power"]:
        return float("1e" + next(filter(None, match.groups()[1:3])).translate(_SUPERSCRIPTS))
    mantissa, exponent = match["mantissa"].replace(",", ""), match["exponent"]
    if not exponent:
        return float(mantissa)
    if exponent[0] in "eE":
        return float(mantissa + exponent)
    power = next(filter(None, match.groups()[5:8])).translate(_SUPERSCRIPTS)
    return float(f"{mantissa}e{power}")


def _unit_end(text: str, end: int) -> int:
    """Return where the unit after a figure ends, across one blank or the border of a table cell; `end` for none."""
    gap = _GAP.match(text, end)
    if gap:
        unit_end = scan_unit(text, gap.end())
        return unit_end if unit_end > gap.end() and re.compile(r" *(?:[\t|\n]|$)").match(text, unit_end) else end
    begin = end + 1 if text.startswith(" ", end) else end
    unit_end = scan_unit(text, begin)
    return unit_end if unit_end > begin else end


def _signed(text: str, start: int, value: float) -> tuple[int, float]:
    """Return start and value with a sign; a hyphen after letters or figures is none."""
    before = text[start - 1 : start]
    if before in ("-", "+") and before:
        earlier = text[max(0, start - 2) : start - 1]
        if not (earlier.isascii() and earlier.isalnum()) and earlier not in (")", "."):
            return start - 1, -value if before == "-" else value
    return start, value


def _worded(text: str, match: re.Match[str]) -> _Figure | None:
    """Return the figure of 百分之五, or of a Chinese numeral with a unit after it."""
    start, end = match.span()
    if match["share"]:
        numeral = match["share"][3:]
        value = float(numeral) if numeral[0].isascii() else _chinese_number(numeral)
        return _Figure(value, start, end, _SHARES[match["share"][0]], end) if value is not None else None
    value = _chinese_number(match["worded"])
    unit_end = _unit_end(text, end)
    if value is None or unit_end == end or text[start - 1 : start] in ("第", "十", "几", "数", "零"):
        return None
    return _Figure(value, start, unit_end, text[end:unit_end].strip(), end, worded=True)


def _chinese_number(text: str) -> float | None:
    """Return the value of 三, 十五, 二百五十, 九十九点五, 十万; None for what is no number."""
    whole, _, decimals = text.partition("点")
    total, digit = 0.0, 0
    scale = {"万": 1e4, "亿": 1e8}.get(whole[-1:], 1.0)
    for character in whole[:-1] if scale > 1 else whole:
        if character in _PLACES:
            total += (digit or 1) * _PLACES[character]
            digit = 0
        elif character in _DIGITS and digit == 0:
            digit = _DIGITS[character]
        else:
            return None
    fraction = "".join(str(_DIGITS[c]) for c in decimals if c in _DIGITS)
    return (total + digit) * scale + (float(f"0.{fraction}") if fraction else 0.0)


def _combined(text: str, one: _Figure) -> Quantity:
    """Return the quantity that begins with a figure: a–b, a±b, ±b or a alone."""
    sign = re.compile(r"(?:±|\+/-|\+-) ?$").search(text, max(0, one.start - 4), one.start)
    if sign:
        return Quantity(
            "pm", 0.0, one.value, _unit_before(text, sign.start()) or one.unit, sign.start(), one.end, one.worded
        )
    join = _JOIN.match(text, one.end)
    between = None if join else _AND.match(text, one.end) if _is_between(text, one.start) else None
    joint = join or between
    other = _second(text, joint.end()) if joint else None
    if joint is None or other is None:
        return Quantity(
            "value", one.value, None, one.unit or _unit_before(text, one.start), one.start, one.end, one.worded
        )
    unit, low = other.unit or one.unit, _first_value(one, other)
    if join and join["pm"]:
        return Quantity("pm", low, other.value, unit, one.start, other.end)
    if other.value < low:  # a code or a date, or a change from one value down to another
        return Quantity("value", one.value, None, one.unit, one.start, one.end, one.worded)
    return Quantity("range", low, other.value, unit, one.start, other.end, one.worded and other.worded)


def _first_value(one: _Figure, other: _Figure) -> float:
    """Return the first value in the unit of the second: 5~10 万次, 2 MHz to 2 GHz."""
    if not one.unit:
        return one.value * other.scale if one.scale == 1.0 else one.value
    mine, yours = parse_unit(one.unit), parse_unit(other.unit)
    if not other.unit or mine is None or yours is None or mine.dimension != yours.dimension or mine == yours:
        return one.value
    return (mine.to_base(one.value) - yours.offset) / yours.factor


def _second(text: str, start: int) -> _Figure | None:
    """Return the figure after a joint, with its own sign."""
    negative = text.startswith("-", start)
    match = _FIGURE.match(text, start + negative)
    figure = _figure(text, match, first=False) if match else None
    if figure is None or not negative:
        return figure
    return _Figure(-figure.value, start, figure.end, figure.unit, figure.digits_end, figure.scale, figure.worded)


def _is_between(text: str, start: int) -> bool:
    """Tell whether "a and b" is a range: between a and b, 在 a 和 b 之间."""
    before = text[max(0, start - 12) : start].lower()
    return "between" in before or "zwischen" in before or before.rstrip().endswith(("在", "介于"))


def _unit_before(text: str, start: int) -> str:
    """Return the unit that stands before its figure: HRC58, $500."""
    found = _UNITS_BEFORE.search(text, max(0, start - 5), start)
    return found[1] if found else ""
