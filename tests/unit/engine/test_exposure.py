"""Exploration by lot, and how evenly attention falls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine.exposure import draw, gini, neglected, places

OWNED = st.dictionaries(st.integers(1, 20), st.integers(1, 50), min_size=1)


def test_even_attention_has_a_gini_of_nought() -> None:
    assert gini({1: 10, 2: 20}, {1: 1, 2: 2}) == pytest.approx(0.0)


def test_all_attention_on_one_of_ten_has_a_gini_near_one() -> None:
    assert gini({1: 10}, dict.fromkeys(range(10), 1)) == pytest.approx(0.9)


def test_nothing_shown_is_not_uneven() -> None:
    assert gini({}, {1: 3}) == 0.0
    assert neglected({}, {1: 3}) == frozenset()


@given(OWNED, st.dictionaries(st.integers(1, 20), st.integers(0, 100)))
def test_a_gini_lies_between_nought_and_one(owned: dict[int, int], shown: dict[int, int]) -> None:
    assert 0 <= gini(shown, owned) <= 1


def test_who_is_shown_less_than_half_of_an_even_share_is_neglected() -> None:
    assert neglected({1: 60, 2: 35, 3: 5}, {1: 1, 2: 1, 3: 1}) == {3}


@pytest.mark.parametrize(("shown", "share"), [(10, 0.1), (3, 0.1), (4, 0.3), (1, 0.5)])
def test_places_for_exploration_follow_the_share_over_many_needs(shown: int, share: float) -> None:
    found = [places(need, shown, share) for need in range(2000)]
    assert sum(found) / (2000 * shown) == pytest.approx(share, abs=0.01 if shown > 1 else 0.03)
    assert max(found) - min(found) <= 1
    assert found == [places(need, shown, share) for need in range(2000)]


def test_without_a_share_or_anything_to_show_nothing_is_explored() -> None:
    assert {places(need, 10, 0.0) for need in range(50)} == {places(need, 0, 0.5) for need in range(50)} == {0}


def test_the_lot_falls_on_the_same_ones_again() -> None:
    candidates = list(range(100, 140))
    owners = dict.fromkeys(candidates, 1)
    first = draw(7, candidates, owners, (), 3)
    assert draw(7, candidates[::-1], owners, (), 3) == first
    assert draw(7, [one for one in candidates if one not in first[2:]], owners, (), 2) == first[:2]
    assert draw(8, candidates, owners, (), 3) != first


def test_neglected_owners_come_first() -> None:
    owners = {10: 1, 11: 1, 12: 2, 13: 1}
    assert draw(1, list(owners), owners, {2}, 1) == [12]
