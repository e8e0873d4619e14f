"""Organisations, people, memberships."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.core.db import Base, enum_column
from matcher.core.people import Actor, Role


class PersonState(StrEnum):
    """Say whether a person may sign in."""

    PENDING = "pending"
    ACTIVE = "active"
    REFUSED = "refused"


class Organisation(Base):
    """An enterprise, university, institute, government body, agency, operator or fund."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    name_en: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(20))
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    region: Mapped[str] = mapped_column(String(6), index=True)
    address: Mapped[str] = mapped_column(String(200), default="")
    industry: Mapped[str | None] = mapped_column(String(3))
    nature: Mapped[str | None] = mapped_column(String(20))
    founded: Mapped[int | None]
    registered_capital: Mapped[Decimal | None]
    staff: Mapped[int | None]
    revenue: Mapped[Decimal | None]
    honours: Mapped[list[str]] = mapped_column(JSON, default=list)
    products: Mapped[str] = mapped_column(Text, default="")
    contact_name: Mapped[str] = mapped_column(String(60), default="")
    contact_title: Mapped[str] = mapped_column(String(60), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    is_example: Mapped[bool] = mapped_column(default=False)
    seed_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime]


class Person(Base):
    """Somebody who signs in."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(40), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    state: Mapped[PersonState] = mapped_column(enum_column(PersonState))
    language: Mapped[str] = mapped_column(String(5), default="zh")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    memberships: Mapped[list["Membership"]] = relationship(
        back_populates="person", lazy="selectin", order_by="Membership.id"
    )

    def actor(self) -> Actor:
        """Return the acting person: the first membership's organisation, and its roles."""
        first = self.memberships[0] if self.memberships else None
        organisation = first.organisation_id if first else None
        roles = frozenset(m.role for m in self.memberships if m.organisation_id == organisation)
        return Actor(self.id, organisation, roles, self.name)


class Membership(Base):
    """What a person does for an organisation."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("person_id", "organisation_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    role: Mapped[Role] = mapped_column(enum_column(Role))
    person: Mapped[Person] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship(lazy="joined")
