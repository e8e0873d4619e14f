"""Task books: who may see one, who signs it, what it says."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select

from matcher.accounts.model import Organisation
from matcher.core.errors import NotAllowed, NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import REFUSED, allowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for
from matcher.needs.model import Need
from matcher.projects.bids import service as bids
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.delivery.lifecycle import TaskBookState
from matcher.projects.delivery.model import TaskBook
from matcher.projects.lifecycle import MemberState
from matcher.projects.setup import service as projects
from matcher.projects.setup.letters import office_people
from matcher.projects.setup.model import Project, ProjectNeed

NO_BOOK = Label("找不到这份任务书，或它与您的单位无关。", "There is no such task book, or it is not yours.")


class Party(StrEnum):
    """Name who signs."""

    OFFICE = "office"
    LEAD = "lead"
    OWNER = "owner"


PARTY_LABELS = {
    Party.OFFICE: Label("立项单位", "Office"),
    Party.LEAD: Label("牵头单位", "Lead"),
    Party.OWNER: Label("需求单位", "Owner of the need"),
}


@dataclass(frozen=True, slots=True)
class Dossier:
    """Hold a task book with its project and its bid."""

    book: TaskBook
    project: Project
    bid: Bid
    owner: Organisation | None  # the owner of the need, where one signs


def get(uow: UnitOfWork, book_id: int) -> Dossier:
    """Return a task book with what it belongs to; raises NotFound. Asks no permission: callers do."""
    book = uow.session.get(TaskBook, book_id)
    if book is None:
        raise NotFound(NO_BOOK)
    project, bid = projects.get(uow, book.project_id), bids.get(uow, book.bid_id)
    return Dossier(book, project, bid, owner_of(uow, project, bid))


def seen(uow: UnitOfWork, actor: Actor, book_id: int) -> Dossier:
    """Return a task book for somebody who may see it; raises NotFound for everybody else."""
    found = get(uow, book_id)
    if not may_see(uow, actor, found):
        raise NotFound(NO_BOOK)
    return found


def may_see(uow: UnitOfWork, actor: Actor, found: Dossier) -> bool:
    """Say whether the actor may see a task book.

    Staff always; once it is offered for signature the consortium, and the owners of the needs unless they stand in another
    team of the same project.
    """
    if allowed(actor, "project.see"):
        return True
    if found.book.state is TaskBookState.DRAFT:
        return False
    own = actor.organisation_id
    if not allowed(actor, "payment.see", owner=own):
        return False
    return own in members(found.bid) or (
        own in projects.owners(uow, found.project.id) and not bids.is_rival(uow, actor, found.bid)
    )


def is_lead(actor: Actor, found: Dossier, action: str) -> bool:
    """Say whether the actor may do what the lead of the consortium does."""
    return allowed(actor, action, owner=found.bid.organisation_id)


def require_lead(actor: Actor, found: Dossier, action: str) -> None:
    """Raise NotAllowed unless the actor may do what the lead of the consortium does."""
    if not is_lead(actor, found, action):
        raise NotAllowed(REFUSED)


def members(bid: Bid) -> set[int]:
    """Return the organisations of a consortium."""
    return {m.organisation_id for m in bid.members if m.state is MemberState.AGREED} | {bid.organisation_id}


def owner_of(uow: UnitOfWork, project: Project, bid: Bid) -> Organisation | None:
    """Return the one owner of the needs who signs too: outside the office and not the lead; None if there is none or several."""
    outside = projects.owners(uow, project.id) - {project.organisation_id, bid.organisation_id}
    return uow.session.get_one(Organisation, outside.pop()) if len(outside) == 1 else None


def of_project(uow: UnitOfWork, project_id: int) -> list[TaskBook]:
    """Return the task books of a project in the order of their bids; callers have asked who may see them."""
    return list(uow.session.scalars(select(TaskBook).where(TaskBook.project_id == project_id).order_by(TaskBook.id)))


def of_bid(uow: UnitOfWork, bid_id: int) -> TaskBook | None:
    """Return the task book of a bid."""
    return uow.session.scalars(select(TaskBook).where(TaskBook.bid_id == bid_id)).one_or_none()


def mine(uow: UnitOfWork, actor: Actor) -> list[tuple[TaskBook, Project, Bid]]:
    """Return the task books of the actor's organisation as a member or owner of a need, the latest first."""
    own = actor.organisation_id
    if own is None:
        return []
    in_bid = select(BidMember.bid_id).where(BidMember.organisation_id == own, BidMember.state == MemberState.AGREED)
    behind = (
        select(ProjectNeed.project_id).join(Need, Need.id == ProjectNeed.need_id).where(Need.organisation_id == own)
    )
    query = (
        select(TaskBook, Project, Bid)
        .join(Project, Project.id == TaskBook.project_id)
        .join(Bid, Bid.id == TaskBook.bid_id)
        .where(
            TaskBook.state != TaskBookState.DRAFT,
            or_(Bid.organisation_id == own, TaskBook.bid_id.in_(in_bid), TaskBook.project_id.in_(behind)),
        )
        .order_by(TaskBook.id.desc())
    )
    return [(book, project, bid) for book, project, bid in uow.session.execute(query).unique()]


def tell(uow: UnitOfWork, actor: Actor, found: Dossier, body: Label, key: str, *parties: Party) -> int:
    """Write to the people of the parties; the one who acted is not told. Returns how many were."""
    people: set[int] = set()
    if Party.OFFICE in parties:
        people.update(office_people(uow, found.project))
    if Party.LEAD in parties:
        people.update(people_for(uow, found.bid.organisation_id, first=found.bid.created_by))
    if Party.OWNER in parties and found.owner is not None:
        people.update(people_for(uow, found.owner.id))
    people.discard(actor.person_id or 0)
    title = Label("{number} {title}", "{number} {title}").format(number=found.book.number, title=found.project.title)
    return notify(
        uow, sorted(people), MessageKind.PROJECT, Text(title, body), key=f"task_book:{found.book.id}:{key}",
        link=f"/delivery/{found.book.id}",
    )  # fmt: skip


def content_of(found: Dossier) -> dict[str, Any]:
    """Return what the task book says of goals, indicators and the team: as it was signed, or as it stands in the draft."""
    return found.book.content if "indicators" in found.book.content else snapshot(found)


def snapshot(found: Dossier) -> dict[str, Any]:
    """Return the content of a task book as project and bid stand now."""
    project, bid = found.project, found.bid
    commitments = {one.indicator_id: one for one in bid.commitments}
    return {
        "title": project.title,
        "office": project.organisation.name,
        "lead": bid.organisation.name,
        "owner": found.owner.name if found.owner else "",
        "leader": bid.leader,
        "goals": project.goals,
        "background": project.background,
        "approach": bid.approach,
        "plan": bid.plan,
        "ip_ownership": project.ip_ownership or "",
        "members": [
            {"name": m.organisation.name, "task": m.task, "share": m.share}
            for m in bid.members
            if m.state is MemberState.AGREED
        ],
        "budget": list(bid.budget),
        "indicators": [
            {
                "id": one.id,
                "demand": one.row().to_json(),
                "commitment": commitments[one.id].row().to_json() if one.id in commitments else None,
            }
            for one in project.indicator_rows
        ],
    }
