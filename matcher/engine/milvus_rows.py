"""What a Milvus row holds of an item: everything that scoring needs, so that a score never depends on where it is computed.

The first vector and the terms have fields of their own, because Milvus searches them. The other vectors, as 16-bit floats,
and the stated facts travel as one packed text: Milvus has no field for bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from matcher.engine.features import Facts
from matcher.engine.items import Record, Vectors
from matcher.engine.milvus_schema import LONGEST_TEXT
from matcher.engine.ranking import facts_of
from matcher.engine.reference import Reference
from matcher.engine.store import StoredItem, digest_of

FIELDS = ("id", "text_hash", "stamp", "language", "length", "hubness", "terms", "vector", "packed")
TERM_FIELDS = ("id", "stamp", "language", "length", "terms", "packed")

_HEADER = struct.Struct("<II")  # bytes of the compressed JSON, number of vectors behind it
_LONGEST_TERM = 512  # bytes that a field of terms may stay below its limit
_FACTS = TypeAdapter(Facts)


@dataclass(frozen=True, slots=True, eq=False)
class HeldItem:
    """Hold an item as it is scored, with its terms; `stamp` changes with anything that is stored of it."""

    item: StoredItem
    tokens: tuple[str, ...]
    stamp: str


def to_row(record: Record, reference: Reference) -> dict[str, Any]:
    """Return the fields of a record's row."""
    profile = record.item.profile
    rows = reference.correct_items(record.vectors, profile.language)
    facts = _FACTS.dump_python(facts_of(record), mode="json")
    terms, bag = _clip(record.tokens)
    return {
        "id": record.item.id,
        "text_hash": record.text_hash,
        "stamp": stamp_of(record),
        "language": profile.language,
        "length": len(record.tokens),
        "hubness": float(reference.hubness(rows[:1])[0]),
        "terms": terms,
        "vector": rows[0],
        "packed": _pack({"facts": facts, "bag": bag}, rows[1:]),
    }


def stamp_of(record: Record) -> str:
    """Return a digest that changes with anything that is stored of a record."""
    digest = hashlib.blake2b(record.text_hash.encode("utf-8"), digest_size=16)
    digest.update(json.dumps(_FACTS.dump_python(facts_of(record), mode="json"), sort_keys=True).encode("ascii"))
    digest.update(np.ascontiguousarray(record.vectors, "<f4").tobytes())
    digest.update(" ".join(record.tokens).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def from_row(row: Mapping[str, Any]) -> HeldItem:
    """Return the item of a row with all FIELDS."""
    texts, others = _unpack(row["packed"], len(row["vector"]))
    rows = np.concatenate([np.asarray(row["vector"], np.float32)[None, :], others])
    facts = _FACTS.validate_python(texts["facts"])
    item = StoredItem.of(row["id"], digest_of(row["text_hash"]), row["language"], float(row["hubness"]), rows, facts)
    return HeldItem(item, tuple(_tokens(row["terms"], texts["bag"])), row["stamp"])


def terms_of(row: Mapping[str, Any]) -> Counter[str]:
    """Return how often each term occurs in the item of a row with TERM_FIELDS."""
    if len(row["terms"].encode("utf-8")) < LONGEST_TEXT - _LONGEST_TERM:
        return Counter(row["terms"].split())
    texts, _ = _unpack(row["packed"], 0)
    return Counter(_tokens(row["terms"], texts["bag"]))


def _clip(tokens: Sequence[str]) -> tuple[str, dict[str, int] | None]:
    """Return the terms as one text, and the counts of all of them where they do not fit into one field."""
    text = " ".join(tokens)
    if len(text.encode("utf-8")) < LONGEST_TEXT - _LONGEST_TERM:
        return text, None
    head = text.encode("utf-8")[: LONGEST_TEXT - 1].decode("utf-8", "ignore").rpartition(" ")[0]
    return head, dict(Counter(tokens))


def _tokens(terms: str, bag: Mapping[str, int] | None) -> list[str]:
    if bag is None:
        return terms.split()
    return [term for term, count in bag.items() for _ in range(count)]


def _pack(texts: Mapping[str, Any], rows: Vectors) -> list[str]:
    """Return JSON and vectors as slices of base64, each short enough for a VARCHAR."""
    compressed = zlib.compress(json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))
    content = _HEADER.pack(len(compressed), len(rows)) + compressed + rows.astype("<f2").tobytes()
    text = base64.b64encode(content).decode("ascii")
    return [text[at : at + LONGEST_TEXT] for at in range(0, len(text), LONGEST_TEXT)]


def _unpack(slices: Sequence[str], dimension: int) -> tuple[dict[str, Any], npt.NDArray[np.float32]]:
    content = base64.b64decode("".join(slices))
    length, count = _HEADER.unpack_from(content)
    texts = json.loads(zlib.decompress(content[_HEADER.size : _HEADER.size + length]))
    halves = np.frombuffer(content, "<f2", count=count * dimension, offset=_HEADER.size + length)
    return texts, halves.reshape(count, dimension).astype(np.float32)
