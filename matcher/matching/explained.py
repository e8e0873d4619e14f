"""Why two sides fit, put in order for a page: from the stored explanation to what speaks for, against, and what to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcher.core.labels import Label
from matcher.engine.evidence import Explanation, FactRow, Gap, IndicatorRow
from matcher.matching import explain_labels as labels
from matcher.matching.model import Pairing

NAMED = 4  # indicators named in one question


@dataclass(frozen=True, slots=True)
class Question:
    """Hold what is missing and what to ask, of the side `whom` ("need" or "offer")."""

    whom: str
    missing: Label
    text: Label


@dataclass(frozen=True, slots=True)
class Reasons:
    """Hold the reasons of one pairing."""

    promise: Label
    explanation: Explanation
    facts: tuple[FactRow, ...]
    questions: tuple[Question, ...]

    @property
    def verdicts(self) -> dict[str, int]:
        """Count the indicators by verdict, in the order met, nearly, not met, unknown; those that occur only."""
        rows = [row.verdict for row in self.explanation.indicators]
        return {code: rows.count(code) for code in labels.VERDICT_LABELS if code in rows}


def explanation_of(pairing: Pairing) -> Explanation:
    """Return the stored explanation; an empty one where there is none, or one of another version, until it is made again."""
    try:
        return Explanation.from_dict(pairing.explanation)
    except ValueError:
        return Explanation()


def _listed(names: Sequence[str]) -> Label:
    """Name a few of several indicators, and how many there are."""
    if len(names) <= NAMED:
        return Label("、".join(names), ", ".join(names))
    first = names[:NAMED]
    return Label(f"{'、'.join(first)}等 {len(names)} 项", f"{', '.join(first)} and {len(names) - NAMED} more")


def _with_demand(name: str, demands: Mapping[str, str]) -> str:
    """Name an indicator with what the need asks of it, so that the question can be answered as it stands."""
    demand = demands.get(name, "").removeprefix(name).strip()
    return f"{name} {demand}".strip()


def _questions(gaps: tuple[Gap, ...], rows: Sequence[IndicatorRow]) -> tuple[Question, ...]:
    """Return one question a kind of gap: the indicators that lack the same are asked for together."""
    demands = {row.name: row.demand for row in rows}
    about: dict[str, list[str]] = {}
    for gap in gaps:
        about.setdefault(gap.code, []).append(gap.about)
    found = []
    for code, names in about.items():
        if code in labels.QUESTIONS:
            whom, text = labels.QUESTIONS[code]
            asked = _listed([_with_demand(name, demands) for name in names])
            missing = labels.GAP_LABELS[code].format(about=_listed(names))
            found.append(Question(whom, missing, text.format(about=asked)))
    return tuple(found)


def _order(fact: FactRow) -> tuple[bool, int]:
    """What speaks against a pairing comes first, then the facts in the order of their labels."""
    place = list(labels.FACT_LABELS).index(fact.code) if fact.code in labels.FACT_LABELS else len(labels.FACT_LABELS)
    return fact.agreement >= 0, place


def reasons(pairing: Pairing) -> Reasons:
    """Return the reasons of a pairing."""
    explanation = explanation_of(pairing)
    facts = tuple(sorted(explanation.facts, key=_order))
    return Reasons(
        labels.promise(pairing.score), explanation, facts, _questions(explanation.missing, explanation.indicators)
    )
