"""What the office sees and does with the bids of a project."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core import audit
from matcher.core.clock import local_second
from matcher.core.errors import Conflict, InvalidInput
from matcher.core.people import Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import office, queries, succession, suggestions
from matcher.projects.bids.bidding import TAKES_BIDS
from matcher.projects.experts import panels
from matcher.projects.experts.model import Stage
from matcher.projects.lifecycle import SEALED_STATES, BidState
from matcher.projects.setup import notices
from matcher.projects.setup import service as setup
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import rules_of
from matcher.web.bids.blueprint import DONE, TOLD, bids
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.guard import for_roles
from matcher.web.language import t


@bids.get("/project/<int:project_id>")
@for_roles(Role.GOVERNMENT)
def of_project(project_id: int) -> ResponseReturnValue:
    """Show the bids of a project once they are open; before, not even how many there are."""
    uow, actor = current_uow(), current_actor()
    project = setup.read(uow, actor, project_id)
    is_sealed = project.state in SEALED_STATES
    panel = panels.panel_of(uow, project_id, Stage.EVALUATION)
    found = [] if is_sealed else queries.of_project(uow, project_id)
    if found:
        with uow:
            audit.record(uow, actor, "bid.list", "project", project_id, count=len(found))
    notice = notices.current(uow, project_id, "award")
    return render_template(
        "bids/of_project.html",
        project=project,
        is_sealed=is_sealed,
        bids=found,
        unchecked=[bid for bid in found if bid.state is BidState.SUBMITTED],
        rejected=[bid for bid in found if bid.state is BidState.REJECTED],
        ranking=[] if is_sealed else office.ranking(uow, project, panel),
        criteria=panel.criteria if panel else [],
        rules=rules_of(project.call),
        next_in_rank=succession.next_in_rank(uow, project),
        notice=notice,
        hindrance=notices.hindrance(uow, notice) if notice else None,
        teams=_teams(uow, project),
        may_search=project.state in TAKES_BIDS and "search" not in request.args,
        closes=local_second(project.closes_at),
    )


def _teams(uow: UnitOfWork, project: Project) -> list[suggestions.Team]:
    """Return the teams that fit, as they are stored; the search itself runs only when it is asked for."""
    if project.state not in TAKES_BIDS:
        return []
    if "search" in request.args:
        return suggestions.searched_teams(uow, platform().matcher, project)
    return suggestions.teams(uow, project)


def _do(project_id: int, action: Callable[[UnitOfWork], object]) -> ResponseReturnValue:
    """Do something and go back to the page; what is refused is said there."""
    try:
        with current_uow() as uow:
            action(uow)
    except InvalidInput as error:
        for problem in error.problems:
            flash(t(problem.message), "error")
    except Conflict as error:
        flash(t(error.message), "warning")
    else:
        flash(t(DONE), "success")
    return redirect(url_for("bids.of_project", project_id=project_id), 303)


def _reason() -> str:
    return request.form.get("reason", "")


@bids.post("/project/<int:project_id>/check/<int:bid_id>")
@for_roles(Role.GOVERNMENT)
def check(project_id: int, bid_id: int) -> ResponseReturnValue:
    """Admit a bid, or refuse it for its form."""
    actor = current_actor()
    if request.form.get("verdict") == "admit":
        return _do(project_id, lambda uow: office.admit(uow, actor, bid_id))
    return _do(project_id, lambda uow: office.reject(uow, actor, bid_id, _reason()))


@bids.post("/project/<int:project_id>/announce")
@for_roles(Role.GOVERNMENT)
def announce(project_id: int) -> ResponseReturnValue:
    """Announce whom the office proposes."""
    chosen = [int(one) for one in request.form.getlist("bids") if one.isdecimal() and len(one) < 10]
    return _do(project_id, lambda uow: office.announce(uow, current_actor(), project_id, chosen, _reason()))


@bids.post("/project/<int:project_id>/award")
@for_roles(Role.GOVERNMENT)
def award(project_id: int) -> ResponseReturnValue:
    """Award what was announced."""
    return _do(project_id, lambda uow: office.award(uow, current_actor(), project_id))


@bids.post("/project/<int:project_id>/reconsider")
@for_roles(Role.GOVERNMENT)
def reconsider(project_id: int) -> ResponseReturnValue:
    """Take an announcement back."""
    return _do(project_id, lambda uow: office.reconsider(uow, current_actor(), project_id, _reason()))


@bids.post("/project/<int:project_id>/fail")
@for_roles(Role.GOVERNMENT)
def fail(project_id: int) -> ResponseReturnValue:
    """Declare the bidding failed."""
    return _do(project_id, lambda uow: office.fail(uow, current_actor(), project_id, _reason()))


@bids.post("/project/<int:project_id>/lapse/<int:bid_id>")
@for_roles(Role.GOVERNMENT)
def lapse(project_id: int, bid_id: int) -> ResponseReturnValue:
    """Let an award lapse."""
    return _do(project_id, lambda uow: succession.lapse(uow, current_actor(), bid_id, _reason()))


@bids.post("/project/<int:project_id>/bring-in/<int:bid_id>")
@for_roles(Role.GOVERNMENT)
def bring_in(project_id: int, bid_id: int) -> ResponseReturnValue:
    """Award the next in rank in place of a team of a race that dropped out."""
    return _do(project_id, lambda uow: succession.bring_in(uow, current_actor(), bid_id, _reason()))


@bids.post("/project/<int:project_id>/tell")
@for_roles(Role.GOVERNMENT)
def tell(project_id: int) -> ResponseReturnValue:
    """Tell teams that the project fits them."""
    chosen = [int(one) for one in request.form.getlist("team") if one.isdecimal() and len(one) < 10]
    with current_uow() as uow:
        count = suggestions.tell(uow, platform().matcher, current_actor(), project_id, chosen)
    flash(t(TOLD.format(count=count)), "success")
    return redirect(url_for("bids.of_project", project_id=project_id), 303)
