"""Reading bids. Asks no permission: callers do."""

from collections.abc import Collection

from sqlalchemy import func, select

from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.lifecycle import BidState, MemberState, ProjectState
from matcher.projects.setup.model import Project

#: What has been handed in for the present round and was not taken back: what evaluation reads.
_NOT_IN = {BidState.DRAFT, BidState.WITHDRAWN, BidState.VOID, BidState.FORMER}
HANDED_IN = tuple(state for state in BidState if state not in _NOT_IN)
#: The members that count as part of a consortium.
STANDING = (MemberState.INVITED, MemberState.AGREED)


def of_project(uow: UnitOfWork, project_id: int, states: Collection[BidState] = HANDED_IN) -> list[Bid]:
    """Return the bids of a project in any of `states`: ranked ones by place, the others by when they arrived."""
    query = select(Bid).where(Bid.project_id == project_id, Bid.state.in_(list(states)))
    query = query.order_by(Bid.place.is_(None), Bid.place, Bid.submitted_at, Bid.id)
    return list(uow.session.scalars(query).unique())


def count(uow: UnitOfWork, project_id: int, states: Collection[BidState] = HANDED_IN) -> int:
    """Count the bids of a project in any of `states`."""
    query = select(func.count()).select_from(Bid).where(Bid.project_id == project_id, Bid.state.in_(list(states)))
    return uow.session.scalar(query) or 0


def of_organisation(uow: UnitOfWork, organisation_id: int) -> list[tuple[Bid, BidMember]]:
    """Return the bids in which an organisation stands or is asked to stand, with its place, the latest first."""
    query = (
        select(Bid, BidMember)
        .join(BidMember, BidMember.bid_id == Bid.id)
        .where(BidMember.organisation_id == organisation_id, BidMember.state.in_(STANDING))
        .order_by(Bid.id.desc())
    )
    return [(bid, member) for bid, member in uow.session.execute(query).unique()]


def own(uow: UnitOfWork, project_id: int, organisation_id: int | None) -> Bid | None:
    """Return the bid that an organisation leads in a project, of the latest round in which it has one."""
    query = select(Bid).where(Bid.project_id == project_id, Bid.organisation_id == organisation_id)
    return uow.session.scalars(query.order_by(Bid.round.desc()).limit(1)).unique().one_or_none()


def waiting_bids(uow: UnitOfWork, actor: Actor) -> int:
    """Count the invitations into consortia that the actor's organisation has not answered."""
    query = (
        select(func.count())
        .select_from(BidMember)
        .join(Bid, Bid.id == BidMember.bid_id)
        .join(Project, Project.id == Bid.project_id)
        .where(
            BidMember.organisation_id == actor.organisation_id, BidMember.state == MemberState.INVITED,
            Bid.state == BidState.DRAFT, Project.state.in_((ProjectState.PUBLISHED, ProjectState.BIDDING)),
        )
    )  # fmt: skip
    return uow.session.scalar(query) or 0
