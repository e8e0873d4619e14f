"""From the award to the close: task book, signatures, milestones, changes, acceptance."""

from datetime import timedelta
from decimal import Decimal

import pytest

from matcher.accounts.model import Organisation
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need, NeedState
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import acceptance, books, changes, clock, drafting, payments, progress, signing
from matcher.projects.delivery.model import TaskBook
from matcher.projects.delivery.payments import Source
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from tests.conftest import Actors, MovableClock
from tests.factories import NeedFactory
from tests.projects import BidFactory, ProjectFactory


def awarded(uow: UnitOfWork, actors: Actors) -> Bid:
    owner = uow.session.get_one(Organisation, actors.enterprise.organisation_id)
    lead = uow.session.get_one(Organisation, actors.university.organisation_id)
    need = NeedFactory(organisation=owner)
    project = ProjectFactory(state=ProjectState.AWARDED, needs=(need,))
    bid: Bid = BidFactory(project=project, organisation=lead, state=BidState.AWARDED)
    bid.milestones = [
        {"title": "样件", "month": 6, "deliverable": "样件三套", "share": 50},
        {"title": "产线验证", "month": 18, "deliverable": "报告", "share": 50},
    ]
    uow.session.flush()
    return bid


def drafted(uow: UnitOfWork, actors: Actors) -> TaskBook:
    bid = awarded(uow, actors)
    return drafting.draft(uow, actors.government, bid.id, drafting.suggestion(uow, bid))


def signed(uow: UnitOfWork, actors: Actors) -> TaskBook:
    book = drafted(uow, actors)
    signing.offer(uow, actors.government, book.id)
    for actor in (actors.government, actors.university, actors.enterprise):
        signing.sign(uow, actor, book.id)
    return book


def finished(uow: UnitOfWork, actors: Actors) -> TaskBook:
    book = signed(uow, actors)
    for one in drafting.milestones(uow, book.id):
        progress.report_milestone(uow, actors.university, one.id, "完成")
        progress.answer_milestone(uow, actors.government, one.id, "accept")
    return book


VALUES = [{"value": "0.4", "text": "第三方检测"}, {"value": "700", "text": ""}]


def test_the_suggestion_of_a_bid_is_a_plan_that_adds_up(uow: UnitOfWork, actors: Actors) -> None:
    book = drafted(uow, actors)
    by = payments.balance(uow, book)
    assert (by[Source.GOVERNMENT].total, by[Source.ENTERPRISE].total) == (Decimal(3_000_000), Decimal(9_000_000))
    assert [m.title for m in drafting.milestones(uow, book.id)] == ["样件", "产线验证"]


def test_the_teams_of_a_race_share_its_funds_to_the_fen(uow: UnitOfWork, actors: Actors) -> None:
    funds = {"government_funds": Decimal("1000000.00"), "enterprise_funds": Decimal("5600000.01")}
    project = ProjectFactory(state=ProjectState.AWARDED, mode=Mode.RACE, teams=3, **funds)
    uow.session.flush()
    teams = [BidFactory(project=project, state=BidState.AWARDED) for _ in range(3)]
    uow.session.flush()
    books = [drafting.draft(uow, actors.government, one.id, drafting.suggestion(uow, one)) for one in teams]
    assert sum(one.government_amount for one in books) == project.government_funds
    assert sum(one.enterprise_amount for one in books) == project.enterprise_funds
    assert max(one.amount for one in books) - min(one.amount for one in books) <= Decimal("0.02")


def test_more_than_the_projects_funds_and_more_at_signing_are_refused(uow: UnitOfWork, actors: Actors) -> None:
    bid = awarded(uow, actors)
    given = drafting.suggestion(uow, bid) | {"government_amount": "301"}
    with pytest.raises(InvalidInput) as refused:
        drafting.draft(uow, actors.government, bid.id, given)
    assert [p.field for p in refused.value.problems] == ["government_amount"]
    with pytest.raises(InvalidInput):
        drafting.draft(
            uow,
            actors.government,
            bid.id,
            drafting.suggestion(uow, bid) | {"signing_share": "41", "milestones": "样件，2099-01-01，1，"},
        )


