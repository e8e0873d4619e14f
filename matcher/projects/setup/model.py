"""The tables of projects, of the lists (榜单) they are published on, and of public notices."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.accounts.model import Organisation
from matcher.core.db import Base, enum_column
from matcher.core.indicator_columns import IndicatorColumns
from matcher.core.numbers import number_of
from matcher.projects.lifecycle import Mode, ObjectionState, ProjectState


class Call(Base):
    """A list (榜单): projects published together under the local rules of one office.

    `rules` holds the answers to `setup.rules.RULE_FIELDS`; dates are moments, to the second.
    """

    __tablename__ = "calls"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(20), default="government")
    title: Mapped[str] = mapped_column(String(120))
    intro: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(String(200), default="")
    rules: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    seed_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """Return the number that staff use in talk and letters."""
        return number_of("call", self.id)


class Project(Base):
    """A project (立项课题): one need, a common problem or a scenario opportunity that the office set up."""

    __tablename__ = "projects"
    __table_args__ = (Index(None, "state", "published_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)  # the office in charge
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    state: Mapped[ProjectState] = mapped_column(enum_column(ProjectState), default=ProjectState.DRAFT)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id"), index=True)
    pairing_id: Mapped[int | None] = mapped_column(ForeignKey("pairings.id", ondelete="SET NULL"), unique=True)
    title: Mapped[str] = mapped_column(String(80))
    background: Mapped[str] = mapped_column(Text, default="")
    goals: Mapped[str] = mapped_column(Text, default="")
    conditions: Mapped[str] = mapped_column(Text, default="")
    tech_fields: Mapped[list[str]] = mapped_column(JSON, default=list)
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    region: Mapped[str | None] = mapped_column(String(6))
    months: Mapped[int | None]
    ip_ownership: Mapped[str | None] = mapped_column(String(20))
    enterprise_funds: Mapped[Decimal | None]
    government_funds: Mapped[Decimal | None]
    solver_funds: Mapped[Decimal | None]  # part of the government's funds that goes to the solving team
    teams: Mapped[int] = mapped_column(default=1)  # how many are awarded in parallel; more than one in a race
    declared: Mapped[list[str]] = mapped_column(JSON, default=list)  # what the need's owner declared, by rule
    demand_index: Mapped[float | None] = mapped_column(Float)  # as it was when the set-up was decided
    demand_parts: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    demand_reason: Mapped[str] = mapped_column(Text, default="")  # why it was decided against the index
    published_at: Mapped[datetime | None]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(Text, default="")  # what everyone reads at the end
    seed_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    call: Mapped[Call | None] = relationship(lazy="joined")
    indicator_rows: Mapped[list["ProjectIndicator"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ProjectIndicator.position"
    )
    need_rows: Mapped[list["ProjectNeed"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """Return the number that everyone uses in talk and letters."""
        return number_of("project", self.id)

    @property
    def total_funds(self) -> Decimal:
        """Return the money of both sides, in yuan."""
        return (self.enterprise_funds or Decimal(0)) + (self.government_funds or Decimal(0))


class ProjectNeed(Base):
    """A need that a project answers; its owner may not lead a bid where the list says so."""

    __tablename__ = "project_needs"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True, index=True)


class ProjectIndicator(IndicatorColumns, Base):
    """One indicator by which a project is accepted (考核指标)."""

    __tablename__ = "project_indicators"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)


class Notice(Base):
    """A public notice (公示) of a project: its set-up, or whom the office proposes to award. `content` is what it said."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # setup, award
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # set when the office decided on it, or took it back
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Objection(Base):
    """An objection (异议) to a public notice; who raised it is known to the office only.

    `sender` stands for the client's address, as a keyed hash and for an hour, so that floods can be refused.
    """

    __tablename__ = "objections"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), index=True)
    state: Mapped[ObjectionState] = mapped_column(enum_column(ObjectionState), default=ObjectionState.OPEN)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(60))
    organisation: Mapped[str] = mapped_column(String(120), default="")
    contact: Mapped[str] = mapped_column(String(120))
    sender: Mapped[str] = mapped_column(String(64), default="", index=True)
    text: Mapped[str] = mapped_column(Text)
    filed_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
