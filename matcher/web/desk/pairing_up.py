"""Search both ways from the desk, and pairing by hand what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matcher.core.errors import Conflict, NotFound
from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import finding
from matcher.desk.finding import Found
from matcher.matching import by_hand, search
from matcher.web.context import current_actor, current_uow, platform
from matcher.web.desk.blueprint import desk
from matcher.web.forms import read_number
from matcher.web.guard import for_roles
from matcher.web.language import t

MADE = Label(
    "已配对，理由已由系统写出；标记为人工配对。",
    "Paired; the reasons are worked out, and it is marked as made by hand.",
)
KNOWN = Label("这一对已经是匹配对了，状态见下。", "These two are a pairing already; its state is below.")
ORDERLESS = Label("检索暂时不可用，请稍后再试。", "Search is out of order for the moment; try again later.")


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Hold a search: `side` is what is looked for; `fixed` is the other side, once it is chosen."""

    side: str
    text: str
    fixed: Found | None
    found: list[Found]
    pairings: Mapping[int, finding.KnownPairing]
    refusal: Label | None = None


@desk.get("/search")
@for_roles(Role.DESK)
def find() -> ResponseReturnValue:
    """Find results for a text or needs for a text; with one side chosen, pair it with what is found."""
    with current_uow() as uow:  # a look at a confidential need is written down
        return _page(uow)


def _page(uow: UnitOfWork, refusal: Label | None = None) -> str:
    need_id, offer_id = read_number(request.args.get("need")), read_number(request.args.get("offer"))
    side = "offer" if need_id else "need" if offer_id else request.args.get("side", "offer")
    side = side if side in ("need", "offer") else "offer"
    actor, text = current_actor(), request.args.get("q", "").strip()[: search.LONGEST]
    fixed = finding.one(uow, actor, "need" if need_id else "offer", need_id or offer_id)
    asked = text or (fixed.text if fixed else "")
    found: list[Found] = []
    try:
        if asked:
            found = finding.find(uow, platform().matcher, actor, side, asked, is_text=not text)
    except (search.Unsearchable, Conflict):
        refusal = refusal or ORDERLESS
    pairings = finding.known_pairings(uow, fixed, found)
    shown = SearchPage(side, text, fixed, found, pairings, refusal)
    return render_template("desk/search.html", shown=shown, keep=_keep(shown))


def _keep(shown: SearchPage) -> dict[str, Any]:
    """Return what the search box keeps: the chosen side, or what is looked for."""
    return {shown.fixed.side: shown.fixed.id} if shown.fixed else {"side": shown.side}


@desk.post("/pair")
@for_roles(Role.DESK)
def pair_up() -> ResponseReturnValue:
    """Pair a need and a result by hand, and show the pairing."""
    need_id, offer_id = read_number(request.form.get("need")), read_number(request.form.get("offer"))
    if need_id is None or offer_id is None:
        raise NotFound(by_hand.NO_OFFER if need_id else by_hand.NO_NEED)
    uow = current_uow()
    try:
        with uow:
            made = by_hand.pair(uow, platform().matcher, current_actor(), need_id, offer_id)
    except Conflict as error:
        with uow:
            return _page(uow, error.message), 409
    flash(t(MADE if made.is_new else KNOWN), "success" if made.is_new else "warning")
    return redirect(url_for("desk.pairing", pairing_id=made.pairing.id), 303)
