"""What participants are told of an event: in their messages, and by mail as they chose."""

from collections.abc import Iterable

from matcher.core.clock import SHANGHAI
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import grid
from matcher.events.model import SIDE_LABELS, Event, Meeting, Participant, ParticipantState
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for

INVITED = Label("邀请您参加“{title}”", "You are invited to “{title}”")
INVITED_BODY = Label(
    "{day}，{place}。邀请您以{side}身份参加。请告诉我们是否参加、谁来、哪些时段不便；会谈由系统按匹配结果安排。",
    "{day}, {place}. You are invited on the side of {side}. Please say whether you come, who comes and when you cannot; "
    "meetings follow from the matching.",
)
TIMETABLE = Label("“{title}”的会谈安排有更新", "Your meetings at “{title}” have changed")
TIMETABLE_BODY = Label(
    "您现在有 {count} 场会谈，请查看时间和桌号。", "You have {count} meetings now; see times and tables."
)
TAKEN_BACK = Label("“{title}”的一场会谈已取消", "A meeting at “{title}” is cancelled")
TAKEN_BACK_BODY = Label("{time} 的会谈已取消，组织方会尽量补排。", "The meeting at {time} is cancelled; the organisers try to find another.")  # fmt: skip
BOOKED = Label("有人约您在“{title}”会谈", "Somebody booked a meeting with you at “{title}”")
BOOKED_BODY = Label(
    "时间是 {time}，桌号见页面。不合适可以取消，对方会收到通知。",
    "It is at {time}; the page names the table. You can cancel it, and the other side is told.",
)
CANCELLED = Label("“{title}”已取消", "“{title}” is cancelled")
CANCELLED_BODY = Label("组织方取消了这场对接会，您的会谈不再举行。", "The organisers cancelled the event; your meetings do not take place.")  # fmt: skip


def _clock(event: Event, meeting: Meeting) -> str:
    """Return day and hour of a meeting, as a letter says it."""
    slots = grid.slots(event)
    start = slots[meeting.slot].start if meeting.slot < len(slots) else None
    return start.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if start else ""


def _tell(uow: UnitOfWork, event: Event, one: Participant, title: Label, body: Label, key: str) -> None:
    notify(
        uow,
        people_for(uow, one.organisation_id, first=one.answered_by),
        MessageKind.PROGRESS,
        Text(title.format(title=event.title), body),
        key=f"event:{event.id}:{one.id}:{key}",
        link=f"/events/{event.id}",
    )


def invitation(uow: UnitOfWork, event: Event, one: Participant) -> None:
    """Invite a participant."""
    body = INVITED_BODY.format(day=event.first_day.isoformat(), place=event.place, side=SIDE_LABELS[one.side])
    _tell(uow, event, one, INVITED, body, "invited")


def timetable(
    uow: UnitOfWork, event: Event, one: Participant, count: int, plan_id: int, *, undone: bool = False
) -> None:
    """Tell a participant that their meetings changed."""
    key = f"plan:{plan_id}" + (":undone" if undone else "")
    _tell(uow, event, one, TIMETABLE, TIMETABLE_BODY.format(count=count), key)


def taken_back(uow: UnitOfWork, meeting: Meeting) -> None:
    """Tell both sides that a meeting was taken back; who cancelled the whole day is not told of each."""
    event = uow.session.get_one(Event, meeting.event_id)
    when = _clock(event, meeting)
    for key in (meeting.demand_id, meeting.supply_id):
        one = uow.session.get_one(Participant, key)
        if one.state is ParticipantState.ACCEPTED:
            _tell(
                uow, event, one, TAKEN_BACK, TAKEN_BACK_BODY.format(time=when), f"back:{meeting.id}:{meeting.version}"
            )


def booked(uow: UnitOfWork, event: Event, one: Participant, meeting: Meeting) -> None:
    """Tell a participant that another one booked a meeting with them, and when."""
    body = BOOKED_BODY.format(time=_clock(event, meeting))
    _tell(uow, event, one, BOOKED, body, f"booked:{meeting.id}:{meeting.version}")


def cancelled(uow: UnitOfWork, event: Event, participants: Iterable[Participant]) -> None:
    """Tell everybody who did not decline that the event is cancelled."""
    for one in participants:
        if one.state in (ParticipantState.INVITED, ParticipantState.ACCEPTED):
            _tell(uow, event, one, CANCELLED, CANCELLED_BODY, "cancelled")
