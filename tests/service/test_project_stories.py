"""The demo's projects past their bidding: told once through the services, with something to see for every role."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from matcher.accounts.model import Organisation
from matcher.accounts.service import actor_by_email
from matcher.core.clock import local_date, utc_now
from matcher.core.people import SYSTEM
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.model import Message
from matcher.needs.model import Need, NeedState
from matcher.offers.model import Offer, OfferState
from matcher.projects.bids import office as evaluation
from matcher.projects.delivery import books, gate_views, merging, payments, view
from matcher.projects.delivery.lifecycle import GateState, PaymentState
from matcher.projects.delivery.model import Payment, TaskBook
from matcher.projects.experts import seats
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from matcher.projects.scenarios import trials
from matcher.projects.scenarios.model import Trial, TrialState
from matcher.projects.setup import public
from matcher.projects.setup.model import Project
from matcher.seeding import read_seeds, seed_register
from matcher.seeding_projects import OFFICE, seed_projects
from tests import factories
from tests.service.test_seeds import open_demo

OWNER, TEAM, EXPERT = "qiye@demo.example", "gaoxiao@demo.example", "zhuanjia@demo.example"
SCENARIOS = [one["need"] for one in read_seeds("projects", "trial")]


@pytest.fixture(scope="module")
def demo(sqlite_databases, tmp_path_factory):
    """Open a platform with the people of the demo, the needs behind its trials, and the stories told."""
    opened = open_demo(sqlite_databases, tmp_path_factory.mktemp("stories"))
    seed_register(opened)
    _write_scenario_needs(opened)
    opened.first = seed_projects(opened)
    yield opened
    opened.engine.dispose()


def _write_scenario_needs(platform):
    wanted = {one["ref"]: one for one in read_seeds("needs", "need") if one["ref"] in SCENARIOS}
    uow = UnitOfWork(platform.sessions)
    with factories.written_to(uow), uow:
        for ref, one in wanted.items():
            owner = uow.session.scalars(select(Organisation).where(Organisation.seed_key == one["organisation"])).one()
            factories.NeedFactory(ref=ref, source="scenario", organisation=owner)
    uow.close()


@pytest.fixture
def told(demo):
    opened = UnitOfWork(demo.sessions)
    yield opened
    opened.close()


def project_in(uow, state, mode=Mode.CHALLENGE):
    return uow.session.scalars(select(Project).where(Project.state == state, Project.mode == mode)).unique().one()


def test_every_story_of_the_seeds_is_told_and_only_once(demo, told):
    stories = [one for told_list in read_seeds("projects", "list") for one in told_list["story"]]
    assert demo.first == len(stories) + len(list(read_seeds("projects", "order")))
    assert seed_projects(demo) == 0
    states = Counter(told.session.scalars(select(Project.state)))
    wanted = (
        ProjectState.CLOSED, ProjectState.AWARD_NOTICE, ProjectState.EVALUATION, ProjectState.FAILED, ProjectState.ACCEPTANCE,
    )  # fmt: skip
    assert states == {**dict.fromkeys(wanted, 1), ProjectState.IMPLEMENTATION: 2}


def test_nothing_was_done_in_the_future(told):
    for column in (Message.created_at, Project.changed_at, TaskBook.changed_at):
        assert told.session.scalar(select(func.max(column))) <= utc_now()
    assert told.session.scalar(select(func.max(Payment.paid_on))) <= local_date(utc_now())


def test_the_public_archive_has_a_project_with_its_outcome_and_its_result_among_the_results(told):
    listing, teams = public.archive(told)
    (closed,) = [one for one in listing.rows if one.state is ProjectState.CLOSED]
    assert closed.outcome
    assert teams[closed.id]
    (result,) = view.project(told, SYSTEM, closed.id).results
    assert told.session.get_one(Offer, result.id).state is OfferState.PUBLISHED
    needs = [told.session.get_one(Need, row.need_id).state for row in closed.need_rows]
    assert needs == [NeedState.SOLVED]


def test_the_office_sees_a_whole_ranking_an_award_under_notice_and_a_failed_bidding(told):
    rows = evaluation.ranking(told, project_in(told, ProjectState.EVALUATION))
    assert [row.place for row in rows] == [1, 2, 3]
    assert [row.passes for row in rows] == [True, True, False]
    noticed = evaluation.ranking(told, project_in(told, ProjectState.AWARD_NOTICE))
    assert noticed[0].bid.state is BidState.PROPOSED
    assert project_in(told, ProjectState.FAILED).outcome


def test_a_team_has_a_task_book_with_money_paid_money_overdue_and_a_late_milestone(told):
    team = actor_by_email(told, TEAM)
    running = project_in(told, ProjectState.IMPLEMENTATION)
    book = next(book for book, project, _ in books.mine(told, team) if project.id == running.id)
    seen = view.book(told, team, book.id)
    assert [seen.is_late(one) for one in seen.milestones] == [False, False, True, False, False]
    states = {one.state for one in seen.payments}
    assert {PaymentState.PAID, PaymentState.RELEASED, PaymentState.PLANNED} <= states
    assert any(payments.is_overdue(one, seen.today) for one in seen.payments)
    assert {one.kind for one in seen.reports} == {"progress", "financial"}
    assert [one.state for one in seen.changes] == ["asked"]


def test_the_money_of_every_story_adds_up_to_its_contracts(told):
    for book in told.session.scalars(select(TaskBook)):
        total = sum(one.total for one in payments.balance(told, book).values())
        assert total == book.amount


def test_the_race_stands_at_its_second_gate_with_two_teams_after_a_merger(told):
    office = actor_by_email(told, OFFICE)
    race = gate_views.race(told, office, project_in(told, ProjectState.IMPLEMENTATION, Mode.RACE).id)
    assert [gate.state for gate in race.gates] == [GateState.DECIDED, GateState.OPEN]
    states = [one.bid.state for one in race.teams]
    assert states == [BidState.RUNNING, BidState.RUNNING, BidState.MERGED]
    assert race.teams[0].met > race.teams[1].met
    assert merging.look(told, office, race.teams[1].bid.id).is_settled


def test_the_expert_to_sign_in_as_has_something_to_mark_and_the_owner_task_books_to_read(told):
    waiting = [one for one in seats.tasks(told, actor_by_email(told, EXPERT)) if one.is_open]
    assert {one.panel.stage for one in waiting} == {"gate", "acceptance"}
    assert all(one.done < one.wanted for one in waiting)
    assert len(books.mine(told, actor_by_email(told, OWNER))) == 2


def test_trials_are_applied_for_under_way_and_refused(told):
    states = Counter(told.session.scalars(select(Trial.state)))
    assert states == {TrialState.APPLIED: 1, TrialState.RUNNING: 1, TrialState.REFUSED: 1}
    running = told.session.scalars(select(Trial).where(Trial.state == TrialState.RUNNING)).one()
    assert len(trials.look(told, actor_by_email(told, OFFICE), running.id).entries) >= 3


def test_only_the_last_days_are_unread(told):
    team = actor_by_email(told, TEAM)
    unread = told.session.scalars(
        select(Message).where(Message.person_id == team.person_id, Message.read_at.is_(None))
    ).all()
    assert unread
    assert min(one.created_at for one in unread) > utc_now() - timedelta(days=7)
