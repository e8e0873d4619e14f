"""The tables of matching."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, Float, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.core.db import Base, BigInt, enum_column
from matcher.needs.model import Need
from matcher.offers.model import Offer


class PairingState(StrEnum):
    """Name where a pairing stands."""

    SUGGESTED = "suggested"
    SHORTLISTED = "shortlisted"
    INTRODUCED = "introduced"
    INTERESTED = "interested"
    MEETING = "meeting"
    NEGOTIATING = "negotiating"
    CONTRACTED = "contracted"
    DECLINED = "declined"
    DEFERRED = "deferred"


class Verdict(StrEnum):
    """Name what a person said of a pairing."""

    ACCEPT = "accept"
    DECLINE = "decline"
    DEFER = "defer"
    REOPEN = "reopen"


class StoredRecord(Base):
    """The analysed and embedded form of one item: the truth from which every index is rebuilt.

    `sequence` grows with every write, so that each process knows what it has not applied yet. An item that left the
    index keeps its row, with `is_open` false: if it comes back with the same text nothing is computed again.
    """

    __tablename__ = "stored_records"
    __table_args__ = (UniqueConstraint("side", "item_id", "encoder"), Index(None, "encoder", "text_hash"))

    id: Mapped[int] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(String(5))
    item_id: Mapped[int]
    encoder: Mapped[str] = mapped_column(String(200))
    text_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    is_open: Mapped[bool] = mapped_column(default=True)
    sequence: Mapped[int] = mapped_column(BigInt, index=True)
    changed_at: Mapped[datetime]


class Lease(Base):
    """Let one process at a time do a job, and count what it wrote; a lease not renewed in time is free again."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80), default="")
    until: Mapped[datetime | None]
    counter: Mapped[int] = mapped_column(BigInt, default=0)


class ServedIndex(Base):
    """What is served: whose vectors, and the statistics of the whole collection that every score refers to.

    All processes take the newest generation, so that their scores agree; an older encoder is served until every open item
    has a record of the new one.
    """

    __tablename__ = "served_indexes"

    generation: Mapped[int] = mapped_column(primary_key=True)
    encoder: Mapped[str] = mapped_column(String(200))
    needs: Mapped[int]
    offers: Mapped[int]
    need_reference: Mapped[bytes] = mapped_column(LargeBinary)
    offer_reference: Mapped[bytes] = mapped_column(LargeBinary)
    built_at: Mapped[datetime]


class Pairing(Base):
    """One candidate need–offer pair with its scores and reasons; `explored` is not among the best, but shown to learn from."""

    __tablename__ = "pairings"
    __table_args__ = (UniqueConstraint("need_id", "offer_id"), Index(None, "state", "score"))

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), index=True)
    state: Mapped[PairingState] = mapped_column(enum_column(PairingState), default=PairingState.SUGGESTED)
    score: Mapped[float] = mapped_column(Float)
    scores: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    explanation: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    encoder: Mapped[str] = mapped_column(String(200), default="")
    best_of_need: Mapped[bool] = mapped_column(default=False)
    best_of_offer: Mapped[bool] = mapped_column(default=False)
    explored: Mapped[bool] = mapped_column(default=False, server_default=false())
    defer_until: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime]
    scored_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    need: Mapped[Need] = relationship(lazy="raise")
    offer: Mapped[Offer] = relationship(lazy="raise")
    decisions: Mapped[list["Decision"]] = relationship(order_by="Decision.id", lazy="raise")

    __mapper_args__ = {"version_id_col": version}


class Decision(Base):
    """What a person said of a pairing, with the reason; rows are only ever added.

    The scores at the time are kept: they are what the ranking later learns from.
    """

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairings.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict))
    reason: Mapped[str | None] = mapped_column(String(30))
    note: Mapped[str] = mapped_column(Text, default="")
    scores: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime]