def test_all_three_sign_and_the_project_starts(uow: UnitOfWork, actors: Actors) -> None:
    book = drafted(uow, actors)
    with pytest.raises(NotFound):
        signing.sign(uow, actors.university, book.id)
    signing.offer(uow, actors.government, book.id)
    signing.sign(uow, actors.government, book.id)
    signing.sign(uow, actors.university, book.id)
    with pytest.raises(Conflict):
        signing.sign(uow, actors.university, book.id)
    found = books.get(uow, book.id)
    assert found.project.state is ProjectState.AWARDED
    signing.sign(uow, actors.enterprise, book.id)
    assert (found.bid.state, found.project.state) == (BidState.RUNNING, ProjectState.IMPLEMENTATION)
    assert payments.balance(uow, book)[Source.GOVERNMENT].released == Decimal(1_200_000)


def test_taking_back_voids_signatures(uow: UnitOfWork, actors: Actors) -> None:
    book = drafted(uow, actors)
    signing.offer(uow, actors.government, book.id)
    signing.sign(uow, actors.university, book.id)
    signing.take_back(uow, actors.government, book.id)
    assert book.lead_signed_at is None
    drafting.edit(uow, actors.government, book.id, drafting.typed(uow, book))
    assert payments.balance(uow, book)[Source.GOVERNMENT].total == book.government_amount


