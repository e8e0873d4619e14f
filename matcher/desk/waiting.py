"""How much waits for the desk: the figures beside its links, one query each."""

from sqlalchemy import func, select

from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import queue
from matcher.needs.model import Need, NeedState
from matcher.offers.model import Offer, OfferState


def to_review(uow: UnitOfWork, actor: Actor) -> int:
    """Count the pairings that wait for review."""
    return queue.total(uow, actor, queue.QueueFilter())


def to_publish(uow: UnitOfWork, actor: Actor) -> int:
    """Count the needs and results that were handed in and wait to be published."""
    require(actor, "need.review")
    needs = select(func.count()).select_from(Need).where(Need.state == NeedState.SUBMITTED).scalar_subquery()
    offers = select(func.count()).select_from(Offer).where(Offer.state == OfferState.SUBMITTED).scalar_subquery()
    return uow.session.scalar(select(needs + offers)) or 0
