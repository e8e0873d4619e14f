"""Bids: who may read them. Until the evaluation begins a bid is known to its consortium alone."""

from sqlalchemy import exists, select

from matcher.core.errors import NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.bids.queries import HANDED_IN, STANDING
from matcher.projects.experts.model import Expert, Panel, Seat, Stage
from matcher.projects.lifecycle import SEALED_STATES, BidState, ProjectState, SeatState
from matcher.projects.setup.model import Project, ProjectNeed

NO_BID = Label("找不到这份揭榜申请，或它没有向您公开。", "There is no such bid, or it is not shown to you.")


def get(uow: UnitOfWork, bid_id: int) -> Bid:
    """Return a bid; raises NotFound. Asks no permission: callers do, with `may_read`."""
    bid = uow.session.get(Bid, bid_id)
    if bid is None:
        raise NotFound(NO_BID)
    return bid


def seen(uow: UnitOfWork, actor: Actor, bid_id: int) -> Bid:
    """Return a bid for somebody who may read it; raises NotFound for everybody else, so that nothing is learned by trying."""
    bid = get(uow, bid_id)
    if not may_read(uow, actor, bid):
        raise NotFound(NO_BID)
    return bid


def is_member(actor: Actor, bid: Bid) -> bool:
    """Say whether the actor speaks for an organisation of the consortium, asked or agreed."""
    if not allowed(actor, "bid.join", owner=actor.organisation_id):
        return False
    return any(m.organisation_id == actor.organisation_id and m.state in STANDING for m in bid.members)


def is_lead(actor: Actor, bid: Bid) -> bool:
    """Say whether the actor may write for the lead of a consortium."""
    return allowed(actor, "bid.write", owner=bid.organisation_id)


def may_read(uow: UnitOfWork, actor: Actor, bid: Bid) -> bool:
    """Say whether the actor may read a bid with its names.

    The consortium always. Nobody else while the project takes bids; from the evaluation on the office, the owners of the
    needs behind the project and the experts on its panels, unless they read it blind, as long as they are not in another
    bid of the same project.
    """
    if actor.is_system or is_member(actor, bid):
        return True
    # A former round is over: the office keeps what it had opened, whatever is sealed now.
    if bid.state is BidState.FORMER:
        return bid.submitted_at is not None and allowed(actor, "bid.judge")
    project = uow.session.get_one(Project, bid.project_id)
    if project.state in SEALED_STATES or bid.state not in HANDED_IN:
        return False
    # A project that was called off while it took bids leaves them as they were handed in: sealed for good.
    if bid.state is BidState.SUBMITTED and project.state is not ProjectState.EVALUATION:
        return False
    if allowed(actor, "bid.judge"):
        return True
    if is_rival(uow, actor, bid):
        return False
    return _owns_need(uow, actor, project) or _has_seat(uow, actor, bid)


def is_rival(uow: UnitOfWork, actor: Actor, bid: Bid) -> bool:
    """Say whether the actor's organisation stands in any other bid of the same project."""
    if actor.organisation_id is None:
        return False
    query = (
        select(Bid.id)
        .join(BidMember, BidMember.bid_id == Bid.id)
        .where(
            Bid.project_id == bid.project_id, Bid.id != bid.id, Bid.state.not_in((BidState.VOID, BidState.FORMER)),
            BidMember.organisation_id == actor.organisation_id, BidMember.state.in_(STANDING),
        )
    )  # fmt: skip
    return uow.session.scalar(query.limit(1)) is not None


def _owns_need(uow: UnitOfWork, actor: Actor, project: Project) -> bool:
    if actor.organisation_id is None or not allowed(actor, "need.edit", owner=actor.organisation_id):
        return False
    query = (
        select(ProjectNeed.need_id)
        .join(Need, Need.id == ProjectNeed.need_id)
        .where(ProjectNeed.project_id == project.id, Need.organisation_id == actor.organisation_id)
    )
    return uow.session.scalar(query.limit(1)) is not None


def _has_seat(uow: UnitOfWork, actor: Actor, bid: Bid) -> bool:
    """Say whether an expert judges this bid with open eyes: an accepted seat on a panel that is not blind."""
    if not allowed(actor, "panel.score"):
        return False
    query = select(
        exists()
        .where(
            Panel.project_id == bid.project_id, Panel.stage != Stage.ARGUMENT, Panel.is_blind.is_(False),
            Panel.is_former.is_(False),
            Seat.panel_id == Panel.id, Seat.state == SeatState.ACCEPTED,
            Expert.id == Seat.expert_id, Expert.person_id == actor.person_id,
        )
    )  # fmt: skip
    return bool(uow.session.scalar(query)) and bid.state is not BidState.REJECTED
