"""Scenario opportunities: who may publish one, what it offers, and what each reader sees of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from matcher.accounts.model import Organisation
from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs import service as needs
from matcher.needs.model import OPEN_STATES, Need, NeedState
from matcher.needs.service import SeenNeed
from matcher.projects.scenarios.fields import SCENARIO_FIELDS
from matcher.projects.scenarios.model import Scenario, Trial, TrialState

NO_SCENARIO = Label("找不到这个场景机会，或它没有向您公开。", "There is no such scenario, or it is not shown to you.")
NOT_A_SCENARIO = Label(
    "只有来源为“场景机会”的需求可以附上场景；请先把需求来源改为“场景机会”。",
    "Only a need of the source “scenario opportunity” takes a scenario; change the source of the need first.",
)
NOT_ENTITLED = Label(
    "场景机会由链主企业和市级部门发布。贵单位的荣誉中没有“链主企业”；如已获认定，请在机构资料中补上，或联系撮合服务人员。",
    "Scenarios are published by chain leaders and city departments. Your honours do not name you a chain leader; if you are one, "
    "add it to the profile of your organisation or ask the desk.",
)
CHANGED = Label(
    "别人刚刚修改过这个场景，请核对后再保存。", "Somebody has just changed this scenario; compare before you save."
)
PASSED = Label("申请截止不能早于今天（{today}）。", "The last day to apply cannot lie before today ({today}).")
FEWER = Label("已接纳 {count} 个试验，最多数不能更小。", "{count} trials are admitted; the limit cannot be lower.")

#: These take one of the places that a scenario has.
ADMITTED_STATES = (
    TrialState.ADMITTED,
    TrialState.RUNNING,
    TrialState.SUCCEEDED,
    TrialState.FAILED,
    TrialState.ADOPTED,
)


@dataclass(frozen=True, slots=True)
class SeenScenario:
    """A scenario as one person sees it: `answers` and the need hold only what may be shown to them."""

    scenario: Scenario
    seen: SeenNeed
    answers: Mapping[str, Any]
    admitted: int
    closed: Label | None  # why nobody can apply now

    @property
    def is_full(self) -> bool:
        """Say whether everything is shown."""
        return self.seen.view is View.FULL


def may_publish(owner: Organisation) -> bool:
    """Say whether an organisation may publish scenarios: chain leaders and public bodies."""
    return owner.kind == "government" or "chain_leader" in owner.honours


def why_not(need: Need) -> Label | None:
    """Return why a need takes no scenario, or None."""
    if need.source != "scenario":
        return NOT_A_SCENARIO
    return None if may_publish(need.organisation) else NOT_ENTITLED


def _writable(uow: UnitOfWork, actor: Actor, need_id: int) -> Need:
    need = needs.get(uow, actor, need_id).need
    require(actor, "scenario.write", owner=need.organisation_id)
    return need


def to_write(uow: UnitOfWork, actor: Actor, need_id: int) -> tuple[Need, Scenario | None]:
    """Return the need and its scenario, for who writes it. Raises NotFound, NotAllowed, Conflict with the reason."""
    need = _writable(uow, actor, need_id)
    reason = why_not(need)
    if reason is not None:
        raise Conflict(reason)
    return need, uow.session.get(Scenario, need_id)


def save(
    uow: UnitOfWork, actor: Actor, need_id: int, given: Mapping[str, Any], *, seen_version: int | None = None
) -> Scenario:
    """Write what a need of the source “scenario” offers, or change it. Raises NotAllowed, Conflict, InvalidInput."""
    need, found = to_write(uow, actor, need_id)
    if found is not None and seen_version is not None and seen_version != found.version:
        raise Conflict(CHANGED)
    answers = read_answers(SCENARIO_FIELDS, given)
    problems = [*answers.problems, *_problems(uow, need, found, answers.values)]
    if problems:
        raise InvalidInput(problems)
    scenario = found or Scenario(need_id=need.id)
    for name, value in answers.values.items():
        setattr(scenario, name, value)
    scenario.changed_at = uow.clock()
    uow.session.add(scenario)
    uow.session.flush()
    audit.record(uow, actor, "scenario.edit" if found else "scenario.write", "need", need.id)
    return scenario


def _problems(uow: UnitOfWork, need: Need, found: Scenario | None, values: Mapping[str, Any]) -> list[Problem]:
    problems = []
    today, until = local_date(uow.clock()), values["apply_until"]
    # Who only corrects a text of a scenario that has ended need not reopen it.
    if until is not None and until < today and not (found and found.apply_until == until):
        problems.append(Problem("apply_until", PASSED.format(today=today.isoformat())))
    most = values["most_trials"]
    count = admitted_counts(uow, [need.id]).get(need.id, 0)
    if most is not None and most < count:
        problems.append(Problem("most_trials", FEWER.format(count=count)))
    return problems


def admitted_counts(uow: UnitOfWork, need_ids: list[int]) -> dict[int, int]:
    """Return how many places of each scenario are taken, in one query."""
    query = (
        select(Trial.need_id, func.count())
        .where(Trial.need_id.in_(need_ids), Trial.state.in_(ADMITTED_STATES))
        .group_by(Trial.need_id)
    )
    return dict(uow.session.execute(query).all())


ENDED = Label("申请已于 {day} 截止。", "Applications ended on {day}.")
FULL = Label("已接纳 {count} 个试验，名额已满。", "All places are taken: {count} trials are admitted.")
NEED_CLOSED = Label("这个场景不再接受申请。", "This scenario takes no more applications.")


def closed_because(scenario: Scenario, state: NeedState, admitted: int, today: date) -> Label | None:
    """Return why nobody can apply now, or None when it is open."""
    if state not in OPEN_STATES:
        return NEED_CLOSED
    if scenario.apply_until is not None and scenario.apply_until < today:
        return ENDED.format(day=scenario.apply_until.isoformat())
    if scenario.most_trials is not None and admitted >= scenario.most_trials:
        return FULL.format(count=admitted)
    return None


def get(uow: UnitOfWork, actor: Actor, need_id: int) -> SeenScenario:
    """Return a scenario as far as its need is shown to the actor; a look at a confidential one is written down."""
    scenario = uow.session.get(Scenario, need_id)
    if scenario is None:
        raise NotFound(NO_SCENARIO)
    seen = needs.get(uow, actor, need_id)
    full = seen.view is View.FULL
    shown = {one.name: getattr(scenario, one.name) for one in SCENARIO_FIELDS if full or not one.redacted}
    admitted = admitted_counts(uow, [need_id]).get(need_id, 0)
    closed = closed_because(scenario, seen.need.state, admitted, local_date(uow.clock()))
    return SeenScenario(scenario, seen, shown, admitted, closed)


def may_write(actor: Actor, need: Need) -> bool:
    """Say whether the actor may write the scenario of a need, if it takes one."""
    return allowed(actor, "scenario.write", owner=need.organisation_id)
