"""The page of tasks: what is overdue, what is due today, what comes later, what is done."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, DomainError, InvalidInput
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.desk import tasks
from matcher.matching import assignments
from matcher.web.context import current_actor, current_uow
from matcher.web.desk.blueprint import desk
from matcher.web.desk.forms import GivenForm, given_form, read_day
from matcher.web.forms import read_number
from matcher.web.guard import for_roles
from matcher.web.language import t

DONE = Label("已完成“{title}”。", "Done: “{title}”.")
AGAIN = Label("已重新打开“{title}”。", "Open again: “{title}”.")
CHANGED = Label("已更新“{title}”。", "“{title}” is changed.")
WRITTEN = Label("任务已记下。", "The task is written down.")


def _whose() -> int | None:
    """Return whose tasks are looked at: one's own unless the address says otherwise, None for everybody's."""
    given = request.args.get("who", "")
    return None if given == "all" else read_number(given) or current_actor().person_id


@desk.get("/tasks")
@for_roles(Role.DESK)
def show_tasks() -> ResponseReturnValue:
    """List the tasks of one broker or of all."""
    return _page(GivenForm())


def _page(form: GivenForm, task_id: int | None = None) -> str:
    uow, whose = current_uow(), _whose()
    return render_template(
        "desk/tasks.html",
        listed=tasks.listed(uow, current_actor(), person_id=whose),
        whose=whose,
        brokers=assignments.brokers(uow),
        form=form,
        opened=task_id,
        here=request.args.get("who"),
    )


@desk.post("/tasks")
@for_roles(Role.DESK)
def add_own_task() -> ResponseReturnValue:
    """Write a task that belongs to nothing in particular, or to a need."""
    given = request.form
    try:
        with current_uow() as uow:
            tasks.create(
                uow, current_actor(), given.get("title", ""), read_day(given.get("due")),
                person_id=read_number(given.get("broker")), need_id=read_number(given.get("need")),
            )  # fmt: skip
    except InvalidInput as error:
        return _page(given_form("task", error)), 422
    return _back(WRITTEN)


@desk.post("/tasks/<int:task_id>")
@for_roles(Role.DESK)
def act_on_task(task_id: int) -> ResponseReturnValue:
    """Finish a task, open it again, or move it to another day or broker."""
    given, actor = request.form, current_actor()
    try:
        with current_uow() as uow:
            if given.get("act") == "done":
                message, task = DONE, tasks.finish(uow, actor, task_id)
            elif given.get("act") == "reopen":
                message, task = AGAIN, tasks.reopen(uow, actor, task_id)
            else:
                due, person_id = read_day(given.get("due")), read_number(given.get("broker"))
                version = read_number(given.get("seen_version"))
                message, task = CHANGED, tasks.change(uow, actor, task_id, due, person_id, version)
    except (InvalidInput, Conflict) as error:
        return _refused(error, task_id)
    return _back(message.format(title=task.title))


def _refused(error: DomainError, task_id: int) -> ResponseReturnValue:
    return _page(given_form("change", error), task_id), 409 if isinstance(error, Conflict) else 422


def _back(message: Label) -> ResponseReturnValue:
    flash(t(message), "success")
    pairing = read_number(request.form.get("pairing"))
    if pairing:
        return redirect(url_for("desk.pairing", pairing_id=pairing, _anchor="tasks"), 303)
    if request.form.get("home"):
        return redirect(url_for("desk.home"), 303)
    return redirect(url_for("desk.show_tasks", who=request.args.get("who")), 303)
