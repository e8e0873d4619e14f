"""What a user would put together by hand: sentence-transformers as it comes, exact FAISS, bm25s, reciprocal rank fusion.

Runs in an environment of its own (requirements-bench.txt); where that is not there, in ours, and then without words.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from matcher.engine.bench import data
from matcher.engine.bench.process import Answer, attend, growth, resident, timed

K = 10
_DEPTH = 100  # of each kind, as txtai takes
_RANK = 60  # of reciprocal rank fusion (Cormack et al. 2009)


class Plain:
    """Answer the questions of the bench by hand."""

    def __init__(self) -> None:
        self._model: Any = None
        self._index: Any = None
        self._words: Any = None

    def load(self, model: str) -> Answer:
        """Load the model with default settings."""
        torch: Any = import_module("torch")
        library: Any = import_module("sentence_transformers")
        import_module("transformers").utils.logging.disable_progress_bar()
        self._model = library.SentenceTransformer(model, device="cpu")
        versions = f"sentence-transformers {library.__version__}, PyTorch {torch.__version__}"
        return {"runtime": f"{versions}, {torch.get_num_threads()} threads"}

    def encode(self, texts: Sequence[str]) -> Answer:
        """Encode texts as offers, with default settings."""
        prompted = [f"passage: {text}" for text in texts]
        return {"seconds": timed(lambda: self._model.encode(prompted, show_progress_bar=False))}

    def build(self, folder: str) -> Answer:
        """Build the two indexes of a collection from its texts and vectors."""
        self._collection = data.read(Path(folder))
        faiss: Any = import_module("faiss")
        texts = [text for _, _, chunk in self._collection.chunks() for text in chunk]
        vectors = np.array(self._collection.vectors)
        before = resident()
        self._index = faiss.IndexFlatIP(data.DIMENSION)
        dense = timed(self._index.add, vectors)
        words = timed(self._build_words, texts) if _installed("bm25s") else 0.0
        return {"seconds": dense + words, "has_words": self._words is not None, **growth(before)}

    def _build_words(self, texts: list[str]) -> None:
        bm25s: Any = import_module("bm25s")
        self._words = bm25s.BM25()
        self._words.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)

    def hybrid(self, places: Sequence[int]) -> Answer:
        """Rank for one need at a time."""
        return {"seconds": [timed(self._search, [at]) for at in places]}

    def hybrid_batch(self, count: int) -> Answer:
        """Rank for many needs at once."""
        return {"seconds": timed(self._search, range(count)), "count": count}

    def words(self, count: int) -> Answer:
        """Propose candidates by words alone, for many needs at once."""
        texts = [self._collection.need_texts[at] for at in range(count)]
        return {"seconds": timed(self._by_words, texts), "count": count}

    def _search(self, places: Sequence[int]) -> list[list[int]]:
        depth = min(_DEPTH, self._index.ntotal)
        _, near = self._index.search(self._collection.needs[list(places)], depth)
        alike = self._by_words([self._collection.need_texts[at] for at in places])
        return [_fused(*both) for both in zip(near.tolist(), alike, strict=True)]

    def _by_words(self, texts: list[str]) -> list[list[int]]:
        bm25s: Any = import_module("bm25s")
        depth = min(_DEPTH, self._index.ntotal)
        tokens = bm25s.tokenize(texts, stopwords="en", show_progress=False)
        found, _ = self._words.retrieve(tokens, k=depth, show_progress=False)
        return [[int(number) for number in row] for row in found]


def _fused(near: Sequence[int], alike: Sequence[int]) -> list[int]:
    total: dict[int, float] = {}
    for ranking in (near, alike):
        for rank, key in enumerate(ranking):
            total[key] = total.get(key, 0.0) + 1 / (_RANK + rank)
    return sorted(total, key=lambda key: -total[key])[:K]


def _installed(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def main() -> None:
    """Attend to the bench."""
    plain = Plain()
    attend({name: getattr(plain, name) for name in ("load", "encode", "build", "hybrid", "hybrid_batch", "words")})


if __name__ == "__main__":
    main()
