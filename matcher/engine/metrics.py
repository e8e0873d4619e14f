"""Figures of retrieval quality, as trec_eval defines them, and whether a difference is more than chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Judgements = Mapping[str, int]

RESAMPLES = 10_000
_SEED = 10


def ndcg(ranked: Sequence[str], judged: Judgements, k: int = 10) -> float:
    """Return the normalised discounted cumulative gain: gain = grade, discount log2(rank + 1); 0 without relevant ones."""
    gains = [judged.get(document, 0) for document in ranked[:k]]
    ideal = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:k]
    return _discounted(gains) / _discounted(ideal) if ideal else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def recall(ranked: Sequence[str], judged: Judgements, k: int = 10) -> float:
    """Return the share of the relevant documents that are among the first k; 0 without relevant ones."""
    relevant = {document for document, grade in judged.items() if grade > 0}
    return len(relevant & set(ranked[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranked: Sequence[str], judged: Judgements, k: int = 10) -> float:
    """Return one over the rank of the first relevant document, 0 where none is among the first k."""
    ranks = (rank for rank, document in enumerate(ranked[:k], 1) if judged.get(document, 0) > 0)
    return 1 / next(ranks, math.inf)


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold a mean difference over queries with its 95 % interval and two-sided p, by paired bootstrap."""

    mean: float
    low: float
    high: float
    p: float


def paired_bootstrap(one: Sequence[float], other: Sequence[float], resamples: int = RESAMPLES) -> Difference:
    """Return how much better `one` is than `other` on the same queries (Sakai 2006: means under resampled queries).

    The resampling is seeded: the same figures give the same answer. Raises ValueError for lists of different length.
    """
    gains = np.array(one, np.float64) - np.array(other, np.float64)  # refuses different lengths
    if not len(gains):
        return Difference(0.0, 0.0, 0.0, 1.0)
    generator = np.random.default_rng(_SEED)
    means = np.array([gains[generator.integers(0, len(gains), len(gains))].mean() for _ in range(resamples)])
    low, high = np.quantile(means, [0.025, 0.975])
    tail = min(np.count_nonzero(means <= 0), np.count_nonzero(means >= 0)) + 1
    return Difference(float(gains.mean()), float(low), float(high), min(1.0, 2 * float(tail) / (resamples + 1)))
