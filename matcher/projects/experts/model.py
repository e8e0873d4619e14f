"""The tables of experts, of the panels they sit on, and of their score sheets."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.accounts.model import Person
from matcher.core.db import Base, enum_column
from matcher.projects.lifecycle import SeatState


class Stage(StrEnum):
    """Name what a panel judges."""

    ARGUMENT = "argument"  # is the project worth setting up
    EVALUATION = "evaluation"  # which bids
    GATE = "gate"  # which teams of a race go on
    ACCEPTANCE = "acceptance"  # was the work done


class Expert(Base):
    """An expert of the register: a person with a profile. `avoids` holds organisations they must not judge."""

    __tablename__ = "experts"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    title: Mapped[str] = mapped_column(String(60), default="")
    tech_fields: Mapped[list[str]] = mapped_column(JSON, default=list)
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    profile: Mapped[str] = mapped_column(Text, default="")
    avoids: Mapped[list[int]] = mapped_column(JSON, default=list)
    most_panels: Mapped[int] = mapped_column(default=5)  # open panels at a time
    is_active: Mapped[bool] = mapped_column(default=True)
    seed_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    person: Mapped[Person] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}


class ExpertVector(Base):
    """What the encoder makes of an expert's profile; computed anew when the text or the encoder changes."""

    __tablename__ = "expert_vectors"

    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id", ondelete="CASCADE"), primary_key=True)
    encoder: Mapped[str] = mapped_column(String(120), primary_key=True)
    text_hash: Mapped[str] = mapped_column(String(64))
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class Panel(Base):
    """Experts who judge one thing of a project. `criteria` holds rows of name, English name and weight; scores are 0 to 100.

    `is_former`: of a round of bidding that failed; kept with its marks, and judging nothing of the round that follows.
    """

    __tablename__ = "panels"
    __table_args__ = (Index(None, "project_id", "stage"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    stage: Mapped[Stage] = mapped_column(enum_column(Stage))
    gate_id: Mapped[int | None] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"), index=True)
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    is_blind: Mapped[bool] = mapped_column(default=False)
    least: Mapped[int] = mapped_column(default=3)  # complete sheets that a decision needs
    is_former: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Seat(Base):
    """An expert's place on a panel."""

    __tablename__ = "panel_seats"
    __table_args__ = (UniqueConstraint("panel_id", "expert_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    panel_id: Mapped[int] = mapped_column(ForeignKey("panels.id", ondelete="CASCADE"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"), index=True)
    state: Mapped[SeatState] = mapped_column(enum_column(SeatState), default=SeatState.INVITED)
    note: Mapped[str] = mapped_column(Text, default="")  # why declined or recused
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class ScoreSheet(Base):
    """What one expert says of one bid, or of the project itself where there is no bid. `scores` is by criterion, 0 to 100."""

    __tablename__ = "score_sheets"
    __table_args__ = (UniqueConstraint("seat_id", "bid_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("panel_seats.id", ondelete="CASCADE"))
    bid_id: Mapped[int | None] = mapped_column(ForeignKey("bids.id", ondelete="CASCADE"), index=True)
    scores: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    verdict: Mapped[str] = mapped_column(String(20), default="")  # yes, with_changes, no
    comment: Mapped[str] = mapped_column(Text, default="")
    submitted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
