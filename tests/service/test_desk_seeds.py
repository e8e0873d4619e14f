"""The demo's desk: two brokers with something to do, written once."""

from sqlalchemy import func, select

from matcher.core.people import Role
from matcher.desk.model import Note, SavedFilter, Task
from matcher.matching.model import Decision
from matcher.seeding_desk import FIRST, SECOND, seed_desk
from tests.factories import OrganisationFactory, PairingFactory, PersonFactory


def test_the_demo_shows_a_desk_at_work_and_is_written_once(platform, uow):
    agency = OrganisationFactory(kind="transfer_agency")
    for email in (FIRST, SECOND):
        PersonFactory(organisation=agency, role=Role.DESK, email=email)
    for place in range(9):
        PairingFactory(score=0.9 - place / 100)
    uow.commit()
    first = seed_desk(platform)
    assert first == {"decisions": 7, "notes": 2, "tasks": 4, "filters": 1}
    assert set(seed_desk(platform).values()) == {0}
    counted = [
        uow.session.scalar(select(func.count()).select_from(model)) for model in (Decision, Note, Task, SavedFilter)
    ]
    assert counted == list(first.values())


def test_without_pairings_nothing_is_written(platform, uow):
    assert set(seed_desk(platform).values()) == {0}
