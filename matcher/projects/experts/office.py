"""What the office does with panels: set one up, change it, ask experts, take them off, close it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select

from matcher.core import audit
from matcher.core.clock import SHANGHAI
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import service as messages
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text
from matcher.projects.delivery.lifecycle import GateState
from matcher.projects.delivery.model import Gate
from matcher.projects.experts import panels, service
from matcher.projects.experts.conflicts import conflicts
from matcher.projects.experts.model import Expert, Panel, Seat, Stage
from matcher.projects.experts.results import is_complete
from matcher.projects.lifecycle import SEAT_LIFECYCLE, ProjectState, SeatState
from matcher.projects.setup import service as projects
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import YES_NO, read_rules, rules_of, typed

PANEL_FIELDS: tuple[Field, ...] = (
    Field("due_on", Label("截止日期", "Due on"), Kind.DATE, required=True),
    Field("least", Label("每个对象至少几份有效意见", "Sheets for each subject at least"), Kind.INTEGER, required=True, minimum=1, maximum=30),
    Field("is_blind", Label("盲评（隐去揭榜单位）", "Blind (who bids is hidden)"), Kind.CODE, required=True, vocabulary=YES_NO),
    Field("criteria", Label("评分项", "Criteria"), Kind.LONG_TEXT, required=True, max_length=1500,
          help=Label("每行一项：名称，权重；权重合计 100。", "One a line: name, weight; the weights add up to 100.")),
)  # fmt: skip
STAGE_STATES: dict[Stage, tuple[ProjectState, ...]] = {
    Stage.ARGUMENT: (ProjectState.DRAFT, ProjectState.ARGUED),
    Stage.EVALUATION: (ProjectState.EVALUATION,),
    Stage.GATE: (ProjectState.IMPLEMENTATION,),
    Stage.ACCEPTANCE: (ProjectState.IMPLEMENTATION, ProjectState.ACCEPTANCE),
}
GATE_JUDGED = (GateState.PLANNED, GateState.OPEN)  # experts may be asked before the gate opens
_RULE = {Stage.ARGUMENT: "criteria_argument", Stage.ACCEPTANCE: "criteria_acceptance"}
NOT_NOW = Label("项目处于“{state}”，现在不能组织{stage}。", "The project is in the state “{state}”: no {stage} now.")
OPEN_ALREADY = Label("这个阶段已有一个进行中的评审组。", "There is an open panel for this stage already.")
SUM = Label("权重合计应为 100，现在是 {sum}。", "The weights must add up to 100; they make {sum}.")
TWICE = Label("评分项“{name}”写了两次。", "The criterion “{name}” is given twice.")
PAST = Label("截止日期不能早于今天。", "The due day cannot lie in the past.")
CLOSED = Label("评审组已结束。", "The panel is closed.")
MARKS_GIVEN = Label("已经有专家交了意见，评分项不能再改。", "Sheets are handed in already: the criteria stand.")
NOT_FREE = Label("{name}：{reason}，不能邀请。", "{name} cannot be asked: {reason}.")
NOT_ACTIVE = Label("{name}已停用，不能邀请。", "{name} is not active and cannot be asked.")
FULL = Label(
    "{name}同时参加的评审已到上限（{most} 个）。", "{name} has as many reviews as they take at a time ({most})."
)
HAS_RECUSED = Label("{name}已声明回避，不能再邀请。", "{name} stepped aside and cannot be asked again.")
NOBODY = Label("请先勾选专家。", "First tick the experts.")
TOO_FEW = Label("有效意见还不够，不能结束。请补充专家，或写明原因。", "Too few sheets to close. Ask more experts, or give a reason.")  # fmt: skip
NO_GATE = Label("找不到这个考核节点。", "There is no such gate.")
GATE_OVER = Label(
    "这个考核节点已定或已取消，不再评审。", "This gate is decided or taken off; it is not judged any more."
)
NOT_CLOSED = Label("这个评审组没有结束，不用恢复。", "This panel is not closed; there is nothing to reopen.")
FORMER = Label("这个评审组属于上一轮，不能恢复。", "This panel belongs to a former round and stays closed.")
NEWER = Label(
    "这个阶段已另有评审组，不能恢复旧的。", "There is a newer panel for this stage; the old one stays closed."
)
REOPEN_WHY = Label("请写明恢复评审的原因。", "Say why the panel is reopened.")
ASKED = Label("请您参加“{title}”的{stage}", "Please join the {stage} of “{title}”")
ASKED_BODY = Label(
    "{office}邀请您担任评审专家，请在{day}前完成。请先确认与各方没有利益关系；有关系的请选择回避。",
    "{office} asks you to review by {day}. First confirm that you have no interest in any of the parties; if you have, step aside.",
)
REOPENED = Label("“{title}”的{stage}已恢复", "The {stage} of “{title}” goes on")
REOPENED_BODY = Label(
    "{office}恢复了评审，请在{day}前完成，已交的意见可以修改。",
    "{office} reopened the panel; please finish by {day}. What you handed in can be changed.",
)
ENDED = Label("“{title}”的{stage}不再进行", "The {stage} of “{title}” is off")
ENDED_BODY = Label(
    "{office}结束了这一轮，您不必再处理这项任务。", "{office} ended this round; nothing is left for you to do."
)
TAKEN_OFF = Label("“{title}”的{stage}已另作安排", "The {stage} of “{title}” goes on without you")
TAKEN_OFF_BODY = Label("{office}调整了评审组，您不必再处理这项任务。", "{office} changed the panel; nothing is left for you to do.")  # fmt: skip


def defaults(uow: UnitOfWork, project: Project, stage: Stage, gate_id: int | None = None) -> dict[str, Any]:
    """Return what the form of a new panel begins with: the rules of the project's list, the criteria of a gate."""
    rules, written = rules_of(project.call), typed(rules_of(project.call))
    criteria = written[_RULE.get(stage, "criteria_evaluation")]
    gate = uow.session.get(Gate, gate_id) if gate_id else None
    if gate is not None and gate.criteria:
        criteria = _lines(gate.criteria)
    blind = stage is Stage.EVALUATION and rules.is_blind
    due = gate.due_on.isoformat() if gate is not None else ""
    return {"least": str(max(1, rules.least_experts)), "is_blind": "yes" if blind else "no", "criteria": criteria, "due_on": due}  # fmt: skip


