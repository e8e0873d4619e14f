"""The first page of this audience."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.matching.queries import progress
from matcher.web.context import current_uow
from matcher.web.guard import for_roles
from matcher.web.own.pages import home_part
from matcher.web.own.sides import NEEDS, OFFERS

enterprise = Blueprint("enterprise", __name__, url_prefix="/enterprise")


@enterprise.get("/")
@for_roles(Role.ENTERPRISE)
def home() -> ResponseReturnValue:
    """Show what waits, the figures and the latest of one's own."""
    parts = [home_part(side) for side in (NEEDS, OFFERS)]
    return render_template("enterprise/home.html", parts=parts, progress=progress(current_uow()))
