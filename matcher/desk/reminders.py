"""Reminders of tasks: one message in the morning of the day on which something falls due, and a word when a colleague gives a task."""

from collections.abc import Sequence
from datetime import date, time

from sqlalchemy import func, select

from matcher.core.clock import SHANGHAI
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.model import Task
from matcher.messages.kinds import MessageKind
from matcher.messages.model import Message
from matcher.messages.service import Text, notify

# An hour before the digests, so that a digest of the day carries what falls due on that day.
MORNING = time(7)
LISTED = 10
LINK = "/desk/tasks"
PREFIX = "tasks:"
ONE = Label("今天到期：{title}", "Due today: {title}")
MANY = Label("今天有 {count} 项任务到期", "{count} tasks fall due today")
ONE_LATE = Label("已过期：{title}", "Overdue: {title}")
MANY_LATE = Label("有 {count} 项任务已过期", "{count} tasks are overdue")
LINE = Label("· {title}（{when}）", "· {title} ({when})")
TODAY = Label("今天到期", "due today")
LATE = Label("已过期 {days} 天", "{days} days overdue")
DAY_LATE = Label("昨天到期", "was due yesterday")
MORE = Label("另有 {count} 项，见任务页。", "{count} more are on the page of tasks.")
GIVEN = Label("{name}交给您一项任务：{title}", "{name} gave you a task: {title}")
GIVEN_DUE = Label("{due} 到期。", "It is due on {due}.")


def remind_of_tasks(uow: UnitOfWork) -> int:
    """Write to every broker what has fallen due since the message before, from seven o'clock in China on; returns how many were told.

    Somebody's message of a day is written once. A morning without a worker is made up for by the next run.
    """
    local = uow.clock().astimezone(SHANGHAI)
    if local.time() < MORNING:
        return 0
    today = local.date()
    told = _told_until(uow)
    query = select(Task).where(Task.done_at.is_(None), Task.due <= today).order_by(Task.due.desc(), Task.id)
    waiting: dict[int, list[Task]] = {}
    for task in uow.session.scalars(query):
        waiting.setdefault(task.person_id, []).append(task)
    count = 0
    for person_id, tasks in waiting.items():
        if any(task.due > told.get(person_id, date.min) for task in tasks):
            count += notify(
                uow, [person_id], MessageKind.REMINDER, _text(tasks, today), key=f"{PREFIX}{today}", link=LINK
            )
    return count


def tell_of_task(uow: UnitOfWork, task: Task, giver_id: int | None, giver: str) -> None:
    """Tell whoever has to do a task that a colleague gave it to them; nobody is told of their own."""
    if task.person_id == giver_id:
        return
    text = Text(GIVEN.format(name=giver, title=task.title), GIVEN_DUE.format(due=task.due.isoformat()))
    key = f"task:{task.id}:{task.version}"
    notify(uow, [task.person_id], MessageKind.REMINDER, text, key=key, link=LINK)


def _told_until(uow: UnitOfWork) -> dict[int, date]:
    """Return the day of the last message of each person; its key holds the day."""
    query = (
        select(Message.person_id, func.max(Message.key))
        .where(Message.kind == MessageKind.REMINDER, Message.key.startswith(PREFIX))
        .group_by(Message.person_id)
    )
    return {person_id: date.fromisoformat(key.removeprefix(PREFIX)) for person_id, key in uow.session.execute(query)}


def _text(tasks: Sequence[Task], today: date) -> Text:
    """Say what falls due; only the words of the task, since what it is about may be confidential."""
    fresh = [task for task in tasks if task.due == today]
    one, many, about = (ONE, MANY, fresh) if fresh else (ONE_LATE, MANY_LATE, tasks)
    title = one.format(title=about[0].title) if len(about) == 1 else many.format(count=len(about))
    lines = [LINE.format(title=task.title, when=_when(task, today)) for task in tasks[:LISTED]]
    if len(tasks) > LISTED:
        lines.append(MORE.format(count=len(tasks) - LISTED))
    return Text(title, Label("\n".join(line.zh for line in lines), "\n".join(line.en for line in lines)))


def _when(task: Task, today: date) -> Label:
    days = (today - task.due).days
    return TODAY if days == 0 else DAY_LATE if days == 1 else LATE.format(days=days)