def _lines(criteria: Sequence[Mapping[str, Any]]) -> str:
    rows = ((one.get("name"), one.get("en"), one.get("weight")) for one in criteria)
    return "\n".join("，".join(str(part) for part in row if part) for row in rows)


def given_of(panel: Panel) -> dict[str, Any]:
    """Return a panel as people type it."""
    due = panel.due_at.astimezone(SHANGHAI).date().isoformat() if panel.due_at else ""
    return {"due_on": due, "least": str(panel.least), "is_blind": "yes" if panel.is_blind else "no", "criteria": _lines(panel.criteria)}  # fmt: skip


def _read(uow: UnitOfWork, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a panel; raises InvalidInput."""
    answers = read_answers(PANEL_FIELDS, given)
    problems = list(answers.problems)
    read = read_rules({"criteria_evaluation": given.get("criteria", "")})
    rows: list[dict[str, Any]] = read.values["criteria_evaluation"]
    if answers.values["criteria"]:
        problems += [Problem("criteria", one.message) for one in read.problems if one.field == "criteria_evaluation"]
        problems += _criteria_problems(rows)
    moment = _due_at(answers.values["due_on"])
    if moment is not None and moment < uow.clock():
        problems.append(Problem("due_on", PAST))
    if problems:
        raise InvalidInput(problems)
    return {
        "criteria": rows,
        "due_at": moment,
        "least": answers.values["least"],
        "is_blind": answers.values["is_blind"] == "yes",
    }


def _criteria_problems(rows: Sequence[Mapping[str, Any]]) -> list[Problem]:
    names = [str(row["name"]) for row in rows]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    total = sum(int(row["weight"]) for row in rows)
    problems = [Problem("criteria", TWICE.format(name=name)) for name in twice]
    return problems + ([Problem("criteria", SUM.format(sum=total))] if total != 100 else [])


def open_panel(
    uow: UnitOfWork, actor: Actor, project_id: int, stage: Stage, given: Mapping[str, Any], gate_id: int | None = None
) -> Panel:
    """Set up a panel for a stage of a project; raises NotFound, NotAllowed, Conflict, InvalidInput."""
    require(actor, "panel.manage")
    _require_stage(uow, projects.get(uow, project_id), stage, gate_id)
    before = panels.panel_of(uow, project_id, stage, gate_id)
    if before is not None and before.closed_at is None:
        raise Conflict(OPEN_ALREADY)
    panel = Panel(
        project_id=project_id, stage=stage, gate_id=gate_id, created_by=actor.person_id, created_at=uow.clock(),
        **_read(uow, given),
    )  # fmt: skip
    uow.session.add(panel)
    uow.session.flush()
    audit.record(uow, actor, "panel.create", "panel", panel.id, project=project_id, stage=stage.value)
    return panel


def _require_stage(uow: UnitOfWork, project: Project, stage: Stage, gate_id: int | None) -> None:
    """Raise unless a project stands where this stage is judged; a gate only before it is decided."""
    if project.state not in STAGE_STATES[stage]:
        state = panels.project_state(project)
        raise Conflict(NOT_NOW.format(state=state, stage=panels.STAGE_LABELS[stage]))
    if stage is Stage.GATE:
        gate = uow.session.get(Gate, gate_id or 0)
        if gate is None or gate.project_id != project.id:
            raise NotFound(NO_GATE)
        if gate.state not in GATE_JUDGED:
            raise Conflict(GATE_OVER)


def edit(uow: UnitOfWork, actor: Actor, panel_id: int, given: Mapping[str, Any]) -> Panel:
    """Change a panel; the criteria stand once a sheet is handed in. Raises InvalidInput, Conflict."""
    panel = managed(uow, actor, panel_id)
    values = _read(uow, given)
    if panels.has_sheets(uow, panel) and (values["criteria"], values["is_blind"]) != (panel.criteria, panel.is_blind):
        raise InvalidInput([Problem("criteria", MARKS_GIVEN)])
    for name, value in values.items():
        setattr(panel, name, value)
    audit.record(uow, actor, "panel.edit", "panel", panel.id)
    return panel


def managed(uow: UnitOfWork, actor: Actor, panel_id: int) -> Panel:
    """Return an open panel to somebody who may change it; raises NotAllowed, NotFound, Conflict."""
    require(actor, "panel.manage")
    panel = panels.get(uow, panel_id)
    if panel.closed_at is not None:
        raise Conflict(CLOSED)
    return panel


def invite(uow: UnitOfWork, actor: Actor, panel_id: int, expert_ids: Sequence[int]) -> list[Seat]:
    """Ask experts to sit on a panel, all of them or none; returns the seats that are new.

    Raises InvalidInput naming each who cannot be asked, and why.
    """
    panel = managed(uow, actor, panel_id)
    project = projects.get(uow, panel.project_id)
    chosen = [service.get(uow, one) for one in dict.fromkeys(expert_ids)]
    if not chosen:
        raise InvalidInput([Problem("experts", NOBODY)])
    seats = {seat.expert_id: seat for seat in seats_of(uow, panel)}
    new = [one for one in chosen if one.id not in seats or seats[one.id].state not in service.BUSY_STATES]
    problems = _hindrances(uow, project, new, seats)
    if problems:
        raise InvalidInput(problems)
    return [_ask(uow, actor, project, panel, expert, seats.get(expert.id)) for expert in new]


def _hindrances(
    uow: UnitOfWork, project: Project, chosen: Sequence[Expert], seats: Mapping[int, Seat]
) -> list[Problem]:
    found, loads = conflicts(uow, project, chosen), service.loads(uow)
    reasons: list[Label] = []
    for expert in chosen:
        name, load = expert.person.name, loads.get(expert.id, service.Load())
        reasons += [NOT_FREE.format(name=name, reason=reason) for reason in found.get(expert.id, ())]
        if not expert.is_active:
            reasons.append(NOT_ACTIVE.format(name=name))
        if load.open >= expert.most_panels:
            reasons.append(FULL.format(name=name, most=expert.most_panels))
        if expert.id in seats and seats[expert.id].state is SeatState.RECUSED:
            reasons.append(HAS_RECUSED.format(name=name))
    return [Problem("experts", reason) for reason in reasons]


def _ask(uow: UnitOfWork, actor: Actor, project: Project, panel: Panel, expert: Expert, seat: Seat | None) -> Seat:
    if seat is None:
        seat = Seat(panel_id=panel.id, expert_id=expert.id, invited_at=uow.clock())
        uow.session.add(seat)
        uow.session.flush()
    else:
        SEAT_LIFECYCLE.apply(uow, actor, seat, "invite")
        seat.invited_at, seat.answered_at, seat.note = uow.clock(), None, ""
    audit.record(uow, actor, "panel.invite", "panel", panel.id, expert=expert.id)
    _tell(uow, project, panel, seat, expert, ASKED, ASKED_BODY)
    return seat


def _tell(uow: UnitOfWork, project: Project, panel: Panel, seat: Seat, expert: Expert, title: Label, body: Label) -> None:  # fmt: skip
    day = panel.due_at.astimezone(SHANGHAI).date().isoformat() if panel.due_at else "–"
    words = {"title": project.title, "stage": panels.STAGE_LABELS[panel.stage], "office": project.organisation.name, "day": day}  # fmt: skip
    key = f"seat:{seat.id}:{seat.state if panel.closed_at is None else 'over'}:{uow.clock():%Y%m%d%H%M%S}"
    is_open = seat.state in service.BUSY_STATES and panel.closed_at is None
    link = f"/experts/seats/{seat.id}" if is_open else "/experts/"
    text = Text(title.format(**words), body.format(**words))
    messages.notify(uow, [expert.person_id], MessageKind.PROJECT, text, key=key, link=link)


def remove(uow: UnitOfWork, actor: Actor, seat_id: int, reason: str = "") -> Panel:
    """Take an expert off a panel; what they wrote no longer counts. Raises NotFound, Conflict."""
    seat = uow.session.get(Seat, seat_id)
    if seat is None:
        raise NotFound(panels.NO_PANEL)
    panel = managed(uow, actor, seat.panel_id)
    SEAT_LIFECYCLE.apply(uow, actor, seat, "remove", reason)
    audit.record(uow, actor, "panel.remove", "panel", panel.id, expert=seat.expert_id)
    project = projects.get(uow, panel.project_id)
    _tell(uow, project, panel, seat, service.get(uow, seat.expert_id), TAKEN_OFF, TAKEN_OFF_BODY)
    return panel


def close(uow: UnitOfWork, actor: Actor, panel_id: int, reason: str = "") -> Panel:
    """End a panel, after which no sheet changes; with too few sheets only for a written reason. Raises Conflict."""
    panel = managed(uow, actor, panel_id)
    if not is_complete(uow, panel) and not reason.strip():
        raise Conflict(TOO_FEW)
    panel.closed_at = uow.clock()
    audit.record(uow, actor, "panel.close", "panel", panel.id, reason=reason.strip()[:500])
    return panel


def end_panels(uow: UnitOfWork, actor: Actor, project: Project, *, for_good: bool = False) -> None:
    """Close the open panels of a project whose round is over, and tell who sits on them. Asks no permission: callers do.

    With `for_good` all its panels are left to that round: the next one is judged anew, by experts who are asked anew and
    whose interests are checked against the new bidders.
    """
    for panel in uow.session.scalars(select(Panel).where(Panel.project_id == project.id).order_by(Panel.id)).all():
        panel.is_former = panel.is_former or for_good
        if panel.closed_at is not None:
            continue
        panel.closed_at = uow.clock()
        audit.record(uow, actor, "panel.close", "panel", panel.id, reason=project.outcome[:500])
        for seat in seats_of(uow, panel):
            if seat.state in service.BUSY_STATES:
                _tell(uow, project, panel, seat, service.get(uow, seat.expert_id), ENDED, ENDED_BODY)
    uow.session.flush()


def hindrance_to_reopen(uow: UnitOfWork, panel: Panel) -> Label | None:
    """Return why a closed panel cannot go on: its stage is over, or another took its place; None: it can."""
    if panel.closed_at is None:
        return NOT_CLOSED
    if panel.is_former:
        return FORMER
    if panels.panel_of(uow, panel.project_id, panel.stage, panel.gate_id) is not panel:
        return NEWER
    try:
        _require_stage(uow, projects.get(uow, panel.project_id), panel.stage, panel.gate_id)
    except Conflict as error:
        return error.message
    return None


def reopen(uow: UnitOfWork, actor: Actor, panel_id: int, due_on: str, reason: str) -> Panel:
    """Let a panel that was closed go on until a new day; who sits on it is told.

    Raises NotAllowed, NotFound, Conflict, InvalidInput.
    """
    require(actor, "panel.manage")
    panel = panels.get(uow, panel_id)
    if hindrance := hindrance_to_reopen(uow, panel):
        raise Conflict(hindrance)
    answers = read_answers(PANEL_FIELDS[:1], {"due_on": due_on})
    problems = list(answers.problems)
    due = _due_at(answers.values["due_on"])
    if due is not None and due < uow.clock():
        problems.append(Problem("due_on", PAST))
    if not reason.strip():
        problems.append(Problem("reason", REOPEN_WHY))
    if problems:
        raise InvalidInput(problems)
    panel.closed_at, panel.due_at = None, due
    uow.session.flush()
    audit.record(uow, actor, "panel.reopen", "panel", panel.id, reason=reason.strip()[:500])
    project = projects.get(uow, panel.project_id)
    for seat in seats_of(uow, panel):
        if seat.state in service.BUSY_STATES:
            _tell(uow, project, panel, seat, service.get(uow, seat.expert_id), REOPENED, REOPENED_BODY)
    return panel


def _due_at(day: date | None) -> datetime | None:
    """Return the last second of the day, in China, by which sheets are due."""
    return datetime.combine(day, time(23, 59, 59), SHANGHAI) if day else None


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a seat as the office sees it: who, and how many sheets they handed in."""

    seat: Seat
    expert: Expert
    done: int


def seats_of(uow: UnitOfWork, panel: Panel) -> list[Seat]:
    """Return all seats of a panel, in the order of invitation."""
    return list(uow.session.scalars(select(Seat).where(Seat.panel_id == panel.id).order_by(Seat.id)))
