"""Spreads offers over a batch of needs, and the work over brokers, with CP-SAT; pure, no database.

A transportation problem with side constraints: each need gets up to `per_need` offers, no team more than `per_team` needs,
no institution more than its share. A need's first offer counts as much as the best possible match, so that every need that
can get one does; the first of an institution counts a little.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

from ortools.sat.python import cp_model

FIRST_OFFER, FIRST_OF_INSTITUTION = 1000, 100
SEED, WORK = 20261123, 10.0  # CP-SAT's deterministic seconds


class Binding(StrEnum):
    """Name what keeps a need from more offers."""

    NO_OFFER = "no_offer"
    FEW_OFFERS = "few_offers"
    TEAM_FULL = "team_full"
    INSTITUTION_FULL = "institution_full"
    LESS_VALUE = "less_value"


@dataclass(frozen=True, slots=True)
class Option:
    """A pairing that might be chosen: `value` 0 to 1000; `team` and `institution` are what is limited."""

    pairing: int
    need: int
    team: str
    institution: int
    value: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold the parameters; `share` is the most that one institution gets of all places, 0 to 1."""

    per_need: int = 3
    per_team: int = 2
    share: float = 0.3

    def per_institution(self, needs: int) -> int:
        """Return how many places an institution gets at most, one at the least."""
        return max(1, ceil(self.share * self.per_need * needs))


@dataclass(frozen=True, slots=True)
class Spread:
    """Hold what was chosen, and for each need that got too little what binds: code and the names that are full."""

    chosen: tuple[Option, ...]
    reasons: Mapping[int, list[tuple[Binding, list[str]]]] = field(default_factory=dict)
    value: int = 0
    bound: int = 0


def spread(
    needs: Sequence[int], options: Sequence[Option], limits: Limits, busy: Mapping[str, int] | None = None
) -> Spread:
    """Choose the offers of each need; `busy` counts the needs that teams work on already. The same input, the same answer."""
    at_work = busy or {}
    model = cp_model.CpModel()
    picked = {option: model.new_bool_var("") for option in options}
    most = limits.per_institution(len(needs))
    _limit(model, picked, lambda one: one.need, lambda _: limits.per_need)
    _limit(model, picked, lambda one: one.team, lambda team: max(0, limits.per_team - at_work.get(str(team), 0)))
    _limit(model, picked, lambda one: one.institution, lambda _: most)
    worth: list[cp_model.LinearExprT] = [one * option.value for option, one in picked.items()]
    for bonus, key in ((FIRST_OFFER, "need"), (FIRST_OF_INSTITUTION, "institution")):
        for found in _grouped(picked, lambda one, key=key: getattr(one, key)).values():  # type: ignore[misc]
            first = model.new_bool_var("")
            model.add(first <= sum(found))
            worth.append(first * bonus)
    model.maximize(sum(worth))
    solver = _solver()
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Spread(())
    chosen = tuple(option for option, one in picked.items() if solver.value(one))
    reasons = _reasons(needs, options, chosen, limits, at_work)
    return Spread(chosen, reasons, int(solver.objective_value), int(solver.best_objective_bound + 1e-6))


def _solver() -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = WORK
    return solver


def _grouped(
    picked: Mapping[Option, cp_model.IntVar], key: Callable[[Option], object]
) -> dict[object, list[cp_model.IntVar]]:
    groups: dict[object, list[cp_model.IntVar]] = defaultdict(list)
    for option, one in picked.items():
        groups[key(option)].append(one)
    return groups


def _limit(
    model: cp_model.CpModel,
    picked: Mapping[Option, cp_model.IntVar],
    key: Callable[[Option], object],
    most: Callable[[object], int],
) -> None:
    for name, found in _grouped(picked, key).items():
        model.add(sum(found) <= most(name))


def _reasons(
    needs: Sequence[int],
    options: Sequence[Option],
    chosen: Collection[Option],
    limits: Limits,
    busy: Mapping[str, int],
) -> dict[int, list[tuple[Binding, list[str]]]]:
    teams = Counter(one.team for one in chosen)
    institutions = Counter(one.institution for one in chosen)
    most = limits.per_institution(len(needs))
    found: dict[int, list[tuple[Binding, list[str]]]] = {}
    for need in needs:
        mine = [one for one in options if one.need == need]
        got = [one for one in chosen if one.need == need]
        if len(got) < limits.per_need:
            left = [one for one in mine if one not in got]
            full = sorted({one.team for one in left if teams[one.team] + busy.get(one.team, 0) >= limits.per_team})
            capped = sorted({str(one.institution) for one in left if institutions[one.institution] >= most})
            found[need] = _binding(len(mine), limits.per_need, full, capped)
    return found


def _binding(options: int, wanted: int, full: list[str], capped: list[str]) -> list[tuple[Binding, list[str]]]:
    if not options:
        return [(Binding.NO_OFFER, [])]
    found = [(Binding.FEW_OFFERS, [])] if options < wanted else list[tuple[Binding, list[str]]]()
    found += [(Binding.TEAM_FULL, full)] if full else []
    found += [(Binding.INSTITUTION_FULL, capped)] if capped else []
    return found or [(Binding.LESS_VALUE, [])]


@dataclass(frozen=True, slots=True)
class Worker:
    """A broker with how many pairings they look after, and how often they judged needs of each field."""

    id: int
    load: int
    fields: Mapping[str, int] = field(default_factory=dict)


def share_out(
    needs: Mapping[int, tuple[int, Sequence[str]]], workers: Sequence[Worker], kept: Mapping[int, int]
) -> dict[int, int]:
    """Give each need (its number of pairings and its fields) to a broker: even work first, then who knows the field.

    `kept` are the needs that have a broker; they keep them.
    """
    if not workers:
        return dict(kept)
    model = cp_model.CpModel()
    at = {(need, one.id): model.new_bool_var("") for need in needs for one in workers}
    knows: list[cp_model.LinearExprT] = []
    for need, (_, codes) in needs.items():
        model.add_exactly_one(at[need, one.id] for one in workers)
        if need in kept and (need, kept[need]) in at:
            model.add(at[need, kept[need]] == 1)
        knows += [at[need, one.id] * min(10, sum(one.fields.get(code, 0) for code in codes)) for one in workers]
    top = model.new_int_var(0, 100_000, "")
    for one in workers:
        model.add(one.load + sum(at[need, one.id] * count for need, (count, _) in needs.items()) <= top)
    model.minimize(20 * top - cp_model.LinearExpr.sum(knows))
    solver = _solver()
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return dict(kept)
    return {need: worker for (need, worker), one in at.items() if solver.value(one)}


def totals(chosen: Iterable[Option]) -> dict[str, int]:
    """Return how many needs, teams and institutions a choice brings together."""
    found = tuple(chosen)
    return {
        "pairings": len(found),
        "needs": len({one.need for one in found}),
        "teams": len({one.team for one in found}),
        "institutions": len({one.institution for one in found}),
    }
