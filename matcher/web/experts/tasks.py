"""What an expert sees and does: tasks, invitations, score sheets."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.messages.service import read_about
from matcher.projects.experts import seats, service, sheets
from matcher.web.context import current_actor, current_uow
from matcher.web.downloads import send_stored
from matcher.web.experts.blueprint import experts
from matcher.web.guard import for_roles
from matcher.web.language import t

ANSWERED = {
    "accept": Label("已接受，谢谢。现在可以开始评审。", "Accepted, thank you. You can begin."),
    "decline": Label("已谢绝，并告知了科技部门。", "Declined; the office is told."),
    "recuse": Label("已回避，并告知了科技部门。", "You stepped aside; the office is told."),
}
KEPT = Label("已存草稿，还没有提交。", "Kept as a draft; not handed in yet.")
HANDED_IN = Label("已提交。评审结束前都可以修改。", "Handed in. It can be changed until the panel closes.")


@experts.get("/")
@for_roles(Role.EXPERT)
def home() -> ResponseReturnValue:
    """List the expert's tasks."""
    uow, actor = current_uow(), current_actor()
    rows = seats.tasks(uow, actor)
    return render_template("experts/home.html", rows=rows, expert=service.of_person(uow, actor), now=uow.clock())


@experts.get("/seats/<int:seat_id>")
@for_roles(Role.EXPERT)
def seat(seat_id: int) -> ResponseReturnValue:
    """Show one task: the invitation, or the sheets to fill in."""
    with current_uow() as uow:
        read_about(uow, current_actor(), url_for("experts.seat", seat_id=seat_id))
    return _seat(seat_id)


def _seat(seat_id: int, problems: tuple[Problem, ...] = ()) -> str:
    uow, actor = current_uow(), current_actor()
    found = seats.task(uow, actor, seat_id)
    return render_template(
        "experts/seat.html",
        task=found,
        subjects=sheets.subjects(uow, found),
        sheets=sheets.own_sheets(uow, found),
        problems=problems,
        now=uow.clock(),
    )


@experts.post("/seats/<int:seat_id>")
@for_roles(Role.EXPERT)
def seat_post(seat_id: int) -> ResponseReturnValue:
    """Take the answer to an invitation."""
    form, action = request.form, request.form.get("action", "")
    try:
        with current_uow() as uow:
            declared, reason = form.get("declared") == "yes", form.get("reason", "")
            seats.answer(uow, current_actor(), seat_id, action, declared=declared, reason=reason)
    except InvalidInput as error:
        return _seat(seat_id, error.problems), 422
    flash(t(ANSWERED[action]), "success")
    address = url_for("experts.seat", seat_id=seat_id) if action == "accept" else url_for("experts.home")
    return redirect(address, 303)


@experts.get("/seats/<int:seat_id>/sheets/<int:bid_id>")
@for_roles(Role.EXPERT)
def sheet(seat_id: int, bid_id: int) -> ResponseReturnValue:
    """Show one sheet; 0 stands for the project itself."""
    uow = current_uow()
    found, _ = sheets.opened(uow, current_actor(), seat_id, bid_id or None)
    mine = sheets.own_sheets(uow, found).get(bid_id or None)
    given = {"verdict": mine.verdict, "comment": mine.comment} if mine else {}
    for place, one in enumerate(found.panel.criteria):
        given[f"score-{place}"] = str(mine.scores.get(str(one["name"]), "")) if mine else ""
    return _sheet(seat_id, bid_id, given)


def _sheet(seat_id: int, bid_id: int, given: dict[str, str], problems: tuple[Problem, ...] = ()) -> str:
    uow = current_uow()
    found, subject = sheets.opened(uow, current_actor(), seat_id, bid_id or None)
    mine = sheets.own_sheets(uow, found).get(bid_id or None)
    return render_template(
        "experts/sheet.html", task=found, subject=subject, mine=mine, given=given, problems=problems, bid_id=bid_id
    )


@experts.post("/seats/<int:seat_id>/sheets/<int:bid_id>")
@for_roles(Role.EXPERT)
def sheet_post(seat_id: int, bid_id: int) -> ResponseReturnValue:
    """Keep a sheet as a draft, or hand it in; what was typed stays when something is wrong with it."""
    given, submit = request.form.to_dict(), request.form.get("action") == "submit"
    try:
        with current_uow() as uow:
            kept = sheets.save(uow, current_actor(), seat_id, bid_id or None, given, submit=submit)
    except InvalidInput as error:
        return _sheet(seat_id, bid_id, given, error.problems), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(url_for("experts.home"), 303)
    flash(t(HANDED_IN if kept.submitted_at else KEPT), "success")
    return redirect(url_for("experts.seat", seat_id=seat_id), 303)


@experts.get("/seats/<int:seat_id>/files/<int:file_id>")
@for_roles(Role.EXPERT)
def file(seat_id: int, file_id: int) -> ResponseReturnValue:
    """Give a file of what is judged, always to be saved."""
    with current_uow() as uow:
        found = sheets.open_file(uow, current_actor(), seat_id, file_id)
    return send_stored(found)
