"""The first page of this audience."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.matching.queries import progress
from matcher.web.context import current_actor, current_uow
from matcher.web.guard import for_roles
from matcher.web.own.pages import own_rows
from matcher.web.own.sides import NEEDS, OFFERS

enterprise = Blueprint("enterprise", __name__, url_prefix="/enterprise")
LATEST = 5


@enterprise.get("/")
@for_roles(Role.ENTERPRISE)
def home() -> ResponseReturnValue:
    """Show the latest of one's own, and where the work starts."""
    uow, actor = current_uow(), current_actor()
    parts = [(side, own_rows(side, uow, actor)) for side in (NEEDS, OFFERS)]
    return render_template("enterprise/home.html", parts=parts, latest=LATEST, progress=progress(uow))
