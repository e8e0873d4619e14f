"""What the machine suggests, as rows: written and taken back without touching what a person decided on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Side
from matcher.matching.desk_model import KeptPairing
from matcher.matching.model import Pairing, PairingState


@dataclass(frozen=True, slots=True)
class Suggested:
    """Hold one suggested pairing; without an explanation it stands in the database with these scores already."""

    need_id: int
    offer_id: int
    score: float
    scores: dict[str, float]
    explanation: dict[str, Any] | None
    explored: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """Hold what is suggested to one item; nothing is any more to one that has left the index."""

    side: Side
    item_id: int
    is_open: bool
    pairs: tuple[Suggested, ...]


def write(uow: UnitOfWork, proposals: Sequence[Proposal], encoder: str) -> None:
    """Write the pairings of every proposal, and remove the suggestions that neither side makes any more."""
    pairings = _present(uow, proposals)
    for proposal in proposals:
        for pair in proposal.pairs:
            pairing = pairings.get((pair.need_id, pair.offer_id))
            if pairing is None:
                pairing = _new(uow, pair)
                pairings[pair.need_id, pair.offer_id] = pairing
            _update(uow, pairing, proposal.side, pair, encoder)
    uow.session.flush()
    for proposal in proposals:
        _drop(uow, proposal)


def write_by_hand(uow: UnitOfWork, pair: Suggested, encoder: str) -> Pairing:
    """Write a pair that a person chose; neither side's list of best pairings is touched."""
    pairing = _new(uow, pair)
    _describe(uow, pairing, pair, encoder)
    uow.session.flush()
    return pairing


def _present(uow: UnitOfWork, proposals: Sequence[Proposal]) -> dict[tuple[int, int], Pairing]:
    pairs = [pair for proposal in proposals for pair in proposal.pairs]
    query = select(Pairing).where(
        Pairing.need_id.in_({pair.need_id for pair in pairs}), Pairing.offer_id.in_({pair.offer_id for pair in pairs})
    )
    return {(pairing.need_id, pairing.offer_id): pairing for pairing in uow.session.scalars(query)}


def _new(uow: UnitOfWork, pair: Suggested) -> Pairing:
    now = uow.clock()
    pairing = Pairing(
        need_id=pair.need_id,
        offer_id=pair.offer_id,
        state=PairingState.SUGGESTED,
        score=pair.score,
        scores={},
        best_of_need=False,
        best_of_offer=False,
        explored=False,
        created_at=now,
        scored_at=now,
        changed_at=now,
    )
    uow.session.add(pairing)
    return pairing


def _update(uow: UnitOfWork, pairing: Pairing, side: Side, pair: Suggested, encoder: str) -> None:
    if side == "need":
        pairing.best_of_need = True
        pairing.explored = pair.explored
    else:
        pairing.best_of_offer = True
    if pair.explanation is not None:
        _describe(uow, pairing, pair, encoder)


def _describe(uow: UnitOfWork, pairing: Pairing, pair: Suggested, encoder: str) -> None:
    assert pair.explanation is not None, "only what was explained is written"
    pairing.score, pairing.scores, pairing.explanation = pair.score, pair.scores, pair.explanation
    pairing.encoder, pairing.scored_at = encoder, uow.clock()


def _drop(uow: UnitOfWork, proposal: Proposal) -> None:
    """Take back what is not suggested to the item any more; what a person worked on is never removed."""
    if proposal.side == "need":
        query = select(Pairing).where(
            Pairing.need_id == proposal.item_id, Pairing.offer_id.not_in([pair.offer_id for pair in proposal.pairs])
        )
    else:
        query = select(Pairing).where(
            Pairing.offer_id == proposal.item_id, Pairing.need_id.not_in([pair.need_id for pair in proposal.pairs])
        )
    mine = Pairing.need_id if proposal.side == "need" else Pairing.offer_id
    kept = set(uow.session.scalars(select(KeptPairing.pairing_id).join(Pairing).where(mine == proposal.item_id)))
    for pairing in uow.session.scalars(query):
        pairing.best_of_need &= proposal.is_open and proposal.side == "offer"
        pairing.best_of_offer &= proposal.is_open and proposal.side == "need"
        is_wanted = pairing.best_of_need or pairing.best_of_offer or pairing.id in kept
        if pairing.state is PairingState.SUGGESTED and not is_wanted:
            uow.session.delete(pairing)
