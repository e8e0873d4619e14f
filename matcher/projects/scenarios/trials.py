"""Trials in a scenario: a team applies, the owner admits or refuses, both keep the diary, and it ends with an outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matcher.accounts.model import Organisation, Person
from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from matcher.core.fields import clean_text, read_answers
from matcher.core.labels import Label
from matcher.core.lifecycle import StateChange
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need
from matcher.offers.model import OPEN_STATES as OPEN_OFFERS
from matcher.offers.model import Offer
from matcher.projects.scenarios import letters, service
from matcher.projects.scenarios.fields import TRIAL_FIELDS
from matcher.projects.scenarios.model import TRIAL_LIFECYCLE, Scenario, Trial, TrialEntry, TrialState

NO_TRIAL = Label("找不到这个试验，或它没有向您公开。", "There is no such trial, or it is not shown to you.")
NOT_OWN = Label("不能申请本机构发布的场景。", "Your own organisation published this scenario.")
NOT_SHOWN = Label(
    "这个场景是脱敏公开的，请先联系撮合服务人员取得对方同意。",
    "This scenario is shown in a redacted form; ask the desk to have the owner agree first.",
)
ALREADY = Label("贵单位已经申请过这个场景。", "Your organisation has applied already.")
REFUSED_BEFORE = Label(
    "贵单位的申请已有答复，不能再次申请。", "Your application was answered; it cannot be made again."
)
NO_OFFER = Label("请从本机构已公开的成果中选择。", "Choose one of the results that your organisation has published.")
SAY_WHY = Label("请写明理由，申请方会看到。", "Say why; the team reads it.")
SAY_OUTCOME = Label("请写明试验结果，双方都会看到。", "Say what came out; both sides read it.")
NO_ENTRY = Label("请写下这次记录的内容。", "Write what there is to record.")
ENDED = Label("这个试验已经结束，不能再写日志。", "This trial has ended; its diary is closed.")
CHANGED = Label("别人刚刚更新了这个试验，请看过再操作。", "Somebody has just changed this trial; look again first.")

DECIDE = ("admit", "refuse", "start", "succeed", "fail", "adopt")
NEEDS_NOTE = {"refuse": SAY_WHY, "succeed": SAY_OUTCOME, "fail": SAY_OUTCOME}
DIARY_STATES = (TrialState.ADMITTED, TrialState.RUNNING, TrialState.SUCCEEDED, TrialState.ADOPTED)
NOTE_LENGTH, ENTRY_LENGTH = 1500, 3000


@dataclass(frozen=True, slots=True)
class SeenTrial:
    """A trial with all that its page shows; `actions` are those that the actor may take now."""

    trial: Trial
    need: Need
    team: Organisation
    offer: Offer | None
    entries: list[tuple[TrialEntry, str, int | None]]  # with the writer's name and the side's organisation
    moves: list[StateChange]
    actions: tuple[str, ...]
    may_write: bool


def own_offers(uow: UnitOfWork, actor: Actor) -> list[Offer]:
    """Return the public results of the actor's organisation, of which an application may name one."""
    query = select(Offer).where(Offer.organisation_id == actor.organisation_id, Offer.state.in_(OPEN_OFFERS))
    return list(uow.session.scalars(query.order_by(Offer.id.desc())))


def own_trial(uow: UnitOfWork, actor: Actor, need_id: int) -> Trial | None:
    """Return the trial of the actor's organisation in a scenario, if there is one."""
    if actor.organisation_id is None:
        return None
    query = select(Trial).where(Trial.need_id == need_id, Trial.organisation_id == actor.organisation_id)
    return uow.session.scalar(query)


def apply(uow: UnitOfWork, actor: Actor, need_id: int, given: Mapping[str, Any]) -> Trial:
    """Apply to try in a scenario; a trial that was taken back may be applied for again.

    `given` holds the answers to TRIAL_FIELDS, and `offer`, the number of an own result. Raises NotAllowed, Conflict, InvalidInput.
    """
    require(actor, "trial.apply", owner=actor.organisation_id)
    scenario, trial = _open_scenario(uow, actor, need_id), own_trial(uow, actor, need_id)
    if trial is not None and TRIAL_LIFECYCLE.target(trial.state, "apply") is None:
        raise Conflict(REFUSED_BEFORE if trial.state is TrialState.REFUSED else ALREADY)
    answers = read_answers(TRIAL_FIELDS, given)
    offer, problems = _offer(uow, actor, str(given.get("offer") or "")), list(answers.problems)
    if isinstance(offer, Problem):
        problems.append(offer)
    if problems or isinstance(offer, Problem):
        raise InvalidInput(problems)
    now = uow.clock()
    if trial is None:
        trial = Trial(
            need_id=scenario.need_id,
            organisation_id=actor.organisation_id,
            state=TrialState.DRAFT,
            created_at=now,
            changed_at=now,
        )
    trial.plan, trial.asks = answers.values["plan"], answers.values["asks"]
    trial.offer_id, trial.person_id, trial.changed_at = offer.id if offer else None, actor.person_id, now
    uow.session.add(trial)
    uow.session.flush()
    TRIAL_LIFECYCLE.apply(uow, actor, trial, "apply")
    uow.session.flush()
    audit.record(uow, actor, "trial.apply", "trial", trial.id)
    letters.applied(uow, trial)
    return trial


def _open_scenario(uow: UnitOfWork, actor: Actor, need_id: int) -> Scenario:
    seen = service.get(uow, actor, need_id)
    if seen.seen.need.organisation_id == actor.organisation_id:
        raise Conflict(NOT_OWN)
    if not seen.is_full:
        raise Conflict(NOT_SHOWN)
    if seen.closed is not None:
        raise Conflict(seen.closed)
    return seen.scenario


