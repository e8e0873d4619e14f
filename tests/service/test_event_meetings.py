"""What is said at a table: who sees what of a confidential need, what came of a meeting, and what that does to the pairing."""

import pytest

from matcher.core.errors import Conflict, InvalidInput, NotFound
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import outcomes, planning, service, views
from matcher.events.model import Event, MeetingState, Side
from matcher.matching.model import Pairing, PairingState
from matcher.messages import service as messages
from tests.conftest import Actors, MovableClock
from tests.factories import NeedFactory, PairingFactory, organisation_of
from tests.meeting_days import offer_of, participant


def test_a_confidential_need_is_shown_to_the_other_side_in_its_redacted_form_only(
    uow: UnitOfWork, actors: Actors, in_force: Event
) -> None:
    mine = participant(uow, in_force, actors.university)
    secret = participant(uow, in_force, actors.other_enterprise)
    found = {one.other(mine.id).id: one for one in views.meetings(uow, actors.university, in_force, [mine.id])}
    assert found[secret.id].subject.need_title == ""
    assert found[secret.id].subject.need_fields == ("new_materials",)
    assert found[participant(uow, in_force, actors.enterprise).id].subject.need_title
    partners = {p.participant.id: p for p in views.partners(uow, actors.university, in_force, mine)}
    assert not partners[secret.id].named


def test_a_need_hidden_from_the_other_side_is_not_proposed_before_they_are_introduced(
    uow: UnitOfWork, actors: Actors, answered: Event, pairings: list[Pairing]
) -> None:
    for pairing in pairings:
        pairing.need.disclosure = "closed"
    uow.commit()
    assert planning.propose(uow, actors.desk, answered.id).meetings == []


def held(uow: UnitOfWork, actors: Actors, event: Event, pairing: Pairing) -> int:
    service.step(uow, actors.desk, event.id, "start")
    return next(m.id for m in service.scheduled(uow, event.id) if m.pairing_id == pairing.id)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("continue", PairingState.NEGOTIATING), ("later", PairingState.MEETING), ("absent", PairingState.SUGGESTED)],
)
def test_what_the_organiser_records_moves_the_pairing(
    outcome: str, state: PairingState, uow: UnitOfWork, actors: Actors, in_force: Event, pairings: list[Pairing]
) -> None:
    meeting = outcomes.record(uow, actors.desk, held(uow, actors, in_force, pairings[0]), outcome)
    assert (meeting.demand_outcome, meeting.supply_outcome) == (outcome, outcome)
    assert pairings[0].state is state


def test_both_sides_say_what_came_of_it_and_only_both_together_go_on(
    uow: UnitOfWork, actors: Actors, in_force: Event, pairings: list[Pairing]
) -> None:
    meeting_id = held(uow, actors, in_force, pairings[0])
    outcomes.record(uow, actors.enterprise, meeting_id, "continue")
    assert pairings[0].state is PairingState.MEETING
    with pytest.raises(NotFound):
        outcomes.record(uow, actors.other_university, meeting_id, "continue")
    outcomes.record(uow, actors.university, meeting_id, "continue")
    assert pairings[0].state is PairingState.NEGOTIATING


def test_a_no_needs_its_reason_and_declines_the_pairing(
    uow: UnitOfWork, actors: Actors, in_force: Event, pairings: list[Pairing]
) -> None:
    meeting_id = held(uow, actors, in_force, pairings[0])
    with pytest.raises(InvalidInput):
        outcomes.record(uow, actors.university, meeting_id, "no")
    outcomes.record(uow, actors.university, meeting_id, "no", reason="no_capacity")
    assert pairings[0].state is PairingState.DECLINED


def test_each_side_keeps_its_note_to_itself_and_reads_of_a_no_in_fair_words(
    uow: UnitOfWork, actors: Actors, in_force: Event, pairings: list[Pairing]
) -> None:
    meeting_id = held(uow, actors, in_force, pairings[0])
    outcomes.record(uow, actors.enterprise, meeting_id, "continue", note="预算其实还可以加")
    outcomes.record(uow, actors.university, meeting_id, "no", reason="price", note="对方压价太狠")
    meeting, _, both = planning.meeting_of(uow, actors.desk, meeting_id)
    assert outcomes.notes(actors.enterprise, meeting, both) == {Side.DEMAND: "预算其实还可以加"}
    assert outcomes.notes(actors.university, meeting, both) == {Side.SUPPLY: "对方压价太狠"}
    assert set(outcomes.notes(actors.desk, meeting, both)) == {Side.DEMAND, Side.SUPPLY}
    outcomes.record(uow, actors.desk, meeting_id, "no", reason="price", note="现场旁听")
    assert outcomes.own_note(actors.university, meeting, both) == "对方压价太狠"
    assert "现场旁听" not in outcomes.notes(actors.enterprise, meeting, both).values()
    told = outcomes.ending(uow, actors.enterprise, meeting, both)
    assert told is not None
    assert "预算与价格" in told.zh
    assert outcomes.ending(uow, actors.desk, meeting, both) is None


def test_only_the_owner_of_a_confidential_need_books_a_meeting_on_it(
    uow: UnitOfWork, actors: Actors, answered: Event
) -> None:
    lab, secret = (participant(uow, answered, one) for one in (actors.university, actors.other_enterprise))
    assert secret.id not in planning.own_free_places(uow, actors.university, lab.id)
    with pytest.raises(Conflict):
        planning.book(uow, actors.university, lab.id, secret.id, 0)
    free = planning.own_free_places(uow, actors.other_enterprise, secret.id)
    booked = planning.book(uow, actors.other_enterprise, secret.id, lab.id, free[lab.id][0][0])
    assert booked.self_made
    titles = [row.title_zh for row in messages.inbox(uow, actors.university).rows]
    assert "有人约您在“先进制造对接会”会谈" in titles


def test_a_redacted_need_is_never_listed_beside_the_name_of_its_owner(
    uow: UnitOfWork, actors: Actors, answered: Event
) -> None:
    need = NeedFactory(organisation=organisation_of(actors.other_enterprise), title="公开的需求")
    PairingFactory(need=need, offer=offer_of(actors.university), score=0.4)
    uow.commit()
    lab, secret = (participant(uow, answered, one) for one in (actors.university, actors.other_enterprise))
    shown = {one.participant.id: one for one in views.partners(uow, actors.university, answered, lab)}[secret.id]
    assert shown.named
    assert [about.need_title for about in shown.subjects] == ["公开的需求"]


def test_outcomes_wait_until_the_meeting_has_begun(uow: UnitOfWork, actors: Actors, in_force: Event) -> None:
    with pytest.raises(Conflict):
        outcomes.record(uow, actors.desk, service.scheduled(uow, in_force.id)[0].id, "continue")


def test_what_was_held_stays_when_the_rest_is_scheduled_anew(
    uow: UnitOfWork, actors: Actors, in_force: Event, pairings: list[Pairing], clock: MovableClock
) -> None:
    meeting_id = held(uow, actors, in_force, pairings[0])
    outcomes.record(uow, actors.desk, meeting_id, "later")
    clock.move(minutes=1)
    plan = planning.propose(uow, actors.desk, in_force.id)
    planning.deploy(uow, actors.desk, plan.id)
    states = {one.id: one.state for one in planning.all_meetings(uow, in_force.id)}
    assert states.pop(meeting_id) is MeetingState.HELD
    assert set(states.values()) == {MeetingState.SCHEDULED}
