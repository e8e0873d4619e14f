"""Takes the rank of a pair apart: what each sentence pair, shared term, indicator and fact adds to it.

The figures are those of fusion.py and ranking.py, computed by the same functions, and what they give is divided among the
pieces: the alignment by the shares of its soft maximum, the evidence of words by what each term adds to BM25, the
agreements by their weights. All parts together are the rank that the formula gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from matcher.engine.alignment import first_passage, similarities, soft_shares
from matcher.engine.bm25 import TermStatistics
from matcher.engine.comparison import IndicatorMatch, indicator_conflict, indicator_coverage, match_indicators
from matcher.engine.demands import readings_of
from matcher.engine.features import Facts, agreements
from matcher.engine.fusion import Candidates, Evidence, Query, weigh
from matcher.engine.items import BadVectors, Item, Reading, Record, Vectors
from matcher.engine.lexical import tokenise
from matcher.engine.lexicon import WordScores, comparable, standardise
from matcher.engine.ranking import AGREEMENT_WEIGHTS, Ranking, adjustment
from matcher.engine.reference import Reference, unit

_INDICATOR_SHARES: Mapping[str, tuple[str, float]] = {
    "met": ("coverage", 1.0),
    "nearly": ("coverage", 0.5),
    "not_met": ("conflict", 1.0),
}


class Scorer(Protocol):
    """Hold what scores pairs: a catalogue, wherever it is kept."""

    reference: Reference
    ranking: Ranking

    def statistics(self, language: str) -> TermStatistics:
        """Return the term statistics of a language."""


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """Hold one side of a pair ready to be compared: its texts, whole and by passage, with their corrected rows (p, d)."""

    item: Item
    texts: Sequence[str]
    rows: Vectors
    tokens: Sequence[str]
    readings: Sequence[Reading]

    def __post_init__(self) -> None:
        """Refuse rows that are not one for each text."""
        if len(self.texts) != len(self.rows) or not len(self.rows):
            raise BadVectors(f"{len(self.texts)} texts came with {len(self.rows)} vectors")

    @classmethod
    def of(cls, record: Record, reference: Reference) -> Party:
        """Return the side that a record makes, its rows corrected as ranking corrects them."""
        correct = reference.correct_queries if record.item.profile.side == "need" else reference.correct_items
        rows = correct(record.vectors, record.item.profile.language)
        return cls(record.item, record.passages, rows, record.tokens, readings_of(record))

    @property
    def facts(self) -> Facts:
        """Give what is compared beside vectors and words."""
        return Facts(self.item.profile, tuple(reading.indicator for reading in self.readings), len(self.tokens))


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """Hold the places of a text of the need and of the text of the offer that answers it best, and what both add."""

    need: int
    offer: int
    similarity: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Contributions:
    """Hold the rank of a pair and what made it.

    `pairs`, `terms`, `indicators` (in the order of `matches`) and `facts` have the pieces; `parts` their sums, by the names
    sentences, words, indicators and facts, and under `whole` the rest: what the whole texts have in common.
    """

    rank: float
    evidence: float
    chance: tuple[float, float]  # mean and standard deviation of the need's BM25
    alignment: float
    parts: Mapping[str, float]
    pairs: tuple[AlignedPair, ...]
    terms: Mapping[str, float]
    matches: tuple[IndicatorMatch, ...]
    indicators: tuple[float, ...]
    facts: Mapping[str, tuple[float, float]]  # agreement and contribution


def take_apart(need: Party, offer: Party, scorer: Scorer) -> Contributions:
    """Return what made the rank of a pair, as the formula has it."""
    statistics = scorer.statistics(offer.item.profile.language)
    chance = statistics.chance(need.tokens, scorer.ranking.formula.rarity_power)
    evidence, terms = _words(need, offer, scorer, chance)
    pairs = _pairs(need, offer, scorer, evidence)
    matches = tuple(match_indicators(need.readings, offer.readings))
    stated = agreements(Facts(need.item.profile), Facts(offer.item.profile))
    compared = any(match.outcome.verdict != "unknown" for match in matches)
    figures = {"coverage": indicator_coverage(matches), "conflict": indicator_conflict(matches)} if compared else {}
    scale = _scale({**stated, **figures})
    indicators = tuple(scale * _worth(match) / len(matches) for match in matches)
    facts = {name: (value, scale * AGREEMENT_WEIGHTS[name] * value) for name, value in stated.items()}
    rank = float(evidence.total[0]) + adjustment({**stated, **figures})
    parts = {
        "sentences": sum(pair.contribution for pair in pairs),
        "words": sum(terms.values()),
        "indicators": sum(indicators),
        "facts": sum(added for _, added in facts.values()),
    }
    parts = {"whole": rank - sum(parts.values()), **parts}
    total, alignment = float(evidence.total[0]), float(evidence.alignment[0])
    return Contributions(rank, total, chance, alignment, parts, pairs, terms, matches, indicators, facts)


def rank_without(made: Contributions, need: Party, offer: Party, passage: int, scorer: Scorer) -> float:
    """Return about what the evidence would be if the offer did not have a passage, its stated facts left as they are.

    Its row and its words are taken out. The row of the whole text is not read anew: the part that the passage has in it by
    length is taken out of it.
    """
    kept = np.arange(len(offer.rows)) != passage
    share = len(offer.texts[passage]) / max(1, sum(map(len, offer.texts[1:])))
    lengths = np.array([len(text) for text in offer.texts[1:]], np.float32)
    scale = float(np.linalg.norm(lengths @ offer.rows[1:] / max(float(lengths.sum()), 1.0)))
    rows = offer.rows[kept].copy()
    rows[0] = unit(offer.rows[0] * scale - share * offer.rows[passage])
    tokens = Counter(offer.tokens) - _terms(offer.texts[passage])
    texts = [text for at, text in enumerate(offer.texts) if kept[at]]
    rest = replace(offer, texts=texts, rows=rows, tokens=list(tokens.elements()))
    return float(_words(need, rest, scorer, made.chance)[0].total[0])


@lru_cache(maxsize=4096)
def _terms(text: str) -> Counter[str]:
    return Counter(tokenise(text))


def _words(need: Party, offer: Party, scorer: Scorer, chance: tuple[float, float]) -> tuple[Evidence, dict[str, float]]:
    """Return the evidence of the pair, and what each shared term adds to it; nothing where they say no more than chance."""
    language, formula = offer.item.profile.language, scorer.ranking.formula
    statistics = scorer.statistics(language)
    asked = Query(need.rows, tuple(need.tokens), need.item.profile.language)
    gains: dict[str, float] = {}
    if comparable(asked.language, language):
        gains = statistics.contributions(asked.tokens, offer.tokens, formula.rarity_power)
    total = np.array([sum(gains.values())])
    spoken = np.array([comparable(asked.language, language)])
    shared = WordScores(total, standardise(total, chance), np.zeros(1), spoken)
    evidence = weigh(asked, _alone(offer, scorer.reference), shared, scorer.reference, formula)
    earned = formula.weight_of_words(asked) * float(evidence.words[0])
    if not evidence.spoken[0] or earned <= 0:
        return evidence, {}
    return evidence, {term: earned * gain / float(total[0]) for term, gain in gains.items()}


def _alone(offer: Party, reference: Reference) -> Candidates:
    ids, offsets = np.array([offer.item.id], np.int64), np.array([0, len(offer.rows)], np.int64)
    return Candidates(ids, offer.rows, offsets, reference.hubness(offer.rows[:1]))


def _pairs(need: Party, offer: Party, scorer: Scorer, evidence: Evidence) -> tuple[AlignedPair, ...]:
    """Return the pairs of passages that carry the alignment, the largest first.

    A passage of the need that the whole offer answers better than any of its passages belongs to no pair.
    """
    formula, first = scorer.ranking.formula, first_passage(need.rows)
    asked = Query(need.rows, (), need.item.profile.language)
    cosines = similarities(need.rows, offer.rows).T[first:]
    answers = cosines.argmax(axis=1)
    shares = soft_shares(cosines.max(axis=1))
    _, deviation = scorer.reference.expected(need.rows[0])
    # Between two languages what is close in meaning stands in for shared words too.
    imputed = 0.0 if evidence.spoken[0] else formula.weight_of_words(asked) * formula.imputed
    carried = (1 + imputed) * formula.alignment * float(evidence.alignment[0]) / deviation
    pairs = [
        AlignedPair(first + at, int(answer), float(cosines[at, answer]), float(carried * shares[at]))
        for at, answer in enumerate(answers)
        if answer > 0 or len(offer.rows) == 1
    ]
    return tuple(sorted(pairs, key=lambda pair: -pair.contribution))


def _scale(figures: Mapping[str, float]) -> float:
    """Return the share of the facts' weights that counts."""
    total = sum(AGREEMENT_WEIGHTS[name] * value for name, value in figures.items())
    return adjustment(figures) / total if total else 1.0


def _worth(match: IndicatorMatch) -> float:
    name, share = _INDICATOR_SHARES.get(match.outcome.verdict, ("coverage", 0.0))
    return AGREEMENT_WEIGHTS[name] * share
