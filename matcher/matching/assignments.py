"""Which broker looks after a pairing: by its own assignment, or by that of its need."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import aliased

from matcher.accounts.model import Membership, Person, PersonState
from matcher.core import audit
from matcher.core.db import insert_or
from matcher.core.errors import InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor, Role
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.desk_model import Assignment, KeptPairing
from matcher.matching.model import Pairing
from matcher.needs.model import Need

NOT_AT_DESK = Label("请选择一位撮合服务人员。", "Choose somebody of the matchmaking desk.")
NOTHING_THERE = Label("找不到这个匹配对或需求。", "There is no such pairing or need.")

_OfPairing, _OfNeed = aliased(Assignment), aliased(Assignment)
#: The broker of a pairing, in queries joined by `with_broker`.
BROKER: ColumnElement[int] = func.coalesce(_OfPairing.person_id, _OfNeed.person_id)


@dataclass(frozen=True, slots=True)
class Broker:
    """Name somebody of the desk."""

    id: int
    name: str


def with_broker(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join a query over pairings with their assignments, so that `BROKER` can be selected and asked for."""
    return query.outerjoin(_OfPairing, _OfPairing.pairing_id == Pairing.id).outerjoin(
        _OfNeed, _OfNeed.need_id == Pairing.need_id
    )


def broker_name() -> ColumnElement[Any]:
    """Return the name of a pairing's broker as a column of a query over pairings."""
    own, of_need = aliased(Assignment), aliased(Assignment)
    mine = select(own.person_id).where(own.pairing_id == Pairing.id).correlate(Pairing).scalar_subquery()
    need = select(of_need.person_id).where(of_need.need_id == Pairing.need_id).correlate(Pairing).scalar_subquery()
    who = aliased(Person)
    return select(who.name).where(who.id == func.coalesce(mine, need)).correlate(Pairing).scalar_subquery()


def brokers(uow: UnitOfWork) -> list[Broker]:
    """Return everybody at the desk who may sign in, by name."""
    query = (
        select(Person.id, Person.name)
        .where(Person.state == PersonState.ACTIVE)
        .where(Person.id.in_(select(Membership.person_id).where(Membership.role == Role.DESK)))
        .order_by(Person.name, Person.id)
    )
    return [Broker(*row) for row in uow.session.execute(query)]


def broker_of(uow: UnitOfWork, pairing_id: int) -> Broker | None:
    """Return who looks after a pairing."""
    return brokers_of(uow, [pairing_id]).get(pairing_id)


def brokers_of(uow: UnitOfWork, pairing_ids: Iterable[int]) -> dict[int, Broker]:
    """Return who looks after which of the pairings; those of nobody are left out."""
    wanted = list(pairing_ids)
    if not wanted:
        return {}
    columns = select(Pairing.id, Person.id, Person.name).select_from(Pairing)
    query = with_broker(columns).join(Person, Person.id == BROKER).where(Pairing.id.in_(wanted))
    return {row[0]: Broker(row[1], row[2]) for row in uow.session.execute(query)}


def broker_of_need(uow: UnitOfWork, need_id: int) -> Broker | None:
    """Return who looks after a need."""
    query = select(Person.id, Person.name).join(Assignment, Assignment.person_id == Person.id)
    row = uow.session.execute(query.where(Assignment.need_id == need_id)).one_or_none()
    return Broker(*row) if row else None


def assign(
    uow: UnitOfWork, actor: Actor, person_id: int | None, *, pairing_id: int | None = None, need_id: int | None = None
) -> None:
    """Give a pairing or a need to a broker, or with None to nobody. Raises NotAllowed, NotFound, InvalidInput."""
    require(actor, "pairing.assign")
    thing = uow.session.get(Pairing, pairing_id) if pairing_id else uow.session.get(Need, need_id)
    if thing is None:
        raise NotFound(NOTHING_THERE)
    if person_id is not None and person_id not in {one.id for one in brokers(uow)}:
        raise InvalidInput([Problem("broker", NOT_AT_DESK)])
    entity = "pairing" if pairing_id else "need"
    if person_id is None:
        mine = Assignment.pairing_id == pairing_id if pairing_id else Assignment.need_id == need_id
        uow.session.execute(delete(Assignment).where(mine).execution_options(synchronize_session=False))
    else:
        _write(uow, actor, person_id, pairing_id, need_id)
        if pairing_id:
            keep(uow, pairing_id)
    audit.record(uow, actor, f"{entity}.assign", entity, thing.id, to=person_id)


def assign_if_free(uow: UnitOfWork, actor: Actor, pairing_id: int) -> None:
    """Give a pairing that nobody looks after to the broker who acts: whoever accepts follows up."""
    if actor.person_id is not None and broker_of(uow, pairing_id) is None:
        _write(uow, actor, actor.person_id, pairing_id, None)


def _write(uow: UnitOfWork, actor: Actor, person_id: int, pairing_id: int | None, need_id: int | None) -> None:
    values = {"person_id": person_id, "by_id": actor.person_id, "at": uow.clock()}
    statement = insert_or(uow.session, Assignment).values(pairing_id=pairing_id, need_id=need_id, **values)
    unique = Assignment.pairing_id if pairing_id else Assignment.need_id
    uow.session.execute(statement.on_conflict_do_update(index_elements=[unique], set_=values))


def keep(uow: UnitOfWork, pairing_id: int, *, made_by: int | None = None) -> None:
    """Mark a pairing on which a person has worked, so that matching never takes it back."""
    values = {"pairing_id": pairing_id, "made_by_id": made_by, "at": uow.clock()}
    uow.session.execute(insert_or(uow.session, KeptPairing).values(**values).on_conflict_do_nothing())
