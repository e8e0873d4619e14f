"""Panels: set up, asked, answered, judged blind, closed; who sits where is tested beside the register."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.messages.service import inbox
from matcher.projects.experts import office, overview, panels, seats, service, sheets
from matcher.projects.experts.clock import remind
from matcher.projects.experts.model import Stage
from matcher.projects.experts.results import is_complete, results, weighted
from matcher.projects.lifecycle import BidState, ProjectState, SeatState
from matcher.projects.setup import deciding
from matcher.projects.setup.rules import Rules
from tests.experts import CRITERIA, ExpertFactory, PanelFactory, SeatFactory
from tests.factories import (
    PersonFactory,
)
from tests.projects import BidFactory, ProjectFactory
from tests.service.test_experts import ABOUT, person_of

GOOD = {"score-0": "90", "score-1": "80", "verdict": "yes", "comment": ""}
PANEL = {"least": "1", "is_blind": "yes", "criteria": "技术，60\n财务，40"}


@pytest.fixture
def judged(uow, actors):
    """Return a project in evaluation with two admitted bids, a blind panel, and the seat of an expert."""
    project = ProjectFactory(state=ProjectState.EVALUATION)
    for code in ("A1", "A2"):
        BidFactory(project=project, state=BidState.ADMITTED, code=code)
    panel = PanelFactory(project=project, is_blind=True)
    expert = ExpertFactory(person=person_of(uow, actors.expert))
    return project, panel, SeatFactory(panel=panel, expert=expert)


# panels and answers


def test_a_panel_begins_with_the_rules_of_the_list_and_its_weights_make_a_hundred(uow, actors, clock):
    project = ProjectFactory(state=ProjectState.EVALUATION)
    given = office.defaults(uow, project, Stage.EVALUATION) | {
        "due_on": (clock() + timedelta(days=5)).date().isoformat()
    }
    panel = office.open_panel(uow, actors.government, project.id, Stage.EVALUATION, given)
    assert (panel.is_blind, panel.least, sum(one["weight"] for one in panel.criteria)) == (True, 3, 100)
    assert panels.panel_of(uow, project.id, Stage.EVALUATION) is panel
    with pytest.raises(Conflict):
        office.open_panel(uow, actors.government, project.id, Stage.EVALUATION, given)
    with pytest.raises(InvalidInput):
        office.edit(uow, actors.government, panel.id, given | {"criteria": "技术，60\n财务，41"})


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "admin", "expert"])
def test_only_the_office_makes_panels(uow, actors, role, judged):
    project, panel, seat = judged
    for action in (
        lambda actor: office.open_panel(uow, actor, project.id, Stage.EVALUATION, PANEL),
        lambda actor: office.invite(uow, actor, panel.id, [ExpertFactory().id]),
        lambda actor: office.remove(uow, actor, seat.id),
        lambda actor: office.close(uow, actor, panel.id, "理由"),
    ):
        with pytest.raises(NotAllowed):
            action(getattr(actors, role))


def test_no_evaluation_before_the_bids_are_opened(uow, actors, clock):
    project = ProjectFactory(state=ProjectState.BIDDING)
    due = (clock() + timedelta(days=5)).date().isoformat()
    with pytest.raises(Conflict):
        office.open_panel(uow, actors.government, project.id, Stage.EVALUATION, PANEL | {"due_on": due})


def test_an_invitation_is_a_message_and_accepting_it_needs_the_declaration(uow, actors):
    project = ProjectFactory(state=ProjectState.EVALUATION)
    panel, expert = PanelFactory(project=project), ExpertFactory(person=person_of(uow, actors.expert))
    [seat] = office.invite(uow, actors.government, panel.id, [expert.id])
    assert inbox(uow, actors.expert).rows[0].link == f"/experts/seats/{seat.id}"
    assert seats.waiting(uow, actors.expert) == 1
    with pytest.raises(InvalidInput):
        seats.answer(uow, actors.expert, seat.id, "accept")
    seats.answer(uow, actors.expert, seat.id, "accept", declared=True)
    assert seat.state is SeatState.ACCEPTED


def test_who_recuses_says_why_the_office_is_told_and_they_are_not_asked_again(uow, actors, judged):
    project, panel, seat = judged
    panel.created_by = PersonFactory(organisation=project.organisation, role="government").id
    with pytest.raises(InvalidInput):
        seats.answer(uow, actors.expert, seat.id, "recuse")
    seats.answer(uow, actors.expert, seat.id, "recuse", reason="曾任顾问")
    from matcher.core.people import Actor

    assert "曾任顾问" in inbox(uow, Actor(panel.created_by)).rows[0].body_zh
    with pytest.raises(InvalidInput):
        office.invite(uow, actors.government, panel.id, [seat.expert_id])


def test_a_seat_belongs_to_its_expert_alone(uow, actors, judged):
    other = ExpertFactory().person.actor()
    with pytest.raises(NotFound):
        seats.task(uow, other, judged[2].id)
    with pytest.raises(NotAllowed):
        seats.task(uow, actors.government, judged[2].id)


# sheets


def test_blind_material_has_no_name_in_it(uow, actors, judged):
    project, _, seat = judged
    bid = BidFactory(project=project, state=BidState.ADMITTED, code="A3", leader="欧阳明德")
    bid.approach = f"{bid.organisation.name}团队由欧阳明德牵头，采用闭环控制。"
    bid.strengths = f"{bid.organisation.name}拥有国家级平台。"
    uow.session.flush()
    shown = sheets.subjects(uow, seats.task(uow, actors.expert, seat.id))[-1]
    text = "".join(text for _, text in shown.texts) + "".join(shown.names) + shown.code
    assert "闭环控制" in text
    assert bid.organisation.name not in text
    assert "欧阳明德" not in text
    assert "国家级平台" not in text


def test_nothing_is_shown_before_the_invitation_is_accepted(uow, actors, judged):
    seat = judged[2]
    seat.state = SeatState.INVITED
    uow.session.flush()
    assert sheets.subjects(uow, seats.task(uow, actors.expert, seat.id)) == []
    with pytest.raises(Conflict):
        sheets.save(uow, actors.expert, seat.id, 1, GOOD, submit=True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"score-0": ""}, "score-0"),
        ({"score-0": "101"}, "score-0"),
        ({"score-1": "八十"}, "score-1"),
        ({"verdict": ""}, "verdict"),
        ({"score-1": "59"}, "comment"),
        ({"verdict": "no"}, "comment"),
    ],
)
def test_what_is_missing_or_unreadable_in_a_sheet_is_named(uow, actors, judged, changes, field):
    _, panel, seat = judged
    bid = panels.subjects(uow, panel)[0]
    with pytest.raises(InvalidInput) as caught:
        sheets.save(uow, actors.expert, seat.id, bid.id, GOOD | changes, submit=True)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_a_draft_does_not_count_and_a_sheet_changes_until_the_panel_closes(uow, actors, judged):
    _, panel, seat = judged
    bid, other = panels.subjects(uow, panel)
    sheets.save(uow, actors.expert, seat.id, bid.id, {"score-0": "70"}, submit=False)
    assert results(uow, panel) == {}
    sheets.save(uow, actors.expert, seat.id, bid.id, GOOD, submit=True)
    assert results(uow, panel)[bid.id].total == pytest.approx(86)
    sheets.save(uow, actors.expert, seat.id, bid.id, GOOD | {"score-0": "100"}, submit=False)
    assert results(uow, panel)[bid.id].total == pytest.approx(92)
    assert other.id not in results(uow, panel)
    office.close(uow, actors.government, panel.id, "只请到一位")
    with pytest.raises(Conflict):
        sheets.save(uow, actors.expert, seat.id, bid.id, GOOD, submit=True)


def test_a_panel_closes_when_complete_and_otherwise_only_for_a_reason(uow, actors, judged):
    _, panel, seat = judged
    second = SeatFactory(panel=panel)
    for actor, one in ((actors.expert, seat), (person_of_seat(uow, second), second)):
        for bid in panels.subjects(uow, panel):
            assert not is_complete(uow, panel)
            with pytest.raises(Conflict):
                office.close(uow, actors.government, panel.id)
            sheets.save(uow, actor, one.id, bid.id, GOOD, submit=True)
    assert is_complete(uow, panel)
    office.close(uow, actors.government, panel.id)


def person_of_seat(uow, seat):
    return service.get(uow, seat.expert_id).person.actor()


def test_marks_of_who_was_taken_off_do_not_count_and_the_odd_one_is_pointed_out(uow, actors, judged):
    _, panel, seat = judged
    bid = panels.subjects(uow, panel)[0]
    sheets.save(uow, actors.expert, seat.id, bid.id, GOOD, submit=True)
    for mark in ("86", "85", "20"):
        one = SeatFactory(panel=panel)
        marks = GOOD | {"score-0": mark, "score-1": mark, "comment": "见意见"}
        sheets.save(uow, person_of_seat(uow, one), one.id, bid.id, marks, submit=True)
    result = results(uow, panel)[bid.id]
    assert [mark.is_outlier for mark in result.marks] == [False, False, False, True]
    office.remove(uow, actors.government, one.id)
    assert results(uow, panel)[bid.id].sheets == 3


@pytest.mark.parametrize(("marks", "odd"), [((90, 20), []), ((86, 82, 38), [38]), ((80, 82, 84), [])])
def test_the_odd_one_of_three_is_who_is_apart_and_of_two_neither(uow, judged, marks, odd):
    _, panel, _ = judged
    bid = panels.subjects(uow, panel)[0]
    for mark in marks:
        one, given = (
            SeatFactory(panel=panel),
            {"score-0": str(mark), "score-1": str(mark), "verdict": "yes", "comment": "见意见"},
        )
        sheets.save(uow, person_of_seat(uow, one), one.id, bid.id, given, submit=True)
    assert [round(mark.total) for mark in results(uow, panel)[bid.id].marks if mark.is_outlier] == odd


@given(st.lists(st.integers(0, 100), min_size=2, max_size=2))
def test_a_weighted_mark_lies_between_its_criteria(marks):
    total = weighted(CRITERIA, {"创新": marks[0], "可行": marks[1]})
    assert min(marks) - 1e-9 <= total <= max(marks) + 1e-9


def test_a_conflict_that_comes_up_after_the_invitation_is_shown_to_the_office(uow, actors, judged):
    project, panel, seat = judged
    [view] = overview.of_project(uow, actors.government, project)
    assert view.conflicts == {}
    bid = panels.subjects(uow, panel)[0]
    service.edit(uow, actors.expert, seat.expert_id, ABOUT | {"avoids": bid.organisation.name})
    [view] = overview.of_project(uow, actors.government, project)
    assert bid.organisation.name in view.conflicts[seat.expert_id][0].zh


# the calendar


def test_who_has_not_finished_is_reminded_once_two_days_before(uow, actors, judged, clock):
    assert remind(uow) == 0
    clock.move(days=5, hours=1)
    assert remind(uow) == 1
    assert remind(uow) == 0


# a panel that was closed too early


@pytest.fixture
def argued(uow, actors):
    """Return a complete project in its argument, whose list asks for two experts, with the seat of one who has not judged."""
    project = ProjectFactory(state=ProjectState.ARGUED, declared=["not_in_house"], published_at=None)
    project.call.rules = Rules(least_experts=2).to_json()
    panel = PanelFactory(project=project, stage=Stage.ARGUMENT, least=1)
    return project, panel, SeatFactory(panel=panel, expert=ExpertFactory(person=person_of(uow, actors.expert)))


def in_days(clock, days):
    return (clock() + timedelta(days=days)).date().isoformat()


def test_an_argument_closed_early_can_be_reopened_so_that_the_notice_goes_out(uow, actors, argued, clock):
    project, panel, seat = argued
    gov = actors.government
    sheets.save(uow, actors.expert, seat.id, None, GOOD, submit=True)
    with pytest.raises(Conflict, match="1 sheets of 2"):
        deciding.announce_setup(uow, gov, project.id, "区域重点产业急需解决")
    office.close(uow, gov, panel.id, "另一位专家生病")
    with pytest.raises(Conflict, match="closed early"):
        deciding.announce_setup(uow, gov, project.id, "区域重点产业急需解决")
    office.reopen(uow, gov, panel.id, in_days(clock, 5), "补请一位专家")
    assert "已恢复" in inbox(uow, actors.expert).rows[0].title_zh
    other = SeatFactory(panel=panel)
    sheets.save(uow, person_of_seat(uow, other), other.id, None, GOOD, submit=True)
    deciding.announce_setup(uow, gov, project.id, "区域重点产业急需解决")
    assert project.state is ProjectState.NOTICED


def test_another_panel_can_take_the_place_of_one_closed_early_which_then_stays_closed(uow, actors, argued, clock):
    project, panel, _ = argued
    gov, due = actors.government, in_days(clock, 5)
    office.close(uow, gov, panel.id, "专家均有冲突")
    assert Stage.ARGUMENT in [stage for stage, _ in overview.possible_stages(uow, project)]
    office.open_panel(uow, gov, project.id, Stage.ARGUMENT, PANEL | {"due_on": due})
    with pytest.raises(Conflict, match="newer panel"):
        office.reopen(uow, gov, panel.id, due, "恢复")


def test_a_panel_is_reopened_only_closed_with_a_reason_and_a_day_to_come_while_its_stage_runs(
    uow, actors, argued, clock
):
    project, panel, _ = argued
    gov, due = actors.government, in_days(clock, 5)
    with pytest.raises(Conflict, match="not closed"):
        office.reopen(uow, gov, panel.id, due, "恢复")
    office.close(uow, gov, panel.id, "提前结束")
    with pytest.raises(InvalidInput) as wrong:
        office.reopen(uow, gov, panel.id, in_days(clock, -1), " ")
    assert [one.field for one in wrong.value.problems] == ["due_on", "reason"]
    for role in ("enterprise", "university", "desk", "admin", "expert", "visitor"):
        with pytest.raises(NotAllowed):
            office.reopen(uow, getattr(actors, role), panel.id, due, "恢复")
    project.state = ProjectState.NOTICED
    with pytest.raises(Conflict, match="no Argument now"):
        office.reopen(uow, gov, panel.id, due, "恢复")
