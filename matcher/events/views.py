"""What pages show of events, loaded with a fixed number of queries; of a confidential need only what the person may see."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from matcher.accounts.model import Organisation
from matcher.core.errors import NotFound
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, need_view
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import grid, planning, proposals, service
from matcher.events.grid import Slot, Table
from matcher.events.model import (
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
from matcher.events.proposals import Subject
from matcher.events.timetable import Changes, Pair, changes
from matcher.matching.model import Pairing
from matcher.needs.model import Need
from matcher.needs.queries import own_name
from matcher.offers.model import Offer

SUGGESTED = 60
SHOWN_SUBJECTS = 3


@dataclass(frozen=True, slots=True)
class EventRow:
    """Hold an event in a list; `mine` are the invitations of the actor's organisation."""

    event: Event
    invited: int
    accepted: int
    meetings: int
    mine: list[Participant]


@dataclass(frozen=True, slots=True)
class ShownSubject:
    """Hold what a meeting is about as one person sees it; no title where the need is redacted or hidden from them."""

    need_title: str
    need_fields: tuple[str, ...]
    offer_title: str
    need_id: int | None
    offer_id: int


@dataclass(frozen=True, slots=True)
class ShownMeeting:
    """Hold a meeting with its time, its table, both sides and its subject."""

    meeting: Meeting
    slot: Slot
    table: Table
    demand: Participant
    supply: Participant
    subject: ShownSubject | None

    def other(self, key: int) -> Participant:
        """Return the side that is not the participant `key`."""
        return self.supply if self.demand.id == key else self.demand


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold somebody who might be invited, with how many pairings and how promising the best are."""

    organisation_id: int
    name: str
    team: str
    side: Side
    pairings: int
    best: float


@dataclass(frozen=True, slots=True)
class Partner:
    """Hold whom a participant might meet: named only where their need is not confidential to the actor."""

    participant: Participant
    named: bool
    subjects: list[ShownSubject]
    score: float


@dataclass(frozen=True, slots=True)
class Balance:
    """Hold how many meetings somebody gets of how many that are possible, and what stands in the way."""

    participant: Participant
    meetings: int
    proposed: int
    lack: str


@dataclass(frozen=True, slots=True)
class LookedAt:
    """Hold a proposed timetable as the organisers look at it."""

    plan: Plan
    event: Event
    slots: list[Slot]
    tables: list[Table]
    people: dict[int, Participant]
    changes: Changes
    balance: list[Balance]

    @property
    def cells(self) -> dict[tuple[int, int], dict[str, Any]]:
        """Return the rows of the plan by slot and table."""
        return {(row["slot"], row["table"]): row for row in self.plan.meetings}

    @property
    def without(self) -> list[Balance]:
        """Return those who get fewer meetings than they should."""
        return [one for one in self.balance if one.lack]


def events(uow: UnitOfWork, actor: Actor) -> list[EventRow]:
    """Return the events that a person organises or is invited to, the coming ones first."""
    mine = select(Participant).where(Participant.organisation_id == actor.organisation_id)
    invitations: dict[int, list[Participant]] = defaultdict(list)
    for one in uow.session.scalars(mine):
        invitations[one.event_id].append(one)
    query = select(Event).options(joinedload(Event.organisation)).order_by(Event.first_day.desc(), Event.id.desc())
    if not allowed(actor, "event.organise"):
        query = query.where(Event.id.in_(invitations), Event.state != EventState.DRAFT)
    people = _counts(uow, Participant.event_id, Participant.state)
    meetings = _counts(uow, Meeting.event_id, Meeting.state)
    return [
        EventRow(
            event,
            sum(people[event.id].values()),
            people[event.id][ParticipantState.ACCEPTED],
            sum(n for state, n in meetings[event.id].items() if state is not MeetingState.CANCELLED),
            invitations.get(event.id, []),
        )
        for event in uow.session.scalars(query)
    ]


def _counts(uow: UnitOfWork, event: Any, state: Any) -> dict[int, Counter[Any]]:
    found: dict[int, Counter[Any]] = defaultdict(Counter)
    for event_id, name, count in uow.session.execute(select(event, state, func.count()).group_by(event, state)):
        found[event_id][name] = count
    return found


def waiting(uow: UnitOfWork, actor: Actor) -> int:
    """Count the invitations that wait for an answer of the actor's organisation."""
    query = select(func.count()).select_from(Participant).join(Event, Event.id == Participant.event_id)
    query = query.where(Participant.state == ParticipantState.INVITED, Event.state.in_(service.OPEN_STATES))
    return uow.session.scalar(query.where(Participant.organisation_id == actor.organisation_id)) or 0


