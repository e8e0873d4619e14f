"""The tables of introductions: what both sides answered, and what was said when they met."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.core.db import Base, enum_column
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition
from matcher.core.numbers import number_of
from matcher.matching.model import Pairing


class IntroductionState(StrEnum):
    """Name where an introduction stands."""

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    EXPIRED = "expired"
    CLOSED = "closed"


class Party(StrEnum):
    """Name the two sides of an introduction."""

    NEED = "need"
    OFFER = "offer"

    @property
    def other(self) -> "Party":
        """Return the other side."""
        return Party.OFFER if self is Party.NEED else Party.NEED


_S = IntroductionState
INTRODUCTION_LIFECYCLE = Lifecycle(
    "introduction",
    (
        Transition("agree", (_S.OPEN,), _S.AGREED),
        Transition("decline", (_S.OPEN,), _S.DECLINED),
        Transition("expire", (_S.OPEN,), _S.EXPIRED),
        Transition("close", (_S.OPEN,), _S.CLOSED),
    ),
    {
        _S.OPEN: Label("等待答复", "Waiting for answers"),
        _S.AGREED: Label("双方同意", "Both agreed"),
        _S.DECLINED: Label("已谢绝", "Declined"),
        _S.EXPIRED: Label("已到期", "Ran out"),
        _S.CLOSED: Label("已撤回", "Taken back"),
    },
)


class Introduction(Base):
    """The question to both sides of a pairing whether they want to meet; a later one never changes an earlier one."""

    __tablename__ = "introductions"
    __table_args__ = (Index(None, "state", "opened_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairings.id"), index=True)
    state: Mapped[IntroductionState] = mapped_column(enum_column(IntroductionState), default=IntroductionState.OPEN)
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    opened_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text, default="")
    reminders: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    pairing: Mapped[Pairing] = relationship(lazy="raise")
    answers: Mapped[list["IntroductionAnswer"]] = relationship(order_by="IntroductionAnswer.id", lazy="selectin")

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """Return the number that people use in talk and letters."""
        return number_of("introduction", self.id)

    def answer_of(self, party: Party) -> "IntroductionAnswer | None":
        """Return what a side answered, None while it has not."""
        return next((answer for answer in self.answers if answer.party is party), None)

    @property
    def waits_for(self) -> list[Party]:
        """Return the sides that have not answered an open introduction."""
        return [one for one in Party if self.answer_of(one) is None] if self.state is IntroductionState.OPEN else []


class IntroductionAnswer(Base):
    """What one side answered: the three questions of first contact, or a reason; given once."""

    __tablename__ = "introduction_answers"
    __table_args__ = (UniqueConstraint("introduction_id", "party"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introductions.id", ondelete="CASCADE"))
    party: Mapped[Party] = mapped_column(enum_column(Party))
    is_interested: Mapped[bool]
    cooperation: Mapped[str] = mapped_column(Text, default="")
    unclear: Mapped[str] = mapped_column(Text, default="")
    about: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str | None] = mapped_column(String(30))
    note: Mapped[str] = mapped_column(Text, default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_desk: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]


class MeetingNote(Base):
    """What was said when the two sides met; `for_desk` keeps it from the sides."""

    __tablename__ = "meeting_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    pairing_id: Mapped[int] = mapped_column(ForeignKey("pairings.id"), index=True)
    on: Mapped[date] = mapped_column(Date)
    who: Mapped[str] = mapped_column(String(300), default="")
    agreed: Mapped[str] = mapped_column(Text)
    for_desk: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    party: Mapped[Party | None] = mapped_column(enum_column(Party))
    at: Mapped[datetime]


class ToldPair(Base):
    """Remember which pair an owner was told of, so that a pairing that leaves and comes back is not told again."""

    __tablename__ = "told_pairs"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id", ondelete="CASCADE"), primary_key=True)
    party: Mapped[Party] = mapped_column(enum_column(Party), primary_key=True)
    told_at: Mapped[datetime]
