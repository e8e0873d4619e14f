"""Needs that no result answers well: where a project of the government may be called for."""

from sqlalchemy import exists, func, select

from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.explain_labels import LIKELY, WORTH_A_LOOK
from matcher.matching.model import Pairing, PairingState
from matcher.needs.model import OPEN_STATES, Need
from matcher.offers.model import OPEN_STATES as OPEN_OFFERS
from matcher.offers.model import Offer


def needs_without_answer(uow: UnitOfWork, actor: Actor) -> list[int]:
    """Return the open needs without any live pairing that is worth a look, the oldest first; raises NotAllowed."""
    return _without(uow, actor, WORTH_A_LOOK)


def count_without_likely_answer(uow: UnitOfWork, actor: Actor) -> int:
    """Count the open needs without any live pairing that is very likely; raises NotAllowed."""
    return len(_without(uow, actor, LIKELY))


def count_open(uow: UnitOfWork, actor: Actor) -> int:
    """Count the open needs, confidential ones too, which a count does not betray; raises NotAllowed."""
    require(actor, "insight.government")
    return uow.session.scalar(select(func.count(Need.id)).where(Need.state.in_(OPEN_STATES))) or 0


def _without(uow: UnitOfWork, actor: Actor, least: float) -> list[int]:
    require(actor, "insight.government")
    good = exists().where(
        Pairing.need_id == Need.id,
        Pairing.score >= least,
        Pairing.state != PairingState.DECLINED,
        Pairing.offer_id == Offer.id,
        Offer.state.in_(OPEN_OFFERS),
    )
    query = select(Need.id).where(Need.state.in_(OPEN_STATES), ~good).order_by(Need.published_at, Need.id)
    return list(uow.session.scalars(query))
