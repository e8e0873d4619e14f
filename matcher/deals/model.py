"""The table of deals."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.accounts.model import Organisation
from matcher.core.db import Base
from matcher.core.numbers import number_of


class Deal(Base):
    """One technology contract: who bought what of whom, for how much, signed when."""

    __tablename__ = "deals"

    id: Mapped[int] = mapped_column(primary_key=True)
    pairing_id: Mapped[int | None] = mapped_column(ForeignKey("pairings.id"), unique=True)
    buyer_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    contract_type: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal]
    signed_on: Mapped[date] = mapped_column(Date, index=True)
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    buyer: Mapped[Organisation] = relationship(foreign_keys=[buyer_id], lazy="joined")
    seller: Mapped[Organisation] = relationship(foreign_keys=[seller_id], lazy="joined")

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """Return the number that people use in talk and letters."""
        return number_of("deal", self.id)
