"""The tables of meeting days, and the lifecycles of an event, of those who come, and of their meetings."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matcher.accounts.model import Organisation
from matcher.core.db import Base, enum_column
from matcher.core.labels import Label
from matcher.core.lifecycle import Lifecycle, Transition


class EventState(StrEnum):
    """Name where an event stands."""

    DRAFT = "draft"
    INVITING = "inviting"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class ParticipantState(StrEnum):
    """Name what somebody answered to an invitation."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class MeetingState(StrEnum):
    """Name where a meeting stands."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    HELD = "held"
    MISSED = "missed"


class PlanState(StrEnum):
    """Name where a proposed timetable stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    UNDONE = "undone"
    DISCARDED = "discarded"


class Side(StrEnum):
    """Name the side on which somebody comes."""

    DEMAND = "demand"
    SUPPLY = "supply"


_E, _P, _M, _T = EventState, ParticipantState, MeetingState, PlanState

EVENT_LIFECYCLE = Lifecycle(
    "event",
    (
        Transition("invite", (_E.DRAFT,), _E.INVITING),
        Transition("schedule", (_E.INVITING,), _E.SCHEDULED),
        Transition("unschedule", (_E.SCHEDULED,), _E.INVITING),
        Transition("start", (_E.SCHEDULED,), _E.RUNNING),
        Transition("finish", (_E.RUNNING,), _E.FINISHED),
        Transition("cancel", (_E.DRAFT, _E.INVITING, _E.SCHEDULED), _E.CANCELLED),
    ),
    {
        _E.DRAFT: Label("草稿", "Draft"),
        _E.INVITING: Label("邀请中", "Inviting"),
        _E.SCHEDULED: Label("已排会", "Scheduled"),
        _E.RUNNING: Label("进行中", "Running"),
        _E.FINISHED: Label("已结束", "Finished"),
        _E.CANCELLED: Label("已取消", "Cancelled"),
    },
)
PARTICIPANT_LIFECYCLE = Lifecycle(
    "participant",
    (
        Transition("accept", (_P.INVITED, _P.DECLINED, _P.WITHDRAWN), _P.ACCEPTED),
        Transition("decline", (_P.INVITED,), _P.DECLINED),
        Transition("withdraw", (_P.ACCEPTED,), _P.WITHDRAWN),
    ),
    {
        _P.INVITED: Label("等待答复", "Not answered"),
        _P.ACCEPTED: Label("参加", "Comes"),
        _P.DECLINED: Label("不参加", "Does not come"),
        _P.WITHDRAWN: Label("临时取消", "Cancelled"),
    },
)
MEETING_LIFECYCLE = Lifecycle(
    "meeting",
    (
        Transition("place", (_M.SCHEDULED, _M.CANCELLED), _M.SCHEDULED),
        Transition("take_back", (_M.SCHEDULED,), _M.CANCELLED),
        Transition("hold", (_M.SCHEDULED, _M.HELD, _M.MISSED), _M.HELD),
        Transition("miss", (_M.SCHEDULED, _M.HELD, _M.MISSED), _M.MISSED),
    ),
    {
        _M.SCHEDULED: Label("已安排", "Scheduled"),
        _M.CANCELLED: Label("已撤下", "Taken back"),
        _M.HELD: Label("已会谈", "Held"),
        _M.MISSED: Label("未到场", "Missed"),
    },
)
PLAN_LIFECYCLE = Lifecycle(
    "event_plan",
    (
        Transition("deploy", (_T.PROPOSED,), _T.IN_FORCE),
        Transition("discard", (_T.PROPOSED,), _T.DISCARDED),
        Transition("replace", (_T.IN_FORCE,), _T.REPLACED),
        Transition("undo", (_T.IN_FORCE,), _T.UNDONE),
        Transition("restore", (_T.REPLACED,), _T.IN_FORCE),
    ),
    {
        _T.PROPOSED: Label("待确认", "To be looked at"),
        _T.IN_FORCE: Label("已生效", "In force"),
        _T.REPLACED: Label("已被替换", "Replaced"),
        _T.UNDONE: Label("已撤销", "Undone"),
        _T.DISCARDED: Label("已放弃", "Discarded"),
    },
)
SIDE_LABELS = {Side.DEMAND: Label("需求方", "Demand"), Side.SUPPLY: Label("成果方", "Supply")}


