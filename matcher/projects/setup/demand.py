"""The demand index where projects are decided: of a project's needs, and against everything else that is asked for now."""

from collections.abc import Collection
from dataclasses import dataclass
from statistics import median

from sqlalchemy import select

from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import OPEN_STATES, Need
from matcher.projects.setup.model import Project
from matcher.projects.topics import demand
from matcher.projects.topics.demand_index import index_of
from matcher.projects.topics.queries import members


@dataclass(frozen=True, slots=True)
class Demand:
    """Hold the index of some needs (0 to 100) with its parts, and where it stands among what is asked for now.

    `median` is that of all open common problems and of the open needs that stand alone; `higher` counts those above.
    """

    index: float
    parts: dict[str, float]
    shares: dict[str, float]
    median: float
    higher: int
    total: int

    @property
    def is_low(self) -> bool:
        """Say whether setting this up goes against the index: more than half of what is asked for stands above it."""
        return self.total > 0 and self.index < self.median

    @property
    def is_high(self) -> bool:
        """Say whether giving this up goes against the index."""
        return self.total > 0 and self.index >= self.median


def need_ids(project: Project) -> list[int]:
    """Return the needs that a project answers."""
    return sorted(row.need_id for row in project.need_rows)


def demand_of(uow: UnitOfWork, needs: Collection[int]) -> Demand | None:
    """Return the demand index of needs by the weights in force, and its place; None for a project without a need."""
    if not needs:
        return None
    weights = demand.weights(uow)
    parts = demand.parts(uow, {0: needs})[0]
    index = index_of(parts, weights)
    all_parts = demand.parts(uow, _open_groups(uow))
    others = [index_of(one, weights) for one in all_parts.values()]
    higher = sum(round(one, 6) > round(index, 6) for one in others)
    return Demand(index, parts, demand.shares(weights), median(others) if others else 0.0, higher, len(others))


def _open_groups(uow: UnitOfWork) -> dict[int, list[int]]:
    """Return the needs of every open common problem, and every open need alone that belongs to none (below 0)."""
    groups = {key: needs for key, needs in members(uow).items() if needs}
    inside = {need for needs in groups.values() for need in needs}
    alone = uow.session.scalars(select(Need.id).where(Need.state.in_(OPEN_STATES)))
    return groups | {-need: [need] for need in alone if need not in inside}
