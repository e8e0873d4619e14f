"""What an expert sees and does: tasks, invitations, score sheets."""

from flask import render_template
from flask.typing import ResponseReturnValue

from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.projects.experts import seats, service
from matcher.web.context import current_actor, current_uow
from matcher.web.experts.blueprint import experts
from matcher.web.guard import for_roles

ANSWERED = {
    "accept": Label("已接受，谢谢。现在可以开始评审。", "Accepted, thank you. You can begin."),
    "decline": Label("已谢绝，并告知了科技部门。", "Declined; the office is told."),
    "recuse": Label("已回避，并告知了科技部门。", "You stepped aside; the office is told."),
}


@experts.get("/")
@for_roles(Role.EXPERT)
def home() -> ResponseReturnValue:
    """List the expert's tasks."""
    uow, actor = current_uow(), current_actor()
    rows = seats.tasks(uow, actor)
    return render_template("experts/home.html", rows=rows, expert=service.of_person(uow, actor), now=uow.clock())
