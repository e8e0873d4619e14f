"""Offers through their services, on both databases."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.lifecycle import StateChange
from matcher.core.outbox import OutboxRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.offers import service as offers
from matcher.offers.model import Offer, OfferState
from tests.factories import OfferFactory, offer_answers, organisation_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def fields_with_problems(caught):
    return {problem.field for problem in caught.value.problems}


def test_a_complete_result_is_kept_with_its_rows(platform, uow, actors):
    with uow:
        offer = offers.create(uow, actors.university, offer_answers())
    other = UnitOfWork(platform.sessions)
    answers = offers.answers_of(other.session.get_one(Offer, offer.id))
    other.close()
    assert (answers["price_low"], answers["price_high"]) == (Decimal(800_000), Decimal(1_500_000))
    assert [(row.kind, row.number, row.status) for row in answers["ip"]] == [
        ("invention", "ZL202110000001.2", "granted")
    ]
    assert [(row.name, row.value) for row in answers["indicators"]] == [("孔隙率", 0.3)]
    assert answers["ipc"] == ["B22F10/28"]
    assert (answers["trl"], answers["year"]) == ("6", 2025)


def test_a_result_without_a_price_is_to_be_agreed_and_a_crossed_price_is_refused(uow, actors):
    with uow:
        offer = offers.create(uow, actors.university, offer_answers(price_low=None, price_high=None), submit=True)
    assert (offer.price_low, offer.price_high) == (None, None)
    with pytest.raises(InvalidInput) as caught, uow:
        offers.create(uow, actors.university, offer_answers(ref="2", price_low="200", price_high="100"))
    assert fields_with_problems(caught) == {"price_low"}


@pytest.mark.parametrize("role", ["government", "admin", "visitor"])
def test_only_who_has_something_to_offer_lists_results(uow, actors, role):
    with pytest.raises(NotAllowed), uow:
        offers.create(uow, getattr(actors, role), offer_answers())


def test_a_university_hands_in_the_desk_sends_back_and_publishes(uow, actors):
    with uow:
        offer = offers.create(uow, actors.university, offer_answers(), submit=True)
    with pytest.raises(NotAllowed), uow:
        offers.publish(uow, actors.university, offer.id)
    with pytest.raises(InvalidInput), uow:
        offers.return_for_repair(uow, actors.desk, offer.id, "")
    with uow:
        offers.return_for_repair(uow, actors.desk, offer.id, "请写明成熟度")
    assert (offer.state, offer.return_note) == (OfferState.RETURNED, "请写明成熟度")
    with uow:
        offers.edit(uow, actors.university, offer.id, offer_answers(trl="7"), submit=True)
    with uow:
        offers.publish(uow, actors.desk, offer.id)
    assert (offer.state, offer.return_note, offer.published_at) == (OfferState.PUBLISHED, "", uow.clock())
    moves = [move.action for move in offers.history(uow, actors.university, offer.id)]
    assert moves == ["submit", "return", "submit", "publish"]


def test_a_draft_may_be_incomplete_but_not_handed_in(uow, actors):
    with uow:
        offer = offers.create(uow, actors.university, {"title": "只有名称"})
    with pytest.raises(InvalidInput) as caught, uow:
        offers.submit(uow, actors.university, offer.id)
    assert fields_with_problems(caught) == {"tech_fields", "summary"}
    assert offer.state is OfferState.DRAFT
    with uow:
        offers.edit(uow, actors.university, offer.id, offer_answers())
        offers.submit(uow, actors.university, offer.id)
    assert offer.state is OfferState.SUBMITTED


def test_an_own_number_is_used_once_in_an_organisation(uow, actors):
    with uow:
        first = offers.create(uow, actors.university, offer_answers(ref="C-1"))
        offers.create(uow, actors.other_university, offer_answers(ref="C-1"))
    with pytest.raises(InvalidInput) as caught, uow:
        offers.create(uow, actors.university, offer_answers(ref="C-1"))
    assert fields_with_problems(caught) == {"ref"}
    assert first.number in caught.value.problems[0].message.en


def test_unpublished_results_are_unknown_to_others(uow, actors):
    hidden = [OfferFactory(state=state) for state in OfferState if state is not OfferState.PUBLISHED]
    shown = OfferFactory()
    uow.commit()
    for offer in hidden:
        for act in (
            lambda offer: offers.get(uow, actors.visitor, offer.id),
            lambda offer: offers.get(uow, actors.other_university, offer.id),
            lambda offer: offers.withdraw(uow, actors.other_university, offer.id),
            lambda offer: offers.edit(uow, actors.other_university, offer.id, offer_answers()),
        ):
            with pytest.raises(NotFound), uow:
                act(offer)
        assert offers.get(uow, actors.desk, offer.id) is offer
    assert offers.get(uow, actors.visitor, shown.id) is shown
    for act in (offers.withdraw, offers.submit, offers.renew, offers.publish, offers.history):
        with pytest.raises(NotAllowed), uow:
            act(uow, actors.other_university, shown.id)
    assert not uow.session.scalars(select(StateChange)).all()


def test_the_own_number_of_a_result_is_not_public(uow, actors):
    offer = OfferFactory(ref="内部-77", organisation=organisation_of(actors.university))
    uow.commit()
    assert "内部-77" not in repr(offers.public_answers(uow, actors.visitor, offer))
    assert "内部-77" not in repr(offers.public_answers(uow, actors.enterprise, offer))
    assert offers.public_answers(uow, actors.university, offer)["ref"] == "内部-77"


def test_a_withdrawn_result_is_closed_until_it_is_handed_in_again(uow, actors):
    offer = OfferFactory(organisation=organisation_of(actors.university))
    with uow:
        offers.withdraw(uow, actors.university, offer.id)
    with pytest.raises(Conflict), uow:
        offers.edit(uow, actors.university, offer.id, offer_answers())
    with pytest.raises(Conflict), uow:
        offers.withdraw(uow, actors.university, offer.id)
    with uow:
        offers.renew(uow, actors.university, offer.id)
    assert offer.state is OfferState.SUBMITTED


def test_every_change_of_a_published_result_leaves_a_wish(uow, actors):
    def wishes():
        return len(uow.session.scalars(select(OutboxRow).where(OutboxRow.entity == "offer")).all())

    counts = []
    with uow:
        offer = offers.create(uow, actors.university, offer_answers(), submit=True)
    counts.append(wishes())
    for act in (
        lambda: offers.publish(uow, actors.desk, offer.id),
        lambda: offers.edit(uow, actors.university, offer.id, offer_answers(title="改")),
        lambda: offers.withdraw(uow, actors.university, offer.id),
    ):
        with uow:
            act()
        counts.append(wishes())
    assert counts == [0, 1, 2, 3]


def test_indicators_and_rights_are_replaced_and_not_doubled(uow, actors):
    with uow:
        offer = offers.create(uow, actors.university, offer_answers())
    with uow:
        offers.edit(
            uow,
            actors.university,
            offer.id,
            offer_answers(indicators="孔隙率 ≤ 0.2 %\n功率 = 5 kW", ip="", tech_fields=["software_ai", "aerospace"]),
        )
    uow.close()
    answers = offers.answers_of(uow.session.get_one(Offer, offer.id))
    assert [(row.name, row.value) for row in answers["indicators"]] == [("孔隙率", 0.2), ("功率", 5.0)]
    assert answers["ip"] == []
    assert set(answers["tech_fields"]) == {"software_ai", "aerospace"}
