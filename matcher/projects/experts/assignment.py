"""A balanced assignment of experts to panels: suitable people, evenly loaded, at most one of an organisation on a panel.

Pure: knows no database. The integer programme is solved by HiGHS through SciPy; the same input gives the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from matcher.core.labels import Label

SHORT = 100.0  # what an empty place costs: more than any suitability
BUSY = 0.15  # what each panel that an expert already sits on takes off
_TIE = 1e-6


class Limit(StrEnum):
    """Name what keeps a panel from being filled."""

    PEOPLE = "people"
    ORGANISATION = "organisation"
    LOAD = "load"
    TOGETHER = "together"


LIMIT_LABELS = {
    Limit.PEOPLE: Label(
        "领域相近又没有利益冲突的专家不够，请在专家库中补充，或自行挑选其他专家。",
        "Too few experts are close to the field and free of conflicts; add some to the register, or choose others by hand.",
    ),
    Limit.ORGANISATION: Label(
        "每个机构只能有一位专家，其余机构的人选不够。", "One expert of an organisation at most: others have too few."
    ),
    Limit.LOAD: Label(
        "合适的专家同时参加的评审已到上限。", "Those who could come have as many reviews as they take at a time."
    ),
    Limit.TOGETHER: Label(
        "机构和负荷两项限制合起来，人选不够。", "The limits on organisations and load leave too few together."
    ),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold an expert for the assignment: their organisation, how many panels they sit on, how many they take."""

    id: int
    organisation: int | None
    load: int
    most: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Hold a panel for the assignment: how many are wanted, how suitable each may be (who must not is left out), who sits already."""

    id: int
    places: int
    suitability: Mapping[int, float]
    organisations: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold who is proposed for each panel, best first, and what binds where places stay empty."""

    chosen: Mapping[int, tuple[int, ...]]
    limits: Mapping[int, Limit] = field(default_factory=dict)


def balance(panels: Sequence[Wanted], candidates: Sequence[Candidate]) -> Plan:
    """Return the best assignment, and for each panel that is not filled the limit that binds."""
    chosen = _solve(panels, candidates)
    short = [panel for panel in panels if len(chosen[panel.id]) < panel.places]
    return Plan(chosen, {panel.id: _binding(panel, panels, candidates) for panel in short})


def _binding(panel: Wanted, panels: Sequence[Wanted], candidates: Sequence[Candidate]) -> Limit:
    """Find the one limit whose absence would fill a panel."""
    if sum(one.id in panel.suitability for one in candidates) < panel.places:
        return Limit.PEOPLE
    apart = [replace(one, organisation=None) for one in candidates]
    if len(_solve(panels, apart)[panel.id]) >= panel.places:
        return Limit.ORGANISATION
    free = [replace(one, most=one.load + len(panels)) for one in candidates]
    return Limit.LOAD if len(_solve(panels, free)[panel.id]) >= panel.places else Limit.TOGETHER


def _solve(panels: Sequence[Wanted], candidates: Sequence[Candidate]) -> dict[int, tuple[int, ...]]:
    order = sorted(candidates, key=lambda one: one.id)
    pairs = [(p, c) for p, panel in enumerate(panels) for c, one in enumerate(order) if _may(panel, one)]
    if not pairs:
        return {panel.id: () for panel in panels}
    picked = _optimum(panels, order, pairs)
    return {
        panel.id: tuple(
            sorted((order[c].id for p_, c in picked if p_ == p), key=lambda id_: (-panel.suitability[id_], id_))
        )
        for p, panel in enumerate(panels)
    }


def _may(panel: Wanted, one: Candidate) -> bool:
    taken = one.organisation is not None and one.organisation in panel.organisations
    return one.id in panel.suitability and not taken and one.load < one.most


def _limits(
    panels: Sequence[Wanted], order: Sequence[Candidate], pairs: Sequence[tuple[int, int]]
) -> tuple[npt.NDArray[np.float64], list[tuple[float, float]]]:
    """Return the rows of the constraints over all unknowns, each with its least and most."""
    count, short, extra = len(pairs), len(panels), len(order)
    rows: list[npt.NDArray[np.float64]] = []
    limits: list[tuple[float, float]] = []

    def constrain(
        members: Sequence[int], least: float, most: float, *, more: int | None = None, by: float = 1.0
    ) -> None:
        row = np.zeros(count + short + extra)
        row[list(members)] = 1
        if more is not None:
            row[more] = by
        rows.append(row)
        limits.append((least, most))

    for p, panel in enumerate(panels):
        mine = [at for at, (p_, _) in enumerate(pairs) if p_ == p]
        constrain(mine, panel.places, panel.places, more=count + p)
        for organisation in sorted({o for _, c in pairs if (o := order[c].organisation) is not None}):
            constrain([at for at in mine if order[pairs[at][1]].organisation == organisation], 0, 1)
    for c, one in enumerate(order):
        theirs = [at for at, (_, c_) in enumerate(pairs) if c_ == c]
        constrain(theirs, 0, one.most - one.load)
        constrain(theirs, -np.inf, 1, more=count + short + c, by=-1.0)
    return np.array(rows), limits


def _optimum(
    panels: Sequence[Wanted], order: Sequence[Candidate], pairs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Solve for x (who sits where), the empty places of each panel, and how many panels an expert gets beyond the first."""
    count, short, extra = len(pairs), len(panels), len(order)
    cost = np.concatenate(
        [
            [BUSY * order[c].load - panels[p].suitability[order[c].id] + _TIE * c for p, c in pairs],
            np.full(short, SHORT),
            np.full(extra, BUSY),
        ]
    )
    rows, limits = _limits(panels, order, pairs)
    upper = np.concatenate([np.ones(count), [panel.places for panel in panels], np.full(extra, float(short))])
    whole = np.concatenate([np.ones(count + short), np.zeros(extra)])
    found = milp(
        cost,
        integrality=whole,
        bounds=Bounds(0, upper),
        constraints=LinearConstraint(rows, *zip(*limits, strict=True)),
    )
    assert found.x is not None, "places may stay empty, so that there is always an answer"
    return [pair for pair, value in zip(pairs, found.x[:count], strict=True) if value > 0.5]
