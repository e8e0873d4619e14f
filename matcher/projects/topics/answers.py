"""What a group of needs demands, and what results exist for it: ranges of indicators, the best offers, how far they fall short."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import joinedload, raiseload

from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.evidence import IndicatorRow as Compared
from matcher.engine.quantity_names import name_similarity
from matcher.matching.explain_labels import WORTH_A_LOOK, promise
from matcher.matching.explained import explanation_of
from matcher.matching.model import Pairing, PairingState
from matcher.needs.model import NeedIndicator
from matcher.offers.model import OPEN_STATES, Offer

#: Similarity from which two names are one line of the table.
ONE_LINE = 0.8
BEST = 5
SHORTFALLS = 4


@dataclass(slots=True)
class IndicatorRange:
    """Hold what several needs demand of one quantity: the lowest and the highest value, and how many needs name it."""

    name: str
    comparator: str
    unit: str
    low: float
    high: float
    needs: set[int] = field(default_factory=set)

    def takes(self, row: NeedIndicator) -> bool:
        """Say whether an indicator asks for the same quantity in the same way."""
        same_form = (row.comparator, row.unit) == (self.comparator, self.unit)
        return same_form and name_similarity(row.name, self.name) >= ONE_LINE


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Hold a demand that an offer does not meet: relative shortfall (0.1: ten per cent), None where it is not known."""

    name: str
    demand: str
    claim: str
    shortfall: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold an offer that answers a group: its mean score over all needs, how many it may fit, and what it lacks."""

    offer: Offer
    score: float
    words: Label
    fits: int
    shortfalls: list[Shortfall]


def indicator_ranges(uow: UnitOfWork, need_ids: Iterable[int]) -> list[IndicatorRange]:
    """Return what the needs demand in figures, the quantities that most of them name first."""
    query = select(NeedIndicator).where(NeedIndicator.need_id.in_(list(need_ids)), NeedIndicator.value.is_not(None))
    found: list[IndicatorRange] = []
    for row in uow.session.scalars(query.order_by(NeedIndicator.need_id, NeedIndicator.position)):
        assert row.value is not None, "selected so"
        line = next((one for one in found if one.takes(row)), None)
        top = row.value_high if row.comparator == "range" and row.value_high is not None else row.value
        if row.comparator == "pm" and row.value_high is not None:
            top = row.value_high
        if line is None:
            bottom = top if row.comparator == "pm" else row.value
            line = IndicatorRange(row.name, row.comparator, row.unit, bottom, top)
            found.append(line)
        line.low, line.high = min(line.low, top if row.comparator == "pm" else row.value), max(line.high, top)
        line.needs.add(row.need_id)
    return sorted(found, key=lambda one: -len(one.needs))


def best_answers(uow: UnitOfWork, need_ids: list[int], readable: list[int]) -> list[Answer]:
    """Return the offers that fit the needs best; only the explanations of `readable` needs are opened."""
    query = (
        select(Pairing.id, Pairing.need_id, Pairing.offer_id, Pairing.score)
        .join(Offer, Offer.id == Pairing.offer_id)
        .where(Pairing.need_id.in_(need_ids), Pairing.state != PairingState.DECLINED, Offer.state.in_(OPEN_STATES))
    )
    scores: dict[int, dict[int, float]] = {}
    for _, need, offer, score in uow.session.execute(query):
        scores.setdefault(offer, {})[need] = score
    means = {offer: sum(found.values()) / len(need_ids) for offer, found in scores.items()}
    best = sorted(means, key=lambda offer: (-means[offer], offer))[:BEST]
    loaded = select(Offer).where(Offer.id.in_(best)).options(joinedload(Offer.organisation))
    offers = {
        one.id: one
        for one in uow.session.scalars(loaded.options(raiseload(Offer.ip_rows), raiseload(Offer.indicator_rows)))
    }
    lacks = _shortfalls(uow, readable, best)
    return [
        Answer(
            offers[offer],
            means[offer],
            promise(means[offer]),
            sum(score >= WORTH_A_LOOK for score in scores[offer].values()),
            lacks.get(offer, []),
        )
        for offer in best
    ]


def _shortfalls(uow: UnitOfWork, need_ids: list[int], offer_ids: list[int]) -> dict[int, list[Shortfall]]:
    """Return for each offer the demands that it misses, the farthest first, each quantity once."""
    query = select(Pairing).where(Pairing.need_id.in_(need_ids), Pairing.offer_id.in_(offer_ids))
    found: dict[int, dict[str, Compared]] = {}
    for pairing in uow.session.scalars(query.order_by(Pairing.need_id)):
        for row in explanation_of(pairing).indicators:
            if row.verdict in {"not_met", "nearly"}:
                of_offer = found.setdefault(pairing.offer_id, {})
                if row.name not in of_offer or (row.shortfall or 0) > (of_offer[row.name].shortfall or 0):
                    of_offer[row.name] = row
    return {
        offer: [
            Shortfall(row.name, row.demand, row.claim, row.shortfall)
            for row in sorted(rows.values(), key=lambda row: -(row.shortfall or 0))[:SHORTFALLS]
        ]
        for offer, rows in found.items()
    }
