"""The team: who has how much to do; and that all changes were seen."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.desk import changes
from matcher.desk.workload import workload
from matcher.matching.lifecycle import UNDER_WAY
from matcher.web.context import current_actor, current_uow
from matcher.web.desk.blueprint import desk
from matcher.web.guard import for_roles


@desk.get("/workload")
@for_roles(Role.DESK)
def show_workload() -> ResponseReturnValue:
    """Show what each broker has to do."""
    return render_template("desk/workload.html", loads=workload(current_uow(), current_actor()), states=UNDER_WAY)


@desk.post("/seen")
@for_roles(Role.DESK)
def seen() -> ResponseReturnValue:
    """Start counting changes anew."""
    with current_uow() as uow:
        changes.seen_all(uow, current_actor())
    return redirect(url_for("desk.home"), 303)
