"""Explains a pair: the sentences, terms, indicators and facts that speak for it or against it, and what nobody has said.

What is shown is what was scored: every piece comes from `contributions.take_apart` with what it adds to the rank. Take it
out of the offer, and the pair ranks lower. An explanation holds codes and texts of the two items, never sentences of ours:
pages put codes into words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

from matcher.engine.comparison import IndicatorMatch, Verdict, indicator_conflict, indicator_coverage
from matcher.engine.contributions import AlignedPair, Contributions, Party, Scorer, rank_without, take_apart
from matcher.engine.indicators import format_indicator
from matcher.engine.items import Profile, Reading

#: Of evidence that a pair must lose without a passage: the estimate of it is that exact (docs/quality.md).
MISSED = 0.2

GapCode = Literal[
    "need_without_indicators",
    "need_without_budget",
    "need_without_trl",
    "need_without_cooperation",
    "offer_without_indicators",
    "offer_without_price",
    "offer_without_trl",
    "offer_without_cooperation",
    "claim_missing",  # `about` names the indicator that the offer says nothing of
    "claim_unclear",  # both speak of `about`, but what they say cannot be compared
]


@dataclass(frozen=True, slots=True)
class SentencePair:
    """Hold a passage of the need with the passage of the offer that answers it, their cosine, and what both add to the rank."""

    need: str
    offer: str
    similarity: float
    contribution: float


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """Hold a term of both texts with what it, and the character pairs inside it, add to the rank."""

    term: str
    contribution: float


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """Hold one demand beside its claim: both as one writes them, and the phrases they were read from.

    `shortfall` is relative (0.05: five per cent short), None where nothing is known; the claim is empty where there is
    none. `contribution` is what the row adds to the rank, below zero for a demand that is contradicted.
    """

    name: str
    verdict: Verdict
    shortfall: float | None
    demand: str
    demand_phrase: str
    claim: str = ""
    claim_phrase: str = ""
    similarity: float = 0.0
    contribution: float = 0.0


@dataclass(frozen=True, slots=True)
class FactRow:
    """Hold a structured fact that both sides state: its code as in `features.agreements`, −1 (against) … 1 (for), and what it
    adds to the rank.
    """

    code: str
    agreement: float
    need: tuple[str | int | float, ...]
    offer: tuple[str | int | float, ...]
    contribution: float = 0.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Hold something that was not said and is worth asking."""

    code: GapCode
    about: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Hold why a pair fits, why it may not, and what is missing; everything in it can be written as JSON.

    `rank` is what the formula gives, `parts` what it is made of: sentences, words, indicators, facts, and the whole texts;
    the parts add up to it, and the pieces shown are the largest of their part. `alignment` is the cosine that the sentence
    pairs come to. `coverage` and `conflict` are the shares of the demands that are met and contradicted.
    """

    rank: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    alignment: float = 0.0
    sentences: tuple[SentencePair, ...] = ()
    terms: tuple[SharedTerm, ...] = ()
    coverage: float = 0.0
    conflict: float = 0.0
    indicators: tuple[IndicatorRow, ...] = ()
    facts: tuple[FactRow, ...] = ()
    missing: tuple[Gap, ...] = ()

    @property
    def agreements(self) -> tuple[FactRow, ...]:
        """Give the facts that speak for the pair."""
        return tuple(fact for fact in self.facts if fact.agreement > 0)

    @property
    def conflicts(self) -> tuple[FactRow, ...]:
        """Give the facts that speak against the pair."""
        return tuple(fact for fact in self.facts if fact.agreement < 0)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and dictionaries, ready for a JSON column."""
        written: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return written

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Explanation:
        """Return the explanation that `to_dict` wrote; raises ValueError for anything else."""
        return _ADAPTER.validate_python(dict(data))

    def to_json(self) -> str:
        """Return the explanation as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Explanation:
        """Return the explanation that `to_json` wrote; raises ValueError for anything else."""
        return _ADAPTER.validate_json(text)


_ADAPTER = TypeAdapter(Explanation)


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold how much of each kind of evidence is shown."""

    sentences: int = 5
    terms: int = 12
    share: float = 0.05  # of the largest contribution: sentence pairs below it are left out


def explain(need: Party, offer: Party, scorer: Scorer, limits: Limits | None = None) -> Explanation:
    """Return why an offer answers a need, or does not, by what made its rank."""
    shown = limits or Limits()
    made = take_apart(need, offer, scorer)
    need_profile, offer_profile = need.item.profile, offer.item.profile
    return Explanation(
        rank=made.rank,
        parts=made.parts,
        alignment=made.alignment,
        sentences=tuple(
            SentencePair(need.texts[pair.need], offer.texts[pair.offer], pair.similarity, pair.contribution)
            for pair in salient(made, need, offer, scorer, shown)
        ),
        terms=shared_terms(made.terms, shown.terms),
        coverage=indicator_coverage(made.matches),
        conflict=indicator_conflict(made.matches),
        indicators=tuple(_row(*pair) for pair in zip(made.matches, made.indicators, strict=True)),
        facts=_fact_rows(need_profile, offer_profile, made.facts),
        missing=find_gaps(need_profile, offer_profile, made.matches, offer.readings),
    )


