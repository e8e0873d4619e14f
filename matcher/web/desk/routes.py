"""The desk: what waits, the queue of candidate pairings, one pairing, the record of decisions."""

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.desk import changes, filters, tasks, waiting
from matcher.matching import assignments, claims, queries, review
from matcher.matching import queue as queues
from matcher.matching.model import Verdict
from matcher.web.context import current_actor, current_uow
from matcher.web.desk import words
from matcher.web.desk.blueprint import desk
from matcher.web.desk.dossier import pairing_page
from matcher.web.desk.forms import filter_args, queue_address, read_decision, read_filter
from matcher.web.desk.review_page import ReviewPage, review_page
from matcher.web.forms import read_number
from matcher.web.guard import for_roles
from matcher.web.language import t
from matcher.web.lists import read_page

SHOWN = 8
OWN_SHOWN = 5
AHEAD = "X-Ahead"  # sent with pages that scripts fetch before they are asked for
GONE = Label(
    "这个匹配对已经撤下：需求或成果有了变化，系统不再推荐。请看下一个。",
    "This pairing was taken back: the need or the result has changed. Go on with the next.",
)
NO_VERDICT = Label("请按“合适”“不合适”或“稍后”。", "Press “Accept”, “Decline” or “Later”.")


@desk.get("/")
@for_roles(Role.DESK)
def home() -> ResponseReturnValue:
    """Show what waits and what is under way."""
    uow, actor = current_uow(), current_actor()
    with uow:
        since = changes.visit(uow, actor)
    return render_template(
        "desk/home.html",
        counts=queues.counts(uow, actor, queues.QueueFilter()),
        best=queues.queue(uow, actor, queues.QueueFilter()).rows[:SHOWN],
        to_publish=waiting.to_publish(uow, actor),
        mine=queues.under_way(uow, actor, OWN_SHOWN, broker=actor.person_id),
        tasks=tasks.listed(uow, actor, person_id=actor.person_id),
        changes=changes.since(uow, actor, since),
        progress=queries.progress(uow),
    )


@desk.get("/progress.json")
@for_roles(Role.DESK)
def progress() -> ResponseReturnValue:
    """Say how far matching is, for the notice that keeps itself up to date."""
    found = queries.progress(current_uow())
    return jsonify(under_way=found.is_under_way, text=t(words.progress_text(found)))


@desk.get("/queue")
@for_roles(Role.DESK)
def queue() -> ResponseReturnValue:
    """Show the queue beside the pairing that is looked at: the one named in the address, else the first of the page."""
    if not request.args:
        usual = filters.default(current_uow(), current_actor())
        if usual:
            return redirect(url_for("desk.queue", **usual))
    pairing_id = read_number(request.args.get("pairing"))
    with current_uow():  # a look at a confidential need is written down
        try:
            found = open_review(pairing_id) if pairing_id else None
        except NotFound:
            return _gone()
        return queue_page(found, picked=found is not None)


def open_review(pairing_id: int) -> ReviewPage:
    """Load a pairing for review and claim it, unless the page is only fetched ahead of its turn."""
    uow, actor = current_uow(), current_actor()
    if AHEAD not in request.headers:
        claims.claim(uow, actor, pairing_id)
    return review_page(uow, actor, pairing_id)


def _gone() -> ResponseReturnValue:
    """Go on with the queue when a suggestion was taken back since the list was shown."""
    flash(t(GONE), "warning")
    return redirect(queue_address(read_filter(request.args)), 303)


