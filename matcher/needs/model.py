"""The tables of needs."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.accounts.model import Organisation
from matcher.core.db import Base, enum_column
from matcher.core.indicator_columns import IndicatorColumns
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition
from matcher.core.numbers import number_of


class NeedState(StrEnum):
    """Name where a need stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"
    MATCHED = "matched"
    SOLVED = "solved"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


OPEN_STATES = (NeedState.PUBLISHED, NeedState.MATCHED)
PUBLIC_STATES = (NeedState.PUBLISHED, NeedState.MATCHED, NeedState.SOLVED)

_S = NeedState
NEED_LIFECYCLE = Lifecycle(
    "need",
    (
        Transition("submit", (_S.DRAFT, _S.RETURNED), _S.SUBMITTED),
        Transition("return", (_S.SUBMITTED,), _S.RETURNED),
        Transition("publish", (_S.SUBMITTED,), _S.PUBLISHED),
        Transition("match", (_S.PUBLISHED,), _S.MATCHED),
        Transition("unmatch", (_S.MATCHED,), _S.PUBLISHED),
        Transition("solve", (_S.PUBLISHED, _S.MATCHED), _S.SOLVED),
        Transition("expire", (_S.PUBLISHED, _S.MATCHED), _S.EXPIRED),
        Transition("withdraw", (_S.DRAFT, _S.SUBMITTED, _S.RETURNED, _S.PUBLISHED, _S.MATCHED), _S.WITHDRAWN),
        Transition("renew", (_S.EXPIRED, _S.WITHDRAWN), _S.SUBMITTED),
    ),
    {
        _S.DRAFT: Label("草稿", "Draft"),
        _S.SUBMITTED: Label("待审核", "Submitted"),
        _S.RETURNED: Label("退回修改", "Returned"),
        _S.PUBLISHED: Label("已发布", "Published"),
        _S.MATCHED: Label("对接中", "Matched"),
        _S.SOLVED: Label("已解决", "Solved"),
        _S.EXPIRED: Label("已过期", "Expired"),
        _S.WITHDRAWN: Label("已撤回", "Withdrawn"),
    },
)


class Need(Base):
    """One technology need."""

    __tablename__ = "needs"
    __table_args__ = (
        UniqueConstraint("organisation_id", "ref"),
        Index(None, "state", "published_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    ref: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[NeedState] = mapped_column(enum_column(NeedState), default=NeedState.DRAFT)
    title: Mapped[str] = mapped_column(String(80), default="")
    source: Mapped[str] = mapped_column(String(20), default="enterprise")
    industry: Mapped[str | None] = mapped_column(String(3), index=True)
    emerging: Mapped[list[str]] = mapped_column(JSON, default=list)
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    background: Mapped[str] = mapped_column(Text, default="")
    difficulties: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[str] = mapped_column(Text, default="")
    foundation: Mapped[str] = mapped_column(Text, default="")
    expected_trl: Mapped[str | None] = mapped_column(String(1))
    short_cooperation: Mapped[list[str]] = mapped_column(JSON, default=list)
    long_cooperation: Mapped[list[str]] = mapped_column(JSON, default=list)
    preferred_partners: Mapped[str] = mapped_column(String(200), default="")
    budget: Mapped[Decimal | None]
    payment: Mapped[str] = mapped_column(String(200), default="")
    deadline: Mapped[date | None] = mapped_column(Date)
    ip_ownership: Mapped[str | None] = mapped_column(String(20))
    disclosure: Mapped[str] = mapped_column(String(20), default="open")
    targets: Mapped[list[str]] = mapped_column(JSON, default=list)
    valid_until: Mapped[date | None] = mapped_column(Date)
    return_note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    field_rows: Mapped[list["NeedField"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="NeedField.position"
    )
    indicator_rows: Mapped[list["NeedIndicator"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="NeedIndicator.position"
    )
    versions: Mapped[list["NeedVersion"]] = relationship(cascade="all, delete-orphan", order_by="NeedVersion.number")

    __mapper_args__ = {"version_id_col": version}

    @property
    def tech_fields(self) -> list[str]:
        """Return the codes of the technology fields."""
        return [row.code for row in self.field_rows]

    @property
    def number(self) -> str:
        """Return the number that staff and owners use in talk and letters."""
        return number_of("need", self.id)


class NeedField(Base):
    """One technology field of a need, a row so that lists can filter and count by it."""

    __tablename__ = "need_fields"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class NeedIndicator(IndicatorColumns, Base):
    """One indicator that a need demands."""

    __tablename__ = "need_indicators"

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), index=True)


class NeedVersion(Base):
    """What a need said after each change: the list is dynamic, and nothing said before is lost."""

    __tablename__ = "need_versions"
    __table_args__ = (UniqueConstraint("need_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    number: Mapped[int]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_by: Mapped[int | None]
    changed_at: Mapped[datetime]


class NeedDisclosure(Base):
    """To which organisation a need that is not open was disclosed, because both sides agreed to an introduction."""

    __tablename__ = "need_disclosures"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True, index=True)
    disclosed_at: Mapped[datetime]
