"""The first page of this audience."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.web.guard import for_roles

desk = Blueprint("desk", __name__, url_prefix="/desk")


@desk.get("/")
@for_roles(Role.DESK)
def home() -> ResponseReturnValue:
    """Show where the work of this audience starts."""
    return render_template("desk/home.html")
