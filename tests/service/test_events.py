"""Meeting days: invited, answered, scheduled, undone, booked, held; each action by each role."""

from typing import Any

import pytest

from matcher.core.clock import SHANGHAI
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import grid, planning, service, views
from matcher.events.calendar_file import Told, calendar_of
from matcher.events.model import Event, EventState, MeetingState, ParticipantState, PlanState, Side
from matcher.events.service import Answer, Invitation
from matcher.messages import service as messages
from tests.conftest import Actors, MovableClock
from tests.meeting_days import COMES, form, participant

ORGANISERS = {"desk", "government"}


@pytest.mark.parametrize(
    "role", ["enterprise", "university", "government", "desk", "admin", "visitor", "other_enterprise"]
)
def test_only_organisers_create_invite_schedule_and_cancel(
    role: str, uow: UnitOfWork, actors: Actors, answered: Event
) -> None:
    actor: Actor = getattr(actors, role)
    plan = planning.propose(uow, actors.desk, answered.id)
    actions = [
        lambda: service.create(uow, actor, form(uow)),
        lambda: service.edit(uow, actor, answered.id, form(uow, title="改名")),
        lambda: service.invite(uow, actor, answered.id, [Invitation(actors.admin.organisation_id or 0, Side.DEMAND)]),
        lambda: views.candidates(uow, actor, answered.id),
        lambda: views.look(uow, actor, plan.id),
        lambda: planning.deploy(uow, actor, plan.id),
        lambda: planning.undo(uow, actor, plan.id),
        lambda: planning.propose(uow, actor, answered.id),
        lambda: service.step(uow, actor, answered.id, "cancel"),
    ]
    for action in actions:
        if role in ORGANISERS:
            action()
        else:
            with pytest.raises(NotAllowed):
                action()


@pytest.mark.parametrize(
    ("role", "may"),
    [("enterprise", True), ("desk", True), ("government", True), ("other_enterprise", False), ("university", False),
     ("admin", False), ("visitor", False)],
)  # fmt: skip
def test_an_invitation_is_answered_by_who_got_it_and_by_the_organisers(
    role: str, may: bool, uow: UnitOfWork, actors: Actors, event: Event
) -> None:
    one = participant(uow, event, actors.enterprise)
    if may:
        assert service.answer(uow, getattr(actors, role), one.id, COMES).state is ParticipantState.ACCEPTED
    else:
        with pytest.raises(NotFound if role in ("other_enterprise", "university") else NotAllowed):
            service.answer(uow, getattr(actors, role), one.id, COMES)


def test_the_grid_leaves_out_breaks(event: Event) -> None:
    assert [slot.clock for slot in grid.slots(event)] == [
        "09:00–09:25", "09:30–09:55", "10:00–10:25", "10:45–11:10", "11:15–11:40",
    ]  # fmt: skip
    assert [(table.room, table.place, table.seats) for table in grid.tables(event)] == [
        ("一号厅", 1, 6),
        ("一号厅", 2, 6),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"opens": "nine"}, "opens"),
        ({"closes": "08:00"}, "closes"),
        ({"closes": "09:10"}, "closes"),
        ({"breaks": "午餐"}, "breaks"),
        ({"rooms": "一号厅"}, "rooms"),
        ({"rooms": "一号厅，99，6"}, "rooms"),
        ({"first_day": "2020-01-01"}, "first_day"),
        ({"title": ""}, "title"),
    ],
)
def test_a_form_that_cannot_be_read_is_told_where(
    changes: dict[str, Any], field: str, uow: UnitOfWork, actors: Actors
) -> None:
    with pytest.raises(InvalidInput) as told:
        service.create(uow, actors.desk, form(uow, **changes))
    assert field in {problem.field for problem in told.value.problems}


def test_what_was_typed_comes_back(event: Event, uow: UnitOfWork, actors: Actors) -> None:
    again = service.edit(uow, actors.desk, event.id, service.given_of(event))
    assert service.given_of(again) == service.given_of(event)


def test_a_timetable_is_looked_at_put_into_force_and_undone(uow: UnitOfWork, actors: Actors, answered: Event) -> None:
    plan = planning.propose(uow, actors.desk, answered.id)
    assert service.scheduled(uow, answered.id) == []
    shown = views.look(uow, actors.desk, plan.id)
    assert len(shown.changes.added) == len(plan.meetings) == 4
    assert shown.without == []
    planning.deploy(uow, actors.desk, plan.id)
    assert answered.state is EventState.SCHEDULED
    assert len(service.scheduled(uow, answered.id)) == 4
    planning.undo(uow, actors.desk, plan.id)
    assert (answered.state, plan.state) == (EventState.INVITING, PlanState.UNDONE)
    assert service.scheduled(uow, answered.id) == []


def test_a_timetable_of_which_somebody_cancelled_is_not_put_into_force(
    uow: UnitOfWork, actors: Actors, answered: Event, clock: MovableClock
) -> None:
    plan = planning.propose(uow, actors.desk, answered.id)
    clock.move(minutes=1)
    service.answer(uow, actors.university, participant(uow, answered, actors.university).id, Answer(coming=False))
    with pytest.raises(Conflict):
        planning.deploy(uow, actors.desk, plan.id)


