"""Grouping: alike needs together, different ones apart, people's choices kept, the same groups at every run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from matcher.projects.topics.grouping import SAME, claim, group, neighbours
from matcher.projects.topics.likeness import Collection, likeness, shared_indicators


def collection(subjects, *, owners=None, noise=0.2, answers=None, seed=1):
    """Return needs whose vectors lie around those of their subjects; each subject has words and answers of its own."""
    chance = np.random.default_rng(seed)
    kinds = sorted(set(subjects)) or ["nothing"]
    centres = chance.standard_normal((len(kinds), 64))
    rows = np.array([centres[kinds.index(s)] + noise * chance.standard_normal(64) for s in subjects]).reshape(-1, 64)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    own = np.array([[float(kind == s) for kind in kinds] for s in subjects]).reshape(len(subjects), len(kinds))
    return Collection(
        ids=list(range(1, len(subjects) + 1)),
        vectors=rows,
        words=csr_matrix(own * 0.5),
        answers=csr_matrix(own if answers is None else answers),
        owners=np.array(owners or range(100, 100 + len(subjects))),
        sections=np.array(["C"] * len(subjects), np.str_),
        demands=[()] * len(subjects),
    )


def groups(needs, before=None, pinned=(), same=SAME):
    return [sorted(members) for members in group(needs, before or {}, set(pinned), same)]


def test_needs_that_ask_for_the_same_come_together_and_others_stay_alone():
    assert groups(collection("aabcab")) == [[1, 2, 5], [3, 6], [4]]


def test_nothing_and_one_need_are_grouped_too():
    assert groups(collection("")) == []
    assert groups(collection("a")) == [[1]]


def test_copies_come_together_even_within_one_organisation():
    needs = collection("aa", noise=0, owners=[7, 7])
    assert groups(needs) == [[1, 2]]


def test_two_needs_of_one_organisation_must_be_more_alike_than_those_of_two():
    pair = np.array([0]), np.array([1])
    apart, together = collection("aa", owners=[7, 8]), collection("aa", owners=[7, 7])
    assert likeness(together, *pair) == pytest.approx(likeness(apart, *pair) - 0.3)


def test_needs_that_nothing_answers_are_judged_by_their_texts():
    pair = np.array([0]), np.array([1])
    unanswered = collection("aa", answers=np.zeros((2, 1)))
    other_answers = collection("aa", answers=np.eye(2))
    assert likeness(unanswered, *pair) == pytest.approx(likeness(other_answers, *pair) + 0.3)


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.integers(0, 5))
@settings(deadline=None, max_examples=20)
def test_every_need_is_in_exactly_one_group(subjects, seed):
    found = groups(collection(subjects, seed=seed))
    assert sorted(need for members in found for need in members) == list(range(1, len(subjects) + 1))


def test_a_second_run_changes_nothing():
    needs = collection("abcabcaab", noise=0.5)
    first = groups(needs)
    topics = {need: number for number, members in enumerate(first, 1) for need in members if len(members) > 1}
    assert groups(needs, topics) == first


def test_a_group_does_not_flicker_when_its_likeness_falls_a_little():
    needs = collection("aa", noise=0.2)
    strength = float(likeness(needs, np.array([0]), np.array([1]))[0])
    assert groups(needs, same=strength + 0.05) == [[1], [2]]
    assert groups(needs, {1: 4, 2: 4}, same=strength + 0.05) == [[1, 2]]


def test_what_people_put_together_stays_together_however_different():
    assert groups(collection("abc"), {1: 4, 2: 4}, pinned={1, 2}) == [[1, 2], [3]]


def test_what_people_took_apart_stays_apart_however_alike():
    assert groups(collection("aa", noise=0), {1: 4, 2: 5}, pinned={1, 2}) == [[1], [2]]


def test_a_newcomer_joins_whichever_need_of_a_merged_topic_it_is_like():
    assert groups(collection("abb"), {1: 4, 2: 4}, pinned={1, 2}) == [[1, 2, 3]]


@given(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=10),
    st.dictionaries(st.integers(1, 10), st.integers(1, 3)),
    st.integers(0, 3),
)
@settings(deadline=None, max_examples=25)
def test_no_grouping_overrules_people(subjects, placed, seed):
    placed = {need: topic for need, topic in placed.items() if need <= len(subjects)}
    found = groups(collection(subjects, seed=seed), placed, placed)
    of = {need: at for at, members in enumerate(found) for need in members}
    for one in placed:
        for other in placed:
            assert (of[one] == of[other]) is (placed[one] == placed[other])


def test_a_chain_of_half_likenesses_joins_nothing():
    rows = np.zeros((3, 8), np.float32)
    for at, angle in enumerate((0, 0.9, 1.8)):  # neighbours have a cosine of 0.62, the ends of -0.23
        rows[at, :2] = np.cos(angle), np.sin(angle)
    needs = collection("abc")
    needs = Collection(needs.ids, rows, needs.words, needs.answers, needs.owners, needs.sections, needs.demands)
    found = groups(needs, same=0.7)
    assert [1, 2, 3] not in found


def test_a_topic_is_continued_by_the_group_that_holds_most_of_it():
    before = {1: 4, 2: 4, 3: 4, 4: 5}
    assert claim([[1, 9], [2, 3, 4], [8]], before, set()) == [None, 4, None]


def test_where_people_placed_a_need_the_topic_goes_on():
    before = {1: 4, 2: 4, 3: 4}
    assert claim([[1], [2, 3]], before, {1}) == [4, None]


def test_neighbours_are_pairs_told_once():
    one, other = neighbours(collection("aabb").vectors, k=2)
    pairs = list(zip(one.tolist(), other.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert all(low < high for low, high in pairs)


def test_indicators_of_one_quantity_are_shared_under_any_usual_name():
    assert shared_indicators(["抗拉强度", "孔隙率"], ["拉伸强度"]) == pytest.approx(0.59, abs=0.01)
    assert shared_indicators(["孔隙率"], []) == 0
