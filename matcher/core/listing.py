"""What lists of needs and of offers share: a page of rows, with the counts of each facet."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, String, cast, or_

Row = TypeVar("Row")
PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """Hold one page of a list; `counts` says for each facet how many items each choice would leave."""

    rows: list[Row]
    total: int
    page: int
    counts: Mapping[str, Mapping[str, int]]

    @property
    def pages(self) -> int:
        """Return how many pages there are, one at the least."""
        return max(1, -(-self.total // PAGE_SIZE))


def like(text: str) -> str:
    """Return a LIKE pattern (escape character: backslash) that finds `text` anywhere, whatever it holds."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def found_in(word: str, columns: Iterable[ColumnElement[str]], listed: ColumnElement[list[str]]) -> ColumnElement[bool]:
    """Return the condition that `word` stands in one of the columns, or in a list stored as JSON."""
    in_json = like(json.dumps(word)[1:-1])
    ways = [column.like(like(word), escape="\\") for column in columns]
    return or_(*ways, cast(listed, String).like(in_json, escape="\\"))


def grouped(counts: Iterable[tuple[str | None, int]], key: Mapping[str, str] | None = None) -> dict[str, int]:
    """Add up counts under a coarser code (`key` maps fine to coarse), the largest first; empty codes are left out."""
    sums: dict[str, int] = {}
    for code, count in counts:
        if code:
            coarse = key.get(code, code) if key is not None else code
            sums[coarse] = sums.get(coarse, 0) + count
    return dict(sorted(sums.items(), key=lambda one: (-one[1], one[0])))
