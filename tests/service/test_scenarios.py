"""Scenario opportunities: who may publish, who may apply, how a trial goes on; each step by each role."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.model import Message
from matcher.needs.model import Need, NeedState
from matcher.projects.scenarios import queries, service, trials
from matcher.projects.scenarios.model import Trial, TrialState
from tests.conftest import Actors, MovableClock
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory, PersonFactory, organisation_of

SCENARIO = {"tryable": "在总装线上试用视觉质检", "place": "龙泉驿总装车间", "most_trials": "1"}
PLAN = {"plan": "三个月，两条线，漏检率低于万分之一。", "asks": "停线窗口每周两小时"}


def scenario_need(actor: Any, **more: Any) -> Need:
    owner = organisation_of(actor)
    if owner.kind == "enterprise":
        owner.honours = ["chain_leader"]
    made: Need = NeedFactory(organisation=owner, source="scenario", **more)
    return made


@pytest.fixture
def need(uow: UnitOfWork, actors: Actors) -> Need:
    """A published scenario of a chain leader, open for thirty days, with one place."""
    made = scenario_need(actors.enterprise)
    until = (local_date(uow.clock()) + timedelta(days=30)).isoformat()
    service.save(uow, actors.enterprise, made.id, SCENARIO | {"apply_until": until})
    uow.commit()
    return made


@pytest.fixture
def trial(uow: UnitOfWork, actors: Actors, need: Need) -> Trial:
    made = trials.apply(uow, actors.university, need.id, PLAN)
    uow.commit()
    return made


def told(uow: UnitOfWork, actor: Any) -> list[str]:
    query = select(Message).where(Message.person_id == actor.person_id, Message.link.startswith("/scenarios/"))
    return [one.title_zh + one.body_zh for one in uow.session.scalars(query.order_by(Message.id))]


def test_only_chain_leaders_and_public_bodies_publish_and_others_are_told_why(uow: UnitOfWork, actors: Actors) -> None:
    plain = NeedFactory(organisation=organisation_of(actors.enterprise), source="scenario")
    with pytest.raises(Conflict) as refused:
        service.save(uow, actors.enterprise, plain.id, SCENARIO)
    assert "链主企业" in refused.value.message.zh
    with pytest.raises(Conflict):
        service.save(uow, actors.desk, plain.id, SCENARIO)
    city = scenario_need(actors.government)
    assert service.save(uow, actors.government, city.id, SCENARIO).place == "龙泉驿总装车间"


def test_a_need_of_another_source_takes_no_scenario(uow: UnitOfWork, actors: Actors) -> None:
    owner = organisation_of(actors.enterprise)
    owner.honours = ["chain_leader"]
    with pytest.raises(Conflict) as refused:
        service.save(uow, actors.enterprise, NeedFactory(organisation=owner, source="enterprise").id, SCENARIO)
    assert refused.value.message == service.NOT_A_SCENARIO


@pytest.mark.parametrize("role", ["enterprise", "desk"])
def test_owner_and_desk_write_a_scenario(role: str, uow: UnitOfWork, actors: Actors, need: Need) -> None:
    service.save(uow, getattr(actors, role), need.id, SCENARIO | {"place": "二号线"})
    assert service.get(uow, actors.visitor, need.id).answers["place"] == "二号线"


@pytest.mark.parametrize("role", ["other_enterprise", "university", "government", "admin", "expert", "visitor"])
def test_nobody_else_writes_it(role: str, uow: UnitOfWork, actors: Actors, need: Need) -> None:
    with pytest.raises(NotAllowed):
        service.save(uow, getattr(actors, role), need.id, SCENARIO)


def test_two_who_change_a_scenario_at_once_do_not_overwrite_each_other(
    uow: UnitOfWork, actors: Actors, need: Need
) -> None:
    scenario = service.get(uow, actors.enterprise, need.id).scenario
    seen = scenario.version
    service.save(uow, actors.enterprise, need.id, SCENARIO | {"place": "一号线"}, seen_version=seen)
    with pytest.raises(Conflict):
        service.save(uow, actors.desk, need.id, SCENARIO, seen_version=seen)


def test_a_day_in_the_past_is_no_last_day(uow: UnitOfWork, actors: Actors, need: Need) -> None:
    with pytest.raises(InvalidInput) as wrong:
        service.save(uow, actors.enterprise, need.id, SCENARIO | {"apply_until": "2020-01-01"})
    assert [one.field for one in wrong.value.problems] == ["apply_until"]


@pytest.mark.parametrize(
    ("disclosure", "sees"), [("open", "all"), ("redacted", "part"), ("closed", "nothing"), ("targeted", "nothing")]
)
def test_a_scenario_is_shown_as_far_as_its_need(
    disclosure: str, sees: str, uow: UnitOfWork, actors: Actors, need: Need
) -> None:
    need.disclosure = disclosure
    uow.session.flush()
    listed = queries.list_scenarios(uow, actors.university, queries.ScenarioFilter()).rows
    if sees == "nothing":
        assert listed == []
        with pytest.raises(NotFound):
            service.get(uow, actors.university, need.id)
        return
    seen = service.get(uow, actors.university, need.id)
    assert ("tryable" in seen.answers) is (sees == "all")
    assert bool(listed[0].tryable) is (sees == "all")
    assert bool(listed[0].need.title) is (sees == "all")
    assert service.get(uow, actors.enterprise, need.id).is_full
    if sees == "part":
        with pytest.raises(Conflict):
            trials.apply(uow, actors.university, need.id, PLAN)


def test_a_draft_is_in_no_list(uow: UnitOfWork, actors: Actors) -> None:
    draft = scenario_need(actors.enterprise, state=NeedState.DRAFT)
    service.save(uow, actors.enterprise, draft.id, SCENARIO)
    assert queries.list_scenarios(uow, actors.visitor, queries.ScenarioFilter()).total == 0


def test_the_list_is_filtered_by_field_region_and_what_is_open(
    uow: UnitOfWork, actors: Actors, need: Need, clock: MovableClock
) -> None:
    def total(**wanted: tuple[str, ...]) -> int:
        return queries.list_scenarios(uow, actors.visitor, queries.ScenarioFilter(**wanted)).total

    assert total(tech_field=("new_materials",)) == 1
    assert total(tech_field=("ai",)) == 0
    assert total(region=("510100",)) == 1
    assert total(region=("500000",)) == 0
    assert (total(open=("open",)), total(open=("ended",)), total(open=("open", "ended"))) == (1, 0, 1)
    clock.move(days=31)
    listing = queries.list_scenarios(uow, actors.visitor, queries.ScenarioFilter(open=("ended",)))
    assert listing.total == 1
    assert listing.rows[0].closed is not None
    assert listing.counts["open"] == {"ended": 1}


def test_a_team_applies_with_a_result_of_its_own(uow: UnitOfWork, actors: Actors, need: Need) -> None:
    own = OfferFactory(organisation=organisation_of(actors.university))
    foreign = OfferFactory(organisation=organisation_of(actors.other_university))
    with pytest.raises(InvalidInput) as wrong:
        trials.apply(uow, actors.university, need.id, {"plan": "", "offer": str(foreign.id)})
    assert {one.field for one in wrong.value.problems} == {"plan", "offer"}
    trial = trials.apply(uow, actors.university, need.id, PLAN | {"offer": str(own.id)})
    assert (trial.state, trial.offer_id) == (TrialState.APPLIED, own.id)
    assert "申请在场景" in told(uow, actors.enterprise)[0]
    with pytest.raises(Conflict):
        trials.apply(uow, actors.university, need.id, PLAN)


@pytest.mark.parametrize("role", ["government", "desk", "admin", "expert", "visitor"])
def test_who_offers_nothing_does_not_apply(role: str, uow: UnitOfWork, actors: Actors, need: Need) -> None:
    with pytest.raises(NotAllowed):
        trials.apply(uow, getattr(actors, role), need.id, PLAN)


def test_the_owner_does_not_apply_to_itself(uow: UnitOfWork, actors: Actors, need: Need) -> None:
    with pytest.raises(Conflict):
        trials.apply(uow, actors.enterprise, need.id, PLAN)


def test_the_last_day_counts_and_the_next_does_not(
    uow: UnitOfWork, actors: Actors, need: Need, clock: MovableClock
) -> None:
    clock.move(days=30)
    trials.apply(uow, actors.university, need.id, PLAN)
    clock.move(days=1)
    with pytest.raises(Conflict) as late:
        trials.apply(uow, actors.other_university, need.id, PLAN)
    last = (local_date(uow.clock()) - timedelta(days=1)).isoformat()
    assert last in late.value.message.zh


def test_no_more_are_admitted_than_there_are_places(uow: UnitOfWork, actors: Actors, need: Need, trial: Trial) -> None:
    second = trials.apply(uow, actors.other_university, need.id, PLAN)
    trials.step(uow, actors.enterprise, trial.id, "admit")
    with pytest.raises(Conflict) as full:
        trials.step(uow, actors.enterprise, second.id, "admit")
    assert "名额已满" in full.value.message.zh
    with pytest.raises(Conflict):
        trials.apply(uow, actors.other_enterprise, need.id, PLAN)
    with pytest.raises(InvalidInput):
        service.save(uow, actors.enterprise, need.id, SCENARIO | {"most_trials": "0"})
    trials.step(uow, actors.university, trial.id, "withdraw", "设备到不了")
    trials.step(uow, actors.enterprise, second.id, "admit")
    assert second.state is TrialState.ADMITTED


def test_a_trial_goes_from_application_to_adoption_and_everyone_is_told(
    uow: UnitOfWork, actors: Actors, trial: Trial
) -> None:
    owner, team = actors.enterprise, actors.university
    for action in ("admit", "start"):
        trials.step(uow, owner, trial.id, action)
    trials.write_entry(uow, team, trial.id, "第一周：装机完成。")
    trials.write_entry(uow, owner, trial.id, "现场光照不足，已加灯。")
    with pytest.raises(InvalidInput):
        trials.step(uow, owner, trial.id, "succeed", "  ")
    trials.step(uow, owner, trial.id, "succeed", "漏检率十万分之三")
    trials.step(uow, owner, trial.id, "adopt")
    seen = trials.look(uow, team, trial.id)
    assert (seen.trial.state, seen.trial.outcome) == (TrialState.ADOPTED, "漏检率十万分之三")
    assert [(entry.text, side) for entry, _, side in seen.entries] == [
        ("第一周：装机完成。", team.organisation_id),
        ("现场光照不足，已加灯。", owner.organisation_id),
    ]
    assert len(told(uow, team)) == 5  # admitted, started, an entry, passed, adopted
    assert len(told(uow, owner)) == 2  # applied, an entry


def test_a_refusal_says_why_and_is_final(uow: UnitOfWork, actors: Actors, trial: Trial) -> None:
    with pytest.raises(InvalidInput):
        trials.step(uow, actors.enterprise, trial.id, "refuse")
    trials.step(uow, actors.enterprise, trial.id, "refuse", "目前产线节拍不允许停线")
    assert "产线节拍" in told(uow, actors.university)[0]
    with pytest.raises(Conflict):
        trials.apply(uow, actors.university, trial.need_id, PLAN)


def test_what_was_taken_back_may_be_applied_for_again(uow: UnitOfWork, actors: Actors, trial: Trial) -> None:
    trials.step(uow, actors.university, trial.id, "withdraw", "方案要改")
    assert "方案要改" in told(uow, actors.enterprise)[-1]
    again = trials.apply(uow, actors.university, trial.need_id, PLAN | {"plan": "第二版方案"})
    assert (again.id, again.state, again.plan) == (trial.id, TrialState.APPLIED, "第二版方案")


@pytest.mark.parametrize("role", ["other_enterprise", "other_university", "admin", "expert", "visitor"])
def test_strangers_do_not_learn_of_a_trial(role: str, uow: UnitOfWork, actors: Actors, trial: Trial) -> None:
    stranger = getattr(actors, role)
    for act in (
        lambda: trials.look(uow, stranger, trial.id),
        lambda: trials.step(uow, stranger, trial.id, "admit"),
        lambda: trials.write_entry(uow, stranger, trial.id, "看看"),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("role", ["university", "government", "desk"])
def test_only_the_owner_decides(role: str, uow: UnitOfWork, actors: Actors, trial: Trial) -> None:
    for action in trials.DECIDE:
        with pytest.raises(NotAllowed):
            trials.step(uow, getattr(actors, role), trial.id, action, "理由")


@pytest.mark.parametrize("role", ["enterprise", "government", "desk"])
def test_only_the_team_takes_its_trial_back(role: str, uow: UnitOfWork, actors: Actors, trial: Trial) -> None:
    with pytest.raises(NotAllowed):
        trials.step(uow, getattr(actors, role), trial.id, "withdraw")


@pytest.mark.parametrize("role", ["government", "desk"])
def test_the_office_and_the_desk_look_and_count_but_do_not_write(
    role: str, uow: UnitOfWork, actors: Actors, trial: Trial
) -> None:
    actor = getattr(actors, role)
    assert trials.look(uow, actor, trial.id).actions == ()
    found = queries.overview(uow, actor)
    assert (found.scenarios, found.open, found.by_state) == (1, 1, {TrialState.APPLIED: 1})
    trials.step(uow, actors.enterprise, trial.id, "admit")
    with pytest.raises(NotAllowed):
        trials.write_entry(uow, actor, trial.id, "旁注")


def test_the_overview_shows_the_trials_in_pages_and_counts_all(uow: UnitOfWork, actors: Actors, need: Need) -> None:
    for _ in range(23):
        team = OrganisationFactory(kind="institute")
        uow.session.add(Trial(need_id=need.id, organisation_id=team.id, created_at=uow.clock(), changed_at=uow.clock()))
    uow.session.flush()
    first, second, beyond = (queries.overview(uow, actors.desk, page).trials for page in (1, 2, 9))
    assert (first.total, first.pages, len(first.rows), len(second.rows), beyond.page) == (23, 2, 20, 3, 2)
    assert len({row.trial.id for row in (*first.rows, *second.rows)}) == 23


def test_a_team_sees_its_own_trial_alone_in_a_scenario(uow: UnitOfWork, actors: Actors, trial: Trial) -> None:
    trials.apply(uow, actors.other_university, trial.need_id, PLAN)

    def seen(actor: Any) -> int:
        return len(queries.trials_of(uow, actor, trial.need_id))

    assert (seen(actors.university), seen(actors.enterprise), seen(actors.other_enterprise)) == (1, 2, 0)
    colleague = PersonFactory(organisation=organisation_of(actors.university), role="university").actor()
    assert seen(colleague) == 1


def test_own_lists_needs_that_may_become_scenarios_and_applications_that_wait(
    uow: UnitOfWork, actors: Actors, trial: Trial
) -> None:
    scenario_need(actors.enterprise)
    found = queries.own(uow, actors.enterprise)
    assert [(one.scenario is not None, one.waiting) for one in found.needs] == [(False, 0), (True, 1)]
    assert queries.waiting_applications(uow, actors.enterprise) == 1
    assert [one.trial.id for one in queries.own(uow, actors.university).trials] == [trial.id]
