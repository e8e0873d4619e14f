"""How many items have a term, kept beside the items: Milvus ranks by BM25 but does not tell what it knows of a term.

Terms are kept by their 64-bit keys in 65,536 buckets, one row each: the terms of a query are a few hundred small rows, and
a large change writes every bucket once at the most. One process writes at a time, any number read.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from pymilvus import DataType, MilvusClient

from matcher.engine.bm25 import TermStatistics
from matcher.engine.milvus_client import Connection, in_chunks
from matcher.engine.milvus_schema import LONGEST_TEXT

_BUCKETS = 65_536
_CHUNK = 8192
_TOTALS, _NOTE = -1, -2  # keys of rows that are no buckets
_ENTRY = np.dtype([("key", "<u8"), ("items", "<u4")])


@dataclass(slots=True)
class Change:
    """Collect what items of one language that came (+1) or went (-1) change."""

    items: int = 0
    length: int = 0
    terms: Counter[str] = field(default_factory=Counter)

    def count(self, terms: Mapping[str, int], sign: int) -> None:
        """Count one item with so many of each term."""
        self.items += sign
        self.length += sign * sum(terms.values())
        for term in terms:
            self.terms[term] += sign


class StoredStatistics(TermStatistics):
    """Hold the statistics of one language; frequencies are looked up once for each term."""

    def __init__(self, table: TermTable, language: str, items: int, length: int) -> None:
        self._table, self._language, self._items, self._length = table, language, items, length
        self._known: dict[str, int] = {}

    def __len__(self) -> int:
        return self._items

    @property
    def mean_length(self) -> float:
        """Give the mean number of terms of an item, 1 when there are none."""
        return self._length / self._items if self._length > 0 and self._items > 0 else 1.0

    def look_up(self, terms: Collection[str]) -> None:
        """Read the frequencies of terms that are not known yet, all at once."""
        missing = [term for term in terms if term not in self._known]
        if missing:
            self._known |= self._table.frequencies(self._language, missing)

    def document_frequencies(self, terms: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return in how many items each term occurs."""
        self.look_up(terms)
        return np.array([self._known[term] for term in terms], np.int64)

    def known_rarity(self, terms: Collection[str]) -> dict[str, float]:
        """Return the rarity of those terms that occur at all."""
        ordered = list(terms)
        rarity = zip(ordered, self.document_frequencies(ordered), self.rarity(ordered), strict=True)
        return {term: float(value) for term, frequency, value in rarity if frequency > 0}


