"""Every step of a pairing after review: who may take it, what it asks for, and what a colleague who was faster has done."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from matcher.accounts.model import Person
from matcher.core.clock import SHANGHAI, local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.lifecycle import StateChange
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.matching import review
from matcher.matching.lifecycle import ACTION_LABELS, INTRODUCED_ON, PAIRING_LIFECYCLE
from matcher.matching.model import Decision, Pairing, Verdict
from matcher.matching.review import NO_PAIRING, NOTE_LIMIT
from matcher.needs.model import Need
from matcher.offers.model import Offer


@dataclass(frozen=True, slots=True)
class Step:
    """Say who may take a step, and what it asks for; `dated` is the kind of its date: ahead, behind, near or none."""

    permission: str
    needs_note: bool = False
    needs_reason: bool = False
    dated: str = ""

    @property
    def asks(self) -> tuple[str, ...]:
        """Return the names of what must be given, for a form."""
        wanted = (("reason", self.needs_reason), ("note", self.needs_note), ("on", self.dated == "ahead"))
        return tuple(name for name, asked in wanted if asked)

    @property
    def has_form(self) -> bool:
        """Tell whether the step is taken with a form: something must, or as with the day of a meeting may, be said first."""
        return bool(self.asks or self.dated)


STEPS: dict[str, Step] = {
    "accept": Step("pairing.decide"),
    "introduce": Step("pairing.introduce"),
    "withdraw": Step("pairing.introduce", needs_note=True),
    "interest": Step("pairing.agree", needs_note=True),
    "meet": Step("pairing.talk", dated="near"),
    "negotiate": Step("pairing.talk"),
    "step_back": Step("pairing.talk", needs_note=True),
    "contract": Step("pairing.contract", dated="behind"),
    "decline": Step("pairing.step_aside", needs_reason=True),
    "defer": Step("pairing.decide", dated="ahead"),
    "reopen": Step("pairing.decide"),
}
#: Steps that are decisions of the desk, and teach the ranking.
DECISIONS = {"accept": Verdict.ACCEPT, "decline": Verdict.DECLINE, "defer": Verdict.DEFER, "reopen": Verdict.REOPEN}

NO_STEP = Label("没有这样的操作。", "There is no such action.")
NOT_YET = Label("双方还没有被引荐，请先与撮合人员联系。", "The two sides are not introduced yet; please ask the desk.")
WORDS_NEEDED = {
    "interest": Label(
        "请写明双方是怎样表示同意的（如电话、时间、谁）。", "Say how both sides agreed (by telephone, when, who)."
    ),
    "withdraw": Label("请写明为什么撤回引荐。", "Say why the introduction is taken back."),
    "step_back": Label(
        "请写明为什么退回（如会谈没有举行）。", "Say why (the meeting did not take place, for example)."
    ),
}
DAY_NEAR = Label("请填写一年以内的日期。", "Give a date within a year, past or coming.")
DAY_BEHIND = Label("签约日期不能在今天以后。", "The date of the contract cannot lie ahead.")
FASTER = Label(
    "{person}刚刚（{time}）做了“{action}”，现在的状态是“{state}”。您的操作没有保存，请刷新后再看。",
    "{person} was faster ({time}): “{action}”. The state is now “{state}”. Your action was not saved; reload the page.",
)
A_COLLEAGUE, OTHER_SIDE = Label("同事", "A colleague"), Label("对方", "The other side")


def move(
    uow: UnitOfWork,
    actor: Actor,
    pairing_id: int,
    action: str,
    *,
    note: str = "",
    reason: str | None = None,
    on: date | None = None,
    seen_version: int | None = None,
) -> Pairing:
    """Take one step with a pairing.

    The note of “introduce” is what the broker says to both sides, who read it; every other note stays at the desk.
    `on` is the day to which it is deferred, on which the two meet, or on which the contract was signed. `seen_version` is the
    version on the person's screen: when somebody was faster this raises Conflict, says who did what, and changes nothing.
    Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    step, pairing, note = _step(action), _pairing(uow, actor, pairing_id, action), clean_text(note)
    _check_version(uow, actor, pairing, seen_version)
    if action in DECISIONS and allowed(actor, "pairing.decide"):
        return review.decide(uow, actor, pairing_id, DECISIONS[action], reason=reason, note=note, defer_until=on)
    if not allowed(actor, "pairing.decide") and pairing.state not in INTRODUCED_ON:
        raise Conflict(NOT_YET)
    problems = _problems(uow, action, step, note, on)
    if action == "decline":
        problems = review.decision_problems(uow, Verdict.DECLINE, reason, note)
    if problems:
        raise InvalidInput(problems)
    if action == "introduce" and not review.both_open(uow, pairing):
        raise Conflict(review.NOT_OPEN)
    review.shift(uow, actor, pairing, action, note, reason=reason, on=on.isoformat() if on else None)
    if action == "decline":
        review.record_decision(uow, actor, pairing, Verdict.DECLINE, reason, note)
    if action == "introduce" and not _was_accepted(uow, pairing.id):
        review.record_decision(uow, actor, pairing, Verdict.ACCEPT, None, "")
    return pairing


