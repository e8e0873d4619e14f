"""What the office does: draft, offer, answer, pay, decide, close."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.people import Role
from matcher.projects.bids import service as bids
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import (
    acceptance,
    books,
    changes,
    commission,
    drafting,
    payments,
    progress,
    signing,
    view,
)
from matcher.projects.delivery.lifecycle import TaskBookState
from matcher.projects.delivery.model import TaskBook
from matcher.web.context import current_actor, current_uow
from matcher.web.delivery.blueprint import SAVED, delivery, done
from matcher.web.forms import Form, change_rows, given_from, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t

STAFF = (Role.GOVERNMENT, Role.DESK, Role.ADMIN)


@delivery.get("/projects/<int:project_id>")
@for_roles(*STAFF)
def of_project(project_id: int) -> ResponseReturnValue:
    """Show the task books of a project with their money."""
    seen = view.project(current_uow(), current_actor(), project_id)
    return render_template("delivery/project.html", seen=seen, typed={}, problems=(), refusal=None)


@delivery.get("/projects/<int:project_id>/archive")
@for_roles(*STAFF)
def archive(project_id: int) -> ResponseReturnValue:
    """Show everything of a project's delivery on one printable page."""
    uow, actor = current_uow(), current_actor()
    rows, seen = view.archive(uow, actor, project_id), view.project(uow, actor, project_id)
    return render_template("delivery/archive.html", rows=rows, seen=seen)


@delivery.get("/bids/<int:bid_id>/new")
@for_roles(Role.GOVERNMENT)
def new(bid_id: int) -> ResponseReturnValue:
    """Ask for the task book of an awarded bid."""
    bid = bids.get(current_uow(), bid_id)
    form = Form(drafting.TASK_BOOK_FIELDS, drafting.suggestion(current_uow(), bid))
    return render_template("delivery/edit.html", form=form, bid=bid, book=None, seen="", now=None)


@delivery.post("/bids/<int:bid_id>/new")
@for_roles(Role.GOVERNMENT)
def new_post(bid_id: int) -> ResponseReturnValue:
    """Write the task book; what cannot be saved comes back as it was typed."""
    typed = read_form(drafting.TASK_BOOK_FIELDS, request.form)
    try:
        with current_uow() as uow:
            book = drafting.draft(uow, current_actor(), bid_id, typed)
    except (InvalidInput, Conflict) as error:
        return _edit_refused(typed, error, bids.get(current_uow(), bid_id), books.of_bid(current_uow(), bid_id), None)
    return redirect(url_for(".page", book_id=book.id), 303)


def _edit_refused(
    typed: dict[str, str], error: InvalidInput | Conflict, bid: Bid, known: TaskBook | None, book: TaskBook | None
) -> ResponseReturnValue:
    """Show the form as it was typed, with what is wrong; `known` is the task book as it stands now."""
    problems = error.problems if isinstance(error, InvalidInput) else [Problem("", error.message)]
    form = Form(drafting.TASK_BOOK_FIELDS, typed, problems)
    # Who was told that a colleague was faster may look at what there is now, and save knowingly.
    is_told = isinstance(error, Conflict)
    seen = book.version if book is not None and is_told else request.form.get("seen_version", "")
    page = render_template(
        "delivery/edit.html", form=form, bid=bid, book=book, seen=seen,
        now=known if is_told else None,
    )  # fmt: skip
    return page, 409 if is_told else 422


@delivery.get("/<int:book_id>/edit")
@for_roles(Role.GOVERNMENT)
def edit(book_id: int) -> ResponseReturnValue:
    """Ask for changes of a draft."""
    found = books.get(current_uow(), book_id)
    if found.book.state is not TaskBookState.DRAFT:
        raise Conflict(drafting.NOT_DRAFT)
    form = Form(drafting.TASK_BOOK_FIELDS, drafting.typed(current_uow(), found.book))
    return render_template(
        "delivery/edit.html", form=form, bid=found.bid, book=found.book, seen=found.book.version, now=None
    )


@delivery.post("/<int:book_id>/edit")
@for_roles(Role.GOVERNMENT)
def edit_post(book_id: int) -> ResponseReturnValue:
    """Change a draft; what cannot be saved comes back as it was typed."""
    typed = read_form(drafting.TASK_BOOK_FIELDS, request.form)
    try:
        with current_uow() as uow:
            drafting.edit(uow, current_actor(), book_id, typed, read_number(request.form.get("seen_version")))
    except (InvalidInput, Conflict) as error:
        found = books.get(current_uow(), book_id)
        return _edit_refused(typed, error, found.bid, found.book, found.book)
    return redirect(url_for(".page", book_id=book_id), 303)


@delivery.post("/<int:book_id>/step")
@for_roles(Role.GOVERNMENT)
def step(book_id: int) -> ResponseReturnValue:
    """Offer a task book for signature, take it back, or end it."""
    action, note = request.form.get("action", ""), request.form.get("note", "")

    def act() -> None:
        with current_uow() as uow:
            if action == "offer":
                signing.offer(uow, current_actor(), book_id)
            elif action == "take_back":
                signing.take_back(uow, current_actor(), book_id, note)
            elif action == "terminate":
                signing.terminate(uow, current_actor(), book_id, note)

    return done(book_id, act, action)


