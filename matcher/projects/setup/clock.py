"""What the clock does to projects: bidding opens and closes at the second that the list says, whoever looks."""

from datetime import timedelta

from sqlalchemy import select

from matcher.core.people import SYSTEM
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids.model import Bid
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState, ProjectState
from matcher.projects.setup.model import Project
from matcher.projects.setup.service import move

#: A bid that arrived in the last second may still be on its way into the database; nothing is taken in after the deadline.
GRACE = timedelta(seconds=15)


def tick(uow: UnitOfWork) -> int:
    """Open and close the bidding of every project whose time has come; returns how many moved. The caller commits."""
    now, moved = uow.clock(), 0
    due = select(Project).where(Project.state == ProjectState.PUBLISHED, Project.opens_at <= now)
    for project in uow.session.scalars(due.order_by(Project.id)).all():
        move(uow, SYSTEM, project, "open")
        moved += 1
    over = select(Project).where(Project.state == ProjectState.BIDDING, Project.closes_at <= now - GRACE)
    for project in uow.session.scalars(over.order_by(Project.id)).all():
        move(uow, SYSTEM, project, "close_bidding")
        _void_drafts(uow, project)
        moved += 1
    return moved


def _void_drafts(uow: UnitOfWork, project: Project) -> None:
    query = select(Bid).where(Bid.project_id == project.id, Bid.state == BidState.DRAFT).order_by(Bid.id)
    for bid in uow.session.scalars(query).all():
        BID_LIFECYCLE.apply(uow, SYSTEM, bid, "void")
