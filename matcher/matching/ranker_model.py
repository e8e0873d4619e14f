"""The table of learned rankers: every version is kept, at most one is in use."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, enum_column
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition


class RankerState(StrEnum):
    """Name where a version stands."""

    TRIED = "tried"
    ADOPTED = "adopted"
    REJECTED = "rejected"
    RETIRED = "retired"


class Ranker(Base):
    """Hold one version: its figures, its effects, and the model as text (JSON; nothing that could run)."""

    __tablename__ = "rankers"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[RankerState] = mapped_column(enum_column(RankerState), default=RankerState.TRIED, index=True)
    encoder: Mapped[str] = mapped_column(String(200))
    decisions: Mapped[int]
    compared_with: Mapped[int | None] = mapped_column(ForeignKey("rankers.id"))
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    effects: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    model: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


_S = RankerState
RANKER_LIFECYCLE = Lifecycle(
    "ranker",
    (
        Transition("adopt", (_S.TRIED, _S.REJECTED, _S.RETIRED), _S.ADOPTED),
        Transition("reject", (_S.TRIED,), _S.REJECTED),
        Transition("retire", (_S.ADOPTED,), _S.RETIRED),
    ),
    {
        _S.TRIED: Label("试算完成", "Tried"),
        _S.ADOPTED: Label("使用中", "In use"),
        _S.REJECTED: Label("未采用", "Not adopted"),
        _S.RETIRED: Label("已停用", "Retired"),
    },
)
