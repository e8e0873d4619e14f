"""Writing a bid: begun, kept as a draft, handed in before the deadline, taken back until then."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select

from matcher.core import audit
from matcher.core.clock import local_second
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.money import in_wan
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.needs.model import Need
from matcher.offers.model import Offer, OfferState
from matcher.projects.bids import commitments, queries, rounds
from matcher.projects.bids.fields import BID_FIELDS, DECLARATION, budget_text, milestones_text, read_bid
from matcher.projects.bids.letters import ask
from matcher.projects.bids.model import Bid, BidMember, BidOffer
from matcher.projects.bids.service import NO_BID, get, is_lead, is_member
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState, MemberState, ProjectState
from matcher.projects.setup import service as setup
from matcher.projects.setup.model import Project, ProjectNeed
from matcher.projects.setup.rules import rules_of

TAKES_BIDS = (ProjectState.PUBLISHED, ProjectState.BIDDING)
NOT_OPEN = Label("这个项目现在不接受揭榜。", "This project takes no bids now.")
NOT_YET = Label(
    "揭榜从 {opens} 开始，请在此之后递交；草稿已保存。",
    "Bids are taken from {opens} on; hand it in then. The draft is saved.",
)
TOO_LATE = Label(
    "揭榜已于 {closes} 截止。服务器收到您的请求的时间是 {arrived}，不能再递交或修改。",
    "Bidding closed at {closes}. The server received your request at {arrived}; nothing can be handed in or changed any more.",
)
OWNER = Label(
    "贵单位是这个项目的需求方，榜单规定不能牵头揭榜；可以作为合作单位参加。",
    "Your organisation is the owner of the need; the list does not let it lead a bid. It may be a partner.",
)
HANDED_IN = Label("申请已递交。要修改请先撤回为草稿。", "The bid is handed in. Take it back as a draft to change it.")
NO_COMMITMENT = Label("请对指标“{name}”作出承诺。", "Commit to the indicator “{name}”.")
SHARES = Label("各节点比例合计应为 100%，现在是 {sum}%。", "The shares of the milestones add up to {sum} %, not 100 %.")
LATE_MILESTONE = Label(
    "节点“{title}”在第 {month} 个月，晚于完成时限 {months} 个月。",
    "The milestone “{title}” in month {month} lies after the end in month {months}.",
)
TOO_LONG = Label("完成时限最长 {most} 个月，现在是 {months} 个月。", "{most} months is the most; it is {months}.")
TOO_DEAR = Label(
    "报价不能超过榜单投入 {funds} 万元。", "The price exceeds the funds of the list, {funds} × 10,000 yuan."
)
BUDGET_SUM = Label(
    "经费预算合计 {sum} 万元，应等于报价与自筹经费之和 {wanted} 万元。",
    "The budget adds up to {sum} × 10,000 yuan; price and own funds are {wanted}.",
)
UNANSWERED = Label(
    "{name}还没有答复邀请，请等答复，或先撤销邀请。", "{name} has not answered the invitation; wait, or take it back."
)
MEMBER_SHARES = Label(
    "各单位经费比例合计应为 100%，现在是 {sum}%。", "The partners' shares add up to {sum} %, not 100 %."
)
NO_TASK = Label("请写明{name}承担的任务。", "Say what {name} does.")
UNDECLARED = Label("请作出声明：{text}。", "Declare: {text}.")


def check_open(project: Project, arrived: datetime) -> None:
    """Raise Conflict when the project takes no bids, or the request arrived after the deadline."""
    if project.closes_at is not None and arrived > project.closes_at:
        raise Conflict(TOO_LATE.format(closes=local_second(project.closes_at), arrived=local_second(arrived)))
    if project.state not in TAKES_BIDS:
        raise Conflict(NOT_OPEN)


def start(uow: UnitOfWork, actor: Actor, project_id: int) -> Bid:
    """Begin the bid of the actor's organisation, or return the one of this round; raises NotAllowed, NotFound, Conflict."""
    require(actor, "bid.write", owner=actor.organisation_id)
    assert actor.organisation_id is not None, "owns something"
    project, now = setup.get(uow, project_id), uow.clock()
    found = queries.own(uow, project_id, actor.organisation_id)
    if found is not None and found.state is not BidState.FORMER:
        if found.state is BidState.WITHDRAWN:
            resume(uow, actor, found.id)
        return found
    check_open(project, now)
    if must_not_lead(uow, project, actor.organisation_id):
        raise Conflict(OWNER)
    if found is not None:
        return _begin_again(uow, actor, found, project)
    bid = Bid(
        project_id=project_id, organisation_id=actor.organisation_id, created_by=actor.person_id,
        created_at=now, changed_at=now, tech_fields=list(project.tech_fields)[:5], months=project.months,
        members=[
            BidMember(
                organisation_id=actor.organisation_id, is_lead=True, state=MemberState.AGREED, share=100,
                invited_at=now, answered_at=now, answered_by=actor.person_id,
            )
        ],
        commitments=commitments.prefilled(project),
    )  # fmt: skip
    uow.session.add(bid)
    uow.session.flush()
    audit.record(uow, actor, "bid.start", "bid", bid.id, project=project_id)
    return bid


