"""Conflicts of interest: why an expert must not judge a project, each found reason by its name.

Bids are read only once their project takes no more of them: before, a conflict would tell who bids.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Date, and_, column, or_, select, table

from matcher.accounts.model import Organisation
from matcher.core.clock import local_date
from matcher.core.labels import Label
from matcher.core.numbers import number_of
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.introduction_model import Introduction, IntroductionState
from matcher.matching.model import Pairing, PairingState
from matcher.needs.model import Need
from matcher.offers.model import Offer
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.bids.queries import HANDED_IN, STANDING
from matcher.projects.experts.model import Expert
from matcher.projects.lifecycle import SEALED_STATES
from matcher.projects.setup.model import Project

LINK_YEARS = 3
OFFICE = Label("项目主管部门", "the office in charge")
OWNER = Label("需求方", "an owner of the need")
BIDDER = Label("揭榜方", "a bidder")
PARTNER = Label("合作方", "a partner in the project")
SAME = Label("与{role}“{name}”同属一个机构", "Belongs to the same organisation as {role}, {name}")
AVOIDS = Label("声明回避{role}“{name}”", "Has declared to stay clear of {role}, {name}")
DEAL = Label("所在机构近三年与{role}“{name}”签有技术合同（{number}）", "Own organisation has a contract of the last three years with {role}, {name} ({number})")  # fmt: skip
TALKS = Label("所在机构近三年与{role}“{name}”有对接（{number}）", "Own organisation was introduced to {role}, {name}, in the last three years ({number})")  # fmt: skip
CONSORTIUM = Label("所在机构近三年与{role}“{name}”同在一个揭榜联合体（{number}）", "Own organisation was in one consortium with {role}, {name}, in the last three years ({number})")  # fmt: skip
LINKED = (PairingState.MEETING, PairingState.NEGOTIATING, PairingState.CONTRACTED)
# Contracts belong to a room above this one, so that its table is read by name.
_DEALS = table("deals", column("id"), column("buyer_id"), column("seller_id"), column("signed_on", Date))


@dataclass(frozen=True, slots=True)
class Link:
    """Say that two organisations worked together: the words, and the number of what shows it."""

    words: Label
    number: str


def parties(uow: UnitOfWork, project: Project) -> dict[int, Label]:
    """Return the organisations that a project concerns, with what they are in it."""
    found: dict[int, Label] = {}
    if project.state not in SEALED_STATES:
        query = (
            select(BidMember.organisation_id)
            .join(Bid, Bid.id == BidMember.bid_id)
            .where(Bid.project_id == project.id, Bid.state.in_(HANDED_IN), BidMember.state.in_(STANDING))
        )
        leads = select(Bid.organisation_id).where(Bid.project_id == project.id, Bid.state.in_(HANDED_IN))
        found |= dict.fromkeys([*uow.session.scalars(query), *uow.session.scalars(leads)], BIDDER)
    if project.pairing_id is not None:
        both = (
            select(Need.organisation_id, Offer.organisation_id)
            .select_from(Pairing)
            .join(Need, Need.id == Pairing.need_id)
            .join(Offer, Offer.id == Pairing.offer_id)
            .where(Pairing.id == project.pairing_id)
        )
        found |= dict.fromkeys([one for row in uow.session.execute(both) for one in row], PARTNER)
    needs = [row.need_id for row in project.need_rows]
    owners = uow.session.scalars(select(Need.organisation_id).where(Need.id.in_(needs)))
    return found | dict.fromkeys(owners, OWNER) | {project.organisation_id: OFFICE}


def conflicts(uow: UnitOfWork, project: Project, experts: Iterable[Expert]) -> dict[int, list[Label]]:
    """Return every conflict of each expert with a project, by the expert's id; who has none is left out."""
    concerned = parties(uow, project)
    chosen = list(experts)
    own = {expert.id: {m.organisation_id for m in expert.person.memberships} for expert in chosen}
    names = _names(uow, concerned)
    # Offices fund and introduce everybody: what links somebody to them is no interest in a result.
    links = _links(uow, {one for one, role in concerned.items() if role is not OFFICE}, set().union(*own.values()))
    found: dict[int, list[Label]] = {}
    for expert in chosen:
        reasons = []
        for party, role in concerned.items():
            words = {"role": role, "name": names[party]}
            if party in own[expert.id]:
                reasons.append(SAME.format(**words))
                continue
            if party in expert.avoids:
                reasons.append(AVOIDS.format(**words))
            shown = {link for one in own[expert.id] for link in links.get((party, one), ())}
            reasons += [
                link.words.format(**words, number=link.number) for link in sorted(shown, key=lambda link: link.number)
            ]
        if reasons:
            found[expert.id] = reasons
    return found


