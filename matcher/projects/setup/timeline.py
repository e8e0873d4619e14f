"""The timeline of a project: what happened to it, its notices, its bids and its task books, for those who may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from matcher.accounts.model import Organisation, Person
from matcher.core.errors import NotFound
from matcher.core.labels import Label
from matcher.core.lifecycle import StateChange
from matcher.core.people import Actor
from matcher.core.permissions import allowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.delivery.lifecycle import TASK_BOOK_LIFECYCLE, TaskBookState
from matcher.projects.delivery.model import TaskBook
from matcher.projects.lifecycle import (
    BID_LIFECYCLE,
    OBJECTION_LIFECYCLE,
    PROJECT_LIFECYCLE,
    PUBLIC_PROJECT_STATES,
    SEALED_STATES,
    BidState,
    MemberState,
    ObjectionState,
    ProjectState,
)
from matcher.projects.setup.model import Notice, Objection, Project
from matcher.projects.setup.service import NO_PROJECT, get

MADE = Label("项目建立", "Set down as a draft")
OPENED = {
    "setup": Label("立项公示开始", "The set-up notice begins"),
    "award": Label("拟揭榜公示开始", "The award notice begins"),
}
ENDED = {
    "setup": Label("立项公示结束", "The set-up notice ends"),
    "award": Label("拟揭榜公示结束", "The award notice ends"),
}
RECEIVED = Label("揭榜截止，收到 {count} 份揭榜申请", "Bidding closed with {count} bids handed in")
OBJECTED = Label("收到一条异议", "An objection came in")
#: What a bid was before the deadline is told to nobody; these words begin with the evaluation.
_AFTER_CLOSING = tuple(
    state.value for state in BidState if state not in {BidState.DRAFT, BidState.SUBMITTED, BidState.WITHDRAWN}
)


class Kind(StrEnum):
    """Name what an entry is about."""

    PROJECT = "project"
    NOTICE = "notice"
    OBJECTION = "objection"
    BID = "bid"
    TASK_BOOK = "task_book"


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one thing that happened; `person` and `note` are for staff."""

    at: datetime
    kind: Kind
    what: Label
    about: str = ""
    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Hold a project with what happened, the latest first; `is_staff` says how much is shown."""

    project: Project
    entries: list[Entry]
    is_staff: bool


def timeline(uow: UnitOfWork, actor: Actor, project_id: int) -> Timeline:
    """Return the timeline for staff, owners of the needs and members of bids; raises NotFound for everybody else."""
    project = get(uow, project_id)
    if not may_see(uow, actor, project):
        raise NotFound(NO_PROJECT)
    is_staff = allowed(actor, "project.see")
    entries = [
        *_moves(uow, project, is_staff),
        *_notices(uow, project, is_staff),
        *_bids(uow, actor, project, is_staff),
    ]
    return Timeline(project, sorted(entries, key=lambda one: one.at, reverse=True), is_staff)


def may_see(uow: UnitOfWork, actor: Actor, project: Project) -> bool:
    """Say whether the timeline of a project is shown to somebody: to staff, and to those whom it concerns once it is public."""
    if allowed(actor, "project.see"):
        return True
    if actor.organisation_id is None or project.state not in PUBLIC_PROJECT_STATES:
        return False
    needs = [row.need_id for row in project.need_rows]
    owns = select(func.count()).where(Need.id.in_(needs), Need.organisation_id == actor.organisation_id)
    return bool(uow.session.scalar(owns)) or bool(_own_bids(uow, actor, project))


def _own_bids(uow: UnitOfWork, actor: Actor, project: Project) -> set[int]:
    query = (
        select(Bid.id)
        .join(BidMember, BidMember.bid_id == Bid.id)
        .where(
            Bid.project_id == project.id,
            BidMember.organisation_id == actor.organisation_id,
            BidMember.state == MemberState.AGREED,
        )
    )
    return set(uow.session.scalars(query))


def _changes(uow: UnitOfWork, entity: str, ids: list[int]) -> list[tuple[StateChange, str]]:
    query = (
        select(StateChange, Person.name)
        .outerjoin(Person, Person.id == StateChange.person_id)
        .where(StateChange.entity == entity, StateChange.entity_id.in_(ids))
        .order_by(StateChange.id)
    )
    return [(change, name or "") for change, name in uow.session.execute(query)]


def _moves(uow: UnitOfWork, project: Project, is_staff: bool) -> list[Entry]:
    found = [Entry(project.created_at, Kind.PROJECT, MADE)] if is_staff else []
    for change, name in _changes(uow, PROJECT_LIFECYCLE.entity, [project.id]):
        target = ProjectState(change.target)
        if is_staff:
            found.append(Entry(change.at, Kind.PROJECT, PROJECT_LIFECYCLE.labels[target], "", name, change.note))
        elif target in PUBLIC_PROJECT_STATES:
            found.append(Entry(change.at, Kind.PROJECT, PROJECT_LIFECYCLE.labels[target]))
    return found


def _notices(uow: UnitOfWork, project: Project, is_staff: bool) -> list[Entry]:
    found: list[Entry] = []
    rows = list(uow.session.scalars(select(Notice).where(Notice.project_id == project.id).order_by(Notice.id)))
    for notice in rows:
        found.append(Entry(notice.opens_at, Kind.NOTICE, OPENED[notice.kind]))
        ended = notice.ended_at or (notice.closes_at if notice.closes_at <= uow.clock() else None)
        if ended is not None:
            found.append(Entry(min(ended, notice.closes_at), Kind.NOTICE, ENDED[notice.kind]))
    if is_staff:
        query = select(Objection).where(Objection.notice_id.in_([one.id for one in rows])).order_by(Objection.id)
        for objection in uow.session.scalars(query):
            found.append(Entry(objection.filed_at, Kind.OBJECTION, OBJECTED))
            if objection.state is not ObjectionState.OPEN and objection.answered_at is not None:
                label = OBJECTION_LIFECYCLE.labels[objection.state]
                found.append(Entry(objection.answered_at, Kind.OBJECTION, label, note=objection.answer))
    return found


def _bids(uow: UnitOfWork, actor: Actor, project: Project, is_staff: bool) -> list[Entry]:
    """Return what happened to bids since bidding closed, and to task books: to all of them for staff, else to one's own."""
    if project.state in SEALED_STATES or not _was_closed(uow, project):
        return []
    own = set() if is_staff else _own_bids(uow, actor, project)
    query = (
        select(Bid.id, Organisation.name, Bid.submitted_at)
        .join(Organisation, Organisation.id == Bid.organisation_id)
        .where(Bid.project_id == project.id, Bid.submitted_at.is_not(None))
    )
    rows = list(uow.session.execute(query))
    names = {id_: name for id_, name, _ in rows if is_staff or id_ in own}
    found = [*_of_bids(uow, project, names), *_of_task_books(uow, names)]
    if is_staff:
        before = None
        for closed in (at for action, at in _rounds(uow, project) if action == "close_bidding"):
            count = sum(at is not None and (before or at) <= at <= closed for _, _, at in rows)
            found.append(Entry(closed, Kind.BID, RECEIVED.format(count=count)))
            before = closed
    return found


