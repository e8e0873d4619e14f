"""Items as they are scored, kept in files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.engine import store as stores
from matcher.engine.features import Facts
from matcher.engine.items import Indicator, Profile
from matcher.engine.store import ItemStore, StoredItem, differences, digest_of

DIMENSION = 8


def item(number: int, version: int = 0, rows: int = 3) -> StoredItem:
    chance = np.random.default_rng([number, version])
    vectors = chance.standard_normal((rows, DIMENSION)).astype(np.float32)
    vectors[1:] = vectors[1:].astype(np.float16)
    facts = Facts(
        Profile("offer", fields=frozenset({"新材料", f"f{version}"}), trl=version, amount_low=0.1),
        (Indicator("孔隙率", "le", 0.5, unit="%"),),
    )
    return StoredItem.of(number, digest_of(f"{number}:{version}"), "zh", hubness_of(number), vectors, facts)


def hubness_of(number: int) -> float:
    return number / 16


def assert_same(left: StoredItem, right: StoredItem) -> None:
    np.testing.assert_array_equal(left.rows, right.rows)
    assert (left.id, left.digest, left.language, left.hubness, left.facts) == (
        right.id, right.digest, right.language, right.hubness, right.facts,
    )  # fmt: skip


def test_items_come_back_as_they_were_put() -> None:
    store = ItemStore(DIMENSION)
    items = [item(number, rows=rows) for number, rows in ((5, 1), (2, 4), (9, 1000))]  # the last is read in two steps
    store.put(items)
    for there, back in zip(items, store.read([5, 2, 9]), strict=True):
        assert_same(there, back)
    np.testing.assert_array_equal(store.first_rows([9, 5]), [items[2].rows[0], items[0].rows[0]])
    assert store.ids().tolist() == [2, 5, 9]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "remove", "reopen"]), st.sets(st.integers(0, 20), max_size=8)), max_size=12
    )
)
def test_any_changes_leave_what_a_dictionary_would(tmp_path_factory: pytest.TempPathFactory, changes) -> None:
    store, expected = ItemStore(DIMENSION), {}
    for version, (change, ids) in enumerate(changes):
        if change == "put":
            store.put([item(number, version) for number in ids])
            expected |= dict.fromkeys(ids, version)
        elif change == "remove":
            assert store.remove(ids) == len(ids & expected.keys())
            expected = {number: known for number, known in expected.items() if number not in ids}
        else:
            folder = tmp_path_factory.mktemp("store")
            store.save(folder)
            store = ItemStore.load(folder, DIMENSION)
    assert store.ids().tolist() == sorted(expected)
    for number, back in zip(sorted(expected), store.read(sorted(expected)), strict=True):
        assert_same(item(number, expected[number]), back)
    np.testing.assert_array_equal(store.hubness(store.ids()), [hubness_of(number) for number in sorted(expected)])


def test_space_of_replaced_items_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_WORTH_REWRITING", 1000)
    store = ItemStore(DIMENSION)
    for version in range(50):
        store.put([item(number, version) for number in range(5)])
    assert store._end < 20_000
    assert_same(store.read([3])[0], item(3, 49))


def test_a_full_disk_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ItemStore(DIMENSION)
    store.put([item(1)])

    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            store.put([item(1, 7), item(2)])
    assert store.ids().tolist() == [1]
    assert_same(store.read([1])[0], item(1))
    store.put([item(2)])
    assert_same(store.read([2])[0], item(2))


def test_a_snapshot_stays_readable_after_it_was_removed(tmp_path: Path) -> None:
    store = ItemStore(DIMENSION)
    store.put([item(1)])
    store.save(tmp_path / "items")
    again = ItemStore.load(tmp_path / "items", DIMENSION)
    for path in (tmp_path / "items").iterdir():
        path.unlink()
    assert_same(again.read([1])[0], item(1))


def test_differences_name_missing_surplus_and_changed() -> None:
    stored = [(1, digest_of("a")), (2, digest_of("b")), (3, digest_of("c"))]
    assert differences(stored, {1: "a", 2: "x", 4: "d"}) == ({4}, {3}, {2})
