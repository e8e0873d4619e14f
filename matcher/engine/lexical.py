"""BM25 over words and character bigrams, kept up to date item by item.

The score of a pair depends on the two texts and on the statistics of the live items (how many, how long, how many have
the term), never on the order of updates, on other queries or on filters.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import rjieba
import tantivy

from matcher.engine.bm25 import K1, K3, B, Scores, TermStatistics
from matcher.engine.items import DamagedSnapshot
from matcher.engine.postings import Ids, Segment, load_segment, merge, save_segment

BUDGET = 6_000_000  # postings that one query sums up: about 50 ms
FEW = 1000  # postings a term on average, up to which all are taken at once instead of term by term
SPARE = 4  # proposals for each wanted item where the budget cuts terms off
ROUNDING = np.float32(1 - 1e-5)  # sums in single precision this near are taken as ties
LARGEST_SEGMENT = 262_144  # items; bounds the time of a merge to about two seconds

_RUN = re.compile(
    r"(?P<cjk>[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+)"
    r"|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+"
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_STOP_WORDS = frozenset(
    """about after all also an and any are as at be been before being between both but by can could did do does during
    each for from had has have he her his how however if in into is it its may might more most must no nor not of on one
    only or other our over shall she should so some such than that the their them then there these they this those
    through thus to under up upon us use used using very via was we were what when where whether which while who will
    with within without would you your
    aber als am an auch auf aus bei das dass dem den der des die durch ein eine einem einen einer eines es fur für im
    ist
    mit nach nicht oder sich sind sowie uber um über und vom von vor werden wie wird wurde wurden zu zum zur""".split()  # noqa: SIM905 (as a list it would take a line a word)
)
_LONGEST_WORD = 64  # longer runs are serial numbers, hashes or noise
_stemmer = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)


def tokenise(text: str) -> list[str]:
    """Return the terms of a text in order, repetitions kept.

    Latin and other alphabetic runs become stems (Snowball, English) without stop words and single letters. Chinese,
    Japanese and Korean runs become words (jieba, two characters and more) and then character bigrams, which start with
    an underscore: bigrams find what segmentation splits differently.
    """
    terms: list[str] = []
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match.group()
        terms.extend(_cjk_terms(run) if match.group("cjk") else _word_terms(run))
    return terms


def _cjk_terms(run: str) -> Iterable[str]:
    if len(run) == 1:
        return [run]
    words = [word for han in _HAN.findall(run) for word in rjieba.cut(han) if len(word) > 1]
    return words + ["_" + run[at : at + 2] for at in range(len(run) - 1)]


def _word_terms(run: str) -> Iterable[str]:
    if len(run) == 1 or len(run) > _LONGEST_WORD or run in _STOP_WORDS:
        return ()
    return (_stem(run),)


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    if word.isdigit():
        return word
    stems = _stemmer.analyze(word)
    return stems[0] if stems else word


@lru_cache(maxsize=500_000)
def _key(term: str) -> int:
    """Return a 64-bit key, the same in every process: segments hold numbers, no strings."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


Masks: TypeAlias = Sequence[npt.NDArray[np.bool_]]  # of the rows of each segment


@dataclass(frozen=True, slots=True, eq=False)
class WeighedTerms:
    """Hold the terms of a query that an index knows, heaviest first, which makes one order for all sums: keys, weights and
    in how many items each occurs. `sums` is kept for one search, as long as the index does not change.
    """

    keys: npt.NDArray[np.uint64]
    weights: Scores
    frequencies: npt.NDArray[np.int64]
    sums: dict[int, tuple[Scores, Scores] | None] = field(default_factory=dict)


