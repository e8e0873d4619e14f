"""How much two needs ask for the same: closeness of meaning, shared words, shared answers, shared indicators, shared industry.

The strongest sign of all is that the same results answer both: `answers` holds what matching found. Where neither has an
answer worth the name that sign is silent, and takes its usual value for like needs instead of zero. Two needs of one
organisation share the words of its background, so more is asked of them. The figures behind the weights are in
docs/grouping.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from matcher.engine.demands import demands_of
from matcher.engine.items import Record, Vectors
from matcher.engine.quantity_names import name_similarity

Places = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]

INDICATORS, SECTION, SAME_OWNER = 0.1, 0.1, -0.3
#: What shared answers usually say of like needs, and from which best score of either need they can be asked at all.
USUAL_ANSWERS, ANSWERED = 0.3, 0.6
SAME_NAME = 0.6  # similarity from which two names of indicators mean the same quantity
_CHUNK = 20_000


@dataclass(frozen=True, eq=False)
class Collection:
    """Hold what is compared of n needs: ids, corrected vectors (n, d) of unit length, words (n, v) of unit length,
    answers (n, offers) as scores, owners, sections of industry ("" unknown) and names of demanded indicators.
    """

    ids: Sequence[int]
    vectors: Vectors
    words: csr_matrix
    answers: csr_matrix
    owners: Places
    sections: npt.NDArray[np.str_]
    demands: Sequence[tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def mass(self) -> Values:
        """Return the sum of each need's answers."""
        return np.asarray(self.answers.sum(axis=1).A1, np.float64)

    @cached_property
    def best(self) -> Values:
        """Return the best of each need's answers, 0 without one."""
        return np.asarray(self.answers.max(axis=1).toarray().ravel(), np.float64)


def _words(records: Sequence[Record]) -> csr_matrix:
    if not any(record.tokens for record in records):
        return csr_matrix((len(records), 1))
    # Takes a second to import, and only a grouping needs it.
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=lambda record: record.tokens, sublinear_tf=True, dtype=np.float32)
    return csr_matrix(vectorizer.fit_transform(records))


def _answers(ids: Sequence[int], scores: Mapping[int, Mapping[int, float]]) -> csr_matrix:
    offers = {offer: at for at, offer in enumerate(sorted({o for one in scores.values() for o in one}))}
    rows = [(row, offers[o], score) for row, need in enumerate(ids) for o, score in scores.get(need, {}).items()]
    shape = (len(ids), max(1, len(offers)))
    if not rows:
        return csr_matrix(shape)
    at, columns, values = zip(*rows, strict=True)
    return csr_matrix((values, (at, columns)), shape)


def collect(records: Sequence[Record], vectors: Vectors, scores: Mapping[int, Mapping[int, float]]) -> Collection:
    """Return what is compared of stored needs; `vectors` are their corrected first rows, `scores` the offers of each."""
    ids = [record.item.id for record in records]
    profiles = [record.item.profile for record in records]
    return Collection(
        ids=ids,
        vectors=vectors,
        words=_words(records),
        answers=_answers(ids, scores),
        owners=np.array([profile.owner or 0 for profile in profiles], np.int64),
        sections=np.array([min(profile.industries, default="")[:1] for profile in profiles], np.str_),
        demands=[tuple(reading.indicator.name for reading in demands_of(record.item)) for record in records],
    )


def _chunks(rows: Places, columns: Places) -> Iterator[tuple[Places, Places]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK], columns[start : start + _CHUNK]


def closeness(needs: Collection, rows: Places, columns: Places) -> Values:
    """Return the cosine of each pair's vectors."""
    parts = [np.einsum("ij,ij->i", needs.vectors[one], needs.vectors[other]) for one, other in _chunks(rows, columns)]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def shared_words(needs: Collection, rows: Places, columns: Places) -> Values:
    """Return the cosine of each pair's words, weighted by rarity."""
    parts = [needs.words[one].multiply(needs.words[other]).sum(axis=1).A1 for one, other in _chunks(rows, columns)]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def shared_answers(needs: Collection, rows: Places, columns: Places) -> Values:
    """Return the weighted Jaccard coefficient of each pair's answers, drawn to USUAL_ANSWERS where there are no good ones."""
    shared = [needs.answers[one].minimum(needs.answers[other]).sum(axis=1).A1 for one, other in _chunks(rows, columns)]
    common = np.concatenate(shared) if shared else np.zeros(0)
    union = needs.mass[rows] + needs.mass[columns] - common
    jaccard = np.divide(common, union, out=np.zeros_like(common, dtype=np.float64), where=union > 0)
    known = np.minimum(1, np.maximum(needs.best[rows], needs.best[columns]) / ANSWERED)
    return np.asarray(jaccard + (1 - known) * USUAL_ANSWERS, np.float64)


@lru_cache(maxsize=1 << 18)
def _alike(one: str, other: str) -> float:
    similarity = name_similarity(one, other)
    return similarity if similarity >= SAME_NAME else 0.0


def shared_indicators(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the share (0 to 1) of two lists of indicators that have their like in the other list."""
    if not one or not other:
        return 0.0
    there = sum(max(_alike(a, b) for b in other) for a in one)
    back = sum(max(_alike(a, b) for a in one) for b in other)
    return (there + back) / (len(one) + len(other))


def likeness(needs: Collection, rows: Places, columns: Places, floor: float = -np.inf) -> Values:
    """Return the likeness of each pair: about 1 for needs that ask for the same in other words, above 2 for copies.

    Indicators are compared only where they can lift a pair over `floor`.
    """
    found = closeness(needs, rows, columns) + shared_words(needs, rows, columns) + shared_answers(needs, rows, columns)
    sections = needs.sections
    found += SECTION * ((sections[rows] == sections[columns]) & (sections[rows] != ""))
    found += SAME_OWNER * (needs.owners[rows] == needs.owners[columns])
    for at in np.flatnonzero(found + INDICATORS > floor):
        found[at] += INDICATORS * shared_indicators(needs.demands[rows[at]], needs.demands[columns[at]])
    return found
