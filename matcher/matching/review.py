"""What matchmaking staff decide of a pairing."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.core.vocabularies import DECLINE_REASON
from matcher.matching import assignments, claims, introductions
from matcher.matching.lifecycle import PAIRING_LIFECYCLE, UNDER_WAY
from matcher.matching.model import Decision, Pairing, PairingState, Verdict
from matcher.needs import model as need_model
from matcher.needs.model import NEED_LIFECYCLE, Need, NeedState
from matcher.offers import model as offer_model
from matcher.offers.model import Offer

NO_PAIRING = Label("找不到这个匹配对。", "There is no such pairing.")
REASON_NEEDED = Label("请选择不合适的原因。", "Choose the reason why it does not fit.")
NOTE_NEEDED = Label("选择“其他原因”时请写明原因。", "Say in words which other reason it is.")
DATE_AHEAD = Label("请选择今天以后、一年以内的日期。", "Choose a date after today and within a year.")
NOT_OPEN = Label(
    "需求或成果已不再对接（已撤回、过期或解决），不能入选。",
    "The need or the result is no longer open, so the pairing cannot be accepted.",
)
NOTE_LIMIT = 2000
NOTE_TOO_LONG = Label("备注最多 {limit} 字。", "A note has {limit} characters at most.").format(limit=NOTE_LIMIT)


def get(uow: UnitOfWork, pairing_id: int) -> Pairing:
    """Return a pairing; raises NotFound. Asks no permission: callers do."""
    found = uow.session.get(Pairing, pairing_id)
    if found is None:
        raise NotFound(NO_PAIRING)
    return found


def decide(
    uow: UnitOfWork,
    actor: Actor,
    pairing_id: int,
    verdict: Verdict,
    *,
    reason: str | None = None,
    note: str = "",
    defer_until: date | None = None,
    seen_version: int | None = None,
) -> Pairing:
    """Accept, decline with a reason code, defer to a date, or reopen a pairing.

    `seen_version` is the version that the person had on the screen: when a colleague was faster this raises Conflict and
    changes nothing; while a colleague has it open for review it raises Claimed. Whoever accepts what nobody looks after
    becomes its broker. Raises NotAllowed, NotFound, InvalidInput.
    """
    require(actor, "pairing.decide")
    pairing = get(uow, pairing_id)
    if seen_version is not None and seen_version != pairing.version:
        raise Conflict(CHANGED_MEANWHILE)
    claims.check(uow, actor, pairing_id)
    note = clean_text(note)
    problems = decision_problems(uow, verdict, reason, note, defer_until)
    if problems:
        raise InvalidInput(problems)
    if verdict is Verdict.ACCEPT and not both_open(uow, pairing):
        raise Conflict(NOT_OPEN)
    until = defer_until if verdict is Verdict.DEFER else None
    shift(uow, actor, pairing, verdict.value, note, reason=reason, on=until.isoformat() if until else None)
    pairing.defer_until = until
    record_decision(uow, actor, pairing, verdict, reason, note)
    if verdict is Verdict.ACCEPT:
        assignments.assign_if_free(uow, actor, pairing.id)
    return pairing


def shift(uow: UnitOfWork, actor: Actor, pairing: Pairing, action: str, note: str = "", **detail: Any) -> None:
    """Move a pairing through its lifecycle with history and audit; raises Conflict.

    Its need's state is kept true, its introduction follows, and whom it concerns is told. Asks no permission: callers do.
    """
    source = pairing.state
    PAIRING_LIFECYCLE.apply(uow, actor, pairing, action, note)
    pairing.changed_at = uow.clock()
    said = {name: value for name, value in detail.items() if value is not None}
    audit.record(uow, actor, f"pairing.{action}", "pairing", pairing.id, **said)
    claims.forget(uow, pairing.id)
    _tell_need(uow, actor, pairing)
    introductions.follow(uow, actor, introductions.Taken(pairing, action, source, detail.get("reason"), note))


def record_decision(
    uow: UnitOfWork, actor: Actor, pairing: Pairing, verdict: Verdict, reason: str | None, note: str
) -> None:
    """Keep what a person said of a pairing, with the scores of the moment: the ranking learns from it."""
    decision = Decision(pairing_id=pairing.id, person_id=actor.person_id, verdict=verdict, note=note, at=uow.clock())
    decision.reason = reason if verdict is Verdict.DECLINE else None
    decision.scores = pairing.scores
    uow.session.add(decision)


def both_open(uow: UnitOfWork, pairing: Pairing) -> bool:
    """Say whether need and offer can still be brought together."""
    need = uow.session.get_one(Need, pairing.need_id)
    offer = uow.session.get_one(Offer, pairing.offer_id)
    return need.state in need_model.OPEN_STATES and offer.state in offer_model.OPEN_STATES


def decision_problems(
    uow: UnitOfWork, verdict: Verdict, reason: str | None, note: str, until: date | None = None
) -> list[Problem]:
    """Return what a decision lacks: a reason, words for “other”, a date to defer to."""
    problems = []
    if verdict is Verdict.DECLINE and (reason is None or reason not in DECLINE_REASON):
        problems.append(Problem("reason", REASON_NEEDED))
    if verdict is Verdict.DECLINE and reason == "other" and not note:
        problems.append(Problem("note", NOTE_NEEDED))
    if len(note) > NOTE_LIMIT:
        problems.append(Problem("note", NOTE_TOO_LONG))
    today = local_date(uow.clock())
    if verdict is Verdict.DEFER and (until is None or not today < until <= today + timedelta(days=366)):
        problems.append(Problem("defer_until", DATE_AHEAD))
    return problems


def _tell_need(uow: UnitOfWork, actor: Actor, pairing: Pairing) -> None:
    """Keep the need's state true: it is matched while at least one of its pairings is under way."""
    uow.session.flush()
    # Two decisions on pairings of one need take their turn here, so that neither misses what the other counted.
    need = uow.session.get_one(Need, pairing.need_id, populate_existing=True, with_for_update={"of": Need})
    under_way = uow.session.scalar(
        select(func.count()).where(Pairing.need_id == need.id, Pairing.state.in_((*UNDER_WAY, PairingState.CONTRACTED)))
    )
    if under_way and need.state is NeedState.PUBLISHED:
        NEED_LIFECYCLE.apply(uow, actor, need, "match")
    elif not under_way and need.state is NeedState.MATCHED:
        NEED_LIFECYCLE.apply(uow, actor, need, "unmatch")
