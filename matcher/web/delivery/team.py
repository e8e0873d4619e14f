"""What all parties see, and what the team does: sign, report, ask for changes, apply for acceptance."""

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.exchange.task_book_document import task_book_document
from matcher.projects import files
from matcher.projects.delivery import acceptance, books, changes, progress, signing, view
from matcher.web.calls.routes import DOCX
from matcher.web.context import current_actor, current_uow
from matcher.web.delivery.blueprint import delivery, done, given, show
from matcher.web.downloads import send_stored
from matcher.web.file_forms import attach_files
from matcher.web.forms import read_number
from matcher.web.guard import for_roles
from matcher.web.language import language

PARTIES = (Role.ENTERPRISE, Role.UNIVERSITY, Role.GOVERNMENT)
READERS = (*PARTIES, Role.DESK, Role.ADMIN)
TEAM = (Role.ENTERPRISE, Role.UNIVERSITY)


@delivery.get("/")
@for_roles(*PARTIES)
def index() -> ResponseReturnValue:
    """List the task books of the actor's organisation."""
    return render_template("delivery/index.html", rows=books.mine(current_uow(), current_actor()))


@delivery.get("/<int:book_id>")
@for_roles(*READERS)
def page(book_id: int) -> ResponseReturnValue:
    """Show one task book."""
    return show(book_id)


@delivery.get("/<int:book_id>/task-book.docx")
@for_roles(*READERS)
def document(book_id: int) -> ResponseReturnValue:
    """Give the task book as a Word file."""
    uow = current_uow()
    seen = view.book(uow, current_actor(), book_id)
    content = task_book_document(seen.found, seen.milestones, seen.payments, seen.signers, language())
    answer = Response(content, mimetype=DOCX)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{seen.found.book.number}.docx")
    return answer


@delivery.post("/<int:book_id>/sign")
@for_roles(*PARTIES)
def sign(book_id: int) -> ResponseReturnValue:
    """Sign for one's party."""

    def act() -> None:
        with current_uow() as uow:
            signing.sign(uow, current_actor(), book_id, read_number(request.form.get("seen_offer")))

    return done(book_id, act, "sign", "signatures")


@delivery.post("/<int:book_id>/milestones/<int:milestone_id>/report")
@for_roles(*TEAM)
def report_milestone(book_id: int, milestone_id: int) -> ResponseReturnValue:
    """Report a milestone as done, with files."""

    def act() -> None:
        with current_uow() as uow:
            one = progress.report_milestone(uow, current_actor(), milestone_id, request.form.get("report", ""))
            attach_files(uow, "milestone", one.id)

    return done(book_id, act, f"report-{milestone_id}", "milestones")


@delivery.post("/<int:book_id>/reports")
@for_roles(*TEAM)
def hand_in_report(book_id: int) -> ResponseReturnValue:
    """Hand in a report, with files."""

    def act() -> None:
        with current_uow() as uow:
            report = progress.hand_in_report(uow, current_actor(), book_id, given())
            attach_files(uow, "report", report.id)

    return done(book_id, act, "reports", "reports")


@delivery.post("/<int:book_id>/changes")
@for_roles(*TEAM)
def ask_change(book_id: int) -> ResponseReturnValue:
    """Ask for a change."""

    def act() -> None:
        with current_uow() as uow:
            changes.ask(uow, current_actor(), book_id, given())

    return done(book_id, act, f"change-{request.form.get('kind', '')}", "changes")


@delivery.post("/<int:book_id>/changes/<int:change_id>/withdraw")
@for_roles(*TEAM)
def withdraw_change(book_id: int, change_id: int) -> ResponseReturnValue:
    """Take a request back."""

    def act() -> None:
        with current_uow() as uow:
            changes.withdraw(uow, current_actor(), change_id)

    return done(book_id, act, "withdraw", "changes")


@delivery.post("/<int:book_id>/acceptance")
@for_roles(*TEAM)
def apply(book_id: int) -> ResponseReturnValue:
    """Apply for acceptance, with measured values and files."""

    def act() -> None:
        form = request.form
        places = range(min(len([name for name in form if name.endswith("-text")]), 60))
        values = [{part: form.get(f"measured-{n}-{part}", "") for part in ("value", "text")} for n in places]
        with current_uow() as uow:
            one = acceptance.apply(uow, current_actor(), book_id, form.get("summary", ""), values)
            attach_files(uow, "acceptance", one.id)

    return done(book_id, act, "apply", "acceptance")


@delivery.post("/<int:book_id>/result")
@for_roles(*TEAM)
def enter_result(book_id: int) -> ResponseReturnValue:
    """Write the result as a draft offer, and open it for completion."""
    with current_uow() as uow:
        offer = acceptance.enter_result(uow, current_actor(), book_id)
    return redirect(url_for("own_offers.detail", item_id=offer.id), 303)


@delivery.get("/files/<int:file_id>")
@for_roles(*READERS)
def download(file_id: int) -> ResponseReturnValue:
    """Give a file to somebody who may see its task book: always to be saved, never shown as a page."""
    actor = current_actor()
    with current_uow() as uow:
        file = files.open_file(uow, actor, file_id, lambda entity, of: view.may_open(uow, actor, entity, of))
    return send_stored(file)
