"""The blueprint of task books, with the labels that its templates use."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import InvalidInput
from matcher.core.filestore import FileStore
from matcher.core.labels import Label
from matcher.projects.delivery.acceptance import GRADES, OUTCOMES, VERDICTS
from matcher.projects.delivery.books import PARTY_LABELS
from matcher.projects.delivery.changes import CHANGE_KINDS
from matcher.projects.delivery.lifecycle import (
    CHANGE_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    PAYMENT_LIFECYCLE,
    TASK_BOOK_LIFECYCLE,
)
from matcher.projects.delivery.payments import OCCASION_LABELS, SOURCE_LABELS
from matcher.projects.delivery.progress import REPORT_KINDS
from matcher.projects.lifecycle import BID_LIFECYCLE, MODE_LABELS, PROJECT_LIFECYCLE
from matcher.web.context import platform
from matcher.web.language import t

delivery = Blueprint("delivery", __name__, url_prefix="/delivery")
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
        "GRADES": GRADES,
        "VERDICTS": VERDICTS,
        "OUTCOMES": OUTCOMES,
    }


def store() -> FileStore:
    """Return where files that people hand in are kept."""
    return FileStore(platform().settings.data / "uploads" / "files")


def done(book_id: int, act: Callable[[], object], section: str = "") -> ResponseReturnValue:
    """Act and go back to the task book; what was wrong with the input is said on top of it."""
    try:
        act()
    except InvalidInput as error:
        for problem in error.problems:
            flash(t(problem.message), "error")
        return redirect(url_for("delivery.page", book_id=book_id, _anchor=section), 303)
    flash(t(SAVED), "success")
    return redirect(url_for("delivery.page", book_id=book_id, _anchor=section), 303)


def given() -> dict[str, str]:
    """Return the fields of the form as text."""
    return {name: value for name, value in request.form.items() if name != "csrf_token"}
