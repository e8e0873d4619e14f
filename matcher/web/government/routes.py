"""The government office: where demand is."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.insight.demand import demand
from matcher.web.context import current_actor, current_uow
from matcher.web.guard import for_roles

government = Blueprint("government", __name__, url_prefix="/government")


@government.get("/")
@for_roles(Role.GOVERNMENT)
def home() -> ResponseReturnValue:
    """Show demand and supply by technology field and by city."""
    return render_template("government/home.html", demand=demand(current_uow(), current_actor()))
