"""Balanced panels: who sits where, and what is said when there are too few."""

import pytest

from matcher.projects.experts.assignment import Candidate, Limit, Wanted, balance

PEOPLE = [Candidate(number, organisation=number % 4, load=number % 3, most=3) for number in range(1, 9)]


def test_no_organisation_sits_twice_and_nobody_more_often_than_they_take():
    fit = {one.id: one.id / 10 for one in PEOPLE}
    plan = balance([Wanted(1, 3, fit), Wanted(2, 3, fit)], PEOPLE)
    by_id = {one.id: one for one in PEOPLE}
    for chosen in plan.chosen.values():
        assert len(chosen) == 3
        assert len({by_id[one].organisation for one in chosen}) == 3
    for one in PEOPLE:
        assert one.load + sum(one.id in chosen for chosen in plan.chosen.values()) <= one.most
    assert plan == balance([Wanted(1, 3, fit), Wanted(2, 3, fit)], PEOPLE[::-1])


def test_work_is_spread_over_equals():
    people = [Candidate(number, number, 0, 5) for number in range(1, 7)]
    fit = dict.fromkeys(range(1, 7), 0.8)
    plan = balance([Wanted(1, 3, fit), Wanted(2, 3, fit)], people)
    assert set(plan.chosen[1]).isdisjoint(plan.chosen[2])


@pytest.mark.parametrize(
    ("people", "limit"),
    [
        ([Candidate(1, 1, 0, 5)], Limit.PEOPLE),
        ([Candidate(1, 1, 0, 5), Candidate(2, 1, 0, 5)], Limit.ORGANISATION),
        ([Candidate(1, 1, 0, 5), Candidate(2, 2, 5, 5)], Limit.LOAD),
        ([Candidate(1, 1, 0, 5), Candidate(2, 1, 0, 5), Candidate(3, 2, 5, 5)], Limit.ORGANISATION),
    ],
)
def test_what_keeps_a_panel_from_being_filled_is_named(people, limit):
    plan = balance([Wanted(1, 2, {one.id: 0.5 for one in people})], people)
    assert plan.limits == {1: limit}
    assert len(plan.chosen[1]) == 1
