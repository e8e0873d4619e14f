"""Nearest vectors at every size, after any changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from matcher.engine import vectors
from matcher.engine.items import BadVectors, DamagedSnapshot
from matcher.engine.vectors import VectorIndex

DIMENSION = 24


def made(ids) -> np.ndarray:
    rows = np.stack([np.random.default_rng(int(key)).standard_normal(DIMENSION) for key in ids]).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def index(exact_up_to: int = 50_000) -> VectorIndex:
    return VectorIndex(DIMENSION, made, exact_up_to=exact_up_to)


def exact(ids, queries, k: int) -> np.ndarray:
    ids = np.asarray(sorted(ids))
    return ids[np.argsort(-(queries @ made(ids).T), axis=1, kind="stable")[:, :k]]


class AnyOrderOfChanges(RuleBasedStateMachine):
    """Compares an index of each kind with a plain dictionary of versions."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[int, int] = {}
        self.indexes = [self.fresh(50_000), self.fresh(60)]

    def rows_of(self, ids) -> np.ndarray:
        return made([key * 1000 + self.versions[int(key)] for key in ids])

    def fresh(self, exact_up_to: int) -> VectorIndex:
        return VectorIndex(DIMENSION, self.rows_of, exact_up_to=exact_up_to)

    @rule(ids=st.sets(st.integers(0, 150), min_size=1, max_size=60), version=st.integers(0, 3))
    def upsert(self, ids: set[int], version: int) -> None:
        self.versions |= dict.fromkeys(ids, version)
        for each in self.indexes:
            each.upsert(sorted(ids), self.rows_of(sorted(ids)))

    @rule(ids=st.sets(st.integers(0, 160), max_size=20))
    def delete(self, ids: set[int]) -> None:
        here = ids & self.versions.keys()
        for key in here:
            del self.versions[key]
        assert [each.delete(ids) for each in self.indexes] == [len(here)] * 2

    @rule(allowed=st.none() | st.sets(st.integers(0, 160), max_size=30), query=st.integers(0, 50))
    def search(self, allowed: set[int] | None, query: int) -> None:
        among = self.versions.keys() if allowed is None else self.versions.keys() & allowed
        for each in self.indexes:
            ids, scores = each.search(made([-query % 2**32]), 200, allowed)
            found = ids[0][ids[0] >= 0].tolist()
            assert sorted(found) == sorted(among) or (allowed is None and each.probes)  # lists not visited
            assert set(found) <= set(among)
            assert (np.diff(scores[0][: len(found)]) <= 0).all()
            if found:
                expected = self.rows_of(found) @ made([-query % 2**32])[0]
                np.testing.assert_allclose(scores[0][: len(found)], expected, atol=0.02)

    @invariant()
    def holds_the_same(self) -> None:
        for each in self.indexes:
            assert len(each) == len(self.versions)
            assert all(key in each for key in self.versions)


AnyOrderOfChanges.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestAnyOrderOfChanges = AnyOrderOfChanges.TestCase


def test_a_small_index_is_exact() -> None:
    ids = list(range(500))
    small = index()
    small.upsert(ids, made(ids))
    queries = made(range(10_000, 10_020))
    assert small.kind == "exact"
    np.testing.assert_array_equal(small.search(queries, 20)[0], exact(ids, queries, 20))


def test_a_large_index_has_the_recall_that_it_measured() -> None:
    ids = np.arange(6000)
    large = index(exact_up_to=5000)
    large.upsert(ids, made(ids))
    queries = made(range(10_000, 10_100))
    found = large.search(queries, 50)[0]
    recall = np.mean([len(set(a) & set(b)) / 50 for a, b in zip(found, exact(ids, queries, 50), strict=True)])
    assert "IVF64,SQ8" in large.kind
    assert recall >= 0.96
    assert large.recall >= 0.98


def test_one_query_alone_finds_what_it_finds_in_a_batch() -> None:
    ids = np.arange(3000)
    large = index(exact_up_to=2000)
    large.upsert(ids, made(ids))
    queries = made(range(10_000, 10_010))
    together = large.search(queries, 10)
    for at, query in enumerate(queries):
        np.testing.assert_array_equal(large.search(query[None, :], 10)[0][0], together[0][at])


@pytest.mark.parametrize("exact_up_to", [50_000, 100])
def test_queries_dealt_out_among_the_cores_find_what_one_core_finds(
    monkeypatch: pytest.MonkeyPatch, exact_up_to: int
) -> None:
    built = index(exact_up_to)
    built.upsert(range(1200), made(range(1200)))
    queries = made(range(5000, 5041))
    alone, scores = built.search(queries, 10)
    monkeypatch.setattr(vectors, "WORTH_SHARING", 0)
    together, same = built.search(queries, 10)
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(same, scores, atol=1e-6)


