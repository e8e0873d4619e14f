"""What the office decides of a project before bids are taken: argue, announce, publish, give up, try again."""

from typing import Any

from sqlalchemy import func, select

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import rounds
from matcher.projects.bids.model import Bid
from matcher.projects.experts import office as experts
from matcher.projects.lifecycle import BID_LIFECYCLE, PROJECT_LIFECYCLE, BidState, Mode, ProjectState
from matcher.projects.setup import argument, checks, notices
from matcher.projects.setup.demand import Demand, demand_of, need_ids
from matcher.projects.setup.editing import set_demand
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import rules_of
from matcher.projects.setup.service import get, step

REASON_NEEDED = Label("请写明理由。", "Give the reason.")
AGAINST_INDEX = Label(
    "需求指数 {index}，低于正在征集的 {total} 项的中位数 {median}，有 {higher} 项更高。仍要立项，请写明理由。",
    "The demand index is {index}, below the median {median} of the {total} that are open; {higher} stand higher. To go ahead, give the reason.",
)  # fmt: skip
GIVING_UP_HIGH = Label(
    "需求指数 {index}，不低于中位数 {median}。撤销这样的项目，请用至少 {least} 个字写明理由。",
    "The demand index is {index}, not below the median {median}. To cancel such a project, give the reason in {least} characters at least.",
)  # fmt: skip
UNDER_WAY = Label(
    "已有团队中榜或正在实施，不能在这里撤销；请先在任务书页面终止任务书。",
    "A team was awarded or is at work; terminate the task books on their page first.",
)
LEAST_REASON, MOST_REASON = 10, 1000
_BEFORE_AWARD = (
    ProjectState.DRAFT, ProjectState.ARGUED, ProjectState.NOTICED, ProjectState.PUBLISHED, ProjectState.BIDDING,
    ProjectState.EVALUATION, ProjectState.AWARD_NOTICE,
)  # fmt: skip
_WON = (BidState.AWARDED, BidState.RUNNING)


def argue(uow: UnitOfWork, actor: Actor, project_id: int) -> Project:
    """Hand a complete draft to the experts; raises InvalidInput with what is missing."""
    require(actor, "project.decide")
    project = get(uow, project_id)
    _refuse_unless(project, "argue")
    _raise(checks.missing(project))
    step(uow, actor, project, "argue")
    return project


def send_back(uow: UnitOfWork, actor: Actor, project_id: int, note: str) -> Project:
    """Take a project from the argument back to a draft, with what is to be changed."""
    project = get(uow, project_id)
    require(actor, "project.decide")
    step(uow, actor, project, "send_back", _reason("note", note))
    return project


def announce_setup(uow: UnitOfWork, actor: Actor, project_id: int, reason: str = "") -> Project:
    """Decide to set a project up and announce it for the days of its list.

    The experts must have judged it where the list demands experts, the rules of the list must hold, and going ahead
    with a demand index below the median needs a written reason. Raises InvalidInput, Conflict.
    """
    require(actor, "project.decide")
    project = get(uow, project_id)
    _refuse_unless(project, "notice")
    rules = rules_of(project.call)
    problems = checks.missing(project)
    _raise(problems or checks.broken(checks.values_of(project), rules))
    argument.require_judged(uow, project, rules)
    found = demand_of(uow, need_ids(project))
    text = clean_text(reason)[:MOST_REASON]
    if found is not None and found.is_low and len(text) < LEAST_REASON:
        raise InvalidInput([Problem("reason", _figures(AGAINST_INDEX, found))])
    set_demand(project, found)
    project.demand_reason = text
    step(uow, actor, project, "notice", text)
    notices.open_notice(uow, project, "setup", rules.notice_days, content_of(project))
    return project


def content_of(project: Project) -> dict[str, Any]:
    """Return what a set-up notice says, for the record: later changes of the project do not change it."""
    return {
        "title": project.title,
        "mode": project.mode.value,
        "background": project.background,
        "goals": project.goals,
        "indicators": [row.row().to_json() for row in project.indicator_rows],
        "months": project.months,
        "teams": project.teams,
        "enterprise_funds": str(project.enterprise_funds or 0),
        "government_funds": str(project.government_funds or 0),
    }


def revise(uow: UnitOfWork, actor: Actor, project_id: int, note: str) -> Project:
    """Take an announced project back to a draft: its notice ends, and it is announced anew later."""
    require(actor, "project.decide")
    project = get(uow, project_id)
    _refuse_unless(project, "revise")
    text = _reason("note", note)
    _end_notices(uow, project)
    step(uow, actor, project, "revise", text)
    return project


