"""Pages of lists (榜单) for the office: their rules, dates and projects, and publication as a whole."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.projects.lifecycle import MODE_LABELS, PROJECT_LIFECYCLE
from matcher.projects.setup import calls as service
from matcher.projects.setup.fields import CALL_GROUPS, CALL_KIND
from matcher.projects.setup.model import Call
from matcher.projects.setup.rules import RULE_FIELDS, RULE_GROUPS, rules_of
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.projects.blueprint import STAFF, projects

GROUPS = CALL_GROUPS | RULE_GROUPS


@projects.get("/calls")
@for_roles(*STAFF)
def calls() -> ResponseReturnValue:
    """List the lists, those that are being prepared first."""
    rows = service.all_calls(current_uow(), current_actor())
    return render_template("projects/calls.html", rows=rows, kinds=CALL_KIND, now=current_uow().clock())


@projects.get("/calls/new")
@for_roles(Role.GOVERNMENT)
def call_new() -> ResponseReturnValue:
    """Show the form of a new list with the usual rules."""
    return _form(Form(service.FIELDS, service.fresh()))


@projects.post("/calls/new")
@for_roles(Role.GOVERNMENT)
def call_new_post() -> ResponseReturnValue:
    """Write a new list."""
    given = read_form(service.FIELDS, request.form)
    try:
        with current_uow() as uow:
            call = service.create(uow, current_actor(), given)
    except InvalidInput as error:
        return _form(Form(service.FIELDS, given, error.problems)), 422
    flash(_("榜单已保存。"), "success")
    return redirect(url_for("projects.call", call_id=call.id), 303)


@projects.get("/calls/<int:call_id>/edit")
@for_roles(Role.GOVERNMENT)
def call_edit(call_id: int) -> ResponseReturnValue:
    """Show the form of a list."""
    call = service.get(current_uow(), current_actor(), call_id)
    return _form(Form(service.FIELDS, service.given_of(call)), call)


@projects.post("/calls/<int:call_id>/edit")
@for_roles(Role.GOVERNMENT)
def call_edit_post(call_id: int) -> ResponseReturnValue:
    """Change a list that is not published."""
    given, actor = read_form(service.FIELDS, request.form), current_actor()
    call = service.get(current_uow(), actor, call_id)
    try:
        with current_uow() as uow:
            service.edit(uow, actor, call_id, given, seen_version=read_number(request.form.get("seen_version")))
    except InvalidInput as error:
        return _form(Form(service.FIELDS, given, error.problems), call), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return _form(Form(service.FIELDS, given), call), 409
    flash(_("榜单已保存。"), "success")
    return redirect(url_for("projects.call", call_id=call_id), 303)


def _form(form: Form, call: Call | None = None) -> str:
    return render_template("projects/call_form.html", form=form, groups=GROUPS, call=call)


@projects.get("/calls/<int:call_id>")
@for_roles(*STAFF)
def call(call_id: int) -> ResponseReturnValue:
    """Show a list with its projects, its rules, and what keeps it from being published."""
    return _page(call_id)


@projects.post("/calls/<int:call_id>")
@for_roles(Role.GOVERNMENT)
def call_publish(call_id: int) -> ResponseReturnValue:
    """Publish a list with all its projects."""
    try:
        with current_uow() as uow:
            published = service.publish_call(uow, current_actor(), call_id)
    except InvalidInput as error:
        return _page(call_id, error.problems), 422
    except Conflict as error:
        return _page(call_id, refusal=error.message), 409
    flash(_("已发榜，共 %(count)s 个项目。", count=len(published)), "success")
    return redirect(url_for("projects.call", call_id=call_id), 303)


def _page(call_id: int, problems: tuple[Problem, ...] = (), refusal: Label | None = None) -> str:
    uow, actor = current_uow(), current_actor()
    call = service.get(uow, actor, call_id)
    return render_template(
        "projects/call.html",
        call=call,
        kinds=CALL_KIND,
        rows=service.projects_on(uow, call.id),
        states=PROJECT_LIFECYCLE.labels,
        modes=MODE_LABELS,
        rules=rules_of(call),
        rule_fields=RULE_FIELDS,
        rule_groups=RULE_GROUPS,
        hindrances=service.hindrances(uow, call),
        refusal=refusal,
        form=Form((), request.form, problems),
    )
