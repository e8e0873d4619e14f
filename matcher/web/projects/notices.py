"""Objections to public notices: filed by anybody, answered by the office."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.keyed import keyed_hash
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.projects.lifecycle import OBJECTION_LIFECYCLE
from matcher.projects.setup import objections as service
from matcher.projects.setup import public as public_queries
from matcher.projects.setup.service import read
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.forms import Form, read_form, read_number
from matcher.web.guard import for_roles, public, signed_in
from matcher.web.language import t
from matcher.web.projects.blueprint import projects


@projects.get("/notices/<int:notice_id>/object")
@public
def object(notice_id: int) -> ResponseReturnValue:  # noqa: A001 -- the name of the page
    """Show the form of an objection to a notice, with what a signed-in person filed before."""
    return _form(notice_id, Form(service.OBJECTION_FIELDS, {"name": current_actor().name}))


@projects.post("/notices/<int:notice_id>/object")
@public
def object_post(notice_id: int) -> ResponseReturnValue:
    """Take an objection; what was typed is never lost when it cannot be taken."""
    given = read_form(service.OBJECTION_FIELDS, request.form)
    try:
        with current_uow() as uow:
            sender = keyed_hash(platform().settings.session_key, "objection", request.remote_addr or "")
            objection = service.file(uow, current_actor(), notice_id, given, sender=sender)
    except InvalidInput as error:
        return _form(notice_id, Form(service.OBJECTION_FIELDS, given, error.problems)), 422
    except Conflict as error:
        return _form(notice_id, Form(service.OBJECTION_FIELDS, given), error.message), 409
    flash(_("异议已收到，编号 YY%(number)06d。受理部门会在公示期满后继续之前答复。", number=objection.id), "success")
    return redirect(url_for("calls.notice", notice_id=notice_id), 303)


def _form(notice_id: int, form: Form, refusal: Label | None = None) -> str:
    uow = current_uow()
    shown = public_queries.notice(uow, notice_id)
    own = service.own(uow, current_actor(), notice_id)
    return render_template(
        "projects/object.html",
        shown=shown,
        form=form,
        refusal=refusal,
        own=own,
        states=OBJECTION_LIFECYCLE.labels,
    )


@projects.post("/objections/<int:objection_id>/withdraw")
@signed_in
def withdraw(objection_id: int) -> ResponseReturnValue:
    """Take one's own objection back."""
    with current_uow() as uow:
        objection = service.withdraw(uow, current_actor(), objection_id)
    flash(_("异议已撤回。"), "success")
    return redirect(url_for("projects.object", notice_id=objection.notice_id), 303)


@projects.get("/<int:project_id>/objections")
@for_roles(Role.GOVERNMENT)
def objections(project_id: int) -> ResponseReturnValue:
    """List the objections to a project's notices, for the office."""
    return _objections(project_id)


@projects.post("/<int:project_id>/objections")
@for_roles(Role.GOVERNMENT)
def answer(project_id: int) -> ResponseReturnValue:
    """Answer one objection."""
    number = read_number(request.form.get("objection")) or 0
    try:
        with current_uow() as uow:
            upheld, text = request.form.get("verdict") == "uphold", request.form.get("answer", "")
            service.answer(uow, current_actor(), number, upheld=upheld, text=text)
    except InvalidInput as error:
        return _objections(project_id, error.problems), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(url_for("projects.objections", project_id=project_id), 303)
    flash(_("答复已保存。"), "success")
    return redirect(url_for("projects.objections", project_id=project_id), 303)


def _objections(project_id: int, problems: tuple[Problem, ...] = ()) -> str:
    uow, actor = current_uow(), current_actor()
    return render_template(
        "projects/objections.html",
        project=read(uow, actor, project_id),
        rows=service.of_project(uow, actor, project_id),
        states=OBJECTION_LIFECYCLE.labels,
        form=Form((), request.form, problems),
    )
