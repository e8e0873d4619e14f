"""What matchmaking staff decide of a pairing."""

from datetime import date, timedelta

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
from matcher.matching import assignments, claims
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
    problems = _problems(uow, verdict, reason, note, defer_until)
    if problems:
        raise InvalidInput(problems)
    if verdict is Verdict.ACCEPT and not _both_open(uow, pairing):
        raise Conflict(NOT_OPEN)
    PAIRING_LIFECYCLE.apply(uow, actor, pairing, verdict.value, note)
    pairing.defer_until = defer_until if verdict is Verdict.DEFER else None
    pairing.changed_at = uow.clock()
    _write_down(uow, actor, pairing, verdict, reason if verdict is Verdict.DECLINE else None, note)
    claims.forget(uow, pairing.id)
    if verdict is Verdict.ACCEPT:
        assignments.assign_if_free(uow, actor, pairing.id)
    _tell_need(uow, actor, pairing)
    return pairing


def _write_down(
    uow: UnitOfWork, actor: Actor, pairing: Pairing, verdict: Verdict, reason: str | None, note: str
) -> None:
    decision = Decision(pairing_id=pairing.id, person_id=actor.person_id, verdict=verdict, note=note, at=uow.clock())
    decision.reason = reason
    decision.scores = pairing.scores
    uow.session.add(decision)
    audit.record(uow, actor, f"pairing.{verdict}", "pairing", pairing.id, reason=reason)


def _both_open(uow: UnitOfWork, pairing: Pairing) -> bool:
    need = uow.session.get_one(Need, pairing.need_id)
    offer = uow.session.get_one(Offer, pairing.offer_id)
    return need.state in need_model.OPEN_STATES and offer.state in offer_model.OPEN_STATES


def _problems(uow: UnitOfWork, verdict: Verdict, reason: str | None, note: str, until: date | None) -> list[Problem]:
    problems = []
    if verdict is Verdict.DECLINE and (reason is None or reason not in DECLINE_REASON):
        problems.append(Problem("reason", REASON_NEEDED))
    if verdict is Verdict.DECLINE and reason == "other" and not note:
        problems.append(Problem("note", NOTE_NEEDED))
    if len(note) > NOTE_LIMIT:
        problems.append(
            Problem(
                "note",
                Label("备注最多 {limit} 字。", "A note has {limit} characters at most.").format(limit=NOTE_LIMIT),
            )
        )
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
