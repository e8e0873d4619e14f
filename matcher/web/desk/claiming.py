"""Claims from pages: renewed while a pairing is open, given back on leaving, taken over by hand."""

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.matching import claims
from matcher.web.context import current_actor, current_uow
from matcher.web.desk.blueprint import desk
from matcher.web.desk.forms import queue_address, read_decision, read_filter
from matcher.web.desk.review_page import review_page
from matcher.web.desk.routes import same_page
from matcher.web.guard import for_roles
from matcher.web.language import t

LOST = Label(
    "{person} 已经接手评审这个匹配对。您写下的内容还在，但要先接手才能提交。",
    "{person} has taken over this pairing. What you typed is still here; take it over again to send it.",
)


@desk.post("/pairings/<int:pairing_id>/claim")
@for_roles(Role.DESK)
def claim(pairing_id: int) -> ResponseReturnValue:
    """Claim the pairing that a page shows, or renew the claim; scripts ask for this while the page is open."""
    with current_uow() as uow:
        holder = claims.claim(uow, current_actor(), pairing_id, only="renew" not in request.form)
    return jsonify(mine=holder is None, text=t(LOST.format(person=holder.name)) if holder else "")


@desk.post("/pairings/<int:pairing_id>/release")
@for_roles(Role.DESK)
def release(pairing_id: int) -> ResponseReturnValue:
    """Give the pairing back when its page is left."""
    with current_uow() as uow:
        claims.release(uow, current_actor(), pairing_id)
    return "", 204


@desk.post("/pairings/<int:pairing_id>/take-over")
@for_roles(Role.DESK)
def take_over(pairing_id: int) -> ResponseReturnValue:
    """Take the pairing from the colleague who has it open, and show it with what was typed."""
    given = read_decision()
    with current_uow() as uow:
        claims.take_over(uow, current_actor(), pairing_id)
        if given.note or given.reason:
            return same_page(review_page(uow, current_actor(), pairing_id, given))
    if request.args.get("back") == "queue":
        return redirect(queue_address(read_filter(request.args), pairing=pairing_id), 303)
    return redirect(url_for("desk.pairing", pairing_id=pairing_id), 303)