def test_cancelling_takes_the_own_meetings_back_and_a_new_timetable_keeps_the_others(
    uow: UnitOfWork, actors: Actors, in_force: Event, clock: MovableClock
) -> None:
    clock.move(minutes=1)
    gone = participant(uow, in_force, actors.university)
    service.answer(uow, actors.university, gone.id, Answer(coming=False))
    assert gone.state is ParticipantState.WITHDRAWN
    left = planning.snapshot(uow, in_force.id)
    assert len(left) == 2
    assert all(gone.id not in (row["demand"], row["supply"]) for row in left)
    clock.move(minutes=1)
    plan = planning.propose(uow, actors.desk, in_force.id)
    shown = views.look(uow, actors.desk, plan.id)
    assert len(shown.changes.kept) == 2
    assert not shown.changes.dropped
    planning.deploy(uow, actors.desk, plan.id)
    planning.undo(uow, actors.desk, plan.id)
    assert planning.snapshot(uow, in_force.id) == left


def test_times_away_and_avoidances_are_kept(uow: UnitOfWork, actors: Actors, answered: Event) -> None:
    one, other = (participant(uow, answered, a) for a in (actors.enterprise, actors.university))
    away = frozenset({0, 1, 2})
    service.answer(uow, actors.enterprise, one.id, Answer(True, "张工", away, 1, avoids=frozenset({other.id})))
    assert grid.away(grid.slots(answered), one.unavailable) == away
    rows = [row for row in planning.propose(uow, actors.desk, answered.id).meetings if row["demand"] == one.id]
    assert len(rows) == 1
    assert rows[0]["slot"] not in away
    assert rows[0]["supply"] != other.id


def test_hours_and_rooms_stay_while_meetings_are_scheduled(uow: UnitOfWork, actors: Actors, in_force: Event) -> None:
    service.edit(uow, actors.desk, in_force.id, service.given_of(in_force) | {"title": "新名称"})
    uow.commit()
    with pytest.raises(Conflict):
        service.edit(uow, actors.desk, in_force.id, service.given_of(in_force) | {"opens": "09:30"})


def test_participants_book_a_slot_free_for_both_and_it_stays_put(
    uow: UnitOfWork, actors: Actors, answered: Event
) -> None:
    one, other = (participant(uow, answered, a) for a in (actors.enterprise, actors.university))
    free = planning.own_free_places(uow, actors.enterprise, one.id)
    booked = planning.book(uow, actors.enterprise, one.id, other.id, free[other.id][-1][0])
    place = (booked.slot, booked.table_no)
    with pytest.raises(Conflict):
        planning.book(uow, actors.university, other.id, one.id, 0)
    rows = planning.propose(uow, actors.desk, answered.id).meetings
    assert [(r["slot"], r["table"]) for r in rows if (r["demand"], r["supply"]) == (one.id, other.id)] == [place]
    with pytest.raises(NotFound):
        planning.cancel_meeting(uow, actors.other_university, booked.id)
    assert planning.cancel_meeting(uow, actors.university, booked.id).state is MeetingState.CANCELLED


def test_a_calendar_file_holds_the_own_meetings_with_time_and_table(
    uow: UnitOfWork, actors: Actors, in_force: Event
) -> None:
    mine = participant(uow, in_force, actors.enterprise)
    found = views.meetings(uow, actors.enterprise, in_force, [mine.id])
    text = calendar_of(
        uow, in_force, found, {one.meeting.id: Told(one.supply.name, "一号厅") for one in found}
    ).decode()
    assert text.count("BEGIN:VEVENT") == len(found) == 2
    assert found[0].slot.start.astimezone(SHANGHAI).strftime("DTSTART;TZID=Asia/Shanghai:%Y%m%dT%H%M%S") in text
    assert "BEGIN:VTIMEZONE" in text, "a zone that is named is also described (RFC 5545, 3.6.5)"
    assert "TZOFFSETTO:+0800" in text
    assert "科创岛 一号厅" in text.replace("\r\n ", "")


def test_the_list_shows_who_is_invited_only_what_concerns_them(uow: UnitOfWork, actors: Actors, event: Event) -> None:
    draft = service.create(uow, actors.desk, form(uow))
    assert {row.event.id for row in views.events(uow, actors.desk)} == {event.id, draft.id}
    assert [row.event.id for row in views.events(uow, actors.university)] == [event.id]
    assert views.events(uow, actors.admin) == []
    assert views.waiting(uow, actors.university) == 1
    with pytest.raises(NotFound):
        views.opened(uow, actors.university, draft.id)


def test_everybody_is_told_what_concerns_them_and_nothing_twice(
    uow: UnitOfWork, actors: Actors, in_force: Event, clock: MovableClock
) -> None:
    def told(actor: Actor) -> list[str]:
        return [row.title_zh for row in messages.inbox(uow, actor).rows]

    invited, timetable = "邀请您参加“先进制造对接会”", "“先进制造对接会”的会谈安排有更新"
    assert sorted(told(actors.university)) == sorted([invited, timetable])
    service.invite(uow, actors.desk, in_force.id, [Invitation(actors.university.organisation_id or 0, Side.SUPPLY)])
    assert len(told(actors.university)) == 2
    clock.move(minutes=1)
    service.answer(uow, actors.enterprise, participant(uow, in_force, actors.enterprise).id, Answer(coming=False))
    assert told(actors.university)[0] == "“先进制造对接会”的一场会谈已取消"
    service.step(uow, actors.desk, in_force.id, "cancel")
    assert "“先进制造对接会”已取消" in told(actors.university)
    assert "“先进制造对接会”已取消" not in told(actors.enterprise)
    assert told(actors.admin) == []
