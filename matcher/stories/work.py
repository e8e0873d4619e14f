"""What the teams, the office and the experts of the stories do once a project is awarded, each act by its name."""

from collections.abc import Callable

from matcher.core.people import SYSTEM
from matcher.offers import service as offers
from matcher.projects.bids.queries import of_project as bids_of
from matcher.projects.delivery import (
    acceptance,
    books,
    changes,
    commission,
    drafting,
    gate_plan,
    gates,
    merging,
    payments,
    progress,
    signing,
)
from matcher.projects.delivery.gates import MERGE, Verdict
from matcher.projects.delivery.lifecycle import PaymentState
from matcher.projects.delivery.model import Gate, Milestone, TaskBook
from matcher.projects.experts.model import Stage
from matcher.projects.lifecycle import BidState
from matcher.stories.cast import Cast
from matcher.stories.judging import Comments, Marks, Session, hold
from matcher.stories.lists import Tale, Told, argue_and_announce, draft, write_need

#: Days after the first of the task books was drafted on which it is offered and signed.
OFFERED, SIGNED = 1, 3
#: Days after a made-to-order project was begun.
ARGUED, NOTICED, NAMED, DRAFTED = 1, 6, 15, 17


def sign_books(cast: Cast, tale: Tale, drafted: int) -> None:
    """Plan the gates of a race, and draft, offer and sign the task books of all awarded teams."""
    uow, office = cast.uow, cast.office
    cast.calendar.at(drafted)
    for one in tale.told.get("gate", ()):
        given = {key: value for key, value in one.items() if key != "due"}
        gate_plan.save(uow, office, tale.project.id, given | {"due_on": cast.calendar.day(one["due"]).isoformat()})
    for place, bid in enumerate(bids_of(uow, tale.project.id, [BidState.AWARDED])):
        cast.calendar.at(drafted, 10 + place)
        book = drafting.draft(uow, office, bid.id, drafting.suggestion(uow, bid) | _milestones(cast, tale, drafted))
        cast.calendar.at(drafted - OFFERED, 10 + place)
        signing.offer(uow, office, book.id)
        cast.calendar.at(drafted - SIGNED, 10 + place)
        _sign(cast, tale, book)


def _milestones(cast: Cast, tale: Tale, drafted: int) -> dict[str, str]:
    """Return the milestones that the office types where the team brought none with a bid."""
    start = cast.calendar.day(drafted)
    rows = [
        drafting.Step(one["title"], drafting.months_after(start, one["months"]), one["share"], one["deliverable"])
        for one in tale.told.get("book", {}).get("milestones", ())
    ]
    return {"milestones": drafting.typed_steps(rows)} if rows else {}


def _sign(cast: Cast, tale: Tale, book: TaskBook) -> None:
    found = books.get(cast.uow, book.id)
    lead = next(key for key, bid in tale.bids.items() if bid.id == found.bid.id)
    signing.sign(cast.uow, cast.of(lead), book.id)
    if found.owner is not None:
        signing.sign(cast.uow, cast.of(str(found.owner.seed_key)), book.id)
    signing.sign(cast.uow, cast.office, book.id)


def tell_order(cast: Cast, told: Told) -> Tale:
    """Set up a made-to-order project, announce it, name its team and sign its task book."""
    starts = int(told["starts"])
    need = write_need(cast, told["need"], starts + 20)
    cast.calendar.at(starts)
    tale = Tale(draft(cast, told, need), told)
    argue_and_announce(cast, tale, starts - ARGUED, starts - NOTICED)
    cast.calendar.at(starts - NAMED)
    team = cast.organisation(told["team"]).name
    commission.name_team(cast.uow, cast.office, tale.project.id, team, told["leader"])
    (tale.bids[told["team"]],) = bids_of(cast.uow, tale.project.id, [BidState.AWARDED])
    sign_books(cast, tale, starts - DRAFTED)
    return tale


def act(cast: Cast, tale: Tale, step: Told) -> None:
    """Take one step of a story on its day."""
    cast.calendar.at(step["days"])
    ACTS[step["act"]](cast, tale, step)


def _book(cast: Cast, tale: Tale, step: Told) -> TaskBook:
    found = books.of_bid(cast.uow, tale.bid(step.get("team", "")).id)
    assert found is not None, "signed before the first step"
    return found


def _lead(tale: Tale, step: Told) -> str:
    return str(step.get("team") or next(iter(tale.bids)))


def _milestone(cast: Cast, tale: Tale, step: Told) -> Milestone:
    return drafting.milestones(cast.uow, _book(cast, tale, step).id)[int(step["milestone"]) - 1]


def _gate(cast: Cast, tale: Tale, step: Told) -> Gate:
    return gate_plan.of_project(cast.uow, tale.project.id)[int(step["gate"]) - 1]


def _report(cast: Cast, tale: Tale, step: Told) -> None:
    lead = cast.of(_lead(tale, step))
    progress.report_milestone(cast.uow, lead, _milestone(cast, tale, step).id, step["text"])


