"""Compares what a need demands with what an offer claims, indicator by indicator.

Both sides are sets of numbers in base units: the demand is the set D of values that would do, the claim the set C of values
that the offer may have. What each comparator means:

====================  ==========================================  ========================================================
comparator            as a demand, D                              as a claim, C
====================  ==========================================  ========================================================
ge v, gt v            [v, ∞), (v, ∞)                              against ge, gt: the value v itself, which the offer vouches
                                                                  for; against anything else [v, ∞)
le v, lt v            (-∞, v], (-∞, v)                            likewise with (-∞, v]
eq v                  where more (less) is better, [v, ∞)         {v}
                      ((-∞, v]); otherwise {v}
range a b             [a, b]; of a span (工作温度, 量程) all of     [a, b]; of a span: every value in it is reached, so that
                      [a, b] must be covered                      ge, le and eq are met by the end that suits
pm 0 h                a tolerance: |x| ≤ h                        |x| ≤ h
pm c h                [c - h, c + h]                              [c - h, c + h]; against eq the centre c
text                  met by the same words, otherwise unknown
====================  ==========================================  ========================================================

Met: C lies in D. Otherwise the shortfall is the largest distance from a value of C to D, relative to the larger of the
two values (for a two-sided D: to its width, if that is smaller): up to the tolerance nearly, beyond it not_met. Where C
lies on both sides of D's border by more than the tolerance, or is open to the wrong side but touches D, nothing is known.
Values of different dimensions, and demands without a claim, are unknown. A temperature's shortfall is the larger of the
shortfalls in K and in ℃, for neither zero says how hot is nearly hot enough.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from matcher.engine.indicator_words import is_difference, is_span, polarity
from matcher.engine.items import Indicator, Reading
from matcher.engine.quantity_names import name_similarity, normalise_name
from matcher.engine.units import PLAIN, Unit, comparable, parse_unit, same_words

Verdict = Literal["met", "nearly", "not_met", "unknown"]
NameSimilarity = Callable[[str, str], float]

TOLERANCE = 0.1  # relative shortfall up to which a demand counts as nearly met
SAME_NAME = 0.6  # similarity from which two names may be the same quantity
_ROUNDING = 1e-9
_KELVIN = 273.15
_RANK: dict[Verdict, int] = {"met": 3, "nearly": 2, "not_met": 1, "unknown": 0}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold a verdict with the relative shortfall (0 for met; None where nothing is known)."""

    verdict: Verdict
    shortfall: float | None = None


@dataclass(frozen=True, slots=True)
class IndicatorMatch:
    """Hold a demand with the claim that answers it best; `claim` is None where the offer says nothing about it."""

    demand: Reading
    claim: Reading | None
    similarity: float
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Interval:
    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def within(self, other: _Interval, slack: float) -> bool:
        """Tell whether this interval lies in the other, rounding errors of unit conversion forgiven."""
        return _reaches(self.low, self.low_open, other.low, other.low_open, slack) and _reaches(
            -self.high, self.high_open, -other.high, other.high_open, slack
        )


UNKNOWN = Outcome("unknown")


def compare(demand: Indicator, claim: Indicator, tolerance: float = TOLERANCE) -> Outcome:
    """Return whether a claim answers a demand of the same quantity; see the table above for what each form means."""
    if "text" in (demand.comparator, claim.comparator):
        same = normalise_name(demand.text) == normalise_name(claim.text) != ""
        return Outcome("met", 0.0) if same and demand.comparator == claim.comparator else UNKNOWN
    units = _units(demand, claim)
    if units is None or not _complete(demand) or not _complete(claim):
        return UNKNOWN
    difference = (
        _is_tolerance(demand) or _is_tolerance(claim) or is_difference(demand.name) or is_difference(claim.name)
    )
    mine, yours = _in_base(demand, units[0], difference), _in_base(claim, units[1], difference)
    mine = _directed(mine, demand)
    celsius = units[0].dimension == "[temperature]" and not difference
    if _is_tolerance(mine) or _is_tolerance(yours):
        return _compare_magnitudes(mine, yours, tolerance)
    if is_span(demand.name) and yours.comparator == "range":
        return _compare_spans(mine, yours, tolerance, celsius)
    return _compare_sets(_set_of(mine), _claimed(mine, yours), tolerance, celsius)


