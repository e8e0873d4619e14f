"""Decisions that follow a rule the formula does not know, for the tests of learning."""

from typing import Any

import numpy as np

from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.reference import Reference
from matcher.matching.answers import NEEDED
from matcher.matching.model import Decision, Pairing, PairingState, ServedIndex, Verdict
from tests.factories import NeedFactory, OfferFactory, PairingFactory

DIMENSION = 8


def scores(evidence: float, same_language: float) -> dict[str, float]:
    """Return the features of a pair as they are kept with a decision."""
    return dict.fromkeys(NEEDED, 0.0) | {"evidence": evidence, "same_language": same_language, "rank": evidence}


def serve_nothing(uow: UnitOfWork) -> None:
    """Serve an empty index, whose statistics correct nothing."""
    empty = Reference.neutral(DIMENSION).to_bytes()
    row = ServedIndex(generation=1, encoder="test", needs=0, offers=0, need_reference=empty, offer_reference=empty)
    row.built_at = uow.clock()
    uow.session.add(row)
    uow.commit()


def decide_on(uow: UnitOfWork, needs: int, *, seed: int = 1, language: float = -4.0) -> list[Pairing]:
    """Decide on five pairings of each of so many new needs; those across languages are preferred."""
    chance = np.random.default_rng(seed)
    offers = [OfferFactory() for _ in range(5)]
    made = []
    for _ in range(needs):
        need = NeedFactory()
        for offer in offers:
            evidence, same = float(chance.normal(8, 2)), float(chance.integers(0, 2))
            likely = 1 / (1 + np.exp(-1.5 * (evidence + language * same - 7.5)))
            made.append(_decided(uow, need, offer, scores(evidence, same), bool(chance.random() < likely)))
    uow.commit()
    return made


def _decided(uow: UnitOfWork, need: Any, offer: Any, given: dict[str, float], fits: bool) -> Pairing:
    state = PairingState.SHORTLISTED if fits else PairingState.DECLINED
    pairing: Pairing = PairingFactory(need=need, offer=offer, scores=given, state=state)
    verdict, reason = (Verdict.ACCEPT, None) if fits else (Verdict.DECLINE, "out_of_field")
    uow.session.flush()
    uow.session.add(Decision(pairing_id=pairing.id, verdict=verdict, reason=reason, scores=given, at=uow.clock()))
    uow.session.flush()
    return pairing
