"""Teams that merged at a gate: how the money is shared among the members is settled by the office or the lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import plain_number, shorten
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import service as bids
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.delivery import gate_letters
from matcher.projects.delivery.model import GateEntry, TaskBook
from matcher.projects.lifecycle import BidState, MemberState
from matcher.projects.setup.model import Project

NOT_MERGED = Label("这个团队没有合并，或已不在实施中。", "This team did not merge, or is not under way any more.")
NOT_A_SHARE = Label("“{name}”的比例应为 1 到 100 的整数，不能读懂“{given}”。", "The share of “{name}” is a whole number from 1 to 100; “{given}” is none.")  # fmt: skip
SUM = Label("各单位比例合计应为 100%，现在是 {sum}%。", "The shares must add up to 100%; they make {sum}%.")


@dataclass(frozen=True, slots=True)
class Shares:
    """Hold the members of a team that others joined: who joined, and whether their shares are settled."""

    bid: Bid
    project: Project
    members: Sequence[BidMember]
    joined: frozenset[int]  # organisations that led a team which merged into this one
    is_settled: bool
    may_settle: bool


def members_of(bid: Bid) -> list[BidMember]:
    """Return the members of a consortium who agreed, the lead first."""
    agreed = (one for one in bid.members if one.state is MemberState.AGREED)
    return sorted(agreed, key=lambda one: (not one.is_lead, one.id))


def joined_leads(uow: UnitOfWork, bid_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return the leads of the teams that merged into each of these bids; who was joined by nobody is left out."""
    query = (
        select(GateEntry.into_bid_id, Bid.organisation_id)
        .join(Bid, Bid.id == GateEntry.bid_id)
        .where(GateEntry.into_bid_id.in_(list(bid_ids)))
    )
    found: dict[int, set[int]] = {}
    for into, organisation_id in uow.session.execute(query):
        if into is not None:
            found.setdefault(into, set()).add(organisation_id)
    return found


def is_settled(bid: Bid) -> bool:
    """Say whether every member of a team has a share and they add up to 100 per cent."""
    shares = [one.share for one in members_of(bid)]
    return sum(shares) == 100 and all(shares)


def unsettled(uow: UnitOfWork, teams: Sequence[Bid]) -> set[int]:
    """Return the running teams, by bid, that others joined and whose shares are not settled yet."""
    joined = joined_leads(uow, [one.id for one in teams])
    return {one.id for one in teams if one.id in joined and one.state is BidState.RUNNING and not is_settled(one)}


def own_unsettled(uow: UnitOfWork, actor: Actor) -> list[Bid]:
    """Return the teams that the actor's organisation leads and whose shares wait to be settled."""
    query = select(Bid).where(Bid.organisation_id == actor.organisation_id, Bid.state == BidState.RUNNING)
    found = uow.session.scalars(query.order_by(Bid.id)).unique().all() if actor.organisation_id else []
    waiting = unsettled(uow, found)
    return [one for one in found if one.id in waiting]


def look(uow: UnitOfWork, actor: Actor, bid_id: int) -> Shares:
    """Return the shares of a team that others joined, for its members and the office; raises NotFound for everybody else."""
    bid = bids.get(uow, bid_id)
    if not (allowed(actor, "gate.manage") or bids.is_member(actor, bid)):
        raise NotFound(bids.NO_BID)
    joined = joined_leads(uow, [bid.id]).get(bid.id, set())
    if not joined:
        raise NotFound(NOT_MERGED)
    may = allowed(actor, "gate.shares", owner=bid.organisation_id) and bid.state is BidState.RUNNING
    project = uow.session.get_one(Project, bid.project_id)
    return Shares(bid, project, members_of(bid), frozenset(joined), is_settled(bid), may)


def settle(uow: UnitOfWork, actor: Actor, bid_id: int, given: Mapping[int, str]) -> Bid:
    """Settle the shares of a team that others joined, by organisation in per cent: they must add up to 100.

    The task book shows them from then on; what they were is in the record of actions. Raises NotAllowed, NotFound,
    InvalidInput, Conflict.
    """
    bid = bids.get(uow, bid_id)
    require(actor, "gate.shares", owner=bid.organisation_id)
    if bid.state is not BidState.RUNNING or not joined_leads(uow, [bid.id]):
        raise Conflict(NOT_MERGED)
    rows, problems, shares = members_of(bid), [], dict[int, int]()
    for one in rows:
        text = given.get(one.organisation_id, "").strip().rstrip("%％")
        number = plain_number(text) or ""
        if number.isdigit() and 1 <= int(number) <= 100:
            shares[one.organisation_id] = int(number)
        else:
            words = {"name": one.organisation.name, "given": shorten(text, 20)}
            problems.append(Problem(f"share-{one.organisation_id}", NOT_A_SHARE.format(**words)))
    if not problems and sum(shares.values()) != 100:
        problems.append(Problem(f"share-{rows[0].organisation_id}", SUM.format(sum=sum(shares.values()))))
    if problems:
        raise InvalidInput(problems)
    before = {one.organisation_id: one.share for one in rows}
    for one in rows:
        one.share = shares[one.organisation_id]
    _into_book(uow, bid, rows)
    audit.record(uow, actor, "gate.shares", "bid", bid.id, before=before, after=shares)
    gate_letters.shares_settled(uow, uow.session.get_one(Project, bid.project_id), bid, rows)
    uow.session.flush()
    return bid


def _into_book(uow: UnitOfWork, bid: Bid, rows: Sequence[BidMember]) -> None:
    """Write members and shares into the task book, which says who does the work."""
    book = uow.session.scalars(select(TaskBook).where(TaskBook.bid_id == bid.id)).one_or_none()
    if book is not None and "members" in book.content:
        told = [{"name": one.organisation.name, "task": one.task, "share": one.share} for one in rows]
        book.content = {**book.content, "members": told}
        book.changed_at = uow.clock()
