"""The list of projects, one project with the steps that can be taken, and its timeline."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor, Role
from matcher.core.permissions import allowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import NEED_LIFECYCLE
from matcher.needs.queries import rows_of
from matcher.projects.lifecycle import MODE_LABELS, PROJECT_LIFECYCLE, Mode, ProjectState
from matcher.projects.setup import argument, calls, checks, deciding, editing, notices, service
from matcher.projects.setup.demand import demand_of, need_ids
from matcher.projects.setup.fields import DECLARATION, MODE, PROJECT_FIELDS
from matcher.projects.setup.model import Project
from matcher.projects.setup.queries import WAITING_LABELS, ProjectFilter, list_projects, waiting_projects
from matcher.projects.setup.rules import rules_of
from matcher.projects.setup.timeline import timeline as read_timeline
from matcher.projects.topics.demand_index import PARTS
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form, read_number
from matcher.web.guard import for_roles, signed_in
from matcher.web.language import t
from matcher.web.lists import Facet, facet, read_choices, read_page, read_text, show_facets
from matcher.web.projects.blueprint import STAFF, projects

FACETS = (
    Facet(
        "state",
        Label("状态", "State"),
        lambda code: PROJECT_LIFECYCLE.labels[ProjectState(code)],
        {state.value for state in ProjectState}.__contains__,
    ),
    facet("mode", Label("组织方式", "Mode"), MODE),
)
#: What is said after each step.
DONE: dict[str, Label] = {
    "argue": Label("已提交论证。", "Handed to the experts."),
    "send_back": Label("已退回草拟。", "Taken back to a draft."),
    "notice": Label("立项公示已开始。", "The set-up notice has begun."),
    "revise": Label("公示已收回，项目退回草拟。", "The notice is taken back; the project is a draft again."),
    "publish": Label("已发榜。", "Published."),
    "cancel": Label("项目已撤销。", "The project is cancelled."),
    "relaunch": Label("已重新立为草拟。", "A draft again."),
    "assign": Label("已更换榜单。", "The list was changed."),
}


@projects.get("/")
@for_roles(*STAFF)
def index() -> ResponseReturnValue:
    """List the projects, the highest demand index first, with what waits for the office above."""
    uow, actor = current_uow(), current_actor()
    choices, text = read_choices(FACETS), read_text()
    listing = list_projects(uow, actor, ProjectFilter(text, choices["state"], choices["mode"]), read_page())
    return render_template(
        "projects/index.html",
        listing=listing,
        shown=show_facets(FACETS, listing, choices),
        text=text,
        waiting=waiting_projects(uow, actor) if allowed(actor, "project.decide") else [],
        labels=WAITING_LABELS,
        states=PROJECT_LIFECYCLE.labels,
        modes=MODE_LABELS,
        parts=PARTS,
    )


@projects.get("/<int:project_id>")
@for_roles(*STAFF)
def show(project_id: int) -> ResponseReturnValue:
    """Show one project with everything that the next step depends on."""
    return _page(project_id)


def _page(project_id: int, problems: tuple[Problem, ...] = (), refusal: Label | None = None) -> str:
    uow, actor = current_uow(), current_actor()
    project = service.read(uow, actor, project_id)
    rules = rules_of(project.call)
    notice = notices.current(uow, project.id, "setup")
    needs = need_ids(project)
    values = checks.values_of(project)
    rows = rows_of(uow, actor, needs)
    before = project.state in editing.BEFORE_PUBLICATION
    return render_template(
        "projects/show.html",
        project=project,
        values=values,
        fields={one.name: one for one in PROJECT_FIELDS},
        declarations=DECLARATION,
        rules=rules,
        demand=demand_of(uow, needs),
        parts=PARTS,
        needs=rows,
        hidden_needs=len(needs) - len(rows),
        need_states=NEED_LIFECYCLE.labels,
        states=PROJECT_LIFECYCLE.labels,
        modes=MODE_LABELS,
        steps=PROJECT_LIFECYCLE.actions(project.state) if allowed(actor, "project.decide") else (),
        missing=checks.missing(project) if project.state is ProjectState.DRAFT else [],
        warnings=checks.broken(values, rules) if before else [],
        period=checks.period(project.call, rules, uow.clock())
        if before and project.mode is not Mode.COMMISSIONED
        else [],
        notice=notice,
        hindrance=notices.hindrance(uow, notice) if notice else None,
        objections=notices.count_objections(uow, notice) if notice else {},
        argument=argument.argument_of(uow, project),
        calls=calls.choices(uow, actor) if before else [],
        refusal=refusal,
        form=Form((), request.form, problems),
    )


def _text(name: str) -> str:
    return request.form.get(name, "")


def _assign(uow: UnitOfWork, actor: Actor, project_id: int) -> Project:
    return editing.assign_call(uow, actor, project_id, read_number(_text("call")))


Act = Callable[[UnitOfWork, Actor, int], Project]
ACTS: dict[str, Act] = {
    "argue": deciding.argue,
    "send_back": lambda uow, actor, one: deciding.send_back(uow, actor, one, _text("note")),
    "notice": lambda uow, actor, one: deciding.announce_setup(uow, actor, one, _text("reason")),
    "revise": lambda uow, actor, one: deciding.revise(uow, actor, one, _text("note")),
    "publish": deciding.publish,
    "cancel": lambda uow, actor, one: deciding.cancel(uow, actor, one, _text("cancel_reason")),
    "relaunch": deciding.relaunch,
    "assign": _assign,
}


@projects.post("/<int:project_id>")
@for_roles(Role.GOVERNMENT)
def act(project_id: int) -> ResponseReturnValue:
    """Take the step whose button was pressed; what hinders it is said above the page."""
    name = request.form.get("do", "")
    if name not in ACTS:
        return _page(project_id, refusal=Label("请选择一个操作。", "Choose a step.")), 422
    try:
        with current_uow() as uow:
            ACTS[name](uow, current_actor(), project_id)
    except InvalidInput as error:
        return _page(project_id, error.problems), 422
    except Conflict as error:
        return _page(project_id, refusal=error.message), 409
    flash(t(DONE[name]), "success")
    return redirect(url_for("projects.show", project_id=project_id), 303)


@projects.get("/<int:project_id>/timeline")
@signed_in
def timeline(project_id: int) -> ResponseReturnValue:
    """Show what happened to a project, for those who may see it."""
    found = read_timeline(current_uow(), current_actor(), project_id)
    return render_template("projects/timeline.html", found=found, project=found.project, title=_("时间线"))