@pytest.mark.parametrize("role", ["other_university", "other_enterprise", "expert", "visitor"])
def test_strangers_see_no_task_book(uow: UnitOfWork, actors: Actors, role: str) -> None:
    book = signed(uow, actors)
    with pytest.raises(NotFound):
        books.seen(uow, getattr(actors, role), book.id)


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "admin"])
def test_only_the_office_drafts_ends_and_decides(uow: UnitOfWork, actors: Actors, role: str) -> None:
    book, actor = signed(uow, actors), getattr(actors, role)
    for act in (
        lambda: drafting.draft(uow, actor, book.bid_id, {}),
        lambda: signing.terminate(uow, actor, book.id, "原因"),
        lambda: acceptance.decide(uow, actor, book.id, "passed", "good", ""),
        lambda: acceptance.close(uow, actor, book.project_id, "结果"),
        lambda: progress.answer_milestone(uow, actor, drafting.milestones(uow, book.id)[0].id, "accept"),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("role", ["enterprise", "desk", "government"])
def test_only_the_lead_reports_and_applies(uow: UnitOfWork, actors: Actors, role: str) -> None:
    book = signed(uow, actors)
    actor: Actor = getattr(actors, role)
    with pytest.raises(NotAllowed):
        progress.report_milestone(uow, actor, drafting.milestones(uow, book.id)[0].id, "完成")
    with pytest.raises(NotAllowed):
        changes.ask(uow, actor, book.id, {})
    with pytest.raises(NotAllowed):
        acceptance.apply(uow, actor, book.id, "完成", VALUES)


def test_a_milestone_is_returned_then_confirmed_and_its_money_released(uow: UnitOfWork, actors: Actors) -> None:
    book = signed(uow, actors)
    one = drafting.milestones(uow, book.id)[0]
    before = payments.balance(uow, book)[Source.GOVERNMENT].released
    progress.report_milestone(uow, actors.university, one.id, "完成")
    with pytest.raises(InvalidInput):
        progress.answer_milestone(uow, actors.government, one.id, "return")
    progress.answer_milestone(uow, actors.government, one.id, "return", "缺检测报告")
    progress.report_milestone(uow, actors.university, one.id, "已补")
    progress.answer_milestone(uow, actors.government, one.id, "accept")
    assert payments.balance(uow, book)[Source.GOVERNMENT].released > before


def test_approved_changes_are_in_force_and_keep_what_they_replace(uow: UnitOfWork, actors: Actors) -> None:
    book = signed(uow, actors)
    later = book.ends_on + timedelta(days=90)
    change = changes.ask(
        uow, actors.university, book.id, {"kind": "schedule", "text": "设备晚到", "ends_on": later.isoformat()}
    )
    old = book.ends_on
    changes.answer(uow, actors.government, change.id, "approve")
    assert book.ends_on == later
    assert change.wanted["before"]["ends_on"] == old.isoformat()
    change = changes.ask(
        uow, actors.university, book.id, {"kind": "budget", "text": "减少", "government_amount": "200"}
    )
    changes.answer(uow, actors.government, change.id, "approve")
    assert payments.balance(uow, book)[Source.GOVERNMENT].total == book.government_amount == Decimal(2_000_000)


def test_overdue_milestones_are_told_once_a_day(uow: UnitOfWork, actors: Actors, clock_moved: MovableClock) -> None:
    signed(uow, actors)
    clock_moved.move(days=200)
    assert clock.alarm(uow) > 0
    assert clock.alarm(uow) == 0
    clock_moved.move(days=1)
    assert clock.alarm(uow) > 0


@pytest.fixture
def clock_moved(clock: MovableClock) -> MovableClock:
    return clock


def test_acceptance_compares_and_closes_and_solves_the_need(uow: UnitOfWork, actors: Actors) -> None:
    book = finished(uow, actors)
    acceptance.apply(uow, actors.university, book.id, "完成", VALUES)
    found = books.get(uow, book.id)
    rows = acceptance.comparison(found, acceptance.measured(uow, acceptance.get(uow, book.id)))
    assert [row.against_demand for row in rows] == ["met", "not_met"]
    acceptance.decide(uow, actors.government, book.id, "rework", "", "强度不足")
    assert found.project.state is ProjectState.IMPLEMENTATION
    acceptance.apply(uow, actors.university, book.id, "完成", VALUES)
    acceptance.decide(uow, actors.government, book.id, "passed", "good", "")
    assert payments.balance(uow, book)[Source.GOVERNMENT].planned == 0
    with pytest.raises(InvalidInput):
        acceptance.close(uow, actors.government, book.project_id, " ")
    acceptance.close(uow, actors.government, book.project_id, "已在产线应用。")
    assert (found.project.state, found.bid.state) == (ProjectState.CLOSED, BidState.ACCEPTED)
    assert uow.session.get_one(Need, found.project.need_rows[0].need_id).state is NeedState.SOLVED
    offer = acceptance.enter_result(uow, actors.university, book.id)
    assert [row.name for row in offer.indicator_rows] == ["孔隙率", "抗拉强度"]


def test_acceptance_waits_for_milestones(uow: UnitOfWork, actors: Actors) -> None:
    book = signed(uow, actors)
    with pytest.raises(Conflict):
        acceptance.apply(uow, actors.university, book.id, "完成", VALUES)


def test_a_terminated_task_book_pays_only_what_was_released(uow: UnitOfWork, actors: Actors) -> None:
    book = signed(uow, actors)
    signing.terminate(uow, actors.government, book.id, "团队解散")
    by = payments.balance(uow, book)
    assert by[Source.GOVERNMENT].planned == 0
    assert by[Source.GOVERNMENT].total == book.government_amount == Decimal(1_200_000)


def test_an_owner_of_the_need_who_bids_too_sees_no_rivals_task_book(uow: UnitOfWork, actors: Actors) -> None:
    book = signed(uow, actors)
    found = books.get(uow, book.id)
    assert books.may_see(uow, actors.enterprise, found)
    owner = uow.session.get_one(Organisation, actors.enterprise.organisation_id)
    BidFactory(project=found.project, organisation=owner, state=BidState.RUNNING)
    assert not books.may_see(uow, actors.enterprise, found)
