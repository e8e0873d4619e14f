"""What organisers do with an event, and what those who are invited answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matcher.accounts.model import Organisation
from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.events import grid, letters
from matcher.events.fields import EVENT_FIELDS, MAX_SLOTS, read_event, typed
from matcher.events.model import (
    EVENT_LIFECYCLE,
    MEETING_LIFECYCLE,
    PARTICIPANT_LIFECYCLE,
    Event,
    EventState,
    Meeting,
    MeetingState,
    Participant,
    ParticipantState,
    Side,
)

NO_EVENT = Label("找不到这场对接会，或它没有邀请您。", "There is no such event, or you are not invited to it.")
NO_PARTICIPANT = Label("找不到这份邀请。", "There is no such invitation.")
DAY_PAST = Label("第一天已经过去，请填写今后的日期。", "The first day has passed; give a date in the future.")
NO_SLOT = Label("按这样的时间排不出一场会谈，请检查开始、结束、休息和每场时长。", "No meeting fits into these hours; check start, end, breaks and length.")  # fmt: skip
TOO_MANY = Label("一共最多 {limit} 个时段，现在是 {count} 个。请减少天数或加长每场时间。", "{limit} slots at most in all; there are {count}. Take fewer days or longer meetings.")  # fmt: skip
GRID_IN_USE = Label(
    "会谈已经排定，时间和场地不能再改。请先在时间表页撤销排会。",
    "Meetings are scheduled, so hours and rooms stay as they are. Take the timetable back first.",
)
CLOSED = Label("这场对接会已经结束或取消。", "This event is over or cancelled.")
NOBODY_CHOSEN = Label("请至少勾选一家。", "Choose one at least.")
PEOPLE_NEEDED = Label("请写明参会人，每行一位。", "Name who comes, one a line.")
TOO_MANY_PEOPLE = Label("每方最多 {limit} 人入座，请减少参会人。", "{limit} people at most on each side of a table; name fewer.")  # fmt: skip
OPEN_STATES = (EventState.INVITING, EventState.SCHEDULED, EventState.RUNNING)
PLANNED = (EventState.DRAFT, EventState.INVITING, EventState.SCHEDULED)
GRID = ("first_day", "days", "opens", "closes", "slot_minutes", "gap_minutes", "breaks", "rooms")
MAX_PEOPLE = 6
NOTE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Invitation:
    """Say whom to invite: an organisation, or a team of it, to one side."""

    organisation_id: int
    side: Side
    team: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what somebody answers to an invitation; slots by number, wishes and avoidances by participant."""

    coming: bool
    people: str = ""
    unavailable: frozenset[int] = frozenset()
    most: int | None = None
    wishes: frozenset[int] = frozenset()
    avoids: frozenset[int] = frozenset()
    note: str = ""


def get(uow: UnitOfWork, event_id: int) -> Event:
    """Return an event; raises NotFound. Asks no permission: callers do."""
    found = uow.session.get(Event, event_id)
    if found is None:
        raise NotFound(NO_EVENT)
    return found


def organised(uow: UnitOfWork, actor: Actor, event_id: int) -> Event:
    """Return an event for its organisers; raises NotAllowed, NotFound."""
    require(actor, "event.organise")
    return get(uow, event_id)


def create(uow: UnitOfWork, actor: Actor, given: Mapping[str, Any], *, owner_id: int | None = None) -> Event:
    """Write a new event as a draft; raises NotAllowed, InvalidInput."""
    require(actor, "event.organise")
    owner = owner_id or actor.organisation_id
    if owner is None:
        raise InvalidInput([Problem("", NO_EVENT)])
    event = Event(organisation_id=owner, created_by=actor.person_id, created_at=uow.clock(), changed_at=uow.clock())
    _assign(uow, event, given)
    uow.session.add(event)
    uow.session.flush()
    audit.record(uow, actor, "event.create", "event", event.id)
    return event