def publish(uow: UnitOfWork, actor: Actor, project_id: int) -> Project:
    """Publish a project on its list when its notice is over; a list that is not published yet is so with it.

    Raises InvalidInput with the rules that are broken, Conflict while the notice hinders.
    """
    require(actor, "project.decide")
    project = get(uow, project_id)
    _refuse_unless(project, "publish")
    _raise(publication_problems(uow, project))
    notice = notices.current(uow, project.id, "setup")
    if notice is None:
        raise Conflict(notices.NO_NOTICE)
    if hindrance := notices.hindrance(uow, notice):
        raise Conflict(hindrance)
    assert project.call is not None, "checked with the period"
    notices.end(uow, notice)
    now = uow.clock()
    project.published_at = now
    project.opens_at, project.closes_at = project.call.opens_at, project.call.closes_at
    project.call.published_at = project.call.published_at or now
    step(uow, actor, project, "publish")
    return project


def publication_problems(uow: UnitOfWork, project: Project) -> list[Problem]:
    """Return the rules that keep a project from being published."""
    if project.mode is Mode.COMMISSIONED:
        return [Problem("mode", checks.COMMISSIONED)]
    rules = rules_of(project.call)
    return [*checks.broken(checks.values_of(project), rules), *checks.period(project.call, rules, uow.clock())]


def cancel(uow: UnitOfWork, actor: Actor, project_id: int, reason: str) -> Project:
    """Give a project up before a team has won it; a high demand index asks for a fuller reason. Raises InvalidInput, Conflict."""
    require(actor, "project.decide")
    project = get(uow, project_id)
    if project.state not in _BEFORE_AWARD and _has_team(uow, project):
        raise Conflict(UNDER_WAY)
    _refuse_unless(project, "cancel")
    text = _reason("cancel_reason", reason)
    found = demand_of(uow, need_ids(project))
    if found is not None and found.is_high:
        if len(text) < LEAST_REASON:
            raise InvalidInput([Problem("cancel_reason", _figures(GIVING_UP_HIGH, found))])
        project.demand_reason = text
    project.outcome = text
    _end_notices(uow, project)
    step(uow, actor, project, "cancel", text)
    _void_bids(uow, actor, project)
    experts.end_panels(uow, actor, project)
    return project


def _void_bids(uow: UnitOfWork, actor: Actor, project: Project) -> None:
    for bid in uow.session.scalars(select(Bid).where(Bid.project_id == project.id).order_by(Bid.id)):
        if BID_LIFECYCLE.target(bid.state, "void") is not None:
            BID_LIFECYCLE.apply(uow, actor, bid, "void")


def _has_team(uow: UnitOfWork, project: Project) -> bool:
    query = select(func.count()).where(Bid.project_id == project.id, Bid.state.in_(_WON))
    return bool(uow.session.scalar(query))


def relaunch(uow: UnitOfWork, actor: Actor, project_id: int, note: str = "") -> Project:
    """Begin a failed project anew as a draft without a list; what was public is so again after its next notice.

    Its bids and panels stay as they are in the round that failed; who had bid may bid again, and what follows is judged
    anew.
    """
    require(actor, "project.decide")
    project = get(uow, project_id)
    step(uow, actor, project, "relaunch", clean_text(note)[:MOST_REASON])
    project.call = project.call_id = project.published_at = project.opens_at = project.closes_at = None
    project.outcome = project.demand_reason = ""
    rounds.renew(uow, actor, project)
    experts.end_panels(uow, actor, project, for_good=True)
    return project


def _refuse_unless(project: Project, action: str) -> None:
    """Raise Conflict as the lifecycle does, before anything else is checked."""
    if PROJECT_LIFECYCLE.target(project.state, action) is None:
        raise Conflict(
            Label("当前状态为“{state}”，不能进行此操作。请刷新页面。", "Not possible in the state “{state}”. Reload the page.")
            .format(state=PROJECT_LIFECYCLE.labels[project.state])
        )  # fmt: skip


def _raise(problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput(problems)


def _reason(field: str, text: str) -> str:
    cleaned = clean_text(text)[:MOST_REASON]
    if not cleaned:
        raise InvalidInput([Problem(field, REASON_NEEDED)])
    return cleaned


def _figures(message: Label, found: Demand) -> Label:
    return message.format(
        index=round(found.index), median=round(found.median), higher=found.higher, total=found.total, least=LEAST_REASON
    )


def _end_notices(uow: UnitOfWork, project: Project) -> None:
    for kind in ("setup", "award"):
        notice = notices.current(uow, project.id, kind)
        if notice is not None:
            notices.end(uow, notice)
