"""The catalogue on a Milvus cluster: the same face and the same scores as the embedded one, shared by all hosts.

Milvus proposes candidates, nearest by the first vector and best by BM25 over the very terms of the embedded engine (words
of jieba, character pairs, stems); what a candidate is worth is computed here, from what is stored of it, by the functions
of fusion.py and ranking.py. The ranking that Milvus could do itself (weighted or reciprocal rank) would be thrown away, so
the two searches are two calls. Needs `pymilvus` (requirements-milvus.txt).
"""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matcher.engine.bm25 import K3, TermStatistics
from matcher.engine.catalogue import DEPTH, MOST_PROBES, gather
from matcher.engine.fusion import Query, weigh
from matcher.engine.items import Differences, Hit, Record, Side
from matcher.engine.lexicon import comparable, compare_words
from matcher.engine.milvus_client import READ_SECONDS, Connection, in_chunks
from matcher.engine.milvus_rows import (
    FIELDS,
    TERM_FIELDS,
    HeldItem,
    from_row,
    stamp_of,
    terms_of,
    to_row,
)
from matcher.engine.milvus_schema import PREFIX, collection_name, indexes, schema
from matcher.engine.milvus_terms import Change, StoredStatistics, TermTable, count_terms
from matcher.engine.ranking import Ranking, facts_of
from matcher.engine.reference import Reference
from matcher.engine.store import StatedFacts
from matcher.engine.vectors import check

log = logging.getLogger(__name__)

MOST_TERMS = 256  # of a query, the heaviest, that propose candidates; all of them count in the score
QUERIES_AT_ONCE = 32
_WRITTEN_AT_ONCE = 256
_COUNTED_AT_ONCE = 4096
_READ_AT_ONCE = 512
_REMEMBERED = 4096  # items as they were read last
_EFFORT = 400  # neighbours that HNSW follows

Statistics = Mapping[str, StoredStatistics]


