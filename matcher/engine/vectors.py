"""Nearest vectors by id, on FAISS: exact while small, inverted lists with 8-bit scalar quantisation when large.

How many lists a search visits is chosen by recall, measured against exact search whenever the lists are trained. Changes
are incremental at every size; a snapshot is opened as a memory map, beside which changes are kept until they are many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.engine.items import BadVectors, DamagedSnapshot, Vectors

Ids = npt.NDArray[np.int64]
RowsOf = Callable[[Ids], Vectors]

EXACT_UP_TO = 50_000  # exact search takes about 10 ms there on one core
GROWTH = 4  # times the items that the lists were trained on, until they are trained anew
RECALL = 0.985  # of the 50 nearest, aimed at when the lists are trained
WORTH_SHARING = 300_000  # vectors that one query is compared with: about 20 ms on one core
_NEAREST = 50
_TUNING_QUERIES = 128
_CHUNK = 20_000
_DEAD_SHARE = 0.25  # of a snapshot, until the changes are merged into it


def check(vectors: Vectors, dimension: int) -> None:
    """Raise BadVectors for vectors that are not finite, or not rows of that dimension, at least one."""
    if vectors.ndim != 2 or not len(vectors) or vectors.shape[1] != dimension:
        raise BadVectors(f"the index holds vectors of {dimension} dimensions, these are of shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise BadVectors("vectors that are not finite cannot be compared")


class VectorIndex:
    """Find the ids whose vectors have the largest inner product with a query.

    `rows_of` gives the exact vectors of stored ids whenever lists are trained, so that errors of quantisation do not add
    up. `typical` (n, d) are vectors like those that will be asked for; without them, stored ones are asked when tuning.
    One writer, and no readers beside it: the caller holds a lock.
    """

    def __init__(
        self, dimension: int, rows_of: RowsOf, typical: Vectors | None = None, exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self.dimension, self.exact_up_to = dimension, exact_up_to
        self.probes, self.recall = 0, 1.0
        self._rows_of, self._typical = rows_of, typical
        self._ids: set[int] = set()
        self._index = _flat(dimension)  # takes changes
        self._base: Any = None  # memory map of a snapshot, never changed
        self._dead: set[int] = set()  # in the base only
        self._trained_on = 0

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, wanted: int) -> bool:
        return wanted in self._ids

    @property
    def kind(self) -> str:
        """Say how vectors are searched, for `doctor` and `bench`."""
        lists = _lists(self._base) or _lists(self._index)
        return f"IVF{lists},SQ8, {self.probes} lists visited, recall {self.recall:.3f}" if lists else "exact"

    def upsert(self, ids: Sequence[int] | Ids, vectors: Vectors) -> None:
        """Add vectors (n, d) or put them in the place of those with the same ids; the last of equal ids counts.

        Raises BadVectors, and changes nothing, for vectors that are not finite or of another dimension.
        """
        if not len(ids):
            return
        check(vectors, self.dimension)
        latest = {int(key): at for at, key in enumerate(ids)}
        rows = np.ascontiguousarray(vectors[list(latest.values())], np.float32)
        self.delete(latest.keys())
        self._index.add_with_ids(rows, np.fromiter(latest, np.int64, len(latest)))
        self._ids.update(latest)
        self._settle()

    def delete(self, ids: Collection[int]) -> int:
        """Remove ids and return how many of them were there."""
        here = self._ids.intersection(ids)
        if here:
            self._ids -= here
            removed = self._index.remove_ids(_batch(here)) if self._index.ntotal else 0
            if removed < len(here):
                self._dead |= here  # those that were in the changes are not in the base any more: no harm
        return len(here)

    def search(self, queries: Vectors, k: int, allowed: Collection[int] | None = None) -> tuple[Ids, Vectors]:
        """Return ids (n, k) and inner products (n, k), best first, ties by id; -1 and -inf where there are fewer.

        Among `allowed` ids alone, every list is visited. Raises BadVectors as `upsert` does.
        """
        check(queries, self.dimension)
        queries = np.ascontiguousarray(queries, np.float32)
        among = None if allowed is None else self._ids.intersection(allowed)
        parts = [self._search(index, queries, k, among) for index in self._parts()]
        ids = np.concatenate([part for part, _ in parts], axis=1)
        scores = np.where(ids >= 0, np.concatenate([part for _, part in parts], axis=1), -np.inf).astype(np.float32)
        order = np.lexsort((ids, -scores), axis=1)[:, :k]
        return np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1)

    def _parts(self) -> list[Any]:
        if self._base is None:
            return [self._index]
        return [self._base, self._index] if self._index.ntotal else [self._base]

    def _search(self, index: Any, queries: Vectors, k: int, among: set[int] | None) -> tuple[Ids, Vectors]:
        faiss = _faiss()
        selector = self._selector(index, among)
        if not _lists(index):
            parameters = faiss.SearchParameters(sel=selector) if selector else None
        else:
            probes = self.probes if among is None else _lists(index)
            # One query's lists are shared among the cores only where waiting for each other costs less than it saves;
            # many queries are shared out by themselves.
            heavy = len(queries) == 1 and index.ntotal * probes > WORTH_SHARING * _lists(index)
            index.parallel_mode = 1 if heavy else 0
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=probes)
        scores, ids = index.search(queries, k, params=parameters)
        return ids, scores

    def _selector(self, index: Any, among: set[int] | None) -> Any:
        faiss = _faiss()
        dead = self._dead if index is self._base else set()
        if among is not None:
            return _batch(among - dead)
        return faiss.IDSelectorNot(_batch(dead)) if dead else None

    def _settle(self) -> None:
        """Merge changes into the base when they are many; train lists when there are enough vectors, or far more."""
        if self._base is not None and not self._few_changes():
            self._thaw()
        if self._base is None and len(self) > max(self.exact_up_to, GROWTH * self._trained_on):
            self.rebuild()

    def _few_changes(self) -> bool:
        return bool(self._index.ntotal <= self.exact_up_to and len(self._dead) <= _DEAD_SHARE * self._base.ntotal)

    def _thaw(self) -> None:
        """Take the base into memory with its dead removed and the changes added."""
        faiss = _faiss()
        # A clone would share the pages of the file, which cannot be written; the file itself may be gone by now.
        index, changes = faiss.deserialize_index(faiss.serialize_index(self._base)), self._index
        if self._dead:
            index.remove_ids(_batch(self._dead))
        ids = faiss.vector_to_array(changes.id_map)
        if len(ids):
            index.add_with_ids(self._rows_of(ids), ids)
        self._index, self._base, self._dead = index, None, set()

    def compact(self) -> None:
        """Merge changes and drop what was removed, without training anew."""
        if self._base is not None and (self._dead or self._index.ntotal):
            self._thaw()

    def rebuild(self) -> None:
        """Build the index anew from the exact vectors; about a minute for a million on two cores."""
        ids = np.sort(np.fromiter(self._ids, np.int64, len(self._ids)))
        self._base, self._dead = None, set()
        if len(ids) <= self.exact_up_to:
            self._index, self._trained_on, self.probes, self.recall = _flat(self.dimension), 0, 0, 1.0
            for chunk in _chunks(ids):
                self._index.add_with_ids(self._rows_of(chunk), chunk)
        else:
            self._train(ids)

    def _train(self, ids: Ids) -> None:
        faiss = _faiss()
        chance = np.random.default_rng(0)
        lists = 2 ** round(np.log2(np.sqrt(len(ids))))
        sample = chance.choice(ids, min(len(ids), 64 * lists), replace=False)
        index = faiss.index_factory(self.dimension, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.cp.niter = 10
        index.train(self._rows_of(np.sort(sample)))
        queries = self._tuning_queries(sample)
        nearest = faiss.ResultHeap(len(queries), _NEAREST, keep_max=True)
        for chunk in _chunks(ids):
            rows = self._rows_of(chunk)
            index.add_with_ids(rows, chunk)
            scores, found = faiss.knn(queries, rows, min(_NEAREST, len(rows)), metric=faiss.METRIC_INNER_PRODUCT)
            nearest.add_result(scores, chunk[found])
        nearest.finalize()
        self._index, self._trained_on = index, len(ids)
        self.probes, self.recall = _tune(index, queries, nearest.I)

    def _tuning_queries(self, sample: Ids) -> Vectors:
        if self._typical is None or len(self._typical) < _TUNING_QUERIES:
            return self._rows_of(sample[:_TUNING_QUERIES])
        step = len(self._typical) // _TUNING_QUERIES
        return np.ascontiguousarray(self._typical[::step][:_TUNING_QUERIES], np.float32)

    def save(self, folder: Path) -> None:
        """Write the index into an empty folder; the caller writes aside and renames."""
        faiss = _faiss()
        self.compact()
        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(self._index if self._base is None else self._base, str(folder / "vectors.faiss"))
        np.save(folder / "ids.npy", np.fromiter(self._ids, np.int64, len(self._ids)))
        facts = {
            "dimension": self.dimension,
            "trained_on": self._trained_on,
            "probes": self.probes,
            "recall": self.recall,
        }
        (folder / "vectors.json").write_text(json.dumps(facts), "utf-8")

    @classmethod
    def load(cls, folder: Path, dimension: int, rows_of: RowsOf, typical: Vectors | None = None) -> VectorIndex:
        """Open a snapshot; a large one stays on disk as a memory map. Raises DamagedSnapshot where files are amiss."""
        faiss = _faiss()
        index = cls(dimension, rows_of, typical)
        try:
            facts = json.loads((folder / "vectors.json").read_text("utf-8"))
            index._trained_on, index.probes, index.recall = (facts[name] for name in ("trained_on", "probes", "recall"))
            index._ids = set(np.load(folder / "ids.npy", allow_pickle=False).tolist())
            path = str(folder / "vectors.faiss")
            stored = faiss.read_index(path, faiss.IO_FLAG_MMAP_IFC if index._trained_on else 0)
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise DamagedSnapshot(f"the vectors in {folder} cannot be read: {error}") from error
        if facts["dimension"] != dimension or stored.d != dimension or stored.ntotal != len(index):
            raise DamagedSnapshot(f"the vectors in {folder} are not those that were written")
        if index._trained_on:
            index._base = stored
        else:
            index._index = stored
        return index


def _faiss() -> Any:
    """Import FAISS when it is first needed; its stubs know nothing of the keyword arguments that its Python side adds."""
    return import_module("faiss")


def _flat(dimension: int) -> Any:
    faiss = _faiss()
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))


def _lists(index: Any) -> int:
    return int(getattr(index, "nlist", 0))


def _batch(ids: Collection[int]) -> Any:
    faiss = _faiss()
    return faiss.IDSelectorBatch(np.fromiter(ids, np.int64, len(ids)))


def _chunks(ids: Ids) -> Iterator[Ids]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def _tune(index: Any, queries: Vectors, nearest: Ids) -> tuple[int, float]:
    """Return the fewest lists, in steps of a quarter, whose recall reaches RECALL, or what all of them reach."""
    faiss = _faiss()
    probes, recall = 4, 0.0
    while True:
        probes = min(probes, index.nlist)
        _, found = index.search(queries, _NEAREST, params=faiss.SearchParametersIVF(nprobe=probes))
        recall = float(np.mean([len(np.intersect1d(*pair)) / _NEAREST for pair in zip(found, nearest, strict=True)]))
        if recall >= RECALL or probes == index.nlist:
            return probes, recall
        probes += max(1, probes // 4)