class Event(Base):
    """A meeting day, or several in a row, with its grid of slots and its tables."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "state", "first_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[EventState] = mapped_column(enum_column(EventState), default=EventState.DRAFT)
    title: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    tech_fields: Mapped[list[str]] = mapped_column(JSON, default=list)
    first_day: Mapped[date] = mapped_column(Date)
    days: Mapped[int] = mapped_column(default=1)
    opens: Mapped[str] = mapped_column(String(5))
    closes: Mapped[str] = mapped_column(String(5))
    slot_minutes: Mapped[int]
    gap_minutes: Mapped[int] = mapped_column(default=0)
    breaks: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    rooms: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    least: Mapped[int] = mapped_column(default=1)
    most: Mapped[int] = mapped_column(default=8)
    self_scheduling: Mapped[bool] = mapped_column(default=False)
    seed_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}


class Participant(Base):
    """An organisation, or one team of it, that is invited to one side of an event."""

    __tablename__ = "event_participants"
    __table_args__ = (UniqueConstraint("event_id", "organisation_id", "side", "team"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    side: Mapped[Side] = mapped_column(enum_column(Side))
    team: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[ParticipantState] = mapped_column(enum_column(ParticipantState), default=ParticipantState.INVITED)
    people: Mapped[list[str]] = mapped_column(JSON, default=list)
    unavailable: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    most: Mapped[int | None]
    wishes: Mapped[list[int]] = mapped_column(JSON, default=list)
    avoids: Mapped[list[int]] = mapped_column(JSON, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined")
    event: Mapped[Event] = relationship(lazy="raise")

    __mapper_args__ = {"version_id_col": version}

    @property
    def name(self) -> str:
        """Return how the participant is called: organisation and team."""
        return f"{self.organisation.name} · {self.team}" if self.team else self.organisation.name


class Meeting(Base):
    """A meeting of two participants; one row a pair, whatever becomes of it. Slots and tables are counted from 0."""

    __tablename__ = "event_meetings"
    __table_args__ = (UniqueConstraint("demand_id", "supply_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    demand_id: Mapped[int] = mapped_column(ForeignKey("event_participants.id", ondelete="CASCADE"), index=True)
    supply_id: Mapped[int] = mapped_column(ForeignKey("event_participants.id", ondelete="CASCADE"), index=True)
    pairing_id: Mapped[int | None] = mapped_column(ForeignKey("pairings.id", ondelete="SET NULL"), index=True)
    state: Mapped[MeetingState] = mapped_column(enum_column(MeetingState), default=MeetingState.SCHEDULED)
    value: Mapped[int] = mapped_column(default=0)
    slot: Mapped[int]
    table_no: Mapped[int]
    self_made: Mapped[bool] = mapped_column(default=False)
    demand_outcome: Mapped[str | None] = mapped_column(String(20))
    supply_outcome: Mapped[str | None] = mapped_column(String(20))
    # What each side wrote of it is read by that side and the organisers; `outcome_note` by the organisers alone.
    demand_note: Mapped[str] = mapped_column(Text, default="")
    supply_note: Mapped[str] = mapped_column(Text, default="")
    outcome_note: Mapped[str] = mapped_column(Text, default="")
    outcome_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Plan(Base):
    """A timetable that was proposed for an event; `meetings` and `before` hold rows of pair, slot, table and value."""

    __tablename__ = "event_plans"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    state: Mapped[PlanState] = mapped_column(enum_column(PlanState), default=PlanState.PROPOSED)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    meetings: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    before: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