class MilvusCatalogue:
    """Hold the items of one side on a Milvus server, searchable by records of the other side.

    One process writes at a time; any number read, and see a write as soon as it returned. Every method raises
    Unavailable while the server is away, within 3 s when connecting, `timeout` when reading, and at once for some seconds
    after that.
    """

    def __init__(
        self,
        reference: Reference,
        side: Side,
        encoder: str,
        url: str,
        token: str = "",
        ranking: Ranking | None = None,
        timeout: float = READ_SECONDS,
    ) -> None:
        self.reference, self.ranking = reference, ranking or Ranking()
        self.name = collection_name(side, encoder, reference)
        self._side = side
        self._connection = Connection(url, token, timeout)
        self._terms = TermTable(self._connection, f"{self.name}_terms")
        self._ready = False
        self._writing, self._caching = threading.RLock(), threading.Lock()
        self._seen: OrderedDict[int, HeldItem] = OrderedDict()

    def __len__(self) -> int:
        self._prepare()
        return int(self._connection.query(self.name, "", ["count(*)"])[0]["count(*)"])

    def __contains__(self, wanted: int) -> bool:
        self._prepare()
        return bool(self._connection.get(self.name, [wanted], ["id"]))

    def upsert(self, records: Iterable[Record]) -> None:
        """Add items or put them in the place of those with the same ids; the last of equal ids counts.

        Raises BadVectors, before anything is written, where vectors are not finite or of another dimension.
        """
        latest = {record.item.id: record for record in records}
        for record in latest.values():
            check(record.vectors, self.reference.dimension)
        self._prepare()
        with self._writing:
            for chunk in in_chunks(list(latest.values()), _COUNTED_AT_ONCE):
                self._replace(chunk)

    def _replace(self, records: Sequence[Record]) -> None:
        """Write what changed, and count its terms in one go: they have most rows in common."""
        changed = self._changed(records)
        if not changed:
            return
        self._begin()
        changes: dict[str, Change] = {}
        for chunk in in_chunks(changed, _WRITTEN_AT_ONCE):
            stored = self._read([record.item.id for record in chunk], TERM_FIELDS)
            self._connection.upsert(self.name, [to_row(record, self.reference) for record in chunk])
            count_terms(_leaving(stored), changes)
            count_terms(((r.item.profile.language, Counter(r.tokens), 1) for r in chunk), changes)
        self._terms.apply(changes)

    def _changed(self, records: Sequence[Record]) -> list[Record]:
        stamps = {row["id"]: row["stamp"] for row in self._read([r.item.id for r in records], ("id", "stamp"))}
        return [record for record in records if stamps.get(record.item.id) != stamp_of(record)]

    def delete(self, ids: Collection[int]) -> int:
        """Remove items and return how many of them were there."""
        self._prepare()
        with self._writing:
            here = self._read(sorted(set(ids)), ("id",))
            for chunk in in_chunks(here, _COUNTED_AT_ONCE):
                self._begin()
                rows = self._read([row["id"] for row in chunk], TERM_FIELDS)
                self._connection.delete(self.name, [row["id"] for row in rows])
                self._terms.apply(count_terms(_leaving(rows)))
        return len(here)

    def _begin(self) -> None:
        """Announce a change; count all terms again where a writer was killed in the middle of one."""
        if self._terms.begin():
            log.warning("a change of %s was not finished: its terms are counted again", self.name)
            rows = self._connection.scan(self.name, TERM_FIELDS)
            self._terms.replace(count_terms((row["language"], terms_of(row), 1) for row in rows))
            self._terms.begin()

    def search(self, queries: Sequence[Record], k: int, allowed: Collection[int] | None = None) -> list[list[Hit]]:
        """Return for each query its k best items, best first, among the allowed ids where there are any given."""
        for record in queries:
            check(record.vectors, self.reference.dimension)
        self._prepare()
        among = None if allowed is None else {int(key) for key in allowed}
        found: list[list[Hit]] = []
        for chunk in in_chunks(queries, QUERIES_AT_ONCE):
            found.extend(self._search(chunk, k, among))
        return found

    def _search(self, records: Sequence[Record], k: int, allowed: set[int] | None) -> list[list[Hit]]:
        asked = [Query.prepare(record, self.reference) for record in records]
        statistics = self._statistics(asked)
        depth = max(k, DEPTH)
        if allowed is not None and len(allowed) <= depth:
            pools = [allowed] * len(asked)
            items = self._items(allowed, fresh=True)
        else:
            pools = self._propose(asked, depth, allowed, statistics)
            items = self._items(set().union(*pools), fresh=False)
        return [
            self._score(query, record, [items[key] for key in sorted(pool) if key in items], statistics, k)
            for query, record, pool in zip(asked, records, pools, strict=True)
        ]

    def _propose(
        self, asked: Sequence[Query], depth: int, allowed: set[int] | None, statistics: Statistics
    ) -> list[set[int]]:
        condition = "" if allowed is None else f"id in {sorted(allowed)}"
        pools: list[set[int]] = [set() for _ in asked]
        probes = [(at, row) for at, query in enumerate(asked) for row in query.probes(MOST_PROBES)]
        near = self._connection.search(self.name, "vector", [row for _, row in probes], depth, condition, _EFFORT)
        for (at, _), ids in zip(probes, near, strict=True):
            pools[at].update(ids)
        for language, places in _by_language(asked).items():
            spoken = condition if not language else _both(condition, f"language in {json.dumps([language, ''])}")
            texts = [(at, text) for at in places if (text := _heaviest(asked[at], statistics))]
            alike = self._connection.search(self.name, "bm25", [text for _, text in texts], depth, spoken, fresh=False)
            for (at, _), ids in zip(texts, alike, strict=True):
                pools[at].update(ids)
        return pools

    def _score(
        self, query: Query, record: Record, items: Sequence[HeldItem], statistics: Statistics, k: int
    ) -> list[Hit]:
        if not items:
            return []
        stored = [held.item for held in items]
        candidates, formula = gather(stored), self.ranking.formula
        texts = [(held.item.language, held.tokens) for held in items]
        words = compare_words(query.tokens, query.language, texts, statistics, formula.rarity_power)
        evidence = weigh(query, candidates, words, self.reference, formula, self.ranking.recall)
        return self.ranking.hits(candidates.ids, evidence, facts_of(record), StatedFacts(stored), k)

    def _statistics(self, asked: Sequence[Query]) -> Statistics:
        """Return the statistics of all languages, the terms of these queries looked up."""
        statistics = self._terms.all_languages()
        for language, known in statistics.items():
            wanted = [query.tokens for query in asked if comparable(query.language, language)]
            known.look_up({term for tokens in wanted for term in tokens})
        return statistics

    def statistics(self, language: str) -> TermStatistics:
        """Return the term statistics of a language, as of now."""
        self._prepare()
        return self._terms.all_languages().get(language) or StoredStatistics(self._terms, language, 0, 0)

    def _items(self, ids: Collection[int], fresh: bool) -> dict[int, HeldItem]:
        """Return the stored items among these ids; only what changed since it was last read travels."""
        stamps = {row["id"]: row["stamp"] for row in self._read(sorted(ids), ("id", "stamp"), fresh)}
        with self._caching:
            known = {key: self._seen[key] for key in stamps if key in self._seen}
        items = {key: item for key, item in known.items() if item.stamp == stamps[key]}
        changed = self._read(sorted(stamps.keys() - items.keys()), FIELDS, fresh=False)
        items |= {row["id"]: from_row(row) for row in changed}
        with self._caching:
            for key, item in items.items():
                self._seen.pop(key, None)
                self._seen[key] = item
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return items

    def _read(self, ids: Sequence[int], fields: Sequence[str], fresh: bool = True) -> list[dict[str, Any]]:
        chunks = in_chunks(ids, _READ_AT_ONCE)
        return [row for chunk in chunks for row in self._connection.get(self.name, chunk, fields, fresh)]

    def contributions(self, query: Record, item: Record) -> dict[str, float]:
        """Return what each term that the two share adds to their lexical score; nothing between two languages."""
        language = item.item.profile.language
        if not comparable(query.item.profile.language, language):
            return {}
        return self.statistics(language).contributions(query.tokens, item.tokens, self.ranking.formula.rarity_power)

    @property
    def note(self) -> Mapping[str, Any]:
        """Give what any process stored last with `snapshot`."""
        self._prepare()
        return self._terms.note

    def verify(self, expected: Mapping[int, str]) -> Differences:
        """Compare with {id: text_hash}; where the terms do not fit the items, the next change counts them again."""
        self._prepare()
        stored: dict[int, str] = {}
        totals: dict[str, tuple[int, int]] = {}
        for row in self._connection.scan(self.name, ("id", "text_hash", "language", "length")):
            stored[row["id"]] = row["text_hash"]
            items, length = totals.get(row["language"], (0, 0))
            totals[row["language"]] = (items + 1, length + row["length"])
        if totals != self._terms.totals():
            log.warning("the terms of %s do not fit its items: the next change will count them again", self.name)
            self._terms.begin()
        return Differences(
            missing=frozenset(expected.keys() - stored.keys()),
            surplus=frozenset(stored.keys() - expected.keys()),
            changed=frozenset(key for key in stored.keys() & expected.keys() if stored[key] != expected[key]),
        )

    def compact(self) -> None:
        """Do nothing: the server compacts by itself."""

    def snapshot(self, folder: Path | None = None, note: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Store the note for all processes and return what the server holds; the folder stays as it is."""
        self._prepare()
        with self._writing:
            self._terms.set_note(note or {})
        return {"collection": self.name, "url": self._connection.url, "items": len(self), "note": self.note}

    def clear(self) -> None:
        """Drop everything of this catalogue, the note included, and begin anew."""
        with self._writing:
            for name in (self.name, self._terms.name):
                if self._connection.has(name):
                    self._connection.drop(name)
            self._ready = False
        with self._caching:
            self._seen.clear()
        self._prepare()

    def drop_older(self) -> list[str]:
        """Remove the collections of this side that belong to other encoders or references, and return their names.

        To be called when every process serves this one.
        """
        self._prepare()
        mine = (self.name, f"{self.name}_terms")
        older = [name for name in self._connection.names() if name.startswith(f"{PREFIX}_{self._side}_")]
        older = [name for name in older if name not in mine]
        for name in older:
            self._connection.drop(name)
        return older

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _prepare(self) -> None:
        """Create the collections where this is the first process to ask for them, and make them searchable."""
        with self._writing:
            if self._ready:
                return
            terms = f"{self.name}_terms"
            if not self._connection.has(terms):
                self._terms.create()
            if not self._connection.has(self.name):
                layout = schema(self.reference.dimension, "standard" if self._connection.is_embedded else "whitespace")
                self._connection.create(self.name, layout, indexes())
            for name in (self.name, terms):
                self._connection.load(name)
            self._ready = True


def _leaving(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, int], int]]:
    return [(row["language"], terms_of(row), -1) for row in rows]


def _by_language(asked: Sequence[Query]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for at, query in enumerate(asked):
        places.setdefault(query.language, []).append(at)
    return places


def _both(condition: str, other: str) -> str:
    return f"{condition} and {other}" if condition else other


def _heaviest(query: Query, statistics: Statistics) -> str:
    """Return the terms that weigh most as one text, repeated as often as they count; empty where none is known."""
    counts = Counter(query.tokens)
    asked = {term: count * (K3 + 1) / (count + K3) for term, count in counts.items()}
    weights: dict[str, float] = {}
    for language, known in statistics.items():
        if comparable(query.language, language):
            for term, rarity in known.known_rarity(counts).items():
                weights[term] = max(weights.get(term, 0.0), asked[term] * rarity)
    chosen = sorted(weights, key=lambda term: (-weights[term], term))[:MOST_TERMS]
    return " ".join(term for term in chosen for _ in range(round(asked[term])))
