"""What was said when the two sides met: who, when, what was agreed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import introduction_texts as texts
from matcher.matching import introductions
from matcher.matching.answering import NO_INTRODUCTION, party_of
from matcher.matching.introduction_model import MeetingNote, Party
from matcher.matching.model import Pairing
from matcher.messages.kinds import MessageKind
from matcher.messages.service import notify

NOTE_FIELDS: tuple[Field, ...] = (
    Field("on", Label("日期", "Date"), Kind.DATE, required=True),
    Field("who", Label("参加人员", "Who took part"), Kind.TEXT, max_length=300),
    Field("agreed", Label("谈了什么，约定了什么", "What was said and agreed"), Kind.LONG_TEXT, required=True, max_length=2000),
)  # fmt: skip
NOT_YET = Label("双方都同意之后才能写会谈记录。", "Notes of meetings can be written once both sides have agreed.")
NOT_AHEAD = Label(
    "会谈记录写的是已经谈过的内容，日期不能在今天以后。", "A note tells what was said; its date cannot lie ahead."
)


def write(
    uow: UnitOfWork, actor: Actor, pairing_id: int, given: Mapping[str, Any], *, for_desk: bool = False
) -> MeetingNote:
    """Write a note for both sides, or with `for_desk` one that only the desk reads.

    Raises NotAllowed, NotFound, Conflict, InvalidInput.
    """
    require(actor, "meeting_note.write", owner=actor.organisation_id)
    pairing = uow.session.get(Pairing, pairing_id)
    party = party_of(uow, actor, pairing, "meeting_note.write") if pairing else None
    if pairing is None or not (party or allowed(actor, "meeting_note.write")):
        raise NotFound(NO_INTRODUCTION)
    if for_desk:
        require(actor, "meeting_note.desk")
    elif not introductions.was_disclosed(uow, pairing_id):
        raise Conflict(NOT_YET)
    answers = read_answers(NOTE_FIELDS, given)
    problems = list(answers.problems)
    if answers.values["on"] and answers.values["on"] > local_date(uow.clock()):
        problems.append(Problem("on", NOT_AHEAD))
    if problems:
        raise InvalidInput(problems)
    note = MeetingNote(
        pairing_id=pairing_id,
        for_desk=for_desk,
        person_id=actor.person_id,
        party=party,
        at=uow.clock(),
        **answers.values,
    )
    uow.session.add(note)
    uow.session.flush()
    audit.record(uow, actor, "meeting.note", "pairing", pairing_id, note=note.id, for_desk=for_desk)
    if not for_desk:
        _tell(uow, actor, pairing, note)
    return note


def _tell(uow: UnitOfWork, actor: Actor, pairing: Pairing, note: MeetingNote) -> None:
    found, introduction = introductions.both(uow, pairing), introductions.latest(uow, pairing.id)
    people = [one for party in Party for one in found.people(uow, party)]
    people += introductions.brokers_of(uow, pairing.id)
    link = f"/introductions/{introduction.id}#notes" if introduction else ""
    others = [one for one in people if one != actor.person_id]
    text = texts.noted(found.need, found.offer)
    notify(uow, others, MessageKind.PROGRESS, text, key=f"meeting-note:{note.id}", link=link)


def notes_of(uow: UnitOfWork, actor: Actor, pairing_id: int) -> list[MeetingNote]:
    """Return the notes that the actor may read, the latest meeting first; asks no other permission: callers do."""
    query = select(MeetingNote).where(MeetingNote.pairing_id == pairing_id)
    if not allowed(actor, "meeting_note.desk"):
        query = query.where(MeetingNote.for_desk.is_(False))
    return list(uow.session.scalars(query.order_by(MeetingNote.on.desc(), MeetingNote.id.desc())))
