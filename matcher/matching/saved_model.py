"""The table of saved searches."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, enum_column
from matcher.messages.kinds import Rhythm


class SavedSearch(Base):
    """A search of a public list that somebody wants to be told of; `told` are the items of the last days already told."""

    __tablename__ = "saved_searches"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text, default="")
    choices: Mapped[dict[str, list[str]]] = mapped_column(JSON, default=dict)
    rhythm: Mapped[Rhythm] = mapped_column(enum_column(Rhythm))
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    told: Mapped[list[int]] = mapped_column(JSON, default=list)
