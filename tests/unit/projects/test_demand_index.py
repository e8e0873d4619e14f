"""The demand index: between 0 and 100, grows with every part, and says how much its order depends on the weights."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.projects.topics.demand_index import (
    DEFAULT_WEIGHTS,
    PARTS,
    Asked,
    index_of,
    normalised,
    parts_of,
    rank_ranges,
)

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
TODAY = date(2026, 11, 23)
shares = st.floats(0, 1)
parts = st.fixed_dictionaries(dict.fromkeys(PARTS, shares))
weights = st.fixed_dictionaries(dict.fromkeys(PARTS, st.integers(0, 100))).filter(lambda one: any(one.values()))
needs = st.lists(
    st.builds(
        Asked,
        owner=st.integers(1, 9),
        is_chain_leader=st.booleans(),
        city=st.sampled_from(["510100", "500000", "510700"]),
        budget=st.none() | st.decimals(0, 10**10, places=2),
        deadline=st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
        is_emerging=st.booleans(),
        published_at=st.none() | st.integers(0, 900).map(lambda days: NOW - timedelta(days=days)),
        best=shares,
    ),
    max_size=12,
)


def one(**changes):
    return Asked(
        **{
            "owner": 1,
            "is_chain_leader": False,
            "city": "510100",
            "budget": Decimal(1_000_000),
            "deadline": date(2028, 1, 1),
            "is_emerging": False,
            "published_at": NOW - timedelta(days=10),
            "best": 0.5,
        }
        | changes
    )


def parts_now(*asked):
    return parts_of(asked, NOW, TODAY)


@given(needs)
def test_every_part_lies_between_nothing_and_everything(asked):
    found = parts_now(*asked)
    assert set(found) == set(PARTS)
    assert all(0 <= value <= 1 for value in found.values())


@given(parts, weights)
def test_the_index_lies_between_0_and_100(values, given_weights):
    assert 0 <= index_of(values, given_weights) <= 100


@given(parts, weights, st.sampled_from(sorted(PARTS)), shares)
def test_the_index_never_falls_when_a_part_grows(values, given_weights, name, more):
    higher = values | {name: max(values[name], more)}
    assert index_of(higher, given_weights) >= index_of(values, given_weights) - 1e-9


@given(parts, weights, st.integers(2, 7))
def test_only_the_proportions_of_the_weights_count(values, given_weights, times):
    larger = {name: value * times for name, value in given_weights.items()}
    assert sum(normalised(given_weights).values()) == pytest.approx(1)
    assert index_of(values, larger) == pytest.approx(index_of(values, given_weights))


@pytest.mark.parametrize(
    "wrong", [dict.fromkeys(PARTS, 0), {"money": 5}, DEFAULT_WEIGHTS | {"gap": -1}, DEFAULT_WEIGHTS | {"luck": 3}]
)
def test_weights_that_say_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="weights"):
        normalised(wrong)


def test_the_weights_of_the_program_add_up_to_100():
    assert sum(DEFAULT_WEIGHTS.values()) == 100


@pytest.mark.parametrize(
    ("part", "less", "more"),
    [
        ("enterprises", [one()], [one(), one(owner=2)]),
        ("enterprises", [one(), one(owner=2)], [one(is_chain_leader=True)]),
        ("money", [one()], [one(budget=Decimal(2_000_000))]),
        ("money", [one(budget=None)], [one(budget=Decimal(200_000))]),
        ("urgency", [one(deadline=None)], [one()]),
        ("urgency", [one()], [one(deadline=date(2027, 6, 1))]),
        ("regions", [one(), one(owner=2)], [one(), one(owner=2, city="500000")]),
        ("emerging", [one(), one(is_emerging=True)], [one(is_emerging=True)]),
        ("growth", [one(published_at=NOW - timedelta(days=100))], [one()]),
        ("gap", [one(best=0.9)], [one(best=0.0)]),
    ],
)
def test_a_part_is_higher_where_there_is_more_of_what_it_measures(part, less, more):
    assert parts_now(*less)[part] < parts_now(*more)[part]


def test_several_needs_of_one_enterprise_count_as_one_enterprise():
    assert parts_now(one(), one())["enterprises"] == parts_now(one())["enterprises"]


@settings(deadline=None, max_examples=30)
@given(st.lists(parts, min_size=1, max_size=6), weights)
def test_the_place_of_a_group_lies_in_its_range(rows, given_weights):
    for place in rank_ranges(rows, given_weights):
        assert 1 <= place.best <= place.rank <= place.worst <= len(rows)


@settings(deadline=None, max_examples=30)
@given(st.lists(parts, min_size=2, max_size=4), weights)
def test_a_place_that_other_weights_within_the_change_give_lies_in_the_range(rows, given_weights):
    ranges = rank_ranges(rows, given_weights)
    for factors in list(product((0.85, 1.15), repeat=len(PARTS)))[::17]:
        moved = {
            name: round(value * factor * 1000)
            for (name, value), factor in zip(given_weights.items(), factors, strict=True)
        }
        scores = [index_of(row, moved) for row in rows]
        for score, place in zip(scores, ranges, strict=True):
            # Scores that differ by less than rounding does may stand either way.
            assert 1 + sum(other > score + 1e-3 for other in scores) <= place.worst
            assert place.best <= sum(other > score - 1e-3 for other in scores)
