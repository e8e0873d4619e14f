"""Lists of one's own: paged, by state, counted as far as the owner may see."""

import pytest

from matcher.accounts.model import Organisation
from matcher.core.errors import NotAllowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.own import OwnFilter, own_figures, own_items
from matcher.needs import service as needs
from matcher.needs.model import OPEN_STATES, Need, NeedState
from matcher.offers.model import OPEN_STATES as OPEN_OFFERS
from matcher.offers.model import Offer
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory, need_answers


def test_a_long_list_comes_in_pages_with_the_counts_of_every_state(uow: UnitOfWork, actors: Actors) -> None:
    own = {"organisation": uow.session.get(Organisation, actors.enterprise.organisation_id)}
    NeedFactory.create_batch(23, **own)
    NeedFactory.create_batch(2, state=NeedState.DRAFT, title="没写完的", **own)
    NeedFactory()
    uow.commit()
    first = own_items(uow, actors.enterprise, Need, OwnFilter())
    assert (first.total, len(first.rows), first.pages) == (25, 20, 2)
    assert first.counts == {"state": {"published": 23, "draft": 2}}
    assert len(own_items(uow, actors.enterprise, Need, OwnFilter(), 99).rows) == 5
    drafts = own_items(uow, actors.enterprise, Need, OwnFilter(states=("draft",)))
    assert (drafts.total, drafts.counts["state"]["published"]) == (2, 23)
    assert own_items(uow, actors.enterprise, Need, OwnFilter(text="没写完")).total == 2
    with pytest.raises(NotAllowed):
        own_items(uow, actors.visitor, Need, OwnFilter())


def test_pairings_with_needs_that_are_hidden_from_the_owner_are_not_counted(uow: UnitOfWork, actors: Actors) -> None:
    owner = uow.session.get(Organisation, actors.university.organisation_id)
    offer = OfferFactory(organisation=owner)
    for disclosure in ("open", "redacted", "closed", "targeted"):
        PairingFactory(offer=offer, need=NeedFactory(disclosure=disclosure, targets=["别的机构"]))
    hidden = OfferFactory(organisation=owner)
    PairingFactory(offer=hidden, need=NeedFactory(disclosure="closed"))
    uow.commit()
    rows = own_items(uow, actors.university, Offer, OwnFilter()).rows
    assert {row.item.id: row.pairings for row in rows} == {offer.id: 2, hidden.id: 0}
    figures = own_figures(uow, actors.university, Offer, OPEN_OFFERS)
    assert (figures.open, figures.answered) == (2, 1)


def test_the_desk_finds_what_it_entered_for_others(uow: UnitOfWork, actors: Actors) -> None:
    owner = actors.enterprise.organisation_id
    made = needs.create(uow, actors.colleague, need_answers(), owner_id=owner, submit=True)
    needs.create(uow, actors.enterprise, need_answers(ref="2"), submit=True)
    uow.commit()
    rows = own_items(uow, actors.desk, Need, OwnFilter(entered=True)).rows
    assert [row.item.id for row in rows] == [made.id]
    with pytest.raises(NotAllowed):
        own_items(uow, actors.enterprise, Need, OwnFilter(entered=True))
    assert own_figures(uow, actors.enterprise, Need, OPEN_STATES).states == {"submitted": 1, "published": 1}
