"""Values against indicators: what teams report at gates and measure at acceptance, read and compared in one way."""

from collections.abc import Mapping, Sequence
from typing import Any

from matcher.core.errors import Problem
from matcher.core.fields import Unreadable
from matcher.core.labels import Label
from matcher.core.rows import IndicatorRow, check_indicator
from matcher.engine.comparison import compare
from matcher.engine.items import Indicator

OUTCOMES = {
    "met": Label("达到", "Met"),
    "nearly": Label("接近", "Nearly"),
    "not_met": Label("未达到", "Not met"),
    "unknown": Label("待专家判断", "For the experts"),
}
NOT_MEASURED = Label("请填写“{name}”的实测值或说明。", "Give the measured value of “{name}”, or say what was found.")


def read_values(
    demands: Sequence[IndicatorRow], given: Sequence[Mapping[str, str]], *, needed: bool
) -> tuple[dict[int, IndicatorRow], list[Problem]]:
    """Read a value or words for each demand in order; returns them by place, with what is wrong (fields `measured-0` …).

    With `needed` every demand must have one.
    """
    rows, problems = dict[int, IndicatorRow](), list[Problem]()
    for place, demand in enumerate(demands):
        one = given[place] if place < len(given) else {}
        value, text = one.get("value", "").strip(), one.get("text", "").strip()[:400]
        if not value and not text:
            problems += [Problem(f"measured-{place}", NOT_MEASURED.format(name=demand.name))] if needed else []
            continue
        try:
            rows[place] = check_indicator(demand.name, "eq" if value else "text", value, None, demand.unit, text)
        except Unreadable as error:
            problems.append(Problem(f"measured-{place}", error.message))
    return rows, problems


def verdict(demand: IndicatorRow | None, value: IndicatorRow | None) -> str:
    """Say whether a value meets a demand: a key of `OUTCOMES`."""
    if demand is None or value is None:
        return "unknown"
    return compare(_engine(demand), _engine(value)).verdict


def _engine(row: IndicatorRow) -> Indicator:
    return Indicator(row.name, row.comparator, row.value, row.value_high, row.unit, row.text)


def demands_of(content: Mapping[str, Any]) -> list[IndicatorRow]:
    """Return the demands of a task book in their order, as they stand after approved changes."""
    return [IndicatorRow(**one["demand"]) for one in content["indicators"]]
