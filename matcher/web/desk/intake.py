"""Intake: what was submitted is read, then published or sent back with a note."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.fields import Field
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.needs import fields as need_fields
from matcher.needs import service as needs
from matcher.needs.model import NEED_LIFECYCLE, Need, NeedState
from matcher.offers import fields as offer_fields
from matcher.offers import service as offers
from matcher.offers.model import OFFER_LIFECYCLE, Offer, OfferState
from matcher.web.context import current_actor, current_uow
from matcher.web.desk.blueprint import desk
from matcher.web.guard import for_roles
from matcher.web.language import t

#: Without these a match is a guess: worth asking for before publishing.
ASKED_OF_NEEDS = ("indicators", "content", "expected_trl", "budget", "deadline", "long_cooperation", "keywords")
ASKED_OF_OFFERS = ("indicators", "application", "trl", "ip", "reports", "cooperation", "price_low", "keywords")
PUBLISHED = Label("已发布“{title}”，系统随即开始匹配。", "“{title}” is published; matching starts at once.")
RETURNED = Label("已退回“{title}”，提交单位会看到您的说明。", "“{title}” was sent back with your note.")
PLEASE_ADD = Label("请补充：{names}。", "Please add: {names}.")


@dataclass(frozen=True, slots=True)
class Submission:
    """Hold a need or a result as intake shows it."""

    side: str
    thing: Need | Offer
    fields: Sequence[Field]
    groups: Mapping[str, Label]
    answers: Mapping[str, Any]
    missing: list[Field]
    state: Label
    waits: bool

    def of_group(self, group: str) -> list[Field]:
        """Return the fields of one group."""
        return [one for one in self.fields if one.group == group]

    @property
    def suggested_note(self) -> str:
        """Return a note that asks for what is missing, for the reader to edit."""
        names = "、".join(one.label.zh for one in self.missing), ", ".join(one.label.en for one in self.missing)
        return (
            t(Label(PLEASE_ADD.zh.format(names=names[0]), PLEASE_ADD.en.format(names=names[1]))) if self.missing else ""
        )


def _missing(fields: Sequence[Field], asked: Sequence[str], answers: Mapping[str, Any]) -> list[Field]:
    return [one for one in fields if (one.required or one.name in asked) and answers[one.name] in (None, "", [])]


def _need(need: Need) -> Submission:
    fields, answers = need_fields.NEED_FIELDS, needs.answers_of(need)
    return Submission(
        "need", need, fields, need_fields.GROUPS, answers, _missing(fields, ASKED_OF_NEEDS, answers),
        NEED_LIFECYCLE.labels[need.state], need.state is NeedState.SUBMITTED,
    )  # fmt: skip


def _offer(offer: Offer) -> Submission:
    fields, answers = offer_fields.OFFER_FIELDS, offers.answers_of(offer)
    return Submission(
        "offer", offer, fields, offer_fields.GROUPS, answers, _missing(fields, ASKED_OF_OFFERS, answers),
        OFFER_LIFECYCLE.labels[offer.state], offer.state is OfferState.SUBMITTED,
    )  # fmt: skip


@desk.get("/intake")
@for_roles(Role.DESK)
def intake() -> ResponseReturnValue:
    """List what waits to be published."""
    uow, actor = current_uow(), current_actor()
    return render_template(
        "desk/intake.html",
        needs=[_need(one) for one in needs.to_review(uow, actor)],
        offers=[_offer(one) for one in offers.to_review(uow, actor)],
    )


def _submission_page(submission: Submission, note: str | None = None, problems: Sequence[Problem] = ()) -> str:
    shown_note = submission.suggested_note if note is None else note
    return render_template("desk/submission.html", submission=submission, note=shown_note, problems=problems)


@desk.get("/intake/needs/<int:need_id>")
@for_roles(Role.DESK)
def intake_need(need_id: int) -> ResponseReturnValue:
    """Show a submitted need with all it says and lacks."""
    with current_uow() as uow:  # a look at a confidential need is written down
        return _submission_page(_need(needs.get(uow, current_actor(), need_id).need))


@desk.get("/intake/offers/<int:offer_id>")
@for_roles(Role.DESK)
def intake_offer(offer_id: int) -> ResponseReturnValue:
    """Show a submitted result with all it says and lacks."""
    return _submission_page(_offer(offers.get(current_uow(), current_actor(), offer_id)))


@desk.post("/intake/needs/<int:need_id>")
@for_roles(Role.DESK)
def review_need(need_id: int) -> ResponseReturnValue:
    """Publish a need or send it back."""
    return _answer("need", need_id)


@desk.post("/intake/offers/<int:offer_id>")
@for_roles(Role.DESK)
def review_offer(offer_id: int) -> ResponseReturnValue:
    """Publish a result or send it back."""
    return _answer("offer", offer_id)


def _answer(side: str, item_id: int) -> ResponseReturnValue:
    service: Any = needs if side == "need" else offers
    actor, publishes, note = current_actor(), request.form.get("answer") == "publish", request.form.get("note", "")
    try:
        with current_uow() as uow:
            if publishes:
                done = service.publish(uow, actor, item_id)
            else:
                done = service.return_for_repair(uow, actor, item_id, note)
    except InvalidInput as error:
        found = (
            _need(needs.get(uow, actor, item_id).need) if side == "need" else _offer(offers.get(uow, actor, item_id))
        )
        return _submission_page(found, note, error.problems), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(url_for("desk.intake"), 303)
    flash(t((PUBLISHED if publishes else RETURNED).format(title=done.title)), "success")
    return redirect(url_for("desk.intake"), 303)
