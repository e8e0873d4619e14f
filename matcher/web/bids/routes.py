"""What bidders see and do: projects that fit, the form of a bid, the consortium, files."""

from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound
from matcher.core.filestore import FileStore
from matcher.projects import files
from matcher.projects.bids import bidding, commitments, consortium, queries, rounds, service, suggestions
from matcher.projects.bids.fields import BID_FIELDS, GROUPS
from matcher.projects.bids.letters import moment
from matcher.projects.bids.model import Bid
from matcher.projects.lifecycle import BidState
from matcher.projects.setup import public, timeline
from matcher.projects.setup import service as setup
from matcher.web.bids.blueprint import BIDDERS, DONE, INVITED, READERS, SAVED, SAVED_SO_FAR, SUBMITTED, bids
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.forms import Form, read_form
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
    known = {bid.project_id: setup.get(uow, bid.project_id) for bid, _ in own}
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
    return render_template("bids/start.html", project=public.project(uow, actor, project_id).project, former=found)


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
    return render_template("bids/show.html", **_shown(bid))


def _shown(bid: Bid) -> dict[str, Any]:
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
        "closes": moment(project.closes_at) if project.closes_at else "",
    }


@bids.get("/<int:bid_id>/edit")
@for_roles(*BIDDERS)
def edit(bid_id: int) -> ResponseReturnValue:
    """Show the form of a bid."""
    bid, _ = bidding.led(current_uow(), current_actor(), bid_id)
    if bid.state is not BidState.DRAFT:
        return redirect(url_for("bids.show", bid_id=bid_id), 303)
    return _form_page(bid, Form(BID_FIELDS, bidding.given_of(bid)))


def _form_page(bid: Bid, form: Form) -> str:
    uow = current_uow()
    found = request.values.get("partner", "")
    shown = _shown(bid)
    return render_template(
        "bids/form.html",
        form=form,
        linkable=bidding.linkable(uow, bid),
        linked={offer.id for offer in shown["offers"]},
        partner=found,
        organisations=consortium.search(uow, bid, found),
        suggested=suggestions.partners(uow, platform().matcher, bid, shown["project"]),
        **shown,
    )


@bids.post("/<int:bid_id>/edit")
@for_roles(*BIDDERS)
def edit_post(bid_id: int) -> ResponseReturnValue:
    """Keep the draft, whatever is wrong with it, and hand it in when asked to; the time of arrival is taken first."""
    uow, actor = current_uow(), current_actor()
    arrived = uow.clock()
    given = read_form(BID_FIELDS, request.form) | _beside()
    with uow:
        problems = bidding.save(uow, actor, bid_id, given, arrived=arrived, seen_version=_number("seen_version"))
    if "submit" in request.form and not problems:
        try:
            with uow:
                bid = bidding.submit(uow, actor, bid_id, arrived=arrived)
        except InvalidInput as error:
            return _form_page(service.get(uow, bid_id), Form(BID_FIELDS, given, error.problems)), 422
        flash(t(SUBMITTED.format(at=moment(bid.submitted_at or arrived))), "success")
        return redirect(url_for("bids.show", bid_id=bid_id), 303)
    if problems:
        flash(t(SAVED_SO_FAR.format(count=len(problems))), "warning")
        return _form_page(service.get(uow, bid_id), Form(BID_FIELDS, given, problems)), 422
    flash(t(SAVED), "success")
    return redirect(url_for("bids.edit", bid_id=bid_id), 303)


def _beside() -> dict[str, Any]:
    """Return what the form holds beside its declared fields: commitments, shares of partners, results it builds on."""
    found: dict[str, Any] = {"commitments": {}, "members": {}}
    for key, value in request.form.items():
        kind, _, rest = key.partition("-")
        number, _, part = rest.partition("-")
        if kind in ("commitment", "member") and number.isdecimal() and part:
            found[f"{kind}s"].setdefault(int(number), {})[part] = value
    found["offers"] = [int(one) for one in request.form.getlist("offers") if one.isdecimal() and len(one) < 10]
    return found


def _number(name: str) -> int | None:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


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


@bids.post("/<int:bid_id>/partners")
@for_roles(*BIDDERS)
def invite(bid_id: int) -> ResponseReturnValue:
    """Ask an organisation to join."""
    with current_uow() as uow:
        member = consortium.invite(uow, current_actor(), bid_id, _number("organisation") or 0)
    flash(t(INVITED.format(name=member.organisation.name)), "success")
    return redirect(url_for("bids.edit", bid_id=bid_id) + "#partners", 303)


@bids.post("/<int:bid_id>/partners/<int:member_id>/remove")
@for_roles(*BIDDERS)
def remove_partner(bid_id: int, member_id: int) -> ResponseReturnValue:
    """Take a partner out of the consortium."""
    with current_uow() as uow:
        consortium.remove(uow, current_actor(), bid_id, member_id)
    return redirect(url_for("bids.edit", bid_id=bid_id) + "#partners", 303)


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


def _store() -> FileStore:
    return FileStore(platform().settings.data / "uploads" / "files")


@bids.post("/<int:bid_id>/files")
@for_roles(*BIDDERS)
def attach(bid_id: int) -> ResponseReturnValue:
    """Add a file to a draft."""
    given = request.files.get("file")
    content = given.read() if given else b""
    try:
        with current_uow() as uow:
            bidding.drafted(uow, current_actor(), bid_id)
            files.attach(uow, current_actor(), _store(), "bid", bid_id, given.filename if given else None, content)
    except (InvalidInput, Conflict) as error:
        problems = error.problems if isinstance(error, InvalidInput) else ()
        flash(t(problems[0].message if problems else error.message), "error")
    return redirect(url_for("bids.edit", bid_id=bid_id) + "#files", 303)


@bids.post("/<int:bid_id>/files/<int:file_id>/remove")
@for_roles(*BIDDERS)
def remove_file(bid_id: int, file_id: int) -> ResponseReturnValue:
    """Take a file of a draft back."""
    with current_uow() as uow:
        bidding.drafted(uow, current_actor(), bid_id)
        files.remove(uow, current_actor(), file_id, lambda entity, one: (entity, one) == ("bid", bid_id))
    return redirect(url_for("bids.edit", bid_id=bid_id) + "#files", 303)


@bids.get("/files/<int:file_id>")
@for_roles(*READERS)
def file(file_id: int) -> ResponseReturnValue:
    """Give a file of a bid to those who may read the bid."""
    with current_uow() as uow:
        found = files.open_file(uow, current_actor(), file_id, _may_open)
    return send_file(_store().path(found.content_hash), as_attachment=True, download_name=found.name)


def _may_open(entity: str, bid_id: int) -> bool:
    uow = current_uow()
    return entity == "bid" and service.may_read(uow, current_actor(), service.get(uow, bid_id))
