"""The gates of a race: the office plans them, nobody else does."""

import pytest

from matcher.projects.lifecycle import Mode
from tests.projects import ProjectFactory


@pytest.fixture
def race(uow):
    project = ProjectFactory(mode=Mode.RACE, teams=2)
    uow.commit()
    return project


def test_the_office_opens_the_gates_of_a_race(sign_in, race):
    page = sign_in("government").get(f"/gates/projects/{race.id}")
    assert page.status_code == 200
    assert race.title in page.text


@pytest.mark.parametrize("role", ["enterprise", "university", "expert"])
def test_nobody_else_opens_them(role, sign_in, race):
    assert sign_in(role).get(f"/gates/projects/{race.id}").status_code == 403
