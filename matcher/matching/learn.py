"""Learning from decisions: train a version, adopt it if it is better, go back with one click; every version is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select

from matcher.accounts.model import Person
from matcher.core import audit, outbox
from matcher.core.errors import Conflict, NotFound
from matcher.core.labels import Label
from matcher.core.outbox import OutboxRow, Topic
from matcher.core.people import SYSTEM, Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import EngineError
from matcher.engine.learning import FEWEST_OF_A_KIND, Examples, Learned, fit
from matcher.engine.precedents import Precedents
from matcher.engine.reference import Reference
from matcher.engine.trial import FEWEST_DECISIONS, Figures, Trial, Verdict, by_formula, try_out
from matcher.matching import lease
from matcher.matching.answers import Collected, collect, examples_of
from matcher.matching.index import served
from matcher.matching.propose import wish_for_all
from matcher.matching.ranker_model import RANKER_LIFECYCLE, Ranker, RankerState
from matcher.matching.ranking_in_use import in_use, learned_of, pack

LEASE = "train"
KIND = "linear"
NOTHING_READ = Label(
    "还没有读入任何需求和成果，无法训练。", "Nothing has been read yet, so there is nothing to train on."
)
NO_VERSION = Label("找不到这个版本。", "There is no such version.")
ALREADY = Label("训练已经安排，请稍候。", "Training is already waiting to run.")
UNREADABLE = Label("这个版本已损坏，不能启用。", "This version is damaged and cannot be put to use.")


@dataclass(frozen=True, slots=True)
class Readiness:
    """Say how far decisions suffice to learn from: how many there are, and how many more are needed at least."""

    decisions: int
    accepted: int
    unfit: int
    without_features: int

    @property
    def missing(self) -> int:
        """Return how many more decisions are needed before a version can be tried."""
        return max(0, FEWEST_DECISIONS - self.decisions)

    @property
    def missing_accepted(self) -> int:
        """Return how many more accepted pairs are needed."""
        return max(0, FEWEST_OF_A_KIND - self.accepted)

    @property
    def missing_declined(self) -> int:
        """Return how many more declined pairs are needed."""
        return max(0, FEWEST_OF_A_KIND - (self.decisions - self.accepted))


@dataclass(frozen=True, slots=True)
class Training:
    """Hold what came of a training; without a version there was too little to learn from."""

    readiness: Readiness
    trial: Trial
    version: int | None = None

    @property
    def adopted(self) -> bool:
        """Say whether the new version is in use."""
        return self.version is not None and self.trial.verdict is Verdict.BETTER


@dataclass(frozen=True, slots=True)
class Version:
    """Hold one version as the page shows it."""

    row: Ranker
    by: str

    @property
    def id(self) -> int:
        """Return the number of the version."""
        return self.row.id

    @property
    def figures(self) -> dict[str, Any]:
        """Return the figures of its trial."""
        return self.row.figures


@dataclass(frozen=True, slots=True)
class Learning:
    """Hold what the page of learning shows."""

    readiness: Readiness
    versions: Sequence[Version]
    in_use: Version | None
    waits_since: datetime | None


def overview(uow: UnitOfWork, actor: Actor) -> Learning:
    """Return how far learning is, and every version, the latest first."""
    require(actor, "ranker.see")
    query = select(Ranker, Person.name).outerjoin(Person, Person.id == Ranker.created_by).order_by(Ranker.id.desc())
    versions = [Version(row, name or "") for row, name in uow.session.execute(query)]
    waits = uow.session.scalar(select(func.min(OutboxRow.created_at)).where(OutboxRow.topic == Topic.TRAIN))
    used = next((version for version in versions if version.row.state is RankerState.ADOPTED), None)
    return Learning(_readiness(collect(uow)), versions, used, waits)


def _readiness(collected: Collected) -> Readiness:
    return Readiness(len(collected.answers), collected.accepted, collected.unfit, collected.without_features)


def ask(uow: UnitOfWork, actor: Actor) -> None:
    """Have a version trained in the background; raises Conflict when that waits already."""
    require(actor, "ranker.train")
    if uow.session.scalar(select(OutboxRow.id).where(OutboxRow.topic == Topic.TRAIN).limit(1)):
        raise Conflict(ALREADY)
    outbox.put(uow, Topic.TRAIN, "person", actor.person_id or 0)


def take_asked(uow: UnitOfWork) -> Actor | None:
    """Take the wish for a training out of the outbox; returns in whose name it is done, None where nobody asked.

    The caller commits before it trains: a training that fails is not tried every minute.
    """
    by = uow.session.scalar(select(OutboxRow.entity_id).where(OutboxRow.topic == Topic.TRAIN).order_by(OutboxRow.id))
    if by is None:
        return None
    uow.session.execute(delete(OutboxRow).where(OutboxRow.topic == Topic.TRAIN))
    return replace(SYSTEM, person_id=by or None)


def train(uow: UnitOfWork, actor: Actor) -> Training:
    """Fit a version on all decisions, try it against the one in use, and adopt it if it is better.

    Raises Conflict while another process trains or nothing has been read.
    """
    require(actor, "ranker.train")
    lease.hold(uow, LEASE)
    collected = collect(uow)
    readiness = _readiness(collected)
    row = served(uow)
    if row is None:
        raise Conflict(NOTHING_READ)
    reference = Reference.from_bytes(row.offer_reference)
    raw, memory = examples_of(uow, collected.answers, row.encoder)
    examples = _corrected(raw, memory, reference)
    before, since, used = _before(uow, reference, row.encoder)
    trial, calibration = try_out(examples, before, since)
    training = Training(readiness, trial)
    if trial.verdict is not Verdict.TOO_FEW:
        learned = fit(examples)
        stored = replace(memory, residuals=learned.recall.residuals)
        version = Ranker(
            kind=KIND, encoder=row.encoder, decisions=len(examples), compared_with=used, figures=trial.to_json(),
            effects=learned.effects(examples), model=pack(learned.model, calibration, stored),
            created_at=uow.clock(), created_by=actor.person_id, state=RankerState.TRIED,
        )  # fmt: skip
        uow.session.add(version)
        uow.session.flush()
        _decide(uow, actor, version, adopted=trial.verdict is Verdict.BETTER)
        training = replace(training, version=version.id)
    lease.release(uow, LEASE)
    return training


def _corrected(examples: Examples, memory: Precedents, reference: Reference) -> Examples:
    if memory.needs.shape[1] != reference.dimension:  # nothing was read of any of them
        nothing = np.zeros((len(examples), reference.dimension), np.float32)
        return replace(examples, need_rows=nothing, offer_rows=nothing)
    recall = memory.corrected(reference)
    return replace(examples, need_rows=recall.needs, offer_rows=recall.offers)


def _before(uow: UnitOfWork, reference: Reference, encoder: str) -> tuple[Figures, int, int | None]:
    """Return the figures of the ranking in use, how many decisions it was fitted on, and its version."""
    version = in_use(uow)
    if version is None:
        return by_formula, 0, None
    row = uow.session.get_one(Ranker, version)
    try:
        learned: Learned = learned_of(row, reference, encoder)[0]
    except ValueError:
        return by_formula, 0, None
    return learned.figures, row.decisions, version


def _decide(uow: UnitOfWork, actor: Actor, version: Ranker, *, adopted: bool) -> None:
    if not adopted:
        RANKER_LIFECYCLE.apply(uow, actor, version, "reject")
    else:
        _put_to_use(uow, actor, version)
    audit.record(uow, actor, "ranker.train", "ranker", version.id, adopted=adopted)


def _put_to_use(uow: UnitOfWork, actor: Actor, version: Ranker) -> None:
    _retire(uow, actor)
    RANKER_LIFECYCLE.apply(uow, actor, version, "adopt")
    wish_for_all(uow)


def _retire(uow: UnitOfWork, actor: Actor) -> None:
    for row in uow.session.scalars(select(Ranker).where(Ranker.state == RankerState.ADOPTED)):
        RANKER_LIFECYCLE.apply(uow, actor, row, "retire")
    uow.session.flush()


def adopt(uow: UnitOfWork, actor: Actor, version: int) -> Ranker:
    """Put a version to use by hand; every pairing is scored anew. Raises NotFound, Conflict."""
    require(actor, "ranker.adopt")
    row = uow.session.get(Ranker, version)
    now = served(uow)
    if row is None:
        raise NotFound(NO_VERSION)
    try:
        if now is not None:
            learned_of(row, Reference.from_bytes(now.offer_reference), now.encoder)
    except (ValueError, EngineError) as error:
        raise Conflict(UNREADABLE) from error
    _put_to_use(uow, actor, row)
    audit.record(uow, actor, "ranker.adopt", "ranker", row.id)
    return row


def back_to_formula(uow: UnitOfWork, actor: Actor) -> None:
    """Put the formula to use again; every pairing is scored anew. Raises Conflict when it is in use."""
    require(actor, "ranker.adopt")
    used = in_use(uow)
    if used is None:
        raise Conflict(Label("正在使用的就是初始公式。", "The formula is in use already."))
    _retire(uow, actor)
    wish_for_all(uow)
    audit.record(uow, actor, "ranker.retire", "ranker", used)
