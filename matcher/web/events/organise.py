"""What organisers see and do: events, invitations, timetables that are proposed, looked at and put into force."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput
from matcher.core.labels import Label
from matcher.core.people import Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import grid, outcomes, planning, service, views
from matcher.events.fields import DEFAULTS, EVENT_FIELDS, GROUPS
from matcher.events.model import Event, Participant, Side
from matcher.events.service import Invitation
from matcher.web.context import current_actor, current_uow
from matcher.web.events import words
from matcher.web.events.blueprint import events
from matcher.web.forms import Form, read_form, read_number
from matcher.web.guard import for_roles, signed_in
from matcher.web.language import t

ORGANISERS = (Role.DESK, Role.GOVERNMENT)


@events.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """List the events."""
    return render_template("events/index.html", rows=views.events(current_uow(), current_actor()))


@events.get("/new")
@for_roles(*ORGANISERS)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    given = {name: str(value) for name, value in DEFAULTS.items()} | {"breaks": "12:00-13:30 午餐", "self_scheduling": "no"}  # fmt: skip
    return _form_page(Form(EVENT_FIELDS, given))


@events.post("/new")
@for_roles(*ORGANISERS)
def new_post() -> ResponseReturnValue:
    """Write an event as a draft."""
    given = read_form(EVENT_FIELDS, request.form)
    try:
        with current_uow() as uow:
            event = service.create(uow, current_actor(), given)
    except InvalidInput as error:
        return _form_page(Form(EVENT_FIELDS, given, error.problems)), 422
    flash(t(words.SAVED.format(title=event.title)), "success")
    return redirect(url_for("events.people", event_id=event.id), 303)


@events.get("/<int:event_id>/edit")
@for_roles(*ORGANISERS)
def edit(event_id: int) -> ResponseReturnValue:
    """Show the form of an event."""
    event = service.organised(current_uow(), current_actor(), event_id)
    return _form_page(Form(EVENT_FIELDS, service.given_of(event)), event)


@events.post("/<int:event_id>/edit")
@for_roles(*ORGANISERS)
def edit_post(event_id: int) -> ResponseReturnValue:
    """Change an event; what cannot be changed any more is said above the form."""
    given, actor = read_form(EVENT_FIELDS, request.form), current_actor()
    try:
        with current_uow() as uow:
            event = service.edit(
                uow, actor, event_id, given, seen_version=read_number(request.form.get("seen_version"))
            )
    except InvalidInput as error:
        return _form_page(Form(EVENT_FIELDS, given, error.problems), service.get(current_uow(), event_id)), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return _form_page(Form(EVENT_FIELDS, given), service.get(current_uow(), event_id)), 409
    flash(t(words.SAVED.format(title=event.title)), "success")
    return redirect(url_for("events.show", event_id=event_id), 303)


def _form_page(form: Form, event: Event | None = None) -> str:
    return render_template("events/form.html", form=form, groups=GROUPS, event=event)


@events.get("/<int:event_id>/people")
@for_roles(*ORGANISERS)
def people(event_id: int) -> ResponseReturnValue:
    """Show who is invited and who might be."""
    uow, actor = current_uow(), current_actor()
    event = service.organised(uow, actor, event_id)
    invited, teams = service.participants(uow, event_id), request.args.get("by") == "team"
    return render_template(
        "events/people.html",
        event=event,
        invited=invited,
        candidates=views.candidates(uow, actor, event_id, teams=teams) if event.state in service.PLANNED else [],
        teams=teams,
        away=_away(event, invited),
    )


def _away(event: Event, invited: list[Participant]) -> dict[int, int]:
    slots = grid.slots(event)
    return {one.id: len(grid.away(slots, one.unavailable)) for one in invited}


@events.post("/<int:event_id>/people")
@for_roles(*ORGANISERS)
def invite(event_id: int) -> ResponseReturnValue:
    """Invite those who are ticked."""
    wanted = [found for found in map(_invitation, request.form.getlist("invite")) if found]
    try:
        with current_uow() as uow:
            made = service.invite(uow, current_actor(), event_id, wanted)
    except InvalidInput as error:
        flash(t(error.problems[0].message), "error")
    else:
        flash(t(words.INVITED.format(count=len(made))), "success")
    return redirect(url_for("events.people", event_id=event_id), 303)


def _invitation(text: str) -> Invitation | None:
    """Read organisation, side and team as the boxes carry them: 12:supply:team."""
    number, side, team = [*text.split(":", 2), "", ""][:3]
    found = read_number(number)
    return Invitation(found, Side(side), team) if found and side in set(Side) else None


@events.post("/<int:event_id>/step")
@for_roles(*ORGANISERS)
def step(event_id: int) -> ResponseReturnValue:
    """Start, finish or cancel an event."""
    action = request.form.get("action", "")
    return _act(lambda uow, actor: service.step(uow, actor, event_id, action), words.STEPPED.get(action), event_id)


def _act(
    action: Callable[[UnitOfWork, Actor], Any], said: Label | None, event_id: int, address: str = ""
) -> ResponseReturnValue:
    """Do something, say so, and go back; what is not possible now is said instead."""
    try:
        with current_uow() as uow:
            action(uow, current_actor())
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        if said:
            flash(t(said), "success")
    return redirect(address or url_for("events.show", event_id=event_id), 303)


@events.post("/<int:event_id>/plans")
@for_roles(*ORGANISERS)
def propose(event_id: int) -> ResponseReturnValue:
    """Work out a timetable and show it before it is put into force."""
    try:
        with current_uow() as uow:
            plan = planning.propose(uow, current_actor(), event_id)
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(url_for("events.show", event_id=event_id), 303)
    return redirect(url_for("events.plan", event_id=event_id, plan_id=plan.id), 303)


@events.get("/<int:event_id>/plans/<int:plan_id>")
@for_roles(*ORGANISERS)
def plan(event_id: int, plan_id: int) -> ResponseReturnValue:
    """Show a proposed timetable, what it changes, and who gets how much."""
    found = views.look(current_uow(), current_actor(), plan_id)
    return render_template("events/plan.html", shown=found, event=found.event)


PLAN_ACTIONS: dict[str, tuple[Callable[[UnitOfWork, Actor, int], Any], Label]] = {
    "deploy": (planning.deploy, words.DEPLOYED),
    "discard": (planning.discard, words.DISCARDED),
    "undo": (planning.undo, words.UNDONE),
}


@events.post("/<int:event_id>/plans/<int:plan_id>")
@for_roles(*ORGANISERS)
def plan_post(event_id: int, plan_id: int) -> ResponseReturnValue:
    """Put a timetable into force, put it aside, or take it back."""
    action, said = PLAN_ACTIONS.get(request.form.get("action", ""), PLAN_ACTIONS["discard"])
    return _act(lambda uow, actor: action(uow, actor, plan_id), said, event_id)


@events.get("/<int:event_id>")
@signed_in
def show(event_id: int) -> ResponseReturnValue:
    """Show an event: to organisers the whole timetable, to others their own meetings."""
    uow, actor = current_uow(), current_actor()
    event, mine = views.opened(uow, actor, event_id)
    if not actor.roles.intersection(ORGANISERS):
        return _own_page(uow, actor, event, mine)
    people = service.participants(uow, event_id)
    return render_template(
        "events/show.html",
        event=event,
        people=people,
        mine=mine,
        days=grid.days(grid.slots(event)),
        tables=grid.tables(event),
        meetings=views.meetings(uow, actor, event),
        plans=planning.plans(uow, event_id)[:5],
        in_force=views.plan_in_force(uow, event_id),
        changed_since=views.changed_since(uow, event, people),
        by=request.args.get("by", "table"),
        is_open=event.state in planning.OPEN,
    )


def _own_page(uow: UnitOfWork, actor: Actor, event: Event, mine: list[Participant]) -> str:
    return render_template(
        "events/own.html",
        event=event,
        mine=mine,
        meetings={one.id: views.meetings(uow, actor, event, [one.id]) for one in mine},
        free={one.id: planning.own_free_places(uow, actor, one.id) for one in mine},
        partners={one.id: {p.participant.id: p for p in views.partners(uow, actor, event, one)} for one in mine},
        slots=grid.slots(event),
        is_open=event.state in planning.OPEN,
        may_be_recorded=partial(outcomes.may_be_recorded, uow, event),
    )
