"""Calendar files (ICS, RFC 5545) of the meetings of one participant or of a whole event."""

from collections.abc import Iterable

from icalendar import Calendar
from icalendar import Event as Entry

from matcher.core.unit_of_work import UnitOfWork
from matcher.events.model import Event
from matcher.events.views import ShownMeeting

PRODUCT = "-//matcher//meetings//ZH"


def calendar_of(uow: UnitOfWork, event: Event, meetings: Iterable[ShownMeeting], titles: dict[int, str]) -> bytes:
    """Return an ICS file; `titles` names each meeting by id, as the person may see it.

    The UID stays with the pair, and SEQUENCE grows with each change, so that a calendar moves its entry when it is read anew.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", event.title)
    for one in meetings:
        entry = Entry()
        entry.add("uid", f"meeting-{one.meeting.id}@matcher")
        entry.add("sequence", one.meeting.version)
        entry.add("dtstamp", uow.clock())
        entry.add("dtstart", one.slot.start)
        entry.add("dtend", one.slot.end)
        entry.add("summary", titles[one.meeting.id])
        entry.add("location", f"{event.place} {one.table.room} {one.table.place} 号桌")
        calendar.add_component(entry)
    # Without the rules of its zone, some calendars read "Asia/Shanghai" as their own local time.
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written
