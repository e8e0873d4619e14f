"""What a panel says: means over the sheets that were handed in, by criterion, and how far experts differ."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean, median, pstdev
from typing import Any

from sqlalchemy import select

from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.experts import panels
from matcher.projects.experts.model import Panel, ScoreSheet, Seat
from matcher.projects.lifecycle import SeatState

VERDICTS = {
    "yes": Label("同意", "Yes"),
    "with_changes": Label("修改后同意", "With changes"),
    "no": Label("不同意", "No"),
}
#: A total this far from the middle one is pointed out.
OUTLIER = 15.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Hold one expert's sheet: its weighted total, and whether it lies far from what the others say."""

    seat_id: int
    expert_id: int
    total: float
    scores: Mapping[str, int]
    verdict: str
    comment: str
    is_outlier: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what a panel says of one subject; totals and criteria are means of 0 to 100."""

    total: float
    by_criterion: Mapping[str, float]
    sheets: int
    verdicts: Counter[str]
    comments: Sequence[str]
    spread: float = 0.0
    marks: Sequence[Mark] = field(default=())


def weighted(criteria: Sequence[Mapping[str, Any]], scores: Mapping[str, int]) -> float:
    """Return the mean of scores 0 to 100 by the weights of their criteria."""
    weights = sum(float(one["weight"]) for one in criteria)
    return sum(float(one["weight"]) * scores.get(str(one["name"]), 0) for one in criteria) / weights if weights else 0.0


def results(uow: UnitOfWork, panel: Panel) -> dict[int | None, Result]:
    """Return the result of every subject with a sheet that counts, by bid id; None stands for the project."""
    query = (
        select(ScoreSheet, Seat.expert_id)
        .join(Seat, Seat.id == ScoreSheet.seat_id)
        .where(
            Seat.panel_id == panel.id,
            # Who recused or was taken off does not count, whatever they had written.
            Seat.state == SeatState.ACCEPTED,
            ScoreSheet.submitted_at.is_not(None),
        )
        .order_by(ScoreSheet.id)
    )
    found: dict[int | None, list[Mark]] = {}
    for sheet, expert_id in uow.session.execute(query):
        total = weighted(panel.criteria, sheet.scores)
        mark = Mark(sheet.seat_id, expert_id, total, sheet.scores, sheet.verdict, sheet.comment)
        found.setdefault(sheet.bid_id, []).append(mark)
    return {bid_id: _result(panel, marks) for bid_id, marks in found.items()}


def _result(panel: Panel, marks: list[Mark]) -> Result:
    totals = [mark.total for mark in marks]
    middle = median(totals)
    names = [str(one["name"]) for one in panel.criteria]
    return Result(
        total=mean(totals),
        by_criterion={name: mean(mark.scores.get(name, 0) for mark in marks) for name in names},
        sheets=len(marks),
        verdicts=Counter(mark.verdict for mark in marks),
        comments=tuple(mark.comment for mark in marks if mark.comment),
        spread=pstdev(totals) if len(totals) > 1 else 0.0,
        marks=tuple(replace(mark, is_outlier=_is_apart(mark.total, totals, middle)) for mark in marks),
    )


def _is_apart(total: float, totals: Sequence[float], middle: float) -> bool:
    """Say whether a sheet lies far from the middle; of two experts who differ neither is the odd one."""
    return len(totals) > 2 and abs(total - middle) >= OUTLIER


def is_complete(uow: UnitOfWork, panel: Panel) -> bool:
    """Say whether every subject has the least number of sheets that the panel needs; without subjects it is not."""
    wanted, found = panels.subject_ids(uow, panel), results(uow, panel)
    return bool(wanted) and all(one in found and found[one].sheets >= panel.least for one in wanted)
