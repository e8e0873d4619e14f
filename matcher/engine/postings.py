"""Segments of an inverted index: built once, read many times, merged like a log-structured tree."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint16]

_MOST = np.iinfo(np.uint16).max
_FILES = ("ids", "lengths", "keys", "heads", "rows", "counts")


@dataclass(slots=True)
class Segment:
    """Hold the postings of a set of items: per term the rows that have it, ascending, and how often.

    `keys` (v) are ascending term keys; the postings of term t are `rows` and `counts` from heads[t] to heads[t + 1].
    Arrays may be memory maps. A removed item keeps its postings until a merge; `alive` says that it is gone.
    """

    ids: Ids
    lengths: npt.NDArray[np.float32]
    keys: Keys
    heads: npt.NDArray[np.int64]
    rows: Rows
    counts: Counts
    alive: npt.NDArray[np.bool_] = field(init=False)
    order: npt.NDArray[np.int64] = field(init=False)
    live: int = field(init=False)
    length: float = field(init=False)

    def __post_init__(self) -> None:
        self.alive = np.ones(len(self.ids), np.bool_)
        self.order = np.argsort(self.ids)
        self.live = len(self.ids)
        self.length = float(self.lengths.sum(dtype=np.float64))

    @classmethod
    def build(cls, ids: Sequence[int], counted: Sequence[Mapping[int, int]]) -> Segment:
        """Return a segment of items whose terms are counted by key; lengths are the sums of the counts."""
        sizes = np.array([len(terms) for terms in counted], np.int64)
        keys = np.fromiter((key for terms in counted for key in terms), np.uint64, int(sizes.sum()))
        counts = np.fromiter((n for terms in counted for n in terms.values()), np.int64, int(sizes.sum()))
        lengths = np.array([sum(terms.values()) for terms in counted], np.float32)
        rows = np.repeat(np.arange(len(ids), dtype=np.int32), sizes)
        return _invert(np.array(ids, np.int64), lengths, keys, rows, np.minimum(counts, _MOST).astype(np.uint16))

    @property
    def dead(self) -> int:
        """Give the number of removed items whose postings are still here."""
        return len(self.ids) - self.live

    def postings(self, key: int) -> tuple[Rows, Counts]:
        """Return rows and counts of a term, both empty where it does not occur."""
        at = int(np.searchsorted(self.keys, np.uint64(key)))
        if at == len(self.keys) or int(self.keys[at]) != key:
            return self.rows[:0], self.counts[:0]
        span = slice(int(self.heads[at]), int(self.heads[at + 1]))
        return self.rows[span], self.counts[span]

    def occurrences(self, keys: Keys, rows: Rows) -> Iterator[tuple[int, npt.NDArray[np.intp], Counts]]:
        """Yield for each term that occurs in some of a few rows its place in `keys`, the places of these rows, and how often."""
        if not len(self.keys):
            return
        at = np.minimum(self.keys.searchsorted(keys), len(self.keys) - 1)
        spans = np.stack([self.heads[at], self.heads[at + 1]], axis=1)[self.keys[at] == keys].tolist()
        known = np.flatnonzero(self.keys[at] == keys).tolist()
        for place, (start, end) in zip(known, spans, strict=True):
            having = self.rows[start:end]
            near = having.searchsorted(rows)
            hit = (having.take(near, mode="clip") == rows).nonzero()[0]
            if len(hit):
                yield place, hit, self.counts[start:end][near[hit]]

    def total(self, keys: Keys) -> int:
        """Return how many postings some terms have together, those of removed items counted in."""
        starts, ends = self._spans(keys)
        return int((ends - starts).sum())

    def gather(self, keys: Keys) -> tuple[npt.NDArray[np.int64], Rows, Counts]:
        """Return the postings of all terms, one term after the other: the place of the term in `keys`, rows and counts."""
        starts, ends = self._spans(keys)
        sizes = ends - starts
        at = np.arange(int(sizes.sum())) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        return np.repeat(np.arange(len(keys)), sizes), self.rows[at], self.counts[at]

    def _spans(self, keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        if not len(self.keys):
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        starts = self.heads[at]
        return starts, np.where(self.keys[at] == keys, self.heads[at + 1], starts)

    def frequencies(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Return in how many live items each term occurs."""
        if not self.dead:
            if not len(self.keys):
                return np.zeros(len(keys), np.int64)
            at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            return np.where(self.keys[at] == keys, self.heads[at + 1] - self.heads[at], 0)
        return np.array([np.count_nonzero(self.alive[self.postings(int(key))[0]]) for key in keys], np.int64)

    def find(self, ids: Ids) -> npt.NDArray[np.int64]:
        """Return the row of each id, -1 for those that are not live here."""
        at = np.minimum(np.searchsorted(self.ids, ids, sorter=self.order), len(self.ids) - 1)
        rows = self.order[at]
        return np.where((self.ids[rows] == ids) & self.alive[rows], rows, -1)

    def kill(self, ids: Ids) -> int:
        """Mark items as removed and return how many of them were here."""
        rows = self.find(ids)
        rows = np.unique(rows[rows >= 0])
        self.alive[rows] = False
        self.live -= len(rows)
        self.length -= float(self.lengths[rows].sum(dtype=np.float64))
        return len(rows)

    def mask(self, allowed: Collection[int] | Ids | None) -> npt.NDArray[np.bool_]:
        """Return which rows may be found: live, and among the allowed ids where there are any given."""
        if allowed is None:
            return self.alive
        wanted = np.fromiter(allowed, np.int64, len(allowed))
        rows = self.find(wanted)
        mask = np.zeros(len(self.ids), np.bool_)
        mask[rows[rows >= 0]] = True
        return mask


