"""The public list of scenarios, one scenario, writing one, applying, and the page of a trial."""

from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.core.vocabularies import REGION, TECH_FIELD
from matcher.exchange import scenarios as scenario_list
from matcher.needs.model import NEED_LIFECYCLE
from matcher.projects.scenarios import queries, service, trials
from matcher.projects.scenarios.fields import SCENARIO_FIELDS, TRIAL_FIELDS
from matcher.projects.scenarios.model import TRIAL_LIFECYCLE
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form, given_from, read_form, read_number
from matcher.web.guard import for_roles, signed_in
from matcher.web.guard import public as open_to_all
from matcher.web.language import language, t
from matcher.web.lists import Facet, facet, read_choices, read_page, show_facets

scenarios = Blueprint("scenarios", __name__, url_prefix="/scenarios")
WRITERS = (Role.ENTERPRISE, Role.GOVERNMENT, Role.DESK)
TEAMS = (Role.UNIVERSITY, Role.ENTERPRISE)
SIDES = (Role.UNIVERSITY, Role.ENTERPRISE, Role.GOVERNMENT, Role.DESK)
OPEN_LABELS = {
    queries.OPEN: Label("可以申请", "Open for application"),
    queries.ENDED: Label("已截止或满额", "Ended or full"),
}
FACETS = (
    Facet("open", Label("申请状态", "Application"), OPEN_LABELS.__getitem__, OPEN_LABELS.__contains__),
    facet("tech_field", Label("技术领域", "Technology field"), TECH_FIELD),
    facet("region", Label("地区", "Region"), REGION),
)
SAVED = Label("场景已保存。需求发布后，它就会出现在场景机会清单中。", "The scenario is saved. It is in the list as soon as its need is published.")  # fmt: skip
APPLIED = Label("申请已递交，场景方会收到通知。", "The application is handed in; the owner is told.")
WRITTEN = Label("已记入试验日志。", "It is in the diary.")
STEPPED = {
    "admit": Label("已接纳，并通知了申请方。", "Admitted; the team is told."),
    "refuse": Label("已答复，并把理由告知了申请方。", "Answered; the team is told why."),
    "start": Label("试验已开始。", "The trial has started."),
    "succeed": Label("已记录：试验通过。", "Recorded: the trial passed."),
    "fail": Label("已记录：试验未通过。", "Recorded: the trial failed."),
    "adopt": Label("已记录：推广应用。", "Recorded: adopted."),
    "withdraw": Label("已撤回，并通知了场景方。", "Taken back; the owner is told."),
}


@scenarios.context_processor
def words() -> dict[str, object]:
    """Give the templates the labels of the domain."""
    return {"TRIAL_STATES": TRIAL_LIFECYCLE.labels, "NEED_STATES": NEED_LIFECYCLE.labels, "FIELDS": {f.name: f for f in (*SCENARIO_FIELDS, *TRIAL_FIELDS)}}  # fmt: skip


@scenarios.get("/")
@open_to_all
def index() -> ResponseReturnValue:
    """List the scenarios that the reader may see."""
    choices = read_choices(FACETS)
    listing = queries.list_scenarios(current_uow(), current_actor(), queries.ScenarioFilter(**choices), read_page())
    return render_template("scenarios/index.html", listing=listing, shown=show_facets(FACETS, listing, choices))


