"""Who did or looked at what, and when; rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, BigInt
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork


class AuditRow(Base):
    """Record one action on one thing; `person_id` is empty for the system and for visitors."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "entity", "entity_id"),)

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(60))
    entity: Mapped[str] = mapped_column(String(30))
    entity_id: Mapped[int | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


def record(uow: UnitOfWork, actor: Actor, action: str, entity: str, entity_id: int | None, **detail: Any) -> None:
    """Write an audit row in the running transaction."""
    uow.session.add(
        AuditRow(
            at=uow.clock(), person_id=actor.person_id, action=action, entity=entity, entity_id=entity_id, detail=detail
        )
    )
