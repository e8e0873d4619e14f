"""Dense and lexical evidence of a pair in one number.

An item's first vector stands for its whole text, the others for its sentences. With cos the corrected cosine and r the
hubness of reference.py, z(x) = (x - mean) / standard deviation of what the query has by chance:

    dense    = z(0.6 cos(whole query, whole item) + 0.4 max cos(any row of the query, any row of the item) - 0.5 (r - mean r))
    words    = √z(BM25 with rarity to the power 1.5)      where query and item are in one language, else 0.7 dense
    evidence = dense + 1.4 words

The square root keeps a few very rare shared terms from deciding alone (z has a heavy tail). Across languages shared terms
say nothing, so what is usual at that closeness stands in: within one language √z rises linearly with dense, on all judged
sets alike. Every figure is a property of the pair and of the stored statistics, never of the batch or the candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.engine.items import Record, Vectors
from matcher.engine.lexicon import WordScores, comparable
from matcher.engine.reference import Reference

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Formula:
    """Hold the constants, the same for all sets and languages; docs/quality.md has how they were chosen."""

    words: float = 1.4
    imputed: float = 0.7
    best_row: float = 0.4
    hubness: float = 0.5
    rarity_power: float = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """Hold a query ready for scoring: corrected unit rows (p, d), the first of the whole text, and its terms."""

    rows: Vectors
    tokens: tuple[str, ...]
    language: str

    @classmethod
    def prepare(cls, record: Record, reference: Reference) -> Query:
        """Return the query that a record makes, corrected as the reference says."""
        language = record.item.profile.language
        return cls(reference.correct_queries(record.vectors, language), record.tokens, language)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Hold n items to score: the corrected rows of item i are rows[offsets[i]:offsets[i + 1]], at least one."""

    ids: npt.NDArray[np.int64]
    rows: Vectors
    offsets: npt.NDArray[np.int64]
    hubness: npt.NDArray[np.float32]
    languages: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Hold the evidence of n pairs, (n,) each.

    `whole` and `alignment` are cosines of the whole texts and of the best rows, `cosine` their mixture; `bm25` and `share` are
    those of WordScores; `dense`, `words` and `total` are as the formula has them; `spoken` tells where words can be compared.
    """

    whole: Values
    alignment: Values
    cosine: Values
    bm25: Values
    share: Values
    dense: Values
    words: Values
    total: Values
    spoken: npt.NDArray[np.bool_]


def cosines(query: Query, candidates: Candidates) -> tuple[Values, Values]:
    """Return for each candidate the cosine of the whole texts, and that of the best pair of rows."""
    if not len(candidates.ids):
        return np.zeros(0), np.zeros(0)
    similarities = candidates.rows @ query.rows.T
    starts = candidates.offsets[:-1]
    best = np.maximum.reduceat(similarities.max(axis=1), starts)
    return similarities[starts, 0].astype(np.float64), best.astype(np.float64)


def weigh(query: Query, candidates: Candidates, shared: WordScores, reference: Reference, formula: Formula) -> Evidence:
    """Return the evidence of every pair; `shared` has rarity to the formula's power."""
    whole, alignment = cosines(query, candidates)
    cosine = (1 - formula.best_row) * whole + formula.best_row * alignment
    mean, deviation = reference.expected(query.rows[0])
    excess = candidates.hubness.astype(np.float64) - reference.typical_hubness
    dense = (cosine - formula.hubness * excess - mean) / deviation
    spoken = np.array([comparable(query.language, language) for language in candidates.languages], np.bool_)
    words = np.where(spoken, np.sign(shared.surprise) * np.sqrt(np.abs(shared.surprise)), formula.imputed * dense)
    total = dense + formula.words * words
    return Evidence(whole, alignment, cosine, shared.bm25, shared.share, dense, words, total, spoken)
