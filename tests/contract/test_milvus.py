"""What the catalogue on Milvus promises beyond the contract: the same answers, shared, and a clear word when it is away."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matcher.engine.items import Record, Unavailable
from matcher.engine.milvus import MilvusCatalogue
from matcher.engine.milvus_schema import collection_name
from matcher.engine.reference import Reference, unit
from tests.contract.conftest import Embedded
from tests.contract.records import DIMENSION, WORDS, record, reference
from tests.contract.servers import LiteServer


def offers(count: int) -> list[Record]:
    languages = ("zh", "zh", "de", "")
    return [record(number, language=languages[number % 4], trl=number % 9 + 1) for number in range(count)]


def needs(count: int) -> list[Record]:
    return [record(number, "need", language=("zh", "de", "")[number % 3], trl=5) for number in range(500, 500 + count)]


def test_rankings_and_scores_are_those_of_the_embedded_catalogue(milvus: LiteServer, embedded: Embedded) -> None:
    here, there = embedded(reference()), milvus.catalogue(reference())
    # As few as the embedded one reads whole at once: its first look at more of them would leave out some of these items,
    # whose passages have nothing to do with their whole text.
    for catalogue in (here, there):
        catalogue.upsert(offers(200))
        catalogue.delete(range(0, 200, 7))
        catalogue.upsert([record(number, seed=1000 + number) for number in range(0, 200, 11)])
    for allowed in (None, set(range(150)), {1, 2, 3}):
        for ours, theirs in zip(here.search(needs(6), 30, allowed), there.search(needs(6), 30, allowed), strict=True):
            assert [hit.id for hit in theirs] == [hit.id for hit in ours]
            for left, right in zip(ours, theirs, strict=True):
                assert right.parts == pytest.approx(left.parts, abs=1e-4)


def test_statistics_of_terms_are_those_of_the_embedded_catalogue(milvus: LiteServer, embedded: Embedded) -> None:
    here, there = embedded(reference()), milvus.catalogue(reference())
    for catalogue in (here, there):
        catalogue.upsert(offers(40))
        catalogue.delete(range(10))
    query, item = needs(1)[0], offers(40)[20]
    assert there.contributions(query, item) == here.contributions(query, item)
    assert there.statistics("zh").chance(WORDS) == pytest.approx(here.statistics("zh").chance(WORDS))
    assert len(there.statistics("ja")) == 0


def test_what_was_written_is_there_after_the_server_was_started_again(milvus: LiteServer) -> None:
    before = milvus.catalogue(reference())
    before.upsert(offers(20))
    before.snapshot(note={"applied": 17})
    found = before.search(needs(2), 5)
    milvus.restart()
    after = milvus.catalogue(reference(), "made-up-0")
    assert after.name == before.name
    assert after.note == {"applied": 17}
    assert [[hit.id for hit in hits] for hits in after.search(needs(2), 5)] == [
        [hit.id for hit in hits] for hits in found
    ]
    assert not after.verify({item.item.id: item.text_hash for item in offers(20)})


def test_every_process_sees_what_another_wrote_at_once(milvus: LiteServer) -> None:
    writer, reader = milvus.catalogue(reference(), "shared"), milvus.catalogue(reference(), "shared")
    query = needs(1)[0]
    writer.upsert(offers(5))
    assert len(reader.search([query], 10)[0]) == 5
    writer.upsert([record(7), record(3, seed=77)])
    assert reader.search([query], 10) == writer.search([query], 10)
    writer.delete([3])
    assert 3 not in reader


def test_facts_that_change_without_the_text_count_at_once(milvus: LiteServer) -> None:
    catalogue = milvus.catalogue(reference())
    catalogue.upsert([record(1, trl=9)])
    query = record(2, "need", trl=9)
    assert catalogue.search([query], 1)[0][0].parts["trl"] == 1
    catalogue.upsert([record(1, trl=3)])
    assert catalogue.search([query], 1)[0][0].parts["trl"] == -1


def test_very_long_items_and_needs_keep_every_term_and_vector(milvus: LiteServer, embedded: Embedded) -> None:
    rows = unit(np.random.default_rng(1).standard_normal((65, DIMENSION)).astype(np.float32))
    tokens = tuple(f"_术语{number}" for number in range(6000)) * 2
    long = replace(record(1), vectors=rows, tokens=tokens)
    here, there = embedded(reference()), milvus.catalogue(reference())
    for catalogue in (here, there):
        catalogue.upsert([long, *offers(10)[2:]])
    for query in (replace(needs(1)[0], tokens=tokens[-60:]), replace(needs(1)[0], vectors=rows, tokens=tokens)):
        (ours,), (theirs,) = here.search([query], 3), there.search([query], 3)
        assert [hit.id for hit in theirs] == [hit.id for hit in ours]
        assert theirs[0].parts == pytest.approx(ours[0].parts, rel=1e-4)
    there.delete([1])
    assert there.statistics("zh").document_frequencies(tokens[:3]).tolist() == [0, 0, 0]


def test_terms_are_counted_again_after_a_writer_was_killed(
    milvus: LiteServer, embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = milvus.catalogue(reference())
    catalogue.upsert(offers(10))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(catalogue._terms, "apply", killed)
        with pytest.raises(KeyboardInterrupt):
            catalogue.upsert([record(20), record(3, seed=5)])
    catalogue.upsert([record(21)])
    sure = embedded(reference())
    sure.upsert([*offers(10), record(20), record(3, seed=5), record(21)])
    expected = sure.statistics("zh")
    assert (
        catalogue.statistics("zh").document_frequencies(WORDS).tolist() == expected.document_frequencies(WORDS).tolist()
    )
    assert catalogue.statistics("zh").mean_length == expected.mean_length


def test_terms_that_do_not_fit_the_items_are_noticed_and_counted_again(
    milvus: LiteServer, caplog: pytest.LogCaptureFixture
) -> None:
    catalogue = milvus.catalogue(reference())
    catalogue.upsert(offers(4))
    catalogue._terms.replace({})
    assert not catalogue.verify({item.item.id: item.text_hash for item in offers(4)})
    assert "do not fit" in caplog.text
    catalogue.upsert([record(9)])
    counts = Counter(
        term for item in [*offers(4), record(9)] if item.item.profile.language == "zh" for term in set(item.tokens)
    )
    assert catalogue.statistics("zh").document_frequencies(WORDS).tolist() == [counts[word] for word in WORDS]


def test_another_encoder_or_reference_makes_another_collection(milvus: LiteServer) -> None:
    plain = Reference.neutral(DIMENSION)
    names = {
        collection_name("offer", "bundled/e5-small", reference()),
        collection_name("offer", "bundled/e5-base", reference()),
        collection_name("need", "bundled/e5-small", reference()),
        collection_name("offer", "bundled/e5-small", plain),
    }
    assert len(names) == 4
    assert all(name.isidentifier() and "e5" in name for name in names)
    assert collection_name("offer", "bundled/e5-small", Reference.from_bytes(reference().to_bytes())) in names


def test_collections_of_earlier_encoders_can_be_dropped(tmp_path: Path) -> None:
    server = LiteServer(tmp_path)
    earlier, later = server.catalogue(reference(), "first"), server.catalogue(reference(), "second")
    earlier.upsert(offers(3))
    later.upsert(offers(2))
    assert sorted(later.drop_older()) == [earlier.name, f"{earlier.name}_terms"]
    assert len(later) == 2
    server.restart()


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_is_away_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    catalogue = MilvusCatalogue(reference(), "offer", "any", f"http://127.0.0.1:{port}")
    started = time.monotonic()
    for call in (lambda: catalogue.search(needs(1), 5), lambda: catalogue.upsert(offers(1)), lambda: len(catalogue)):
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port}"):
            call()
    assert time.monotonic() - started < 4


def test_a_server_that_says_nothing_is_waited_for_once(silent_port: int) -> None:
    catalogue = MilvusCatalogue(reference(), "offer", "any", f"http://127.0.0.1:{silent_port}")
    started = time.monotonic()
    with pytest.raises(Unavailable):
        catalogue.search(needs(1), 5)
    assert time.monotonic() - started < 6
    started = time.monotonic()
    with pytest.raises(Unavailable):
        catalogue.search(needs(1), 5)
    assert time.monotonic() - started < 1


def test_a_server_that_comes_back_serves_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = LiteServer(tmp_path)
    catalogue = server.catalogue(reference())
    catalogue.upsert(offers(5))
    server.stop()
    monkeypatch.setattr("matcher.engine.milvus_client.REST_SECONDS", 0.0)
    catalogue._connection._read_seconds = 1.0
    with pytest.raises(Unavailable):
        len(catalogue)
    assert len(catalogue) == 5  # the address is a folder, so that connecting starts the server
    server.restart()
