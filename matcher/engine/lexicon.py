"""One lexical index a language: what is rare in German says nothing of Chinese, and a corpus of both ranks as either alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from matcher.engine.bm25 import Scores, TermStatistics
from matcher.engine.items import DamagedSnapshot
from matcher.engine.lexical import LexicalIndex, Masks, WeighedTerms
from matcher.engine.postings import Ids


@dataclass(frozen=True, slots=True, eq=False)
class WordScores:
    """Hold what shared terms say of n pairs: BM25, how many standard deviations that is above chance, and `share`, the part
    (0…1) of the query's weight, its rarest terms heaviest, that the item has; zeros between two languages, where `spoken`
    is false.
    """

    bm25: Scores
    surprise: Scores
    share: Scores
    spoken: npt.NDArray[np.bool_]

    @classmethod
    def none(cls, count: int, spoken: bool = False) -> WordScores:
        """Return the scores of pairs that share nothing, for want of a common language unless they are `spoken`."""
        return cls(np.zeros(count), np.zeros(count), np.zeros(count), np.full(count, spoken))

    def of(self, places: npt.NDArray[np.intp]) -> WordScores:
        """Return the scores of the pairs at some places."""
        return WordScores(self.bm25[places], self.surprise[places], self.share[places], self.spoken[places])


Weighed: TypeAlias = Mapping[str, WeighedTerms]


class Lexicon:
    """Rank items by shared terms within the language of the query, or in all languages where that is unknown ("")."""

    def __init__(self) -> None:
        self._indexes: dict[str, LexicalIndex] = {}

    def __len__(self) -> int:
        return sum(len(index) for index in self._indexes.values())

    def __contains__(self, wanted: int) -> bool:
        return any(wanted in index for index in self._indexes.values())

    def holds(self, wanted: int) -> bool:
        """Tell whether an item is there, in whatever language."""
        return any(wanted in index for index in self._indexes.values())

    def statistics(self, language: str) -> TermStatistics:
        """Return the term statistics of a language; empty ones where nothing is stored in it."""
        return self._indexes.get(language, _EMPTY)

    def upsert(self, ids: Sequence[int], languages: Sequence[str], tokens: Sequence[Sequence[str]]) -> None:
        """Add items or put them in the place of those with the same ids, whatever language these had."""
        self.delete(ids)
        groups: dict[str, list[int]] = {}
        for at, language in enumerate(languages):
            groups.setdefault(language, []).append(at)
        for language, places in groups.items():
            index = self._indexes.setdefault(language, LexicalIndex())
            index.upsert([ids[at] for at in places], [tokens[at] for at in places])

    def delete(self, ids: Collection[int]) -> int:
        """Remove items and return how many of them were there."""
        return sum(index.delete(ids) for index in self._indexes.values())

    def compact(self) -> None:
        """Merge segments and drop what was removed."""
        for index in self._indexes.values():
            index.compact()

    def weigh(self, query: Sequence[str], language: str, power: float) -> Weighed:
        """Return the terms of a query as every language weighs them that it can be compared with."""
        known = sorted(self._indexes.items())
        return {name: index.weigh(query, power) for name, index in known if comparable(language, name)}

    def masks(self, allowed: Collection[int] | Ids | None) -> Mapping[str, Masks]:
        """Return what may be found, for `propose`: everything, or the allowed ids alone."""
        return {name: index.masks(allowed) for name, index in self._indexes.items()}

    def propose(self, terms: Weighed, k: int, masks: Mapping[str, Masks]) -> Ids:
        """Return the ids of the k best items of every language that a query can be compared with."""
        found = [self._indexes[name].best(known, k, masks[name])[0] for name, known in terms.items()]
        return np.concatenate([np.zeros(0, np.int64), *found])

    def scores(self, terms: Weighed, ids: Ids) -> WordScores:
        """Return what the terms of a query say of every id, by the statistics of the item's language."""
        found = WordScores.none(len(ids))
        for name, known in terms.items():
            index = self._indexes[name]
            bm25, share, here = index.scores_and_shares(known, ids)
            found.spoken[here], found.bm25[here], found.share[here] = True, bm25[here], share[here]
            found.surprise[here] = standardise(bm25[here], index.chance_of(known.weights, known.frequencies))
        return found

    def save(self, folder: Path) -> None:
        """Write a snapshot into an empty folder; the caller writes aside and renames."""
        folder.mkdir(parents=True, exist_ok=True)
        names = sorted(self._indexes)
        for number, name in enumerate(names):
            self._indexes[name].save(folder / str(number))
        (folder / "languages.json").write_text(json.dumps(names), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Open a snapshot; raises DamagedSnapshot where files are amiss."""
        lexicon = cls()
        try:
            names = json.loads((folder / "languages.json").read_text("utf-8"))
            lexicon._indexes = {name: LexicalIndex.load(folder / str(at)) for at, name in enumerate(names)}
        except (OSError, ValueError, TypeError) as error:
            raise DamagedSnapshot(f"the lexical index in {folder} cannot be read: {error}") from error
        return lexicon


def standardise(scores: Scores, chance: tuple[float, float]) -> Scores:
    """Return scores in standard deviations above the mean that chance gives; 0 for a query without known terms."""
    mean, deviation = chance
    return (scores - mean) / deviation if deviation > 0 else np.zeros(len(scores))


def compare_words(
    query: Sequence[str],
    language: str,
    candidates: Sequence[tuple[str, Sequence[str]]],
    statistics: Mapping[str, TermStatistics],
    power: float,
) -> WordScores:
    """Return what `Lexicon.scores` does, for (language, tokens) that are at hand and statistics kept anywhere else."""
    found = WordScores.none(len(candidates))
    chances = {name: known.chance(query, power) for name, known in statistics.items() if comparable(language, name)}
    for at, (name, tokens) in enumerate(candidates):
        if comparable(language, name):
            found.spoken[at] = True
        if name in chances:
            found.bm25[at] = statistics[name].score(query, tokens, power)
            found.share[at] = statistics[name].share(query, tokens, power)
            found.surprise[at] = standardise(found.bm25[at : at + 1], chances[name])[0]
    return found


def comparable(language: str, other: str) -> bool:
    """Tell whether shared terms say something: in one language, or where one of the two is unknown."""
    return not language or not other or language == other


_EMPTY = LexicalIndex()
