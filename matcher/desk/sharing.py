"""What the desk has written and uploaded for both sides of a pairing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.files import AttachedFile, files_of
from matcher.desk.notes import WrittenNote, notes_on


@dataclass(frozen=True, slots=True)
class Shared:
    """Hold the notes and files of one pairing that both sides see."""

    notes: list[WrittenNote] = field(default_factory=list)
    files: list[AttachedFile] = field(default_factory=list)


def for_sides(uow: UnitOfWork, pairing_ids: Iterable[int]) -> dict[int, Shared]:
    """Return what both sides see of some pairings, in two queries; callers have asked who may see those pairings."""
    ids = list(pairing_ids)
    found: dict[int, Shared] = {}
    for note in notes_on(uow, ids, for_sides_only=True) if ids else []:
        found.setdefault(note.pairing_id, Shared()).notes.append(note)
    for file in files_of(uow, ids, for_sides_only=True) if ids else []:
        found.setdefault(file.pairing_id, Shared()).files.append(file)
    return found
