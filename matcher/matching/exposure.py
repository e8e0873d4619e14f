"""Which institutions' results are shown and accepted, so that learning lets none of them disappear."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select

from matcher.accounts.model import Organisation
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.exposure import gini, neglected
from matcher.matching.model import Pairing, PairingState
from matcher.offers import model as offer_model
from matcher.offers.model import Offer

#: States that a broker's "yes" leads to.
ACCEPTED = (
    PairingState.SHORTLISTED,
    PairingState.INTRODUCED,
    PairingState.INTERESTED,
    PairingState.MEETING,
    PairingState.NEGOTIATING,
    PairingState.CONTRACTED,
)


@dataclass(frozen=True, slots=True)
class Exposure:
    """Hold how often one institution's open results are shown and accepted; `neglected` when below the floor."""

    organisation_id: int
    name: str
    offers: int
    shown: int
    accepted: int
    neglected: bool


@dataclass(frozen=True, slots=True)
class Exposures:
    """Hold every institution with open results, those with most first; `gini` is 0 when attention is even, 1 when one has all."""

    rows: Sequence[Exposure]
    gini: float
    explored: int
    explored_decided: int
    explored_accepted: int

    @property
    def offers(self) -> int:
        """Return the number of open results."""
        return sum(row.offers for row in self.rows)

    @property
    def shown(self) -> int:
        """Return the number of pairings of open results."""
        return sum(row.shown for row in self.rows)

    @property
    def accepted(self) -> int:
        """Return the number of accepted pairings."""
        return sum(row.accepted for row in self.rows)


def exposures(uow: UnitOfWork, actor: Actor) -> Exposures:
    """Return the exposure of every institution."""
    require(actor, "ranker.see")
    owned, shown = owned_offers(uow), shown_offers(uow)
    said_yes = func.sum(case((Pairing.state.in_(ACCEPTED), 1), else_=0))
    accepted = _by_owner(uow, said_yes)
    names = dict(
        uow.session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(owned))).all()
    )
    few = neglected(shown, owned)
    rows = [
        Exposure(one, names.get(one, ""), count, shown.get(one, 0), accepted.get(one, 0), one in few)
        for one, count in owned.items()
    ]
    drawn = select(Pairing.state, func.count()).where(Pairing.explored).group_by(Pairing.state)
    states = dict(uow.session.execute(drawn).all())
    waiting = states.get(PairingState.SUGGESTED, 0) + states.get(PairingState.DEFERRED, 0)
    total = sum(states.values())
    return Exposures(
        sorted(rows, key=lambda row: (-row.offers, row.name)), gini(shown, owned), total, total - waiting,
        sum(states.get(state, 0) for state in ACCEPTED),
    )  # fmt: skip


def owned_offers(uow: UnitOfWork) -> dict[int, int]:
    """Count the open results of every institution."""
    query = select(Offer.organisation_id, func.count()).where(Offer.state.in_(offer_model.OPEN_STATES))
    return dict(uow.session.execute(query.group_by(Offer.organisation_id)).all())


def shown_offers(uow: UnitOfWork) -> dict[int, int]:
    """Count the pairings of every institution's open results."""
    return _by_owner(uow, func.count())


def neglected_owners(uow: UnitOfWork) -> frozenset[int]:
    """Return the institutions that exploration shows first."""
    return neglected(shown_offers(uow), owned_offers(uow))


def _by_owner(uow: UnitOfWork, figure: ColumnElement[int]) -> dict[int, int]:
    query = select(Offer.organisation_id, figure).join(Pairing, Pairing.offer_id == Offer.id)
    query = query.where(Offer.state.in_(offer_model.OPEN_STATES)).group_by(Offer.organisation_id)
    return {owner: int(count) for owner, count in uow.session.execute(query)}