def match_indicators(
    demands: Sequence[Reading],
    claims: Sequence[Reading],
    similarity: NameSimilarity = name_similarity,
    tolerance: float = TOLERANCE,
) -> list[IndicatorMatch]:
    """Return for every demand its best claim, in the order of the demands.

    Claims whose name is nearly as similar as the most similar one's compete by verdict: an offer that states a quantity
    twice has two operating points, and one that answers is enough. One claim may answer several demands.
    """
    return [_best(demand, claims, similarity, tolerance) for demand in demands]


def indicator_coverage(matches: Sequence[IndicatorMatch]) -> float:
    """Return the share of the demands that are met, nearly met ones counted half; 0 without demands."""
    weights = {"met": 1.0, "nearly": 0.5}
    return sum(weights.get(match.outcome.verdict, 0.0) for match in matches) / len(matches) if matches else 0.0


def indicator_conflict(matches: Sequence[IndicatorMatch]) -> float:
    """Return the share of the demands that a claim contradicts; 0 without demands."""
    return sum(match.outcome.verdict == "not_met" for match in matches) / len(matches) if matches else 0.0


def _best(demand: Reading, claims: Sequence[Reading], similarity: NameSimilarity, tolerance: float) -> IndicatorMatch:
    alike = [(similarity(demand.indicator.name, claim.indicator.name), claim) for claim in claims]
    floor = max(SAME_NAME, max((value for value, _ in alike), default=0.0) - 0.1)
    best = IndicatorMatch(demand, None, 0.0, UNKNOWN)
    for value, claim in alike:
        if value < floor:
            continue
        candidate = IndicatorMatch(demand, claim, value, compare(demand.indicator, claim.indicator, tolerance))
        if best.claim is None or _order(candidate) > _order(best):
            best = candidate
    return best


def _order(match: IndicatorMatch) -> tuple[int, float, float]:
    shortfall = match.outcome.shortfall
    return _RANK[match.outcome.verdict], -shortfall if shortfall is not None else -math.inf, match.similarity


def _units(demand: Indicator, claim: Indicator) -> tuple[Unit, Unit] | None:
    """Return the units of both sides if values in them can be compared; unknown units only if they are the same words."""
    mine, yours = parse_unit(demand.unit), parse_unit(claim.unit)
    if mine is None or yours is None:
        return (PLAIN, PLAIN) if same_words(demand.unit, claim.unit) else None
    return (mine, yours) if comparable(mine, yours) else None


def _complete(indicator: Indicator) -> bool:
    values = [indicator.value] + ([indicator.value_high] if indicator.comparator in ("range", "pm") else [])
    return all(value is not None and math.isfinite(value) for value in values)


def _is_tolerance(indicator: Indicator) -> bool:
    return indicator.comparator == "pm" and indicator.value == 0


def _in_base(indicator: Indicator, unit: Unit, difference: bool) -> Indicator:
    """Return the indicator with its values in base units; a half width is always a difference."""
    value = unit.to_base(indicator.value or 0.0, difference=difference)
    high = unit.to_base(indicator.value_high or 0.0, difference=difference or indicator.comparator == "pm")
    return Indicator(indicator.name, indicator.comparator, value, high, unit.dimension)


def _directed(mine: Indicator, demand: Indicator) -> Indicator:
    """Return a plain demand (精度 0.01 mm, 效率 95 %) as the bound it means, where one side of the value is better."""
    if mine.comparator != "eq":
        return mine
    direction = polarity(demand.name, demand.unit, demand.value)
    code = {1: "ge", -1: "le", 0: "eq"}[direction]
    return Indicator(mine.name, code, mine.value, None, mine.unit)


def _ends(indicator: Indicator) -> tuple[float, float]:
    return indicator.value or 0.0, indicator.value_high or 0.0


def _set_of(indicator: Indicator) -> _Interval:
    value, high = _ends(indicator)
    match indicator.comparator:
        case "ge" | "gt":
            return _Interval(value, math.inf, low_open=indicator.comparator == "gt")
        case "le" | "lt":
            return _Interval(-math.inf, value, high_open=indicator.comparator == "lt")
        case "range":
            return _Interval(min(value, high), max(value, high))
        case "pm":
            return _Interval(value - abs(high), value + abs(high))
        case _:
            return _Interval(value, value)


_UPWARD, _DOWNWARD = frozenset({"ge", "gt"}), frozenset({"le", "lt"})


def _claimed(demand: Indicator, claim: Indicator) -> _Interval:
    """Return the claimed set: the bound itself where demand and claim point the same way, the centre of pm against eq."""
    value, _ = _ends(claim)
    codes = {demand.comparator, claim.comparator}
    if codes <= _UPWARD:
        return _Interval(value, value, low_open=claim.comparator == "gt", high_open=False)
    if codes <= _DOWNWARD:
        return _Interval(value, value, high_open=claim.comparator == "lt")
    if claim.comparator == "pm" and demand.comparator == "eq":
        return _Interval(value, value)
    return _set_of(claim)


