"""Files of projects: of bids, milestones, gates and acceptance, all in one table."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base


class ProjectFile(Base):
    """A file that belongs to one thing of a project: `entity` and `entity_id` say which (bid, report, gate_entry, …)."""

    __tablename__ = "project_files"
    __table_args__ = (Index(None, "entity", "entity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(20))
    entity_id: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(160))
    size: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
