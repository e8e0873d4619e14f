"""The tables of balanced portfolios: a run with its parameters, and what it proposed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, enum_column
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition


class RunState(StrEnum):
    """Name where a run stands."""

    PROPOSED = "proposed"
    DEPLOYED = "deployed"
    UNDONE = "undone"
    DISCARDED = "discarded"


_S = RunState
RUN_LIFECYCLE = Lifecycle(
    "portfolio",
    (
        Transition("deploy", (_S.PROPOSED,), _S.DEPLOYED),
        Transition("discard", (_S.PROPOSED,), _S.DISCARDED),
        Transition("undo", (_S.DEPLOYED,), _S.UNDONE),
    ),
    {
        _S.PROPOSED: Label("待确认", "To be looked at"),
        _S.DEPLOYED: Label("已生效", "In force"),
        _S.UNDONE: Label("已撤销", "Undone"),
        _S.DISCARDED: Label("已放弃", "Discarded"),
    },
)


class PortfolioRun(Base):
    """One assignment of offers to a batch of needs; `reasons` says for each need what kept it from more."""

    __tablename__ = "portfolio_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[RunState] = mapped_column(enum_column(RunState), default=RunState.PROPOSED)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reasons: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class PortfolioItem(Base):
    """One pairing that a run chose, with the broker who is to look after it."""

    __tablename__ = "portfolio_items"
    __table_args__ = (UniqueConstraint("run_id", "pairing_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("portfolio_runs.id", ondelete="CASCADE"))
    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairings.id", ondelete="CASCADE"), index=True)
    broker_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    value: Mapped[float] = mapped_column(Float)
    deployed: Mapped[bool] = mapped_column(default=False)