class TermTable:
    """Read and write the term statistics of one collection."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection, self.name = connection, name

    def create(self) -> None:
        """Create the table."""
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.INT64, is_primary=True)
        schema.add_field("content", DataType.VARCHAR, max_length=LONGEST_TEXT)
        schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)  # Milvus wants a vector in every collection
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index("nothing", index_type="FLAT", metric_type="L2")
        self._connection.create(self.name, schema, indexes)

    def totals(self) -> dict[str, tuple[int, int]]:
        """Return number and length of the items by language, as they were counted."""
        stored = self._stored_totals()["languages"]
        return {language: (items, length) for language, (items, length) in stored.items()}

    def begin(self) -> bool:
        """Note that items are about to change, and tell whether an earlier change was left half counted.

        `apply` and `replace` take the note away again.
        """
        stored = self._stored_totals()
        self._connection.upsert(self.name, [_row(_TOTALS, json.dumps({**stored, "changing": True}))])
        return bool(stored["changing"])

    def _stored_totals(self) -> dict[str, Any]:
        stored: dict[str, Any] = json.loads(self._read([_TOTALS]).get(_TOTALS, '{"languages": {}, "changing": false}'))
        return stored

    def all_languages(self) -> dict[str, StoredStatistics]:
        """Return the statistics of every language that items are stored in."""
        return {language: StoredStatistics(self, language, *both) for language, both in self.totals().items()}

    def frequencies(self, language: str, terms: Iterable[str]) -> dict[str, int]:
        """Return in how many items of a language each term occurs, zeros included; totals were read before."""
        keys = {term: key_of(language, term) for term in terms}
        known: dict[int, int] = {}
        for content in self._read({key % _BUCKETS for key in keys.values()}, fresh=False).values():
            known |= _decode(content)
        return {term: known.get(key, 0) for term, key in keys.items()}

    def apply(self, changes: Mapping[str, Change]) -> None:
        """Add changes by language to what is stored."""
        buckets = _by_bucket(changes)
        for chunk in in_chunks(sorted(buckets), _CHUNK):
            stored = {bucket: _decode(content) for bucket, content in self._read(chunk).items()}
            self._write({bucket: _add(stored.get(bucket, {}), buckets[bucket]) for bucket in chunk})
        self._count(self.totals(), changes)

    def replace(self, changes: Mapping[str, Change]) -> None:
        """Put what was counted from nothing in the place of what is stored."""
        buckets = _by_bucket(changes)
        stored = {int(row["key"]) for row in self._connection.scan(self.name, ["key"])}
        for chunk in in_chunks(sorted(buckets.keys() | {key for key in stored if key >= 0}), _CHUNK):
            self._write({bucket: buckets.get(bucket, {}) for bucket in chunk})
        self._count({}, changes)

    def _count(self, totals: dict[str, tuple[int, int]], changes: Mapping[str, Change]) -> None:
        for language, change in changes.items():
            items, length = totals.get(language, (0, 0))
            totals[language] = (items + change.items, length + change.length)
        languages = {language: both for language, both in totals.items() if both[0] > 0}
        content = json.dumps({"languages": languages, "changing": False})
        self._connection.upsert(self.name, [_row(_TOTALS, content)])

    def _write(self, buckets: Mapping[int, Mapping[int, int]]) -> None:
        self._connection.upsert(self.name, [_row(key, _encode(terms)) for key, terms in buckets.items() if terms])
        self._connection.delete(self.name, [key for key, terms in buckets.items() if not terms])

    def _read(self, keys: Collection[int], fresh: bool = True) -> dict[int, str]:
        chunks = in_chunks(sorted(keys), _CHUNK)
        rows = (row for chunk in chunks for row in self._connection.get(self.name, chunk, ("key", "content"), fresh))
        return {row["key"]: row["content"] for row in rows}

    @property
    def note(self) -> dict[str, Any]:
        """Give what the caller stored last, nothing at first."""
        note: dict[str, Any] = json.loads(self._read([_NOTE]).get(_NOTE, "{}"))
        return note

    def set_note(self, note: Mapping[str, Any]) -> None:
        """Store whatever the caller wants to find again, up to 64 KB as JSON."""
        self._connection.upsert(self.name, [_row(_NOTE, json.dumps(dict(note)))])


def count_terms(
    items: Iterable[tuple[str, Mapping[str, int], int]], changes: dict[str, Change] | None = None
) -> dict[str, Change]:
    """Return the changes that items make, given as language, number of each term, and +1 or -1; added to earlier ones."""
    counted = {} if changes is None else changes
    for language, terms, sign in items:
        counted.setdefault(language, Change()).count(terms, sign)
    return counted


def key_of(language: str, term: str) -> int:
    """Return the 64-bit key of a term in a language, the same in every process."""
    text = f"{language}\n{term}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _by_bucket(changes: Mapping[str, Change]) -> dict[int, dict[int, int]]:
    buckets: dict[int, dict[int, int]] = {}
    for language, change in changes.items():
        for term, number in change.terms.items():
            if number:
                key = key_of(language, term)
                buckets.setdefault(key % _BUCKETS, {})[key] = number
    return buckets


def _add(stored: Mapping[int, int], change: Mapping[int, int]) -> dict[int, int]:
    total = dict(stored)
    for key, number in change.items():
        total[key] = total.get(key, 0) + number
    return {key: number for key, number in total.items() if number > 0}


def _encode(terms: Mapping[int, int]) -> str:
    entries = np.array(list(terms.items()), _ENTRY)
    return base64.b64encode(entries.tobytes()).decode("ascii")


def _decode(content: str) -> dict[int, int]:
    entries = np.frombuffer(base64.b64decode(content), _ENTRY)
    return dict(zip(entries["key"].tolist(), entries["items"].tolist(), strict=True))


def _row(key: int, content: str) -> dict[str, object]:
    return {"key": key, "content": content, "nothing": [0.0, 0.0]}
