"""The tables of messages: the inbox, what is to be delivered outside, and who wants what how often."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, BigInt, enum_column
from matcher.messages.kinds import MessageKind, Rhythm


class DeliveryState(StrEnum):
    """Name where a delivery stands; `matcher.messages.post` says how it moves."""

    PENDING = "pending"
    CLAIMED = "claimed"  # a worker has it, nothing has left the house
    HANDED = "handed"  # it is being handed over: from here on it is never sent again by itself
    SENT = "sent"
    UNCLEAR = "unclear"  # the worker died, or the line broke, while it was handed over
    FAILED = "failed"


class Channel(StrEnum):
    """Name how a delivery leaves the house."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Delivery(Base):
    """One mail or webhook call, written in the transaction of what it tells; the worker sends it.

    `{site}` in `body` stands for the address of the platform. `uid` is the Message-ID: the same at every try.
    """

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "state", "due_at"),)

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    key: Mapped[str] = mapped_column(String(160), unique=True)
    uid: Mapped[str] = mapped_column(String(120), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    kinds: Mapped[list[str]] = mapped_column(JSON, default=list)
    language: Mapped[str] = mapped_column(String(5))
    address: Mapped[str] = mapped_column(String(254), default="")
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[DeliveryState] = mapped_column(enum_column(DeliveryState), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")


class Message(Base):
    """One message in a person's inbox, in both languages; `key` makes sure that nobody is told the same thing twice.

    `rhythm` says how it is mailed; `delivery_id` is the mail that carried it.
    """

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("person_id", "key"), Index(None, "person_id", "read_at"))

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    kind: Mapped[MessageKind] = mapped_column(enum_column(MessageKind))
    key: Mapped[str] = mapped_column(String(120))
    title_zh: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    body_zh: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(300), default="")
    rhythm: Mapped[Rhythm] = mapped_column(enum_column(Rhythm), index=True)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"), index=True)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class MessagePreference(Base):
    """What a person chose for one kind of messages; without a row the kind's own rhythm holds."""

    __tablename__ = "message_preferences"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[MessageKind] = mapped_column(enum_column(MessageKind), primary_key=True)
    rhythm: Mapped[Rhythm] = mapped_column(enum_column(Rhythm))
