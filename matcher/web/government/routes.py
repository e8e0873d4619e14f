"""The first page of this audience."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.web.guard import for_roles

government = Blueprint("government", __name__, url_prefix="/government")


@government.get("/")
@for_roles(Role.GOVERNMENT)
def home() -> ResponseReturnValue:
    """Show where the work of this audience starts."""
    return render_template("government/home.html")
