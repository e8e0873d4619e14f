"""Gives the meetings of each slot their tables: enough seats, as few changes and as little walking as possible."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from matcher.events.timetable import Pair, Placed, Problem

IMPOSSIBLE = 1e9
OTHER_TABLE = 1000.0  # an announced meeting at another table than announced
WALK = 10.0  # somebody sits at another table than at their other meetings
SPARE_SEAT = 0.01  # large tables are left for those who need them


def seat(problem: Problem, slots: Mapping[Pair, int]) -> tuple[Placed, ...]:
    """Return the meetings with their tables, in the order of slots and tables.

    Whoever has the most meetings on the demand side stays at one table where that is possible.
    """
    home: dict[int, int] = {}
    found: list[Placed] = []
    meetings = Counter(pair[0] for pair in slots)
    for slot in sorted(set(slots.values())):
        pairs = sorted((pair for pair, at in slots.items() if at == slot), key=lambda one: (-meetings[one[0]], one))
        for pair, table in zip(pairs, _assign(problem, pairs, slot, home), strict=True):
            home.setdefault(pair[0], table)
            found.append(Placed(*pair, slot, table, pinned=pair in problem.pinned))
    return tuple(sorted(found, key=lambda one: (one.slot, one.table)))


def _assign(problem: Problem, pairs: Sequence[Pair], slot: int, home: Mapping[int, int]) -> list[int]:
    taken = set(home.values())
    cost = np.array(
        [[_cost(problem, pair, slot, table, home, taken) for table in range(len(problem.seats))] for pair in pairs]
    )
    rows, columns = linear_sum_assignment(cost)
    return [int(column) for _, column in sorted(zip(rows, columns, strict=True))]


def _cost(problem: Problem, pair: Pair, slot: int, table: int, home: Mapping[int, int], taken: set[int]) -> float:
    spare = problem.seats[table] - problem.people(pair)
    announced = problem.announced.get(pair)
    if announced and announced.pinned:
        return 0.0 if table == announced.table else IMPOSSIBLE
    if spare < 0:
        return IMPOSSIBLE
    if announced and announced.slot == slot:
        return 0.0 if table == announced.table else OTHER_TABLE
    # Whoever has no table yet takes one that nobody else calls theirs.
    walk = home[pair[0]] != table if pair[0] in home else table in taken
    return WALK * walk + SPARE_SEAT * spare + 1e-6 * table
