"""The first page of this audience."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.web.guard import for_roles

university = Blueprint("university", __name__, url_prefix="/university")


@university.get("/")
@for_roles(Role.UNIVERSITY)
def home() -> ResponseReturnValue:
    """Show where the work of this audience starts."""
    return render_template("university/home.html")
