"""Explains a pair: the sentences, terms, indicators and facts that speak for it or against it, and what nobody has said.

What is shown is what was scored: sentence pairs come from `alignment.align`, terms from the lexical index's own
contributions, indicators from `comparison.match_indicators` and facts from `features.agreements`, the functions that
ranking calls. An explanation holds codes and texts of the two items, never sentences of ours: pages put codes into words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter

from matcher.engine.alignment import align, salient
from matcher.engine.comparison import IndicatorMatch, Verdict, indicator_conflict, indicator_coverage, match_indicators
from matcher.engine.demands import claims_of, demands_of
from matcher.engine.features import Facts, agreements
from matcher.engine.indicators import Reading, format_indicator
from matcher.engine.items import BadVectors, Item, Profile, Vectors

Contributions = Callable[[Sequence[str], Sequence[str]], Mapping[str, float]]
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
    """Hold a sentence of the need with the sentence of the offer that answers it; contributions add up to the alignment."""

    need: str
    offer: str
    similarity: float
    contribution: float


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """Hold a term of both texts with what it, and the character pairs inside it, add to the lexical score."""

    term: str
    contribution: float


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """Hold one demand beside its claim: both as one writes them, and the phrases they were read from.

    `shortfall` is relative (0.05: five per cent short), None where nothing is known; the claim is empty where there is
    none.
    """

    name: str
    verdict: Verdict
    shortfall: float | None
    demand: str
    demand_phrase: str
    claim: str = ""
    claim_phrase: str = ""
    similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class FactRow:
    """Hold a structured fact that both sides state: its code as in `features.agreements`, −1 (against) … 1 (for)."""

    code: str
    agreement: float
    need: tuple[str | int | float, ...]
    offer: tuple[str | int | float, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Hold something that was not said and is worth asking."""

    code: GapCode
    about: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Hold why a pair fits, why it may not, and what is missing; everything in it can be written as JSON.

    `alignment` (0…1) is the score that all sentence pairs carry, of which `sentences` are the largest. `coverage` and
    `conflict` are the shares of the demands that are met and contradicted.
    """

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


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """Hold one side of a pair: the item, its sentences with their vectors (n, d) in order, and its lexical terms.

    `readings` are the demands or claims; left out, they are gathered from the item's rows and text.
    """

    item: Item
    sentences: Sequence[str] = ()
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    tokens: Sequence[str] = ()
    readings: Sequence[Reading] | None = None

    def __post_init__(self) -> None:
        """Refuse vectors that are not one for each sentence."""
        if len(self.sentences) != len(self.vectors):
            raise BadVectors(f"{len(self.sentences)} sentences came with {len(self.vectors)} vectors")


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold how much of each kind of evidence is shown."""

    sentences: int = 5
    terms: int = 12


def explain(need: Party, offer: Party, contributions: Contributions, limits: Limits | None = None) -> Explanation:
    """Return why an offer answers a need, or does not.

    `contributions` gives what each shared term adds to the lexical score (`LexicalIndex.contributions`). Vectors are the
    ones that ranking sees, corrected if it corrects them.
    """
    shown = limits or Limits()
    demands = demands_of(need.item) if need.readings is None else need.readings
    claims = claims_of(offer.item) if offer.readings is None else offer.readings
    pairs = align(need.vectors, offer.vectors)
    matches = match_indicators(demands, claims)
    return Explanation(
        alignment=sum(pair.contribution for pair in pairs),
        sentences=tuple(
            SentencePair(need.sentences[pair.need], offer.sentences[pair.offer], pair.similarity, pair.contribution)
            for pair in salient(pairs, shown.sentences)
        ),
        terms=shared_terms(contributions(need.tokens, offer.tokens), shown.terms),
        coverage=indicator_coverage(matches),
        conflict=indicator_conflict(matches),
        indicators=tuple(_row(match) for match in matches),
        facts=compare_facts(need.item.profile, offer.item.profile),
        missing=find_gaps(need.item.profile, offer.item.profile, matches, claims),
    )


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


def compare_facts(need: Profile, offer: Profile) -> tuple[FactRow, ...]:
    """Return every structured fact that both sides state, with how far they agree, best first."""
    scored = agreements(Facts(need), Facts(offer))
    rows = [FactRow(code, value, _stated(need, code), _stated(offer, code)) for code, value in scored.items()]
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


def _row(match: IndicatorMatch) -> IndicatorRow:
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
