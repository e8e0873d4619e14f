"""The timetable keeps every hard rule, whatever is asked of it, and changes little when somebody cancels."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.events.solver import choose, first_try, solve
from matcher.events.timetable import (
    Attendee,
    Lack,
    Placed,
    Problem,
    Proposal,
    broken_rules,
    changes,
    free_places,
    lacks,
    score,
)

SOLVING = settings(max_examples=60, deadline=None)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    slots = draw(st.integers(1, 5))
    demands, supplies = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    attendees = tuple(
        Attendee(
            key,
            most=draw(st.integers(0, 4)),
            least=draw(st.integers(0, 3)),
            unavailable=frozenset(draw(st.sets(st.integers(0, slots - 1), max_size=3))),
            people=draw(st.integers(1, 3)),
        )
        for key in (*range(demands), *range(100, 100 + supplies))
    )
    pairs = st.tuples(st.integers(0, max(demands - 1, 0)), st.integers(100, 100 + max(supplies - 1, 0)))
    proposals = draw(st.lists(st.builds(lambda p, v: Proposal(*p, v), pairs, st.integers(0, 1000)), max_size=16))
    seats = tuple(draw(st.lists(st.integers(1, 6), max_size=4)))
    return Problem(attendees, tuple(proposals), slots, seats)


def someone(key: int, most: int = 5, **more) -> Attendee:
    return Attendee(key, most, **more)


@SOLVING
@given(problems())
def test_every_hard_rule_is_kept_and_the_bounds_hold(problem):
    found = solve(problem)
    assert broken_rules(problem, found.meetings) == []
    assert found.score == score(problem, {one.pair: one.slot for one in found.meetings})
    assert found.score <= found.bound
    assert found.value <= found.value_bound
    assert found.score >= 0.99 * found.bound - 1  # so small an event is solved to the end


@SOLVING
@given(problems())
def test_the_same_question_has_the_same_answer(problem):
    assert solve(problem) == solve(problem)


@SOLVING
@given(problems(), st.data())
def test_after_a_cancellation_who_cancelled_is_gone_and_the_others_keep_what_was_announced(problem, data):
    announced = solve(problem)
    if not announced.meetings:
        return
    gone = data.draw(st.sampled_from([key for one in announced.meetings for key in one.pair]))
    stay = tuple(one for one in problem.attendees if one.key != gone)
    again = replace(problem, attendees=stay, current=announced.meetings)
    found = solve(again)
    assert broken_rules(again, found.meetings) == []
    assert all(gone not in one.pair for one in found.meetings)
    difference = changes(again.announced.values(), found.meetings)
    assert not difference.dropped
    # An announced meeting moves only where that gives somebody a first meeting.
    assert sum(1 for was, now in difference.moved if was.slot != now.slot) <= 2 * len(difference.added)


@SOLVING
@given(problems(), st.data())
def test_pinned_meetings_stay_where_they_are(problem, data):
    announced = solve(problem)
    pins = [replace(one, pinned=data.draw(st.booleans())) for one in announced.meetings]
    fewer = data.draw(st.integers(0, 2))
    changed = tuple(replace(one, most=min(one.most, fewer)) for one in problem.attendees)
    again = replace(problem, attendees=changed, current=tuple(pins))
    found = {one.pair: one for one in solve(again).meetings}
    assert broken_rules(again, found.values()) == []
    assert all((found[pin.pair].slot, found[pin.pair].table) == (pin.slot, pin.table) for pin in pins if pin.pinned)


@SOLVING
@given(problems(), st.booleans())
def test_the_first_try_keeps_every_rule_but_the_tables(problem, spread):
    slots = first_try(problem, choose(problem).pairs, spread=spread)
    for pair, slot in slots.items():
        assert slot in problem.common_slots(pair)
    assert len({(key, slot) for pair, slot in slots.items() for key in pair}) == 2 * len(slots)


@SOLVING
@given(problems())
def test_free_places_are_free(problem):
    meetings = solve(problem).meetings
    for pair in problem.values:
        if pair in {one.pair for one in meetings}:
            continue
        everyone = tuple(replace(one, most=99) for one in problem.attendees)
        for slot, table in free_places(problem, meetings, pair):
            assert broken_rules(replace(problem, attendees=everyone), [*meetings, Placed(*pair, slot, table)]) == []


def test_a_first_meeting_is_worth_more_than_a_better_second_one():
    attendees = (someone(1), someone(2), someone(3), someone(4))
    proposals = (Proposal(1, 3, 1000), Proposal(1, 4, 100), Proposal(2, 3, 900), Proposal(2, 4, 0))
    found = solve(Problem(attendees, proposals, slots=1, seats=(4, 4)))
    assert {key for one in found.meetings for key in one.pair} == {1, 2, 3, 4}
    tight = solve(Problem(attendees[:3], proposals, slots=1, seats=(4, 4)))
    assert [one.pair for one in tight.meetings] == [(1, 3)]


def test_large_delegations_get_the_large_tables():
    attendees = (someone(1, people=3), someone(2), someone(3, people=3), someone(4))
    proposals = (Proposal(1, 3, 10), Proposal(2, 4, 1000))
    found = solve(Problem(attendees, proposals, slots=1, seats=(6, 2)))
    assert {one.pair: one.table for one in found.meetings} == {(1, 3): 0, (2, 4): 1}


def test_who_has_many_meetings_stays_at_one_table():
    attendees = tuple(someone(key) for key in range(8))
    proposals = tuple(Proposal(a, b, 500) for a in (0, 1, 2) for b in (3, 4, 5, 6, 7))
    found = solve(Problem(attendees, proposals, slots=5, seats=(4, 4, 4)))
    tables = {a: {one.table for one in found.meetings if one.demand == a} for a in (0, 1, 2)}
    assert len(found.meetings) == 15
    assert all(len(used) == 1 for used in tables.values())


def test_it_says_what_stands_in_the_way_of_a_meeting():
    early, late = frozenset({0}), frozenset({1})
    attendees = (
        someone(1, 1), someone(2), someone(3, unavailable=early), someone(4, unavailable=late), someone(11, 1),
    )  # fmt: skip
    proposals = (Proposal(1, 11, 900), Proposal(2, 11, 100), Proposal(3, 4, 500))
    problem = Problem(attendees, proposals, slots=2, seats=(4,))
    found = solve(problem)
    assert [one.pair for one in found.meetings] == [(1, 11)]
    assert lacks(problem, found.meetings) == {
        2: Lack.OTHERS_FULL, 3: Lack.NO_COMMON_TIME, 4: Lack.NO_COMMON_TIME,
    }  # fmt: skip
    lonely = Problem((someone(1), someone(2)), (), slots=1, seats=(4,))
    assert lacks(lonely, ()) == {1: Lack.NO_PROPOSAL, 2: Lack.NO_PROPOSAL}
    crowded = Problem((*attendees, someone(12)), (*proposals, Proposal(2, 12, 1)), slots=1, seats=(4,))
    assert lacks(crowded, solve(crowded).meetings)[2] is Lack.NO_ROOM


def test_changes_tell_new_moved_dropped_and_kept_apart():
    before = [Placed(1, 2, 0, 0), Placed(1, 3, 1, 0), Placed(4, 3, 0, 1)]
    after = [Placed(1, 2, 0, 0), Placed(1, 3, 1, 2), Placed(4, 5, 0, 1)]
    found = changes(before, after)
    assert (found.kept, found.added) == ((after[0],), (after[2],))
    assert (found.moved, found.dropped) == (((before[1], after[1]),), (before[2],))
    assert not found.is_empty
    assert changes(before, before).is_empty
