"""A meeting day between two enterprises and two laboratories, from the invitations to a timetable in force; for tests that import it."""

from datetime import timedelta
from typing import Any

import pytest

from matcher.core.clock import local_date
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import planning, service
from matcher.events.model import Event, Participant, Side
from matcher.events.service import Answer, Invitation
from matcher.matching.model import Pairing
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory, organisation_of

COMES = Answer(coming=True, people="张工\n王工")


def form(uow: UnitOfWork, **changes: Any) -> dict[str, Any]:
    day = local_date(uow.clock()) + timedelta(days=10)
    return {
        "title": "先进制造对接会", "place": "科创岛", "first_day": day.isoformat(), "days": "1", "opens": "9:00",
        "closes": "12:00", "slot_minutes": "25", "gap_minutes": "5", "breaks": "10:30-10:45 茶歇",
        "rooms": "一号厅，2，6", "least": "1", "most": "4", "self_scheduling": "yes",
    } | changes  # fmt: skip


@pytest.fixture
def pairings(uow: UnitOfWork, actors: Actors) -> list[Pairing]:
    """Two enterprises and two laboratories, every pair of them with a pairing."""
    made = []
    for asker, disclosure in ((actors.enterprise, "open"), (actors.other_enterprise, "redacted")):
        need = NeedFactory(organisation=organisation_of(asker), disclosure=disclosure)
        for score, offerer in ((0.9, actors.university), (0.5, actors.other_university)):
            made.append(PairingFactory(need=need, offer=offer_of(offerer), score=score))
    uow.commit()
    return made


def offer_of(actor: Actor) -> Any:
    return OfferFactory(organisation=organisation_of(actor))


@pytest.fixture
def event(uow: UnitOfWork, actors: Actors, pairings: list[Pairing]) -> Event:
    """An event to which all four are invited."""
    made = service.create(uow, actors.desk, form(uow))
    wanted = [Invitation(a.organisation_id or 0, Side.DEMAND) for a in (actors.enterprise, actors.other_enterprise)]
    wanted += [Invitation(a.organisation_id or 0, Side.SUPPLY) for a in (actors.university, actors.other_university)]
    service.invite(uow, actors.desk, made.id, wanted)
    uow.commit()
    return made


def participant(uow: UnitOfWork, event: Event, actor: Actor) -> Participant:
    return next(p for p in service.participants(uow, event.id) if p.organisation_id == actor.organisation_id)


@pytest.fixture
def answered(uow: UnitOfWork, actors: Actors, event: Event) -> Event:
    for actor in (actors.enterprise, actors.other_enterprise, actors.university, actors.other_university):
        service.answer(uow, actor, participant(uow, event, actor).id, COMES)
    uow.commit()
    return event


@pytest.fixture
def in_force(uow: UnitOfWork, actors: Actors, answered: Event) -> Event:
    planning.deploy(uow, actors.desk, planning.propose(uow, actors.desk, answered.id).id)
    uow.commit()
    return answered
