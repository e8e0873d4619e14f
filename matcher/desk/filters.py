"""Saved filters of the queue: each person's own, by name, one of them used when the queue is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from matcher.core.errors import InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.model import SavedFilter

NAME_LIMIT, MOST = 40, 30
NO_NAME = Label("请给这个筛选起个名字。", "Give the filter a name.")
NAME_LONG = Label("名字最多 {limit} 字。", "A name has {limit} characters at most.")
TOO_MANY = Label("最多保存 {most} 个筛选，请先删掉不用的。", "You can keep {most} filters; remove one first.")
NOTHING_CHOSEN = Label("还没有设定任何筛选条件。", "No filter is set.")
NO_FILTER = Label("找不到这个筛选，可能已经删除。", "There is no such filter; it may have been removed.")


@dataclass(frozen=True, slots=True)
class Kept:
    """Hold a saved filter: `wanted` is what stands in an address of the queue."""

    id: int
    name: str
    wanted: dict[str, Any]
    is_default: bool


def listed(uow: UnitOfWork, actor: Actor) -> list[Kept]:
    """Return the actor's filters by name."""
    require(actor, "pairing.queue")
    query = select(SavedFilter).where(SavedFilter.person_id == actor.person_id).order_by(SavedFilter.name)
    return [Kept(one.id, one.name, one.wanted, one.is_default) for one in uow.session.scalars(query)]


def default(uow: UnitOfWork, actor: Actor) -> dict[str, Any] | None:
    """Return the filter with which the actor's queue opens."""
    require(actor, "pairing.queue")
    query = select(SavedFilter.wanted).where(SavedFilter.person_id == actor.person_id, SavedFilter.is_default)
    return uow.session.scalar(query)


def save(
    uow: UnitOfWork, actor: Actor, name: str, wanted: Mapping[str, Any], *, is_default: bool = False
) -> SavedFilter:
    """Keep a filter; one of the same name is replaced. Raises NotAllowed, InvalidInput (field `name`)."""
    require(actor, "pairing.queue")
    name = " ".join(clean_text(name).split())
    mine = select(SavedFilter).where(SavedFilter.person_id == actor.person_id)
    found = uow.session.scalar(mine.where(SavedFilter.name == name))
    if not name:
        raise InvalidInput([Problem("name", NO_NAME)])
    if len(name) > NAME_LIMIT:
        raise InvalidInput([Problem("name", NAME_LONG.format(limit=NAME_LIMIT))])
    if not wanted:
        raise InvalidInput([Problem("name", NOTHING_CHOSEN)])
    if found is None:
        if (uow.session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST:
            raise InvalidInput([Problem("name", TOO_MANY.format(most=MOST))])
        found = SavedFilter(person_id=actor.person_id, name=name, created_at=uow.clock())
        uow.session.add(found)
    found.wanted = dict(wanted)
    uow.session.flush()
    if is_default:
        make_default(uow, actor, found.id)
    return found


def _get(uow: UnitOfWork, actor: Actor, filter_id: int) -> SavedFilter:
    require(actor, "pairing.queue")
    found = uow.session.get(SavedFilter, filter_id)
    if found is None or found.person_id != actor.person_id:
        raise NotFound(NO_FILTER)
    return found


def make_default(uow: UnitOfWork, actor: Actor, filter_id: int | None) -> None:
    """Open the queue with this filter from now on; with None, with none."""
    require(actor, "pairing.queue")
    chosen = _get(uow, actor, filter_id).id if filter_id is not None else None
    mine = update(SavedFilter).where(SavedFilter.person_id == actor.person_id)
    uow.session.execute(mine.values(is_default=SavedFilter.id == chosen if chosen else False))


def remove(uow: UnitOfWork, actor: Actor, filter_id: int) -> str:
    """Forget a filter; returns its name."""
    found = _get(uow, actor, filter_id)
    uow.session.delete(found)
    return found.name
