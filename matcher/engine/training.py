"""Trains inverted lists beside the index in use, from the exact vectors, so that searches and changes go on meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.engine.items import Vectors

Ids = npt.NDArray[np.int64]
#: Give the ids among those asked for that are still there, with their exact vectors.
RowsOf = Callable[[Ids], tuple[Ids, Vectors]]

RECALL = 0.985  # of the 50 nearest, aimed at when the lists are trained
NEAREST = 50
_TUNING_QUERIES = 128
_CHUNK = 20_000
_FEW = 2000  # changes that can be taken over while searches wait: some milliseconds


class Cancelled(Exception):
    """Tell whoever trains that nobody wants the outcome any more."""


class Training:
    """Make an index of inverted lists with 8-bit scalar quantisation for the ids of a moment.

    Whoever changes the index in use calls `touch`; `run` takes the changes over, but for the last few, which are left to
    `finish`. `typical` (n, d) are vectors like those that will be asked for.
    """

    def __init__(self, dimension: int, ids: Ids, typical: Vectors | None) -> None:
        self.dimension, self.ids, self.typical = dimension, ids, typical
        self.cancelled = False
        self.index: Any = None
        self.probes, self.recall = 0, 1.0
        self._touched: set[int] = set()
        self._touching = threading.Lock()

    def touch(self, ids: Iterable[int]) -> None:
        """Note ids that were added, changed or removed in the index in use."""
        with self._touching:
            self._touched.update(ids)

    def run(self, rows_of: RowsOf) -> None:
        """Train, fill and tune; raises Cancelled. About a minute for a million items on one core."""
        faiss = _faiss()
        chance = np.random.default_rng(0)
        lists = 2 ** round(np.log2(np.sqrt(len(self.ids))))
        sample, rows = rows_of(np.sort(chance.choice(self.ids, min(len(self.ids), 64 * lists), replace=False)))
        index = faiss.index_factory(self.dimension, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.cp.niter = 10
        index.train(rows)
        queries = self._tuning_queries(rows[chance.permutation(len(sample))])
        nearest = faiss.ResultHeap(len(queries), NEAREST, keep_max=True)
        for chunk in self._chunks(self.ids):
            keys, rows = rows_of(chunk)
            if len(keys):
                index.add_with_ids(rows, keys)
                scores, found = faiss.knn(queries, rows, min(NEAREST, len(rows)), metric=faiss.METRIC_INNER_PRODUCT)
                nearest.add_result(scores, keys[found])
        nearest.finalize()
        self.probes, self.recall = tune(index, queries, nearest.I)
        self.index = index
        while len(self._touched) > _FEW:
            self._take_over(rows_of)

    def finish(self, rows_of: RowsOf) -> Any:
        """Take over the last changes and return the index; nobody may change anything meanwhile."""
        self._take_over(rows_of)
        return self.index

    def _take_over(self, rows_of: RowsOf) -> None:
        with self._touching:
            touched, self._touched = self._touched, set()
        if touched:
            self.index.remove_ids(batch(touched))
        for chunk in self._chunks(np.sort(np.fromiter(touched, np.int64, len(touched)))):
            keys, rows = rows_of(chunk)
            if len(keys):
                self.index.add_with_ids(rows, keys)

    def _chunks(self, ids: Ids) -> Iterator[Ids]:
        for chunk in chunks(ids):
            if self.cancelled:
                raise Cancelled
            yield chunk

    def _tuning_queries(self, rows: Vectors) -> Vectors:
        if self.typical is None or len(self.typical) < _TUNING_QUERIES:
            return rows[:_TUNING_QUERIES]
        step = len(self.typical) // _TUNING_QUERIES
        return np.ascontiguousarray(self.typical[::step][:_TUNING_QUERIES], np.float32)


def tune(index: Any, queries: Vectors, nearest: Ids) -> tuple[int, float]:
    """Return the fewest lists, in steps of a quarter, whose recall reaches RECALL, or what all of them reach."""
    faiss = _faiss()
    probes = 4
    while True:
        probes = min(probes, index.nlist)
        _, found = index.search(queries, NEAREST, params=faiss.SearchParametersIVF(nprobe=probes))
        recall = float(np.mean([len(np.intersect1d(*pair)) / NEAREST for pair in zip(found, nearest, strict=True)]))
        if recall >= RECALL or probes == index.nlist:
            return probes, recall
        probes += max(1, probes // 4)


def chunks(ids: Ids) -> Iterator[Ids]:
    """Yield ids in parts whose vectors take some 30 MB."""
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def batch(ids: Collection[int]) -> Any:
    """Return FAISS's form of a set of ids."""
    return _faiss().IDSelectorBatch(np.fromiter(ids, np.int64, len(ids)))


def _faiss() -> Any:
    """Import FAISS when it is first needed; its stubs know nothing of the keyword arguments that its Python side adds."""
    return import_module("faiss")
