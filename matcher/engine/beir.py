"""Reads judged retrieval sets in the layout of BEIR: corpus.jsonl, queries*.jsonl, qrels.tsv."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.engine.items import EngineError


class BadSet(EngineError):
    """Refuse a folder that is not a judged set; the message names the file and what is amiss."""


@dataclass(frozen=True, slots=True)
class Document:
    """Hold a text of a judged set."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Task:
    """Hold one file of queries with the judgements of its set: grades by document by query."""

    set: str
    name: str
    queries: tuple[Document, ...]
    judgements: Mapping[str, Mapping[str, int]]

    @property
    def judged(self) -> tuple[Document, ...]:
        """Give the queries that have a relevant document: the others cannot be measured."""
        return tuple(query for query in self.queries if any(g > 0 for g in self.judgements.get(query.id, {}).values()))


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Hold a corpus and its tasks."""

    name: str
    corpus: tuple[Document, ...]
    tasks: tuple[Task, ...]


def read_set(folder: Path) -> JudgedSet:
    """Return the judged set of a folder; every queries*.jsonl is a task. Raises BadSet."""
    corpus = tuple(_documents(folder / "corpus.jsonl"))
    if not corpus:
        raise BadSet(f"{folder / 'corpus.jsonl'} has no documents")
    judgements = _judgements(folder)
    paths = sorted(folder.glob("queries*.jsonl"))
    if not paths:
        raise BadSet(f"{folder} has no queries*.jsonl")
    name = folder.resolve().name
    tasks = tuple(Task(name, path.stem, tuple(_documents(path)), judgements) for path in paths)
    return JudgedSet(name, corpus, tasks)


def _documents(path: Path) -> Iterator[Document]:
    for number, line in enumerate(_lines(path), 1):
        if line.strip():
            row = _parse(line, path, number)
            yield Document(str(row["_id"]), str(row.get("title") or ""), str(row.get("text") or ""))


def _parse(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadSet(f"{path}, line {number}: {error}") from error
    if not isinstance(row, dict) or "_id" not in row:
        raise BadSet(f"{path}, line {number}: no _id")
    return row


def _judgements(folder: Path) -> dict[str, dict[str, int]]:
    path = folder / "qrels.tsv"
    if not path.exists() and (folder / "qrels" / "test.tsv").exists():  # where BEIR itself has them
        path = folder / "qrels" / "test.tsv"
    judgements: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_lines(path), 1):
        cells = line.rstrip("\r\n").split("\t")
        if not line.strip() or (number == 1 and not _is_grade(cells[-1])):
            continue  # the head line
        if len(cells) not in (3, 4) or not _is_grade(cells[-1]):
            raise BadSet(f"{path}, line {number}: expected query, document and grade, tabs between")
        judgements.setdefault(cells[0], {})[cells[-2]] = int(float(cells[-1]))
    return judgements


def _is_grade(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        raise BadSet(f"{path} cannot be read: {error}") from error
