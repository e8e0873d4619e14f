"""Why two sides fit, put in order for a page: from the stored explanation to what speaks for, against, and what to ask."""

from dataclasses import dataclass

from matcher.core.labels import Label
from matcher.engine.evidence import Explanation, FactRow, Gap
from matcher.matching import explain_labels as labels
from matcher.matching.model import Pairing


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
    questions: tuple[Question, ...]

    @property
    def verdicts(self) -> dict[str, int]:
        """Count the indicators by verdict, in the order met, nearly, not met, unknown; those that occur only."""
        rows = [row.verdict for row in self.explanation.indicators]
        return {code: rows.count(code) for code in labels.VERDICT_LABELS if code in rows}

    @property
    def fits(self) -> tuple[FactRow, ...]:
        """Return the stated facts that speak for the pairing."""
        return self.explanation.agreements

    @property
    def clashes(self) -> tuple[FactRow, ...]:
        """Return the stated facts that speak against it."""
        return self.explanation.conflicts


def explanation_of(pairing: Pairing) -> Explanation:
    """Return the stored explanation; an empty one where there is none, or one of another version, until it is made again."""
    try:
        return Explanation.from_dict(pairing.explanation)
    except ValueError:
        return Explanation()


def _question(gap: Gap) -> Question:
    whom, text = labels.QUESTIONS[gap.code]
    return Question(whom, labels.GAP_LABELS[gap.code].format(about=gap.about), text.format(about=gap.about))


def reasons(pairing: Pairing) -> Reasons:
    """Return the reasons of a pairing."""
    explanation = explanation_of(pairing)
    questions = tuple(_question(gap) for gap in explanation.missing if gap.code in labels.QUESTIONS)
    return Reasons(labels.promise(pairing.score), explanation, questions)
