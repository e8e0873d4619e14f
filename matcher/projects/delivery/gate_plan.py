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
NO_GATE = Label("找不到这个考核节点，或它没有向您公开。", "There is no such gate, or it is not shown to you.")
NOT_A_RACE = Label("只有赛马制项目设考核节点。", "Only a race has gates.")
NOT_NOW = Label(
    "节点在发榜之后、任务书送签之前安排；现在不能再改。",
    "Gates are planned after the list is published and before the task books are offered; they cannot be changed now.",
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


def may_plan(uow: UnitOfWork, project: Project) -> bool:
    """Say whether the gates of a race may still be planned."""
    offered = select(TaskBook.id).where(TaskBook.project_id == project.id, TaskBook.state != TaskBookState.DRAFT)
    in_time = project.mode is Mode.RACE and project.state in PLANNING_STATES
    return in_time and uow.session.scalar(offered.limit(1)) is None


def _plannable(uow: UnitOfWork, actor: Actor, project_id: int) -> Project:
    require(actor, "gate.manage")
    project = get_project(uow, project_id)
    if project.mode is not Mode.RACE:
        raise Conflict(NOT_A_RACE)
    if not may_plan(uow, project):
        raise Conflict(NOT_NOW)
    return project


def save(uow: UnitOfWork, actor: Actor, project_id: int, given: Mapping[str, Any], gate_id: int | None = None) -> Gate:
    """Plan a gate, or change one; raises NotAllowed, NotFound, Conflict, InvalidInput."""
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
    audit.record(uow, actor, "gate.plan", "gate", gate.id, share=gate.share, due_on=str(gate.due_on))
    return gate


def _own_gate(uow: UnitOfWork, project: Project, gate_id: int) -> Gate:
    gate = gate_of(uow, gate_id)
    if gate.project_id != project.id:
        raise NotFound(NO_GATE)
    if gate.state is not GateState.PLANNED:
        raise Conflict(NOT_NOW)
    return gate


def remove(uow: UnitOfWork, actor: Actor, project_id: int, gate_id: int) -> None:
    """Take a planned gate off; raises NotAllowed, NotFound, Conflict."""
    project = _plannable(uow, actor, project_id)
    GATE_LIFECYCLE.apply(uow, actor, _own_gate(uow, project, gate_id), "cancel")
    audit.record(uow, actor, "gate.cancel", "gate", gate_id)
    uow.session.flush()


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
