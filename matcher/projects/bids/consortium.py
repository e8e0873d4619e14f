"""Consortia: the lead asks registered organisations to join, each answers for itself, and may leave while bids are taken."""

from datetime import datetime

from sqlalchemy import exists, select

from matcher.accounts.model import Membership, Organisation
from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import OFFERERS, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for
from matcher.projects.bids.bidding import HANDED_IN, check_open, led
from matcher.projects.bids.letters import ask
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.bids.service import NO_BID, get, is_member
from matcher.projects.lifecycle import BID_LIFECYCLE, MEMBER_LIFECYCLE, BidState, MemberState
from matcher.projects.setup import service as setup

MOST_PARTNERS = 12
NOBODY = Label(
    "找不到这家单位，或它还没有可以答复的账号。", "There is no such organisation, or nobody there can answer."
)
IS_THERE = Label("{name}已在联合体中或已受邀。", "{name} is in the consortium or asked already.")
TOO_MANY = Label("合作单位最多 {limit} 家。", "{limit} partners is the most.")
LEAD_STAYS = Label("牵头单位不能退出，可以撤回申请。", "The lead cannot leave; it may withdraw the bid.")
ANSWERED = {
    "agree": Label("{name} 同意联合揭榜", "{name} joins your bid"),
    "decline": Label("{name} 谢绝联合揭榜", "{name} does not join your bid"),
    "leave": Label("{name} 退出联合体", "{name} has left the consortium"),
}
ANSWERED_BODY = Label("项目：{project}。", "Project: {project}.")
RECALLED = Label(
    "项目：{project}。已递交的申请因此退回为草稿，请调整后在截止前重新递交。",
    "Project: {project}. The bid is a draft again for that; adjust it and hand it in before the deadline.",
)


def search(uow: UnitOfWork, bid: Bid, text: str, limit: int = 10) -> list[Organisation]:
    """Return organisations by name that can be asked to join: somebody there can answer, and they are not in yet."""
    plain = " ".join(text.split())[:60]
    if not plain:
        return []
    inside = [m.organisation_id for m in bid.members if m.state in (MemberState.INVITED, MemberState.AGREED)]
    can_answer = exists().where(Membership.organisation_id == Organisation.id, Membership.role.in_(OFFERERS))
    query = select(Organisation).where(
        Organisation.name.icontains(plain, autoescape=True), Organisation.id.not_in(inside), can_answer
    )
    return list(uow.session.scalars(query.order_by(Organisation.name).limit(limit)))


def invite(
    uow: UnitOfWork, actor: Actor, bid_id: int, organisation_id: int, *, task: str = "", share: int = 0
) -> BidMember:
    """Ask an organisation to join; raises NotAllowed, NotFound, Conflict, InvalidInput."""
    bid, project = led(uow, actor, bid_id)
    if bid.state is not BidState.DRAFT:
        raise Conflict(HANDED_IN)
    can_answer = exists().where(Membership.organisation_id == organisation_id, Membership.role.in_(OFFERERS))
    asked = uow.session.get(Organisation, organisation_id)
    if asked is None or not uow.session.scalar(select(can_answer)):
        raise InvalidInput([Problem("partner", NOBODY)])
    member = next((m for m in bid.members if m.organisation_id == organisation_id), None)
    if member is None:
        if len(bid.members) > MOST_PARTNERS:
            raise Conflict(TOO_MANY.format(limit=MOST_PARTNERS))
        member = BidMember(organisation=asked, invited_at=uow.clock(), state=MemberState.INVITED)
        bid.members.append(member)
    elif member.state in (MemberState.INVITED, MemberState.AGREED):
        raise Conflict(IS_THERE.format(name=asked.name))
    else:
        MEMBER_LIFECYCLE.apply(uow, actor, member, "invite")
        member.invited_at, member.answered_at, member.answered_by = uow.clock(), None, None
    member.task, member.share = " ".join(task.split())[:200], min(max(share, 0), 100)
    uow.session.flush()
    audit.record(uow, actor, "bid.invite", "bid", bid.id, organisation=organisation_id)
    ask(uow, bid, project, member)
    return member


def answer(uow: UnitOfWork, actor: Actor, bid_id: int, action: str, *, arrived: datetime | None = None) -> BidMember:
    """Answer for the actor's organisation: `agree`, `decline` or `leave`; raises NotAllowed, NotFound, Conflict.

    When a partner leaves a bid that was handed in, the bid is a draft again, so that nobody is held to what it no longer can do.
    """
    arrived = arrived or uow.clock()
    require(actor, "bid.join", owner=actor.organisation_id)
    bid = get(uow, bid_id)
    if not is_member(actor, bid):
        raise NotFound(NO_BID)
    check_open(setup.get(uow, bid.project_id), arrived)
    member = next(m for m in bid.members if m.organisation_id == actor.organisation_id)
    if member.is_lead:
        raise Conflict(LEAD_STAYS)
    _move(uow, actor, bid, member, action)
    lead = people_for(uow, bid.organisation_id, first=bid.created_by)
    _tell(uow, bid, member, action, lead)
    return member


def remove(uow: UnitOfWork, actor: Actor, bid_id: int, member_id: int) -> BidMember:
    """Take a partner out of the consortium, for the lead; raises NotAllowed, NotFound, Conflict."""
    bid, _ = led(uow, actor, bid_id)
    member = next((m for m in bid.members if m.id == member_id), None)
    if member is None:
        raise NotFound(NO_BID)
    if member.is_lead:
        raise Conflict(LEAD_STAYS)
    if bid.state is not BidState.DRAFT:
        raise Conflict(HANDED_IN)
    _move(uow, actor, bid, member, "leave")
    return member


def _move(uow: UnitOfWork, actor: Actor, bid: Bid, member: BidMember, action: str) -> None:
    MEMBER_LIFECYCLE.apply(uow, actor, member, action)
    member.answered_at, member.answered_by = uow.clock(), actor.person_id
    bid.changed_at = uow.clock()
    if action == "leave" and bid.state is BidState.SUBMITTED:
        BID_LIFECYCLE.apply(uow, actor, bid, "recall")
        bid.submitted_at = None
    audit.record(uow, actor, f"bid.{action}", "bid", bid.id, organisation=member.organisation_id)
    uow.session.flush()


def _tell(uow: UnitOfWork, bid: Bid, member: BidMember, action: str, people: list[int]) -> None:
    project = setup.get(uow, bid.project_id)
    body = RECALLED if action == "leave" and bid.state is BidState.DRAFT else ANSWERED_BODY
    text = Text(ANSWERED[action].format(name=member.organisation.name), body.format(project=project.title))
    key = f"bid:{bid.id}:{action}:{member.id}:{uow.clock():%Y%m%d%H%M%S%f}"
    notify(uow, people, MessageKind.PROJECT, text, key=key, link=f"/bids/{bid.id}")
