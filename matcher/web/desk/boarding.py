"""The board of pairings by state; cards are moved by menu, by key, or by dragging them."""

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, NotFound
from matcher.core.people import Role
from matcher.desk.board import COLUMNS, BoardFilter, board
from matcher.matching import assignments
from matcher.matching.model import PairingState
from matcher.web.context import current_actor, current_uow
from matcher.web.desk.blueprint import desk
from matcher.web.desk.dossier import take_step
from matcher.web.desk.forms import GivenForm, given_form, read_broker
from matcher.web.guard import for_roles
from matcher.web.language import t


def _wanted() -> BoardFilter:
    state = request.args.get("state", "")
    return BoardFilter(
        broker=read_broker(request.args.get("broker")),
        state=PairingState(state) if state in set(PairingState) else None,
    )


@desk.get("/board")
@for_roles(Role.DESK)
def show_board() -> ResponseReturnValue:
    """Show the pairings by state."""
    return _page(GivenForm())


def _page(form: GivenForm, pairing_id: int | None = None) -> str:
    uow, actor, wanted = current_uow(), current_actor(), _wanted()
    columns = board(uow, actor, wanted)
    first = next((one.state for one in columns[1:] if one.total), COLUMNS[0])
    return render_template(
        "desk/board.html",
        columns=columns,
        wanted=wanted,
        shown_on_phone=wanted.state or first,
        brokers=assignments.brokers(uow),
        form=form,
        opened=pairing_id,
    )


@desk.post("/pairings/<int:pairing_id>/move")
@for_roles(Role.DESK)
def move(pairing_id: int) -> ResponseReturnValue:
    """Take a step with a card of the board; what is refused is told on the board, with what was typed."""
    wants_json = request.accept_mimetypes.best == "application/json"
    try:
        told = take_step(pairing_id)
    except (InvalidInput, Conflict, NotFound) as error:
        message = error.problems[0].message if isinstance(error, InvalidInput) else error.message
        if wants_json:
            return jsonify(moved=False, text=t(message)), 409
        return _page(given_form(f"step-{request.form.get('action', '')}", error), pairing_id), 409
    flash(t(told), "success")
    if wants_json:  # by a script, which then loads the board anew
        return jsonify(moved=True, text=t(told))
    return redirect(url_for("desk.show_board", broker=request.args.get("broker"), state=request.args.get("state")), 303)