def _compare_magnitudes(demand: Indicator, claim: Indicator, tolerance: float) -> Outcome:
    """Compare where one side is ±h: by size. A demand for less, or a tolerance, wants less; 量程 ±10 g wants more."""
    mine, yours = _magnitude(demand), _magnitude(claim)
    wants_more = demand.comparator in _UPWARD or (demand.comparator != "le" and is_span(demand.name))
    if claim.comparator in (_DOWNWARD if wants_more else _UPWARD):
        return UNKNOWN
    if wants_more and not is_span(demand.name):
        return UNKNOWN
    wanted = _Interval(mine, math.inf) if wants_more else _Interval(-math.inf, mine)
    return _compare_sets(wanted, _Interval(yours, yours), tolerance, celsius=False)


def _magnitude(indicator: Indicator) -> float:
    value, high = _ends(indicator)
    match indicator.comparator:
        case "pm" | "range":
            return (
                max(abs(value + high), abs(value - high))
                if indicator.comparator == "pm"
                else max(abs(value), abs(high))
            )
        case _:
            return abs(value)


def _compare_spans(demand: Indicator, claim: Indicator, tolerance: float, celsius: bool) -> Outcome:
    """Compare a claimed span: it covers a demanded one, or reaches a demanded value."""
    reach, wanted = _set_of(claim), _set_of(demand)
    low = reach.low if demand.comparator not in _UPWARD else -math.inf
    high = reach.high if demand.comparator not in _DOWNWARD else math.inf
    if demand.comparator in _UPWARD:
        wanted = _Interval(wanted.low, wanted.low)
    if demand.comparator in _DOWNWARD:
        wanted = _Interval(wanted.high, wanted.high)
    outcome = _compare_sets(_Interval(low, high), wanted, tolerance, celsius)
    if outcome is not UNKNOWN:
        return outcome
    # A span that ends too early falls short by what it does not cover, even if it covers most.
    width = high - low
    return Outcome(
        "not_met", max(_relative(wanted.low, low, width, celsius), _relative(-wanted.high, -high, width, celsius))
    )


def _compare_sets(wanted: _Interval, claimed: _Interval, tolerance: float, celsius: bool) -> Outcome:
    """Return the outcome of a claimed set against a wanted one."""
    finite = [abs(end) for end in (wanted.low, wanted.high, claimed.low, claimed.high) if math.isfinite(end)]
    slack = _ROUNDING * max(finite, default=0.0)
    if claimed.within(wanted, slack):
        return Outcome("met", 0.0)
    width = wanted.high - wanted.low
    shortfall = max(
        _relative(claimed.low, wanted.low, width, celsius), _relative(-claimed.high, -wanted.high, width, celsius)
    )
    if shortfall <= tolerance:
        return Outcome("nearly", shortfall)
    apart = claimed.low > wanted.high + slack or claimed.high < wanted.low - slack
    if apart or claimed.low == claimed.high:
        nearest = shortfall if math.isfinite(shortfall) else _gap(wanted, claimed, width, celsius)
        return Outcome("not_met", nearest)
    return UNKNOWN


def _gap(wanted: _Interval, claimed: _Interval, width: float, celsius: bool) -> float:
    """Return the relative distance between two intervals that do not meet."""
    if claimed.low > wanted.high:
        return _relative(-claimed.low, -wanted.high, width, celsius)
    return _relative(claimed.high, wanted.low, width, celsius)


def _relative(value: float, bound: float, width: float, celsius: bool) -> float:
    """Return how far a value falls below a lower bound, 0 when it does not; upper bounds are given negated."""
    if value >= bound:
        return 0.0
    if not math.isfinite(bound - value):
        return math.inf
    scale = max(abs(value), abs(bound))
    if celsius:
        offset = math.copysign(_KELVIN, bound if bound else value)
        scale = min(scale, max(abs(value - offset), abs(bound - offset)))
    if 0 < width < scale:
        scale = width
    return (bound - value) / scale if scale else math.inf


def _reaches(value: float, value_open: bool, bound: float, bound_open: bool, slack: float) -> bool:
    """Tell whether a lower end respects a lower bound; an excluded bound asks for more, or for an excluded end."""
    if bound == -math.inf:
        return True
    if bound_open and not value_open:
        return value > bound + slack
    return value >= bound - slack
