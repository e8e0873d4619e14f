"""Gathers what an item demands or claims: the rows of its form first, then what its text says beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matcher.engine.indicators import indicators_of, read_indicators
from matcher.engine.items import Item, Reading, Record
from matcher.engine.quantity_names import normalise_name

# Words of a sentence that tells how things are elsewhere or until now; its figures are neither demanded nor claimed.
_STATUS = re.compile(
    r"目前|现有|当前|现状|以往|传统|过去|原有|进口|国外|竞品|同类|一般产品|痛点|不足之处|需求方|用户要求|国家标准要求|currently|today|at present"
    r"|state.of.the.art|existing|conventional|commercially available|competing",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[。；;！!？?\n]|\.\s")
_LOOK_BACK = 80
MOST = 64  # demands or claims of one item; a text that has more is a list of many things
_LONGEST_READ = 100_000  # characters of one text that are read


def readings_of(record: Record) -> tuple[Reading, ...]:
    """Return what a record's item demands or claims, read now where the record does not hold it yet."""
    return read_item(record.item) if record.readings is None else record.readings


def read_item(item: Item) -> tuple[Reading, ...]:
    """Return what a need demands, or what an offer claims."""
    return tuple(demands_of(item) if item.profile.side == "need" else claims_of(item))


def demands_of(item: Item) -> list[Reading]:
    """Return what a need demands. A plain statement in its text (孔隙率为 2 %) tells how things are, and is no demand."""
    return _gathered(item, [reading for reading in _read(item) if reading.indicator.comparator != "eq"])


def claims_of(item: Item) -> list[Reading]:
    """Return what an offer claims, plain statements included."""
    return _gathered(item, list(_read(item)))


def _gathered(item: Item, read: list[Reading]) -> list[Reading]:
    """Return stated rows and readings; a row speaks for its quantity, whatever the text says of it again."""
    stated = indicators_of((), item.indicators)
    named = {normalise_name(reading.indicator.name) for reading in stated}
    unique = {reading.indicator: reading for reading in reversed(read)}
    kept = [reading for reading in read if unique[reading.indicator] is reading]
    return (stated + [reading for reading in kept if normalise_name(reading.indicator.name) not in named])[:MOST]


def _read(item: Item) -> Iterator[Reading]:
    for text in (item.title, item.body):
        for reading in read_indicators(text[:_LONGEST_READ]):
            before = text[max(0, reading.start - _LOOK_BACK) : reading.start]
            if not _STATUS.search(_SENTENCE_END.split(before)[-1] + reading.phrase):
                yield reading
