"""The blueprint of task books, with the labels that its templates use."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, DomainError, InvalidInput
from matcher.core.labels import Label
from matcher.projects.delivery import books, signing, view
from matcher.projects.delivery.acceptance import GRADES, VERDICTS
from matcher.projects.delivery.books import PARTY_LABELS
from matcher.projects.delivery.changes import CHANGE_FIELDS, CHANGE_KINDS, OF_KIND, shown
from matcher.projects.delivery.lifecycle import (
    CHANGE_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    PAYMENT_LIFECYCLE,
    TASK_BOOK_LIFECYCLE,
)
from matcher.projects.delivery.measuring import OUTCOMES
from matcher.projects.delivery.payments import OCCASION_LABELS, SOURCE_LABELS
from matcher.projects.delivery.progress import REPORT_FIELDS, REPORT_KINDS
from matcher.projects.lifecycle import BID_LIFECYCLE, MODE_LABELS, PROJECT_LIFECYCLE
from matcher.projects.setup import timeline
from matcher.web.context import current_actor, current_uow
from matcher.web.forms import Form
from matcher.web.language import t

delivery = Blueprint("delivery", __name__, url_prefix="/delivery")
#: Boxes of the page into which people write at length.
TEXTS = ("report", "answer", "text", "summary", "comment", "note")
SAVED = Label("已办理。", "Done.")


@delivery.context_processor
def delivery_words() -> dict[str, object]:
    """Give the templates the labels of the domain."""
    return {
        "BOOK_STATES": TASK_BOOK_LIFECYCLE.labels,
        "MILESTONE_STATES": MILESTONE_LIFECYCLE.labels,
        "PAYMENT_STATES": PAYMENT_LIFECYCLE.labels,
        "CHANGE_STATES": CHANGE_LIFECYCLE.labels,
        "PROJECT_STATES": PROJECT_LIFECYCLE.labels,
        "BID_STATES": BID_LIFECYCLE.labels,
        "MODES": MODE_LABELS,
        "PARTIES": PARTY_LABELS,
        "SOURCES": SOURCE_LABELS,
        "OCCASIONS": OCCASION_LABELS,
        "REPORT_KINDS": REPORT_KINDS,
        "CHANGE_KINDS": CHANGE_KINDS,
        "CHANGE_FIELDS_OF": OF_KIND,
        "changed_values": shown,
        "GRADES": GRADES,
        "VERDICTS": VERDICTS,
        "OUTCOMES": OUTCOMES,
    }


def show(book_id: int, form: str = "", error: DomainError | None = None) -> str:
    """Render a task book; a form that was refused stands open with what was typed and what is wrong with it."""
    seen = view.book(current_uow(), current_actor(), book_id)
    typed = dict(request.form) if form else {}
    problems = error.problems if isinstance(error, InvalidInput) else ()
    refusal = error.message if error is not None and not problems else None
    return render_template(
        "delivery/page.html",
        seen=seen,
        has_timeline=timeline.may_see(current_uow(), current_actor(), seen.found.project),
        content=books.content_of(seen.found),
        parties=signing.parties(seen.found),
        opened=form,
        typed=typed,
        problems=problems,
        refusal=refusal,
        unsaved=[text for name, text in typed.items() if name in TEXTS and text.strip()] if refusal else [],
        report_form=Form(REPORT_FIELDS, typed if form == "reports" else {}, problems if form == "reports" else ()),
        change_form=Form(CHANGE_FIELDS, typed if form.startswith("change-") else {}, problems),
    )


def done(book_id: int, act: Callable[[], object], form: str, section: str = "") -> ResponseReturnValue:
    """Act and go back to the section of the task book; what is refused comes back as it was typed."""
    try:
        act()
    except InvalidInput as error:
        return show(book_id, form, error), 422
    except Conflict as error:
        return show(book_id, form, error), 409
    flash(t(SAVED), "success")
    return redirect(url_for("delivery.page", book_id=book_id, _anchor=section or None), 303)


def given() -> dict[str, str]:
    """Return the fields of the form as text."""
    return {name: value for name, value in request.form.items() if name != "csrf_token"}
