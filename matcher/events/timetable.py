"""The timetable of a meeting day: what is asked, what is answered, and the check that an answer keeps every rule.

Pure: no database. `matcher.events.solver.solve` finds the answer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

#: What counts, beside the value of a meeting (0 to 1000).
FIRST_MEETING = 1000  # somebody gets their first meeting
FURTHER_MEETING = 250  # each further one until the least number that they should get
MOVED = 600  # an announced meeting changes its time: worth it only where somebody gains a first meeting
DROPPED = 2500  # an announced meeting is taken back

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who comes; `most` meetings at most, `least` as a goal; `people` sit at the table for them."""

    key: int
    most: int
    least: int = 1
    unavailable: frozenset[int] = frozenset()
    people: int = 1


@dataclass(frozen=True, slots=True)
class Proposal:
    """A meeting that would be worth `value` (0 to 1000)."""

    demand: int
    supply: int
    value: int

    @property
    def pair(self) -> Pair:
        """Return who would meet."""
        return (self.demand, self.supply)


@dataclass(frozen=True, slots=True)
class Placed:
    """A meeting with its slot and its table, both counted from 0; a pinned one is never moved."""

    demand: int
    supply: int
    slot: int
    table: int
    pinned: bool = False

    @property
    def pair(self) -> Pair:
        """Return who meets."""
        return (self.demand, self.supply)