def queue_page(found: ReviewPage | None, *, picked: bool) -> str:
    """Render the queue beside `found`, else beside the first of the page that no colleague has open, which is claimed."""
    uow, actor, wanted = current_uow(), current_actor(), read_filter(request.args)
    listed = queues.queue(uow, actor, wanted, read_page(), around=found.opened.pairing if found else None)
    if found is None and listed.rows:
        free = (row.id for row in listed.rows if row.holder_id in (None, actor.person_id))
        found = open_review(next(free, listed.rows[0].id))
    here = found.opened.pairing if found else None
    return render_template(
        "desk/queue.html",
        wanted=wanted,
        listed=listed,
        counts=queues.counts(uow, actor, wanted),
        ages=queues.AGES,
        shown=found,
        picked=picked,
        following=queues.next_in_queue(uow, actor, wanted, here) if here else None,
        previous=queues.previous_in_queue(uow, actor, wanted, here) if here else None,
        decided=_decided(),
        progress=queries.progress(uow),
        decision_args={"back": "queue", **filter_args(wanted)},
        brokers=assignments.brokers(uow),
        kept=filters.listed(uow, actor),
    )


def _decided() -> queries.Said | None:
    """Return the decision that led here, so that it can be taken back."""
    number = read_number(request.args.get("decided"))
    return queries.last_said(current_uow(), current_actor(), number) if number else None


@desk.get("/pairings/<int:pairing_id>")
@for_roles(Role.DESK)
def pairing(pairing_id: int) -> ResponseReturnValue:
    """Show one pairing with its history."""
    with current_uow() as uow:
        return pairing_page(review_page(uow, current_actor(), pairing_id))


@desk.post("/pairings/<int:pairing_id>/decision")
@for_roles(Role.DESK)
def decide(pairing_id: int) -> ResponseReturnValue:
    """Take a decision and show the next pairing; one that cannot be taken comes back with what was typed."""
    given, actor = read_decision(), current_actor()
    if given.verdict is None:
        return _decide_again(pairing_id, InvalidInput([Problem("", NO_VERDICT)]))
    try:
        with current_uow() as uow:
            review.decide(
                uow, actor, pairing_id, given.verdict,
                reason=given.reason, note=given.note, defer_until=given.until_date, seen_version=given.seen_version,
            )  # fmt: skip
    except (Conflict, InvalidInput) as error:
        return _decide_again(pairing_id, error)
    except NotFound:
        return _gone()
    address = _after_decision(pairing_id, given.verdict)
    # Scripts have the next page at hand and only ask whether the decision stands.
    return jsonify(address=address) if request.accept_mimetypes.best == "application/json" else redirect(address, 303)


def _decide_again(pairing_id: int, error: Conflict | InvalidInput) -> ResponseReturnValue:
    problems = error.problems if isinstance(error, InvalidInput) else ()
    refusal = error.message if isinstance(error, Conflict) else None
    with current_uow() as uow:
        found = review_page(uow, current_actor(), pairing_id, read_decision(), problems, refusal)
        return same_page(found), 409 if refusal else 422


def same_page(found: ReviewPage) -> str:
    """Render the page from which a form of the review was sent."""
    return queue_page(found, picked=True) if request.args.get("back") == "queue" else pairing_page(found)


def _after_decision(pairing_id: int, verdict: Verdict) -> str:
    if request.args.get("back") != "queue":
        return url_for("desk.pairing", pairing_id=pairing_id)
    uow, actor, wanted = current_uow(), current_actor(), read_filter(request.args)
    if verdict is Verdict.REOPEN:
        return queue_address(wanted, pairing=pairing_id)
    done = queries.pairing(uow, actor, pairing_id)
    following = queues.next_in_queue(uow, actor, wanted, done) or queues.first_in_queue(uow, actor, wanted)
    return queue_address(wanted, pairing=following, decided=pairing_id)


@desk.get("/decisions")
@for_roles(Role.DESK)
def decisions() -> ResponseReturnValue:
    """List what was decided, by whom and why."""
    given = request.args.get("verdict", "")
    verdict = Verdict(given) if given in set(Verdict) else None
    found = queries.record(current_uow(), current_actor(), verdict=verdict, page=read_page())
    return render_template("desk/decisions.html", record=found, verdict=verdict)
