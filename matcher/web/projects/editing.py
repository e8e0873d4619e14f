"""The form of a project: begun from a common problem, a need or nothing, and changed while it is a draft."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matcher.core.errors import Conflict, InvalidInput
from matcher.core.people import Role
from matcher.core.permissions import require
from matcher.projects.setup import checks, editing, origins, service
from matcher.projects.setup.demand import demand_of, need_ids
from matcher.projects.setup.fields import PROJECT_FIELDS, PROJECT_GROUPS
from matcher.projects.setup.model import Project
from matcher.projects.topics.demand_index import PARTS
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form, change_rows, given_from, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.projects.blueprint import projects


def _origin() -> tuple[int | None, list[int], str]:
    """Return the topic, the needs and the name that the address of a new project tells; raises what origins raise."""
    uow, actor = current_uow(), current_actor()
    if topic_id := read_number(request.args.get("topic")):
        topic, needs = origins.of_topic(uow, actor, topic_id)
        return topic_id, needs, topic.name if topic.named_after is None else ""
    if need_id := read_number(request.args.get("need")):
        return None, [origins.of_need(uow, actor, need_id).id], ""
    return None, [], ""


@projects.get("/new")
@for_roles(Role.GOVERNMENT)
def new() -> ResponseReturnValue:
    """Show the form of a new project, filled with what its origin tells."""
    require(current_actor(), "project.write")
    try:
        topic_id, needs, name = _origin()
    except InvalidInput as error:
        flash(t(error.problems[0].message), "warning")
        return redirect(url_for("topics.index"))
    values: dict[str, Any] = {"mode": "challenge", "teams": 1}
    if needs:
        values = origins.proposal(current_uow(), current_actor(), needs, name)
    return _form(Form(PROJECT_FIELDS, given_from(PROJECT_FIELDS, values)), needs, topic_id=topic_id)


@projects.post("/new")
@for_roles(Role.GOVERNMENT)
def new_post() -> ResponseReturnValue:
    """Write a new draft."""
    given = read_form(PROJECT_FIELDS, request.form)
    topic_id, needs, _name = _origin()
    if change_rows(PROJECT_FIELDS, request.form, given):
        return _form(Form(PROJECT_FIELDS, given), needs, topic_id=topic_id)
    try:
        with current_uow() as uow:
            project = editing.create(uow, current_actor(), given, topic_id=topic_id, needs=needs)
    except InvalidInput as error:
        return _form(Form(PROJECT_FIELDS, given, error.problems), needs, topic_id=topic_id), 422
    flash(_("已保存为草拟。"), "success")
    return redirect(url_for("projects.show", project_id=project.id), 303)


@projects.get("/<int:project_id>/edit")
@for_roles(Role.GOVERNMENT)
def edit(project_id: int) -> ResponseReturnValue:
    """Show the form of a draft."""
    project = service.read(current_uow(), current_actor(), project_id)
    given = given_from(PROJECT_FIELDS, checks.values_of(project))
    return _form(Form(PROJECT_FIELDS, given), need_ids(project), project)


@projects.post("/<int:project_id>/edit")
@for_roles(Role.GOVERNMENT)
def edit_post(project_id: int) -> ResponseReturnValue:
    """Change a draft; what the rules of its list say is shown on its page."""
    given, actor = read_form(PROJECT_FIELDS, request.form), current_actor()
    project = service.read(current_uow(), actor, project_id)
    needs = need_ids(project)
    if change_rows(PROJECT_FIELDS, request.form, given):
        return _form(Form(PROJECT_FIELDS, given), needs, project)
    try:
        with current_uow() as uow:
            seen = read_number(request.form.get("seen_version"))
            editing.edit(uow, actor, project_id, given, seen_version=seen)
    except InvalidInput as error:
        return _form(Form(PROJECT_FIELDS, given, error.problems), needs, project), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return _form(Form(PROJECT_FIELDS, given), needs, project), 409
    flash(_("已保存。"), "success")
    return redirect(url_for("projects.show", project_id=project_id), 303)


def _form(form: Form, needs: Sequence[int], project: Project | None = None, *, topic_id: int | None = None) -> str:
    origin: dict[str, Any] = {"topic": topic_id} if topic_id else {"need": needs[0]} if needs else {}
    address = (
        url_for("projects.edit_post", project_id=project.id) if project else url_for("projects.new_post", **origin)
    )
    return render_template(
        "projects/form.html",
        form=form,
        groups=PROJECT_GROUPS,
        project=project,
        address=address,
        needs=len(needs),
        demand=demand_of(current_uow(), needs),
        parts=PARTS,
    )
