"""The form of a bid: whatever button is pressed, all that was typed is kept first and stays in the form when something is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.clock import local_second
from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.fields import Kind
from matcher.core.labels import Label
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.projects import files
from matcher.projects.bids import bidding, consortium, service, suggestions
from matcher.projects.bids.fields import BID_FIELDS
from matcher.projects.bids.model import Bid
from matcher.projects.lifecycle import BidState
from matcher.web.bids.blueprint import BIDDERS, INVITED, SAVED, SAVED_SO_FAR, SUBMITTED, bids
from matcher.web.bids.routes import shown
from matcher.web.context import current_actor, current_uow, file_store, platform
from matcher.web.forms import Form, read_form, read_number
from matcher.web.guard import for_roles
from matcher.web.language import t

STALE = Label(
    "在您填写期间，这份申请被保存过。您填写的内容都在下面，没有保存也没有丢失；核对后再次保存，以您的内容为准。",
    "This bid was saved by somebody else while you were writing. What you typed is below, neither saved nor lost; check it and save again to let it stand.",
)
#: What a button does after the draft was kept, by when the request arrived; returns what is said of it.
Act = Callable[[UnitOfWork, datetime], Label]


@bids.get("/<int:bid_id>/edit")
@for_roles(*BIDDERS)
def edit(bid_id: int) -> ResponseReturnValue:
    """Show the form of a bid."""
    bid, _ = bidding.led(current_uow(), current_actor(), bid_id)
    if bid.state is not BidState.DRAFT:
        return redirect(url_for("bids.show", bid_id=bid_id), 303)
    return _form_page(bid, Form(BID_FIELDS, bidding.given_of(bid)))


def _form_page(bid: Bid, form: Form, refusal: Label | None = None) -> str:
    uow = current_uow()
    found = request.values.get("partner", "")
    known = shown(bid)
    return render_template(
        "bids/form.html",
        form=form,
        refusal=refusal,
        linkable=bidding.linkable(uow, bid),
        linked=set(form.given["offers"]) if "offers" in form.given else {offer.id for offer in known["offers"]},
        partner=found,
        organisations=consortium.search(uow, bid, found),
        suggested=suggestions.partners(uow, platform().matcher, bid, known["project"]),
        **known,
    )


def _typed_page(bid_id: int, given: dict[str, Any], problems: list[Problem], refusal: Label | None = None) -> str:
    bid = service.get(current_uow(), bid_id)
    return _form_page(bid, Form(BID_FIELDS, bidding.given_of(bid) | given, problems), refusal)


@bids.post("/<int:bid_id>/edit")
@for_roles(*BIDDERS)
def edit_post(bid_id: int) -> ResponseReturnValue:
    """Keep the draft, whatever is wrong with it, and hand it in when asked to."""
    if "submit" in request.form:
        return _keep_and(bid_id, _hand_in(bid_id), back="bids.show")
    return find_partner(bid_id) if request.form.get("partner") else _keep_and(bid_id, lambda uow, arrived: SAVED)


def _hand_in(bid_id: int) -> Act:
    def act(uow: UnitOfWork, arrived: datetime) -> Label:
        bid = bidding.submit(uow, current_actor(), bid_id, arrived=arrived)
        return SUBMITTED.format(at=local_second(bid.submitted_at or arrived))

    return act


@bids.post("/<int:bid_id>/find")
@for_roles(*BIDDERS)
def find_partner(bid_id: int) -> ResponseReturnValue:
    """Look for an organisation to ask."""
    wanted = request.form.get("partner") or None
    return _keep_and(bid_id, lambda uow, arrived: SAVED, "partners", partner=wanted)


@bids.post("/<int:bid_id>/partners")
@for_roles(*BIDDERS)
def invite(bid_id: int) -> ResponseReturnValue:
    """Ask an organisation to join."""

    def act(uow: UnitOfWork, arrived: datetime) -> Label:
        member = consortium.invite(uow, current_actor(), bid_id, read_number(request.form.get("organisation")) or 0)
        return INVITED.format(name=member.organisation.name)

    return _keep_and(bid_id, act, "partners")


@bids.post("/<int:bid_id>/partners/<int:member_id>/remove")
@for_roles(*BIDDERS)
def remove_partner(bid_id: int, member_id: int) -> ResponseReturnValue:
    """Take a partner out of the consortium."""

    def act(uow: UnitOfWork, arrived: datetime) -> Label:
        consortium.remove(uow, current_actor(), bid_id, member_id)
        return SAVED

    return _keep_and(bid_id, act, "partners")


@bids.post("/<int:bid_id>/files")
@for_roles(*BIDDERS)
def attach(bid_id: int) -> ResponseReturnValue:
    """Add a file to a draft."""
    return _keep_and(bid_id, lambda uow, arrived: SAVED, "files", needs_file=True)


@bids.post("/<int:bid_id>/files/<int:file_id>/remove")
@for_roles(*BIDDERS)
def remove_file(bid_id: int, file_id: int) -> ResponseReturnValue:
    """Take a file of a draft back."""

    def act(uow: UnitOfWork, arrived: datetime) -> Label:
        bidding.drafted(uow, current_actor(), bid_id, arrived)
        files.remove(uow, current_actor(), file_id, lambda entity, one: (entity, one) == ("bid", bid_id))
        return SAVED

    return _keep_and(bid_id, act, "files")


def _keep_and(
    bid_id: int,
    act: Act,
    anchor: str = "",
    back: str = "bids.edit",
    *,
    needs_file: bool = False,
    partner: str | None = None,
) -> ResponseReturnValue:
    """Keep what was typed, then do what the button says; the time of arrival is taken first.

    What is refused is said in the form, with everything that was typed still in it; `partner` is looked for then.
    """
    uow, actor = current_uow(), current_actor()
    arrived = uow.clock()
    given = _given()
    problems: list[Problem] = []
    try:
        with uow:
            problems = bidding.save(
                uow, actor, bid_id, given, arrived=arrived, seen_version=read_number(request.form.get("seen_version"))
            )
        with uow:
            _take_file(uow, bid_id, needs_file)
        if back != "bids.edit" and problems:
            raise InvalidInput(problems)
        with uow:
            said = act(uow, arrived)
    except InvalidInput as error:
        found = list(dict.fromkeys([*problems, *error.problems]))
        return _typed_page(bid_id, given, found), 422
    except Conflict as error:
        refusal = STALE if error.message == CHANGED_MEANWHILE else error.message
        return _typed_page(bid_id, given, problems, refusal), 409
    if problems:
        flash(t(SAVED_SO_FAR.format(count=len(problems))), "warning")
        return _typed_page(bid_id, given, problems), 422
    flash(t(said), "success")
    return redirect(url_for(back, bid_id=bid_id, partner=partner, _anchor=anchor or None), 303)


def _take_file(uow: UnitOfWork, bid_id: int, is_needed: bool) -> None:
    """Keep the file that was chosen, whichever button was pressed: a box for files cannot be filled again for its reader."""
    given = request.files.get("file")
    if is_needed or (given is not None and given.filename):
        content = given.read() if given else b""
        files.attach(uow, current_actor(), file_store(), "bid", bid_id, given.filename if given else None, content)


def _given() -> dict[str, Any]:
    """Return what was typed: declared fields, commitments, shares of partners, results; what was not sent is left as it is."""
    form = request.form
    is_whole = "seen_version" in form
    found = {
        one.name: value
        for one, value in zip(BID_FIELDS, read_form(BID_FIELDS, form).values(), strict=True)
        if one.name in form or (is_whole and one.kind is Kind.CODES)
    }
    found |= {"commitments": {}, "members": {}}
    for key, value in form.items():
        kind, _, rest = key.partition("-")
        number, _, part = rest.partition("-")
        if kind in ("commitment", "member") and number.isdecimal() and part:
            found[f"{kind}s"].setdefault(int(number), {})[part] = value
    if is_whole or "offers" in form:
        found["offers"] = [int(one) for one in form.getlist("offers") if one.isdecimal() and len(one) < 10]
    return found
