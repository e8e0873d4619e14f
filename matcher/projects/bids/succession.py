"""When a team drops out before it signs: its task book ends, and in a race the office may bring in the next in rank."""

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.service import Text
from matcher.projects.bids import queries
from matcher.projects.bids.model import Bid
from matcher.projects.bids.office import (
    NEEDS_REASON,
    STAYS_AWARDED,
    Ranked,
    go_on_without,
    ranking,
    reason_of,
    tell_members,
)
from matcher.projects.bids.service import get
from matcher.projects.delivery import books, payments
from matcher.projects.delivery.lifecycle import TASK_BOOK_LIFECYCLE
from matcher.projects.delivery.model import Gate
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState, Mode, ProjectState
from matcher.projects.setup import service as setup
from matcher.projects.setup.model import Notice, Project

NOBODY_NEXT = Label(
    "没有可以递补的申请：中榜的队伍没有空缺、首个考核节点已作决定，或没有其他达到合格线的申请。",
    "There is no bid to bring in: no place is free, the first gate was decided, or no other bid reached the pass mark.",
)
NOT_NEXT = Label("递补按名次进行，下一名是 {number}。", "Bids are brought in by rank; the next is {number}.")
BROUGHT_IN = Label("贵单位递补中榜", "You are awarded in place of another team")
BROUGHT_IN_BODY = Label(
    "“{project}”有中榜单位放弃，贵单位按名次递补中榜。说明：{reason} 接下来签订任务书。",
    "A team that was awarded “{project}” has dropped out, and you are next in rank. Note: {reason} The task book is signed next.",
)


def lapse(uow: UnitOfWork, actor: Actor, bid_id: int, reason: str) -> Bid:
    """Let an award lapse that was not signed; its task book ends. Without another awarded team the evaluation goes on.

    Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    require(actor, "bid.judge")
    bid = get(uow, bid_id)
    project = setup.get(uow, bid.project_id)
    reason = reason_of(reason, NEEDS_REASON)
    BID_LIFECYCLE.apply(uow, actor, bid, "lapse", reason)
    bid.verdict_note = reason
    book = books.of_bid(uow, bid_id)
    if book is not None and TASK_BOOK_LIFECYCLE.target(book.state, "terminate") is not None:
        TASK_BOOK_LIFECYCLE.apply(uow, actor, book, "terminate", reason)
        payments.cancel_open(uow, book, actor=actor, note=reason)
    audit.record(uow, actor, "bid.lapse", "bid", bid.id, reason=reason)
    go_on_without(uow, actor, project, reason)
    return bid


def next_in_rank(uow: UnitOfWork, project: Project) -> list[Ranked]:
    """Return the bid that may be brought into a race in which a place is free; several only where they share a place.

    A place is free while fewer teams stand than were announced; after the first decision of a gate nobody comes in any more.
    """
    if project.mode is not Mode.RACE or project.state not in (ProjectState.AWARDED, ProjectState.IMPLEMENTATION):
        return []
    if queries.count(uow, project.id, STAYS_AWARDED) >= _announced(uow, project) or _gate_decided(uow, project):
        return []
    waiting = [row for row in ranking(uow, project) if row.bid.state is BidState.NOT_CHOSEN and row.passes]
    return [row for row in waiting if row.place == waiting[0].place]


def _announced(uow: UnitOfWork, project: Project) -> int:
    query = select(Notice.content).where(Notice.project_id == project.id, Notice.kind == "award")
    content = uow.session.scalar(query.order_by(Notice.id.desc()).limit(1))
    return len((content or {}).get("teams", ()))


def _gate_decided(uow: UnitOfWork, project: Project) -> bool:
    query = select(Gate.id).where(Gate.project_id == project.id, Gate.decided_at.is_not(None))
    return uow.session.scalar(query.limit(1)) is not None


def bring_in(uow: UnitOfWork, actor: Actor, bid_id: int, reason: str) -> Bid:
    """Award the next in rank in place of a team of a race that dropped out, with a reason that its people are told.

    Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    require(actor, "bid.judge")
    bid = get(uow, bid_id)
    project = setup.get(uow, bid.project_id)
    reason = reason_of(reason, NEEDS_REASON)
    found = next_in_rank(uow, project)
    if not found:
        raise Conflict(NOBODY_NEXT)
    if bid not in [row.bid for row in found]:
        raise Conflict(NOT_NEXT.format(number="、".join(row.bid.number for row in found)))
    BID_LIFECYCLE.apply(uow, actor, bid, "bring_in", reason)
    audit.record(uow, actor, "bid.bring_in", "bid", bid.id, reason=reason)
    body = BROUGHT_IN_BODY.format(project=project.title, reason=reason)
    tell_members(uow, bid, "bring_in", Text(BROUGHT_IN, body))
    uow.session.flush()
    return bid