def _confirm(cast: Cast, tale: Tale, step: Told) -> None:
    progress.answer_milestone(cast.uow, cast.office, _milestone(cast, tale, step).id, "accept", step["text"])


def _pay(cast: Cast, tale: Tale, step: Told) -> None:
    """Pay what is released, of one source where it is named."""
    day = cast.calendar.day(step["days"])
    for place, one in enumerate(payments.of(cast.uow, _book(cast, tale, step).id), 1):
        if one.state is PaymentState.RELEASED and one.source == step.get("source", one.source):
            payments.pay(cast.uow, cast.office, one.id, paid_on=day, reference=f"{step['receipt']}-{place}")


def _hand_in(cast: Cast, tale: Tale, step: Told) -> None:
    given = {"kind": step["kind"], "text": step["text"], "spent": step["spent"]}
    progress.hand_in_report(cast.uow, cast.of(_lead(tale, step)), _book(cast, tale, step).id, given)


def _ask_change(cast: Cast, tale: Tale, step: Told) -> None:
    day = cast.calendar.day(-step["ahead"]).isoformat()
    given = {"kind": step["kind"], "text": step["text"], "dates": f"{step['milestone']}，{day}"}
    changes.ask(cast.uow, cast.of(_lead(tale, step)), _book(cast, tale, step).id, given)


def _apply(cast: Cast, tale: Tale, step: Told) -> None:
    book = _book(cast, tale, step)
    acceptance.apply(cast.uow, cast.of(_lead(tale, step)), book.id, step["text"], step["measured"])


def _judge_acceptance(cast: Cast, tale: Tale, step: Told) -> None:
    bid = tale.bid(step.get("team", "")).id
    _hold(cast, tale, step, Stage.ACCEPTANCE, {bid: step["marks"]})


def _judge_gate(cast: Cast, tale: Tale, step: Told) -> None:
    marks: Marks = {tale.bid(team).id: given for team, given in step["marks"].items()}
    _hold(cast, tale, step, Stage.GATE, marks, _gate(cast, tale, step).id)


def _hold(cast: Cast, tale: Tale, step: Told, stage: Stage, marks: Marks, gate_id: int | None = None) -> None:
    comments: Comments = dict.fromkeys(marks, str(step["comment"]))
    stays_open = bool(step.get("open", False))
    hold(
        cast,
        tale.project,
        Session(stage, tale.experts(cast), marks, comments, step["days"], gate_id=gate_id, stays_open=stays_open),
    )


def _decide(cast: Cast, tale: Tale, step: Told) -> None:
    book = _book(cast, tale, step)
    acceptance.decide(cast.uow, cast.office, book.id, step["verdict"], step["grade"], step["text"])


def _close(cast: Cast, tale: Tale, step: Told) -> None:
    acceptance.close(cast.uow, cast.office, tale.project.id, step["text"])


def _enter_result(cast: Cast, tale: Tale, step: Told) -> None:
    """Enter the result as a draft, complete it as its team does, and let the desk publish it."""
    lead = cast.of(_lead(tale, step))
    offer = acceptance.enter_result(cast.uow, lead, _book(cast, tale, step).id)
    offers.edit(cast.uow, lead, offer.id, offers.given_of(offer) | dict(step["add"]), submit=True)
    offers.publish(cast.uow, SYSTEM, offer.id)


def _open_gate(cast: Cast, tale: Tale, step: Told) -> None:
    gates.open_gate(cast.uow, cast.office, _gate(cast, tale, step).id)


def _show(cast: Cast, tale: Tale, step: Told) -> None:
    entry = gates.entries(cast.uow, _gate(cast, tale, step).id)[tale.bid(step["team"]).id]
    values = [{"value": one} for one in step["measured"]]
    gates.hand_in(cast.uow, cast.of(step["team"]), entry.id, step["text"], values)


def _decide_gate(cast: Cast, tale: Tale, step: Told) -> None:
    into = tale.bid(step["into"]).id
    verdicts = {
        tale.bid(team).id: Verdict(outcome, step["text"], into if outcome == MERGE else None)
        for team, outcome in step["outcomes"].items()
    }
    gates.decide(cast.uow, cast.office, _gate(cast, tale, step).id, verdicts)


def _settle(cast: Cast, tale: Tale, step: Told) -> None:
    shares = {cast.organisation(key).id: share for key, share in step["shares"].items()}
    merging.settle(cast.uow, cast.of(step["team"]), tale.bid(step["team"]).id, shares)


ACTS: dict[str, Callable[[Cast, Tale, Told], None]] = {
    "report": _report,
    "confirm": _confirm,
    "pay": _pay,
    "hand_in": _hand_in,
    "ask_change": _ask_change,
    "apply": _apply,
    "judge_acceptance": _judge_acceptance,
    "decide": _decide,
    "close": _close,
    "enter_result": _enter_result,
    "open_gate": _open_gate,
    "show": _show,
    "judge_gate": _judge_gate,
    "decide_gate": _decide_gate,
    "settle": _settle,
}