@delivery.post("/<int:book_id>/milestones/<int:milestone_id>/answer")
@for_roles(Role.GOVERNMENT)
def answer_milestone(book_id: int, milestone_id: int) -> ResponseReturnValue:
    """Confirm or return a milestone."""

    def act() -> None:
        with current_uow() as uow:
            action, note = request.form.get("action", ""), request.form.get("answer", "")
            seen = read_number(request.form.get("seen_version"))
            progress.answer_milestone(uow, current_actor(), milestone_id, action, note, seen)

    return done(book_id, act, f"answer-{milestone_id}", "milestones")


@delivery.post("/<int:book_id>/changes/<int:change_id>/answer")
@for_roles(Role.GOVERNMENT)
def answer_change(book_id: int, change_id: int) -> ResponseReturnValue:
    """Approve or refuse a change."""

    def act() -> None:
        with current_uow() as uow:
            changes.answer(
                uow, current_actor(), change_id, request.form.get("action", ""), request.form.get("answer", "")
            )

    return done(book_id, act, f"decide-{change_id}", "changes")


@delivery.post("/<int:book_id>/payments/<int:payment_id>")
@for_roles(Role.GOVERNMENT)
def pay(book_id: int, payment_id: int) -> ResponseReturnValue:
    """Enter that a payment was made."""

    def act() -> None:
        with current_uow() as uow:
            day = payments.read_day(request.form.get("paid_on", ""), local_date(uow.clock()))
            payments.pay(uow, current_actor(), payment_id, paid_on=day, reference=request.form.get("reference", ""))

    return done(book_id, act, f"pay-{payment_id}", "payments")


@delivery.post("/<int:book_id>/acceptance/decide")
@for_roles(Role.GOVERNMENT)
def decide(book_id: int) -> ResponseReturnValue:
    """Decide on an acceptance."""

    def act() -> None:
        form = request.form
        with current_uow() as uow:
            acceptance.decide(
                uow, current_actor(), book_id, form.get("verdict", ""), form.get("grade", ""), form.get("comment", ""),
                read_number(form.get("seen_version")),
            )  # fmt: skip

    return done(book_id, act, "decide", "acceptance")


@delivery.post("/projects/<int:project_id>/close")
@for_roles(Role.GOVERNMENT)
def close(project_id: int) -> ResponseReturnValue:
    """Close a project with the outcome for the public, and the winner of a race."""
    try:
        with current_uow() as uow:
            winner = read_number(request.form.get("winner"))
            acceptance.close(uow, current_actor(), project_id, request.form.get("outcome", ""), winner)
    except (InvalidInput, Conflict) as error:
        return _refused(project_id, error)
    flash(t(SAVED), "success")
    return redirect(url_for(".archive", project_id=project_id), 303)


def _refused(project_id: int, error: InvalidInput | Conflict) -> ResponseReturnValue:
    seen = view.project(current_uow(), current_actor(), project_id)
    problems = error.problems if isinstance(error, InvalidInput) else ()
    page = render_template(
        "delivery/project.html", seen=seen, typed=request.form, problems=problems, refusal=error.message
    )
    return page, 422 if problems else 409


@delivery.post("/projects/<int:project_id>/team")
@for_roles(Role.GOVERNMENT)
def name_team(project_id: int) -> ResponseReturnValue:
    """Name the team of a made-to-order project."""
    form = request.form
    try:
        with current_uow() as uow:
            commission.name_team(uow, current_actor(), project_id, form.get("organisation", ""), form.get("leader", ""))
    except (InvalidInput, Conflict) as error:
        return _refused(project_id, error)
    return redirect(url_for(".of_project", project_id=project_id), 303)


@delivery.get("/pairings/<int:pairing_id>/commission")
@for_roles(Role.DESK, Role.GOVERNMENT)
def commission_form(pairing_id: int) -> ResponseReturnValue:
    """Ask for what a made-to-order project needs besides its pairing."""
    given = given_from(commission.COMMISSION_FIELDS, commission.suggestion(current_uow(), current_actor(), pairing_id))
    return _commission(pairing_id, Form(commission.COMMISSION_FIELDS, given))


def _commission(pairing_id: int, form: Form) -> str:
    offices = [] if Role.GOVERNMENT in current_actor().roles else commission.offices(current_uow())
    chosen = read_number(request.form.get("office"))
    return render_template("delivery/commission.html", form=form, pairing_id=pairing_id, offices=offices, chosen=chosen)


@delivery.post("/pairings/<int:pairing_id>/commission")
@for_roles(Role.DESK, Role.GOVERNMENT)
def commission_post(pairing_id: int) -> ResponseReturnValue:
    """Make a pairing a project; what cannot be saved comes back as it was typed."""
    typed = read_form(commission.COMMISSION_FIELDS, request.form)
    if change_rows(commission.COMMISSION_FIELDS, request.form, typed):
        return _commission(pairing_id, Form(commission.COMMISSION_FIELDS, typed))
    try:
        with current_uow() as uow:
            office = read_number(request.form.get("office"))
            project = commission.from_pairing(uow, current_actor(), pairing_id, typed, office)
    except InvalidInput as error:
        return _commission(pairing_id, Form(commission.COMMISSION_FIELDS, typed, error.problems)), 422
    except Conflict as error:
        flash(t(error.message), "error")
        return redirect(url_for("desk.pairing", pairing_id=pairing_id), 303)
    return redirect(url_for(".of_project", project_id=project.id), 303)