def _was_closed(uow: UnitOfWork, project: Project) -> bool:
    """Say whether bids are open to the office: a project that was given up while sealed keeps its seal."""
    moves = _rounds(uow, project)
    return project.mode == "commissioned" or bool(moves and moves[-1][0] == "close_bidding")


def _rounds(uow: UnitOfWork, project: Project) -> list[tuple[str, datetime]]:
    """Return when bidding closed and when the project was relaunched after it failed, in their order."""
    query = select(StateChange.action, StateChange.at).where(
        StateChange.entity == PROJECT_LIFECYCLE.entity,
        StateChange.entity_id == project.id,
        StateChange.action.in_(("close_bidding", "relaunch")),
    )
    return [(action, at) for action, at in uow.session.execute(query.order_by(StateChange.id))]


def _of_bids(uow: UnitOfWork, project: Project, names: Mapping[int, str]) -> list[Entry]:
    return [
        Entry(change.at, Kind.BID, BID_LIFECYCLE.labels[BidState(change.target)], names[change.entity_id], name)
        for change, name in _changes(uow, BID_LIFECYCLE.entity, list(names))
        if change.target in _AFTER_CLOSING
    ]


def _of_task_books(uow: UnitOfWork, names: Mapping[int, str]) -> list[Entry]:
    query = select(TaskBook.id, TaskBook.bid_id).where(TaskBook.bid_id.in_(list(names)))
    books = dict(uow.session.execute(query).all())
    return [
        Entry(
            change.at, Kind.TASK_BOOK, TASK_BOOK_LIFECYCLE.labels[TaskBookState(change.target)],
            names[books[change.entity_id]], name,
        )
        for change, name in _changes(uow, TASK_BOOK_LIFECYCLE.entity, list(books))
    ]  # fmt: skip