def _offer(uow: UnitOfWork, actor: Actor, given: str) -> Offer | Problem | None:
    if not given:
        return None
    known = {str(one.id): one for one in own_offers(uow, actor)}
    return known.get(given) or Problem("offer", NO_OFFER)


def _seen(uow: UnitOfWork, actor: Actor, trial_id: int) -> tuple[Trial, Need]:
    trial = uow.session.get(Trial, trial_id)
    need = uow.session.get(Need, trial.need_id) if trial else None
    if trial is None or need is None:
        raise NotFound(NO_TRIAL)
    if not any(allowed(actor, "trial.see", owner=owner) for owner in (trial.organisation_id, need.organisation_id)):
        raise NotFound(NO_TRIAL)
    return trial, need


def actions_for(actor: Actor, trial: Trial, need: Need) -> tuple[str, ...]:
    """Return what the actor may do with a trial now."""
    found = TRIAL_LIFECYCLE.actions(trial.state)
    decides = allowed(actor, "trial.decide", owner=need.organisation_id)
    applies = allowed(actor, "trial.apply", owner=trial.organisation_id)
    return tuple(one for one in found if (one in DECIDE and decides) or (one == "withdraw" and applies))


def look(uow: UnitOfWork, actor: Actor, trial_id: int) -> SeenTrial:
    """Return a trial for its two sides, the office and the desk. Raises NotFound."""
    trial, need = _seen(uow, actor, trial_id)
    people = (
        select(TrialEntry, Person)
        .outerjoin(Person, Person.id == TrialEntry.person_id)
        .where(TrialEntry.trial_id == trial.id)
        .order_by(TrialEntry.id)
    )
    moves = select(StateChange).where(StateChange.entity == "trial", StateChange.entity_id == trial.id)
    return SeenTrial(
        trial,
        need,
        uow.session.get_one(Organisation, trial.organisation_id),
        uow.session.get(Offer, trial.offer_id) if trial.offer_id else None,
        [(entry, person.name if person else "", _side(person)) for entry, person in uow.session.execute(people)],
        list(uow.session.scalars(moves.order_by(StateChange.id))),
        actions_for(actor, trial, need),
        _is_side(actor, trial, need) and trial.state in DIARY_STATES,
    )


def _side(person: Person | None) -> int | None:
    return person.memberships[0].organisation_id if person and person.memberships else None


def _is_side(actor: Actor, trial: Trial, need: Need) -> bool:
    return allowed(actor, "trial.decide", owner=need.organisation_id) or allowed(
        actor, "trial.apply", owner=trial.organisation_id
    )


def step(
    uow: UnitOfWork, actor: Actor, trial_id: int, action: str, note: str = "", *, seen_version: int | None = None
) -> Trial:
    """Admit, refuse, start, succeed, fail or adopt, by the owner; or withdraw, by the team.

    A refusal needs its reason, an end its outcome. Raises NotFound, NotAllowed, Conflict, InvalidInput.
    """
    trial, need = _seen(uow, actor, trial_id)
    if action in DECIDE:
        require(actor, "trial.decide", owner=need.organisation_id)
    elif action == "withdraw":
        require(actor, "trial.apply", owner=trial.organisation_id)
    else:
        raise NotAllowed(NO_TRIAL)
    if seen_version is not None and seen_version != trial.version:
        raise Conflict(CHANGED)
    note = clean_text(note)[:NOTE_LENGTH]
    if action in NEEDS_NOTE and not note:
        raise InvalidInput([Problem("note", NEEDS_NOTE[action])])
    if action == "admit":
        _check_place(uow, trial)
    TRIAL_LIFECYCLE.apply(uow, actor, trial, action, note)
    if action in ("succeed", "fail"):
        trial.outcome = note
    trial.changed_at = uow.clock()
    uow.session.flush()
    audit.record(uow, actor, f"trial.{action}", "trial", trial.id)
    if action == "withdraw":
        letters.withdrawn(uow, trial, note)
    else:
        letters.stepped(uow, trial, action, note)
    return trial


def _check_place(uow: UnitOfWork, trial: Trial) -> None:
    """Refuse to admit beyond the places of a scenario; its row is locked so that two cannot take the last one."""
    scenario = uow.session.scalar(select(Scenario).where(Scenario.need_id == trial.need_id).with_for_update())
    taken = service.admitted_counts(uow, [trial.need_id]).get(trial.need_id, 0)
    if scenario is not None and scenario.most_trials is not None and taken >= scenario.most_trials:
        raise Conflict(service.FULL.format(count=taken))


def write_entry(uow: UnitOfWork, actor: Actor, trial_id: int, text: str) -> TrialEntry:
    """Write a line of the diary, by either side. Raises NotFound, NotAllowed, Conflict, InvalidInput."""
    trial, need = _seen(uow, actor, trial_id)
    if not _is_side(actor, trial, need):
        require(actor, "trial.apply", owner=trial.organisation_id)
    if trial.state not in DIARY_STATES:
        raise Conflict(ENDED)
    text = clean_text(text)[:ENTRY_LENGTH]
    if not text:
        raise InvalidInput([Problem("text", NO_ENTRY)])
    entry = TrialEntry(trial_id=trial.id, person_id=actor.person_id, text=text, at=uow.clock())
    uow.session.add(entry)
    uow.session.flush()
    audit.record(uow, actor, "trial.entry", "trial", trial.id)
    letters.entry_written(uow, trial, entry.id, actor.organisation_id)
    return entry