@scenarios.get("/list.xlsx")
@open_to_all
def workbook() -> ResponseReturnValue:
    """Give the list as a workbook."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "scenarios.xlsx"
        scenario_list.write(current_uow(), current_actor(), path, language=language())
        content = path.read_bytes()
    name = {"Content-Disposition": 'attachment; filename="scenarios.xlsx"'}
    return Response(content, mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", headers=name)


@scenarios.get("/own")
@for_roles(*SIDES)
def own() -> ResponseReturnValue:
    """Show the own scenarios and trials; to the office and the desk, how all of them go."""
    uow, actor = current_uow(), current_actor()
    staff = bool(actor.roles & {Role.GOVERNMENT, Role.DESK})
    overview = queries.overview(uow, actor, read_page()) if staff else None
    return render_template("scenarios/own.html", own=queries.own(uow, actor), overview=overview)


@scenarios.get("/<int:need_id>")
@open_to_all
def show(need_id: int) -> ResponseReturnValue:
    """Show one scenario, as much of it as the reader may see."""
    return _show(need_id, Form(TRIAL_FIELDS))


def _show(need_id: int, form: Form, refusal: Label | None = None) -> str:
    uow, actor = current_uow(), current_actor()
    with uow:  # a look at a confidential need is written down
        seen = service.get(uow, actor, need_id)
    return render_template(
        "scenarios/show.html",
        seen=seen,
        need=seen.seen.need,
        form=form,
        refusal=refusal,
        may_write=service.may_write(actor, seen.seen.need),
        may_apply=bool(actor.roles.intersection(TEAMS)) and actor.organisation_id != seen.seen.need.organisation_id,
        offers=trials.own_offers(uow, actor),
        own=trials.own_trial(uow, actor, need_id),
        rows=queries.trials_of(uow, actor, need_id) if actor.person_id else [],
    )


@scenarios.post("/<int:need_id>")
@for_roles(*TEAMS)
def apply(need_id: int) -> ResponseReturnValue:
    """Apply to try in a scenario."""
    given = read_form(TRIAL_FIELDS, request.form) | {"offer": request.form.get("offer", "")}
    try:
        with current_uow() as uow:
            trial = trials.apply(uow, current_actor(), need_id, given)
    except InvalidInput as error:
        return _show(need_id, Form(TRIAL_FIELDS, given, error.problems)), 422
    except Conflict as error:
        return _show(need_id, Form(TRIAL_FIELDS, given), error.message), 409
    flash(t(APPLIED), "success")
    return redirect(url_for(".trial", trial_id=trial.id), 303)


@scenarios.get("/<int:need_id>/edit")
@for_roles(*WRITERS)
def edit(need_id: int) -> ResponseReturnValue:
    """Show the form of a scenario, or say why the need takes none."""
    try:
        with current_uow() as uow:
            need, scenario = service.to_write(uow, current_actor(), need_id)
    except Conflict as error:
        return render_template("scenarios/refused.html", reason=error.message, need_id=need_id), 409
    values = {one.name: getattr(scenario, one.name, None) for one in SCENARIO_FIELDS}
    version = scenario.version if scenario else ""
    return render_template(
        "scenarios/form.html",
        form=Form(SCENARIO_FIELDS, given_from(SCENARIO_FIELDS, values)),
        need=need,
        version=version,
    )


@scenarios.post("/<int:need_id>/edit")
@for_roles(*WRITERS)
def edit_post(need_id: int) -> ResponseReturnValue:
    """Write what a scenario offers."""
    given, version = read_form(SCENARIO_FIELDS, request.form), request.form.get("seen_version", "")
    problems: tuple[Problem, ...] = ()
    try:
        with current_uow() as uow:
            service.save(uow, current_actor(), need_id, given, seen_version=read_number(version))
    except InvalidInput as error:
        problems = error.problems
    except Conflict as error:
        problems = (Problem("", error.message),)
    else:
        flash(t(SAVED), "success")
        return redirect(url_for(".show", need_id=need_id), 303)
    need, _ = service.to_write(current_uow(), current_actor(), need_id)
    return render_template(
        "scenarios/form.html", form=Form(SCENARIO_FIELDS, given, problems), need=need, version=version
    ), 422


@scenarios.get("/trials/<int:trial_id>")
@signed_in
def trial(trial_id: int) -> ResponseReturnValue:
    """Show a trial to its two sides, the office and the desk."""
    return _trial(trial_id)


def _trial(trial_id: int, problems: tuple[Problem, ...] = ()) -> str:
    seen = trials.look(current_uow(), current_actor(), trial_id)
    return render_template("scenarios/trial.html", seen=seen, trial=seen.trial, form=Form((), request.form, problems))


@scenarios.post("/trials/<int:trial_id>")
@for_roles(*SIDES)
def trial_post(trial_id: int) -> ResponseReturnValue:
    """Take a step with a trial, or write a line of its diary."""
    form, action = request.form, request.form.get("action", "")
    try:
        with current_uow() as uow:
            if action == "entry":
                trials.write_entry(uow, current_actor(), trial_id, form.get("text", ""))
            else:
                seen = read_number(form.get("seen_version", ""))
                trials.step(uow, current_actor(), trial_id, action, form.get("note", ""), seen_version=seen)
    except InvalidInput as error:
        return _trial(trial_id, error.problems), 422
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(t(STEPPED.get(action, WRITTEN)), "success")
    return redirect(url_for(".trial", trial_id=trial_id), 303)
