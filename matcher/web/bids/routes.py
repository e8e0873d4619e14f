"""What bidders see and do: projects that fit, what they have written, answers to invitations, files."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from matcher.core import audit
from matcher.core.clock import local_second
from matcher.core.errors import NotFound
from matcher.projects import files
from matcher.projects.bids import bidding, commitments, consortium, queries, rounds, service, suggestions
from matcher.projects.bids.fields import GROUPS
from matcher.projects.bids.model import Bid
from matcher.projects.lifecycle import BidState
from matcher.projects.setup import public, timeline
from matcher.projects.setup import service as setup
from matcher.web.bids.blueprint import BIDDERS, DONE, READERS, bids
from matcher.web.context import current_actor, current_uow
from matcher.web.downloads import send_stored
from matcher.web.guard import for_roles
from matcher.web.language import t

TAKE_BACK = {"recall": bidding.recall, "withdraw": bidding.withdraw, "resume": bidding.resume}


@bids.get("/")
@for_roles(*BIDDERS)
def index() -> ResponseReturnValue:
    """Show the open projects, those that fit first, own bids and invitations."""
    uow, actor = current_uow(), current_actor()
    own = queries.of_organisation(uow, actor.organisation_id or 0)
    projects = suggestions.open_projects(uow)
    fits = suggestions.fitting(uow, actor.organisation_id or 0, projects)
    known = setup.by_id(uow, {bid.project_id for bid, _ in own})
    projects.sort(key=lambda one: one.id not in fits)
    return render_template("bids/index.html", own=own, projects=projects, fits=fits, known=known)


@bids.get("/new/<int:project_id>")
@for_roles(*BIDDERS)
def start(project_id: int) -> ResponseReturnValue:
    """Say what a bid is and what is sealed, before one is begun; lead to the one there is."""
    uow, actor = current_uow(), current_actor()
    found = queries.own(uow, project_id, actor.organisation_id)
    again = found is not None and bidding.may_begin_again(found, setup.get(uow, project_id))
    if found is not None and found.state is not BidState.WITHDRAWN and not again:
        return redirect(url_for("bids.show", bid_id=found.id), 303)
    project = public.project(uow, actor, project_id).project
    refusal = bidding.OWNER if bidding.must_not_lead(uow, project, actor.organisation_id or 0) else None
    return render_template("bids/start.html", project=project, refusal=refusal, former=found)


@bids.post("/new/<int:project_id>")
@for_roles(*BIDDERS)
def start_post(project_id: int) -> ResponseReturnValue:
    """Begin a bid."""
    with current_uow() as uow:
        bid = bidding.start(uow, current_actor(), project_id)
    return redirect(url_for("bids.edit", bid_id=bid.id), 303)


@bids.get("/<int:bid_id>")
@for_roles(*READERS)
def show(bid_id: int) -> ResponseReturnValue:
    """Show a bid to those who may read it; each look is on record."""
    uow, actor = current_uow(), current_actor()
    bid = service.seen(uow, actor, bid_id)
    with uow:
        audit.record(uow, actor, "bid.look", "bid", bid.id)
    return render_template("bids/show.html", **shown(bid))


def shown(bid: Bid) -> dict[str, Any]:
    """Return what the page of a bid and its form say alike."""
    uow = current_uow()
    project = setup.get(uow, bid.project_id)
    return {
        "bid": bid,
        "project": project,
        "rows": commitments.rows(bid, project),
        "offers": bidding.linked(uow, bid),
        "files": files.of(uow, "bid", bid.id),
        "groups": GROUPS,
        "has_timeline": timeline.may_see(uow, current_actor(), project),
        "is_open": project.state in bidding.TAKES_BIDS and bid.state is not BidState.FORMER,
        "may_begin_again": bidding.may_begin_again(bid, project)
        and queries.own(uow, project.id, bid.organisation_id) is bid,
        "former": rounds.former(uow, bid),
        "closes": local_second(project.closes_at),
    }


@bids.post("/<int:bid_id>/back/<action>")
@for_roles(*BIDDERS)
def take_back(bid_id: int, action: str) -> ResponseReturnValue:
    """Take a bid back, withdraw it or go on with it, until the deadline."""
    uow = current_uow()
    arrived = uow.clock()
    if action not in TAKE_BACK:
        raise NotFound(service.NO_BID)
    with uow:
        TAKE_BACK[action](uow, current_actor(), bid_id, arrived=arrived)
    flash(t(DONE), "success")
    return redirect(url_for("bids.show" if action == "withdraw" else "bids.edit", bid_id=bid_id), 303)


@bids.post("/<int:bid_id>/answer/<action>")
@for_roles(*BIDDERS)
def answer(bid_id: int, action: str) -> ResponseReturnValue:
    """Answer an invitation, or leave the consortium."""
    if action not in ("agree", "decline", "leave"):
        raise NotFound(service.NO_BID)
    with current_uow() as uow:
        consortium.answer(uow, current_actor(), bid_id, action)
    flash(t(DONE), "success")
    return redirect(url_for("bids.show", bid_id=bid_id) if action == "agree" else url_for("bids.index"), 303)


@bids.get("/files/<int:file_id>")
@for_roles(*READERS)
def file(file_id: int) -> ResponseReturnValue:
    """Give a file of a bid to those who may read the bid."""
    with current_uow() as uow:
        found = files.open_file(uow, current_actor(), file_id, _may_open)
    return send_stored(found)


def _may_open(entity: str, bid_id: int) -> bool:
    uow = current_uow()
    return entity == "bid" and service.may_read(uow, current_actor(), service.get(uow, bid_id))
