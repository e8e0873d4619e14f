"""The bench measures what it says: the same collections everywhere, contestants that answer or say why not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from matcher.engine.bench import data
from matcher.engine.bench.process import Contestant, ContestantFailed
from matcher.engine.bench.report import END, START, Report, write_between_marks
from matcher.engine.bench.run import CannotMeasure, Options, measure
from matcher.engine.bench.texts import mixed


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> data.Collection:
    folder = tmp_path_factory.mktemp("bench")
    data.make(folder, 1500)
    return data.read(folder)


def test_made_up_items_are_alike_in_size_and_nearness_to_real_ones(collection):
    assert np.allclose(np.linalg.norm(collection.vectors, axis=1), 1, atol=1e-5)
    cosines = np.sort(collection.vectors[:1000] @ collection.vectors[:1000].T, axis=1)
    assert 0.3 < cosines[:, -2].mean() < 0.45  # of a thousand real abstracts: .36
    assert 0.1 < cosines[:, -50].mean() < 0.2  # .15
    words = [len(collection.texts[at].split()) for at in range(200)]
    assert 120 < np.median(words) < 180
    assert len(collection.need_texts[0].split()) == data.NEED_WORDS


def test_a_collection_is_the_same_wherever_it_is_made(collection, tmp_path):
    data.make(tmp_path, 1500)
    again = data.read(tmp_path)
    assert np.array_equal(again.vectors, collection.vectors)
    assert again.texts[77] == collection.texts[77]


def test_passages_are_near_the_text_they_are_of(collection):
    rows = data.passages(np.asarray(collection.vectors[:50]), 4, 0)
    assert np.allclose(rows[:, 0], collection.vectors[:50], atol=1e-5)
    assert 0.6 < np.einsum("nd,npd->np", rows[:, 0], rows[:, 1:]).mean() < 0.8


def test_texts_to_be_encoded_are_short_and_long_and_never_twice_the_same():
    texts = mixed(60, seed=1) + mixed(60, seed=2)
    lengths = sorted(map(len, texts))
    assert lengths[10] < 60
    assert lengths[-10] > 500
    assert len(set(texts)) == 120


def test_a_contestant_that_cannot_do_something_says_why(tmp_path):
    rival = Contestant("somebody", Path(sys.executable), "matcher.engine.bench.plain", 1, tmp_path / "log")
    try:
        with pytest.raises(ContestantFailed, match=r"somebody: .*nowhere"):
            rival.ask("build", folder=str(tmp_path / "nowhere"))
    finally:
        rival.stop()


def test_a_contestant_that_died_is_told(tmp_path):
    rival = Contestant("nobody", Path(sys.executable), "matcher.engine.bench.not_there", 1, tmp_path / "log")
    with pytest.raises(ContestantFailed, match="has stopped"):
        rival.ask("load")
    rival.stop()


def test_the_engine_finds_what_was_added_and_not_what_was_removed(tmp_path):
    data.make(tmp_path, 1500)
    ours = Contestant("ours", Path(sys.executable), "matcher.engine.bench.ours", 1, tmp_path / "log")
    try:
        assert ours.ask("build", folder=str(tmp_path))["kind"] == "exact"
        ours.ask("open", folder=str(tmp_path))
        assert ours.ask("recall")["recall"] == 1
        assert ours.ask("hybrid_batch", count=3)["found"] == 30
        assert len(ours.ask("change", count=2)["add"]) == 2
    finally:
        ours.stop()


def test_one_collection_after_the_other_is_measured(tmp_path):
    ours = Contestant("ours", Path(sys.executable), "matcher.engine.bench.ours", 1, tmp_path / "log")
    try:
        for count in (1500, 1000):
            folder = tmp_path / str(count)
            data.make(folder, count)
            ours.ask("build", folder=str(folder))
            assert ours.ask("open", folder=str(folder))["items"] == count
            assert ours.ask("recall")["recall"] == 1
    finally:
        ours.stop()


def test_too_little_space_is_told_before_anything_is_measured(tmp_path):
    with pytest.raises(CannotMeasure, match="--size"):
        measure(Options(models=tmp_path, sizes=(10**12,), keep=tmp_path), print)


def test_tables_are_written_between_their_marks(tmp_path):
    report = Report(threads=2)
    report.add(10_000, "searching", "ours", 12.5, "ms")
    report.rate("encode_vs_plain", 2.0)
    path = tmp_path / "performance.md"
    path.write_text(f"# Speed\n\nBefore.\n\n{START}\nold\n{END}\n\nAfter.\n", "utf-8")
    write_between_marks(path, report.to_markdown())
    text = path.read_text("utf-8")
    assert "old" not in text
    assert text.index("Before.") < text.index("| 10,000 | searching | ms | 12.5 |") < text.index("After.")
    said = report.to_json()
    assert said["ratios"] == {"encode_vs_plain": 2.0}
    assert said["machine"]["threads"] == 2
    assert "faiss-cpu" in said["versions"]
