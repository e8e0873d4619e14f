"""The demand index over the database: the weights in force with their history, and what is asked by groups and single needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from matcher.accounts.model import Organisation, Person
from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import InvalidInput, Problem
from matcher.core.fields import Field, Kind, clean_text, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies.regions import city_of
from matcher.matching.model import Pairing, PairingState
from matcher.needs.model import Need
from matcher.projects.topics.demand_index import DEFAULT_WEIGHTS, PARTS, Asked, Weights, parts_of
from matcher.projects.topics.model import DemandWeights

WEIGHT_FIELDS: tuple[Field, ...] = (
    *(Field(name, part.label, Kind.INTEGER, required=True, minimum=0, maximum=100, help=part.explanation)
      for name, part in PARTS.items()),
    Field("note", Label("调整理由", "Why it is changed"), Kind.LONG_TEXT, required=True, max_length=500),
)  # fmt: skip
MOST_NAMED = 2000  # needs named in one query; more are cheaper to read altogether
ALL_ZERO = Label("至少一项权重要大于 0。", "One weight at least must be above 0.")


@dataclass(frozen=True, slots=True)
class SetWeights:
    """Hold one setting of the weights; `person` is empty for the values that the program comes with."""

    weights: dict[str, int]
    note: str
    person: str
    set_at: datetime | None


def weights(uow: UnitOfWork) -> dict[str, int]:
    """Return the weights in force; a part that is new since counts with what the program comes with."""
    row = uow.session.scalar(select(DemandWeights).order_by(DemandWeights.id.desc()).limit(1))
    return DEFAULT_WEIGHTS | _known(row.weights) if row else dict(DEFAULT_WEIGHTS)


def _known(given: Mapping[str, int]) -> dict[str, int]:
    return {name: value for name, value in given.items() if name in PARTS}


def set_weights(uow: UnitOfWork, actor: Actor, given: Mapping[str, Any]) -> DemandWeights:
    """Set new weights, with the reason; raises NotAllowed, InvalidInput."""
    require(actor, "demand.weigh")
    answers = read_answers(WEIGHT_FIELDS, given)
    values = answers.values
    if not answers.problems and not any(values[name] for name in PARTS):
        answers.problems.append(Problem(next(iter(PARTS)), ALL_ZERO))
    if answers.problems:
        raise InvalidInput(answers.problems)
    row = DemandWeights(
        weights={name: values[name] for name in PARTS},
        note=clean_text(values["note"]),
        set_by=actor.person_id,
        set_at=uow.clock(),
    )
    uow.session.add(row)
    uow.session.flush()
    audit.record(uow, actor, "demand.weigh", "demand_weights", row.id, weights=row.weights)
    return row


def history(uow: UnitOfWork, actor: Actor, limit: int = 50) -> list[SetWeights]:
    """Return the settings of the weights, the last first, down to what the program comes with."""
    require(actor, "topic.see")
    query = select(DemandWeights, Person.name).outerjoin(Person, Person.id == DemandWeights.set_by)
    rows = uow.session.execute(query.order_by(DemandWeights.id.desc()).limit(limit))
    found = [SetWeights(DEFAULT_WEIGHTS | _known(row.weights), row.note, name or "", row.set_at) for row, name in rows]
    return [*found, SetWeights(dict(DEFAULT_WEIGHTS), "", "", None)]


def asked(uow: UnitOfWork, need_ids: Iterable[int] | None = None) -> dict[int, Asked]:
    """Return what the index reads of needs (at least of `need_ids`, or of all), in one query; asks no permission."""
    best = (
        select(Pairing.need_id, func.max(Pairing.score).label("score"))
        .where(Pairing.state != PairingState.DECLINED)
        .group_by(Pairing.need_id)
        .subquery()
    )
    query = (
        select(
            Need.id, Need.organisation_id, Organisation.honours, Organisation.region, Need.budget, Need.deadline,
            Need.emerging, Need.published_at, best.c.score,
        )
        .join(Organisation, Organisation.id == Need.organisation_id)
        .outerjoin(best, best.c.need_id == Need.id)
    )  # fmt: skip
    wanted = None if need_ids is None else list(need_ids)
    if wanted is not None and len(wanted) <= MOST_NAMED:
        query = query.where(Need.id.in_(wanted))
    return {
        id_: Asked(
            owner, "chain_leader" in honours, city_of(region), budget, deadline, bool(emerging), at, score or 0.0
        )
        for id_, owner, honours, region, budget, deadline, emerging, at, score in uow.session.execute(query)
    }


def parts(uow: UnitOfWork, groups: Mapping[int, Iterable[int]]) -> dict[int, dict[str, float]]:
    """Return the parts of the index of each group of need ids, under the group's key."""
    known = asked(uow, {need for needs in groups.values() for need in needs})
    now = uow.clock()
    return {
        key: parts_of([known[need] for need in needs if need in known], now, local_date(now))
        for key, needs in groups.items()
    }


def shares(given: Weights) -> dict[str, float]:
    """Return each weight as a share of the whole, in per cent."""
    total = sum(given.values())
    return {name: 100 * value / total for name, value in given.items()}