def may_begin_again(bid: Bid, project: Project) -> bool:
    """Say whether a bid of a round that failed may be the start of one in the present round."""
    return bid.state is BidState.FORMER and project.state in TAKES_BIDS


def _begin_again(uow: UnitOfWork, actor: Actor, old: Bid, project: Project) -> Bid:
    """Begin a bid with what a former round's said; the former one stays as it was, and its partners are asked anew."""
    bid = rounds.copied(uow, actor, old, project, uow.clock())
    audit.record(uow, actor, "bid.renew", "bid", bid.id, project=project.id, former=old.id)
    for member in bid.members:
        if member.state is MemberState.INVITED:
            ask(uow, bid, project, member)
    return bid


def must_not_lead(uow: UnitOfWork, project: Project, organisation_id: int) -> bool:
    """Say whether the list keeps an organisation from leading a bid, as the owner of a need behind the project."""
    return not rules_of(project.call).owner_may_lead and owns_need(uow, project.id, organisation_id)


def owns_need(uow: UnitOfWork, project_id: int, organisation_id: int) -> bool:
    """Say whether an organisation asks for what the project answers."""
    query = (
        select(Need.id)
        .join(ProjectNeed, ProjectNeed.need_id == Need.id)
        .where(ProjectNeed.project_id == project_id, Need.organisation_id == organisation_id)
    )
    return uow.session.scalar(query.limit(1)) is not None


def led(uow: UnitOfWork, actor: Actor, bid_id: int, arrived: datetime | None = None) -> tuple[Bid, Project]:
    """Return a bid that the actor may write while bids are taken; raises NotFound for strangers, NotAllowed, Conflict."""
    arrived = arrived or uow.clock()
    bid = get(uow, bid_id)
    if not is_member(actor, bid) and not is_lead(actor, bid):
        raise NotFound(NO_BID)
    require(actor, "bid.write", owner=bid.organisation_id)
    project = setup.get(uow, bid.project_id)
    check_open(project, arrived)
    return bid, project


def drafted(uow: UnitOfWork, actor: Actor, bid_id: int, arrived: datetime | None = None) -> Bid:
    """Return a draft that the actor may write now; raises NotFound for strangers, NotAllowed, Conflict."""
    bid, _ = led(uow, actor, bid_id, arrived)
    if bid.state is not BidState.DRAFT:
        raise Conflict(HANDED_IN)
    return bid


