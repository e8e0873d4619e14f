"""The team: who has how much to do, what was entered for others, and that all changes were seen."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.people import Role
from matcher.desk import changes
from matcher.desk.entered import entered
from matcher.desk.workload import workload
from matcher.matching.lifecycle import UNDER_WAY
from matcher.web.context import current_actor, current_uow
from matcher.web.desk.blueprint import desk
from matcher.web.guard import for_roles
from matcher.web.lists import read_page


@desk.get("/workload")
@for_roles(Role.DESK)
def show_workload() -> ResponseReturnValue:
    """Show what each broker has to do."""
    return render_template("desk/workload.html", loads=workload(current_uow(), current_actor()), states=UNDER_WAY)


@desk.get("/entered")
@for_roles(Role.DESK)
def show_entered() -> ResponseReturnValue:
    """List the needs and results that the desk entered for others."""
    uow, actor, is_mine = current_uow(), current_actor(), request.args.get("who") == "me"
    listed = entered(uow, actor, person_id=actor.person_id if is_mine else None, page=read_page())
    return render_template("desk/entered.html", listed=listed, is_mine=is_mine)


@desk.post("/seen")
@for_roles(Role.DESK)
def seen() -> ResponseReturnValue:
    """Start counting changes anew."""
    with current_uow() as uow:
        changes.seen_all(uow, current_actor())
    return redirect(url_for("desk.home"), 303)