def _invert(ids: Ids, lengths: npt.NDArray[np.float32], keys: Keys, rows: Rows, counts: Counts) -> Segment:
    """Return the segment of postings that come item by item."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint64(1))) if len(keys) else np.zeros(0, np.int64)
    heads = np.append(starts, len(keys)).astype(np.int64)
    return Segment(ids, lengths, keys[starts], heads, rows[order], counts[order])


def merge(segments: Sequence[Segment]) -> Segment:
    """Return one segment with the live items of several."""
    live = [segment.alive for segment in segments]
    kept = [segment.alive[segment.rows] for segment in segments]
    starts = np.cumsum([0, *(segment.live for segment in segments)])
    places = [np.cumsum(alive) - 1 + start for alive, start in zip(live, starts, strict=False)]
    spread = [np.repeat(segment.keys, np.diff(segment.heads)) for segment in segments]
    return _invert(
        np.concatenate([segment.ids[alive] for segment, alive in zip(segments, live, strict=True)]),
        np.concatenate([segment.lengths[alive] for segment, alive in zip(segments, live, strict=True)]),
        np.concatenate([keys[keep] for keys, keep in zip(spread, kept, strict=True)]),
        np.concatenate(
            [
                place[segment.rows[keep]].astype(np.int32)
                for segment, place, keep in zip(segments, places, kept, strict=True)
            ]
        ),
        np.concatenate([segment.counts[keep] for segment, keep in zip(segments, kept, strict=True)]),
    )


def save_segment(segment: Segment, folder: Path) -> None:
    """Write a segment as one .npy file an array; removed items are left out."""
    whole = merge([segment]) if segment.dead else segment
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        np.save(folder / f"{name}.npy", getattr(whole, name))


def load_segment(folder: Path) -> Segment:
    """Return a segment whose postings stay on disk; raises ValueError where the arrays contradict each other."""
    maps = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _FILES}
    arrays = {name: np.asarray(array) for name, array in maps.items()}  # the same pages, sliced at a tenth of the cost
    segment = Segment(**arrays)
    if len(segment.heads) != len(segment.keys) + 1 or int(segment.heads[-1]) != len(segment.rows):
        raise ValueError("keys and postings contradict each other")
    if len(segment.rows) != len(segment.counts) or len(segment.ids) != len(segment.lengths):
        raise ValueError("arrays of different length")
    return segment