def test_exact_vectors_are_at_hand_until_there_are_lists() -> None:
    ids = np.array([7, 3, 900])
    small, large = index(), index(100)
    for each in (small, large):
        each.upsert(range(1200), made(range(1200)))
    np.testing.assert_array_equal(small.at_hand(ids), made(ids))
    assert large.at_hand(ids) is None


def test_an_index_larger_than_its_lists_were_made_for_is_trained_anew() -> None:
    growing = index(exact_up_to=200)
    growing.upsert(range(300), made(range(300)))
    before = growing.kind
    growing.upsert(range(300, 1500), made(range(300, 1500)))
    assert growing.kind != before
    assert len(growing.search(made([0]), 1)[0]) == 1


def test_equal_scores_are_ordered_by_id() -> None:
    twins = index()
    twins.upsert([9, 3, 5], np.repeat(made([1]), 3, axis=0))
    assert twins.search(made([1]), 3)[0].tolist() == [[3, 5, 9]]


@pytest.mark.parametrize("exact_up_to", [50_000, 500])
def test_a_snapshot_takes_changes_and_is_saved_again(tmp_path: Path, exact_up_to: int) -> None:
    first = index(exact_up_to)
    first.upsert(range(1000), made(range(1000)))
    first.save(tmp_path / "one")
    second = VectorIndex.load(tmp_path / "one", DIMENSION, made)
    assert second.kind == first.kind
    queries = made(range(10_000, 10_005))
    np.testing.assert_array_equal(second.search(queries, 10, range(1000))[0], first.search(queries, 10, range(1000))[0])
    second.delete([1, 2])
    second.upsert([2, 5000], made([2, 5000]))
    assert second.search(made([1]), 1, range(9999))[0][0][0] != 1
    assert second.search(made([2]), 1)[0][0][0] == 2
    second.save(tmp_path / "two")
    third = VectorIndex.load(tmp_path / "two", DIMENSION, made)
    assert len(third) == 1000
    assert third.search(made([5000]), 1)[0].tolist() == [[5000]]
    assert 1 not in third.search(queries, 1000, range(9999))[0]


def test_many_changes_are_merged_into_the_snapshot(tmp_path: Path) -> None:
    first = index(exact_up_to=500)
    first.upsert(range(1000), made(range(1000)))
    first.save(tmp_path / "one")
    second = VectorIndex.load(tmp_path / "one", DIMENSION, made)
    assert second.delete(range(400)) == 400
    second.upsert([2000], made([2000]))
    assert not second._dead
    assert len(second) == second._base.ntotal == 601


@pytest.mark.parametrize("name", ["vectors.faiss", "ids.npy", "vectors.json"])
def test_a_damaged_snapshot_is_told(tmp_path: Path, name: str) -> None:
    whole = index(exact_up_to=500)
    whole.upsert(range(1000), made(range(1000)))
    whole.save(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DamagedSnapshot):
        VectorIndex.load(tmp_path, DIMENSION, made)


def test_a_snapshot_of_another_dimension_is_told(tmp_path: Path) -> None:
    whole = index()
    whole.upsert([1], made([1]))
    whole.save(tmp_path)
    with pytest.raises(DamagedSnapshot):
        VectorIndex.load(tmp_path, DIMENSION + 1, made)


@pytest.mark.parametrize(
    "bad", [np.full((1, DIMENSION), np.nan, np.float32), np.ones((1, 7), np.float32), np.ones(DIMENSION, np.float32)]
)
def test_vectors_that_cannot_be_compared_are_refused(bad: np.ndarray) -> None:
    small = index()
    with pytest.raises(BadVectors):
        small.upsert([1], bad)
    with pytest.raises(BadVectors):
        small.search(bad, 1)
    assert len(small) == 0


def test_changes_made_while_lists_are_trained_aside_are_in_them() -> None:
    asked = []
    searched = VectorIndex(DIMENSION, made, exact_up_to=500, train=asked.append)
    searched.upsert(range(600), made(range(600)))
    (training,) = asked
    assert searched.is_training
    training.run(lambda ids: (ids, made(ids)))
    searched.delete(range(50))
    searched.upsert([7, 1000], made([7, 1000]))
    assert searched.kind == "exact"  # the old index answers until the new one is put in its place
    searched.adopt(training)
    assert "IVF" in searched.kind
    assert not searched.is_training
    found = searched.search(made([7]), 600, range(2000))[0][0]
    assert set(found[found >= 0].tolist()) == {7, 1000, *range(50, 600)}


def test_a_training_that_failed_leaves_what_was_searched() -> None:
    asked = []
    searched = VectorIndex(DIMENSION, made, exact_up_to=500, train=asked.append)
    searched.upsert(range(600), made(range(600)))
    searched.give_up()
    assert searched.search(made([5]), 1)[0].tolist() == [[5]]
    searched.upsert([900], made([900]))
    assert len(asked) == 2  # tried again