def _names(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, str]:
    rows = uow.session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(list(ids))))
    return dict(rows.all())


def _links(uow: UnitOfWork, some: set[int], others: set[int]) -> dict[tuple[int, int], list[Link]]:
    """Return what linked an organisation of `some` with one of `others` in the last years, by (one, other)."""
    found: dict[tuple[int, int], list[Link]] = {}
    everything = [*_deals(uow, some, others), *_talks(uow, some, others), *_consortia(uow, some, others)]
    for one, other, link in everything:
        for pair in {(one, other), (other, one)}:
            if pair[0] in some and pair[1] in others:
                found.setdefault(pair, []).append(link)
    return found


def _deals(uow: UnitOfWork, some: set[int], others: set[int]) -> Iterable[tuple[int, int, Link]]:
    since = local_date(uow.clock()) - timedelta(days=365 * LINK_YEARS)
    deals = _DEALS.c
    query = select(deals.id, deals.buyer_id, deals.seller_id).where(
        deals.signed_on >= since,
        or_(
            and_(deals.buyer_id.in_(some), deals.seller_id.in_(others)),
            and_(deals.buyer_id.in_(others), deals.seller_id.in_(some)),
        ),
    )
    for deal_id, buyer, seller in uow.session.execute(query):
        yield buyer, seller, Link(DEAL, number_of("deal", deal_id))


def _talks(uow: UnitOfWork, some: set[int], others: set[int]) -> Iterable[tuple[int, int, Link]]:
    """Yield pairs that met or were introduced by agreement of both."""
    since = uow.clock() - timedelta(days=365 * LINK_YEARS)
    agreed = select(Introduction.pairing_id).where(
        Introduction.state == IntroductionState.AGREED, Introduction.opened_at >= since
    )
    query = (
        select(Pairing.id, Need.organisation_id, Offer.organisation_id)
        .join(Need, Need.id == Pairing.need_id)
        .join(Offer, Offer.id == Pairing.offer_id)
        .where(
            or_(and_(Pairing.state.in_(LINKED), Pairing.changed_at >= since), Pairing.id.in_(agreed)),
            or_(
                and_(Need.organisation_id.in_(some), Offer.organisation_id.in_(others)),
                and_(Need.organisation_id.in_(others), Offer.organisation_id.in_(some)),
            ),
        )
    )
    for pairing_id, asker, offerer in uow.session.execute(query):
        yield asker, offerer, Link(TALKS, f"#{pairing_id}")


def _consortia(uow: UnitOfWork, some: set[int], others: set[int]) -> Iterable[tuple[int, int, Link]]:
    """Yield members of one consortium, of bids that are no longer sealed."""
    since = uow.clock() - timedelta(days=365 * LINK_YEARS)
    query = (
        select(Bid.id, BidMember.organisation_id)
        .join(BidMember, BidMember.bid_id == Bid.id)
        .join(Project, Project.id == Bid.project_id)
        .where(
            Bid.created_at >= since,
            Bid.state.in_(HANDED_IN),
            Project.state.not_in(SEALED_STATES),
            BidMember.state.in_(STANDING),
            BidMember.organisation_id.in_(some | others),
        )
    )
    members: dict[int, set[int]] = {}
    for bid_id, organisation_id in uow.session.execute(query):
        members.setdefault(bid_id, set()).add(organisation_id)
    for bid_id, together in members.items():
        for one in together & some:
            for other in together & others - {one}:
                yield one, other, Link(CONSORTIUM, number_of("bid", bid_id))
