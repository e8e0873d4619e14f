"""Calendar files (ICS, RFC 5545) of the meetings of one participant or of a whole event."""

from collections.abc import Iterable
from dataclasses import dataclass

from icalendar import Calendar
from icalendar import Event as Entry

from matcher.core.unit_of_work import UnitOfWork
from matcher.events.model import Event, MeetingState
from matcher.events.views import ShownMeeting

PRODUCT = "-//matcher//meetings//ZH"


@dataclass(frozen=True, slots=True)
class Told:
    """Say of a meeting what its reader may know, in their language: who meets, at which table, what about, and its page."""

    title: str
    table: str
    about: str = ""
    address: str = ""


def calendar_of(uow: UnitOfWork, event: Event, meetings: Iterable[ShownMeeting], told: dict[int, Told]) -> bytes:
    """Return an ICS file; `told` has what it says of each meeting, by id.

    The UID stays with the pair, and SEQUENCE grows with each change, so that a calendar moves its entry when it is read anew,
    and strikes out one that was taken back.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", event.title)
    for one in meetings:
        words = told[one.meeting.id]
        entry = Entry()
        entry.add("uid", f"meeting-{one.meeting.id}@matcher")
        entry.add("sequence", one.meeting.version)
        entry.add("dtstamp", uow.clock())
        entry.add("dtstart", one.slot.start)
        entry.add("dtend", one.slot.end)
        entry.add("status", "CANCELLED" if one.meeting.state is MeetingState.CANCELLED else "CONFIRMED")
        entry.add("summary", words.title)
        entry.add("location", f"{event.place} {words.table}")
        for name, text in (("description", words.about), ("url", words.address)):
            if text:
                entry.add(name, text)
        calendar.add_component(entry)
    # Without the rules of its zone, some calendars read "Asia/Shanghai" as their own local time.
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written
