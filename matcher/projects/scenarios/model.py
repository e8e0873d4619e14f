"""The tables of scenario opportunities and trials, and the lifecycle of a trial."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, enum_column
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition


class TrialState(StrEnum):
    """Name where a trial in a scenario stands."""

    DRAFT = "draft"
    APPLIED = "applied"
    REFUSED = "refused"
    ADMITTED = "admitted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ADOPTED = "adopted"
    WITHDRAWN = "withdrawn"


_T = TrialState
TRIAL_LIFECYCLE = Lifecycle(
    "trial",
    (
        Transition("apply", (_T.DRAFT, _T.WITHDRAWN), _T.APPLIED),
        Transition("admit", (_T.APPLIED,), _T.ADMITTED),
        Transition("refuse", (_T.APPLIED,), _T.REFUSED),
        Transition("start", (_T.ADMITTED,), _T.RUNNING),
        Transition("succeed", (_T.RUNNING,), _T.SUCCEEDED),
        Transition("fail", (_T.RUNNING,), _T.FAILED),
        Transition("adopt", (_T.SUCCEEDED,), _T.ADOPTED),
        Transition("withdraw", (_T.DRAFT, _T.APPLIED, _T.ADMITTED, _T.RUNNING), _T.WITHDRAWN),
    ),
    {
        _T.DRAFT: Label("填写中", "Draft"),
        _T.APPLIED: Label("已申请", "Applied"),
        _T.REFUSED: Label("未入选", "Refused"),
        _T.ADMITTED: Label("已入选", "Admitted"),
        _T.RUNNING: Label("试验中", "Under trial"),
        _T.SUCCEEDED: Label("试验通过", "Trial passed"),
        _T.FAILED: Label("试验未通过", "Trial failed"),
        _T.ADOPTED: Label("已推广应用", "Adopted"),
        _T.WITHDRAWN: Label("已撤回", "Withdrawn"),
    },
)


class Scenario(Base):
    """What a need of the source “scenario” offers to those who try: place, data, conditions. One row a need."""

    __tablename__ = "scenarios"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True)
    tryable: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(200), default="")
    data_offered: Mapped[str] = mapped_column(Text, default="")
    conditions: Mapped[str] = mapped_column(Text, default="")
    support: Mapped[str] = mapped_column(Text, default="")
    apply_until: Mapped[date | None] = mapped_column(Date)
    most_trials: Mapped[int | None]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Trial(Base):
    """A team's trial in a scenario."""

    __tablename__ = "trials"
    __table_args__ = (UniqueConstraint("need_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offers.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[TrialState] = mapped_column(enum_column(TrialState), default=TrialState.DRAFT)
    plan: Mapped[str] = mapped_column(Text, default="")
    asks: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class TrialEntry(Base):
    """One line of a trial's diary."""

    __tablename__ = "trial_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
