"""Planning the gates of a race: their dates, criteria, evidence and shares, until the task books are offered for signature."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.delivery import drafting
from matcher.projects.delivery.lifecycle import GATE_LIFECYCLE, GateState, TaskBookState
from matcher.projects.delivery.model import Gate, TaskBook
from matcher.projects.lifecycle import Mode, ProjectState
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import rules_of
from matcher.projects.setup.service import get as get_project

GATE_FIELDS: tuple[Field, ...] = (
    Field("title", Label("节点名称", "Title"), Kind.TEXT, required=True, max_length=120),
    Field("due_on", Label("材料截止", "Evidence until"), Kind.DATE, required=True, help=Label("当天 24 时以前都可以提交。", "That day included.")),
    Field("evidence", Label("要提交的材料", "Evidence to show"), Kind.LONG_TEXT, required=True, max_length=1500),
    Field("criteria", Label("评分标准", "Criteria"), Kind.LONG_TEXT, required=True, max_length=1500,
          help=Label("每行一条：名称，权重。如：技术指标，50", "One a line: name, weight. Such as: Technical figures, 50")),
    Field("share", Label("拨付比例（%）", "Share of each contract (%)"), Kind.INTEGER, required=True, minimum=0, maximum=100,
          help=Label("通过的团队在这个节点拿到合同金额的百分之几。", "What a team that passes is paid, in per cent of its contract.")),
    Field("survivors", Label("最多留几个团队", "Teams that go on, at most"), Kind.INTEGER, minimum=1, maximum=50, help=Label("不填为不限。", "Empty: no limit.")),
)  # fmt: skip
PLANNING_STATES = (
    ProjectState.PUBLISHED, ProjectState.BIDDING, ProjectState.EVALUATION, ProjectState.AWARD_NOTICE, ProjectState.AWARDED,
)  # fmt: skip
BOUND = (TaskBookState.SIGNED, TaskBookState.COMPLETED)
NO_GATE = Label("找不到这个考核节点，或它没有向您公开。", "There is no such gate, or it is not shown to you.")
NOT_A_RACE = Label("只有赛马制项目设考核节点。", "Only a race has gates.")
TOO_EARLY = Label("发榜之后才能安排考核节点。", "Gates are planned once the list is published.")
UNDER_WAY = Label(
    "项目已经实施，各合同的款项按现有节点分好，不能再增加、修改或取消节点。要加一次检查，请由团队在任务书中申请变更里程碑。",
    "The project is under way and the money of every contract is divided among its gates, which stand. For another check let the team ask for a change of its milestones.",
)
OFFERED = Label(
    "任务书 {numbers} 已送签，其中写明了各节点的款项。请先在任务书页面撤回，再安排节点，然后重新送签。",
    "The task books {numbers} are offered for signature and name the money of every gate. Take them back on their pages, plan the gates, and offer them again.",
)
SIGNED = Label(
    "任务书 {numbers} 已签署，款项按现有节点分好，节点不能再增加、修改或取消。",
    "The task books {numbers} are signed and their money is divided among the gates, which stand.",
)
TOO_MUCH = Label(
    "各节点合计 {sum}%，加上签约最多拨付的 {signing}% 超过了 100%。",
    "The gates add up to {sum}%; with at most {signing}% at signing that is more than 100%.",
)
BAD_CRITERION = Label(
    "评分标准第 {line} 行不能读懂：“{given}”。请写成“名称，权重”。",
    "Line {line} of the criteria cannot be read: “{given}”. Write name, weight.",
)
IN_THE_PAST = Label("材料截止不能早于今天。", "The last day for evidence cannot be in the past.")
_CRITERION = re.compile(r"(.{1,60}?)[,，\s]+(\d{1,3})")


def gate_of(uow: UnitOfWork, gate_id: int) -> Gate:
    """Return a gate; raises NotFound. Asks no permission: callers do."""
    found = uow.session.get(Gate, gate_id)
    if found is None:
        raise NotFound(NO_GATE)
    return found


def of_project(uow: UnitOfWork, project_id: int) -> list[Gate]:
    """Return the gates of a race in their order."""
    query = select(Gate).where(Gate.project_id == project_id).order_by(Gate.due_on, Gate.id)
    return list(uow.session.scalars(query))


def hindrance(uow: UnitOfWork, project: Project) -> Label | None:
    """Return why the gates of a race cannot be planned now, and what to do; None: they can."""
    if project.state not in PLANNING_STATES:
        return (
            TOO_EARLY if project.state in (ProjectState.DRAFT, ProjectState.ARGUED, ProjectState.NOTICED) else UNDER_WAY
        )
    query = select(TaskBook).where(TaskBook.project_id == project.id).order_by(TaskBook.id)
    found = uow.session.scalars(query.where(TaskBook.state.in_((TaskBookState.SIGNING, *BOUND)))).all()
    for states, words in ((BOUND, SIGNED), ((TaskBookState.SIGNING,), OFFERED)):
        if some := [book.number for book in found if book.state in states]:
            return words.format(numbers="、".join(some))
    return None


def _plannable(uow: UnitOfWork, actor: Actor, project_id: int) -> Project:
    require(actor, "gate.manage")
    project = get_project(uow, project_id)
    if project.mode is not Mode.RACE:
        raise Conflict(NOT_A_RACE)
    if reason := hindrance(uow, project):
        raise Conflict(reason)
    return project


def save(uow: UnitOfWork, actor: Actor, project_id: int, given: Mapping[str, Any], gate_id: int | None = None) -> Gate:
    """Plan a gate, or change one; the payments of task books in draft follow.

    Raises NotAllowed, NotFound, Conflict, InvalidInput.
    """
    project = _plannable(uow, actor, project_id)
    gate = _own_gate(uow, project, gate_id) if gate_id else None
    answers = read_answers(GATE_FIELDS, given)
    problems, values = list(answers.problems), answers.values
    criteria, wrong = read_criteria(values["criteria"])
    problems += wrong
    others = [one for one in of_project(uow, project.id) if one is not gate and one.state is not GateState.CANCELLED]
    total = sum(one.share for one in others) + (values["share"] or 0)
    signing = rules_of(project.call).signing_share
    if total + signing > 100:
        problems.append(Problem("share", TOO_MUCH.format(sum=total, signing=signing)))
    if values["due_on"] and values["due_on"] < local_date(uow.clock()):
        problems.append(Problem("due_on", IN_THE_PAST))
    if problems:
        raise InvalidInput(problems)
    gate = gate or Gate(project_id=project.id, state=GateState.PLANNED)
    for name, value in (values | {"criteria": criteria}).items():
        setattr(gate, name, value)
    uow.session.add(gate)
    uow.session.flush()
    for place, one in enumerate(of_project(uow, project.id)):
        one.position = place
    uow.session.flush()
    drafting.follow_gates(uow, project)
    audit.record(uow, actor, "gate.plan", "gate", gate.id, share=gate.share, due_on=str(gate.due_on))
    return gate


def _own_gate(uow: UnitOfWork, project: Project, gate_id: int) -> Gate:
    gate = gate_of(uow, gate_id)
    if gate.project_id != project.id:
        raise NotFound(NO_GATE)
    if gate.state is not GateState.PLANNED:
        raise Conflict(UNDER_WAY)
    return gate


def remove(uow: UnitOfWork, actor: Actor, project_id: int, gate_id: int) -> None:
    """Take a planned gate off, and its payments from task books in draft; raises NotAllowed, NotFound, Conflict."""
    project = _plannable(uow, actor, project_id)
    GATE_LIFECYCLE.apply(uow, actor, _own_gate(uow, project, gate_id), "cancel")
    uow.session.flush()
    drafting.follow_gates(uow, project)
    audit.record(uow, actor, "gate.cancel", "gate", gate_id)


def read_criteria(text: str) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Read criteria as people write them, one a line: name, weight."""
    rows, problems = [], []
    for number, line in enumerate((one.strip() for one in text.splitlines() if one.strip()), 1):
        found = _CRITERION.fullmatch(line)
        if found is None or not int(found[2]):
            problems.append(Problem("criteria", BAD_CRITERION.format(line=number, given=line[:40])))
        else:
            rows.append({"name": found[1].strip(), "en": "", "weight": int(found[2])})
    return rows, problems


def written_criteria(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return criteria as people write them."""
    return "\n".join(f"{row['name']}，{row['weight']}" for row in rows)
