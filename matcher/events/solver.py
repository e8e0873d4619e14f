"""Finds timetables with CP-SAT: first which meetings, which gives the upper bound, then when and at which table.

Choosing who meets whom is a b-matching (how many meetings each may have, how many tables there are in all); its optimum
bounds every timetable from above. Without absences a bipartite graph whose degrees do not exceed the number of slots can
always be spread evenly over the slots (de Werra 1971: equitable edge colouring), so that the second step rarely loses
anything; what it cannot place it exchanges for the next best. Both steps are deterministic: one worker, a fixed seed,
limits in the solver's own units of work.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ortools.sat.python import cp_model

from matcher.events.tables import seat
from matcher.events.timetable import (
    DROPPED,
    MOVED,
    Pair,
    Problem,
    Timetable,
    bonuses,
    score,
)

SEED = 20261123
WORK_TO_CHOOSE = 8.0  # limits in CP-SAT's deterministic seconds
WORK_TO_PLACE = 5.0
GOOD_ENOUGH = 0.002  # the second step stops when it is so near to its bound
SMALL = 6000  # meetings times slots up to which everything is placed at once
SPARE = 4  # not chosen meetings of each attendee that may take the place of one that finds no slot


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold the meetings that would be best if time did not matter, and what that says of every timetable."""

    pairs: frozenset[Pair]
    bound: int


def solve(problem: Problem) -> Timetable:
    """Return the best timetable found, with its bounds; the same problem always gives the same timetable."""
    choice = choose(problem)
    value_bound = choose(problem, fair=False).bound
    slots, bound = place(problem, choice)
    meetings = seat(problem, slots)
    return Timetable(
        meetings=meetings,
        value=sum(problem.values[one.pair] for one in meetings),
        value_bound=value_bound,
        score=score(problem, slots),
        bound=min(choice.bound, bound),
    )


def _solver(work: float) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = work
    return solver


@dataclass(frozen=True, slots=True)
class Step:
    """Say in a model that somebody has their first, or a further, meeting; `bonus` is what that counts."""

    var: cp_model.IntVar
    bonus: int
    key: int
    place: int


def _steps(model: cp_model.CpModel, problem: Problem, got: Mapping[int, list[cp_model.IntVar]]) -> list[Step]:
    found = []
    for one in problem.attendees:
        bonus = bonuses(one)[: len(got[one.key])]
        steps = [Step(model.new_bool_var(""), count, one.key, place) for place, count in enumerate(bonus)]
        if steps:
            model.add(sum(step.var for step in steps) <= sum(got[one.key]))
        found += steps
    return found


def _most(problem: Problem, key: int) -> int:
    pins = sum(1 for pair in problem.pinned if key in pair)
    return max(problem.by_key[key].most, pins)


def choose(problem: Problem, *, fair: bool = True) -> Choice:
    """Choose the meetings of the highest value (with `fair`: score), leaving aside when they take place."""
    model = cp_model.CpModel()
    met = {pair: model.new_bool_var("") for pair in problem.values}
    got: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    for pair, one in met.items():
        for key in pair:
            got[key].append(one)
    for person in problem.attendees:
        free = problem.slots - len(person.unavailable & set(range(problem.slots)))
        pins = sum(1 for pair in problem.pinned if person.key in pair)
        model.add(sum(got[person.key]) <= max(min(person.most, free), pins))
    for size, tables in problem.thresholds:
        model.add(sum(one for pair, one in met.items() if problem.people(pair) > size) <= tables * problem.slots)
    for pair in problem.pinned:
        model.add(met[pair] == 1)
    terms: list[cp_model.LinearExprT] = [one * problem.values[pair] for pair, one in met.items()]
    if fair:
        terms += [step.var * step.bonus for step in _steps(model, problem, got)]
        terms += [(met[pair] - 1) * DROPPED for pair in problem.announced if pair in met]
    model.maximize(sum(terms))
    solver = _solver(WORK_TO_CHOOSE)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Choice(frozenset(problem.pinned), int(solver.best_objective_bound))
    chosen = frozenset(pair for pair, one in met.items() if solver.value(one))
    return Choice(chosen, int(solver.best_objective_bound + 1e-6))


def place(problem: Problem, choice: Choice) -> tuple[dict[Pair, int], int]:
    """Give the chosen meetings their slots, exchanging what finds none; returns them and a bound of the score.

    The bound speaks of all timetables only where all meetings were let in, which is so for small events.
    """
    # Early and close together is how people like their day; evenly spread finds room for more.
    tries = [first_try(problem, choice.pairs, spread=spread) for spread in (False, True)]
    tried = max(tries, key=lambda slots: score(problem, slots))
    if score(problem, tried) >= choice.bound * (1 - GOOD_ENOUGH):
        return tried, choice.bound
    pairs = _candidates(problem, choice.pairs)
    model = cp_model.CpModel()
    at = {
        (pair, slot): model.new_bool_var("")
        for pair in pairs
        for slot in ([problem.pinned[pair].slot] if pair in problem.pinned else problem.common_slots(pair))
    }
    _keep_rules(model, problem, at)
    steps = _steps(model, problem, _meetings_of_each(at))
    worth = sum((*_worth(problem, at), *(step.var * step.bonus for step in steps)))
    model.add(worth <= choice.bound)
    model.maximize(worth)
    _hint(model, at, steps, tried)
    solver = _solver(WORK_TO_PLACE)
    solver.parameters.relative_gap_limit = GOOD_ENOUGH
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return tried, choice.bound
    everything = len(pairs) == len(problem.values)
    bound = int(solver.best_objective_bound + 1e-6) if everything else choice.bound
    return {pair: slot for (pair, slot), one in at.items() if solver.value(one)}, bound


