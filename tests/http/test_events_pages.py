"""Pages of meeting days, from the empty form to the outcome of a meeting."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from matcher.core.clock import local_date, utc_now
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import planning, service
from matcher.events.model import Event, Participant
from matcher.events.service import Answer, Invitation, Side
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory, organisation_of
from tests.http.conftest import CountQueries, SignIn

FORM = {
    "title": "先进制造对接会", "place": "科创岛", "days": "1", "opens": "09:00", "closes": "12:00", "slot_minutes": "25",
    "gap_minutes": "5", "breaks": "10:30-10:45 茶歇", "rooms": "一号厅，2，6", "least": "1", "most": "4",
    "self_scheduling": "yes",
}  # fmt: skip


def form(**changes: str) -> dict[str, str]:
    return FORM | {"first_day": (local_date(utc_now()) + timedelta(days=10)).isoformat()} | changes


@pytest.fixture
def event(uow: UnitOfWork, actors: Actors) -> Event:
    """An event to which an enterprise with a redacted need and a university are invited."""
    need = NeedFactory(organisation=organisation_of(actors.enterprise), disclosure="redacted", title="机密的叶片修复")
    PairingFactory(need=need, offer=OfferFactory(organisation=organisation_of(actors.university)))
    made = service.create(uow, actors.desk, form())
    wanted = ((actors.enterprise, Side.DEMAND), (actors.university, Side.SUPPLY))
    service.invite(uow, actors.desk, made.id, [Invitation(a.organisation_id or 0, side) for a, side in wanted])
    uow.commit()
    return made


def participant(uow: UnitOfWork, event: Event, side: Side) -> Participant:
    return next(one for one in service.participants(uow, event.id) if one.side is side)


@pytest.fixture
def in_force(uow: UnitOfWork, actors: Actors, event: Event) -> Event:
    for actor, side in ((actors.enterprise, Side.DEMAND), (actors.university, Side.SUPPLY)):
        service.answer(uow, actor, participant(uow, event, side).id, Answer(coming=True, people="张工"))
    planning.deploy(uow, actors.desk, planning.propose(uow, actors.desk, event.id).id)
    uow.commit()
    return event


def test_an_event_is_made_and_what_is_wrong_is_shown_with_all_that_was_typed(sign_in: SignIn) -> None:
    desk = sign_in("desk")
    wrong = desk.post("/events/new", form(rooms="一号厅", place="不见不散楼"))
    assert wrong.status_code == 422
    assert "会议室第 1 行不能读懂" in wrong.text
    assert "不见不散楼" in wrong.text
    done = desk.post("/events/new", form())
    assert done.status_code == 303
    assert "先进制造对接会" in desk.get(done.location).text


def test_the_whole_way_from_invitation_to_outcome(
    sign_in: SignIn, uow: UnitOfWork, event: Event, actors: Actors
) -> None:
    for role, side in (("enterprise", Side.DEMAND), ("university", Side.SUPPLY)):
        browser, one = sign_in(role), participant(uow, event, side)
        page = browser.get(f"/events/invitations/{one.id}")
        assert page.status_code == 200
        assert "参会人" in page.text
        nobody = browser.post(f"/events/invitations/{one.id}", {"coming": "yes", "note": "停车位"})
        assert nobody.status_code == 422
        assert "停车位" in nobody.text
        sent = browser.post(f"/events/invitations/{one.id}", {"coming": "yes", "people": "张工", "away": "0"})
        assert sent.status_code == 303
    desk = sign_in("desk")
    proposed = desk.post(f"/events/{event.id}/plans")
    assert "新增 1 场" in desk.get(proposed.location).text
    desk.post(proposed.location, {"action": "deploy"})
    assert "09:30–09:55" in desk.get(f"/events/{event.id}").text
    assert "张工" in desk.get(f"/events/{event.id}/people").text
    desk.post(f"/events/{event.id}/step", {"action": "start"})
    uow.session.expire_all()
    meeting = service.scheduled(uow, event.id)[0]
    enterprise = sign_in("enterprise")
    assert "谈得怎么样" in enterprise.get(f"/events/meetings/{meeting.id}").text
    assert enterprise.post(f"/events/meetings/{meeting.id}", {"outcome": "no"}).status_code == 422
    assert enterprise.post(f"/events/meetings/{meeting.id}", {"outcome": "continue"}).status_code == 303
    assert "继续谈" in desk.get(f"/events/{event.id}").text


def test_a_confidential_title_is_on_no_page_of_the_other_side(
    sign_in: SignIn, uow: UnitOfWork, in_force: Event
) -> None:
    university, one = sign_in("university"), participant(uow, in_force, Side.SUPPLY)
    meeting = service.scheduled(uow, in_force.id)[0]
    for path in (
        f"/events/{in_force.id}", f"/events/invitations/{one.id}", f"/events/meetings/{meeting.id}",
        f"/events/{in_force.id}/calendar.ics",
    ):  # fmt: skip
        page = university.get(path)
        assert page.status_code == 200
        assert "机密的叶片修复" not in page.text
    assert "脱敏需求" in university.get(f"/events/{in_force.id}").text


def test_calendar_files_are_for_who_takes_part(sign_in: SignIn, in_force: Event) -> None:
    for role in ("desk", "enterprise", "government"):
        answer = sign_in(role).get(f"/events/{in_force.id}/calendar.ics")
        assert answer.mimetype == "text/calendar"
        assert answer.text.count("BEGIN:VEVENT") == 1
    assert sign_in("other_university").get(f"/events/{in_force.id}/calendar.ics").status_code == 404


def test_a_calendar_says_what_its_reader_may_know_and_strikes_out_what_was_taken_back(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, in_force: Event
) -> None:
    meeting = service.scheduled(uow, in_force.id)[0]
    university, address = sign_in("university"), f"/events/{in_force.id}/calendar.ics"
    (entry,) = Calendar.from_ical(university.get(address, lang="en").data).walk("VEVENT")
    assert str(entry["description"]).startswith("Confidential need: ")
    assert "table 1" in str(entry["location"])
    assert str(entry["url"]).endswith(f"/events/meetings/{meeting.id}")
    before = entry["sequence"]
    with uow:
        planning.cancel_meeting(uow, actors.university, meeting.id)
    (entry,) = Calendar.from_ical(university.get(address).data).walk("VEVENT")
    assert (str(entry["status"]), entry["sequence"] > before) == ("CANCELLED", True)
    assert "BEGIN:VEVENT" not in sign_in("desk").get(address).text


@pytest.mark.parametrize("role", ["enterprise", "university", "admin", "visitor"])
def test_pages_of_organisers_are_closed_to_others(role: str, sign_in: SignIn, in_force: Event) -> None:
    browser = sign_in(role)
    for path in ("/events/new", f"/events/{in_force.id}/edit", f"/events/{in_force.id}/people"):
        assert browser.get(path).status_code in (302, 401, 403), path
    assert browser.post(f"/events/{in_force.id}/plans").status_code in (302, 401, 403)


def test_a_stranger_sees_neither_event_nor_meeting_nor_invitation(
    sign_in: SignIn, uow: UnitOfWork, in_force: Event
) -> None:
    stranger, one = sign_in("other_enterprise"), participant(uow, in_force, Side.DEMAND)
    meeting = service.scheduled(uow, in_force.id)[0]
    for path in (f"/events/{in_force.id}", f"/events/meetings/{meeting.id}", f"/events/invitations/{one.id}"):
        assert stranger.get(path).status_code == 404


def test_a_free_slot_is_booked_from_the_own_page(sign_in: SignIn, uow: UnitOfWork, in_force: Event) -> None:
    enterprise, one = sign_in("enterprise"), participant(uow, in_force, Side.DEMAND)
    meeting = service.scheduled(uow, in_force.id)[0]
    assert enterprise.post(f"/events/meetings/{meeting.id}/cancel").status_code == 303
    page = enterprise.get(f"/events/{in_force.id}")
    assert "自己约空闲时段" in page.text
    other = participant(uow, in_force, Side.SUPPLY)
    booked = enterprise.post(f"/events/invitations/{one.id}/bookings", {"place": f"{other.id}:2"})
    assert "10:00–10:25" in enterprise.get(booked.location).text
    again = enterprise.post(f"/events/invitations/{one.id}/bookings", {"place": f"{other.id}:3"})
    assert "已经被占用" in enterprise.get(again.location).text


def test_the_timetable_takes_as_many_queries_however_many_meetings_there_are(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, in_force: Event, count_queries: CountQueries
) -> None:
    desk = sign_in("desk")
    desk.get(f"/events/{in_force.id}")
    with count_queries() as few:
        desk.get(f"/events/{in_force.id}")
    need = NeedFactory(organisation=organisation_of(actors.other_enterprise))
    PairingFactory(need=need, offer=OfferFactory(organisation=organisation_of(actors.other_university)))
    PairingFactory(need=need, offer=OfferFactory(organisation=organisation_of(actors.university)))
    wanted = ((actors.other_enterprise, Side.DEMAND), (actors.other_university, Side.SUPPLY))
    found = service.invite(
        uow, actors.desk, in_force.id, [Invitation(a.organisation_id or 0, side) for a, side in wanted]
    )
    for one in found:
        service.answer(uow, actors.desk, one.id, Answer(coming=True, people="王工"))
    uow.commit()
    planning.deploy(uow, actors.desk, planning.propose(uow, actors.desk, in_force.id).id)
    uow.commit()
    with count_queries() as many:
        assert desk.get(f"/events/{in_force.id}").text.count("timetable") > 0
    assert len(many) <= len(few) + 1
