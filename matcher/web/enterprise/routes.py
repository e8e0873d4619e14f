"""The first page of this audience."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.web.guard import for_roles

enterprise = Blueprint("enterprise", __name__, url_prefix="/enterprise")


@enterprise.get("/")
@for_roles(Role.ENTERPRISE)
def home() -> ResponseReturnValue:
    """Show where the work of this audience starts."""
    return render_template("enterprise/home.html")
