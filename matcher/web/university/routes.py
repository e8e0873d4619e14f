"""The first page of this audience."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.matching.queries import progress
from matcher.web.context import current_uow
from matcher.web.guard import for_roles
from matcher.web.own.pages import home_part
from matcher.web.own.sides import OFFERS

university = Blueprint("university", __name__, url_prefix="/university")


@university.get("/")
@for_roles(Role.UNIVERSITY)
def home() -> ResponseReturnValue:
    """Show what waits, the figures and the latest of one's own."""
    parts = [home_part(side) for side in (OFFERS,)]
    return render_template("university/home.html", parts=parts, progress=progress(current_uow()))