def edit(uow: UnitOfWork, actor: Actor, event_id: int, given: Mapping[str, Any], seen_version: int | None = None) -> Event:  # fmt: skip
    """Change an event; hours and rooms only while no meeting is scheduled. Raises Conflict, InvalidInput."""
    event = organised(uow, actor, event_id)
    if event.state not in PLANNED:
        raise Conflict(CLOSED)
    if seen_version is not None and seen_version != event.version:
        raise Conflict(CHANGED_MEANWHILE)
    before = {name: getattr(event, name) for name in GRID}
    _assign(uow, event, given)
    if before != {name: getattr(event, name) for name in GRID} and scheduled(uow, event.id):
        uow.session.refresh(event)
        raise Conflict(GRID_IN_USE)
    event.changed_at = uow.clock()
    audit.record(uow, actor, "event.edit", "event", event.id)
    return event


def _assign(uow: UnitOfWork, event: Event, given: Mapping[str, Any]) -> None:
    answers = read_event(given)
    problems, day = answers.problems, answers.values["first_day"]
    if day and day < local_date(uow.clock()) and day != event.first_day:
        problems.append(Problem("first_day", DAY_PAST))
    if problems:
        raise InvalidInput(problems)
    trial = Event(**{name: answers.values[name] for name in GRID})
    count = len(grid.slots(trial))
    if not 0 < count <= MAX_SLOTS:
        raise InvalidInput([Problem("closes", TOO_MANY.format(limit=MAX_SLOTS, count=count) if count else NO_SLOT)])
    for name, value in answers.values.items():
        setattr(event, name, value)


def given_of(event: Event) -> dict[str, Any]:
    """Return an event as it was typed."""
    return typed({one.name: getattr(event, one.name) for one in EVENT_FIELDS})


def scheduled(uow: UnitOfWork, event_id: int) -> list[Meeting]:
    """Return the meetings that are to take place, by slot and table."""
    query = select(Meeting).where(Meeting.event_id == event_id, Meeting.state == MeetingState.SCHEDULED)
    return list(uow.session.scalars(query.order_by(Meeting.slot, Meeting.table_no)))


def participants(uow: UnitOfWork, event_id: int) -> list[Participant]:
    """Return everybody who was invited, by side and name."""
    query = select(Participant).join(Organisation, Organisation.id == Participant.organisation_id)
    query = query.where(Participant.event_id == event_id)
    return list(uow.session.scalars(query.order_by(Participant.side, Organisation.name, Participant.team)))


def invite(uow: UnitOfWork, actor: Actor, event_id: int, wanted: Sequence[Invitation]) -> list[Participant]:
    """Invite organisations; whoever is invited already is passed over. Raises NotAllowed, Conflict, InvalidInput."""
    event = organised(uow, actor, event_id)
    if event.state not in PLANNED:
        raise Conflict(CLOSED)
    if not wanted:
        raise InvalidInput([Problem("invite", NOBODY_CHOSEN)])
    known = {(one.organisation_id, one.side, one.team) for one in participants(uow, event_id)}
    organisations = set(uow.session.scalars(select(Organisation.id)))
    fresh = [one for one in dict.fromkeys(wanted) if (one.organisation_id, one.side, one.team) not in known]
    made = [
        Participant(
            event_id=event.id, organisation_id=one.organisation_id, side=one.side, team=one.team, invited_at=uow.clock()
        )
        for one in fresh
        if one.organisation_id in organisations
    ]  # fmt: skip
    uow.session.add_all(made)
    if event.state is EventState.DRAFT:
        EVENT_LIFECYCLE.apply(uow, actor, event, "invite")
    uow.session.flush()
    audit.record(uow, actor, "event.invite", "event", event.id, invited=[one.id for one in made])
    for one in made:
        letters.invitation(uow, event, one)
    return made


def own_participant(uow: UnitOfWork, actor: Actor, participant_id: int) -> Participant:
    """Return an invitation for whom it is addressed to, or for the organisers; a stranger learns nothing of it."""
    found = uow.session.get(Participant, participant_id)
    if found is None:
        raise NotFound(NO_PARTICIPANT)
    if not allowed(actor, "event.take_part", owner=found.organisation_id):
        require(actor, "event.take_part", owner=actor.organisation_id)
        raise NotFound(NO_PARTICIPANT)
    return found


