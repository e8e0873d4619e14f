"""The tables of the desk."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base


class Note(Base):
    """Hold what somebody wrote about a pairing: for the desk only, or for both sides too. A removed one is not shown."""

    __tablename__ = "pairing_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairings.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    text: Mapped[str] = mapped_column(Text)
    for_sides: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class PairingFile(Base):
    """Describe a file that belongs to a pairing; its bytes lie in the data folder under their SHA-256."""

    __tablename__ = "pairing_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairings.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(160))
    size: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    for_sides: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Task(Base):
    """Hold something that a broker has to do by a day, for a pairing, for a need, or by itself."""

    __tablename__ = "tasks"
    __table_args__ = (Index(None, "person_id", "done_at", "due"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    due: Mapped[date] = mapped_column(Date)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    pairing_id: Mapped[int | None] = mapped_column(ForeignKey("pairings.id"), index=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("needs.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class SavedFilter(Base):
    """Keep a filter of the queue under a name, for one person."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Visit(Base):
    """Remember when a broker was last at the desk: `before` is the end of the visit before the present one."""

    __tablename__ = "desk_visits"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    before: Mapped[datetime | None]
    seen_at: Mapped[datetime]
