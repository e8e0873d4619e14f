"""Measures the engine on judged sets through the path that users take: records, catalogue, hits.

Three stages are measured on the same records: "bm25", plain BM25 over all texts; "dense", the encoder's own cosine of whole
texts; "engine", what a catalogue answers. The statistics of the catalogue come from the task's texts, judgements unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from matcher.engine.beir import Document, JudgedSet, read_set
from matcher.engine.catalogue import Catalogue, embed
from matcher.engine.items import Encoder, Item, Profile, Record, Side
from matcher.engine.language import detect
from matcher.engine.lexical import LexicalIndex
from matcher.engine.reference import fit_reference
from matcher.engine.report import Answer, Outcome, Ranked, Report
from matcher.engine.text import REVISION

POOL = 200  # hits taken from the engine to tell "never proposed" from "ranked too low"


def evaluate(folders: Sequence[Path], encoder: Encoder, *, depth: int = 100, cache: Path | None = None) -> Report:
    """Return the figures of every task of the folders, the engine's run `depth` deep.

    `cache` is a folder in which records are kept by model and text. Raises BadSet for folders that are not judged sets.
    """
    sets = [read_set(folder) for folder in folders]  # all are read before the first is encoded
    return Report(tuple(outcome for judged in sets for outcome in _run_set(judged, encoder, depth, cache)), depth)


def _run_set(judged: JudgedSet, encoder: Encoder, depth: int, cache: Path | None) -> Iterator[Outcome]:
    corpus = read_records(judged.corpus, "offer", encoder, cache)
    documents = {document.id: document for document in judged.corpus}
    plain = LexicalIndex()
    plain.upsert([record.item.id for record in corpus], [record.tokens for record in corpus])
    for task in judged.tasks:
        queries = read_records(task.queries, "need", encoder, cache)
        chosen = {query.id for query in task.judged}
        asked = [(query, record) for query, record in zip(task.queries, queries, strict=True) if query.id in chosen]
        catalogue = Catalogue(fit_reference(corpus, queries, encoder.dimension))
        catalogue.upsert(corpus)
        answers = _answers(asked, corpus, judged.corpus, plain, catalogue, depth)
        yield Outcome(task, tuple(answers), documents)


def _answers(
    asked: Sequence[tuple[Document, Record]],
    corpus: Sequence[Record],
    documents: Sequence[Document],
    plain: LexicalIndex,
    catalogue: Catalogue,
    depth: int,
) -> Iterator[Answer]:
    records = [record for _, record in asked]
    lexical = _bm25(plain, records, documents, depth)
    dense = _dense(corpus, records, documents, depth)
    found = catalogue.search(records, max(depth, POOL))
    for (query, _), by_terms, by_cosine, hits in zip(asked, lexical, dense, found, strict=True):
        mine = [(documents[hit.id].id, hit.parts["rank"]) for hit in hits]
        chances = tuple(hit.score for hit in hits)
        yield Answer(query, {"bm25": by_terms, "dense": by_cosine, "engine": mine}, chances)


def read_records(texts: Sequence[Document], side: Side, encoder: Encoder, cache: Path | None) -> list[Record]:
    """Return the records of texts, numbered by place; those in the cache are not encoded again."""
    items = [
        Item(at, text.title, text.text, Profile(side, language=detect(f"{text.title}\n{text.text}")))
        for at, text in enumerate(texts)
    ]
    if cache is None:
        return embed(items, encoder)
    paths = [cache / encoder.name.replace("/", "_") / f"{_digest(item)}.record" for item in items]
    known = {item.id: record for item, path in zip(items, paths, strict=True) if (record := _read(item, path))}
    known |= {record.item.id: record for record in embed([i for i in items if i.id not in known], encoder)}
    for item, path in zip(items, paths, strict=True):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(known[item.id].to_bytes())
    return [known[item.id] for item in items]


def _read(item: Item, path: Path) -> Record | None:
    """Return the record kept at a path, None where there is none that can be read."""
    try:
        return Record.from_bytes(item, path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        path.unlink()
        return None


def _digest(item: Item) -> str:
    content = "\0".join([str(REVISION), item.profile.side, item.title, item.body])
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _bm25(index: LexicalIndex, queries: Sequence[Record], corpus: Sequence[Document], depth: int) -> list[Ranked]:
    found = index.search([record.tokens for record in queries], depth)
    return [[(corpus[at].id, float(score)) for at, score in zip(*pair, strict=True)] for pair in found]


def _dense(
    records: Sequence[Record], queries: Sequence[Record], corpus: Sequence[Document], depth: int
) -> list[Ranked]:
    whole = np.stack([record.vectors[0] for record in records])
    ranked: list[Ranked] = []
    for query in queries:
        cosines = whole @ query.vectors[0]
        best = np.argsort(-cosines, kind="stable")[:depth]
        ranked.append([(corpus[at].id, float(cosines[at])) for at in best])
    return ranked
