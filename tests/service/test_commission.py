"""Made-to-order projects: from an agreed pairing, or with a team named after the notice."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from matcher.accounts.model import Organisation
from matcher.core.errors import Conflict, InvalidInput, NotAllowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.model import Pairing, PairingState
from matcher.projects.bids import queries
from matcher.projects.delivery import commission, drafting
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory
from tests.projects import NoticeFactory, ProjectFactory

GIVEN: dict[str, Any] = {
    "title": "叶片孔隙控制联合研发",
    "goals": "给出可量产的工艺窗口。",
    "months": "18",
    "enterprise_funds": "80",
    "government_funds": "",
    "indicators": [{"name": "孔隙率", "comparator": "le", "value": "0.5", "unit": "%"}],
}


def pairing_in(uow: UnitOfWork, actors: Actors, state: PairingState) -> Pairing:
    need = NeedFactory(organisation=uow.session.get_one(Organisation, actors.enterprise.organisation_id))
    offer = OfferFactory(organisation=uow.session.get_one(Organisation, actors.university.organisation_id))
    pairing = Pairing(need_id=need.id, offer_id=offer.id, state=state, score=0.8, created_at=uow.clock(),
                      scored_at=uow.clock(), changed_at=uow.clock())  # fmt: skip
    uow.session.add(pairing)
    uow.session.flush()
    return pairing


def test_an_agreed_pairing_becomes_a_project_with_its_team(uow: UnitOfWork, actors: Actors) -> None:
    pairing = pairing_in(uow, actors, PairingState.INTERESTED)
    project = commission.from_pairing(uow, actors.government, pairing.id, GIVEN)
    assert (project.mode, project.state) == (Mode.COMMISSIONED, ProjectState.AWARDED)
    assert [row.need_id for row in project.need_rows] == [pairing.need_id]
    (bid,) = queries.of_project(uow, project.id, [BidState.AWARDED])
    assert bid.organisation_id == actors.university.organisation_id
    book = drafting.draft(uow, actors.government, bid.id, drafting.suggestion(uow, bid))
    assert book.amount == Decimal(800_000)
    with pytest.raises(Conflict):
        commission.from_pairing(uow, actors.government, pairing.id, GIVEN)


def test_the_desk_names_the_office_in_charge(uow: UnitOfWork, actors: Actors) -> None:
    pairing = pairing_in(uow, actors, PairingState.NEGOTIATING)
    with pytest.raises(InvalidInput):
        commission.from_pairing(uow, actors.desk, pairing.id, GIVEN)
    project = commission.from_pairing(uow, actors.desk, pairing.id, GIVEN, actors.government.organisation_id)
    assert project.organisation_id == actors.government.organisation_id


@pytest.mark.parametrize("state", [PairingState.SUGGESTED, PairingState.INTRODUCED, PairingState.DECLINED])
def test_a_pairing_without_agreement_is_no_project(uow: UnitOfWork, actors: Actors, state: PairingState) -> None:
    pairing = pairing_in(uow, actors, state)
    with pytest.raises(Conflict):
        commission.from_pairing(uow, actors.government, pairing.id, GIVEN)


@pytest.mark.parametrize("role", ["enterprise", "university", "admin", "expert", "visitor"])
def test_only_desk_and_office_commission(uow: UnitOfWork, actors: Actors, role: str) -> None:
    pairing = pairing_in(uow, actors, PairingState.INTERESTED)
    with pytest.raises(NotAllowed):
        commission.from_pairing(uow, getattr(actors, role), pairing.id, GIVEN)


def test_the_team_is_named_only_when_the_notice_is_over(uow: UnitOfWork, actors: Actors) -> None:
    project = ProjectFactory(mode=Mode.COMMISSIONED, state=ProjectState.NOTICED, call=None)
    notice = NoticeFactory(project=project)
    team = uow.session.get_one(Organisation, actors.university.organisation_id)
    with pytest.raises(Conflict):
        commission.name_team(uow, actors.government, project.id, team.name)
    notice.closes_at = uow.clock() - timedelta(seconds=1)
    with pytest.raises(InvalidInput):
        commission.name_team(uow, actors.government, project.id, "没有这个单位")
    commission.name_team(uow, actors.government, project.id, team.name, "陈立")
    assert project.state is ProjectState.AWARDED
    assert notice.ended_at is not None
    (bid,) = queries.of_project(uow, project.id, [BidState.AWARDED])
    assert (bid.organisation_id, bid.leader) == (team.id, "陈立")
