"""What a bid commits to for each indicator of the project, and how that compares with what is demanded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matcher.core.errors import Problem
from matcher.core.fields import Unreadable, clean_text
from matcher.core.labels import Label
from matcher.core.rows import IndicatorRow, check_indicator
from matcher.engine.comparison import compare
from matcher.engine.items import Indicator
from matcher.projects.bids.model import Bid, BidCommitment
from matcher.projects.setup.model import Project, ProjectIndicator

VERDICT_LABELS = {
    "met": Label("达到要求", "Meets the demand"),
    "nearly": Label("略低于要求", "Slightly weaker than demanded"),
    "not_met": Label("低于要求", "Weaker than demanded"),
    "unknown": Label("由评审判断", "For the review to judge"),
    "": Label("未承诺", "No commitment"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a demand of the project, what the bid commits to (None: nothing yet) and the verdict on it."""

    demand: ProjectIndicator
    commitment: BidCommitment | None
    verdict: str

    @property
    def name(self) -> str:
        """Return the name of the indicator."""
        return self.demand.name

    @property
    def label(self) -> Label:
        """Return the verdict in words."""
        return VERDICT_LABELS[self.verdict]

    @property
    def is_weaker(self) -> bool:
        """Say whether less is committed than demanded."""
        return self.verdict in {"nearly", "not_met"}


def prefilled(project: Project) -> list[BidCommitment]:
    """Return a commitment for each indicator that starts from the demand itself."""
    return [
        BidCommitment(indicator_id=one.id, **(one.row().to_json() | {"position": place, "text": ""}))
        if one.comparator != "text"
        else BidCommitment(indicator_id=one.id, **(one.row().to_json() | {"position": place}))
        for place, one in enumerate(project.indicator_rows)
    ]


def rows(bid: Bid, project: Project) -> list[Row]:
    """Return the indicators of a project beside what a bid commits to."""
    made = {one.indicator_id: one for one in bid.commitments}
    return [_row(demand, made.get(demand.id)) for demand in project.indicator_rows]


def _row(demand: ProjectIndicator, made: BidCommitment | None) -> Row:
    if made is None or (made.value is None if made.comparator != "text" else not made.text):
        return Row(demand, None, "")
    return Row(demand, made, compare(_engine(demand.row()), _engine(made.row())).verdict)


def _engine(row: IndicatorRow) -> Indicator:
    return Indicator(row.name, row.comparator, row.value, row.value_high, row.unit, row.text)


def write(bid: Bid, given: Mapping[int, Mapping[str, Any]]) -> list[Problem]:
    """Write what was typed, by the id of the indicator; a value that cannot be read leaves the old one and is a problem.

    An emptied value takes the commitment back.
    """
    problems: list[Problem] = []
    for one in list(bid.commitments):
        typed = given.get(one.indicator_id or 0)
        if typed is None:
            continue
        text = clean_text(typed.get("text") or "")[:400]
        if not clean_text(typed.get("value") or "") and (one.comparator != "text" or not text):
            one.value, one.value_high, one.text = None, None, text
            continue
        try:
            row = check_indicator(one.name, one.comparator, typed.get("value"), typed.get("value_high"), one.unit, text)
        except Unreadable as error:
            problems.append(Problem("commitments", error.message))
            continue
        one.value, one.value_high, one.text = row.value, row.value_high, row.text
    return problems
