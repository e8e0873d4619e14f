"""Records with made-up vectors: what catalogues are tested with needs no model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from matcher.engine.items import Item, Profile, Record, Side
from matcher.engine.reference import Reference, fit_reference, unit

DIMENSION = 16
WORDS = ("高温", "合金", "涂层", "叶片", "检测", "太赫兹", "电池", "水稻", "疫苗", "轨道")


def record(
    number: int, side: Side = "offer", *, words: Sequence[str] = (), seed: int | None = None, **profile
) -> Record:
    """Return a record whose vectors and terms follow from its number, or from `seed`, and from `words`."""
    chance = np.random.default_rng(number if seed is None else seed)
    rows = unit(chance.standard_normal((int(chance.integers(1, 4)), DIMENSION)).astype(np.float32) + 0.5)
    terms = tuple(words) or tuple(chance.choice(WORDS, 5))
    profile.setdefault("language", "zh")
    text = " ".join(terms)
    item = Item(number, text, "", Profile(side, **profile))
    text_hash = hashlib.sha256(f"{text}{seed}".encode()).hexdigest()
    return Record(item, text_hash, rows, (text, *[text] * (len(rows) - 1)), terms)


def reference() -> Reference:
    """Return statistics fitted on records like those of the tests."""
    needs = [record(number, "need") for number in range(1000, 1040)]
    return fit_reference([record(number) for number in range(2000, 2040)], needs, DIMENSION)
