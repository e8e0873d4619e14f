"""This engine as a contestant, and the floor under it: the encoder without its texts, FAISS on the very same index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from matcher.engine.bench import data
from matcher.engine.bench.process import Answer, attend, growth, resident, timed
from matcher.engine.catalogue import Catalogue
from matcher.engine.encoder import TextEncoder, load_encoder
from matcher.engine.items import Item, Profile, Record, Vectors
from matcher.engine.lexical import tokenise
from matcher.engine.reference import Reference, fit_reference

NEAREST = 50
K = 10
_SAMPLE = 20_000  # items that the reference statistics are taken from, as in the platform
_FIELDS = ("materials", "energy", "medicine", "software", "machinery")


class Ours:
    """Answer the questions of the bench with this engine."""

    def __init__(self) -> None:
        self._folder = Path()
        self._encoder: TextEncoder | None = None
        self._catalogue: Catalogue | None = None

    def load(self, model: str, models: str, threads: int) -> Answer:
        """Load the encoder."""
        self._encoder = load_encoder(model, Path(models), threads=threads)
        return {"runtime": self._encoder.runtime, "name": self._encoder.name}

    def encode(self, texts: Sequence[str]) -> Answer:
        """Encode texts as offers."""
        encoder = self._encoder
        assert encoder is not None
        return {"seconds": timed(encoder.encode_offers, texts)}

    def encode_raw(self, texts: Sequence[str]) -> Answer:
        """Run the model over batches that were tokenised and sorted before: what no encoder can go below."""
        assert self._encoder is not None
        batches = self._encoder.batches(texts)
        backend = self._encoder.backend
        return {"seconds": timed(lambda: list(backend.embed(iter(batches))))}

    def build(self, folder: str) -> Answer:
        """Build a catalogue of a collection and write its snapshot; what is measured begins with texts and vectors."""
        self._turn_to(folder)
        catalogue = Catalogue(self._reference(), scratch=self._folder)
        seconds = 0.0
        for places, vectors, texts in self._collection.chunks():
            rows = data.passages(vectors, data.ITEM_ROWS, places.start)
            started = perf_counter()
            catalogue.upsert([_record("offer", *each) for each in zip(places, texts, rows, strict=True)])
            seconds += perf_counter() - started
        seconds += timed(catalogue.settle) + timed(catalogue.compact)
        snapshot = timed(lambda: catalogue.snapshot(self._folder / "snapshot"))
        kind = catalogue.kind
        catalogue.close()
        return {"seconds": seconds, "snapshot": snapshot, "kind": kind}

    def open(self, folder: str) -> Answer:
        """Open the snapshot of a collection, and tell by how much the memory grew."""
        self._turn_to(folder)
        before = resident()
        self._memory_before = before
        started = perf_counter()
        self._catalogue = Catalogue.open(self._folder / "snapshot", scratch=self._folder)
        seconds = perf_counter() - started
        return {"seconds": seconds, "kind": self._open.kind, "items": len(self._open), **growth(before)}

    def _turn_to(self, folder: str) -> None:
        """Take another collection up, and forget what was made of the one before."""
        self._folder = Path(folder)
        for name in ("_collection", "_need_rows", "_probes"):
            self.__dict__.pop(name, None)

    def memory(self) -> Answer:
        """Tell by how much the memory has grown since before the snapshot was opened, searches included."""
        return growth(self._memory_before)

    def recall(self) -> Answer:
        """Compare the dense stage with exact search over the same vectors."""
        faiss: Any = import_module("faiss")
        nearest = faiss.ResultHeap(len(self._probes), NEAREST, keep_max=True)
        for start in range(0, len(self._collection.vectors), data.CHUNK):
            rows = self._corrected(np.asarray(self._collection.vectors[start : start + data.CHUNK]))
            scores, found = faiss.knn(self._probes, rows, NEAREST, metric=faiss.METRIC_INNER_PRODUCT)
            nearest.add_result(scores, found + start)
        nearest.finalize()
        found, _ = self._open.vectors.search(self._probes, NEAREST)
        shares = [len(np.intersect1d(*pair)) / NEAREST for pair in zip(found, nearest.I, strict=True)]
        return {"recall": float(np.mean(shares)), "worst": float(np.min(shares))}

    def dense(self, places: Sequence[int]) -> Answer:
        """Search by one vector at a time."""
        index = self._open.vectors
        return {"seconds": [timed(index.search, row, NEAREST) for row in self._rows(places)]}

    def dense_raw(self, places: Sequence[int]) -> Answer:
        """Search FAISS's own object by one vector at a time, visiting as many lists."""
        search = self._open.vectors.raw()
        return {"seconds": [timed(search, row, NEAREST) for row in self._rows(places)]}

    def dense_batch(self) -> Answer:
        """Search by many vectors at once."""
        return {"seconds": timed(self._open.vectors.search, self._probes, NEAREST), "count": len(self._probes)}

    def dense_batch_raw(self) -> Answer:
        """Search FAISS's own object by many vectors at once."""
        search = self._open.vectors.raw()
        return {"seconds": timed(search, self._probes, NEAREST), "count": len(self._probes)}

    def hybrid(self, places: Sequence[int]) -> Answer:
        """Rank for one need at a time, the terms of its text included."""
        needs = self._collection.need_texts
        return {"seconds": [timed(self._rank, at, needs[at]) for at in places]}

    def hybrid_batch(self, count: int) -> Answer:
        """Rank for many needs at once, the terms of their texts included."""
        texts = [self._collection.need_texts[at] for at in range(count)]
        started = perf_counter()
        found = self._open.search([self._need(at, text) for at, text in enumerate(texts)], K)
        return {"seconds": perf_counter() - started, "count": count, "found": sum(map(len, found))}

    def change(self, count: int) -> Answer:
        """Add, change and remove single items; each must be found, or not, at once."""
        found: dict[str, list[float]] = {"add": [], "update": [], "delete": []}
        first = len(self._collection.vectors)
        vectors = data.passages(np.asarray(self._collection.vectors[:count]), data.ITEM_ROWS, 1)
        for at in range(count):
            number = first + at
            new = _record("offer", number, self._collection.texts[at], vectors[at])
            newer = replace(new, vectors=vectors[at - 1])
            found["add"].append(timed(self._open.upsert, [new]))
            self._must_find(number, new, True)
            found["update"].append(timed(self._open.upsert, [newer]))
            self._must_find(number, newer, True)
            found["delete"].append(timed(self._open.delete, [number]))
            self._must_find(number, newer, False)
        return found

    def while_rebuilding(self, places: Sequence[int]) -> Answer:
        """Search while the lists are trained anew beside the index in use."""
        started = perf_counter()
        self._open.rebuild()
        seconds: list[float] = []
        while self._open.is_rebuilding:
            seconds += self.hybrid([places[len(seconds) % len(places)]])["seconds"]
        return {"seconds": seconds, "rebuild": perf_counter() - started}

    def _rank(self, at: int, text: str) -> None:
        self._open.search([self._need(at, text)], K)

    def _must_find(self, number: int, record: Record, wanted: bool) -> None:
        asked = replace(record, item=replace(record.item, id=0, profile=replace(record.item.profile, side="need")))
        (hits,) = self._open.search([asked], K)
        if (number in [hit.id for hit in hits]) is not wanted:
            raise RuntimeError(f"item {number} is {'not ' if wanted else ''}found after the change")

    @property
    def _open(self) -> Catalogue:
        assert self._catalogue is not None
        return self._catalogue

    @cached_property
    def _collection(self) -> data.Collection:
        return data.read(self._folder)

    @cached_property
    def _need_rows(self) -> Vectors:
        return data.passages(self._collection.needs, data.NEED_ROWS, 2)

    @cached_property
    def _probes(self) -> Vectors:
        """Give the needs' whole vectors as the index is asked for them."""
        return self._open.reference.correct_queries(self._collection.needs, "en")

    def _corrected(self, rows: Vectors) -> Vectors:
        return self._open.reference.correct_items(rows, "en")

    def _rows(self, places: Sequence[int]) -> list[Vectors]:
        return [self._probes[at : at + 1] for at in places]

    def _need(self, at: int, text: str) -> Record:
        return _record("need", at, text, self._need_rows[at])

    def _reference(self) -> Reference:
        step = max(1, len(self._collection.vectors) // _SAMPLE)
        items = np.asarray(self._collection.vectors[::step])
        return fit_reference(
            [_record("offer", at, "", row[None, :]) for at, row in enumerate(items)],
            [_record("need", at, "", row[None, :]) for at, row in enumerate(self._collection.needs)],
            data.DIMENSION,
        )


def _record(side: Any, number: int, text: str, rows: Vectors) -> Record:
    fields = frozenset((_FIELDS[number % 5], _FIELDS[number % 3]))
    profile = Profile(side, owner=number, fields=fields, trl=number % 9 + 1, region="510100", language="en")
    return Record(Item(int(number), "", "", profile), str(number), rows, ("",) * len(rows), tuple(tokenise(text)))


def main() -> None:
    """Attend to the bench."""
    ours = Ours()
    names = (
        "load encode encode_raw build open memory recall dense dense_raw dense_batch dense_batch_raw hybrid hybrid_batch"
        " change while_rebuilding"
    )
    actions: dict[str, Callable[..., Answer]] = {name: getattr(ours, name) for name in names.split()}
    attend(actions)


if __name__ == "__main__":
    main()
