"""Lists of projects for the office: filtered, by the demand index, with what waits for a decision."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from matcher.core.labels import Label
from matcher.core.listing import PAGE_SIZE, Listing, like
from matcher.core.numbers import LETTERS
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.lifecycle import ObjectionState, ProjectState
from matcher.projects.setup.model import Notice, Objection, Project


@dataclass(frozen=True, slots=True)
class ProjectFilter:
    """Say which projects are wanted; an empty part asks nothing."""

    text: str = ""
    state: tuple[str, ...] = ()
    mode: tuple[str, ...] = ()


class Waiting(StrEnum):
    """Name what of a project waits for the office."""

    OBJECTIONS = "objections"
    NOTICE_OVER = "notice_over"


WAITING_LABELS = {
    Waiting.OBJECTIONS: Label("有异议待答复", "Objections to answer"),
    Waiting.NOTICE_OVER: Label("公示期已满，待办理", "Notice is over: go on"),
}


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """Hold one project in the list, with what waits for the office."""

    project: Project
    waiting: list[Waiting]


def list_projects(uow: UnitOfWork, actor: Actor, wanted: ProjectFilter, page: int = 1) -> Listing[ProjectRow]:
    """Return one page of all projects, the highest demand index first, with counts of each choice; raises NotAllowed."""
    require(actor, "project.see")
    by_name = {"text": _text(wanted.text), "state": _among(Project.state, wanted.state), "mode": _among(Project.mode, wanted.mode)}  # fmt: skip
    conditions = [one for one in by_name.values() if one is not None]
    total = uow.session.scalar(select(func.count(Project.id)).where(*conditions)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = select(Project).where(*conditions)
    query = query.order_by(Project.demand_index.is_(None), Project.demand_index.desc(), Project.id.desc())
    rows = list(uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))
    waits = _waits(uow, [one.id for one in rows])
    counts = {name: _counts(uow, name, by_name) for name in ("state", "mode")}
    return Listing([ProjectRow(one, waits.get(one.id, [])) for one in rows], total, page, counts)


def _among(column: InstrumentedAttribute[Any], codes: tuple[str, ...]) -> ColumnElement[bool] | None:
    return column.in_(codes) if codes else None


def _text(text: str) -> ColumnElement[bool] | None:
    if not text:
        return None
    digits = text.upper().removeprefix(LETTERS["project"])
    named = Project.title.like(like(text), escape="\\")
    return (
        or_(named, Project.id == int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 10 else named
    )


def _counts(uow: UnitOfWork, name: str, by_name: dict[str, ColumnElement[bool] | None]) -> dict[str, int]:
    column = getattr(Project, name)
    others = [one for key, one in by_name.items() if key != name and one is not None]
    query = select(column, func.count()).where(*others).group_by(column).order_by(func.count().desc(), column)
    return {code.value: count for code, count in uow.session.execute(query)}


def _waits(uow: UnitOfWork, ids: list[int]) -> dict[int, list[Waiting]]:
    found: dict[int, list[Waiting]] = {}
    for kind, condition in ((Waiting.OBJECTIONS, _objected()), (Waiting.NOTICE_OVER, _over(uow))):
        for project_id in uow.session.scalars(select(Project.id).where(Project.id.in_(ids), condition)):
            found.setdefault(project_id, []).append(kind)
    return found


def _objected() -> ColumnElement[bool]:
    query = select(Notice.project_id).join(Objection, Objection.notice_id == Notice.id)
    return Project.id.in_(query.where(Objection.state == ObjectionState.OPEN))


def _over(uow: UnitOfWork) -> ColumnElement[bool]:
    ended = select(Notice.project_id).where(Notice.ended_at.is_(None), Notice.closes_at <= uow.clock())
    states = (ProjectState.NOTICED, ProjectState.AWARD_NOTICE)
    return Project.id.in_(ended) & Project.state.in_(states)


def waiting_projects(uow: UnitOfWork, actor: Actor, limit: int = 20) -> list[ProjectRow]:
    """Return the projects that wait for the office: objections to answer, notices that are over; raises NotAllowed."""
    require(actor, "project.see")
    query = select(Project).where(or_(_objected(), _over(uow))).order_by(Project.changed_at, Project.id).limit(limit)
    rows = list(uow.session.scalars(query))
    waits = _waits(uow, [one.id for one in rows])
    return [ProjectRow(one, waits.get(one.id, [])) for one in rows]


def count_waiting(uow: UnitOfWork, actor: Actor) -> int:
    """Count the projects that wait for the office, for the header."""
    require(actor, "project.see")
    return uow.session.scalar(select(func.count(Project.id)).where(or_(_objected(), _over(uow)))) or 0


def of_topic(uow: UnitOfWork, topic_id: int) -> list[Project]:
    """Return the projects made of a common problem, the latest first."""
    return list(uow.session.scalars(select(Project).where(Project.topic_id == topic_id).order_by(Project.id.desc())))
