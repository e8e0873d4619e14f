"""Which meetings would be worth having: from the pairings, between those who come, as far as a need may be shown."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from matcher.accounts.model import Organisation
from matcher.core.people import Actor, Role
from matcher.core.permissions import View, need_view
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import grid
from matcher.events.model import Event, EventState, Meeting, MeetingState, Participant, ParticipantState, Side
from matcher.events.timetable import Attendee, Pair, Placed, Problem, Proposal
from matcher.matching.lifecycle import INTRODUCED_ON
from matcher.matching.model import Pairing, PairingState
from matcher.matching.queue import both_open, joined
from matcher.needs.model import PUBLIC_STATES, Need, NeedField
from matcher.offers.model import Offer

WISH = 200  # added to the value for each side that wishes the meeting
TOP = 1000
OPEN_PAIRINGS = (
    PairingState.SUGGESTED, PairingState.SHORTLISTED, PairingState.INTRODUCED, PairingState.INTERESTED,
    PairingState.MEETING, PairingState.NEGOTIATING,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """Say what a meeting would be about; `view` is how much of the need the supply side may see."""

    pairing_id: int
    score: float
    need_id: int
    need_title: str
    need_owner: int
    disclosure: str
    targets: tuple[str, ...]
    need_fields: tuple[str, ...]
    offer_id: int
    offer_title: str
    offer_owner: int
    team: str
    view: View

    def view_of(self, actor: Actor, own_name: str) -> View:
        """Return how much of the need a person sees."""
        return _view(actor, own_name, self.disclosure, self.need_owner, self.targets)


def _view(actor: Actor, name: str, disclosure: str, owner: int, targets: Collection[str]) -> View:
    named = [actor.organisation_id] if name in targets and actor.organisation_id is not None else []
    return need_view(actor, disclosure=disclosure, owner=owner, targets=named, public_state=True)


def _query(event: Event) -> Select[Any]:
    supplier = aliased(Organisation)
    query = joined(
        Pairing.id, Pairing.score, Need.id, Need.title, Need.organisation_id, Need.disclosure, Need.targets,
        Offer.id, Offer.title, Offer.organisation_id, Offer.team, supplier.name, Pairing.state,
    ).join(supplier, supplier.id == Offer.organisation_id)  # fmt: skip
    query = query.where(both_open(), Pairing.state.in_(OPEN_PAIRINGS), Need.state.in_(PUBLIC_STATES))
    query = query.where(Need.organisation_id != Offer.organisation_id)
    if event.tech_fields:
        query = query.where(Need.field_rows.any(NeedField.code.in_(event.tech_fields)))
    return query.order_by(Pairing.score.desc(), Pairing.id)


def subjects(uow: UnitOfWork, event: Event, organisations: Collection[int] | None = None) -> list[Subject]:
    """Return what could be talked about, the most promising first; among `organisations`, or among all.

    A need that is hidden from the supply side is left out until the two are introduced.
    """
    query = _query(event)
    if organisations is not None:
        query = query.where(Need.organisation_id.in_(organisations), Offer.organisation_id.in_(organisations))
    rows = uow.session.execute(query).all()
    fields = _fields(uow, {row[2] for row in rows})
    found = []
    for row in rows:
        outsider = Actor(organisation_id=row[9], roles=frozenset({Role.UNIVERSITY}))
        view = _view(outsider, row[11], row[5], row[4], row[6])
        if view is not View.NONE or row[12] in INTRODUCED_ON:
            found.append(_subject(row, tuple(fields.get(row[2], ())), view))
    return found


def _subject(row: Any, fields: tuple[str, ...], view: View) -> Subject:
    return Subject(
        pairing_id=row[0], score=row[1], need_id=row[2], need_title=row[3], need_owner=row[4], disclosure=row[5],
        targets=tuple(row[6]), need_fields=fields, offer_id=row[7], offer_title=row[8], offer_owner=row[9],
        team=row[10], view=view,
    )  # fmt: skip


def _fields(uow: UnitOfWork, need_ids: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    query = select(NeedField.need_id, NeedField.code).where(NeedField.need_id.in_(need_ids))
    for need_id, code in uow.session.execute(query.order_by(NeedField.position)):
        found[need_id].append(code)
    return found


def by_pair(found: Iterable[Subject], people: Iterable[Participant]) -> dict[Pair, list[Subject]]:
    """Return the subjects of each pair of participants, the most promising first.

    A result goes to its team when that was invited by itself, else to its organisation as a whole.
    """
    demand = {one.organisation_id: one.id for one in people if one.side is Side.DEMAND}
    supply = {(one.organisation_id, one.team): one.id for one in people if one.side is Side.SUPPLY}
    pairs: dict[Pair, list[Subject]] = defaultdict(list)
    for subject in found:
        asks = demand.get(subject.need_owner)
        offers = supply.get((subject.offer_owner, subject.team)) or supply.get((subject.offer_owner, ""))
        if asks and offers:
            pairs[asks, offers].append(subject)
    return pairs


def comes(people: Iterable[Participant]) -> list[Participant]:
    """Return those who said that they come."""
    return [one for one in people if one.state is ParticipantState.ACCEPTED]


def values(pairs: dict[Pair, list[Subject]], people: Iterable[Participant]) -> dict[Pair, int]:
    """Return what each meeting is worth, 0 to 1000: the promise of its best subject, and wishes; who avoids whom is out."""
    wished = {(one.id, other) for one in people for other in one.wishes}
    avoided = {(one.id, other) for one in people for other in one.avoids}
    found = {}
    for (asks, offers), subjects_ in pairs.items():
        both = ((asks, offers), (offers, asks))
        if not avoided.intersection(both):
            bonus = WISH * sum(1 for way in both if way in wished)
            found[asks, offers] = min(TOP, round(TOP * subjects_[0].score) + bonus)
    return found


def problem_of(uow: UnitOfWork, event: Event, people: list[Participant], meetings: list[Meeting]) -> Problem:
    """Return what the solver is asked: who comes and when, what is proposed, what is announced and must stay."""
    slots, here = grid.slots(event), comes(people)
    past = frozenset(slot.number for slot in slots if slot.start <= uow.clock())
    attendees = tuple(
        Attendee(
            one.id,
            most=one.most or event.most,
            least=event.least,
            unavailable=grid.away(slots, one.unavailable) | past,
            people=max(1, len(one.people)),
        )
        for one in here
    )
    pairs = by_pair(subjects(uow, event, {one.organisation_id for one in here}), here)
    return Problem(
        attendees,
        tuple(Proposal(*pair, value) for pair, value in sorted(values(pairs, here).items())),
        len(slots),
        tuple(table.seats for table in grid.tables(event)),
        current=tuple(_placed(event, one, past) for one in meetings if one.state is not MeetingState.CANCELLED),
    )


def _placed(event: Event, one: Meeting, past: frozenset[int]) -> Placed:
    """Return a meeting as the solver sees it: what was held, booked by the two themselves or is past stays where it is."""
    over = one.state is not MeetingState.SCHEDULED or (event.state is EventState.RUNNING and one.slot in past)
    return Placed(one.demand_id, one.supply_id, one.slot, one.table_no, pinned=over or one.self_made)