def opened(uow: UnitOfWork, actor: Actor, event_id: int) -> tuple[Event, list[Participant]]:
    """Return an event with the own invitations, for organisers and for who is invited; raises NotFound."""
    event = service.get(uow, event_id)
    mine = [one for one in service.participants(uow, event_id) if one.organisation_id == actor.organisation_id]
    if not allowed(actor, "event.organise") and (not mine or event.state is EventState.DRAFT):
        raise NotFound(service.NO_EVENT)
    return event, mine


def candidates(uow: UnitOfWork, actor: Actor, event_id: int, *, teams: bool = False) -> list[Candidate]:
    """Return who might be invited, by what their pairings promise; who is invited already is left out.

    `teams` lists the supply side team by team, so that a large university can sit at several tables at once.
    """
    event = service.organised(uow, actor, event_id)
    known = {(one.organisation_id, one.side, one.team) for one in service.participants(uow, event_id)}
    groups: dict[tuple[int, Side, str], list[float]] = defaultdict(list)
    for subject in proposals.subjects(uow, event):
        groups[subject.need_owner, Side.DEMAND, ""].append(subject.score)
        groups[subject.offer_owner, Side.SUPPLY, subject.team if teams else ""].append(subject.score)
    names: dict[int, str] = dict(uow.session.execute(select(Organisation.id, Organisation.name)).all())
    found = [
        Candidate(key[0], names[key[0]], key[2], key[1], len(scores), max(scores))
        for key, scores in groups.items()
        if key not in known
    ]
    found.sort(key=lambda one: (-one.best, -one.pairings, one.name, one.team))
    return [one for side in Side for one in [c for c in found if c.side is side][:SUGGESTED]]


def meetings(
    uow: UnitOfWork, actor: Actor, event: Event, mine: Iterable[int] | None = None, *, cancelled: bool = False
) -> list[ShownMeeting]:
    """Return the meetings that stand (`cancelled`: those that were taken back), by time and table: all, or those of `mine`."""
    slots, tables = grid.slots(event), grid.tables(event)
    people = {one.id: one for one in service.participants(uow, event.id)}
    wanted = None if mine is None else set(mine)
    found = [
        one
        for one in planning.all_meetings(uow, event.id)
        if (one.state is MeetingState.CANCELLED) is cancelled
        and (wanted is None or wanted & {one.demand_id, one.supply_id})
        and one.slot < len(slots)  # what was taken back before the hours changed has no place any more
        and one.table_no < len(tables)
    ]
    about = _subjects(uow, actor, [one.pairing_id for one in found if one.pairing_id])
    return [
        ShownMeeting(
            one,
            slots[one.slot],
            tables[one.table_no],
            people[one.demand_id],
            people[one.supply_id],
            about.get(one.pairing_id or 0),
        )
        for one in found
    ]


def _subjects(uow: UnitOfWork, actor: Actor, pairing_ids: list[int]) -> dict[int, ShownSubject]:
    query = (
        select(Pairing.id, Need, Offer.id, Offer.title)
        .join(Need, Need.id == Pairing.need_id)
        .join(Offer, Offer.id == Pairing.offer_id)
        .where(Pairing.id.in_(pairing_ids))
    )
    name, found = own_name(uow, actor), {}
    for pairing_id, need, offer_id, offer_title in uow.session.execute(query):
        targets = [actor.organisation_id] if actor.organisation_id and name in need.targets else []
        view = need_view(
            actor, disclosure=need.disclosure, owner=need.organisation_id, targets=targets, public_state=True
        )
        fields = tuple(need.tech_fields) if view is not View.NONE else ()
        full = view is View.FULL
        found[pairing_id] = ShownSubject(
            need.title if full else "", fields, offer_title, need.id if full else None, offer_id
        )
    return found


