"""My needs and my results: list, detail with pairings, and what can be done."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.accounts.naming import called
from matcher.core.errors import Conflict, InvalidInput
from matcher.core.fields import Field
from matcher.core.labels import Label
from matcher.core.permissions import View, allowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.sharing import for_sides
from matcher.matching import queries
from matcher.matching.endings import endings
from matcher.matching.explain_labels import promise
from matcher.matching.explained import explanation_of
from matcher.matching.introduction_model import Party
from matcher.matching.introduction_view import introductions_of
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.matching.model import PairingState
from matcher.matching.own import OwnFigures, OwnFilter, OwnRow, own_figures, own_items
from matcher.matching.queries import OwnPairing
from matcher.needs.model import Need, NeedVersion
from matcher.offers.model import Offer
from matcher.web.context import current_actor, current_uow
from matcher.web.language import t
from matcher.web.lists import read_page, read_text
from matcher.web.own.editing import edit_page, given_of
from matcher.web.own.sides import OwnSide

DONE = {
    "submit": Label("已提交。", "Handed in."),
    "renew": Label("已重新提交。", "Handed in again."),
    "solve": Label("已标记为已解决。", "Marked as solved."),
    "withdraw": Label("已撤回，不再参与匹配。", "Withdrawn; it is no longer matched."),
}
TERMS_SHOWN = 8
SHOWN_AT_HOME = 5
UNFINISHED = ("returned", "draft")


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """Hold a version of a need with the fields that it changed; none for the first."""

    version: NeedVersion
    changed: list[Field]


@dataclass(frozen=True, slots=True)
class HomePart:
    """Hold what the first page of an owner shows of one side: figures, what waits for the owner, and the latest."""

    side: OwnSide
    figures: OwnFigures
    to_do: list[OwnRow]
    latest: list[OwnRow]


def home_part(side: OwnSide) -> HomePart:
    """Return one side of the first page of an owner."""
    uow, actor = current_uow(), current_actor()
    figures = own_figures(uow, actor, side.model, side.open_states)
    waits = own_items(uow, actor, side.model, OwnFilter(states=UNFINISHED)).rows if _unfinished(figures) else []
    latest = own_items(uow, actor, side.model, OwnFilter()).rows if figures.states else []
    return HomePart(side, figures, waits[:SHOWN_AT_HOME], latest[:SHOWN_AT_HOME])


def _unfinished(figures: OwnFigures) -> int:
    return sum(figures.states.get(state, 0) for state in UNFINISHED)


def index(side: OwnSide) -> ResponseReturnValue:
    """List what the own organisation asks for or offers; for the desk, what it entered for others."""
    uow, actor = current_uow(), current_actor()
    entered = allowed(actor, f"{side.entity}.review")
    known = {str(state) for state in side.lifecycle.labels}
    states = tuple(one for one in request.args.getlist("state")[:1] if one in known)
    text = read_text()
    listing = own_items(uow, actor, side.model, OwnFilter(states, text, entered), read_page())
    return render_template(
        "own/list.html",
        side=side,
        listing=listing,
        chosen=states[0] if states else "",
        text=text,
        entered=entered,
        title=side.words.entered if entered else side.words.mine,
        progress=queries.progress(uow),
    )


def explained(own: OwnPairing) -> dict[str, Any]:
    """Return the shared terms and the best pair of sentences; nothing where the need is redacted, for both quote it."""
    if own.need is None or own.need.view is not View.FULL:
        return {}
    found = explanation_of(own.pairing)
    best = max(found.sentences, key=lambda pair: pair.contribution, default=None)
    return {"terms": [one.term for one in found.terms[:TERMS_SHOWN]], "best": best}


def why_not(
    uow: UnitOfWork, side: OwnSide, item: Need | Offer, found: list[OwnPairing]
) -> list[tuple[OwnPairing, Label]]:
    """Return the declined pairings, each with why, in fair words."""
    declined = [own for own in found if own.pairing.state is PairingState.DECLINED]
    party = Party.NEED if side.what == "needs" else Party.OFFER
    words = endings(uow, item.organisation_id, party, [own.pairing.id for own in declined])
    return [(own, words[own.pairing.id]) for own in declined]


def shown_versions(side: OwnSide, versions: list[NeedVersion]) -> list[ShownVersion]:
    """Return versions, the latest first, with what each changed."""
    before = [None, *versions]
    shown = [
        ShownVersion(one, [f for f in side.fields if last and last.answers.get(f.name) != one.answers.get(f.name)])
        for last, one in zip(before, versions, strict=False)
    ]
    return shown[::-1]


def detail(side: OwnSide, item_id: int) -> ResponseReturnValue:
    """Show one item of one's own, with its pairings, its history and what can be done."""
    actor = current_actor()
    with current_uow() as uow:  # the desk's look at a confidential need is written down
        item = side.load(uow, actor, item_id)
        moves, versions = side.history(uow, actor, item_id)
        found = side.pairings(uow, actor, item)
        pairings = [own for own in found if own.pairing.state is not PairingState.DECLINED]
        return render_template(
            "own/detail.html",
            side=side,
            item=item,
            answers=side.service.answers_of(item),
            actions=side.open_actions(item),
            is_editable=item.state in side.editable,
            pairings=[(own, explained(own)) for own in pairings],
            declined=why_not(uow, side, item, found),
            introduced=introductions_of(uow, [own.pairing.id for own in found]),
            pairing_states=PAIRING_LIFECYCLE.labels,
            promise=promise,
            shared=for_sides(uow, [own.pairing.id for own in pairings]),
            moves=moves,
            versions=shown_versions(side, versions),
            people=called(uow, actor, [*(m.person_id for m in moves), *(v.changed_by for v in versions)]),
            progress=queries.progress(uow),
        )


def act(side: OwnSide, item_id: int) -> ResponseReturnValue:
    """Submit, withdraw, renew or solve; what is still missing is shown in the form."""
    name, actor = request.form.get("action", ""), current_actor()
    action = side.action(name)
    here = url_for(f"{side.blueprint}.detail", item_id=item_id)
    try:
        with current_uow() as uow:
            action(uow, actor, item_id)
    except InvalidInput as error:
        item = side.load(uow, actor, item_id)
        if item.state not in side.editable:
            flash(" ".join(t(problem.message) for problem in error.problems), "error")
            return redirect(here, 303)
        return edit_page(side, item, given_of(side, item), error.problems), 422
    except Conflict as error:
        flash(t(error.message), "warning")
        return redirect(here, 303)
    flash(t(DONE[name]), "success")
    return redirect(here, 303)
