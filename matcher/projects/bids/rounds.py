"""Rounds: after a failed bidding a project may be relaunched, and who had bid may bid again from what they had written."""

from datetime import datetime

from sqlalchemy import select

from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects import files
from matcher.projects.bids import commitments
from matcher.projects.bids.fields import BID_FIELDS
from matcher.projects.bids.model import Bid, BidCommitment, BidMember, BidOffer
from matcher.projects.files_model import ProjectFile
from matcher.projects.lifecycle import BID_LIFECYCLE, MemberState
from matcher.projects.setup.model import Project


def renew(uow: UnitOfWork, actor: Actor, project: Project) -> None:
    """Leave the bids of a project to the round that failed: kept as they are, and no longer part of what is to come."""
    for bid in uow.session.scalars(select(Bid).where(Bid.project_id == project.id).order_by(Bid.id)).unique():
        if BID_LIFECYCLE.target(bid.state, "renew") is not None:
            BID_LIFECYCLE.apply(uow, actor, bid, "renew")
    uow.session.flush()


def former(uow: UnitOfWork, bid: Bid) -> list[Bid]:
    """Return the bids of the same lead in former rounds of the project, the latest first."""
    query = select(Bid).where(
        Bid.project_id == bid.project_id, Bid.organisation_id == bid.organisation_id, Bid.round < bid.round
    )
    return list(uow.session.scalars(query.order_by(Bid.round.desc())).unique())


def copied(uow: UnitOfWork, actor: Actor, old: Bid, project: Project, now: datetime) -> Bid:
    """Return a draft for the present round with all that an older bid said; its partners are to be asked anew.

    Declarations are not carried over: they are made for one round.
    """
    bid = Bid(
        project_id=project.id, organisation_id=old.organisation_id, round=old.round + 1, created_by=actor.person_id,
        created_at=now, changed_at=now,
        members=[_member(one, actor, now) for one in old.members if one.state is MemberState.AGREED],
        commitments=_commitments(old, project),
    )  # fmt: skip
    for field in BID_FIELDS:
        if field.name != "declared":
            setattr(bid, field.name, getattr(old, field.name))
    uow.session.add(bid)
    uow.session.flush()
    offers = uow.session.scalars(select(BidOffer.offer_id).where(BidOffer.bid_id == old.id))
    uow.session.add_all(BidOffer(bid_id=bid.id, offer_id=one) for one in list(offers))
    uow.session.add_all(
        ProjectFile(
            entity="bid", entity_id=bid.id, person_id=one.person_id, name=one.name, size=one.size,
            content_hash=one.content_hash, at=one.at,
        )
        for one in files.of(uow, "bid", old.id)
    )  # fmt: skip
    uow.session.flush()
    return bid


def _member(old: BidMember, actor: Actor, now: datetime) -> BidMember:
    made = BidMember(
        organisation_id=old.organisation_id, is_lead=old.is_lead, task=old.task, share=old.share, invited_at=now,
        state=MemberState.AGREED if old.is_lead else MemberState.INVITED,
    )  # fmt: skip
    if old.is_lead:
        made.answered_at, made.answered_by = now, actor.person_id
    return made


def _commitments(old: Bid, project: Project) -> list[BidCommitment]:
    """Return a commitment for each indicator of the project as it is now: the old one where it asks for the same quantity."""
    known = {(one.name, one.comparator, one.unit): one for one in old.commitments}
    made = commitments.prefilled(project)
    for one in made:
        before = known.get((one.name, one.comparator, one.unit))
        if before is not None:
            one.value, one.value_high, one.text = before.value, before.value_high, before.text
    return made
