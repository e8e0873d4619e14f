"""Tasks of brokers with their due dates: what is overdue, today, later, and done."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from matcher.accounts.model import Person
from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.desk.model import Task
from matcher.desk.reminders import tell_of_task
from matcher.matching import assignments, review
from matcher.matching.model import Pairing
from matcher.needs.model import Need
from matcher.offers.model import Offer

TITLE_LIMIT = 200
DONE_SHOWN = 20
NO_TITLE = Label("请写明要做什么。", "Say what is to be done.")
TITLE_LONG = Label("任务最多 {limit} 字。", "A task has {limit} characters at most.")
DUE_WRONG = Label("请选择今天起两年以内的日期。", "Choose a date from today on, within two years.")
NO_TASK = Label("找不到这项任务。", "There is no such task.")
NO_NEED = Label("找不到这条需求。", "There is no such need.")
DONE_ALREADY = Label("这项任务已经完成。", "This task is done already.")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """Hold a task as it is listed; `person` does it, `about` is the title of what it belongs to."""

    id: int
    title: str
    due: date
    person_id: int
    person: str
    pairing_id: int | None
    need_id: int | None
    created_at: datetime
    created_by: str
    done_at: datetime | None
    done_by: str | None
    version: int
    about: str
    is_overdue: bool


COLUMNS = tuple(one.name for one in fields(TaskRow) if one.name not in ("about", "is_overdue"))


@dataclass(frozen=True, slots=True)
class TaskList:
    """Hold the open tasks of somebody or of all, by how they press, and what was done last."""

    overdue: list[TaskRow]
    today: list[TaskRow]
    later: list[TaskRow]
    done: list[TaskRow]

    @property
    def open_count(self) -> int:
        """Return how many are not done."""
        return len(self.overdue) + len(self.today) + len(self.later)


def create(
    uow: UnitOfWork,
    actor: Actor,
    title: str,
    due: date | None,
    *,
    person_id: int | None = None,
    pairing_id: int | None = None,
    need_id: int | None = None,
) -> Task:
    """Write a task for a broker (oneself, if nobody is named). Raises NotAllowed, NotFound, InvalidInput."""
    require(actor, "task.manage")
    title = " ".join(clean_text(title).split())
    person_id = person_id or actor.person_id
    problems = _problems(uow, title, due, person_id)
    if problems:
        raise InvalidInput(problems)
    if pairing_id is not None:
        review.get(uow, pairing_id)
        assignments.keep(uow, pairing_id)
    elif need_id is not None and uow.session.get(Need, need_id) is None:
        raise NotFound(NO_NEED)
    task = Task(title=title, due=due, person_id=person_id, pairing_id=pairing_id, need_id=need_id)
    task.created_by, task.created_at = actor.person_id, uow.clock()
    uow.session.add(task)
    uow.session.flush()
    audit.record(uow, actor, "task.create", "task", task.id, to=person_id, pairing=pairing_id, need=need_id)
    tell_of_task(uow, task, actor.person_id, actor.name)
    return task


def _problems(uow: UnitOfWork, title: str, due: date | None, person_id: int | None) -> list[Problem]:
    problems = []
    if not title:
        problems.append(Problem("title", NO_TITLE))
    if len(title) > TITLE_LIMIT:
        problems.append(Problem("title", TITLE_LONG.format(limit=TITLE_LIMIT)))
    today = local_date(uow.clock())
    if due is None or not today <= due <= today + timedelta(days=731):
        problems.append(Problem("due", DUE_WRONG))
    if person_id not in {one.id for one in assignments.brokers(uow)}:
        problems.append(Problem("broker", assignments.NOT_AT_DESK))
    return problems


def _get(uow: UnitOfWork, task_id: int, seen_version: int | None = None) -> Task:
    task = uow.session.get(Task, task_id)
    if task is None:
        raise NotFound(NO_TASK)
    if seen_version is not None and seen_version != task.version:
        raise Conflict(CHANGED_MEANWHILE)
    return task


def finish(uow: UnitOfWork, actor: Actor, task_id: int) -> Task:
    """Mark a task as done; anybody of the desk may. Raises Conflict when it is done already."""
    require(actor, "task.manage")
    task = _get(uow, task_id)
    if task.done_at is not None:
        raise Conflict(DONE_ALREADY)
    task.done_at, task.done_by = uow.clock(), actor.person_id
    audit.record(uow, actor, "task.done", "task", task.id)
    return task


def reopen(uow: UnitOfWork, actor: Actor, task_id: int) -> Task:
    """Take back that a task is done."""
    require(actor, "task.manage")
    task = _get(uow, task_id)
    task.done_at, task.done_by = None, None
    audit.record(uow, actor, "task.reopen", "task", task.id)
    return task


def change(
    uow: UnitOfWork,
    actor: Actor,
    task_id: int,
    due: date | None,
    person_id: int | None,
    seen_version: int | None = None,
) -> Task:
    """Move a task to another day or another broker. Raises NotAllowed, NotFound, InvalidInput, Conflict."""
    require(actor, "task.manage")
    task = _get(uow, task_id, seen_version)
    if task.done_at is not None:
        raise Conflict(DONE_ALREADY)
    # An overdue task may keep its day while it changes hands.
    problems = [] if due == task.due and person_id == task.person_id else _problems(uow, task.title, due, person_id)
    if due == task.due:
        problems = [problem for problem in problems if problem.field != "due"]
    if problems or due is None or person_id is None:
        raise InvalidInput(problems or [Problem("due", DUE_WRONG)])
    changes_hands = task.person_id != person_id
    task.due, task.person_id = due, person_id
    uow.session.flush()
    if changes_hands:
        tell_of_task(uow, task, actor.person_id, actor.name)
    audit.record(uow, actor, "task.change", "task", task.id, to=person_id, due=due.isoformat())
    return task


def overdue_count(uow: UnitOfWork, actor: Actor) -> int:
    """Count the actor's own tasks that are due today or were due before."""
    require(actor, "task.manage")
    mine = and_(Task.person_id == actor.person_id, Task.done_at.is_(None), Task.due <= local_date(uow.clock()))
    return uow.session.scalar(select(func.count()).select_from(Task).where(mine)) or 0


