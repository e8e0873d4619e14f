"""The wish to do something later is a row written in the same transaction as the change that causes it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, BigInt, enum_column
from matcher.core.unit_of_work import UnitOfWork


class Topic(StrEnum):
    """Name what is to be done with the item of an outbox row."""

    INDEX = "index"
    MATCH = "match"
    GROUP = "group"
    TRAIN = "train"


class OutboxRow(Base):
    """Hold one wish; it is deleted in the transaction that fulfils it."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "topic", "id"),)

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    topic: Mapped[Topic] = mapped_column(enum_column(Topic))
    entity: Mapped[str] = mapped_column(String(20))
    entity_id: Mapped[int]
    created_at: Mapped[datetime]


def put(uow: UnitOfWork, topic: Topic, entity: str, entity_id: int) -> None:
    """Write a wish in the running transaction; the worker is woken after the commit."""
    uow.has_wishes = True
    uow.session.add(OutboxRow(topic=topic, entity=entity, entity_id=entity_id, created_at=uow.clock()))
