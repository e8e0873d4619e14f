"""The race on one page for the office, planning and deciding a gate, and handing in for a team."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.projects import files
from matcher.projects.bids.queries import of_project as bids_of
from matcher.projects.delivery import gate_plan, gate_views, gates, measuring, merging
from matcher.projects.delivery.gates import Verdict
from matcher.projects.delivery.lifecycle import GATE_LIFECYCLE, GateState
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState
from matcher.projects.setup.rules import rules_of
from matcher.web.context import current_actor, current_uow
from matcher.web.downloads import send_stored
from matcher.web.file_forms import attach_files
from matcher.web.forms import Form, given_from, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t

gates_pages = Blueprint("gates", __name__, url_prefix="/gates")
TEAMS = (Role.UNIVERSITY, Role.ENTERPRISE)
SAVED = Label("节点已保存。", "The gate is saved.")
REMOVED = Label("节点已取消。", "The gate is taken off.")
OPENED = Label("考核已开始，并通知了每个团队。", "The gate is open; every team is told.")
DECIDED = Label("考核结果已生效，款项随之调整，并通知了各团队。", "The decision is in force, the money follows, and every team is told.")  # fmt: skip
SETTLED = Label("经费比例已确定，并通知了各成员单位。", "The shares are settled, and every member is told.")
HANDED_IN = Label("材料已提交，截止之前可以更换。", "Handed in; it can be replaced until the date.")


@gates_pages.context_processor
def words() -> dict[str, object]:
    """Give the templates the labels of the domain."""
    return {
        "GATE_STATES": GATE_LIFECYCLE.labels,
        "BID_STATES": BID_LIFECYCLE.labels,
        "OUTCOMES": gates.OUTCOME_LABELS,
        "VERDICTS": measuring.OUTCOMES,
    }


@gates_pages.get("/projects/<int:project_id>")
@for_roles(Role.GOVERNMENT)
def of_project(project_id: int) -> ResponseReturnValue:
    """Show the gates and the leader board of a race."""
    return render_template("gates/race.html", race=gate_views.race(current_uow(), current_actor(), project_id))


@gates_pages.get("/projects/<int:project_id>/plan")
@for_roles(Role.GOVERNMENT)
def plan(project_id: int) -> ResponseReturnValue:
    """Show the form of a gate, a new one or the one that is named."""
    race = gate_views.race(current_uow(), current_actor(), project_id)
    gate = next((one for one in race.gates if one.id == read_number(request.args.get("gate", ""))), None)
    criteria = gate.criteria if gate else list(rules_of(race.project.call).criteria_evaluation)
    values = {one.name: getattr(gate, one.name, None) for one in gate_plan.GATE_FIELDS}
    given = given_from(gate_plan.GATE_FIELDS, values | {"criteria": gate_plan.written_criteria(criteria)})
    return render_template("gates/plan.html", race=race, gate=gate, form=Form(gate_plan.GATE_FIELDS, given))


@gates_pages.post("/projects/<int:project_id>/plan")
@for_roles(Role.GOVERNMENT)
def plan_post(project_id: int) -> ResponseReturnValue:
    """Plan a gate, change one, or take one off."""
    given, gate_id = read_form(gate_plan.GATE_FIELDS, request.form), read_number(request.form.get("gate", ""))
    removes = request.form.get("do") == "remove" and gate_id is not None
    try:
        with current_uow() as uow:
            if removes and gate_id is not None:
                gate_plan.remove(uow, current_actor(), project_id, gate_id)
            else:
                gate_plan.save(uow, current_actor(), project_id, given, gate_id)
    except InvalidInput as error:
        race = gate_views.race(current_uow(), current_actor(), project_id)
        gate = next((one for one in race.gates if one.id == gate_id), None)
        form = Form(gate_plan.GATE_FIELDS, given, error.problems)
        return render_template("gates/plan.html", race=race, gate=gate, form=form), 422
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(t(REMOVED if removes else SAVED), "success")
    return redirect(url_for(".of_project", project_id=project_id), 303)


@gates_pages.post("/<int:gate_id>/open")
@for_roles(Role.GOVERNMENT)
def open_gate(gate_id: int) -> ResponseReturnValue:
    """Open a gate for every team."""
    gate = gate_plan.gate_of(current_uow(), gate_id)
    try:
        with current_uow() as uow:
            gates.open_gate(uow, current_actor(), gate_id)
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(t(OPENED), "success")
    return redirect(url_for(".of_project", project_id=gate.project_id), 303)


@gates_pages.get("/<int:gate_id>")
@for_roles(Role.GOVERNMENT)
def gate(gate_id: int) -> ResponseReturnValue:
    """Show what the teams of a gate handed in, and the form of the decision."""
    return _gate(gate_id, Form(()))


def _gate(gate_id: int, form: Form) -> str:
    uow = current_uow()
    found = gate_plan.gate_of(uow, gate_id)
    race = gate_views.race(uow, current_actor(), found.project_id)
    rows = [one for one in race.teams if gate_id in one.entries]
    attached = files.of_many(uow, "gate_entry", [one.entries[gate_id].id for one in rows])
    waits = gates.hindrance(uow, found) if found.state is GateState.OPEN else None
    scores = gates.panel_scores(uow, found) if waits is None else None
    return render_template(
        "gates/gate.html", gate=found, race=race, rows=rows, files=attached, form=form, scores=scores, waits=waits
    )


@gates_pages.post("/<int:gate_id>")
@for_roles(Role.GOVERNMENT)
def decide(gate_id: int) -> ResponseReturnValue:
    """Decide on every team; the money follows."""
    form = request.form
    found = gate_plan.gate_of(current_uow(), gate_id)
    teams = [bid.id for bid in bids_of(current_uow(), found.project_id, [BidState.RUNNING])]
    verdicts, problems = {}, []
    for bid_id in teams:
        score, wrong = _score(form.get(f"score-{bid_id}", ""), bid_id)
        problems += wrong
        into = read_number(form.get(f"into-{bid_id}", ""))
        verdicts[bid_id] = Verdict(form.get(f"outcome-{bid_id}", ""), form.get(f"reason-{bid_id}", ""), into, score)
    try:
        if problems:
            raise InvalidInput(problems)
        with current_uow() as uow:
            gates.decide(uow, current_actor(), gate_id, verdicts, read_number(form.get("money_into", "")))
    except InvalidInput as error:
        return _gate(gate_id, Form((), form, error.problems)), 422
    except Conflict as error:
        return _gate(gate_id, Form((), form, [Problem("", error.message)])), 409
    flash(t(DECIDED), "success")
    merged = [one.into for one in verdicts.values() if one.outcome == gates.MERGE]
    if merged:  # how the joined teams share the money is settled next
        return redirect(url_for(".shares", bid_id=merged[0]), 303)
    return redirect(url_for(".of_project", project_id=found.project_id), 303)


def _score(text: str, bid_id: int) -> tuple[float | None, list[Problem]]:
    try:
        return (float(text) if text.strip() else None), []
    except ValueError:
        return None, [Problem(f"score-{bid_id}", gates.BAD_SCORE)]


@gates_pages.get("/bids/<int:bid_id>/shares")
@for_roles(*TEAMS, Role.GOVERNMENT)
def shares(bid_id: int) -> ResponseReturnValue:
    """Show how the members of a team that others joined share the money."""
    return _shares(bid_id, Form(()))


def _shares(bid_id: int, form: Form) -> str:
    return render_template("gates/shares.html", seen=merging.look(current_uow(), current_actor(), bid_id), form=form)


@gates_pages.post("/bids/<int:bid_id>/shares")
@for_roles(*TEAMS, Role.GOVERNMENT)
def shares_post(bid_id: int) -> ResponseReturnValue:
    """Settle the shares; what cannot be saved comes back as it was typed."""
    form = request.form
    seen = merging.look(current_uow(), current_actor(), bid_id)
    given = {one.organisation_id: form.get(f"share-{one.organisation_id}", "") for one in seen.members}
    try:
        with current_uow() as uow:
            merging.settle(uow, current_actor(), bid_id, given)
    except InvalidInput as error:
        return _shares(bid_id, Form((), form, error.problems)), 422
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(t(SETTLED), "success")
    return redirect(url_for(".shares", bid_id=bid_id), 303)


@gates_pages.get("/own")
@for_roles(*TEAMS)
def own() -> ResponseReturnValue:
    """List the gates of the teams in which the own organisation stands."""
    uow, actor = current_uow(), current_actor()
    return render_template(
        "gates/own.html", rows=gate_views.own(uow, actor), unsettled=merging.own_unsettled(uow, actor)
    )


@gates_pages.get("/entries/<int:entry_id>")
@for_roles(*TEAMS, Role.GOVERNMENT)
def entry(entry_id: int) -> ResponseReturnValue:
    """Show a team its own standing at a gate."""
    return _entry(entry_id, Form(()))


def _entry(entry_id: int, form: Form) -> str:
    seen = gate_views.look(current_uow(), current_actor(), entry_id)
    found = files.of(current_uow(), "gate_entry", entry_id)
    return render_template("gates/entry.html", seen=seen, entry=seen.entry, gate=seen.gate, files=found, form=form)


@gates_pages.post("/entries/<int:entry_id>")
@for_roles(*TEAMS)
def hand_in(entry_id: int) -> ResponseReturnValue:
    """Hand in what the own team shows, with a file if one is given."""
    count = len(gate_views.look(current_uow(), current_actor(), entry_id).demands)
    try:
        with current_uow() as uow:
            form = request.form
            values = [{part: form.get(f"measured-{n}-{part}", "") for part in ("value", "text")} for n in range(count)]
            gates.hand_in(uow, current_actor(), entry_id, form.get("evidence", ""), values)
            attach_files(uow, "gate_entry", entry_id, "file")
    except InvalidInput as error:
        return _entry(entry_id, Form((), request.form, error.problems)), 422
    except Conflict as error:
        return _entry(entry_id, Form((), request.form, [Problem("", error.message)])), 409
    flash(t(HANDED_IN), "success")
    return redirect(url_for(".entry", entry_id=entry_id), 303)


@gates_pages.get("/files/<int:file_id>")
@for_roles(*TEAMS, Role.GOVERNMENT)
def file(file_id: int) -> ResponseReturnValue:
    """Give a file of an entry to its team and the office."""
    with current_uow() as uow:
        found = files.open_file(
            uow, current_actor(), file_id,
            lambda entity, key: entity == "gate_entry" and gate_views.may_read(uow, current_actor(), key),
        )  # fmt: skip
    return send_stored(found)
