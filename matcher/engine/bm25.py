"""The BM25 weight of terms, from the statistics of a collection wherever these are kept.

Okapi BM25 in the form of Lucene (Robertson and Zaragoza 2009; the rarity of a term is never negative), with the saturation
of repeated query terms of the original.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]

# Higher than Lucene's 1.2 and 0.75: needs and abstracts are long and a term that is repeated is meant; chosen over all
# judged sets together (docs/quality.md).
K1 = 1.6
B = 0.9
K3 = 8.0  # of the query: a need repeats its terms on purpose, a need made of many documents must not drown in them


class TermStatistics(ABC):
    """Weigh terms by how many items there are, how long they are and how many of them have the term."""

    k1: float = K1
    b: float = B
    k3: float = K3

    @abstractmethod
    def __len__(self) -> int:
        """Give the number of items."""

    @property
    @abstractmethod
    def mean_length(self) -> float:
        """Give the mean number of terms of an item, 1 when there are none."""

    @abstractmethod
    def document_frequencies(self, terms: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return in how many items each term occurs."""

    def rarity(self, terms: Sequence[str]) -> Scores:
        """Return the inverse document frequency of each term, ln(1 + (N - n + 0.5) / (n + 0.5)), in natural units."""
        return self._idf(self.document_frequencies(terms))

    def contributions(self, query: Sequence[str], tokens: Sequence[str], power: float = 1.0) -> dict[str, float]:
        """Return what each shared term adds to the score of an item with these tokens, the largest first.

        `power` raises the rarity of every term: above 1, rare terms count for more than in plain BM25.
        """
        asked, counts = Counter(query), Counter(tokens)
        shared = [term for term in asked if term in counts]
        damping = self._damping(np.array([len(tokens)], np.float32))[0]
        gains = {
            term: float(self._asked(asked[term]) * idf**power * self._saturate(counts[term], damping))
            for term, idf in zip(shared, self.rarity(shared), strict=True)
        }
        return dict(sorted(gains.items(), key=lambda gain: (-gain[1], gain[0])))

    def score(self, query: Sequence[str], tokens: Sequence[str], power: float = 1.0) -> float:
        """Return the score of an item with these tokens."""
        return sum(self.contributions(query, tokens, power).values())

    def share(self, query: Sequence[str], tokens: Sequence[str], power: float = 1.0) -> float:
        """Return the part (0…1) of the query's weight, rarity to that power, whose terms are among the tokens."""
        counts = Counter(query)
        weights = dict(zip(counts, self._weights(counts, self.document_frequencies(list(counts)), power), strict=True))
        total = sum(weights.values())
        return float(sum(weights[term] for term in weights.keys() & set(tokens)) / total) if total else 0.0

    def chance(self, query: Sequence[str], power: float = 1.0) -> tuple[float, float]:
        """Return mean and standard deviation of the score that an item reaches by chance.

        Terms are taken as independent, present in a share n / N of the items with the weight of one average occurrence.
        """
        counts = Counter(query)
        frequencies = self.document_frequencies(list(counts))
        return self.chance_of(self._weights(counts, frequencies, power), frequencies)

    def chance_of(self, weights: Scores, frequencies: npt.NDArray[np.int64]) -> tuple[float, float]:
        """Return what `chance` does, for terms of these weights that occur in so many items."""
        share = np.minimum(frequencies / max(len(self), 1), 1.0)
        return float(weights @ share), float(np.sqrt(weights**2 @ (share * (1 - share))))

    def _weights(self, counts: Counter[str], frequencies: npt.NDArray[np.int64], power: float) -> Scores:
        """Return what each known term of a query can add, leaving its frequency in an item aside; 0 for unknown ones."""
        asked = self._asked(np.fromiter(counts.values(), np.float64, len(counts)))
        return np.where(frequencies > 0, asked * self._idf(frequencies) ** power, 0.0)

    def _idf(self, frequencies: npt.NDArray[np.int64]) -> Scores:
        return np.log1p((len(self) - frequencies + 0.5) / (frequencies + 0.5))

    def _asked(self, counts: Any) -> Any:
        """Return the weight of a term that the query has so many times: 1 for one, never more than k3 + 1."""
        return counts * (self.k3 + 1) / (counts + self.k3)

    def _damping(self, lengths: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(self.k1 * (1 - self.b + self.b * lengths / np.float32(self.mean_length)), np.float32)

    def _saturate(self, counts: Any, damping: Any) -> Any:
        """Return the part of a term's weight that its frequency earns, 0 to k1 + 1."""
        return counts * (self.k1 + 1) / (counts + damping)
