"""立题: from needs to a published project, by the rules of its list, against nothing that the table forbids."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from matcher.core.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from matcher.core.lifecycle import StateChange
from matcher.core.rows import IndicatorRow
from matcher.messages.model import Message
from matcher.projects.bids.model import Bid
from matcher.projects.lifecycle import PROJECT_LIFECYCLE, BidState, Mode, ProjectState
from matcher.projects.setup import calls, checks, deciding, editing, notices, objections, origins
from matcher.projects.setup import clock as project_clock
from matcher.projects.setup.demand import demand_of
from matcher.projects.setup.rules import Rules, typed
from matcher.projects.setup.timeline import timeline
from tests.factories import NeedFactory, OrganisationFactory
from tests.projects import BidFactory, CallFactory, ProjectFactory

P = ProjectState
NO_EXPERTS = Rules(least_experts=0).to_json()
OBJECTION = {"name": "王五", "organisation": "某公司", "contact": "13800000000", "text": "指标与已有产品重复。"}


def draft(**more):
    """Make a draft that keeps every rule, on a list without experts that closes in 40 days."""
    closes = more.pop("closes_in", 40)
    call = CallFactory(rules=NO_EXPERTS, published_at=None)
    call.closes_at = call.opens_at + timedelta(days=closes)
    return ProjectFactory(
        **{"state": P.DRAFT, "call": call, "published_at": None, "opens_at": None, "closes_at": None,
           "declared": ["not_in_house"]} | more
    )  # fmt: skip


def fields(problem_error):
    return [one.field for one in problem_error.value.problems]


def test_indicators_are_merged_to_the_strictest_demand():
    rows = [
        IndicatorRow("孔隙率", "le", 0.5, None, "%"),
        IndicatorRow("抗拉强度", "ge", 900.0, None, "MPa"),
        IndicatorRow("孔隙率", "le", 0.3, None, "%"),
        IndicatorRow("孔隙率", "lt", 0.3, None, "%"),
        IndicatorRow("工作温度", "range", -20.0, 60.0, "℃"),
        IndicatorRow("工作温度", "range", -40.0, 50.0, "℃"),
        IndicatorRow("抗拉强度", "ge", 98.0, None, "kgf/mm²"),
    ]
    assert origins.strictest(rows) == [
        IndicatorRow("孔隙率", "lt", 0.3, None, "%"),
        IndicatorRow("工作温度", "range", -40.0, 60.0, "℃"),
        IndicatorRow("抗拉强度", "ge", 900.0, None, "MPa"),
        IndicatorRow("抗拉强度", "ge", 98.0, None, "kgf/mm²"),
    ]


def test_nothing_of_a_need_that_is_not_open_goes_into_a_draft(uow, actors):
    told = NeedFactory(background="公开的背景", budget=Decimal(2_000_000))
    secret = NeedFactory(title="绝密题目", background="绝密背景", disclosure="closed", budget=Decimal(9_000_000))
    values = origins.proposal(uow, actors.government, [told.id, secret.id])
    assert "绝密" not in str(values)
    assert "公开的背景" in values["background"]
    assert values["enterprise_funds"] == 2_000_000


def test_a_project_is_made_of_a_need_with_its_index(uow, actors):
    need = NeedFactory()
    project = editing.create(uow, actors.government, {"title": "课题", "mode": "challenge"}, needs=[need.id])
    assert [row.need_id for row in project.need_rows] == [need.id]
    assert project.demand_index == pytest.approx(demand_of(uow, [need.id]).index)
    assert set(project.demand_parts) == set(demand_of(uow, [need.id]).parts)


def test_a_closed_need_of_others_is_not_found(uow, actors):
    need = NeedFactory(disclosure="closed")
    with pytest.raises(NotFound):
        editing.create(uow, actors.government, {"title": "课题", "mode": "challenge"}, needs=[need.id])


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "admin", "expert", "visitor"])
def test_only_the_government_writes_and_decides(uow, actors, role):
    actor, project = getattr(actors, role), draft()
    with pytest.raises(NotAllowed):
        editing.create(uow, actor, {"title": "课题", "mode": "challenge"})
    with pytest.raises(NotAllowed):
        editing.edit(uow, actor, project.id, {})
    with pytest.raises(NotAllowed):
        editing.assign_call(uow, actor, project.id, None)
    with pytest.raises(NotAllowed):
        calls.create(uow, actor, {})
    with pytest.raises(NotAllowed):
        calls.publish_call(uow, actor, project.call_id)
    for act in (deciding.argue, deciding.announce_setup, deciding.publish, deciding.relaunch):
        with pytest.raises(NotAllowed):
            act(uow, actor, project.id)
    for act in (deciding.send_back, deciding.revise, deciding.cancel):
        with pytest.raises(NotAllowed):
            act(uow, actor, project.id, "理由")
    assert project.state is P.DRAFT


def test_an_incomplete_draft_is_not_argued_and_says_what_is_missing(uow, actors):
    project = draft(goals="", months=None)
    with pytest.raises(InvalidInput) as error:
        deciding.argue(uow, actors.government, project.id)
    assert fields(error) == ["goals", "months"]
    assert project.state is P.DRAFT


@pytest.mark.parametrize(
    ("change", "field", "figure"),
    [
        ({"enterprise_funds": Decimal(8_990_000)}, "enterprise_funds", "900 万元"),
        ({"solver_funds": Decimal(1_190_000)}, "solver_funds", "39.7%"),
        ({"months": 37}, "months", "36 个月"),
        ({"declared": []}, "declared", "无法自行解决"),
    ],
)
def test_a_broken_rule_is_said_with_its_figure_and_stops_the_notice(uow, actors, change, field, figure):
    project = draft(**change)
    deciding.argue(uow, actors.government, project.id)
    with pytest.raises(InvalidInput) as error:
        deciding.announce_setup(uow, actors.government, project.id)
    assert fields(error) == [field]
    assert figure in error.value.problems[0].message.zh
    assert project.state is P.ARGUED


def test_rules_at_their_limit_are_kept(uow):
    project = draft(enterprise_funds=Decimal(9_000_000), solver_funds=Decimal(1_200_000), months=36)
    assert checks.broken(checks.values_of(project), Rules()) == []


def test_a_list_that_asks_for_experts_stops_the_notice_without_them(uow, actors):
    project = draft()
    project.call.rules = {}
    deciding.argue(uow, actors.government, project.id)
    with pytest.raises(Conflict, match="3 experts"):
        deciding.announce_setup(uow, actors.government, project.id)


def test_below_the_median_a_reason_is_needed_and_kept(uow, actors):
    weak = NeedFactory(budget=None, deadline=None)
    for _ in range(3):
        NeedFactory(budget=Decimal(50_000_000), organisation=OrganisationFactory(honours=["chain_leader"]))
    project = editing.create(uow, actors.government, {"title": "课题", "mode": "challenge"}, needs=[weak.id])
    linked = draft()
    linked.need_rows = project.need_rows
    uow.session.delete(project)
    uow.session.flush()
    deciding.argue(uow, actors.government, linked.id)
    with pytest.raises(InvalidInput) as error:
        deciding.announce_setup(uow, actors.government, linked.id, "短")
    assert fields(error) == ["reason"]
    deciding.announce_setup(uow, actors.government, linked.id, "安全生产急需，企业少但影响全行业。")
    assert (linked.state, linked.demand_reason) == (P.NOTICED, "安全生产急需，企业少但影响全行业。")
    assert linked.demand_index == pytest.approx(demand_of(uow, [weak.id]).index)


def test_from_draft_to_bids_and_their_end_by_the_clock(uow, actors, clock):
    project = draft(closes_in=40)
    gov = actors.government
    deciding.argue(uow, gov, project.id)
    deciding.announce_setup(uow, gov, project.id)
    notice = notices.current(uow, project.id, "setup")
    assert notice.content["title"] == project.title
    with pytest.raises(Conflict, match="runs until"):
        deciding.publish(uow, gov, project.id)
    clock.moment = notice.closes_at - timedelta(seconds=1)
    with pytest.raises(Conflict):
        deciding.publish(uow, gov, project.id)
    clock.moment = notice.closes_at
    deciding.publish(uow, gov, project.id)
    assert (project.opens_at, project.closes_at) == (project.call.opens_at, project.call.closes_at)
    assert project.call.published_at == project.published_at == clock.moment
    assert project_clock.tick(uow) == 1
    assert project.state is P.BIDDING
    handed_in, unfinished = BidFactory(project=project), BidFactory(project=project, state=BidState.DRAFT)
    clock.moment = project.closes_at
    assert project_clock.tick(uow) == 0, "a bid of the last second may be on its way"
    clock.move(seconds=project_clock.GRACE.total_seconds())
    assert project_clock.tick(uow) == 1
    assert project.state is P.EVALUATION
    assert (handed_in.state, unfinished.state) == (BidState.SUBMITTED, BidState.VOID)


def test_too_short_a_time_for_bids_is_refused_with_the_days(uow, actors, clock):
    project = draft(closes_in=20)
    deciding.argue(uow, actors.government, project.id)
    deciding.announce_setup(uow, actors.government, project.id)
    clock.move(days=9)
    with pytest.raises(InvalidInput) as error:
        deciding.publish(uow, actors.government, project.id)
    assert fields(error) == ["closes_at"]
    assert "14" in error.value.problems[0].message.zh


def test_an_objection_stops_publication_until_it_is_dismissed_and_for_good_when_upheld(uow, actors, clock):
    gov, project = actors.government, draft()
    deciding.argue(uow, gov, project.id)
    deciding.announce_setup(uow, gov, project.id)
    notice = notices.current(uow, project.id, "setup")
    first = objections.file(uow, actors.visitor, notice.id, OBJECTION)
    second = objections.file(uow, actors.university, notice.id, OBJECTION | {"text": "另有意见"})
    clock.moment = notice.closes_at
    with pytest.raises(Conflict, match="2 objections"):
        deciding.publish(uow, gov, project.id)
    objections.answer(uow, gov, first.id, upheld=False, text="已核实，不重复。")
    objections.answer(uow, gov, second.id, upheld=True, text="采纳。")
    assert uow.session.scalar(select(func.count()).where(Message.person_id == actors.university.person_id)) == 1
    with pytest.raises(Conflict, match="upheld"):
        deciding.publish(uow, gov, project.id)
    deciding.revise(uow, gov, project.id, "按异议修改指标")
    assert (project.state, notices.current(uow, project.id, "setup")) == (P.DRAFT, None)


def test_a_list_is_published_as_a_whole_or_not_at_all(uow, actors, clock):
    gov, first = actors.government, draft()
    second = draft(call=first.call)
    for project in (first, second):
        deciding.argue(uow, gov, project.id)
    deciding.announce_setup(uow, gov, first.id)
    clock.move(days=8)
    with pytest.raises(InvalidInput) as error:
        calls.publish_call(uow, gov, first.call_id)
    assert second.number in error.value.problems[0].message.zh
    assert (first.state, second.state) == (P.NOTICED, P.ARGUED)
    deciding.announce_setup(uow, gov, second.id)
    clock.move(days=8)
    assert {one.id for one in calls.publish_call(uow, gov, first.call_id)} == {first.id, second.id}
    with pytest.raises(Conflict):
        calls.edit(uow, gov, first.call_id, calls.given_of(first.call))


def test_a_list_comes_back_from_its_form_as_it_was_typed(uow, actors):
    given = typed(Rules()) | {
        "title": "第一批", "kind": "enterprise", "intro": "说明", "contact": "028-1", "opens_at": "2027-03-01 09:00:00",
        "closes_at": "2027-04-01 17:30:59",
    }  # fmt: skip
    call = calls.create(uow, actors.government, given)
    uow.commit()
    assert calls.given_of(call) == given
    with pytest.raises(InvalidInput) as error:
        calls.create(uow, actors.government, given | {"closes_at": "2027-02-30 00:00"})
    assert fields(error) == ["closes_at"]


def test_a_cancelled_project_voids_its_bids_and_says_why(uow, actors):
    project = ProjectFactory()
    bid = BidFactory(project=project)
    with pytest.raises(InvalidInput):
        deciding.cancel(uow, actors.government, project.id, " ")
    deciding.cancel(uow, actors.government, project.id, "企业撤回需求，项目不再需要。")
    assert (project.state, bid.state, project.outcome) == (P.CANCELLED, BidState.VOID, "企业撤回需求，项目不再需要。")


def test_a_project_with_a_team_is_not_cancelled_here(uow, actors):
    project = ProjectFactory(state=P.IMPLEMENTATION)
    BidFactory(project=project, state=BidState.RUNNING)
    with pytest.raises(Conflict):
        deciding.cancel(uow, actors.government, project.id, "不再需要这个项目了。")


def test_a_failed_project_begins_anew_without_list_or_dates(uow, actors):
    project = ProjectFactory(state=P.FAILED)
    deciding.relaunch(uow, actors.government, project.id)
    assert (project.state, project.call_id, project.published_at, project.closes_at) == (P.DRAFT, None, None, None)


def test_sealed_bids_are_not_on_the_timeline_before_bidding_closed(uow, actors, clock):
    project = ProjectFactory(state=P.PUBLISHED)
    project_clock.tick(uow)
    bid = BidFactory(project=project, organisation=OrganisationFactory(name="秘密投标大学"))
    uow.session.flush()
    before = str(timeline(uow, actors.government, project.id).entries)
    assert "秘密投标大学" not in before
    assert "份揭榜申请" not in before
    clock.moment = project.closes_at + timedelta(minutes=1)
    project_clock.tick(uow)
    assert "收到 1 份揭榜申请" in str(timeline(uow, actors.government, project.id).entries)
    with pytest.raises(NotFound):
        timeline(uow, actors.other_university, project.id)
    BidFactory(project=project, organisation_id=None, organisation=_of(uow, actors.university))
    rival = str(timeline(uow, actors.university, project.id).entries)
    assert "秘密投标大学" not in rival
    assert bid.state is BidState.SUBMITTED


def _of(uow, actor):
    from matcher.accounts.model import Organisation

    return uow.session.get_one(Organisation, actor.organisation_id)


def test_a_project_cancelled_while_sealed_keeps_its_seal(uow, actors):
    project = ProjectFactory(state=P.BIDDING)
    BidFactory(project=project, organisation=OrganisationFactory(name="秘密投标大学"))
    deciding.cancel(uow, actors.government, project.id, "企业撤回需求，项目不再需要。")
    assert "秘密投标大学" not in str(timeline(uow, actors.government, project.id).entries)


ROLES = ("government", "enterprise", "university", "desk", "admin", "expert", "visitor")
ACTIONS = {
    "argue": lambda uow, actor, one: deciding.argue(uow, actor, one),
    "send_back": lambda uow, actor, one: deciding.send_back(uow, actor, one, "请修改指标的写法"),
    "notice": lambda uow, actor, one: deciding.announce_setup(uow, actor, one, "区域重点产业急需解决"),
    "revise": lambda uow, actor, one: deciding.revise(uow, actor, one, "按异议修改后重来"),
    "publish": lambda uow, actor, one: deciding.publish(uow, actor, one),
    "cancel": lambda uow, actor, one: deciding.cancel(uow, actor, one, "企业撤回需求不再需要"),
    "relaunch": lambda uow, actor, one: deciding.relaunch(uow, actor, one),
}
STEP = st.tuples(st.sampled_from(ROLES), st.sampled_from(sorted(ACTIONS)), st.sampled_from([0, 1, 8]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(STEP, st.tuples(st.just("government"), st.sampled_from(sorted(ACTIONS)), st.just(8))),
        min_size=4,
        max_size=14,
    )
)
def test_no_sequence_of_steps_leaves_the_table(uow, actors, clock, steps):
    project = draft(closes_in=400)
    for role, action, days in steps:
        clock.move(days=days)
        source, rows = project.state, _rows(uow, project)
        try:
            ACTIONS[action](uow, getattr(actors, role), project.id)
        except DomainError:
            assert (project.state, _rows(uow, project)) == (source, rows)
            continue
        assert role == "government"
        assert project.state == PROJECT_LIFECYCLE.target(source, action)
        assert _rows(uow, project) == rows + 1
        assert (notices.current(uow, project.id, "setup") is not None) == (project.state is P.NOTICED)
        assert (project.published_at is not None) == (project.state is P.PUBLISHED or source is P.PUBLISHED)


def _rows(uow, project):
    uow.session.flush()
    query = select(func.count()).where(StateChange.entity == "project", StateChange.entity_id == project.id)
    return uow.session.scalar(query)


def test_a_commissioned_project_is_not_published(uow, actors, clock):
    project = draft(mode=Mode.COMMISSIONED)
    deciding.argue(uow, actors.government, project.id)
    deciding.announce_setup(uow, actors.government, project.id)
    clock.move(days=9)
    with pytest.raises(InvalidInput) as error:
        deciding.publish(uow, actors.government, project.id)
    assert fields(error) == ["mode"]
    assert uow.session.scalar(select(func.count(Bid.id))) == 0
