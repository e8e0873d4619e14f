"""The list of introductions, one introduction, answers, steps, notes of meetings."""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.core.vocabularies import DECLINE_REASON
from matcher.deals import service as deals
from matcher.matching import answering, introduction_view, meeting_notes, progress
from matcher.matching.explain_labels import promise
from matcher.matching.introduction_model import INTRODUCTION_LIFECYCLE, IntroductionState, Party
from matcher.matching.lifecycle import ACTION_LABELS, PAIRING_LIFECYCLE
from matcher.messages.service import read_about
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.desk import words
from matcher.web.forms import Form, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.lists import read_page
from matcher.web.template_tools import field_value

introductions = Blueprint("introductions", __name__, url_prefix="/introductions")
ROLES = (Role.ENTERPRISE, Role.UNIVERSITY, Role.GOVERNMENT, Role.DESK)
ANSWER_FIELDS = (*answering.QUESTIONS, *answering.REFUSAL, *answering.HEARD)
#: Steps with a button of their own here; the first ones are taken by answering, the others at the desk's review.
STEPS_SHOWN = ("interest", "meet", "negotiate", "step_back", "withdraw", "decline")
ANSWERED = {
    "yes": Label("谢谢，您的答复已经转达。", "Thank you; your answer has been passed on."),
    "no": Label("谢谢，我们会委婉转达。", "Thank you; we pass it on kindly."),
}
STEP_TAKEN = Label("已记录：{action}。", "Recorded: {action}.")
NOTED = Label("会谈记录已保存。", "The note is saved.")
PARTY_LABELS = {Party.NEED: Label("需求方", "Asking side"), Party.OFFER: Label("成果方", "Offering side")}


@dataclass(frozen=True)
class Typed:
    """Hold what was typed on the page of an introduction and cannot be saved yet."""

    answer: Form = field(default_factory=lambda: Form(ANSWER_FIELDS))
    note: Form = field(default_factory=lambda: Form(meeting_notes.NOTE_FIELDS))
    step: dict[str, Any] = field(default_factory=dict)
    step_problems: tuple[Problem, ...] = ()
    refusal: Label | None = None


@introductions.context_processor
def labels() -> dict[str, object]:
    """Give the templates the labels of the domain."""
    return {
        "W": words,
        "STATES": INTRODUCTION_LIFECYCLE.labels,
        "PAIRING_STATES": PAIRING_LIFECYCLE.labels,
        "ACTIONS": ACTION_LABELS,
        "REASONS": DECLINE_REASON,
        "PARTIES": PARTY_LABELS,
        "promise": promise,
        "STEPS": progress.STEPS,
        "field_value": field_value,
        "tab_items": tab_items,
    }


def tab_items(chosen: IntroductionState | None) -> list[tuple[str, str, bool, None]]:
    """Return the states as tabs of the list."""
    labels = INTRODUCTION_LIFECYCLE.labels.items()
    return [(url_for(".index", state=state.value), t(label), state is chosen, None) for state, label in labels]


@introductions.get("/")
@for_roles(*ROLES)
def index() -> ResponseReturnValue:
    """List introductions: the own ones, or all for the desk."""
    given = request.args.get("state", "")
    state = IntroductionState(given) if given in set(IntroductionState) else None
    found = introduction_view.listed(current_uow(), current_actor(), state=state, page=read_page())
    return render_template("introductions/list.html", listing=found, chosen=state)


@introductions.get("/<int:introduction_id>")
@for_roles(*ROLES)
def page(introduction_id: int) -> ResponseReturnValue:
    """Show one introduction; opening it is reading what led here."""
    with current_uow() as uow:
        read_about(uow, current_actor(), request.path)
    return _page(introduction_id, Typed())


def _page(introduction_id: int, typed: Typed) -> str:
    with current_uow() as uow:  # a look at a confidential need is written down
        shown = introduction_view.view(uow, current_actor(), introduction_id)
        return render_template(
            "introductions/page.html",
            shown=shown,
            typed=typed,
            deal=deals.of_pairing(uow, shown.pairing.id),
            steps=_steps(shown),
            settings=platform().settings,
        )


def _steps(shown: introduction_view.SeenIntroduction) -> list[str]:
    """Return the steps with a button of their own; a side that still has to answer says no in its answer."""
    answers = shown.party is not None and shown.may_answer
    return [action for action in STEPS_SHOWN if action in shown.steps and not (answers and action == "decline")]


@introductions.post("/<int:introduction_id>/answer")
@for_roles(*ROLES)
def answer(introduction_id: int) -> ResponseReturnValue:
    """Take the answer of a side; what cannot be saved comes back as it was typed."""
    given = read_form(ANSWER_FIELDS, request.form) | {
        "interested": request.form.get("interested", ""),
        "party": request.form.get("party", ""),
    }
    party = Party(given["party"]) if given["party"] in set(Party) else None
    try:
        with current_uow() as uow:
            answering.answer(uow, current_actor(), introduction_id, given, party=party)
    except InvalidInput as error:
        return _page(introduction_id, Typed(answer=Form(ANSWER_FIELDS, given, error.problems))), 422
    except Conflict as error:
        return _page(introduction_id, Typed(answer=Form(ANSWER_FIELDS, given), refusal=error.message)), 409
    flash(t(ANSWERED[given["interested"]]), "success")
    return _back(introduction_id)


@introductions.post("/<int:introduction_id>/step")
@for_roles(*ROLES)
def step(introduction_id: int) -> ResponseReturnValue:
    """Take a step with the pairing of an introduction."""
    form = request.form
    given = {name: form.get(name, "") for name in ("action", "step_note", "reason", "seen_version")}
    version = given["seen_version"]
    try:
        with current_uow() as uow:
            found = answering.get(uow, current_actor(), introduction_id)
            progress.move(
                uow, current_actor(), found.pairing_id, given["action"],
                note=given["step_note"], reason=given["reason"] or None,
                seen_version=read_number(version),
            )  # fmt: skip
    except InvalidInput as error:
        return _page(introduction_id, Typed(step=given, step_problems=tuple(error.problems))), 422
    except Conflict as error:
        return _page(introduction_id, Typed(step=given, refusal=error.message)), 409
    flash(t(STEP_TAKEN.format(action=ACTION_LABELS[given["action"]])), "success")
    return _back(introduction_id)


@introductions.post("/<int:introduction_id>/notes")
@for_roles(*ROLES)
def note(introduction_id: int) -> ResponseReturnValue:
    """Save a note of a meeting."""
    given = read_form(meeting_notes.NOTE_FIELDS, request.form)
    for_desk = request.form.get("for_desk") == "1"
    try:
        with current_uow() as uow:
            found = answering.get(uow, current_actor(), introduction_id)
            meeting_notes.write(uow, current_actor(), found.pairing_id, given, for_desk=for_desk)
    except InvalidInput as error:
        form = Form(meeting_notes.NOTE_FIELDS, given | {"for_desk": for_desk}, error.problems)
        return _page(introduction_id, Typed(note=form)), 422
    except Conflict as error:
        form = Form(meeting_notes.NOTE_FIELDS, given)
        return _page(introduction_id, Typed(note=form, refusal=error.message)), 409
    flash(t(NOTED), "success")
    return redirect(url_for(".page", introduction_id=introduction_id) + "#notes", 303)


def _back(introduction_id: int) -> ResponseReturnValue:
    return redirect(url_for(".page", introduction_id=introduction_id), 303)
