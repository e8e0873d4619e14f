"""Measures the timetable solver on an event of the size that the platform promises; docs/performance-events.md has the figures.

.venv/bin/python -m tools.bench_event [--seeds 3] [--enterprises 60] [--teams 120] [--tables 15] [--slots 24]
"""

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import replace

from matcher.events.solver import solve
from matcher.events.timetable import Attendee, Problem, Proposal, Timetable, broken_rules, changes


def event(seed: int, enterprises: int, teams: int, tables: int, slots: int) -> Problem:
    """Make an event as one would be: a few teams that everybody wants, absences of an hour or half a day, odd wishes."""
    random_ = random.Random(seed)
    sides = [*range(enterprises)], [*range(enterprises, enterprises + teams)]
    attendees = []
    for key in (*sides[0], *sides[1]):
        away: set[int] = set()
        if random_.random() < 0.4:
            start, length = random_.randrange(slots), random_.choice((2, 3, slots // 2))
            away = {slot for slot in range(start, start + length) if slot < slots}
        most = random_.choice((6, 8, 10)) if key < enterprises else random_.choice((3, 4, 6))
        attendees.append(Attendee(key, most, least=2 if key < enterprises else 1, unavailable=frozenset(away)))
    fame = {team: random_.paretovariate(1.2) for team in sides[1]}
    proposals = []
    for demand in sides[0]:
        wanted = {random_.choices(sides[1], [fame[t] for t in sides[1]])[0] for _ in range(random_.randint(15, 40))}
        wanted |= set(random_.sample(sides[1], 6))
        proposals += [Proposal(demand, team, int(1000 * random_.betavariate(4, 3))) for team in sorted(wanted)]
    return Problem(tuple(attendees), tuple(proposals), slots, (4,) * tables)


def harder(problem: Problem, seed: int) -> Problem:
    """Let more than two thirds be away for half a day, let delegations be of up to three, and give few tables seats for them."""
    random_ = random.Random(seed)
    half = problem.slots // 2
    halves = (frozenset(range(half)), frozenset(range(half, problem.slots)), frozenset[int]())
    changed = [
        replace(one, unavailable=random_.choice(halves), people=random_.choice((1, 1, 2, 3)))
        for one in problem.attendees
    ]
    tables = len(problem.seats)
    return replace(problem, attendees=tuple(changed), seats=(4,) * (tables - tables // 4) + (6,) * (tables // 4))


def after_cancellation(problem: Problem, announced: Timetable, seed: int) -> Problem:
    """Let one enterprise and one team with meetings cancel after the timetable was announced."""
    random_ = random.Random(seed)
    gone = {
        random_.choice([m.demand for m in announced.meetings]),
        random_.choice([m.supply for m in announced.meetings]),
    }
    stay = tuple(one for one in problem.attendees if one.key not in gone)
    return replace(problem, attendees=stay, current=announced.meetings)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def measure(name: str, problem: Problem) -> Timetable:
    """Solve and say how long it took and how good it is."""
    start = time.perf_counter()
    found = solve(problem)
    seconds = time.perf_counter() - start
    got = Counter(key for one in found.meetings for key in one.pair)
    nobody = sum(1 for one in problem.attendees if not got[one.key])
    _say(
        f"{name:24} {seconds:6.1f} s  {len(found.meetings):4} meetings  score {found.share_of_bound:.2%} of its bound  "
        f"value {found.value / found.value_bound:.2%} of its bound  {nobody} without  "
        f"{len(broken_rules(problem, found.meetings))} rules broken"
    )
    return found


def main() -> None:
    """Run the events of several seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("seeds", 3), ("enterprises", 60), ("teams", 120), ("tables", 15), ("slots", 24)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args()
    for seed in range(1, wanted.seeds + 1):
        problem = event(seed, wanted.enterprises, wanted.teams, wanted.tables, wanted.slots)
        announced = measure(f"seed {seed}", problem)
        again = after_cancellation(problem, announced, seed)
        found = changes(again.announced.values(), measure(f"seed {seed}, two cancel", again).meetings)
        _say(
            f"{'':24} {len(found.kept)} kept, {len(found.moved)} moved, {len(found.dropped)} dropped, {len(found.added)} new"
        )
        measure(f"seed {seed}, many away", harder(problem, seed))


if __name__ == "__main__":
    main()
