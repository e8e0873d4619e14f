"""Nearest vectors by id, on FAISS: exact while small, inverted lists with 8-bit scalar quantisation when large.

How many lists a search visits is chosen by recall, measured against exact search whenever the lists are trained. The lists
are never changed in place: changes are kept beside them, searched exactly, until they are many; a snapshot is opened as a
memory map.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from matcher.engine.items import BadVectors, DamagedSnapshot, Vectors
from matcher.engine.training import Ids, Training, batch, chunks

RowsOf = Callable[[Ids], Vectors]
Search = Callable[[Vectors, int], tuple[Vectors, Ids]]

EXACT_UP_TO = 50_000  # exact search takes about 10 ms there on one core
GROWTH = 4  # times the items that the lists were trained on, until they are trained anew
WORTH_SHARING = 300_000  # comparisons of two vectors: about 20 ms on one core
MOST_CHANGES = 10_000  # kept beside the lists: exact search of them takes about 2 ms
_DEAD_SHARE = 0.25  # of what is in the lists, until they are cleared of it


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
    Lists are trained at once, or by `train` where it is given, which calls `adopt` when it is done, or `give_up`.
    One writer, and no readers beside it: the caller holds a lock.
    """

    def __init__(
        self,
        dimension: int,
        rows_of: RowsOf,
        typical: Vectors | None = None,
        exact_up_to: int = EXACT_UP_TO,
        train: Callable[[Training], None] | None = None,
    ) -> None:
        self.dimension, self.exact_up_to = dimension, exact_up_to
        self.probes, self.recall = 0, 1.0
        self._rows_of, self._typical = rows_of, typical
        self._train = train or self._train_now
        self._training: Training | None = None
        self._ids: set[int] = set()
        self._index = _flat(dimension)  # takes changes
        self._base: Any = None  # lists, changed only when changes are merged
        self._mapped = False  # the lists are in a file
        self._dead: set[int] = set()  # in the base only
        self._trained_on = 0

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, wanted: int) -> bool:
        return wanted in self._ids

    @property
    def kind(self) -> str:
        """Say how vectors are searched, for `doctor` and `bench`."""
        lists = _lists(self._base)
        return f"IVF{lists},SQ8, {self.probes} lists visited, recall {self.recall:.3f}" if lists else "exact"

    @property
    def is_training(self) -> bool:
        """Tell whether lists are being trained aside."""
        return self._training is not None

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
        if self._training:
            self._training.touch(latest)
        self._settle()

    def delete(self, ids: Collection[int]) -> int:
        """Remove ids and return how many of them were there."""
        here = self._ids.intersection(ids)
        if here:
            self._ids -= here
            removed = self._index.remove_ids(batch(here)) if self._index.ntotal else 0
            if removed < len(here):
                self._dead |= here  # those that were in the changes are not in the base any more: no harm
            if self._training:
                self._training.touch(here)
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

    def at_hand(self, ids: Ids) -> Vectors | None:
        """Return the exact vectors (n, d) of stored ids where they are in memory, None where only lists are."""
        if self._base is not None:
            return None
        with _one_thread():
            rows: Vectors = self._index.reconstruct_batch(ids)
        return rows

    def raw(self) -> Search:
        """Return the search of FAISS's own object, that of the lists where there are any, for measurements."""
        index = self._index if self._base is None else self._base
        if not _lists(index):
            return lambda queries, k: index.search(queries, k)
        index.parallel_mode = 0
        parameters = _faiss().SearchParametersIVF(nprobe=self.probes)
        return lambda queries, k: index.search(queries, k, params=parameters)

    def _parts(self) -> list[Any]:
        if self._base is None:
            return [self._index]
        return [self._base, self._index] if self._index.ntotal else [self._base]

    def _search(self, index: Any, queries: Vectors, k: int, among: set[int] | None) -> tuple[Ids, Vectors]:
        """Search one index, on all cores where there is enough to do.

        FAISS's own threads wait for each other many times in a search, and on a machine that does something else besides,
        each wait lasts until everybody had a turn: a few queries are searched by this thread alone, many are dealt out.
        """
        faiss = _faiss()
        selector = self._selector(index, among)
        lists, compared = _lists(index), index.ntotal
        parameters = faiss.SearchParameters(sel=selector) if selector else None
        if lists:
            probes = self.probes if among is None else lists
            compared = compared * probes // lists
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=probes)
            index.parallel_mode = int(len(queries) == 1)  # the lists of one query are shared out, or the queries are

        def alone(part: Vectors) -> tuple[Vectors, Ids]:
            with _one_thread():
                found: tuple[Vectors, Ids] = index.search(part, k, params=parameters)
            return found

        if len(queries) * compared <= WORTH_SHARING:
            scores, ids = alone(queries)
        elif len(queries) == 1:
            scores, ids = index.search(queries, k, params=parameters)
        else:
            hands = faiss.omp_get_max_threads()
            with ThreadPoolExecutor(hands) as pool:
                parts = list(pool.map(alone, np.array_split(queries, min(hands, len(queries)))))
            scores, ids = (np.concatenate(each) for each in zip(*parts, strict=True))
        return ids, scores

    def _selector(self, index: Any, among: set[int] | None) -> Any:
        faiss = _faiss()
        dead = self._dead if index is self._base else set()
        if among is not None:
            return batch(among - dead)
        return faiss.IDSelectorNot(batch(dead)) if dead else None

    def _settle(self) -> None:
        """Merge changes into the lists when they are many; train lists when there are enough vectors, or far more."""
        if self._base is not None and not self._few_changes():
            self._merge()
        if self._training is None and len(self) > max(self.exact_up_to, GROWTH * self._trained_on):
            self.rebuild()

    def _few_changes(self) -> bool:
        few = min(MOST_CHANGES, self.exact_up_to)
        return bool(self._index.ntotal <= few and len(self._dead) <= _DEAD_SHARE * self._base.ntotal)

    def _merge(self) -> None:
        """Clear the lists of the dead and add the changes."""
        faiss = _faiss()
        if self._mapped:
            # A clone would share the pages of the file, which cannot be written; the file itself may be gone by now.
            self._base, self._mapped = faiss.deserialize_index(faiss.serialize_index(self._base)), False
        if self._dead:
            self._base.remove_ids(batch(self._dead))
        ids = faiss.vector_to_array(self._index.id_map)
        if len(ids):
            self._base.add_with_ids(self._rows_of(ids), ids)
        self._index, self._dead = _flat(self.dimension), set()

    def compact(self) -> None:
        """Merge changes and drop what was removed, without training anew."""
        if self._base is not None and (self._dead or self._index.ntotal):
            self._merge()

    def rebuild(self) -> None:
        """Build the index anew from the exact vectors; lists take about a minute for a million on one core."""
        if self._training:
            return
        ids = np.sort(np.fromiter(self._ids, np.int64, len(self._ids)))
        if len(ids) > self.exact_up_to:
            self._training = Training(self.dimension, ids, self._typical)
            self._train(self._training)
            return
        self._base, self._dead, self._mapped = None, set(), False
        self._index, self._trained_on, self.probes, self.recall = _flat(self.dimension), 0, 0, 1.0
        for chunk in chunks(ids):
            self._index.add_with_ids(self._rows_of(chunk), chunk)

    def _train_now(self, training: Training) -> None:
        def rows_of(ids: Ids) -> tuple[Ids, Vectors]:
            return ids, self._rows_of(ids)

        training.run(rows_of)
        self.adopt(training)

    def adopt(self, training: Training) -> None:
        """Put trained lists in the place of what was searched until now."""
        self._base, self._mapped, self._dead = training.finish(self._those_here), False, set()
        self._index, self._training = _flat(self.dimension), None
        self._trained_on, self.probes, self.recall = len(training.ids), training.probes, training.recall

    def give_up(self) -> None:
        """Forget the training that failed: what was searched until now goes on, and the next change tries again."""
        self._training = None

    def _those_here(self, ids: Ids) -> tuple[Ids, Vectors]:
        here = np.array([key for key in ids.tolist() if key in self._ids], np.int64)
        return here, self._rows_of(here)

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
    def load(
        cls,
        folder: Path,
        dimension: int,
        rows_of: RowsOf,
        typical: Vectors | None = None,
        train: Callable[[Training], None] | None = None,
    ) -> VectorIndex:
        """Open a snapshot; a large one stays on disk as a memory map. Raises DamagedSnapshot where files are amiss."""
        faiss = _faiss()
        index = cls(dimension, rows_of, typical, train=train)
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
            index._base, index._mapped = stored, True
        else:
            index._index = stored
        return index


def _faiss() -> Any:
    """Import FAISS when it is first needed; its stubs know nothing of the keyword arguments that its Python side adds."""
    return import_module("faiss")


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let FAISS do what this thread asks of it in this thread alone."""
    faiss = _faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _flat(dimension: int) -> Any:
    faiss = _faiss()
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))


def _lists(index: Any) -> int:
    return int(getattr(index, "nlist", 0))
