"""Timetables of an event: proposed, looked at, put into force, undone; and meetings that participants book themselves."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import Conflict, NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import letters, proposals, service
from matcher.events.model import (
    EVENT_LIFECYCLE,
    MEETING_LIFECYCLE,
    PLAN_LIFECYCLE,
    Event,
    EventState,
    Meeting,
    MeetingState,
    Participant,
    ParticipantState,
    Plan,
    PlanState,
    Side,
)
from matcher.events.solver import solve
from matcher.events.timetable import Pair, Placed, Problem, Timetable, free_places, lacks

NO_PLAN = Label("找不到这份时间表。", "There is no such timetable.")
NO_MEETING = Label("找不到这场会谈。", "There is no such meeting.")
NOBODY_COMES = Label("双方都要有人确认参加，才能排会。", "Somebody of each side must have accepted before meetings can be scheduled.")  # fmt: skip
OUTDATED = Label(
    "提出这份时间表以后，有人改了答复或会谈有变动。请重新排会再生效。",
    "Since this timetable was proposed, answers or meetings have changed. Propose a new one and put that into force.",
)
CANNOT_UNDO = Label(
    "时间表生效以后会谈又有变动，不能直接撤销。请重新排会。",
    "Meetings have changed since this timetable came into force, so it cannot be undone. Propose a new one.",
)
NOT_SELF = Label("这场对接会由组织方统一安排会谈。", "At this event the organisers schedule the meetings.")
NOT_FREE = Label("这个时段已经被占用，请另选一个。", "This slot is taken; choose another.")
FULL = Label("您或对方的会谈已达到上限。", "You or the other side have all the meetings you may have.")
OPEN = (EventState.INVITING, EventState.SCHEDULED, EventState.RUNNING)
ROW = ("demand", "supply", "slot", "table")


def propose(uow: UnitOfWork, actor: Actor, event_id: int) -> Plan:
    """Work out a timetable to look at; what is announced stays as far as it can. Raises Conflict."""
    event = service.organised(uow, actor, event_id)
    if event.state not in OPEN:
        raise Conflict(service.CLOSED)
    people = service.participants(uow, event_id)
    if len({one.side for one in proposals.comes(people)}) < 2:
        raise Conflict(NOBODY_COMES)
    meetings = all_meetings(uow, event_id)
    problem = proposals.problem_of(uow, event, people, meetings)
    found = solve(problem)
    for older in plans(uow, event_id, PlanState.PROPOSED):
        PLAN_LIFECYCLE.apply(uow, actor, older, "discard")
    plan = Plan(event_id=event.id, made_by=actor.person_id, made_at=uow.clock(), figures=_figures(problem, found))
    over = {(m.demand_id, m.supply_id) for m in meetings if m.state in (MeetingState.HELD, MeetingState.MISSED)}
    plan.meetings = [_row(one, problem) for one in found.meetings if one.pair not in over]
    plan.before = snapshot(uow, event_id)
    uow.session.add(plan)
    uow.session.flush()
    audit.record(uow, actor, "event.propose", "event", event.id, plan=plan.id)
    return plan


def _row(one: Placed, problem: Problem) -> dict[str, Any]:
    return dict(zip(ROW, (one.demand, one.supply, one.slot, one.table), strict=True)) | {
        "value": problem.values[one.pair], "self_made": one.pair in problem.pinned,
    }  # fmt: skip


def _figures(problem: Problem, found: Timetable) -> dict[str, Any]:
    return {
        "value": found.value,
        "value_bound": found.value_bound,
        "share": found.share_of_bound,
        "possible": len(problem.values),
        "lacks": {str(key): lack.value for key, lack in lacks(problem, found.meetings).items()},
    }


def all_meetings(uow: UnitOfWork, event_id: int) -> list[Meeting]:
    """Return every meeting of an event, those taken back as well, by slot and table."""
    query = select(Meeting).where(Meeting.event_id == event_id).order_by(Meeting.slot, Meeting.table_no, Meeting.id)
    return list(uow.session.scalars(query))


def snapshot(uow: UnitOfWork, event_id: int) -> list[dict[str, Any]]:
    """Return what is scheduled, as rows of a plan."""
    return [
        {"demand": m.demand_id, "supply": m.supply_id, "slot": m.slot, "table": m.table_no, "value": m.value, "self_made": m.self_made}
        for m in service.scheduled(uow, event_id)
    ]  # fmt: skip


def plans(uow: UnitOfWork, event_id: int, state: PlanState | None = None) -> list[Plan]:
    """Return the timetables of an event, the latest first."""
    query = select(Plan).where(Plan.event_id == event_id).order_by(Plan.id.desc())
    return list(uow.session.scalars(query.where(Plan.state == state) if state else query))


def plan_of(uow: UnitOfWork, actor: Actor, plan_id: int) -> tuple[Plan, Event]:
    """Return a proposed timetable and its event, for the organisers; raises NotFound."""
    require(actor, "event.organise")
    found = uow.session.get(Plan, plan_id)
    if found is None:
        raise NotFound(NO_PLAN)
    return found, service.get(uow, found.event_id)


def placed(rows: Iterable[dict[str, Any]]) -> list[Placed]:
    """Return the rows of a plan as meetings."""
    return [Placed(row["demand"], row["supply"], row["slot"], row["table"]) for row in rows]


def _same(one: Iterable[dict[str, Any]], other: Iterable[dict[str, Any]]) -> bool:
    return set(placed(one)) == set(placed(other))


def deploy(uow: UnitOfWork, actor: Actor, plan_id: int) -> Plan:
    """Put a proposed timetable into force and tell everybody whose meetings changed; raises Conflict."""
    plan, event = plan_of(uow, actor, plan_id)
    people = {one.id: one for one in service.participants(uow, event.id)}
    here = {key for key, one in people.items() if one.state is ParticipantState.ACCEPTED}
    gone = any(not {row["demand"], row["supply"]} <= here for row in plan.meetings)
    answered = any(one.answered_at and one.answered_at > plan.made_at for one in people.values())
    if event.state not in OPEN or gone or answered or not _same(plan.before, snapshot(uow, event.id)):
        raise Conflict(OUTDATED)
    for older in plans(uow, event.id, PlanState.IN_FORCE):
        PLAN_LIFECYCLE.apply(uow, actor, older, "replace")
    PLAN_LIFECYCLE.apply(uow, actor, plan, "deploy")
    if event.state is EventState.INVITING:
        EVENT_LIFECYCLE.apply(uow, actor, event, "schedule")
    _apply(uow, actor, event, plan.meetings)
    audit.record(uow, actor, "event.deploy", "event", event.id, plan=plan.id)
    _tell(uow, event, plan, people)
    return plan


def _apply(uow: UnitOfWork, actor: Actor, event: Event, rows: list[dict[str, Any]]) -> None:
    """Make the meetings what the rows say; what has been held stays."""
    known = {(one.demand_id, one.supply_id): one for one in all_meetings(uow, event.id)}
    wanted = {(row["demand"], row["supply"]): row for row in rows}
    for pair, meeting in known.items():
        if pair not in wanted and meeting.state is MeetingState.SCHEDULED:
            MEETING_LIFECYCLE.apply(uow, actor, meeting, "take_back")
    pairing_ids = _pairings(uow, event)
    for pair, row in wanted.items():
        meeting = known.get(pair) or Meeting(event_id=event.id, demand_id=pair[0], supply_id=pair[1])
        place = (row["slot"], row["table"])
        changed = (meeting.slot, meeting.table_no) != place or meeting.state is not MeetingState.SCHEDULED
        meeting.slot, meeting.table_no = place
        meeting.value, meeting.self_made = row["value"], row["self_made"]
        meeting.pairing_id = pairing_ids.get(pair, meeting.pairing_id)
        if meeting.id is None:
            uow.session.add(meeting)
        elif changed:
            MEETING_LIFECYCLE.apply(uow, actor, meeting, "place")
    uow.session.flush()


def _pairings(uow: UnitOfWork, event: Event) -> dict[Pair, int]:
    here = proposals.comes(service.participants(uow, event.id))
    found = proposals.subjects(uow, event, {one.organisation_id for one in here})
    return {pair: subjects[0].pairing_id for pair, subjects in proposals.by_pair(found, here).items()}


def _tell(uow: UnitOfWork, event: Event, plan: Plan, people: dict[int, Participant], *, undone: bool = False) -> None:
    after = snapshot(uow, event.id)
    changed = set(placed(plan.before)) ^ set(placed(plan.meetings))
    count = Counter(key for row in after for key in (row["demand"], row["supply"]))
    for key in sorted({key for one in changed for key in one.pair}):
        if people[key].state is ParticipantState.ACCEPTED:
            letters.timetable(uow, event, people[key], count[key], plan.id, undone=undone)


def discard(uow: UnitOfWork, actor: Actor, plan_id: int) -> Plan:
    """Put a proposed timetable aside."""
    plan, _ = plan_of(uow, actor, plan_id)
    PLAN_LIFECYCLE.apply(uow, actor, plan, "discard")
    return plan


def undo(uow: UnitOfWork, actor: Actor, plan_id: int) -> Plan:
    """Take the timetable in force back and restore the one before; raises Conflict when meetings changed since."""
    plan, event = plan_of(uow, actor, plan_id)
    people = {one.id: one for one in service.participants(uow, event.id)}
    here = {key for key, one in people.items() if one.state is ParticipantState.ACCEPTED}
    lost = any(not {row["demand"], row["supply"]} <= here for row in plan.before)
    if event.state not in OPEN or lost or not _same(plan.meetings, snapshot(uow, event.id)):
        raise Conflict(CANNOT_UNDO)
    PLAN_LIFECYCLE.apply(uow, actor, plan, "undo")
    replaced = plans(uow, event.id, PlanState.REPLACED)
    if replaced:
        PLAN_LIFECYCLE.apply(uow, actor, replaced[0], "restore")
    _apply(uow, actor, event, plan.before)
    if not plan.before and event.state is EventState.SCHEDULED:
        EVENT_LIFECYCLE.apply(uow, actor, event, "unschedule")
    audit.record(uow, actor, "event.undo", "event", event.id, plan=plan.id)
    _tell(uow, event, plan, people, undone=True)
    return plan


def problem_now(uow: UnitOfWork, event: Event) -> tuple[Problem, list[Placed]]:
    """Return what the solver would be asked now, and the meetings that stand."""
    meetings = all_meetings(uow, event.id)
    problem = proposals.problem_of(uow, event, service.participants(uow, event.id), meetings)
    return problem, list(problem.announced.values())


def _veiled(uow: UnitOfWork, event: Event) -> set[Pair]:
    """Return the pairs that would talk of a need which the supply side may not read in full.

    A meeting names both sides to each other; whose need is confidential books it, nobody else can make them show themselves.
    """
    here = proposals.comes(service.participants(uow, event.id))
    found = proposals.subjects(uow, event, {one.organisation_id for one in here})
    pairs = proposals.by_pair(found, here)
    return {pair for pair, subjects in pairs.items() if subjects[0].view is not View.FULL}


def own_free_places(uow: UnitOfWork, actor: Actor, participant_id: int) -> dict[int, list[tuple[int, int]]]:
    """Return for each possible partner of a participant the (slot, table) places free for both; nobody who is full."""
    mine = service.own_participant(uow, actor, participant_id)
    event = service.get(uow, mine.event_id)
    if not event.self_scheduling or event.state not in OPEN or mine.state is not ParticipantState.ACCEPTED:
        return {}
    problem, standing = problem_now(uow, event)
    met, got = {one.pair for one in standing}, Counter(key for one in standing for key in one.pair)
    offered = {one.pair for one in problem.proposals} - met
    if mine.side is Side.SUPPLY:
        offered -= _veiled(uow, event)
    free = {}
    for pair in sorted(offered):
        room = all(got[key] < problem.by_key[key].most for key in pair)
        if mine.id in pair and room and pair in problem.values:
            free[pair[1] if pair[0] == mine.id else pair[0]] = free_places(problem, standing, pair)
    return {other: places for other, places in free.items() if places}


def book(uow: UnitOfWork, actor: Actor, participant_id: int, other_id: int, slot: int) -> Meeting:
    """Book a meeting with a proposed partner in a slot free for both; raises Conflict when somebody was faster."""
    mine = service.own_participant(uow, actor, participant_id)
    event = uow.session.get_one(Event, mine.event_id, populate_existing=True, with_for_update={"of": Event})
    if not event.self_scheduling:
        raise Conflict(NOT_SELF)
    places = dict(own_free_places(uow, actor, participant_id).get(other_id, []))
    if slot not in places:
        raise Conflict(NOT_FREE)
    pair = (mine.id, other_id) if mine.side == "demand" else (other_id, mine.id)
    problem, _ = problem_now(uow, event)
    row = {"demand": pair[0], "supply": pair[1], "slot": slot, "table": places[slot],
           "value": problem.values[pair], "self_made": True}  # fmt: skip
    _apply(uow, actor, event, [*snapshot(uow, event.id), row])
    # Two bookings at once: whoever writes the event second meets a changed version and is told.
    event.changed_at = uow.clock()
    meeting = uow.session.scalars(
        select(Meeting).where(Meeting.demand_id == pair[0], Meeting.supply_id == pair[1])
    ).one()
    audit.record(uow, actor, "meeting.book", "meeting", meeting.id)
    letters.booked(uow, event, uow.session.get_one(Participant, other_id), meeting)
    return meeting


def meeting_of(uow: UnitOfWork, actor: Actor, meeting_id: int) -> tuple[Meeting, Event, list[Participant]]:
    """Return a meeting with its event and both sides, for the organisers and for the two; raises NotFound."""
    found = uow.session.get(Meeting, meeting_id)
    both = [uow.session.get_one(Participant, key) for key in (found.demand_id, found.supply_id)] if found else []
    owners = [one.organisation_id for one in both] if not allowed(actor, "event.organise") else []
    if found is None or (owners and actor.organisation_id not in owners):
        require(actor, "event.take_part", owner=actor.organisation_id)
        raise NotFound(NO_MEETING)
    if owners:
        require(actor, "event.take_part", owner=actor.organisation_id)
    return found, service.get(uow, found.event_id), both


def cancel_meeting(uow: UnitOfWork, actor: Actor, meeting_id: int) -> Meeting:
    """Take one meeting back, by an organiser or one of the two; raises Conflict when it has been held."""
    meeting, event, _ = meeting_of(uow, actor, meeting_id)
    if event.state not in OPEN:
        raise Conflict(service.CLOSED)
    service.take_back(uow, actor, meeting)
    return meeting
