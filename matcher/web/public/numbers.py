"""The numbers on the home page."""

from dataclasses import dataclass

from sqlalchemy import func, select

from matcher.accounts.model import Organisation
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import OPEN_STATES, Need, NeedState
from matcher.offers.model import PUBLIC_STATES, Offer


@dataclass(frozen=True, slots=True)
class Numbers:
    """Count what the platform holds."""

    open_needs: int
    solved_needs: int
    offers: int
    organisations: int


def public_numbers(uow: UnitOfWork) -> Numbers:
    """Return the counts in one query; closed needs are counted too, which tells nothing about them."""
    query = select(
        select(func.count(Need.id)).where(Need.state.in_(OPEN_STATES)).scalar_subquery(),
        select(func.count(Need.id)).where(Need.state == NeedState.SOLVED).scalar_subquery(),
        select(func.count(Offer.id)).where(Offer.state.in_(PUBLIC_STATES)).scalar_subquery(),
        select(func.count(Organisation.id)).scalar_subquery(),
    )
    return Numbers(*uow.session.execute(query).one())
