"""What each side and the desk see of an introduction: nobody is named, and nothing confidential quoted, before both agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from matcher.accounts.model import Organisation, Person
from matcher.core.labels import Label
from matcher.core.lifecycle import StateChange
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.evidence import FactRow
from matcher.matching import answering, introductions, progress
from matcher.matching.endings import endings
from matcher.matching.explained import Reasons, reasons
from matcher.matching.introduction_model import (
    Introduction,
    IntroductionAnswer,
    IntroductionState,
    MeetingNote,
    Party,
)
from matcher.matching.meeting_notes import notes_of
from matcher.matching.model import Pairing, PairingState
from matcher.needs import service as needs
from matcher.needs.model import Need
from matcher.needs.queries import disclosed_among, own_name
from matcher.needs.service import SeenNeed
from matcher.offers.model import Offer

#: Facts that say no more of a need than its redacted form.
HARMLESS_FACTS = frozenset({"fields", "industries", "emerging", "trl", "price", "cooperation"})
PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class Contact:
    """Hold whom to call on one side."""

    organisation: Organisation
    person: Person | None


@dataclass(frozen=True, slots=True)
class SeenIntroduction:
    """Hold an introduction as one person sees it; `party` is None for the desk.

    `reasons` quotes both texts and is None where the need is not shown in full; `facts` are then what may be said.
    `answers` lacks what the viewer may not read yet.
    """

    introduction: Introduction
    pairing: Pairing
    party: Party | None
    need: SeenNeed
    offer: Offer
    is_disclosed: bool
    reasons: Reasons | None
    facts: tuple[FactRow, ...]
    answers: dict[Party, IntroductionAnswer]
    contacts: dict[Party, Contact]
    steps: tuple[str, ...]
    moves: list[StateChange]
    notes: list[MeetingNote]
    ending: Label | None
    names: dict[int, str]

    @property
    def may_answer(self) -> list[Party]:
        """Return the sides whose answer the viewer can give now."""
        return [one for one in self.introduction.waits_for if self.party in (one, None)]

    @property
    def is_latest(self) -> bool:
        """Say whether steps are taken on this page: an introduction that was opened again has a newer one."""
        return bool(self.steps)


def view(uow: UnitOfWork, actor: Actor, introduction_id: int) -> SeenIntroduction:
    """Return an introduction for its sides and the desk; the look at a confidential need is written down. Raises NotFound."""
    found = answering.get(uow, actor, introduction_id)
    pairing = uow.session.get_one(Pairing, found.pairing_id)
    both = introductions.both(uow, pairing)
    party = None if allowed(actor, "introduction.see") else answering.party_of(uow, actor, pairing)
    disclosed = introductions.was_disclosed(uow, pairing.id)
    seen = _seen_need(uow, actor, both.need, disclosed)
    why = reasons(pairing)
    full = seen.view is View.FULL
    newest = introductions.latest(uow, pairing.id)
    moves = list(uow.session.scalars(_moves(pairing.id)))
    answers = _answers(found, party, both.need, disclosed)
    notes = notes_of(uow, actor, pairing.id) if disclosed or party is None else []
    return SeenIntroduction(
        introduction=found,
        pairing=pairing,
        party=party,
        need=seen,
        offer=both.offer,
        is_disclosed=disclosed,
        reasons=why if full else None,
        facts=why.facts if full else tuple(fact for fact in why.facts if fact.code in HARMLESS_FACTS),
        answers=answers,
        contacts=_contacts(uow, found, both, party, disclosed),
        steps=progress.open_steps(uow, actor, pairing) if newest is not None and newest.id == found.id else (),
        moves=moves,
        notes=notes,
        ending=_ending(uow, both, pairing, party),
        names=_names(uow, notes) if disclosed or party is None else {},
    )


def _seen_need(uow: UnitOfWork, actor: Actor, need: Need, disclosed: bool) -> SeenNeed:
    shown = needs.view_for(uow, actor, need)
    if shown is View.NONE:
        # Closed to others, or no longer public: its partner keeps what was agreed, and before that the redacted form.
        shown = View.FULL if disclosed else View.REDACTED
    found = needs.seen_as(actor, need, shown)
    needs.write_look(uow, actor, found)
    return found


def _answers(found: Introduction, party: Party | None, need: Need, disclosed: bool) -> dict[Party, IntroductionAnswer]:
    """Return the answers that may be read: one's own, all after the agreement, and those of a side that is public anyway."""
    readable = {Party.OFFER, *([Party.NEED] if need.disclosure == "open" else []), *([party] if party else Party)}
    return {answer.party: answer for answer in found.answers if disclosed or answer.party in readable}


def _contacts(
    uow: UnitOfWork, found: Introduction, both: introductions.Both, party: Party | None, disclosed: bool
) -> dict[Party, Contact]:
    """Return whom to call: for the desk both sides, for a side the other one once both agreed."""
    shown = list(Party) if party is None else [party.other] if disclosed else []
    contacts = {}
    for one in shown:
        organisation = uow.session.get_one(Organisation, both.item(one).organisation_id)
        answer = found.answer_of(one)
        person_id = answer.person_id if answer and not answer.by_desk else both.item(one).created_by
        person = uow.session.get(Person, person_id) if person_id else None
        speaks = person is not None and any(m.organisation_id == organisation.id for m in person.memberships)
        contacts[one] = Contact(organisation, person if speaks else None)
    return contacts


