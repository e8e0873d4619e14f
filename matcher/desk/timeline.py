"""The timeline of a pairing: who did what when, from every record that there is of it, the latest first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import files, notes, tasks
from matcher.desk.files import AttachedFile
from matcher.desk.notes import WrittenNote
from matcher.desk.tasks import TaskRow
from matcher.matching import assignments
from matcher.matching.assignments import Broker
from matcher.matching.desk_model import KeptPairing
from matcher.matching.introduction_model import Introduction, IntroductionAnswer, MeetingNote
from matcher.matching.introduction_view import introductions_of
from matcher.matching.meeting_notes import notes_of
from matcher.matching.model import PairingState
from matcher.matching.queries import Move, OpenedPairing, SaidDecision, names


class Kind(StrEnum):
    """Name what happened."""

    MADE = "made"
    MOVED = "moved"
    NOTE = "note"
    FILE = "file"
    TASK = "task"
    DONE = "done"
    ASSIGNED = "assigned"
    TAKEN_OVER = "taken_over"
    ANSWERED = "answered"
    MET = "met"


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one thing that happened, with whatever of it there is to show; `person` is empty for the machine."""

    at: datetime
    kind: Kind
    person: str = ""
    move: Move | None = None
    said: SaidDecision | None = None
    note: WrittenNote | None = None
    file: AttachedFile | None = None
    task: TaskRow | None = None
    answer: IntroductionAnswer | None = None
    meeting: MeetingNote | None = None
    other: str = ""  # another person: who it was given to, whose review was taken over


@dataclass(frozen=True, slots=True)
class Dossier:
    """Hold all that surrounds a pairing at the desk."""

    entries: list[Entry]
    files: list[AttachedFile]
    tasks: list[TaskRow]
    broker: Broker | None
    need_broker: Broker | None
    brokers: list[Broker]
    made_by: str
    introduction_id: int | None


def dossier(uow: UnitOfWork, actor: Actor, opened: OpenedPairing) -> Dossier:
    """Return the timeline, files, tasks and broker of a pairing, for the desk."""
    require(actor, "pairing.queue")
    ids = [opened.pairing.id]
    written = notes.notes_on(uow, ids, for_sides_only=False)
    attached = files.files_of(uow, ids, for_sides_only=False)
    todo = tasks.of_pairing(uow, opened.pairing)
    kept = uow.session.get(KeptPairing, opened.pairing.id)
    made_by = names(uow, [kept.made_by_id]).get(kept.made_by_id, "") if kept else ""
    entries = [
        Entry(opened.pairing.created_at, Kind.MADE, made_by),
        *_moves(opened),
        *(Entry(one.at, Kind.NOTE, one.person, note=one) for one in written),
        *(Entry(one.at, Kind.FILE, one.person, file=one) for one in attached),
        *_tasks(todo),
        *_handed(uow, opened),
        *_said_by_sides(uow, actor, opened.pairing.id),
    ]
    order = list(Kind)
    entries.sort(key=lambda one: (one.at, order.index(one.kind)), reverse=True)
    return Dossier(
        entries, attached, todo, assignments.broker_of(uow, opened.pairing.id),
        assignments.broker_of_need(uow, opened.need.id), assignments.brokers(uow), made_by,
        introductions_of(uow, ids).get(opened.pairing.id),
    )  # fmt: skip


def _moves(opened: OpenedPairing) -> list[Entry]:
    """Return the changes of state, each with the decision that caused it; a decision that moved nothing stands alone."""
    found, told = [], set()
    for move in opened.moves:
        said = next((one for one in opened.decisions if one.at == move.at and one.id not in told), None)
        told.add(said.id if said else 0)
        found.append(Entry(move.at, Kind.MOVED, move.person, move=move, said=said))
    for one in opened.decisions:
        if one.id not in told:
            state: PairingState = opened.pairing.state
            move = Move(state, state, one.at, one.person, one.note)
            found.append(Entry(one.at, Kind.MOVED, one.person, move=move, said=one))
    return found


def _tasks(todo: list[TaskRow]) -> list[Entry]:
    made = [Entry(one.created_at, Kind.TASK, one.created_by, task=one) for one in todo]
    done = [Entry(one.done_at, Kind.DONE, one.done_by or "", task=one) for one in todo if one.done_at]
    return made + done


def _said_by_sides(uow: UnitOfWork, actor: Actor, pairing_id: int) -> list[Entry]:
    """Return what the two sides answered when they were introduced, and what was said when they met."""
    query = select(IntroductionAnswer).join(Introduction, Introduction.id == IntroductionAnswer.introduction_id)
    answers = list(uow.session.scalars(query.where(Introduction.pairing_id == pairing_id)))
    met = notes_of(uow, actor, pairing_id)
    people = names(uow, {*(one.person_id for one in answers), *(one.person_id for one in met)})
    return [
        *(Entry(one.at, Kind.ANSWERED, people.get(one.person_id, ""), answer=one) for one in answers),
        *(Entry(one.at, Kind.MET, people.get(one.person_id, ""), meeting=one) for one in met),
    ]


def _handed(uow: UnitOfWork, opened: OpenedPairing) -> list[Entry]:
    """Return who gave the pairing to whom, and who took its review from whom, out of the audit log."""
    query = select(AuditRow).where(
        AuditRow.entity == "pairing",
        AuditRow.entity_id == opened.pairing.id,
        AuditRow.action.in_(("pairing.assign", "pairing.take_over")),
    )
    rows = list(uow.session.scalars(query))
    people = names(uow, {one for row in rows for one in (row.person_id, row.detail.get("to"), row.detail.get("of"))})
    return [
        Entry(
            row.at,
            Kind.ASSIGNED if row.action == "pairing.assign" else Kind.TAKEN_OVER,
            people.get(row.person_id, ""),
            other=people.get(row.detail.get("to") or row.detail.get("of"), ""),
        )
        for row in rows
    ]
