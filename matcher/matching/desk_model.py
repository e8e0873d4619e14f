"""The tables of the desk's teamwork: who has a pairing open, whose it is, and which ones the machine leaves alone."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base


class Claim(Base):
    """Say who has a pairing open for review, and until when others pass it over."""

    __tablename__ = "claims"

    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairings.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]


class Assignment(Base):
    """Say which broker looks after a pairing, or after all pairings of a need that have no broker of their own."""

    __tablename__ = "assignments"
    __table_args__ = (CheckConstraint("(pairing_id IS NULL) <> (need_id IS NULL)", name="one_thing"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pairing_id: Mapped[int | None] = mapped_column(ForeignKey("pairings.id", ondelete="CASCADE"), unique=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]


class KeptPairing(Base):
    """Mark a pairing on which a person has worked: matching never takes it back. `made_by_id` paired the two by hand."""

    __tablename__ = "kept_pairings"

    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairings.id", ondelete="CASCADE"), primary_key=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