def _candidates(problem: Problem, chosen: Collection[Pair]) -> list[Pair]:
    """Return the meetings that are let into the second step: all of a small event, else the chosen and some spare ones."""
    if len(problem.values) * problem.slots <= SMALL:
        return list(problem.values)
    kept = set(chosen) | set(problem.announced)
    spare: dict[int, int] = defaultdict(int)
    for pair in sorted(problem.values, key=lambda one: (-problem.values[one], one)):
        if pair not in kept and max(spare[pair[0]], spare[pair[1]]) < SPARE:
            kept.add(pair)
            spare[pair[0]] += 1
            spare[pair[1]] += 1
    return sorted(kept & set(problem.values))


Places = Mapping[tuple[Pair, int], cp_model.IntVar]


def _keep_rules(model: cp_model.CpModel, problem: Problem, at: Places) -> None:
    of_pair: dict[Pair, list[cp_model.IntVar]] = defaultdict(list)
    of_person_and_slot: dict[tuple[int, int], list[cp_model.IntVar]] = defaultdict(list)
    of_slot: dict[int, list[tuple[int, cp_model.IntVar]]] = defaultdict(list)
    for (pair, slot), one in at.items():
        of_pair[pair].append(one)
        of_slot[slot].append((problem.people(pair), one))
        for key in pair:
            of_person_and_slot[key, slot].append(one)
    for found in (*of_pair.values(), *of_person_and_slot.values()):
        model.add_at_most_one(found)
    for pair in problem.pinned:
        model.add(sum(of_pair[pair]) == 1)
    for key, found in _meetings_of_each(at).items():
        model.add(sum(found) <= _most(problem, key))
    for needed in of_slot.values():
        for size, tables in problem.thresholds:
            model.add(sum(one for people, one in needed if people > size) <= tables)


def _meetings_of_each(at: Places) -> dict[int, list[cp_model.IntVar]]:
    got: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    for (pair, _), one in at.items():
        for key in pair:
            got[key].append(one)
    return got


def _worth(problem: Problem, at: Places) -> Iterable[cp_model.LinearExprT]:
    """Return value and the price of changes, as terms of the objective."""
    for (pair, slot), one in at.items():
        announced = problem.announced.get(pair)
        kept = 0 if announced is None else DROPPED if announced.slot == slot else DROPPED - MOVED
        yield one * (problem.values[pair] + kept)
    yield -DROPPED * len(problem.announced)


def _hint(model: cp_model.CpModel, at: Places, steps: Iterable[Step], slots: Mapping[Pair, int]) -> None:
    """Tell the solver the whole first try, so that it starts from there."""
    for (pair, slot), one in at.items():
        model.add_hint(one, slots.get(pair) == slot)
    got = Counter(key for pair in slots for key in pair)
    for step in steps:
        model.add_hint(step.var, got[step.key] > step.place)


def first_try(problem: Problem, chosen: Collection[Pair], *, spread: bool) -> dict[Pair, int]:
    """Give meetings a slot one by one: announced ones theirs, then the chosen ones, those with the least choice first.

    What is announced but not chosen comes last, where there is still room. Every rule is kept. `spread` takes the slots
    evenly, else the earliest come first.
    """
    slots: dict[Pair, int] = {}
    busy: set[tuple[int, int]] = set()
    got: Counter[int] = Counter()
    sizes: list[list[int]] = [[] for _ in range(problem.slots)]

    def try_at(pair: Pair, wanted: Iterable[int]) -> None:
        if pair in slots or any(got[key] >= _most(problem, key) for key in pair):
            return
        for slot in wanted:
            together = [*sizes[slot], problem.people(pair)]
            if not {(key, slot) for key in pair} & busy and _fits(problem, together):
                slots[pair], sizes[slot] = slot, together
                busy.update((key, slot) for key in pair)
                got.update(pair)
                return

    order = sorted(chosen, key=lambda one: (len(problem.common_slots(one)), one))
    announced = sorted(problem.announced.values(), key=lambda one: (not one.pinned, one.pair not in chosen, one.pair))
    for one in announced:
        if one.pair in problem.values and (one.pinned or one.pair in chosen):
            try_at(one.pair, [slot for slot in [one.slot] if one.pinned or slot in problem.common_slots(one.pair)])
    for pair in [*order, *(one.pair for one in announced if one.pair in problem.values)]:
        try_at(pair, sorted(problem.common_slots(pair), key=lambda slot: (len(sizes[slot]) * spread, slot)))
    return slots


def _fits(problem: Problem, people: Collection[int]) -> bool:
    """Say whether meetings of so many people fit the tables of one slot."""
    return all(sum(1 for count in people if count > size) <= tables for size, tables in problem.thresholds)
