"""From evidence and facts to an order: the fixed formula, a learned ranker in its place, a cross-encoder on top.

The formula adds to the evidence of fusion.py what both sides state beside their texts, each agreement of features.py (-1…1)
with its weight, together less than one (by their hyperbolic tangent, so that each still counts), and no pair of forms
outweighs what the texts say. The weights are judgement, not fits: there were no decisions to fit yet. `LearnedRanker` is where decisions come in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from matcher.engine.bm25 import TermStatistics
from matcher.engine.calibration import Calibration
from matcher.engine.demands import readings_of
from matcher.engine.features import Facts, agreements, comparable_facts, sizes
from matcher.engine.fusion import Candidates, Evidence, Formula, Query, weigh
from matcher.engine.items import Hit, Record
from matcher.engine.lexicon import compare_words
from matcher.engine.precedents import Recall
from matcher.engine.reference import Reference

Values = npt.NDArray[np.float64]

# In standard deviations of the dense score: a relevant pair has a total of 5 to 12, a chance pair 0.
AGREEMENT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "coverage": 0.6,
        "conflict": -0.6,
        "fields": 0.3,
        "trl": 0.3,
        "price": 0.3,
        "industries": 0.2,
        "ipc": 0.2,
        "emerging": 0.15,
        "cooperation": 0.15,
        "region": 0.15,
    }
)
LARGEST_ADJUSTMENT = 1.0
_BLOCK = 16  # pairs whose facts are compared before it is asked again whether more could matter
# What a ranker may look at, in the columns of `matrix`: closeness of meaning (cosines of whole texts, of the best rows, both
# mixed, and in standard deviations), shared words (BM25, its z, the rarity-weighted part of the query that is shared), the
# formula's evidence, stated facts, what tells a ranker how far to trust the others, and earlier decisions on similar pairs.
FEATURES = (
    "whole",
    "alignment",
    "cosine",
    "dense",
    "bm25",
    "rarity",
    "words",
    "evidence",
    *AGREEMENT_WEIGHTS,
    "same_language",
    "need_length",
    "offer_length",
    "precedent",
)


class Ranker(Protocol):
    """Give every pair one figure to sort by, from its own features alone."""

    @property
    def name(self) -> str:
        """Identify kind and version, for the record of why a pair was proposed."""

    def ceiling(self, query: Facts) -> float:
        """Return how far a figure can be above the evidence: pairs too far behind need no comparison of facts."""

    def rank(self, features: Sequence[Mapping[str, float]]) -> Values:
        """Return a figure (n,) on the scale of the calibration; features that a pair lacks are not stated."""


@dataclass(frozen=True, slots=True)
class FormulaRanker:
    """Add the agreements to the evidence."""

    name: str = "formula-1"

    def ceiling(self, query: Facts) -> float:
        """Return what full agreement on all that the query states would add."""
        return adjustment({name: 1.0 for name in comparable_facts(query) if AGREEMENT_WEIGHTS[name] > 0})

    def rank(self, features: Sequence[Mapping[str, float]]) -> Values:
        """Return evidence plus adjustment."""
        return np.array([pair["evidence"] + adjustment(pair) for pair in features], np.float64)


def adjustment(pair: Mapping[str, float]) -> float:
    """Return what the stated facts of a pair add, between -1 and 1 in the unit of the evidence."""
    total = sum(weight * pair.get(name, 0.0) for name, weight in AGREEMENT_WEIGHTS.items())
    return LARGEST_ADJUSTMENT * math.tanh(total / LARGEST_ADJUSTMENT)


@dataclass(frozen=True, slots=True)
class LearnedRanker:
    """Ask a fitted classifier (scikit-learn's `predict_proba` over FEATURES) for the log-odds."""

    model: Any
    name: str

    def ceiling(self, query: Facts) -> float:
        """Return infinity: a model may put any pair first."""
        return math.inf

    def rank(self, features: Sequence[Mapping[str, float]]) -> Values:
        """Return log-odds; their calibration is Calibration(1, 0)."""
        if not features:
            return np.zeros(0)
        chances = np.clip(self.model.predict_proba(matrix(features))[:, 1], 1e-9, 1 - 1e-9)
        return np.asarray(np.log(chances / (1 - chances)), np.float64)


def matrix(features: Sequence[Mapping[str, float]]) -> Values:
    """Return the features (n, len(FEATURES)) that a model is fitted on, 0 where a side states nothing."""
    rows = [[pair.get(name, 0.0) for name in FEATURES] for pair in features]
    return np.array(rows, np.float64).reshape(len(features), len(FEATURES))


def formula_figures(columns: Values) -> Values:
    """Return the formula's figure (n,) from the columns of `matrix`."""
    weights = np.array([AGREEMENT_WEIGHTS.get(name, 0.0) for name in FEATURES])
    adjusted = LARGEST_ADJUSTMENT * np.tanh(columns @ weights / LARGEST_ADJUSTMENT)
    return np.asarray(columns[:, FEATURES.index("evidence")] + adjusted, np.float64)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hold all that turns evidence into hits; where there is a cross-encoder, it reads the first `depth` pairs again.

    `recall` is the memory of a learned ranker, corrected as the catalogue corrects.
    """

    formula: Formula = field(default_factory=Formula)
    ranker: Ranker = field(default_factory=FormulaRanker)
    calibration: Calibration = field(default_factory=Calibration)
    recall: Recall | None = None
    cross_weight: float = 0.5
    depth: int = 30

    def hits(
        self, ids: npt.NDArray[np.int64], evidence: Evidence, query: Facts, facts: Sequence[Facts], k: int
    ) -> list[Hit]:
        """Return the k best as hits: `score` the calibrated probability, `parts` every feature and the raw `rank`."""
        if k < 1:
            return []
        places, features, raw = self._compare(evidence, query, facts, k)
        likely = self.calibration.probabilities(raw)
        order = np.lexsort((ids[places], -raw))[:k]
        return [Hit(int(ids[places[at]]), float(likely[at]), {**features[at], "rank": float(raw[at])}) for at in order]

    def _compare(
        self, evidence: Evidence, query: Facts, facts: Sequence[Facts], k: int
    ) -> tuple[npt.NDArray[np.intp], list[dict[str, float]], Values]:
        """Return places, features and figures of pairs, the k best among them: most evidence first, until no other pair
        could come in (the threshold algorithm of Fagin, Lotem and Naor 2003).
        """
        order, ceiling = np.argsort(-evidence.total, kind="stable"), self.ranker.ceiling(query)
        features: list[dict[str, float]] = []
        raw = np.zeros(0)
        while len(raw) < len(order):
            best_left = float(evidence.total[order[len(raw)]])
            if len(raw) >= k and best_left + ceiling < _kth_largest(raw, k):
                break
            block = order[len(raw) : len(raw) + (_BLOCK if len(raw) >= k else k)] if math.isfinite(ceiling) else order
            more = [pair_features(evidence, at, query, facts[at]) for at in block]
            features += more
            raw = np.concatenate([raw, self.ranker.rank(more)])
        return order[: len(raw)], features, raw

    def read_again(self, hits: Sequence[Hit], logits: Sequence[float]) -> list[Hit]:
        """Return the hits, in their order, with a cross-encoder's logits added to their rank."""
        raw = np.array([hit.parts["rank"] for hit in hits]) + self.cross_weight * np.array(logits)
        likely = self.calibration.probabilities(raw)
        return [
            Hit(hit.id, float(chance), {**hit.parts, "cross": float(logit), "rank": float(figure)})
            for hit, chance, logit, figure in zip(hits, likely, logits, raw, strict=True)
        ]


def score_records(
    query: Record,
    candidates: Sequence[Record],
    reference: Reference,
    statistics: Mapping[str, TermStatistics],
    ranking: Ranking,
) -> list[Hit]:
    """Return the hits of records at hand, best first, as a catalogue with that reference and those statistics would.

    `statistics` has the term statistics of each language of the items.
    """
    if not candidates:
        return []
    asked = Query.prepare(query, reference)
    pool = candidates_of(candidates, reference)
    texts = [(record.item.profile.language, record.tokens) for record in candidates]
    words = compare_words(asked.tokens, asked.language, texts, statistics, ranking.formula.rarity_power)
    evidence = weigh(asked, pool, words, reference, ranking.formula, ranking.recall)
    return ranking.hits(pool.ids, evidence, facts_of(query), list(map(facts_of, candidates)), len(candidates))


def candidates_of(records: Sequence[Record], reference: Reference) -> Candidates:
    """Return records as candidates, their vectors corrected."""
    rows = [reference.correct_items(record.vectors, record.item.profile.language) for record in records]
    return Candidates(
        np.array([record.item.id for record in records], np.int64),
        np.concatenate(rows),
        np.cumsum([0, *map(len, rows)]),
        reference.hubness(np.stack([row[0] for row in rows])),
    )


def facts_of(record: Record) -> Facts:
    """Return what of a record is compared beside its text."""
    indicators = tuple(reading.indicator for reading in readings_of(record))
    return Facts(record.item.profile, indicators, len(record.tokens))


def _kth_largest(values: Values, k: int) -> float:
    """Return the k-th largest of at least k values."""
    return float(np.partition(values, len(values) - k)[len(values) - k])


def pair_features(evidence: Evidence, at: int, query: Facts, item: Facts) -> dict[str, float]:
    """Return every feature of the pair at a place of the evidence, by name."""
    return {
        "whole": float(evidence.whole[at]),
        "alignment": float(evidence.alignment[at]),
        "cosine": float(evidence.cosine[at]),
        "dense": float(evidence.dense[at]),
        "bm25": float(evidence.bm25[at]),
        "rarity": float(evidence.share[at]),
        "words": float(evidence.words[at]),
        "evidence": float(evidence.total[at]),
        **agreements(query, item),
        "same_language": float(evidence.spoken[at]),
        **sizes(query, item),
        **({} if evidence.precedent is None else {"precedent": float(evidence.precedent[at])}),
    }
