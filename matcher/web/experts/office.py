"""What the office sees and does: panels of a project, candidates, balanced proposals, all marks."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.projects.experts import candidates, office, overview, panels
from matcher.projects.experts.assignment import LIMIT_LABELS
from matcher.projects.experts.model import Panel, Stage
from matcher.projects.setup import service as projects
from matcher.projects.setup.model import Project
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.experts.blueprint import experts
from matcher.web.experts.reading import numbers
from matcher.web.forms import Form, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t

INVITED = Label("已发出 {count} 份邀请。", "{count} invitations are sent.")
SAVED = Label("已保存评审组。", "The panel is saved.")
REOPENED = Label("评审已恢复，并通知了评审组的专家。可以增补专家。", "The panel goes on and its experts are told. More can be asked.")  # fmt: skip
CLOSED = Label("评审组已结束，意见不再变动。", "The panel is closed; its sheets stand.")
REMOVED = Label("已撤下这位专家，其意见不再计入。", "The expert is taken off; their sheet no longer counts.")


@experts.get("/projects/<int:project_id>", endpoint="panels")
@for_roles(Role.GOVERNMENT)
def show_panels(project_id: int) -> ResponseReturnValue:
    """Show the panels of a project with all marks."""
    return _panels(project_id)


def _panels(project_id: int, reopening: int | None = None, problems: tuple[Problem, ...] = ()) -> str:
    uow, actor = current_uow(), current_actor()
    project = projects.read(uow, actor, project_id)
    return render_template(
        "experts/panels.html",
        project=project,
        shown=overview.of_project(uow, actor, project),
        possible=overview.possible_stages(uow, project),
        now=uow.clock(),
        reopening=reopening,
        problems=problems,
        typed=request.form,
    )


@experts.get("/projects/<int:project_id>/new")
@for_roles(Role.GOVERNMENT)
def new_panel(project_id: int) -> ResponseReturnValue:
    """Show the form of a new panel, filled in by the rules of the list."""
    uow, project, stage = current_uow(), projects.read(current_uow(), current_actor(), project_id), _stage()
    given = office.defaults(uow, project, stage, read_number(request.args.get("gate")))
    return _panel_form(Form(office.PANEL_FIELDS, given), project, stage)


@experts.post("/projects/<int:project_id>/new")
@for_roles(Role.GOVERNMENT)
def new_panel_post(project_id: int) -> ResponseReturnValue:
    """Set up a panel."""
    given, stage, gate = read_form(office.PANEL_FIELDS, request.form), _stage(), read_number(request.args.get("gate"))
    try:
        with current_uow() as uow:
            panel = office.open_panel(uow, current_actor(), project_id, stage, given, gate)
    except InvalidInput as error:
        project = projects.get(current_uow(), project_id)
        return _panel_form(Form(office.PANEL_FIELDS, given, error.problems), project, stage), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(url_for("experts.panels", project_id=project_id), 303)
    return redirect(url_for("experts.choose", panel_id=panel.id), 303)


def _stage() -> Stage:
    text = request.args.get("stage", "")
    if text not in set(Stage):
        abort(404)
    return Stage(text)


def _panel_form(form: Form, project: Project, stage: Stage, panel: Panel | None = None) -> str:
    return render_template("experts/panel_form.html", form=form, project=project, stage=stage, panel=panel)


@experts.get("/panels/<int:panel_id>/edit")
@for_roles(Role.GOVERNMENT)
def edit_panel(panel_id: int) -> ResponseReturnValue:
    """Show the form of a panel."""
    uow = current_uow()
    panel = office.managed(uow, current_actor(), panel_id)
    form = Form(office.PANEL_FIELDS, office.given_of(panel))
    return _panel_form(form, projects.get(uow, panel.project_id), panel.stage, panel)


@experts.post("/panels/<int:panel_id>/edit")
@for_roles(Role.GOVERNMENT)
def edit_panel_post(panel_id: int) -> ResponseReturnValue:
    """Change a panel."""
    given = read_form(office.PANEL_FIELDS, request.form)
    try:
        with current_uow() as uow:
            panel = office.edit(uow, current_actor(), panel_id, given)
    except InvalidInput as error:
        panel = panels.get(current_uow(), panel_id)
        form = Form(office.PANEL_FIELDS, given, error.problems)
        return _panel_form(form, projects.get(current_uow(), panel.project_id), panel.stage, panel), 422
    flash(t(SAVED), "success")
    return redirect(url_for("experts.panels", project_id=panel.project_id), 303)


@experts.get("/panels/<int:panel_id>/choose")
@for_roles(Role.GOVERNMENT)
def choose(panel_id: int) -> ResponseReturnValue:
    """Show who could sit on a panel; texts that the machine has not read yet are read now."""
    return _choose(panel_id)


def _choose(panel_id: int, problems: tuple[Problem, ...] = ()) -> str:
    with current_uow() as uow:
        panel = office.managed(uow, current_actor(), panel_id)
        rows = candidates.rows(uow, current_actor(), panel, platform().matcher.encoder)
    project = projects.get(uow, panel.project_id)
    chosen = set(numbers(request.form.getlist("expert")))
    return render_template(
        "experts/choose.html", panel=panel, project=project, rows=rows, problems=problems, chosen=chosen
    )


@experts.post("/panels/<int:panel_id>/choose")
@for_roles(Role.GOVERNMENT)
def invite(panel_id: int) -> ResponseReturnValue:
    """Ask the experts who are ticked; who cannot be asked is named."""
    try:
        with current_uow() as uow:
            made = office.invite(uow, current_actor(), panel_id, numbers(request.form.getlist("expert")))
            project_id = panels.get(uow, panel_id).project_id
    except InvalidInput as error:
        return _choose(panel_id, error.problems), 422
    flash(t(INVITED.format(count=len(made))), "success")
    return redirect(url_for("experts.panels", project_id=project_id), 303)


@experts.post("/places/<int:seat_id>/remove")
@for_roles(Role.GOVERNMENT)
def remove(seat_id: int) -> ResponseReturnValue:
    """Take an expert off a panel, then show who could come instead."""
    with current_uow() as uow:
        panel = office.remove(uow, current_actor(), seat_id, request.form.get("reason", "")[:500])
    flash(t(REMOVED), "success")
    return redirect(url_for("experts.choose", panel_id=panel.id), 303)


@experts.post("/panels/<int:panel_id>/close")
@for_roles(Role.GOVERNMENT)
def close_panel(panel_id: int) -> ResponseReturnValue:
    """Close a panel."""
    project_id = panels.get(current_uow(), panel_id).project_id
    try:
        with current_uow() as uow:
            office.close(uow, current_actor(), panel_id, request.form.get("reason", ""))
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(t(CLOSED), "success")
    return redirect(url_for("experts.panels", project_id=project_id), 303)


@experts.post("/panels/<int:panel_id>/reopen")
@for_roles(Role.GOVERNMENT)
def reopen_panel(panel_id: int) -> ResponseReturnValue:
    """Let a closed panel go on, then show who could come besides."""
    project_id, form = panels.get(current_uow(), panel_id).project_id, request.form
    try:
        with current_uow() as uow:
            office.reopen(uow, current_actor(), panel_id, form.get("due_on", ""), form.get("reason", ""))
    except InvalidInput as error:
        return _panels(project_id, panel_id, error.problems), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(url_for("experts.panels", project_id=project_id), 303)
    flash(t(REOPENED), "success")
    return redirect(url_for("experts.choose", panel_id=panel_id), 303)


@experts.get("/balance")
@for_roles(Role.GOVERNMENT)
def balance() -> ResponseReturnValue:
    """Propose a balanced assignment for the panels that are ticked."""
    uow, actor = current_uow(), current_actor()
    opened, chosen = candidates.open_panels(uow, actor), numbers(request.args.getlist("panel"))
    chosen = [panel.id for panel, _ in opened if panel.id in chosen][:12]
    proposals: list[Any] = []
    if chosen:
        with uow:
            proposals = candidates.propose(uow, actor, chosen, platform().matcher.encoder)
    return render_template(
        "experts/balance.html", opened=opened, chosen=chosen, proposals=proposals, limits=LIMIT_LABELS
    )


@experts.post("/balance")
@for_roles(Role.GOVERNMENT)
def balance_post() -> ResponseReturnValue:
    """Ask the proposed experts who are still ticked, all of them or none; a box carries panel and expert: 3:12."""
    wanted: dict[int, list[int]] = {}
    for text in request.form.getlist("seat"):
        panel, _, expert = text.partition(":")
        if (panel_id := read_number(panel)) and (expert_id := read_number(expert)):
            wanted.setdefault(panel_id, []).append(expert_id)
    try:
        with current_uow() as uow:
            made = [seat for one, ids in wanted.items() for seat in office.invite(uow, current_actor(), one, ids)]
    except InvalidInput as error:
        for problem in error.problems:
            flash(t(problem.message), "error")
        return redirect(url_for("experts.balance", panel=list(wanted)), 303)
    flash(t(INVITED.format(count=len(made))), "success")
    return redirect(url_for("experts.balance"), 303)