def save(
    uow: UnitOfWork,
    actor: Actor,
    bid_id: int,
    given: Mapping[str, Any],
    *,
    arrived: datetime | None = None,
    seen_version: int | None = None,
) -> list[Problem]:
    """Keep a draft as far as it can be read, and return what is wrong with it; nothing is refused for being incomplete.

    `given` holds the answers to BID_FIELDS, `commitments` and `members` by id, and `offers` as ids of own results.
    """
    bid = drafted(uow, actor, bid_id, arrived)
    if seen_version is not None and seen_version != bid.version:
        raise Conflict(CHANGED_MEANWHILE)
    answers = read_bid(given, complete=False)
    unread = {problem.field for problem in answers.problems}
    for field in BID_FIELDS:
        value = answers.values[field.name]
        # What cannot be read does not wipe out what was there before; texts and rows are kept as typed.
        if field.name in given and (value or field.name not in unread):
            setattr(bid, field.name, value)
    problems = [*answers.problems, *commitments.write(bid, given.get("commitments") or {})]
    _write_members(bid, given.get("members") or {})
    if "offers" in given:
        _write_offers(uow, bid, given["offers"])
    bid.changed_at = uow.clock()
    audit.record(uow, actor, "bid.save", "bid", bid.id)
    uow.session.flush()
    return problems


def _write_members(bid: Bid, given: Mapping[int, Mapping[str, Any]]) -> None:
    for member in bid.members:
        typed = given.get(member.id)
        if typed is None:
            continue
        share = str(typed.get("share", "")).strip().removesuffix("%")
        member.share = min(int(share), 100) if share.isascii() and share.isdigit() else 0
        member.task = " ".join(str(typed.get("task", "")).split())[:200]


def _write_offers(uow: UnitOfWork, bid: Bid, wanted: list[int]) -> None:
    uow.session.execute(delete(BidOffer).where(BidOffer.bid_id == bid.id))
    known = {offer.id for offer in linkable(uow, bid)}
    uow.session.add_all(BidOffer(bid_id=bid.id, offer_id=one) for one in dict.fromkeys(wanted) if one in known)


def linkable(uow: UnitOfWork, bid: Bid) -> list[Offer]:
    """Return the published results of the consortium, which a bid may build on."""
    owners = [m.organisation_id for m in bid.members if m.state is MemberState.AGREED]
    query = select(Offer).where(Offer.organisation_id.in_(owners), Offer.state == OfferState.PUBLISHED)
    return list(uow.session.scalars(query.order_by(Offer.id.desc()).limit(100)).unique())


def linked(uow: UnitOfWork, bid: Bid) -> list[Offer]:
    """Return the results that a bid builds on."""
    query = select(Offer).join(BidOffer, BidOffer.offer_id == Offer.id).where(BidOffer.bid_id == bid.id)
    return list(uow.session.scalars(query.order_by(Offer.id)).unique())


def given_of(bid: Bid) -> dict[str, Any]:
    """Return a stored bid as `read_bid` takes it."""
    given: dict[str, Any] = {field.name: getattr(bid, field.name) for field in BID_FIELDS}
    for name in ("price", "own_funds"):
        given[name] = "" if given[name] is None else in_wan(given[name])
    given["budget"], given["milestones"] = budget_text(bid.budget), milestones_text(bid.milestones)
    return given


def problems_of(bid: Bid, project: Project) -> list[Problem]:
    """Return what keeps a bid from being handed in."""
    problems = list(read_bid(given_of(bid), complete=True).problems)
    problems += [
        Problem("commitments", NO_COMMITMENT.format(name=row.name))
        for row in commitments.rows(bid, project)
        if row.commitment is None
    ]
    return [*problems, *_schedule(bid, project), *_money(bid, project), *_team(bid), *_declarations(bid)]


def _schedule(bid: Bid, project: Project) -> list[Problem]:
    found = []
    rows = [row for row in bid.milestones if "raw" not in row]
    total = sum(row["share"] for row in rows)
    if rows and total != 100:
        found.append(Problem("milestones", SHARES.format(sum=total)))
    if bid.months is None:
        return found
    if project.months is not None and bid.months > project.months:
        found.append(Problem("months", TOO_LONG.format(most=project.months, months=bid.months)))
    late = [row for row in rows if row["month"] > bid.months]
    return found + [Problem("milestones", LATE_MILESTONE.format(months=bid.months, **_named(row))) for row in late]


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"title": row["title"], "month": row["month"]}