class LexicalIndex(TermStatistics):
    """Rank items by the terms they share with a query.

    Ids are any 64-bit numbers. Not safe for writing from two threads; readers may run beside each other.
    """

    def __init__(self, k1: float = K1, b: float = B, k3: float = K3, budget: int = BUDGET) -> None:
        self.k1, self.b, self.k3, self.budget = k1, b, k3, budget
        self._segments: list[Segment] = []

    def __len__(self) -> int:
        return sum(segment.live for segment in self._segments)

    def __contains__(self, wanted: int) -> bool:
        return any(segment.find(np.array([wanted], np.int64))[0] >= 0 for segment in self._segments)

    @property
    def mean_length(self) -> float:
        """Give the mean number of terms of the live items, 1 when there are none."""
        total = sum(segment.length for segment in self._segments)
        return total / len(self) if total else 1.0

    def upsert(self, ids: Sequence[int], tokens: Sequence[Sequence[str]]) -> None:
        """Add items or put them in the place of those with the same ids; the last of equal ids in one call counts."""
        latest = dict(zip(ids, tokens, strict=True))
        if not latest:
            return
        self.delete(latest)
        counted = [{_key(term): number for term, number in Counter(terms).items()} for terms in latest.values()]
        self._segments.append(Segment.build(list(latest), counted))
        self._settle()

    def delete(self, ids: Collection[int]) -> int:
        """Remove items and return how many of them were there."""
        wanted = np.fromiter(ids, np.int64, len(ids))
        removed = sum(segment.kill(wanted) for segment in self._segments)
        self._segments = [segment for segment in self._segments if segment.live]
        return removed

    def compact(self) -> None:
        """Merge into as few segments as allowed, and drop the postings of deleted items."""
        whole = [merge([segment]) if segment.dead else segment for segment in self._segments]
        self._segments = sorted(whole, key=lambda segment: -segment.live)
        self._settle(eager=True)

    def _settle(self, eager: bool = False) -> None:
        """Merge the last segments while they are of similar size: an item is copied a logarithmic number of times."""
        while len(self._segments) > 1:
            earlier, last = self._segments[-2:]
            if earlier.live + last.live > LARGEST_SEGMENT or not (eager or earlier.live <= 4 * last.live):
                return
            self._segments[-2:] = [merge([earlier, last])]

    def document_frequencies(self, terms: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return in how many live items each term occurs."""
        return self._frequencies(np.array([_key(term) for term in terms], np.uint64))

    def _frequencies(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        counts = (segment.frequencies(keys) for segment in self._segments)
        return np.asarray(sum(counts, np.zeros(len(keys), np.int64)), np.int64)

    def scores(self, query: Sequence[str], ids: Sequence[int] | Ids, power: float = 1.0) -> Scores:
        """Return the exact score of every id, 0 for those that are not here or share nothing.

        `power` raises the rarity of every term: above 1, rare terms count for more than in plain BM25.
        """
        return self.scores_and_shares(self.weigh(query, power), ids)[0]

    def scores_and_shares(
        self, terms: WeighedTerms, ids: Sequence[int] | Ids
    ) -> tuple[Scores, Scores, npt.NDArray[np.bool_]]:
        """Return the exact score of every id, the part (0…1) of the query's weight that it shares, and whether it is here."""
        wanted = np.asarray(ids, np.int64)
        total, shared, is_here = np.zeros(len(wanted)), np.zeros(len(wanted)), np.zeros(len(wanted), np.bool_)
        for segment in self._segments:
            rows = segment.find(wanted)
            here = np.flatnonzero(rows >= 0)
            if len(here):
                is_here[here] = True
                total[here], shared[here] = self._exact(segment, rows[here], terms)
        return total, shared / max(float(terms.weights.sum()), 1e-12), is_here

    def search(
        self, queries: Sequence[Sequence[str]], k: int, allowed: Collection[int] | Ids | None = None
    ) -> list[tuple[Ids, Scores]]:
        """Return for each query the ids and scores of the k best items that share a term, best first, ties by id.

        Exact as long as the postings of the query's terms number less than the budget; beyond it the commonest terms
        do not propose items of their own, and still count in the score of those proposed.
        """
        masks = self.masks(allowed)
        return [self.best(self.weigh(query), k, masks) for query in queries]

    def masks(self, allowed: Collection[int] | Ids | None) -> Masks:
        """Return what may be found, for `best`: everything, or the allowed ids alone."""
        return [segment.mask(allowed) for segment in self._segments]

    def best(self, terms: WeighedTerms, k: int, masks: Masks) -> tuple[Ids, Scores]:
        """Return what `search` does, for one query whose terms are weighed already."""
        leading = int(np.searchsorted(np.cumsum(terms.frequencies), self.budget, side="right"))
        proposals = [
            self._propose(segment, mask, terms, leading, k if leading == len(terms.keys) else SPARE * k)
            for segment, mask in zip(self._segments, masks, strict=True)
        ]
        chosen = _best_of_all(proposals, k if leading == len(terms.keys) else SPARE * k)
        found = [
            (segment.ids[rows], self._exact(segment, rows, terms)[0])
            for segment, rows in zip(self._segments, chosen, strict=True)
        ]
        ids = np.concatenate([np.zeros(0, np.int64), *(ids for ids, _ in found)])
        scores = np.concatenate([np.zeros(0), *(scores for _, scores in found)])
        order = np.lexsort((ids, -scores))[:k]
        return ids[order], scores[order]

    def _propose(
        self,
        segment: Segment,
        mask: npt.NDArray[np.bool_],
        terms: WeighedTerms,
        leading: int,
        count: int,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the best rows of a segment by the sums of the leading terms in single precision, with those sums."""
        whole = self._sums(segment, terms) if leading == len(terms.keys) else None
        if whole:
            total = whole[0].astype(np.float32)
        else:
            total = self._sum_up(segment, terms.keys[:leading], terms.weights[:leading])
        total[~mask] = 0.0
        best = _largest(total, count)
        return best, total[best]

    def _sum_up(self, segment: Segment, keys: npt.NDArray[np.uint64], weights: Scores) -> npt.NDArray[np.float32]:
        """Return the sums of all rows term by term, in little memory however long the postings are."""
        damping = self._damping(segment.lengths)
        total = np.zeros(len(segment.ids), np.float32)
        for key, weight in zip(keys, weights, strict=True):
            rows, counts = segment.postings(int(key))
            gains = np.take(damping, rows)
            gains += counts
            np.divide(counts, gains, out=gains)
            gains *= np.float32(weight * (self.k1 + 1))
            np.add.at(total, rows, gains)
        return total

    def weigh(self, query: Sequence[str], power: float = 1.0) -> WeighedTerms:
        """Return the known terms of a query with their weights, rarity raised to that power."""
        counts = Counter(_key(term) for term in query)
        keys = np.array(sorted(counts), np.uint64)
        frequencies = self._frequencies(keys)
        asked = self._asked(np.array([counts[int(key)] for key in keys], np.float64))
        weights = asked * self._idf(frequencies) ** power
        order = np.lexsort((keys, -weights))
        order = order[frequencies[order] > 0]
        return WeighedTerms(keys[order], weights[order], frequencies[order])

    def _exact(self, segment: Segment, rows: npt.NDArray[np.int64], terms: WeighedTerms) -> tuple[Scores, Scores]:
        """Return scores and shared weights of a few rows, the same sums in the same order by either way."""
        whole = self._sums(segment, terms)
        if whole:
            return whole[0][rows], whole[1][rows]
        damping = self._damping(segment.lengths[rows])
        total, shared = np.zeros(len(rows)), np.zeros(len(rows))
        for term, places, counts in segment.occurrences(terms.keys, rows.astype(np.int32)):
            weight = terms.weights[term]
            total[places] += weight * self._saturate(counts.astype(np.int64), damping[places])
            shared[places] += weight
        return total, shared

    def _sums(self, segment: Segment, terms: WeighedTerms) -> tuple[Scores, Scores] | None:
        """Return scores and shared weights of all rows, in one go and only once; None where postings are too many for that."""
        if id(segment) not in terms.sums:
            terms.sums[id(segment)] = None
            if segment.total(terms.keys) <= FEW * len(terms.keys):
                at, rows, counts = segment.gather(terms.keys)
                weights = terms.weights[at]
                gains = weights * self._saturate(counts.astype(np.int64), self._damping(segment.lengths)[rows])
                count = len(segment.ids)
                terms.sums[id(segment)] = (
                    np.bincount(rows, gains, count).astype(np.float64),
                    np.bincount(rows, weights, count).astype(np.float64),
                )
        return terms.sums[id(segment)]

    def save(self, folder: Path) -> None:
        """Write a snapshot into an empty folder; the caller writes aside and renames."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, segment in enumerate(self._segments):
            save_segment(segment, folder / f"segment-{number}")
        manifest = {"k1": self.k1, "b": self.b, "k3": self.k3, "budget": self.budget, "segments": len(self._segments)}
        (folder / "lexical.json").write_text(json.dumps(manifest), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Open a snapshot; postings stay on disk as memory maps. Raises DamagedSnapshot where files are amiss."""
        try:
            manifest = json.loads((folder / "lexical.json").read_text("utf-8"))
            index = cls(manifest["k1"], manifest["b"], manifest["k3"], manifest["budget"])
            index._segments = [load_segment(folder / f"segment-{number}") for number in range(manifest["segments"])]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedSnapshot(f"the lexical index in {folder} cannot be read: {error}") from error
        return index


def _best_of_all(
    proposals: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]], count: int
) -> list[npt.NDArray[np.int64]]:
    """Return the rows of each segment that are among the best of all segments, ties and rounding allowed for."""
    sums = np.concatenate([np.zeros(0, np.float32), *(sums for _, sums in proposals)])
    if len(sums) <= count:
        return [rows for rows, _ in proposals]
    least = np.partition(sums, len(sums) - count)[len(sums) - count] * ROUNDING
    return [rows[sums >= least] for rows, sums in proposals]


def _largest(values: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    """Return the positions of the k largest positive values, and of all that tie with the last of them or nearly do."""
    positive = np.flatnonzero(values > 0)
    if len(positive) <= k:
        return positive
    least = np.partition(values[positive], len(positive) - k)[len(positive) - k] * ROUNDING
    return np.asarray(positive[values[positive] >= least], np.int64)
