"""The tables of common problems and of the weights of the demand index."""

from datetime import datetime

from sqlalchemy import JSON, Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base
from matcher.core.numbers import number_of


class Topic(Base):
    """A common problem (共性需求): needs of several organisations that ask for the same.

    A topic that nobody asks for any more is closed and keeps its row; one that was merged says into which.
    """

    __tablename__ = "topics"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    named_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    # Whose title the name is, as long as nobody gave it another one: it is shown only to those who see that need.
    named_after: Mapped[int | None] = mapped_column(ForeignKey("needs.id"))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("topics.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    @property
    def number(self) -> str:
        """Return the number that staff use in talk and letters."""
        return number_of("topic", self.id)


class TopicMember(Base):
    """A need in a topic; where a person placed it, the next grouping leaves it there."""

    __tablename__ = "topic_members"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"), index=True)
    likeness: Mapped[float | None] = mapped_column(Float)  # mean to the other needs of the topic
    placed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    placed_at: Mapped[datetime]


class DemandWeights(Base):
    """The weights of the demand index that an office set; rows are only ever added, the last one counts."""

    __tablename__ = "demand_weights"

    id: Mapped[int] = mapped_column(primary_key=True)
    weights: Mapped[dict[str, int]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text, default="")
    set_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    set_at: Mapped[datetime]