def salient(made: Contributions, need: Party, offer: Party, scorer: Scorer, limits: Limits) -> tuple[AlignedPair, ...]:
    """Return the pairs worth showing, the largest first: each passage of the offer once, and none that the pair could spare."""
    shown: dict[int, AlignedPair] = {}
    for pair in made.pairs:
        least = limits.share * next(iter(shown.values()), pair).contribution
        if len(shown) == limits.sentences or pair.contribution <= max(least, 0.0):
            break
        if pair.offer not in shown and _is_missed(made, need, offer, pair.offer, scorer):
            shown[pair.offer] = pair
    return tuple(shown.values())


def _is_missed(made: Contributions, need: Party, offer: Party, passage: int, scorer: Scorer) -> bool:
    """Tell whether the pair would rank lower without a passage of the offer; one that is all of an offer is always missed."""
    return len(offer.rows) == 1 or rank_without(made, need, offer, passage, scorer) < made.evidence - MISSED


def shared_terms(contributions: Mapping[str, float], limit: int) -> tuple[SharedTerm, ...]:
    """Return the shared terms that add most to the lexical score, largest first.

    Character pairs (_孔隙) count into the longest shared word around them (孔隙率), so that a reader sees words; those
    outside every shared word stand for themselves.
    """
    words = sorted((term for term in contributions if not term.startswith("_")), key=lambda term: (-len(term), term))
    gains = {word: contributions[word] for word in words}
    for term, gain in contributions.items():
        if term.startswith("_"):
            pair = term[1:]
            home = next((word for word in words if pair in word), pair)
            gains[home] = gains.get(home, 0.0) + gain
    ranked = sorted(gains.items(), key=lambda item: (-item[1], item[0]))
    return tuple(SharedTerm(term, float(gain)) for term, gain in ranked[:limit] if gain > 0)


def _fact_rows(need: Profile, offer: Profile, facts: Mapping[str, tuple[float, float]]) -> tuple[FactRow, ...]:
    """Return every structured fact that both sides state, with how far they agree, best first."""
    rows = [
        FactRow(code, agreement, _stated(need, code), _stated(offer, code), added)
        for code, (agreement, added) in facts.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.agreement, row.code)))


def find_gaps(
    need: Profile, offer: Profile, matches: Sequence[IndicatorMatch], claims: Sequence[Reading]
) -> tuple[Gap, ...]:
    """Return what was not said: of money, maturity, cooperation and figures first, then demand by demand."""
    stated: tuple[tuple[GapCode, object], ...] = (
        ("need_without_indicators", matches),
        ("need_without_budget", _amounts(need)),
        ("need_without_trl", need.trl),
        ("need_without_cooperation", need.cooperation),
        ("offer_without_indicators", claims),
        ("offer_without_price", _amounts(offer)),
        ("offer_without_trl", offer.trl),
        ("offer_without_cooperation", offer.cooperation),
    )
    general = [Gap(code) for code, said in stated if not said]
    unclear = [match for match in matches if match.outcome.verdict == "unknown"]
    return (
        *general,
        *(
            Gap("claim_missing" if match.claim is None else "claim_unclear", match.demand.indicator.name)
            for match in unclear
        ),
    )


def _row(match: IndicatorMatch, contribution: float) -> IndicatorRow:
    demand, claim = match.demand, match.claim
    return IndicatorRow(
        name=demand.indicator.name,
        verdict=match.outcome.verdict,
        shortfall=match.outcome.shortfall,
        demand=format_indicator(demand.indicator),
        demand_phrase=demand.phrase,
        claim=format_indicator(claim.indicator) if claim else "",
        claim_phrase=claim.phrase if claim else "",
        similarity=match.similarity,
        contribution=contribution,
    )


def _amounts(profile: Profile) -> tuple[float, ...]:
    """Return low and high amount, without what is not stated; 0 is 面议, to be negotiated."""
    return tuple(amount for amount in (profile.amount_low, profile.amount_high) if amount)


def _stated(profile: Profile, code: str) -> tuple[str | int | float, ...]:
    """Return what a profile says under the code of a fact, in an order that does not change."""
    match code:
        case "price":
            return _amounts(profile)
        case "trl":
            return () if profile.trl is None else (profile.trl,)
        case "region":
            return (profile.region,)
        case _:
            codes: frozenset[str] = getattr(profile, code)
            return tuple(sorted(codes))
