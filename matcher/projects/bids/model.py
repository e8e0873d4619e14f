"""The tables of bids and consortia."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.accounts.model import Organisation
from matcher.core.db import Base, enum_column
from matcher.core.indicator_columns import IndicatorColumns
from matcher.core.numbers import number_of
from matcher.projects.lifecycle import BidState, MemberState


class Bid(Base):
    """A consortium's answer to a published project; one a lead organisation, project and round (a relaunch begins a new one).

    `budget` holds rows of item and amount (yuan, as text); `milestones` rows of title, month after the start,
    deliverable and share in per cent.
    """

    __tablename__ = "bids"
    __table_args__ = (UniqueConstraint("project_id", "organisation_id", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)  # the lead
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[BidState] = mapped_column(enum_column(BidState), default=BidState.DRAFT)
    leader: Mapped[str] = mapped_column(String(60), default="")  # 揭榜人
    leader_title: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    approach: Mapped[str] = mapped_column(Text, default="")
    reasons: Mapped[str] = mapped_column(Text, default="")  # why it works
    plan: Mapped[str] = mapped_column(Text, default="")
    strengths: Mapped[str] = mapped_column(Text, default="")
    trl: Mapped[str | None] = mapped_column(String(1))
    tech_fields: Mapped[list[str]] = mapped_column(JSON, default=list)
    references: Mapped[list[str]] = mapped_column(JSON, default=list)
    price: Mapped[Decimal | None]
    own_funds: Mapped[Decimal | None]
    months: Mapped[int | None]
    budget: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    milestones: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    declared: Mapped[list[str]] = mapped_column(JSON, default=list)
    submitted_at: Mapped[datetime | None]  # when it arrived, by the server's clock
    code: Mapped[str] = mapped_column(String(20), default="")  # what blind experts read in place of names
    score: Mapped[float | None] = mapped_column(Float)
    place: Mapped[int | None]
    verdict_note: Mapped[str] = mapped_column(Text, default="")  # why not admitted or not chosen
    is_winner: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    members: Mapped[list["BidMember"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="BidMember.id"
    )
    commitments: Mapped[list["BidCommitment"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="BidCommitment.position"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """Return the number that everyone uses in talk and letters."""
        return number_of("bid", self.id)


class BidMember(Base):
    """A partner of a consortium; the lead is the bid's own organisation and has a row too. `share` is in per cent of the money."""

    __tablename__ = "bid_members"
    __table_args__ = (UniqueConstraint("bid_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bid_id: Mapped[int] = mapped_column(ForeignKey("bids.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    state: Mapped[MemberState] = mapped_column(enum_column(MemberState), default=MemberState.INVITED)
    is_lead: Mapped[bool] = mapped_column(default=False)
    task: Mapped[str] = mapped_column(String(200), default="")
    share: Mapped[int] = mapped_column(default=0)
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    organisation: Mapped[Organisation] = relationship(lazy="joined")


class BidCommitment(IndicatorColumns, Base):
    """What a bid commits to for one indicator of the project; `text` says how it will be shown."""

    __tablename__ = "bid_commitments"

    id: Mapped[int] = mapped_column(primary_key=True)
    bid_id: Mapped[int] = mapped_column(ForeignKey("bids.id", ondelete="CASCADE"), index=True)
    indicator_id: Mapped[int | None] = mapped_column(ForeignKey("project_indicators.id", ondelete="SET NULL"))


class BidOffer(Base):
    """A result on the platform that a bid builds on."""

    __tablename__ = "bid_offers"

    bid_id: Mapped[int] = mapped_column(ForeignKey("bids.id", ondelete="CASCADE"), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True, index=True)
