"""The grid of an event: its slots with their times, and its tables with their seats."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from matcher.core.clock import SHANGHAI
from matcher.events.model import Event


@dataclass(frozen=True, slots=True)
class Slot:
    """A time for meetings; `number` counts from 0 over all days."""

    number: int
    start: datetime
    end: datetime

    @property
    def clock(self) -> str:
        """Return the hours in China: 09:00–09:25."""
        return f"{_hours(self.start)}–{_hours(self.end)}"

    @property
    def day(self) -> str:
        """Return the day in China as 2026-12-03."""
        return self.start.astimezone(SHANGHAI).date().isoformat()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `number` counts from 0 over all rooms, `place` from 1 within its room."""

    number: int
    room: str
    place: int
    seats: int


def _hours(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%H:%M")


def _at(event: Event, day: int, clock: str) -> datetime:
    hour, minute = (int(part) for part in clock.split(":"))
    moment = datetime.combine(event.first_day, datetime.min.time(), SHANGHAI)
    return moment + timedelta(days=day, hours=hour, minutes=minute)


def slots(event: Event) -> list[Slot]:
    """Return the slots of an event: one after the other with the gap between them, none across a break."""
    found: list[Slot] = []
    length, gap = timedelta(minutes=event.slot_minutes), timedelta(minutes=event.gap_minutes)
    for day in range(event.days):
        edges = [(_at(event, day, start), _at(event, day, end)) for start, end, _ in event.breaks]
        moment, closes = _at(event, day, event.opens), _at(event, day, event.closes)
        while moment + length <= closes:
            into = next(((start, end) for start, end in edges if moment < end and start < moment + length), None)
            if into:
                moment = into[1]
                continue
            found.append(Slot(len(found), moment, moment + length))
            moment += length + gap
    return found


def tables(event: Event) -> list[Table]:
    """Return the tables of an event, room by room."""
    found: list[Table] = []
    for name, count, seats in event.rooms:
        found += [Table(len(found) + place, name, place + 1, seats) for place in range(count)]
    return found


def days(grid: list[Slot]) -> list[list[Slot]]:
    """Return the slots day by day."""
    found: dict[str, list[Slot]] = {}
    for slot in grid:
        found.setdefault(slot.day, []).append(slot)
    return list(found.values())


def away(grid: list[Slot], intervals: list[list[str]]) -> frozenset[int]:
    """Return the numbers of the slots that overlap times given as pairs of ISO moments."""
    spans = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in intervals]
    return frozenset(s.number for s in grid if any(s.start < end and start < s.end for start, end in spans))


def spans(grid: list[Slot], numbers: frozenset[int]) -> list[list[str]]:
    """Return the times of slots as pairs of ISO moments, neighbours joined: they outlast a change of the grid."""
    chosen = [slot for slot in grid if slot.number in numbers]
    joined: list[list[datetime]] = []
    for slot, before in zip(chosen, [None, *chosen], strict=False):
        if before and before.number + 1 == slot.number and before.day == slot.day:
            joined[-1][1] = slot.end
        else:
            joined.append([slot.start, slot.end])
    return [[start.isoformat(), end.isoformat()] for start, end in joined]


def breaks_between(grid: list[Slot]) -> set[int]:
    """Return the numbers of the slots that follow a longer pause."""
    pauses = [(after.number, after.start - before.end) for before, after in pairwise(grid)]
    usual = min((pause for _, pause in pauses), default=timedelta())
    return {number for number, pause in pauses if pause > usual}
