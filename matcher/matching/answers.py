"""What people's answers teach: which decisions count as a yes or a no to the fit of a pair, and how much.

A "no" teaches the ranking only as far as its reason speaks of fit: that a need was solved elsewhere says nothing of the result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from sqlalchemy import select

from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Record, Side
from matcher.engine.learning import Examples
from matcher.engine.precedents import Precedents
from matcher.engine.ranking import AGREEMENT_WEIGHTS, FEATURES, matrix
from matcher.matching.items import need_item, offer_item
from matcher.matching.model import Decision, Pairing, PairingState, StoredRecord, Verdict
from matcher.needs.model import Need
from matcher.offers.model import Offer

#: How much a "no" with this reason speaks against the fit; 0 leaves the decision out.
REASON_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "indicators_not_met": 1.0,
        "out_of_field": 1.0,
        "too_early": 1.0,
        "benefit_unclear": 0.7,
        "other": 0.5,
        "ip": 0.3,
        "price": 0.3,
        "description_unclear": 0.3,
        "already_solved": 0.0,
        "no_capacity": 0.0,
    }
)
#: How good a pair proved: the further the two sides went together, the better.
GRADES: Mapping[PairingState, float] = MappingProxyType(
    {
        PairingState.SHORTLISTED: 1.0,
        PairingState.INTRODUCED: 1.0,
        PairingState.INTERESTED: 2.0,
        PairingState.MEETING: 2.0,
        PairingState.NEGOTIATING: 2.0,
        PairingState.CONTRACTED: 3.0,
    }
)
#: A "no" that speaks of fit less than this does not undo an earlier "yes".
UNDOES = 0.5
#: Without these a stored decision cannot be learned from: it is older than the features.
NEEDED = frozenset(FEATURES) - {*AGREEMENT_WEIGHTS, "precedent"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what was said of a pair in the end; `scores` are those at the time of the first telling decision."""

    need_id: int
    offer_id: int
    grade: float
    weight: float
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Collected:
    """Hold all that can be learned from, with how many decisions cannot: no reason of fit, or no features."""

    answers: Sequence[Answer]
    unfit: int
    without_features: int

    @property
    def accepted(self) -> int:
        """Return how many of the pairs were accepted."""
        return sum(answer.grade > 0 for answer in self.answers)


def collect(uow: UnitOfWork) -> Collected:
    """Return what was decided of each pair, in the order of the decisions. Asks no permission: callers do."""
    query = (
        select(Decision, Pairing.need_id, Pairing.offer_id, Pairing.state)
        .join(Pairing, Pairing.id == Decision.pairing_id)
        .where(Decision.verdict.in_((Verdict.ACCEPT, Verdict.DECLINE, Verdict.REOPEN)))
        .order_by(Decision.id)
    )
    said: dict[tuple[int, int], list[Decision]] = {}
    states: dict[tuple[int, int], PairingState] = {}
    for decision, need_id, offer_id, state in uow.session.execute(query):
        said.setdefault((need_id, offer_id), []).append(decision)
        states[need_id, offer_id] = state
    found = [(key, judge(decisions, states[key])) for key, decisions in said.items()]
    telling = [(key, told) for key, told in found if told is not None and told[1] > 0]
    complete = [(key, told) for key, told in telling if told[2].scores.keys() >= NEEDED]
    answers = [Answer(*key, grade, weight, dict(first.scores)) for key, (grade, weight, first) in complete]
    return Collected(answers, len(found) - len(telling), len(telling) - len(complete))


def judge(decisions: Sequence[Decision], state: PairingState) -> tuple[float, float, Decision] | None:
    """Return grade, weight and the decision that first said so; None where everything was taken back."""
    yes: Decision | None = None
    no: tuple[float, Decision] | None = None
    for decision in decisions:
        if decision.verdict is Verdict.REOPEN:
            yes, no = None, None
        elif decision.verdict is Verdict.ACCEPT:
            yes, no = yes or decision, None
        else:
            no = REASON_WEIGHTS.get(decision.reason or "other", 0.0), decision
    if no and (yes is None or no[0] >= UNDOES):
        return 0.0, no[0], no[1]
    return (GRADES.get(state, 1.0), 1.0, yes) if yes else None


def examples_of(uow: UnitOfWork, answers: Sequence[Answer], encoder: str) -> tuple[Examples, Precedents]:
    """Return the answers as examples, with the raw vectors of both sides; those of another encoder are zeros.

    The rows of the examples are still raw: a reference corrects them.
    """
    needs = _first_rows(uow, "need", {answer.need_id for answer in answers}, encoder)
    offers = _first_rows(uow, "offer", {answer.offer_id for answer in answers}, encoder)
    dimension = next((len(row) for row, _ in [*needs.values(), *offers.values()]), 0)
    nothing = np.zeros(dimension, np.float32), ""
    asked = [needs.get(answer.need_id, nothing) for answer in answers]
    given = [offers.get(answer.offer_id, nothing) for answer in answers]
    memory = Precedents(
        np.array([answer.need_id for answer in answers], np.int64),
        np.array([row for row, _ in asked], np.float32).reshape(len(answers), dimension),
        np.array([row for row, _ in given], np.float32).reshape(len(answers), dimension),
        [language for _, language in asked],
        [language for _, language in given],
        np.zeros(len(answers)),
    )
    grades = np.array([answer.grade for answer in answers], np.float64)
    weights = np.array([answer.weight for answer in answers], np.float64)
    columns = matrix([answer.scores for answer in answers])
    return Examples(columns, grades, weights, memory.need_ids, memory.needs, memory.offers), memory


def _first_rows(uow: UnitOfWork, side: Side, ids: set[int], encoder: str) -> dict[int, tuple[np.ndarray, str]]:
    """Return the vector of the whole text and the language of each item that was read, closed ones included."""
    found: dict[int, tuple[np.ndarray, str]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        stored = select(StoredRecord.item_id, StoredRecord.content).where(
            StoredRecord.side == side, StoredRecord.encoder == encoder, StoredRecord.item_id.in_(chunk)
        )
        contents = dict(uow.session.execute(stored).all())
        if side == "need":
            items = [need_item(need) for need in uow.session.scalars(select(Need).where(Need.id.in_(contents)))]
        else:
            items = [offer_item(offer) for offer in uow.session.scalars(select(Offer).where(Offer.id.in_(contents)))]
        for item in items:
            try:
                record = Record.from_bytes(item, contents[item.id])
            except ValueError:  # `doctor` tells of damaged records
                continue
            found[item.id] = record.vectors[0].astype(np.float32), item.profile.language
    return found