def partners(uow: UnitOfWork, actor: Actor, event: Event, mine: Participant) -> list[Partner]:
    """Return whom a participant might meet, the most promising first; who declined or cancelled is left out."""
    people = [
        one
        for one in service.participants(uow, event.id)
        if one.id == mine.id or one.state in (ParticipantState.INVITED, ParticipantState.ACCEPTED)
    ]
    found = proposals.subjects(uow, event, {one.organisation_id for one in people})
    pairs = proposals.by_pair(found, people)
    by_id, name = {one.id: one for one in people}, own_name(uow, actor)
    shown = []
    for pair, subjects in pairs.items():
        if mine.id in pair:
            other = by_id[pair[1] if pair[0] == mine.id else pair[0]]
            views = [one.view_of(actor, name) for one in subjects]
            named = mine.side is Side.DEMAND or View.FULL in views
            # Beside a name, a redacted need would be as good as signed.
            told = [
                (one, view)
                for one, view in zip(subjects, views, strict=True)
                if view is View.FULL or not named or mine.side is Side.DEMAND
            ]
            seen = [_shown(one, view) for one, view in told]
            shown.append(Partner(other, named, seen[:SHOWN_SUBJECTS], subjects[0].score))
    return sorted(shown, key=lambda one: (-one.score, one.participant.id))


def _shown(one: Subject, view: View) -> ShownSubject:
    full = view is View.FULL
    fields = one.need_fields if view is not View.NONE else ()
    return ShownSubject(
        one.need_title if full else "", fields, one.offer_title, one.need_id if full else None, one.offer_id
    )


def look(uow: UnitOfWork, actor: Actor, plan_id: int) -> LookedAt:
    """Return a proposed timetable with its changes and who gets how much; raises NotFound."""
    plan, event = planning.plan_of(uow, actor, plan_id)
    people = {one.id: one for one in service.participants(uow, event.id)}
    here = proposals.comes(people.values())
    found = proposals.subjects(uow, event, {one.organisation_id for one in here})
    pairs = proposals.values(proposals.by_pair(found, here), here)
    proposed = Counter(key for pair in pairs for key in pair)
    got = Counter(key for row in plan.meetings for key in (row["demand"], row["supply"]))
    over = Counter(key for pair in _over(uow, event) for key in pair)
    lacks: dict[str, str] = plan.figures["lacks"]
    balance = [Balance(one, got[one.id] + over[one.id], proposed[one.id], lacks.get(str(one.id), "")) for one in here]
    balance.sort(key=lambda one: (not one.lack, one.participant.side, one.meetings, one.participant.id))
    difference = changes(planning.placed(plan.before), planning.placed(plan.meetings))
    return LookedAt(plan, event, grid.slots(event), grid.tables(event), people, difference, balance)


def _over(uow: UnitOfWork, event: Event) -> list[Pair]:
    over = (MeetingState.HELD, MeetingState.MISSED)
    return [(one.demand_id, one.supply_id) for one in planning.all_meetings(uow, event.id) if one.state in over]


def plan_in_force(uow: UnitOfWork, event_id: int) -> Plan | None:
    """Return the timetable in force."""
    return next(iter(planning.plans(uow, event_id, PlanState.IN_FORCE)), None)


def changed_since(uow: UnitOfWork, event: Event, people: Iterable[Participant]) -> bool:
    """Say whether answers came in after the timetable in force was made."""
    plan = plan_in_force(uow, event.id)
    return plan is not None and any(one.answered_at and one.answered_at > plan.made_at for one in people)
