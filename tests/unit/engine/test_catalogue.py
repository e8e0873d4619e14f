"""The embedded catalogue: embedding, snapshots that survive anything, work beside other threads."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matcher.engine.catalogue import Catalogue, embed
from matcher.engine.encoder import TextEncoder
from matcher.engine.items import DamagedSnapshot, Differences, Indicator, Item, Profile, Record, Side
from matcher.engine.reference import Reference, fit_reference, unit
from tests.contract.records import record, reference

ROUNDING = 1e-6  # some processors sum up in an order that depends on the batch


def filled(count: int = 60) -> Catalogue:
    catalogue = Catalogue(reference())
    catalogue.upsert([record(number) for number in range(count)])
    return catalogue


def expected(count: int = 60) -> dict[int, str]:
    return {number: record(number).text_hash for number in range(count)}


def needs() -> list[Record]:
    return [record(number, "need") for number in range(500, 510)]


def test_a_snapshot_answers_as_the_catalogue_it_was_taken_of(tmp_path: Path) -> None:
    catalogue = filled()
    catalogue.delete([3])
    catalogue.snapshot(tmp_path, {"applied": 17})
    again = Catalogue.open(tmp_path)
    assert again.note == {"applied": 17}
    assert again.search(needs(), 20) == catalogue.search(needs(), 20)
    assert again.verify(expected()) == Differences(missing=frozenset({3}))
    again.upsert([record(3)])
    assert not again.verify(expected())


def like_real(number: int, side: Side = "offer") -> Record:
    """Return a record whose passages are about as near to its whole text as those of abstracts are (cosine .7)."""
    plain, chance = record(number, side), np.random.default_rng(number)
    noise = chance.standard_normal((4, plain.vectors.shape[1])).astype(np.float32) / 4
    rows = unit(np.concatenate([plain.vectors[:1], plain.vectors[:1] + noise]))
    return replace(plain, vectors=rows, passages=plain.passages[:1] * 5)


def test_the_first_look_at_the_candidates_loses_none_of_the_best() -> None:
    catalogue = Catalogue(reference())
    catalogue.upsert([like_real(number) for number in range(900)])
    asked = [like_real(number, "need") for number in range(1000, 1010)]
    for few, all_ in zip(catalogue.search(asked, 10), catalogue.search(asked, 900, range(900)), strict=True):
        assert [(hit.id, hit.parts) for hit in few] == [(hit.id, pytest.approx(hit.parts)) for hit in all_[:10]]


def test_a_snapshot_is_used_on_while_the_next_takes_its_place(tmp_path: Path) -> None:
    filled().snapshot(tmp_path)
    reader = Catalogue.open(tmp_path)
    before = reader.search(needs(), 5)
    filled(20).snapshot(tmp_path)
    assert reader.search(needs(), 5) == before
    assert len(Catalogue.open(tmp_path)) == 20
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_a_snapshot_of_another_version_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("matcher.engine.catalogue._FORMAT", 1)
        filled().snapshot(tmp_path)
    with pytest.raises(DamagedSnapshot, match="another version"):
        Catalogue.open(tmp_path)


def test_no_snapshot_is_told_as_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(DamagedSnapshot):
        Catalogue.open(tmp_path / "nowhere")


@pytest.mark.parametrize("damage", ["cut", "flipped", "removed"])
def test_damage_to_any_file_is_told(tmp_path: Path, damage: str) -> None:
    filled().snapshot(tmp_path)
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith("."))
    assert len(files) > 8
    for path in files:
        content = path.read_bytes()
        if damage == "cut":
            path.write_bytes(content[: len(content) // 2])
        elif damage == "flipped":
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 0x55]))
        else:
            path.unlink()
        with pytest.raises(DamagedSnapshot):
            Catalogue.open(tmp_path)
        path.write_bytes(content)
    assert len(Catalogue.open(tmp_path)) == 60


def _snapshot_for_ever(folder: Path) -> None:
    catalogue = filled(30)
    while True:
        catalogue.snapshot(folder, {"by": "child"})


def test_a_writer_killed_at_any_moment_leaves_a_whole_snapshot(tmp_path: Path) -> None:
    filled().snapshot(tmp_path)
    context = multiprocessing.get_context("spawn")
    for attempt in range(3):
        writer = context.Process(target=_snapshot_for_ever, args=(tmp_path,))
        writer.start()
        _wait_for(lambda: list(tmp_path.glob(".snapshot-*")))
        time.sleep(0.007 * attempt)
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        assert len(Catalogue.open(tmp_path)) in (30, 60)
    filled(10).snapshot(tmp_path)
    assert len(Catalogue.open(tmp_path)) == 10
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def _wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.002)


def test_a_disk_that_is_full_keeps_the_snapshot_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled().snapshot(tmp_path)

    def full(*_: object) -> int:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            Catalogue.open(tmp_path).snapshot(tmp_path)
    assert len(Catalogue.open(tmp_path)) == 60
    assert not list(tmp_path.glob(".snapshot-*"))


def test_threads_search_while_another_changes() -> None:
    catalogue = filled()
    wrong: list[object] = []

    def ask() -> None:
        try:
            for _ in range(20):
                for hits in catalogue.search(needs(), 10):
                    assert {hit.id for hit in hits} & set(range(10, 60))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        catalogue.delete(range(10))
        catalogue.upsert([record(number) for number in range(10)])
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not catalogue.verify(expected())


def test_a_long_need_finds_by_each_of_its_parts() -> None:
    catalogue = Catalogue(Reference.neutral(16))
    offers = [record(number, language="en") for number in range(300)]  # words cannot help the German need
    catalogue.upsert(offers)
    parts = np.concatenate([offers[at].vectors[:1] for at in (7, 70, 170)])
    asked = replace(record(1, "need", language="de"), vectors=np.concatenate([parts.mean(0, keepdims=True), parts]))
    (hits,) = catalogue.search([asked], 15)
    assert {hit.id for hit in hits} >= {7, 70, 170}


@pytest.mark.model
def test_needs_and_offers_are_embedded_each_in_its_way(encoder: TextEncoder) -> None:
    body = "第一段说明高温合金叶片的涂层。" * 60 + "\n" + "The coating must survive 1,000 h at 1100 °C. " * 40
    items = [
        Item(1, "热障涂层", body, Profile("offer"), ("涂层",), (Indicator("寿命", "ge", 1000, unit="h"),)),
        Item(2, "热障涂层", "", Profile("need")),
        Item(3, "热障涂层", "", Profile("offer")),
        Item(4, "", "", Profile("need")),
    ]
    long, need, offer, empty = embed(items, encoder)
    assert [each.item for each in (long, need, offer, empty)] == items
    assert len(long.vectors) == len(long.passages) > 5
    np.testing.assert_allclose(np.linalg.norm(long.vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(need.vectors, encoder.encode_needs(["热障涂层"]), atol=ROUNDING)
    np.testing.assert_allclose(offer.vectors, encoder.encode_offers(["热障涂层"]), atol=ROUNDING)
    assert np.isfinite(empty.vectors).all()
    assert embed([], encoder) == []
    again = Record.from_bytes(items[0], long.to_bytes())
    np.testing.assert_array_equal(again.vectors, long.vectors)
    assert (again.passages, again.tokens, again.text_hash) == (long.passages, long.tokens, long.text_hash)


@pytest.mark.parametrize("data", [b"", b"rec1", b"rec1" + b"\xff" * 12, b"\x00" * 100, json.dumps([1, 2]).encode()])
def test_bytes_that_are_no_record_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="stored record"):
        Record.from_bytes(record(1).item, data)


@pytest.mark.model
def test_a_record_does_not_depend_on_the_items_beside_it(encoder: TextEncoder) -> None:
    items = [Item(at, f"项目{at}", "热障涂层的制备。" * at, Profile("offer")) for at in range(1, 40, 6)]
    together = embed(items, encoder)
    for item, beside in zip(items, together, strict=True):
        (alone,) = embed([item], encoder)
        np.testing.assert_allclose(alone.vectors, beside.vectors, atol=ROUNDING)


@pytest.mark.model
def test_a_chinese_need_finds_results_of_other_languages_before_unrelated_chinese_ones(encoder: TextEncoder) -> None:
    answers = {
        1: (
            "en",
            "Thermal barrier coatings for turbine blades",
            "Yttria-stabilised zirconia coatings for hot gas paths.",
        ),
        2: ("de", "Wärmedämmschichten für Turbinenschaufeln", "Keramische Schichten für Hochtemperaturbauteile."),
        3: ("zh", "涡轮叶片热障涂层", "氧化钇稳定氧化锆涂层，用于高温部件。"),
    }
    others = [
        "水稻育种",
        "牙科种植体",
        "轨道交通信号",
        "锂电池回收",
        "肿瘤疫苗",
        "脑机接口解码",
        "城市排水",
        "茶叶加工",
    ]
    offers = [Item(key, title, body, Profile("offer", language=lang)) for key, (lang, title, body) in answers.items()]
    offers += [
        Item(10 + at, f"{name}技术", f"关于{name}的方法。", Profile("offer", language="zh"))
        for at, name in enumerate(others)
    ]
    needs = [
        Item(at, f"{name}的需求", "", Profile("need", language="zh"))
        for at, name in enumerate([*others, "叶片热障涂层"])
    ]
    offered, asked = embed(offers, encoder), embed(needs, encoder)
    catalogue = Catalogue(fit_reference(offered, asked, encoder.dimension))
    catalogue.upsert(offered)
    (hits,) = catalogue.search(asked[-1:], 3)
    assert {hit.id for hit in hits} == {1, 2, 3}
