"""Texts that nobody should send, from embedding to the answer of a search: nothing raises, nothing is lost."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from matcher.engine.catalogue import Catalogue, embed
from matcher.engine.encoder import TextEncoder
from matcher.engine.items import Item, Profile, Record, Side
from matcher.engine.language import detect
from matcher.engine.reference import fit_reference

BAD = {
    "empty": "",
    "whitespace": " \t\n\u3000\u200b",
    "one character": "轴",
    "one letter": "a",
    "a million characters": "孔隙率不高于 0.5 %，结合强度不低于 70 MPa。" * 30_000,
    "a million without a border": "x" * 1_000_000,
    "binary-looking": "".join(map(chr, range(256))) * 20,
    "half characters": "孔隙\ud800率\udfff",
    "mixed scripts": "轴承 bearing 軸受け подшипник รองรับ محمل ベアリング 베어링 😀",
}


def item(number: int, text: str, side: Side) -> Item:
    return Item(number, "", text, Profile(side, language=detect(text)))


@pytest.fixture(scope="module")
def offers(encoder: TextEncoder) -> list[Record]:
    return embed([item(number, text, "offer") for number, text in enumerate(BAD.values())], encoder)


@pytest.fixture(scope="module")
def needs(encoder: TextEncoder) -> list[Record]:
    return embed([item(number, text, "need") for number, text in enumerate(BAD.values())], encoder)


def test_bad_texts_become_records_that_survive_storing(needs: list[Record], offers: list[Record]) -> None:
    for record in (*needs, *offers):
        assert np.isfinite(record.vectors).all()
        assert len(record.vectors) == len(record.passages) <= 65
        again = Record.from_bytes(record.item, record.to_bytes())
        assert (again.tokens, again.passages, again.readings) == (record.tokens, record.passages, record.readings)


def test_every_bad_text_is_indexed_and_answers_every_bad_need(needs: list[Record], offers: list[Record]) -> None:
    with closing(Catalogue(fit_reference(offers, needs, 384))) as catalogue:
        catalogue.upsert(offers)
        assert not catalogue.verify({record.item.id: record.text_hash for record in offers})
        for hits in catalogue.search(needs, len(offers)):
            assert {hit.id for hit in hits} == set(range(len(BAD)))
            assert all(np.isfinite(list(hit.parts.values())).all() and 0 <= hit.score <= 1 for hit in hits)
        (first,) = catalogue.search([needs[list(BAD).index("a million characters")]], 1)
        assert first[0].id == list(BAD).index("a million characters")
