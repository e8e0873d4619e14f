"""Dense and lexical evidence of a pair in one number.

An item's first row stands for its whole text, the others for its passages. With cos the corrected cosine, r the
hubness of reference.py, and z(x) = (x - mean) / standard deviation of what the query has by chance:

    alignment = soft maximum over the query's passages of max cos(passage, any row of the item)
    dense     = z(0.6 cos(whole query, whole item) + 0.4 alignment - 0.6 (r - mean r))
    words     = damped z(BM25 with rarity to the power 1.5)  where query and item are in one language, else 0.6 dense
    evidence  = dense + w words,   w = 1.3 / (1 + 0.6 log2(passages of the query / 8)), 1.3 up to 8 passages

damped z = z / √(8 + |z|): linear while z is within what unrelated texts reach, a root beyond, so that neither noise nor a few
very rare shared terms decide alone. A query of very many passages is about many things, and that its words occur somewhere
says less. Across languages shared terms say nothing, so what is usual at that closeness stands in. Every figure is a
property of the pair and of the stored statistics, never of the batch or the candidates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.engine.alignment import best_answers, first_passage, similarities, soft_maximum
from matcher.engine.items import Record, Vectors
from matcher.engine.lexicon import WordScores
from matcher.engine.precedents import Recall
from matcher.engine.reference import Reference

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Formula:
    """Hold the constants, the same for all sets and languages; docs/quality.md has how they were chosen."""

    alignment: float = 0.4
    hubness: float = 0.6
    words: float = 1.3
    imputed: float = 0.6
    rarity_power: float = 1.5
    chance: float = 8.0  # z up to which shared words may be chance
    passages: int = 8  # of a query on one theme
    dispersion: float = 0.6  # how much less words say with every doubling of the passages beyond that

    def weight_of_words(self, query: Query) -> float:
        """Return the weight of the words of a query."""
        themes = max(1.0, len(query.passages) / self.passages)
        return self.words / (1 + self.dispersion * math.log2(themes))

    def damp(self, surprise: Values) -> Values:
        """Return z as it counts."""
        return np.asarray(surprise / np.sqrt(self.chance + np.abs(surprise)), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """Hold a query ready for scoring: corrected unit rows (p, d), the first of the whole text, and its terms."""

    rows: Vectors
    tokens: tuple[str, ...]
    language: str
    id: int = 0

    @property
    def passages(self) -> Vectors:
        """Give the rows of its passages."""
        return self.rows[first_passage(self.rows) :]

    def probes(self, most: int) -> Vectors:
        """Return the rows that propose candidates: the whole text's, and of very many passages some spread evenly."""
        if len(self.rows) <= most:
            return self.rows
        return self.rows[np.linspace(0, len(self.rows) - 1, most).round().astype(np.intp)]

    @classmethod
    def prepare(cls, record: Record, reference: Reference) -> Query:
        """Return the query that a record makes, corrected as the reference says."""
        language = record.item.profile.language
        return cls(reference.correct_queries(record.vectors, language), record.tokens, language, record.item.id)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Hold n items to score: the corrected rows of item i are rows[offsets[i]:offsets[i + 1]], the whole text's first."""

    ids: npt.NDArray[np.int64]
    rows: Vectors
    offsets: npt.NDArray[np.int64]
    hubness: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Hold the evidence of n pairs, (n,) each.

    `whole` and `alignment` are cosines of the whole texts and of their passages, `cosine` their mixture; `bm25` and `share` are
    those of WordScores; `dense`, `words` and `total` are as the formula has them; `spoken` tells where words can be compared;
    `precedent` is what earlier decisions on similar pairs say, None where no ranker asks.
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
    precedent: Values | None = None


def cosines(query: Query, candidates: Candidates) -> tuple[Values, Values]:
    """Return for each candidate the cosine of the whole texts, and the alignment of the passages."""
    starts = candidates.offsets[:-1]
    found = similarities(query.rows, candidates.rows)
    passages = found[:, first_passage(query.rows) :]
    return found[starts, 0].astype(np.float64), soft_maximum(best_answers(passages, starts))


def weigh(
    query: Query,
    candidates: Candidates,
    shared: WordScores,
    reference: Reference,
    formula: Formula,
    recall: Recall | None = None,
) -> Evidence:
    """Return the evidence of every pair; `shared` has rarity to the formula's power."""
    whole, alignment = cosines(query, candidates)
    cosine = (1 - formula.alignment) * whole + formula.alignment * alignment
    mean, deviation = reference.expected(query.rows[0])
    excess = candidates.hubness.astype(np.float64) - reference.typical_hubness
    dense = (cosine - formula.hubness * excess - mean) / deviation
    words = np.where(shared.spoken, formula.damp(shared.surprise), formula.imputed * dense)
    total = dense + formula.weight_of_words(query) * words
    known = (
        recall.of(np.array([query.id]), query.rows[:1], candidates.rows[candidates.offsets[:-1]]) if recall else None
    )
    return Evidence(whole, alignment, cosine, shared.bm25, shared.share, dense, words, total, shared.spoken, known)