@dataclass(frozen=True)
class Problem:
    """Say who comes, which meetings are proposed, how many slots there are and how many seats each table has.

    `current` is the timetable that has been announced, for a new one with few changes.
    """

    attendees: tuple[Attendee, ...]
    proposals: tuple[Proposal, ...]
    slots: int
    seats: tuple[int, ...]
    current: tuple[Placed, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[int, Attendee]:
        """Return the attendees by key."""
        return {one.key: one for one in self.attendees}

    @cached_property
    def values(self) -> Mapping[Pair, int]:
        """Return the value of each pair that may meet: both come and share a slot; of two proposals the better one.

        What was announced may stay even if nobody proposes it any more.
        """
        found: dict[Pair, int] = {}
        announced = (Proposal(*pair, value=0) for pair in self.announced)
        for one in (*self.proposals, *announced):
            if one.pair in self.pinned or self.common_slots(one.pair):
                found[one.pair] = max(found.get(one.pair, 0), one.value)
        return dict(sorted(found.items()))

    @cached_property
    def announced(self) -> Mapping[Pair, Placed]:
        """Return the meetings in force between people who both still come."""
        return {one.pair: one for one in self.current if one.demand in self.by_key and one.supply in self.by_key}

    @cached_property
    def pinned(self) -> Mapping[Pair, Placed]:
        """Return the meetings that stay where they are."""
        return {pair: one for pair, one in self.announced.items() if one.pinned}

    def people(self, pair: Pair) -> int:
        """Return how many seats a meeting needs."""
        return self.by_key[pair[0]].people + self.by_key[pair[1]].people

    def common_slots(self, pair: Pair) -> list[int]:
        """Return the slots in which both could meet; none when nobody of them comes or no table is large enough."""
        if pair[0] not in self.by_key or pair[1] not in self.by_key or self.people(pair) > max(self.seats, default=0):
            return []
        taken = self.by_key[pair[0]].unavailable | self.by_key[pair[1]].unavailable
        return [slot for slot in range(self.slots) if slot not in taken]

    @cached_property
    def thresholds(self) -> list[tuple[int, int]]:
        """Return (seats, how many tables have more), for each size of table and for none at all.

        Meetings fit the tables of a slot exactly if for each size no more meetings need more seats than there are
        tables with more (Hall's condition for nested choices).
        """
        return [(size, sum(1 for seats in self.seats if seats > size)) for size in sorted({0, *self.seats})][:-1]


@dataclass(frozen=True, slots=True)
class Timetable:
    """Hold a timetable with its figures.

    `score` is value plus fairness less the price of changes; no timetable for the same problem has a higher one than
    `bound`. `value` adds up the values of the meetings, and no timetable adds up to more than `value_bound`.
    """

    meetings: tuple[Placed, ...]
    value: int
    value_bound: int
    score: int
    bound: int

    @property
    def share_of_bound(self) -> float:
        """Return the score as a share of what could be reached at the very most."""
        return 1.0 if self.bound <= 0 else self.score / self.bound


@dataclass(frozen=True, slots=True)
class Changes:
    """Say how a new timetable differs from the one in force."""

    added: tuple[Placed, ...] = ()
    moved: tuple[tuple[Placed, Placed], ...] = ()
    dropped: tuple[Placed, ...] = ()
    kept: tuple[Placed, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Say whether nothing changes."""
        return not (self.added or self.moved or self.dropped)


def changes(before: Iterable[Placed], after: Iterable[Placed]) -> Changes:
    """Compare two timetables; a meeting that only changes its table has moved too."""
    old, new = {one.pair: one for one in before}, {one.pair: one for one in after}
    both = [(old[pair], new[pair]) for pair in old if pair in new]
    same = [(was, now) for was, now in both if (was.slot, was.table) == (now.slot, now.table)]
    return Changes(
        added=tuple(now for pair, now in new.items() if pair not in old),
        moved=tuple((was, now) for was, now in both if (was.slot, was.table) != (now.slot, now.table)),
        dropped=tuple(was for pair, was in old.items() if pair not in new),
        kept=tuple(now for _, now in same),
    )


def fairness(problem: Problem, meetings: Iterable[Pair]) -> int:
    """Add up what first and further meetings count, over all who come."""
    got = Counter(key for pair in meetings for key in pair)
    return sum(sum(bonuses(one)[: got[one.key]]) for one in problem.attendees)


def bonuses(one: Attendee) -> list[int]:
    """Return what the first, second … meeting of somebody counts."""
    return [FIRST_MEETING, *[FURTHER_MEETING] * (min(one.least, one.most) - 1)] if one.most else []


def score(problem: Problem, slots: Mapping[Pair, int]) -> int:
    """Return value plus fairness less the price of what moves and what is taken back; `slots` has the meetings' times."""
    value = sum(problem.values.get(pair, 0) for pair in slots)
    dropped = sum(DROPPED for pair in problem.announced if pair not in slots)
    moved = sum(MOVED for pair, was in problem.announced.items() if slots.get(pair, was.slot) != was.slot)
    return value + fairness(problem, slots) - dropped - moved


def broken_rules(problem: Problem, meetings: Iterable[Placed]) -> list[str]:
    """Return every hard rule that a timetable breaks; none for a good one."""
    found = tuple(meetings)
    wrong = [f"table twice: {place}" for place, n in Counter((m.slot, m.table) for m in found).items() if n > 1]
    seats = Counter((m.slot, key) for m in found for key in m.pair)
    wrong += [f"two tables at once: {place}" for place, n in seats.items() if n > 1]
    wrong += [f"same pair twice: {pair}" for pair, n in Counter(m.pair for m in found).items() if n > 1]
    for one in found:
        if one.slot not in problem.common_slots(one.pair) and one.pair not in problem.pinned:
            wrong.append(f"not there: {one}")
        elif not 0 <= one.table < len(problem.seats) or problem.people(one.pair) > problem.seats[one.table]:
            wrong.append(f"no seats: {one}")
        if one.pair not in problem.values:
            wrong.append(f"nobody proposed this: {one}")
    got = Counter(key for m in found for key in m.pair)
    pins = Counter(key for pair in problem.pinned for key in pair)
    wrong += [f"too many: {a.key}" for a in problem.attendees if got[a.key] > max(a.most, pins[a.key])]
    places = {m.pair: (m.slot, m.table) for m in found}
    wrong += [f"pin moved: {p}" for p, pin in problem.pinned.items() if places.get(p) != (pin.slot, pin.table)]
    return wrong


class Lack(StrEnum):
    """Say why somebody has no meeting, or fewer than they should."""

    NO_PROPOSAL = "no_proposal"
    NO_COMMON_TIME = "no_common_time"
    OTHERS_FULL = "others_full"
    NO_ROOM = "no_room"
    LESS_VALUE = "less_value"


def lacks(problem: Problem, meetings: Iterable[Placed]) -> dict[int, Lack]:
    """Return everybody who has fewer meetings than they should, with what stands in the way."""
    found = tuple(meetings)
    got = Counter(key for one in found for key in one.pair)
    short = [one for one in problem.attendees if got[one.key] < min(one.least, one.most)]
    return {one.key: _lack(problem, found, got, one) for one in short}


def _lack(problem: Problem, meetings: tuple[Placed, ...], got: Counter[int], one: Attendee) -> Lack:
    proposed = {p.pair for p in problem.proposals if one.key in p.pair and set(p.pair) <= problem.by_key.keys()}
    met = {m.pair for m in meetings}
    if not proposed - met:
        return Lack.NO_PROPOSAL
    possible = [pair for pair in problem.values if one.key in pair and pair not in met]
    if not possible:
        return Lack.NO_COMMON_TIME
    open_ = [p for p in possible if all(got[k] < problem.by_key[k].most for k in p if k != one.key)]
    if not open_:
        return Lack.OTHERS_FULL
    return Lack.LESS_VALUE if any(free_places(problem, meetings, pair) for pair in open_) else Lack.NO_ROOM


def free_places(problem: Problem, meetings: Iterable[Placed], pair: Pair) -> list[tuple[int, int]]:
    """Return (slot, table) of every slot in which both are free and a table has seats for them: the smallest that does."""
    found = tuple(meetings)
    busy = {one.slot for one in found if set(one.pair) & set(pair)}
    taken = {(one.slot, one.table) for one in found}
    by_size = sorted(range(len(problem.seats)), key=lambda table: (problem.seats[table], table))
    fitting = [table for table in by_size if problem.seats[table] >= problem.people(pair)]
    free = []
    for slot in problem.common_slots(pair):
        table = next((one for one in fitting if (slot, one) not in taken), None)
        if slot not in busy and table is not None:
            free.append((slot, table))
    return free
