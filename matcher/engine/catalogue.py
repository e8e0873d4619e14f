"""The face of the engine: items of one side, searchable by records of the other, with every sub-score of every hit."""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.engine import snapshot as snapshots
from matcher.engine.bm25 import TermStatistics
from matcher.engine.demands import read_item
from matcher.engine.fusion import Candidates, Query, weigh
from matcher.engine.items import DamagedSnapshot, Differences, Encoder, Hit, Item, Record, Vectors
from matcher.engine.lexicon import Lexicon, Weighed, WordScores, comparable
from matcher.engine.ranking import Ranking, facts_of
from matcher.engine.reference import Reference, unit
from matcher.engine.store import ItemStore, StatedFacts, StoredItem, differences, digest_of
from matcher.engine.text import Analysis, analyse, text_hash
from matcher.engine.training import Cancelled, Ids, Training
from matcher.engine.vectors import VectorIndex, check

_log = logging.getLogger(__name__)

DEPTH = 200  # candidates of each kind
SPARE = 150  # candidates read whole beyond those wanted; docs/quality.md has what is lost
MOST_PROBES = 16  # rows of a long query that propose candidates
_FORMAT = 4  # of snapshots, to be raised with whatever they hold of an item: older ones are built anew
_TOGETHER = 128  # items analysed and encoded, or queries searched, at a time
_REMEMBERED = 8192  # items as they were read last
_READ_AT_ONCE = 2000  # vectors, while searches wait: some milliseconds


def embed(items: Iterable[Item], encoder: Encoder) -> list[Record]:
    """Return the record of each item, the needs encoded as needs and the offers as offers; raises EncoderFailed."""
    queue = list(items)
    records = []
    for start in range(0, len(queue), _TOGETHER):
        chunk = queue[start : start + _TOGETHER]
        analyses = analyse(chunk, encoder)
        vectors: dict[int, Vectors] = {}
        for side, encode in (("need", encoder.encode_needs), ("offer", encoder.encode_offers)):
            places = [at for at, item in enumerate(chunk) if item.profile.side == side]
            if not places:
                continue
            texts = [text for at in places for text in (*analyses[at].windows, *analyses[at].passages)]
            rows = encode(texts)
            ends = accumulate(len(analyses[at].windows) + len(analyses[at].passages) for at in places)
            vectors |= dict(zip(places, np.split(rows, list(ends)), strict=False))
        records += [_record(item, analyses[at], vectors[at]) for at, item in enumerate(chunk)]
    return records


def _record(item: Item, analysis: Analysis, rows: Vectors) -> Record:
    """Return a record whose first row is the mean of the windows' vectors, weighted by their tokens."""
    count = len(analysis.windows)
    whole = rows[:1]
    if count > 1:
        weights = np.array(analysis.weights, np.float32)
        whole = unit(weights @ rows[:count] / weights.sum())[None, :]
    vectors = np.concatenate([whole, rows[count:]])
    return Record(item, text_hash(item), vectors, (analysis.text, *analysis.passages), analysis.tokens, read_item(item))


