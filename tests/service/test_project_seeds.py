"""The demo's list of projects: written through the office's own steps, once, and never in production."""

import pytest
from sqlalchemy import select

from matcher.core.errors import NotAllowed
from matcher.core.people import Role
from matcher.projects.lifecycle import ProjectState
from matcher.projects.setup.model import Project
from matcher.projects.topics.model import Topic, TopicMember
from matcher.seeding_projects import OFFICE, seed_projects
from tests.factories import NeedFactory, OrganisationFactory, PersonFactory


@pytest.fixture
def topics(uow, clock):
    """Write the office's person and five common problems of two needs each."""
    PersonFactory(email=OFFICE, organisation=OrganisationFactory(kind="government"), role=Role.GOVERNMENT)
    for number in range(5):
        topic = Topic(name=f"共性难题{number}", created_at=clock(), changed_at=clock())
        uow.session.add(topic)
        uow.session.flush()
        for _ in range(2):
            need = NeedFactory(background="多家企业遇到同一问题。")
            uow.session.flush()
            uow.session.add(TopicMember(need_id=need.id, topic_id=topic.id, placed_at=clock()))
    uow.commit()


def test_two_projects_take_bids_one_is_under_notice_one_is_a_draft(platform, uow, topics):
    assert seed_projects(platform) == 4
    states = sorted(uow.session.scalars(select(Project.state)))
    assert states == sorted([ProjectState.BIDDING, ProjectState.BIDDING, ProjectState.NOTICED, ProjectState.DRAFT])


def test_seeding_again_writes_nothing(platform, topics):
    seed_projects(platform)
    assert seed_projects(platform) == 0


def test_without_common_problems_nothing_is_written(platform, uow):
    PersonFactory(email=OFFICE, organisation=OrganisationFactory(kind="government"), role=Role.GOVERNMENT)
    uow.commit()
    assert seed_projects(platform) == 0


def test_production_has_no_example_list(platform, monkeypatch):
    monkeypatch.setattr(type(platform.settings), "is_production", True)
    with pytest.raises(NotAllowed):
        seed_projects(platform)
