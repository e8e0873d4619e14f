"""The tables of offers."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.accounts.model import Organisation
from matcher.core.db import Base, enum_column
from matcher.core.indicator_columns import IndicatorColumns
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition
from matcher.core.numbers import number_of
from matcher.core.rows import IpRow


class OfferState(StrEnum):
    """Name where an offer stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


OPEN_STATES = (OfferState.PUBLISHED,)
PUBLIC_STATES = OPEN_STATES

_S = OfferState
OFFER_LIFECYCLE = Lifecycle(
    "offer",
    (
        Transition("submit", (_S.DRAFT, _S.RETURNED), _S.SUBMITTED),
        Transition("return", (_S.SUBMITTED,), _S.RETURNED),
        Transition("publish", (_S.SUBMITTED,), _S.PUBLISHED),
        Transition("withdraw", (_S.DRAFT, _S.SUBMITTED, _S.RETURNED, _S.PUBLISHED), _S.WITHDRAWN),
        Transition("renew", (_S.WITHDRAWN,), _S.SUBMITTED),
    ),
    {
        _S.DRAFT: Label("草稿", "Draft"),
        _S.SUBMITTED: Label("待审核", "Submitted"),
        _S.RETURNED: Label("退回修改", "Returned"),
        _S.PUBLISHED: Label("已发布", "Published"),
        _S.WITHDRAWN: Label("已撤回", "Withdrawn"),
    },
)


class Offer(Base):
    """Anything on the supply side; `kind` says what."""

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("organisation_id", "ref"),
        Index(None, "state", "published_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    ref: Mapped[str | None] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20), default="result", index=True)
    state: Mapped[OfferState] = mapped_column(enum_column(OfferState), default=OfferState.DRAFT)
    title: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(2), default="zh")
    year: Mapped[int | None]
    team: Mapped[str] = mapped_column(String(200), default="")
    keywords: Mapped[list[str]] = mapped_column(JSON, default=list)
    industries: Mapped[list[str]] = mapped_column(JSON, default=list)
    emerging: Mapped[list[str]] = mapped_column(JSON, default=list)
    ipc: Mapped[list[str]] = mapped_column(JSON, default=list)
    summary: Mapped[str] = mapped_column(Text, default="")
    innovation: Mapped[str] = mapped_column(Text, default="")
    application: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[str | None] = mapped_column(String(20))
    form: Mapped[list[str]] = mapped_column(JSON, default=list)
    level: Mapped[str | None] = mapped_column(String(20))
    trl: Mapped[str | None] = mapped_column(String(1))
    maturity: Mapped[str | None] = mapped_column(String(20))
    reports: Mapped[str] = mapped_column(String(400), default="")
    cooperation: Mapped[list[str]] = mapped_column(JSON, default=list)
    price_low: Mapped[Decimal | None]
    price_high: Mapped[Decimal | None]
    return_note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    field_rows: Mapped[list["OfferField"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="OfferField.position"
    )
    indicator_rows: Mapped[list["OfferIndicator"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="OfferIndicator.position"
    )
    ip_rows: Mapped[list["OfferIp"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="OfferIp.position"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def tech_fields(self) -> list[str]:
        """Return the codes of the technology fields."""
        return [row.code for row in self.field_rows]

    @property
    def number(self) -> str:
        """Return the number that staff and owners use in talk and letters."""
        return number_of("offer", self.id)


class OfferField(Base):
    """One technology field of an offer, a row so that lists can filter and count by it."""

    __tablename__ = "offer_fields"

    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class OfferIndicator(IndicatorColumns, Base):
    """One indicator that an offer claims."""

    __tablename__ = "offer_indicators"

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id", ondelete="CASCADE"), index=True)


class OfferIp(Base):
    """One right that protects an offer."""

    __tablename__ = "offer_ip"

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(20))

    def row(self) -> IpRow:
        """Return the row as a value."""
        return IpRow(self.kind, self.number, self.status)
