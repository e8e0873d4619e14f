"""The tables of what follows an award: task books, milestones, reports, changes, gates, payments, acceptance."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Date, Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, enum_column
from matcher.core.indicator_columns import IndicatorColumns
from matcher.core.numbers import number_of
from matcher.projects.delivery.lifecycle import ChangeState, GateState, MilestoneState, PaymentState, TaskBookState


class TaskBook(Base):
    """The task book (任务书) of one awarded bid. The two amounts are what the contract pays; payments add up to them always.

    `content` is the text as it was offered for signature: what was signed never changes with the project.
    """

    __tablename__ = "task_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    bid_id: Mapped[int] = mapped_column(ForeignKey("bids.id"), unique=True)
    state: Mapped[TaskBookState] = mapped_column(enum_column(TaskBookState), default=TaskBookState.DRAFT)
    government_amount: Mapped[Decimal]
    enterprise_amount: Mapped[Decimal]
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    office_signed_at: Mapped[datetime | None]
    office_signed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    lead_signed_at: Mapped[datetime | None]
    lead_signed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    owner_signed_at: Mapped[datetime | None]  # the owner of the need
    owner_signed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """Return the number that everyone uses in talk and letters."""
        return number_of("task_book", self.id)

    @property
    def amount(self) -> Decimal:
        """Return the whole amount in yuan."""
        return self.government_amount + self.enterprise_amount


class Milestone(Base):
    """A milestone of a task book."""

    __tablename__ = "milestones"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_book_id: Mapped[int] = mapped_column(ForeignKey("task_books.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    state: Mapped[MilestoneState] = mapped_column(enum_column(MilestoneState), default=MilestoneState.PLANNED)
    title: Mapped[str] = mapped_column(String(120))
    due_on: Mapped[date] = mapped_column(Date, index=True)
    deliverable: Mapped[str] = mapped_column(Text, default="")
    report: Mapped[str] = mapped_column(Text, default="")
    reported_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Gate(Base):
    """A gate (考核节点) of a race: all teams that are still in it are reviewed on one day. `share` is in per cent of each contract."""

    __tablename__ = "gates"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    state: Mapped[GateState] = mapped_column(enum_column(GateState), default=GateState.PLANNED)
    title: Mapped[str] = mapped_column(String(120))
    due_on: Mapped[date] = mapped_column(Date)
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    evidence: Mapped[str] = mapped_column(Text, default="")  # what the teams must show
    share: Mapped[int] = mapped_column(default=0)
    survivors: Mapped[int | None]  # how many may go on at most
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class GateEntry(Base):
    """One team at one gate: what it showed, and what was decided (pass, eliminate, merge).

    `reported` holds what the team says it reached: rows of an indicator with the place of its demand in the task book.
    """

    __tablename__ = "gate_entries"
    __table_args__ = (UniqueConstraint("gate_id", "bid_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gate_id: Mapped[int] = mapped_column(ForeignKey("gates.id", ondelete="CASCADE"))
    bid_id: Mapped[int] = mapped_column(ForeignKey("bids.id"), index=True)
    evidence: Mapped[str] = mapped_column(Text, default="")
    handed_in_at: Mapped[datetime | None]
    reported: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    score: Mapped[float | None] = mapped_column(Float)
    outcome: Mapped[str] = mapped_column(String(20), default="")
    into_bid_id: Mapped[int | None] = mapped_column(ForeignKey("bids.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Payment(Base):
    """A payment of a task book: planned, released by what it hangs on (signing, milestone, gate, acceptance), paid.

    `source` is government or enterprise. Money that a team loses at a gate is moved: the payment is cancelled, and a new one of
    the same amount stands in another task book, or nowhere when it is saved; the task book's amount moves with it.
    """

    __tablename__ = "payments"
    __table_args__ = (Index(None, "state", "planned_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_book_id: Mapped[int] = mapped_column(ForeignKey("task_books.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    state: Mapped[PaymentState] = mapped_column(enum_column(PaymentState), default=PaymentState.PLANNED)
    source: Mapped[str] = mapped_column(String(20))
    occasion: Mapped[str] = mapped_column(String(20))  # signing, milestone, gate, acceptance
    milestone_id: Mapped[int | None] = mapped_column(ForeignKey("milestones.id"), index=True)
    gate_id: Mapped[int | None] = mapped_column(ForeignKey("gates.id"), index=True)
    amount: Mapped[Decimal]
    planned_on: Mapped[date | None] = mapped_column(Date)
    paid_on: Mapped[date | None] = mapped_column(Date)
    reference: Mapped[str] = mapped_column(String(80), default="")  # number of the bank's receipt
    note: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Report(Base):
    """A progress, financial or final report of a team."""

    __tablename__ = "project_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_book_id: Mapped[int] = mapped_column(ForeignKey("task_books.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    spent: Mapped[Decimal | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]


class ChangeRequest(Base):
    """A change that a team asks for (schedule, budget, team, indicator); `wanted` holds the new values that approval puts into force."""

    __tablename__ = "change_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_book_id: Mapped[int] = mapped_column(ForeignKey("task_books.id", ondelete="CASCADE"), index=True)
    state: Mapped[ChangeState] = mapped_column(enum_column(ChangeState), default=ChangeState.ASKED)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Acceptance(Base):
    """The acceptance (验收) of one task book: what was measured, what the office decided."""

    __tablename__ = "acceptances"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_book_id: Mapped[int] = mapped_column(ForeignKey("task_books.id", ondelete="CASCADE"), unique=True)
    summary: Mapped[str] = mapped_column(Text, default="")
    applied_at: Mapped[datetime]
    applied_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    verdict: Mapped[str] = mapped_column(String(20), default="")  # passed, failed, rework
    grade: Mapped[str] = mapped_column(String(20), default="")
    comment: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class MeasuredValue(IndicatorColumns, Base):
    """What was measured for one indicator at acceptance; `text` says by whom and how."""

    __tablename__ = "measured_values"

    id: Mapped[int] = mapped_column(primary_key=True)
    acceptance_id: Mapped[int] = mapped_column(ForeignKey("acceptances.id", ondelete="CASCADE"), index=True)
    indicator_id: Mapped[int | None] = mapped_column(ForeignKey("project_indicators.id", ondelete="SET NULL"))


class ProjectOffer(Base):
    """A result that a project produced, listed as an offer like any other."""

    __tablename__ = "project_offers"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True, index=True)
    bid_id: Mapped[int | None] = mapped_column(ForeignKey("bids.id"))
