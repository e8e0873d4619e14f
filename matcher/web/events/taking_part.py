"""What participants see and do: answer, book a free slot, take a calendar file, say what came of a meeting."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.vocabularies import TECH_FIELD
from matcher.events import grid, outcomes, planning, service, views
from matcher.events.calendar_file import Told, calendar_of
from matcher.events.service import Answer
from matcher.events.views import ShownMeeting
from matcher.web.context import current_actor, current_uow
from matcher.web.events import words
from matcher.web.events.blueprint import events
from matcher.web.events.organise import ORGANISERS, _act
from matcher.web.forms import read_number
from matcher.web.guard import signed_in
from matcher.web.language import t
from matcher.web.template_tools import names


def read_answer() -> Answer:
    """Read the answer to an invitation as it was sent; anything odd is as if it were not there."""
    form = request.form

    def numbers(name: str) -> frozenset[int]:
        return frozenset(found for found in map(read_number, form.getlist(name)) if found is not None)

    picked = {key.removeprefix("partner-"): value for key, value in form.items() if key.startswith("partner-")}
    return Answer(
        coming=form.get("coming") == "yes",
        people=form.get("people", "")[:1000],
        unavailable=numbers("away"),
        most=read_number(form.get("most")),
        wishes=frozenset(int(key) for key, value in picked.items() if value == "wish" and read_number(key)),
        avoids=frozenset(int(key) for key, value in picked.items() if value == "avoid" and read_number(key)),
        note=form.get("note", ""),
    )


@events.get("/invitations/<int:participant_id>")
@signed_in
def answer(participant_id: int) -> ResponseReturnValue:
    """Show an invitation with the answer so far."""
    mine = service.own_participant(current_uow(), current_actor(), participant_id)
    slots = grid.slots(service.get(current_uow(), mine.event_id))
    given = Answer(
        coming=True,
        people="\n".join(mine.people),
        unavailable=grid.away(slots, mine.unavailable),
        most=mine.most,
        wishes=frozenset(mine.wishes),
        avoids=frozenset(mine.avoids),
        note=mine.note,
    )
    return _answer_page(participant_id, given)


def _answer_page(participant_id: int, given: Answer, problems: tuple[Problem, ...] = ()) -> str:
    uow, actor = current_uow(), current_actor()
    mine = service.own_participant(uow, actor, participant_id)
    event = service.get(uow, mine.event_id)
    return render_template(
        "events/answer.html",
        event=event,
        mine=mine,
        given=given,
        problems=problems,
        days=grid.days(grid.slots(event)),
        partners=views.partners(uow, actor, event, mine),
        is_open=event.state in service.OPEN_STATES,
    )


@events.post("/invitations/<int:participant_id>")
@signed_in
def answer_post(participant_id: int) -> ResponseReturnValue:
    """Take an answer; what is wrong with it is shown with all that was typed."""
    given, seen = read_answer(), read_number(request.form.get("seen_version"))
    try:
        with current_uow() as uow:
            mine = service.answer(uow, current_actor(), participant_id, given, seen_version=seen)
    except InvalidInput as error:
        return _answer_page(participant_id, given, error.problems), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(url_for("events.answer", participant_id=participant_id), 303)
    flash(t(words.ANSWERED), "success")
    return redirect(url_for("events.show", event_id=mine.event_id), 303)


@events.post("/invitations/<int:participant_id>/bookings")
@signed_in
def book(participant_id: int) -> ResponseReturnValue:
    """Book a free slot with a partner; the box carries both: 12:3."""
    other, _, slot = request.form.get("place", "").partition(":")
    mine = service.own_participant(current_uow(), current_actor(), participant_id)
    return _act(
        lambda uow, actor: planning.book(uow, actor, participant_id, read_number(other) or 0, read_number(slot) or 0),
        words.BOOKED,
        mine.event_id,
    )


@events.post("/meetings/<int:meeting_id>/cancel")
@signed_in
def cancel(meeting_id: int) -> ResponseReturnValue:
    """Take one meeting back."""
    _, event, _ = planning.meeting_of(current_uow(), current_actor(), meeting_id)
    return _act(lambda uow, actor: planning.cancel_meeting(uow, actor, meeting_id), words.TAKEN_BACK, event.id)


@events.get("/meetings/<int:meeting_id>")
@signed_in
def meeting(meeting_id: int) -> ResponseReturnValue:
    """Show one meeting with the buttons for its outcome."""
    return _meeting_page(meeting_id)


def _meeting_page(meeting_id: int, problems: tuple[Problem, ...] = ()) -> str:
    uow, actor = current_uow(), current_actor()
    found, event, both = planning.meeting_of(uow, actor, meeting_id)
    shown = [one for one in views.meetings(uow, actor, event, [found.demand_id]) if one.meeting.id == found.id]
    return render_template(
        "events/meeting.html",
        event=event,
        meeting=found,
        both=both,
        notes=outcomes.notes(actor, found, both),
        notes_of_all=bool(actor.roles.intersection(ORGANISERS)),
        own_note=outcomes.own_note(actor, found, both),
        ending=outcomes.ending(uow, actor, found, both),
        shown=shown[0] if shown else None,
        problems=problems,
        given=request.form,
        can_record=bool(shown) and outcomes.may_be_recorded(uow, event, found),
        is_open=event.state in planning.OPEN,
    )


@events.post("/meetings/<int:meeting_id>")
@signed_in
def meeting_post(meeting_id: int) -> ResponseReturnValue:
    """Record what came of a meeting."""
    form = request.form
    try:
        with current_uow() as uow:
            found = outcomes.record(
                uow, current_actor(), meeting_id, form.get("outcome", ""),
                note=form.get("note", ""), reason=form.get("reason") or None,
            )  # fmt: skip
    except InvalidInput as error:
        return _meeting_page(meeting_id, error.problems), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(url_for("events.meeting", meeting_id=meeting_id), 303)
    flash(t(words.RECORDED), "success")
    return redirect(url_for("events.show", event_id=found.event_id), 303)


@events.get("/<int:event_id>/calendar.ics")
@signed_in
def calendar(event_id: int) -> ResponseReturnValue:
    """Give the meetings as a calendar file: organisers all, others their own."""
    uow, actor = current_uow(), current_actor()
    event, mine = views.opened(uow, actor, event_id)
    everything = bool(actor.roles.intersection(ORGANISERS)) and "own" not in request.args
    whose = None if everything else [one.id for one in mine]
    found = [
        *views.meetings(uow, actor, event, whose),
        # An organiser's calendar needs no trace of what never took place.
        *([] if everything else views.meetings(uow, actor, event, whose, cancelled=True)),
    ]
    headers = {"Content-Disposition": f'attachment; filename="event-{event_id}.ics"'}
    written = calendar_of(uow, event, found, {one.meeting.id: _told(one) for one in found})
    return Response(written, mimetype="text/calendar", headers=headers)


def _told(one: ShownMeeting) -> Told:
    """Say of a meeting in a calendar what its page says to the same reader."""
    about = ""
    if one.subject is not None:
        fields = names(one.subject.need_fields, TECH_FIELD)
        redacted = t(words.REDACTED.format(fields=fields)) if fields else t(words.HIDDEN)
        about = f"{one.subject.need_title or redacted} × {one.subject.offer_title}"
    return Told(
        title=t(words.ICS_TITLE.format(demand=one.demand.name, supply=one.supply.name)),
        table=t(words.ICS_TABLE.format(room=one.table.room, place=one.table.place)),
        about=about,
        address=url_for("events.meeting", meeting_id=one.meeting.id, _external=True),
    )