def answer(
    uow: UnitOfWork, actor: Actor, participant_id: int, given: Answer, seen_version: int | None = None
) -> Participant:
    """Answer an invitation, or change the answer; cancelling takes the own meetings back. Raises Conflict, InvalidInput."""
    participant = own_participant(uow, actor, participant_id)
    event = get(uow, participant.event_id)
    if event.state not in OPEN_STATES:
        raise Conflict(CLOSED)
    if seen_version is not None and seen_version != participant.version:
        raise Conflict(CHANGED_MEANWHILE)
    if given.coming:
        _take_answer(event, participant, given)
    _move_answer(uow, actor, participant, coming=given.coming)
    participant.note = clean_text(given.note)[:NOTE_LIMIT]
    participant.answered_at, participant.answered_by = uow.clock(), actor.person_id
    audit.record(uow, actor, "event.answer", "participant", participant.id, coming=given.coming)
    uow.session.flush()
    return participant


def _move_answer(uow: UnitOfWork, actor: Actor, participant: Participant, *, coming: bool) -> None:
    if coming and participant.state is not ParticipantState.ACCEPTED:
        PARTICIPANT_LIFECYCLE.apply(uow, actor, participant, "accept")
    elif not coming and participant.state is ParticipantState.INVITED:
        PARTICIPANT_LIFECYCLE.apply(uow, actor, participant, "decline")
    elif not coming and participant.state is ParticipantState.ACCEPTED:
        PARTICIPANT_LIFECYCLE.apply(uow, actor, participant, "withdraw")
        for meeting in meetings_of(uow, [participant.id]):
            if meeting.state is MeetingState.SCHEDULED:
                take_back(uow, actor, meeting)


def _take_answer(event: Event, participant: Participant, given: Answer) -> None:
    people = [name for name in (clean_text(line)[:60] for line in given.people.splitlines()) if name]
    problems = []
    if not people:
        problems.append(Problem("people", PEOPLE_NEEDED))
    limit = min(MAX_PEOPLE, max((table.seats for table in grid.tables(event)), default=2) - 1)
    if len(people) > limit:
        problems.append(Problem("people", TOO_MANY_PEOPLE.format(limit=limit)))
    if problems:
        raise InvalidInput(problems)
    participant.people = people
    participant.unavailable = grid.spans(grid.slots(event), given.unavailable)
    participant.most = min(given.most, event.most) if given.most else None
    participant.wishes = sorted(given.wishes - given.avoids)
    participant.avoids = sorted(given.avoids)


def meetings_of(uow: UnitOfWork, participant_ids: Collection[int]) -> list[Meeting]:
    """Return the meetings of participants, by slot, those taken back as well."""
    query = select(Meeting).where(Meeting.demand_id.in_(participant_ids) | Meeting.supply_id.in_(participant_ids))
    return list(uow.session.scalars(query.order_by(Meeting.slot, Meeting.table_no)))


def take_back(uow: UnitOfWork, actor: Actor, meeting: Meeting) -> None:
    """Take a scheduled meeting back, and tell both sides. Asks no permission: callers do."""
    MEETING_LIFECYCLE.apply(uow, actor, meeting, "take_back")
    audit.record(uow, actor, "meeting.take_back", "meeting", meeting.id)
    uow.session.flush()
    letters.taken_back(uow, meeting)


STEPS = ("start", "finish", "cancel")


def step(uow: UnitOfWork, actor: Actor, event_id: int, action: str) -> Event:
    """Start, finish or cancel an event; cancelling takes every meeting back. Raises Conflict."""
    event = organised(uow, actor, event_id)
    if action not in STEPS:
        raise NotFound(NO_EVENT)
    EVENT_LIFECYCLE.apply(uow, actor, event, action)
    audit.record(uow, actor, f"event.{action}", "event", event.id)
    if action == "cancel":
        for meeting in scheduled(uow, event_id):
            MEETING_LIFECYCLE.apply(uow, actor, meeting, "take_back")
        letters.cancelled(uow, event, participants(uow, event_id))
    return event