def _money(bid: Bid, project: Project) -> list[Problem]:
    if bid.price is None:
        return []
    found = []
    if project.total_funds and bid.price > project.total_funds:
        found.append(Problem("price", TOO_DEAR.format(funds=in_wan(project.total_funds))))
    rows = [row for row in bid.budget if "raw" not in row]
    total = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
    wanted = bid.price + (bid.own_funds or Decimal(0))
    if rows and total != wanted:
        found.append(Problem("budget", BUDGET_SUM.format(sum=in_wan(total), wanted=in_wan(wanted))))
    return found


def _team(bid: Bid) -> list[Problem]:
    found = [
        Problem("members", UNANSWERED.format(name=m.organisation.name))
        for m in bid.members
        if m.state is MemberState.INVITED
    ]
    agreed = [m for m in bid.members if m.state is MemberState.AGREED]
    total = sum(m.share for m in agreed)
    if total != 100:
        found.append(Problem("members", MEMBER_SHARES.format(sum=total)))
    if len(agreed) > 1:
        found += [Problem("members", NO_TASK.format(name=m.organisation.name)) for m in agreed if not m.task]
    return found


def _declarations(bid: Bid) -> list[Problem]:
    # That none is made at all is said by the field itself.
    missing = [code for code in DECLARATION if bid.declared and code not in bid.declared]
    return [Problem("declared", UNDECLARED.format(text=DECLARATION.label(code))) for code in missing]


def submit(uow: UnitOfWork, actor: Actor, bid_id: int, *, arrived: datetime | None = None) -> Bid:
    """Hand a bid in; raises InvalidInput for what is missing, Conflict before the opening and after the deadline.

    `arrived` is when the request came in, by the server's clock: a bid that waits for the database is not late for it.
    """
    arrived = arrived or uow.clock()
    bid, project = led(uow, actor, bid_id, arrived)
    if project.opens_at is not None and arrived < project.opens_at:
        raise Conflict(NOT_YET.format(opens=local_second(project.opens_at)))
    problems = problems_of(bid, project) if bid.state is BidState.DRAFT else []
    if problems:
        raise InvalidInput(problems)
    BID_LIFECYCLE.apply(uow, actor, bid, "submit")
    bid.submitted_at = bid.changed_at = arrived
    audit.record(uow, actor, "bid.submit", "bid", bid.id, arrived=local_second(arrived))
    uow.session.flush()
    return bid


def _step(uow: UnitOfWork, actor: Actor, bid_id: int, action: str, arrived: datetime | None) -> Bid:
    bid, _ = led(uow, actor, bid_id, arrived)
    BID_LIFECYCLE.apply(uow, actor, bid, action)
    bid.submitted_at = None
    bid.changed_at = uow.clock()
    audit.record(uow, actor, f"bid.{action}", "bid", bid.id)
    uow.session.flush()
    return bid


def recall(uow: UnitOfWork, actor: Actor, bid_id: int, *, arrived: datetime | None = None) -> Bid:
    """Take a bid back as a draft, until the deadline; raises NotAllowed, NotFound, Conflict."""
    return _step(uow, actor, bid_id, "recall", arrived)


def withdraw(uow: UnitOfWork, actor: Actor, bid_id: int, *, arrived: datetime | None = None) -> Bid:
    """Withdraw a bid, until the deadline; raises NotAllowed, NotFound, Conflict."""
    return _step(uow, actor, bid_id, "withdraw", arrived)


def resume(uow: UnitOfWork, actor: Actor, bid_id: int, *, arrived: datetime | None = None) -> Bid:
    """Go on with a withdrawn bid as a draft; raises NotAllowed, NotFound, Conflict."""
    return _step(uow, actor, bid_id, "resume", arrived)
