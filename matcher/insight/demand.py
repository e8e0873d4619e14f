"""Where demand is, and how much supply stands beside it: counts by technology field and by city."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from matcher.accounts.model import Organisation
from matcher.core.listing import grouped
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies.regions import city_of
from matcher.needs.model import OPEN_STATES as OPEN_NEEDS
from matcher.needs.model import Need, NeedField
from matcher.offers.model import OPEN_STATES as OPEN_OFFERS
from matcher.offers.model import Offer, OfferField


@dataclass(frozen=True, slots=True)
class Balance:
    """Count open needs and open offers under one code."""

    code: str
    needs: int
    offers: int


@dataclass(frozen=True, slots=True)
class Demand:
    """Hold the balances by technology field and by city, most needs first."""

    fields: list[Balance]
    cities: list[Balance]


def demand(uow: UnitOfWork, actor: Actor) -> Demand:
    """Count every open need and offer, confidential ones too, which a count does not betray; raises NotAllowed."""
    require(actor, "insight.government")
    needs_by_field = select(NeedField.code, func.count()).join(Need, Need.id == NeedField.need_id)
    offers_by_field = select(OfferField.code, func.count()).join(Offer, Offer.id == OfferField.offer_id)
    needs_by_region = select(Organisation.region, func.count()).join(Need, Need.organisation_id == Organisation.id)
    offers_by_region = select(Organisation.region, func.count()).join(Offer, Offer.organisation_id == Organisation.id)
    return Demand(
        _balances(
            _count(uow, needs_by_field.where(Need.state.in_(OPEN_NEEDS)).group_by(NeedField.code)),
            _count(uow, offers_by_field.where(Offer.state.in_(OPEN_OFFERS)).group_by(OfferField.code)),
        ),
        _balances(
            _by_city(_count(uow, needs_by_region.where(Need.state.in_(OPEN_NEEDS)).group_by(Organisation.region))),
            _by_city(_count(uow, offers_by_region.where(Offer.state.in_(OPEN_OFFERS)).group_by(Organisation.region))),
        ),
    )


def _count(uow: UnitOfWork, query: Select[*tuple[Any, ...]]) -> dict[str, int]:
    return dict(uow.session.execute(query).all())


def _by_city(counts: dict[str, int]) -> dict[str, int]:
    return grouped(counts.items(), {code: city_of(code) for code in counts})


def _balances(needs: dict[str, int], offers: dict[str, int]) -> list[Balance]:
    found = [Balance(code, needs.get(code, 0), offers.get(code, 0)) for code in needs.keys() | offers.keys()]
    return sorted(found, key=lambda one: (-one.needs, one.offers, one.code))