def listed(uow: UnitOfWork, actor: Actor, *, person_id: int | None = None) -> TaskList:
    """Return the tasks of one broker, or of all."""
    require(actor, "task.manage")
    whose: list[ColumnElement[bool]] = [Task.person_id == person_id] if person_id else []
    today = local_date(uow.clock())
    waiting = _rows(uow, Task.done_at.is_(None), *whose)
    done = _rows(uow, Task.done_at.is_not(None), *whose, latest=DONE_SHOWN)
    return TaskList(
        [row for row in waiting if row.due < today],
        [row for row in waiting if row.due == today],
        [row for row in waiting if row.due > today],
        done,
    )


def of_pairing(uow: UnitOfWork, pairing: Pairing) -> list[TaskRow]:
    """Return the tasks of a pairing and of its need, open ones first; callers have asked who may see it."""
    belongs = (Task.pairing_id == pairing.id) | (Task.need_id == pairing.need_id)
    rows = _rows(uow, belongs)
    return sorted(rows, key=lambda row: row.done_at is not None)


def _rows(uow: UnitOfWork, *conditions: ColumnElement[bool], latest: int | None = None) -> list[TaskRow]:
    doer, maker, finisher, of_task = aliased(Person), aliased(Person), aliased(Person), aliased(Need)
    columns: tuple[Any, ...] = (
        Task.id, Task.title, Task.due, Task.person_id, doer.name, Task.pairing_id, Task.need_id, Task.created_at,
        func.coalesce(maker.name, ""), Task.done_at, finisher.name, Task.version,
        func.coalesce(of_task.title, Need.title, ""), func.coalesce(Offer.title, ""),
    )  # fmt: skip
    query = (
        select(*columns)
        .join(doer, doer.id == Task.person_id)
        .outerjoin(maker, maker.id == Task.created_by)
        .outerjoin(finisher, finisher.id == Task.done_by)
        .outerjoin(of_task, of_task.id == Task.need_id)
        .outerjoin(Pairing, Pairing.id == Task.pairing_id)
        .outerjoin(Need, Need.id == Pairing.need_id)
        .outerjoin(Offer, Offer.id == Pairing.offer_id)
        .where(*conditions)
    )
    query = query.order_by(Task.done_at.desc()).limit(latest) if latest else query.order_by(Task.due, Task.id)
    today = local_date(uow.clock())
    return [_row(row, today) for row in uow.session.execute(query)]


def _row(row: Sequence[Any], today: date) -> TaskRow:
    plain: dict[str, Any] = dict(zip(COLUMNS, row, strict=False))
    about = " ↔ ".join(filter(None, row[len(COLUMNS) :]))
    return TaskRow(**plain, about=about, is_overdue=plain["done_at"] is None and plain["due"] < today)