class Catalogue:
    """Hold the items of one side in memory and in files; safe to share among threads.

    The score of a pair depends on the pair, the reference, and the term statistics of the items: never on other queries
    or candidates. `note` is whatever the owner wants to find again in a snapshot. `scratch` is the folder for nameless
    temporary files, the system's own where it is None.
    """

    def __init__(self, reference: Reference, ranking: Ranking | None = None, scratch: Path | None = None) -> None:
        self.reference, self.ranking = reference, ranking or Ranking()
        self.note: Mapping[str, Any] = {}
        self._store = ItemStore(reference.dimension, scratch)
        self._lexicon = Lexicon()
        self._vectors = VectorIndex(
            reference.dimension, self._store.first_rows, reference.sample, train=self._train_aside
        )
        self._trainer: threading.Thread | None = None
        self._training: Training | None = None
        self._remembered: OrderedDict[int, StoredItem] = OrderedDict()
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._store)

    def __contains__(self, wanted: int) -> bool:
        return wanted in self._store

    @property
    def kind(self) -> str:
        """Say how vectors are searched, for `doctor` and `bench`."""
        return self._vectors.kind

    @property
    def vectors(self) -> VectorIndex:
        """Give the dense stage alone, for `bench`."""
        return self._vectors

    def upsert(self, records: Iterable[Record]) -> None:
        """Add items or put them in the place of those with the same ids; the last of equal ids counts.

        Searchable on return. Raises BadVectors, and changes nothing, for vectors that are not finite or of another
        dimension.
        """
        latest = {record.item.id: record for record in records}
        if not latest:
            return
        for record in latest.values():
            check(record.vectors, self.reference.dimension)
        items = self._prepare(list(latest.values()))
        with self._lock:
            self._forget(latest)
            self._store.put(items)
            languages = [item.language for item in items]
            self._lexicon.upsert(list(latest), languages, [record.tokens for record in latest.values()])
            self._vectors.upsert(list(latest), np.stack([item.rows[0] for item in items]))

    def _prepare(self, records: Sequence[Record]) -> list[StoredItem]:
        """Return the records as they are scored: vectors corrected, hubness known."""
        languages = [record.item.profile.language for record in records]
        rows = [
            self.reference.correct_items(record.vectors, language)
            for record, language in zip(records, languages, strict=True)
        ]
        hubness = self.reference.hubness(np.stack([row[0] for row in rows]))
        return [
            StoredItem.of(record.item.id, digest_of(record.text_hash), language, float(near), row, facts_of(record))
            for record, language, near, row in zip(records, languages, hubness, rows, strict=True)
        ]

    def delete(self, ids: Collection[int]) -> int:
        """Remove items and return how many of them were there."""
        with self._lock:
            self._forget(ids)
            self._vectors.delete(ids)
            self._lexicon.delete(ids)
            return self._store.remove(ids)

    def search(self, queries: Sequence[Record], k: int, allowed: Collection[int] | None = None) -> list[list[Hit]]:
        """Return for each query its k best items, best first, among the allowed ids where there are any given.

        With `k` as large as `allowed`, every allowed item is scored. Raises BadVectors as `upsert` does.
        """
        for record in queries:
            check(record.vectors, self.reference.dimension)
        among = None if allowed is None else {int(key) for key in allowed}
        found: list[list[Hit]] = []
        for start in range(0, len(queries), _TOGETHER):
            with self._lock:  # let go between chunks, so that a long list does not keep a single search waiting
                found += self._search(queries[start : start + _TOGETHER], k, among)
        return found

    def _search(self, records: Sequence[Record], k: int, allowed: set[int] | None) -> list[list[Hit]]:
        asked = [Query.prepare(record, self.reference) for record in records]
        depth = max(k, DEPTH)
        if allowed is not None and len(allowed) <= depth:
            pool = np.array(sorted(key for key in allowed if key in self._store), np.int64)
            return [
                self._rank(query, self._weigh(query), record, pool, k)
                for query, record in zip(asked, records, strict=True)
            ]
        near, masks = self._nearest(asked, depth, allowed), self._lexicon.masks(allowed)
        found = []
        for query, record, ids in zip(asked, records, near, strict=True):
            terms = self._weigh(query)
            alike = self._lexicon.propose(terms, depth, masks)
            found.append(self._rank(query, terms, record, np.union1d(ids, alike), k))
        return found

    def _weigh(self, query: Query) -> Weighed:
        return self._lexicon.weigh(query.tokens, query.language, self.ranking.formula.rarity_power)

    def _nearest(self, asked: Sequence[Query], depth: int, allowed: set[int] | None) -> list[Ids]:
        """Return for each query the ids of the items nearest to some row of it."""
        probes = [query.probes(MOST_PROBES) for query in asked]
        ids, _ = self._vectors.search(np.concatenate(probes), depth, allowed)
        return [rows[rows >= 0] for rows in np.split(ids, list(accumulate(map(len, probes)))[:-1])]

    def _rank(self, query: Query, terms: Weighed, record: Record, pool: Ids, k: int) -> list[Hit]:
        """Return the hits among candidates, given by ascending ids."""
        if not len(pool):
            return []
        words = self._lexicon.scores(terms, pool)
        best = self._screen(query, pool, words, k + SPARE)
        items = self._read(pool[best].tolist())
        candidates, formula = gather(items), self.ranking.formula
        evidence = weigh(query, candidates, words.of(best), self.reference, formula, self.ranking.recall)
        return self.ranking.hits(candidates.ids, evidence, facts_of(record), StatedFacts(items), k)

    def _screen(self, query: Query, pool: Ids, words: WordScores, count: int) -> npt.NDArray[np.intp]:
        """Return the places of the candidates with the most evidence when each is taken as one passage."""
        if len(pool) <= count:
            return np.arange(len(pool))
        rows = self._vectors.at_hand(pool)
        rows = self._store.first_rows(pool) if rows is None else rows
        brief = Candidates(pool, rows, np.arange(len(pool) + 1), self._store.hubness(pool))
        total = weigh(query, brief, words, self.reference, self.ranking.formula).total
        return np.sort(np.argpartition(-total, count)[:count])

    def _read(self, ids: Sequence[int]) -> list[StoredItem]:
        missing = [key for key in ids if key not in self._remembered]
        fresh = dict(zip(missing, self._store.read(missing), strict=True))
        items = [fresh[key] if key in fresh else self._remembered[key] for key in ids]
        self._remembered |= fresh
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return items

    def _forget(self, ids: Iterable[int]) -> None:
        for key in ids:
            self._remembered.pop(key, None)

    def contributions(self, query: Record, item: Record) -> dict[str, float]:
        """Return what each term that the two share adds to their lexical score; nothing between two languages."""
        language = item.item.profile.language
        if not comparable(query.item.profile.language, language):
            return {}
        with self._lock:
            statistics = self._lexicon.statistics(language)
            return statistics.contributions(query.tokens, item.tokens, self.ranking.formula.rarity_power)

    def statistics(self, language: str) -> TermStatistics:
        """Return the term statistics of a language, as they are now."""
        return self._lexicon.statistics(language)

    def _train_aside(self, training: Training) -> None:
        """Train lists in a thread of its own, while this catalogue is searched and changed."""
        self._training = training
        self._trainer = threading.Thread(target=self._run, args=(training,), name="training of lists", daemon=True)
        self._trainer.start()

    def _run(self, training: Training) -> None:
        faiss: Any = import_module("faiss")
        faiss.omp_set_num_threads(1)  # of this thread alone: the other cores are for those who search
        try:
            training.run(self._rows_still_here)
            with self._lock:
                self._vectors.adopt(training)
        except Cancelled:
            return
        except Exception:  # no memory, a full disk: what is in use stays
            _log.exception("lists could not be trained; search goes on with those in use")
            with self._lock:
                self._vectors.give_up()

    def _rows_still_here(self, ids: Ids) -> tuple[Ids, Vectors]:
        """Return those ids that are still stored, with their vectors; searches get their turn in between."""
        kept, rows = [], []
        for start in range(0, len(ids), _READ_AT_ONCE):
            with self._lock:
                part = [key for key in ids[start : start + _READ_AT_ONCE].tolist() if key in self._store]
                rows.append(self._store.first_rows(part))
            kept += part
        return np.array(kept, np.int64), np.concatenate([np.zeros((0, self.reference.dimension), np.float32), *rows])

    @property
    def is_rebuilding(self) -> bool:
        """Tell whether lists are being trained beside those in use."""
        return self._vectors.is_training

    def rebuild(self) -> None:
        """Begin to train the lists of the dense stage anew; searches and changes go on meanwhile."""
        with self._lock:
            self._vectors.rebuild()

    def settle(self) -> None:
        """Wait until lists that are being trained are in use."""
        trainer = self._trainer
        if trainer is not None:
            trainer.join()

    def close(self) -> None:
        """Let go of the files; the catalogue cannot be used afterwards."""
        if self._training is not None:
            self._training.cancelled = True
        self.settle()
        with self._lock:
            self._store.close()

    def verify(self, expected: Mapping[int, str]) -> Differences:
        """Compare what is stored, and what each index holds, with {id: text_hash}."""
        with self._lock:
            missing, surplus, changed = differences(self._store.digests(), expected)
            for index in (self._vectors, self._lexicon):
                if len(index) != len(self._store):
                    missing |= {key for key in expected if key not in index}
        return Differences(frozenset(missing), frozenset(surplus), frozenset(changed))

    def compact(self) -> None:
        """Merge changes into the indexes and drop what was removed."""
        with self._lock:
            self._vectors.compact()
            self._lexicon.compact()

    def snapshot(self, folder: Path, note: Mapping[str, Any] | None = None) -> None:
        """Write everything under `folder`; killed at any moment, the snapshot before counts. Raises OSError."""
        with self._lock, snapshots.published(folder) as target:
            self._store.save(target / "items")
            self._lexicon.save(target / "lexical")
            self._vectors.save(target / "vectors")
            self.reference.save(target / "reference.npz")
            facts = {"format": _FORMAT, "items": len(self), "note": dict(note or {})}
            (target / "catalogue.json").write_text(json.dumps(facts), "utf-8")

    @classmethod
    def open(cls, folder: Path, ranking: Ranking | None = None, scratch: Path | None = None) -> Catalogue:
        """Open the current snapshot under `folder`; raises DamagedSnapshot where there is none that can be trusted."""
        source = snapshots.current(folder)
        facts = json.loads((source / "catalogue.json").read_text("utf-8"))
        if facts.get("format") != _FORMAT:
            raise DamagedSnapshot(f"the snapshot in {source} is of another version")
        catalogue = cls(Reference.load(source / "reference.npz"), ranking, scratch)
        dimension = catalogue.reference.dimension
        catalogue._store = ItemStore.load(source / "items", dimension, scratch)
        catalogue._lexicon = Lexicon.load(source / "lexical")
        catalogue._vectors = VectorIndex.load(
            source / "vectors",
            dimension,
            catalogue._store.first_rows,
            catalogue.reference.sample,
            catalogue._train_aside,
        )
        if not facts["items"] == len(catalogue) == len(catalogue._vectors) == len(catalogue._lexicon):
            raise DamagedSnapshot(f"the indexes in {source} do not hold the same items")
        catalogue.note = facts["note"]
        return catalogue


def gather(items: Sequence[StoredItem]) -> Candidates:
    """Return at least one item as candidates for scoring."""
    offsets = np.cumsum([0, *(1 + len(item.others) for item in items)])
    rows = np.empty((offsets[-1], len(items[0].first)), np.float32)
    is_other = np.ones(len(rows), np.bool_)
    is_other[offsets[:-1]] = False
    rows[offsets[:-1]] = np.concatenate([item.first for item in items]).reshape(len(items), -1)
    rows[is_other] = np.concatenate([item.others for item in items])
    return Candidates(
        np.array([item.id for item in items], np.int64),
        rows,
        offsets,
        np.array([item.hubness for item in items], np.float32),
    )
