"""Pairs that a broker makes by hand: scored and explained like the others, marked, and never taken back by matching."""

from dataclasses import dataclass

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import Conflict, NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import assignments
from matcher.matching.model import Pairing
from matcher.matching.review import NOT_OPEN
from matcher.matching.service import Matcher
from matcher.needs import model as need_model
from matcher.needs.model import Need
from matcher.offers import model as offer_model
from matcher.offers.model import Offer

NO_NEED = Label("找不到这条需求。", "There is no such need.")
NO_OFFER = Label("找不到这项成果。", "There is no such result.")


@dataclass(frozen=True, slots=True)
class HandMade:
    """Hold a pair made by hand; `is_new` is false where the two were a pairing already."""

    pairing: Pairing
    is_new: bool


def pair(uow: UnitOfWork, matcher: Matcher, actor: Actor, need_id: int, offer_id: int) -> HandMade:
    """Pair a need and an offer that a broker chose; the two that are a pairing already stay as they are.

    Raises NotAllowed, NotFound, and Conflict where one is closed, not read yet, or the two may not meet.
    """
    require(actor, "pairing.make")
    need, offer = uow.session.get(Need, need_id), uow.session.get(Offer, offer_id)
    if need is None:
        raise NotFound(NO_NEED)
    if offer is None:
        raise NotFound(NO_OFFER)
    known = uow.session.scalar(select(Pairing).filter_by(need_id=need_id, offer_id=offer_id))
    if known is not None:
        return HandMade(known, is_new=False)
    if need.state not in need_model.OPEN_STATES or offer.state not in offer_model.OPEN_STATES:
        raise Conflict(NOT_OPEN)
    made = matcher.pair(uow, need_id, offer_id)
    assignments.keep(uow, made.id, made_by=actor.person_id)
    audit.record(uow, actor, "pairing.make", "pairing", made.id)
    return HandMade(made, is_new=True)
