"""What an organisation asks for or offers, and what the desk entered for others: paged, by state, with their pairings."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload, raiseload

from matcher.accounts.model import Membership
from matcher.core.errors import NotAllowed
from matcher.core.listing import PAGE_SIZE, Listing, like
from matcher.core.people import Actor
from matcher.core.permissions import REFUSED, allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.model import Pairing, PairingState
from matcher.matching.queue import both_open, joined
from matcher.needs.model import Need
from matcher.needs.queries import own_name, visible_to
from matcher.offers.model import Offer

Item = Need | Offer


@dataclass(frozen=True, slots=True)
class OwnRow:
    """Hold one item of a list of one's own, with how many pairings its owner may see."""

    item: Item
    pairings: int


@dataclass(frozen=True, slots=True)
class OwnFilter:
    """Say which items are wanted; `entered` asks for what the actor's organisation entered for others."""

    states: tuple[str, ...] = ()
    text: str = ""
    entered: bool = False


def own_items(
    uow: UnitOfWork, actor: Actor, model: type[Need] | type[Offer], wanted: OwnFilter, page: int = 1
) -> Listing[OwnRow]:
    """Return one page of one's own items, the latest changed first; `counts["state"]` has how many of each state.

    Raises NotAllowed when somebody asks for what was entered for others and does not enter for others.
    """
    if model is Need:
        column: Any = Pairing.need_id
        permission = "need.review"
    else:
        column = Pairing.offer_id
        permission = "offer.review"
    if actor.organisation_id is None:
        raise NotAllowed(REFUSED)
    if wanted.entered:
        require(actor, permission)
    conditions = [_whose(actor, model, wanted.entered), *_named(model, wanted.text)]
    grouped = uow.session.execute(select(model.state, func.count()).where(*conditions).group_by(model.state))
    states: dict[str, int] = {str(state): count for state, count in grouped.all()}
    total = sum(count for state, count in states.items() if not wanted.states or state in wanted.states)
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    if wanted.states:
        conditions.append(model.state.in_(wanted.states))
    query = select(model).where(*conditions).order_by(model.changed_at.desc(), model.id.desc())
    query = query.options(joinedload(model.organisation), raiseload(model.indicator_rows))
    found: Any = uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)).unique()
    items: list[Item] = list(found)
    counted = pairing_counts(uow, actor, column, [item.id for item in items])
    return Listing([OwnRow(item, counted.get(item.id, 0)) for item in items], total, page, {"state": states})


def _whose(actor: Actor, model: type[Need] | type[Offer], entered: bool) -> ColumnElement[bool]:
    own: ColumnElement[bool] = model.organisation_id == actor.organisation_id
    if not entered:
        return own
    colleagues = select(Membership.person_id).where(Membership.organisation_id == actor.organisation_id)
    return model.created_by.in_(colleagues)


def _named(model: type[Need] | type[Offer], text: str) -> Iterable[ColumnElement[bool]]:
    if not text:
        return
    pattern = like(text)
    yield or_(model.title.like(pattern, escape="\\"), model.ref.like(pattern, escape="\\"))


def pairing_counts(uow: UnitOfWork, actor: Actor, column: Any, ids: list[int]) -> dict[int, int]:
    """Count the live pairings of many needs (column `Pairing.need_id`) or offers at once, as far as `actor` sees them."""
    if not ids:
        return {}
    query = joined(column).where(column.in_(ids), both_open(), Pairing.state != PairingState.DECLINED)
    if column is Pairing.offer_id and not allowed(actor, "need.confidential"):
        query = query.where(visible_to(actor, own_name(uow, actor)))
    return dict(uow.session.execute(query.with_only_columns(column, func.count()).group_by(column)).all())


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """Count what an owner looks for first: how many items of each state, and how many open ones have an answer."""

    states: dict[str, int]
    answered: int
    open: int


def own_figures(
    uow: UnitOfWork, actor: Actor, model: type[Need] | type[Offer], open_states: Iterable[Any]
) -> OwnFigures:
    """Count one's own items by state, and the open ones that have a pairing which one may see."""
    column = Pairing.need_id if model is Need else Pairing.offer_id
    own = model.organisation_id == actor.organisation_id
    grouped = uow.session.execute(select(model.state, func.count()).where(own).group_by(model.state))
    states = {str(state): count for state, count in grouped.all()}
    opened = sum(states.get(str(state), 0) for state in open_states)
    query = joined(column).where(own, both_open(), Pairing.state != PairingState.DECLINED)
    if model is Offer and not allowed(actor, "need.confidential"):
        query = query.where(visible_to(actor, own_name(uow, actor)))
    answered = uow.session.scalar(query.with_only_columns(func.count(func.distinct(column)))) or 0
    return OwnFigures(states, answered, opened)
