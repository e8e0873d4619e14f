"""txtai with `hybrid: true` as it comes, on the vectors that are given to it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from matcher.engine.bench import data
from matcher.engine.bench.process import Answer, attend, growth, resident, timed

K = 10


class Txtai:
    """Answer the questions of the bench with txtai."""

    def __init__(self) -> None:
        self._waiting: list[data.Floats] = []  # vectors that txtai will ask for next, in its order
        self._library: Any = None

    def load(self) -> Answer:
        """Import it."""
        self._library = import_module("txtai")
        return {"runtime": f"txtai {version('txtai')}"}

    def build(self, folder: str) -> Answer:
        """Build an index of a collection from its texts and vectors."""
        self._collection = data.read(Path(folder))
        texts = [text for _, _, chunk in self._collection.chunks() for text in chunk]
        waiting = self._waiting = [np.asarray(self._collection.vectors)]

        def transform(asked: list[Any]) -> data.Floats:
            vectors, waiting[0] = waiting[0][: len(asked)], waiting[0][len(asked) :]
            return vectors

        before = resident()
        self._index = self._library.Embeddings({"method": "external", "transform": transform, "hybrid": True})
        seconds = timed(lambda: self._index.index((at, text, None) for at, text in enumerate(texts)))
        return {"seconds": seconds, **growth(before)}

    def hybrid(self, places: Sequence[int]) -> Answer:
        """Rank for one need at a time."""
        return {"seconds": [timed(self._search, [at]) for at in places]}

    def hybrid_batch(self, count: int) -> Answer:
        """Rank for many needs at once."""
        return {"seconds": timed(self._search, range(count)), "count": count}

    def change(self, count: int) -> Answer:
        """Add, change and remove single items."""
        found: dict[str, list[float]] = {"add": [], "update": [], "delete": []}
        first = len(self._collection.vectors)
        for at in range(count):
            for what in ("add", "update"):
                self._waiting[0] = np.asarray(self._collection.vectors[at : at + 1])
                item = (first + at, self._collection.texts[at], None)
                found[what].append(timed(self._index.upsert, [item]))
            found["delete"].append(timed(self._index.delete, [first + at]))
        return found

    def _search(self, places: Sequence[int]) -> list[Any]:
        self._waiting[0] = self._collection.needs[list(places)]
        found: list[Any] = self._index.batchsearch([self._collection.need_texts[at] for at in places], K)
        return found


def main() -> None:
    """Attend to the bench."""
    txtai = Txtai()
    attend({name: getattr(txtai, name) for name in ("load", "build", "hybrid", "hybrid_batch", "change")})


if __name__ == "__main__":
    main()
