"""Notes on a pairing: for the desk only, or for both sides too. They are added and taken back, never rewritten."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from matcher.accounts.model import Person
from matcher.core import audit
from matcher.core.errors import InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.model import Note
from matcher.matching import assignments, review

LIMIT = 4000
EMPTY = Label("请写下备忘内容。", "Write the note first.")
TOO_LONG = Label("备忘最多 {limit} 字，现在是 {count} 字。", "A note takes {limit} characters at most; it has {count}.")
NO_NOTE = Label("找不到这条备忘，或它已被撤回。", "There is no such note, or it was taken back.")


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """Hold a note as it is shown; `person` is who wrote it."""

    id: int
    pairing_id: int
    text: str
    for_sides: bool
    at: datetime
    person: str


def add(uow: UnitOfWork, actor: Actor, pairing_id: int, text: str, *, for_sides: bool = False) -> Note:
    """Write a note. Raises NotAllowed, NotFound, InvalidInput."""
    require(actor, "pairing.note")
    pairing = review.get(uow, pairing_id)
    text = clean_text(text)
    if not text:
        raise InvalidInput([Problem("text", EMPTY)])
    if len(text) > LIMIT:
        raise InvalidInput([Problem("text", TOO_LONG.format(limit=LIMIT, count=len(text)))])
    note = Note(pairing_id=pairing.id, person_id=actor.person_id, text=text, for_sides=for_sides, at=uow.clock())
    uow.session.add(note)
    assignments.keep(uow, pairing.id)
    audit.record(uow, actor, "pairing.note", "pairing", pairing.id, for_sides=for_sides)
    return note


def remove(uow: UnitOfWork, actor: Actor, note_id: int) -> Note:
    """Take a note back: nobody sees it any more, and the log says who did it. Raises NotAllowed, NotFound."""
    require(actor, "pairing.note")
    note = uow.session.get(Note, note_id)
    if note is None or note.removed_at is not None:
        raise NotFound(NO_NOTE)
    note.removed_at = uow.clock()
    audit.record(uow, actor, "pairing.note_removed", "pairing", note.pairing_id, note=note.id)
    return note


def notes_on(uow: UnitOfWork, pairing_ids: Iterable[int], *, for_sides_only: bool) -> list[WrittenNote]:
    """Return the notes on some pairings, the latest first; callers have asked who may see those pairings."""
    query = (
        select(Note.id, Note.pairing_id, Note.text, Note.for_sides, Note.at, Person.name)
        .join(Person, Person.id == Note.person_id)
        .where(Note.pairing_id.in_(list(pairing_ids)), Note.removed_at.is_(None))
        .order_by(Note.id.desc())
    )
    if for_sides_only:
        query = query.where(Note.for_sides)
    return [WrittenNote(*row) for row in uow.session.execute(query)]