def _was_accepted(uow: UnitOfWork, pairing_id: int) -> bool:
    """Say whether somebody said yes to a pairing; one that came with a batch has its first yes when a broker introduces it."""
    query = select(Decision.verdict).where(Decision.pairing_id == pairing_id, Decision.verdict != Verdict.DEFER)
    return uow.session.scalar(query.order_by(Decision.id.desc()).limit(1)) is Verdict.ACCEPT


def _step(action: str) -> Step:
    if action not in STEPS:
        raise NotFound(NO_STEP)
    return STEPS[action]


def owners_of(uow: UnitOfWork, pairing: Pairing) -> tuple[int, int]:
    """Return the organisations of the need and of the offer of a pairing."""
    query = (
        select(Need.organisation_id, Offer.organisation_id)
        .join(Pairing, Pairing.need_id == Need.id)
        .join(Offer, Offer.id == Pairing.offer_id)
        .where(Pairing.id == pairing.id)
    )
    need_owner, offer_owner = uow.session.execute(query).one()
    return need_owner, offer_owner


def _pairing(uow: UnitOfWork, actor: Actor, pairing_id: int, action: str) -> Pairing:
    """Return the pairing for a step, with its row held; a stranger learns nothing of it."""
    permission = STEPS[action].permission
    query = select(Pairing).where(Pairing.id == pairing_id).with_for_update(of=Pairing)
    found = uow.session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if allowed(actor, permission):
        if found is None:
            raise NotFound(NO_PAIRING)
        return found
    owners = owners_of(uow, found) if found else ()
    if not any(allowed(actor, permission, owner=owner) for owner in owners):
        require(actor, permission, owner=actor.organisation_id)
        raise NotFound(NO_PAIRING)
    assert found is not None, "it has owners"
    return found


def _check_version(uow: UnitOfWork, actor: Actor, pairing: Pairing, seen: int | None) -> None:
    if seen is not None and seen != pairing.version:
        raise Conflict(_faster(uow, actor, pairing))


def _faster(uow: UnitOfWork, actor: Actor, pairing: Pairing) -> Label:
    """Say who changed a pairing last, and how; the sides are not told the names of each other's people."""
    query = select(StateChange).where(StateChange.entity == "pairing", StateChange.entity_id == pairing.id)
    last = uow.session.scalars(query.order_by(StateChange.id.desc()).limit(1)).one_or_none()
    if last is None or last.person_id == actor.person_id:
        return CHANGED_MEANWHILE
    inside = allowed(actor, "pairing.decide")
    name = uow.session.scalar(select(Person.name).where(Person.id == last.person_id)) if inside else None
    person = Label(name, name) if name else (A_COLLEAGUE if inside else OTHER_SIDE)
    return FASTER.format(
        person=person,
        time=last.at.astimezone(SHANGHAI).strftime("%m-%d %H:%M"),
        action=ACTION_LABELS[last.action],
        state=PAIRING_LIFECYCLE.labels[pairing.state],
    )


def _problems(uow: UnitOfWork, action: str, step: Step, note: str, on: date | None) -> list[Problem]:
    problems = []
    if step.needs_note and not note:
        problems.append(Problem("note", WORDS_NEEDED[action]))
    if len(note) > NOTE_LIMIT:
        problems.append(Problem("note", review.NOTE_TOO_LONG))
    today = local_date(uow.clock())
    if step.dated == "near" and on is not None and abs(on - today) > timedelta(days=366):
        problems.append(Problem("on", DAY_NEAR))
    if step.dated == "behind" and on is not None and on > today:
        problems.append(Problem("on", DAY_BEHIND))
    return problems


def open_steps(uow: UnitOfWork, actor: Actor, pairing: Pairing) -> tuple[str, ...]:
    """Return the steps that the actor may take with a pairing now, in the order of the lifecycle."""
    inside = allowed(actor, "pairing.decide")
    if not inside and pairing.state not in INTRODUCED_ON:
        return ()
    owners: tuple[int | None, ...] = (None,) if inside else owners_of(uow, pairing)
    return tuple(
        action
        for action in PAIRING_LIFECYCLE.actions(pairing.state)
        if any(allowed(actor, STEPS[action].permission, owner=owner) for owner in owners)
    )