def _ending(uow: UnitOfWork, both: introductions.Both, pairing: Pairing, party: Party | None) -> Label | None:
    """Return in fair words why a pairing was declined, for a side; the desk reads the reason itself."""
    if pairing.state is not PairingState.DECLINED or party is None:
        return None
    return endings(uow, both.item(party).organisation_id, party, [pairing.id])[pairing.id]


def _moves(pairing_id: int) -> Select[StateChange]:
    query = select(StateChange).where(StateChange.entity == "pairing", StateChange.entity_id == pairing_id)
    return query.where(StateChange.action.not_in(("accept", "reopen"))).order_by(StateChange.id)


def _names(uow: UnitOfWork, notes: list[MeetingNote]) -> dict[int, str]:
    ids = {note.person_id for note in notes if note.person_id is not None}
    return dict(uow.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all()) if ids else {}


@dataclass(frozen=True, slots=True)
class IntroductionRow:
    """Hold an introduction in a list; `need_title` is empty where the viewer may not read it."""

    introduction: Introduction
    state: PairingState
    party: Party | None
    need_title: str
    need_number: str
    offer_title: str
    waits_for_me: bool


@dataclass(frozen=True, slots=True)
class IntroductionPage:
    """Hold one page of introductions, those that wait first, then the latest."""

    rows: list[IntroductionRow]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Return the number of pages, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))


def _mine(actor: Actor) -> ColumnElement[bool]:
    own = actor.organisation_id
    return or_(Need.organisation_id == own, Offer.organisation_id == own)


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Introduction)
        .join(Pairing, Pairing.id == Introduction.pairing_id)
        .join(Need, Need.id == Pairing.need_id)
        .join(Offer, Offer.id == Pairing.offer_id)
    )


def _unanswered(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that an open introduction waits for the actor's organisation."""

    def silent(party: Party) -> ColumnElement[bool]:
        answer = IntroductionAnswer
        return ~exists().where(answer.introduction_id == Introduction.id, answer.party == party)

    own = actor.organisation_id
    mine = or_(
        and_(Need.organisation_id == own, silent(Party.NEED)), and_(Offer.organisation_id == own, silent(Party.OFFER))
    )
    return and_(Introduction.state == IntroductionState.OPEN, mine)


def waiting(uow: UnitOfWork, actor: Actor) -> int:
    """Count the introductions that wait for the answer of the actor's organisation."""
    found: int | None = uow.session.scalar(_joined(func.count()).where(_unanswered(actor)))
    return found or 0


def listed(uow: UnitOfWork, actor: Actor, *, state: IntroductionState | None = None, page: int = 1) -> IntroductionPage:
    """Return a page of introductions: all for the desk, those of their organisation for everybody else."""
    require(actor, "introduction.see", owner=actor.organisation_id)
    inside = allowed(actor, "introduction.see")
    conditions = [] if inside else [_mine(actor)]
    if state is not None:
        conditions.append(Introduction.state == state)
    total: int = uow.session.scalar(_joined(func.count()).where(*conditions)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = _joined(Introduction, Pairing.state, Need, Offer).where(*conditions)
    order = (Introduction.state != IntroductionState.OPEN, Introduction.opened_at.desc(), Introduction.id.desc())
    found: Sequence[Any] = uow.session.execute(
        query.order_by(*order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    name = own_name(uow, actor)
    disclosed = disclosed_among(uow, actor, [row[2] for row in found])
    rows = [_row(actor, name, inside, disclosed, *row) for row in found]
    return IntroductionPage(rows, total, page)


def _row(
    actor: Actor,
    name: str,
    inside: bool,
    disclosed: set[int],
    introduction: Introduction,
    state: PairingState,
    need: Need,
    offer: Offer,
) -> IntroductionRow:
    own = need.organisation_id == actor.organisation_id
    party = None if inside else Party.NEED if own else Party.OFFER
    readable = inside or own or need.disclosure == "open" or need.id in disclosed or _is_target(name, need)
    return IntroductionRow(
        introduction,
        state,
        party,
        need.title if readable else "",
        need.number,
        offer.title,
        party is not None and party in introduction.waits_for,
    )


def _is_target(name: str, need: Need) -> bool:
    return need.disclosure == "targeted" and bool(name) and name in need.targets


def introductions_of(uow: UnitOfWork, pairing_ids: list[int]) -> dict[int, int]:
    """Return the latest introduction of each of some pairings, by pairing."""
    query = select(Introduction.pairing_id, func.max(Introduction.id)).where(Introduction.pairing_id.in_(pairing_ids))
    return dict(uow.session.execute(query.group_by(Introduction.pairing_id)).all()) if pairing_ids else {}
