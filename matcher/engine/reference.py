"""The fixed statistics that make cosines comparable: fitted from stored texts when the index is rebuilt, no labels seen.

Vectors of e5 are crowded, grouped by language, and some items are near everything. Three remedies of the literature:
the mean of each language is taken out of both sides (Mu and Viswanath 2018, here without removing directions); a cosine
is expressed in standard deviations of what the query has with all items; and half of an item's mean cosine with the ten
queries nearest to it is taken off (CSLS, Conneau et al. 2018), so that hubs do not win everywhere.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matcher.engine.items import BadVectors, DamagedSnapshot, Record, Vectors

FEWEST = 5  # texts of a language before its own mean is used; fewer take the mean of all languages
NEIGHBOURS = 10
LARGEST_SAMPLE = 4096
SHRINKAGE = 50  # items that the prior of the covariance is worth
_SMALLEST_SPREAD = 1e-3
_ALL = ""  # the key of the mean over all languages


def fit_reference(items: Sequence[Record], queries: Sequence[Record], dimension: int) -> Reference:
    """Return the statistics of stored records: their first rows, which stand for the whole texts."""
    return Reference.fit(
        _first_rows(items, dimension),
        [record.item.profile.language for record in items],
        _first_rows(queries, dimension),
        [record.item.profile.language for record in queries],
    )


def _first_rows(records: Sequence[Record], dimension: int) -> Vectors:
    return np.stack([record.vectors[0] for record in records]) if records else np.zeros((0, dimension), np.float32)


def unit(rows: Vectors) -> Vectors:
    """Return the rows scaled to length one; rows of zeros stay zero."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Hold the statistics of one catalogue: `item_means` and `query_means` (d,) by language, centre and covariance of
    the corrected items, (d,) and (d, d), a sample (n, d) of corrected queries, and the mean hubness of the items.

    Without queries nothing is corrected: taking the mean out of one side alone does harm (docs/quality.md).
    """

    item_means: Mapping[str, Vectors]
    query_means: Mapping[str, Vectors]
    centre: Vectors
    covariance: Vectors
    sample: Vectors
    typical_hubness: float

    @classmethod
    def fit(
        cls, items: Vectors, item_languages: Sequence[str], queries: Vectors, query_languages: Sequence[str]
    ) -> Reference:
        """Return the statistics of raw vectors of whole texts, one row an item or query.

        Raises BadVectors for unequal dimensions.
        """
        if items.shape[1] != queries.shape[1]:
            raise BadVectors(f"items have {items.shape[1]} dimensions, queries {queries.shape[1]}")
        centred = len(items) >= FEWEST and len(queries) >= FEWEST
        item_means = _means(items, item_languages) if centred else {}
        query_means = _means(queries, query_languages) if centred else {}
        corrected = _correct_each(items, item_languages, item_means)
        centre, covariance = _moments(corrected)
        asked = _correct_each(queries, query_languages, query_means)[:: max(1, -(-len(queries) // LARGEST_SAMPLE))]
        typical = float(_hubness(corrected, asked).mean()) if len(corrected) else 0.0
        return cls(item_means, query_means, centre, covariance, asked, typical)

    @classmethod
    def neutral(cls, dimension: int) -> Reference:
        """Return a reference that corrects nothing, for a catalogue that is still empty."""
        return cls.fit(np.zeros((0, dimension), np.float32), [], np.zeros((0, dimension), np.float32), [])

    @property
    def dimension(self) -> int:
        """Give the number of columns of the vectors."""
        return len(self.centre)

    def correct_items(self, rows: Vectors, language: str) -> Vectors:
        """Return an item's rows (p, d) with the mean of its language taken out, of unit length."""
        return _correct(rows, language, self.item_means)

    def correct_queries(self, rows: Vectors, language: str) -> Vectors:
        """Return a query's rows (p, d) with the mean of its language taken out, of unit length."""
        return _correct(rows, language, self.query_means)

    def hubness(self, items: Vectors) -> npt.NDArray[np.float32]:
        """Return how near corrected items (n, d) are to whatever is asked: their mean cosine with the nearest queries."""
        return _hubness(items, self.sample)

    def expected(self, query: Vectors) -> tuple[float, float]:
        """Return mean and standard deviation of a corrected query's cosines with all items, from their two moments."""
        variance = float(np.vecdot(np.vecdot(self.covariance, query), query))  # in one thread, as in alignment.py
        return float(query @ self.centre), max(np.sqrt(max(variance, 0.0)), _SMALLEST_SPREAD)

    def to_bytes(self) -> bytes:
        """Return everything as one .npz archive."""
        means = {f"item:{language}": mean for language, mean in self.item_means.items()}
        means |= {f"query:{language}": mean for language, mean in self.query_means.items()}
        arrays = means | {"centre": self.centre, "covariance": self.covariance, "sample": self.sample}
        archive = io.BytesIO()
        np.savez(archive, allow_pickle=False, **arrays, typical=np.array([self.typical_hubness]))
        return archive.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Reference:
        """Read what `to_bytes` gave; raises DamagedSnapshot for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            items, queries = (_strip(arrays, side) for side in ("item:", "query:"))
            typical = float(arrays["typical"][0])
            return cls(items, queries, arrays["centre"], arrays["covariance"], arrays["sample"], typical)
        except Exception as error:  # zipfile, zlib and NumPy raise many kinds
            raise DamagedSnapshot(f"these reference statistics cannot be read: {error}") from error

    def save(self, path: Path) -> None:
        """Write everything into one file."""
        path.write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: Path) -> Reference:
        """Read what `save` wrote; raises DamagedSnapshot where the file is missing or amiss."""
        try:
            return cls.from_bytes(path.read_bytes())
        except OSError as error:
            raise DamagedSnapshot(f"the reference statistics in {path} cannot be read: {error}") from error


def _strip(arrays: Mapping[str, Vectors], side: str) -> dict[str, Vectors]:
    return {name.removeprefix(side): array for name, array in arrays.items() if name.startswith(side)}


def _means(rows: Vectors, languages: Sequence[str]) -> dict[str, Vectors]:
    groups = np.array(languages, dtype=str)
    means = {_ALL: rows.mean(axis=0)}
    for language in sorted(set(languages) - {_ALL}):
        chosen = groups == language
        if np.count_nonzero(chosen) >= FEWEST:
            means[language] = rows[chosen].mean(axis=0)
    return means


def _correct(rows: Vectors, language: str, means: Mapping[str, Vectors]) -> Vectors:
    if not means:
        return unit(rows)
    return unit(rows - means.get(language, means[_ALL]))


def _correct_each(rows: Vectors, languages: Sequence[str], means: Mapping[str, Vectors]) -> Vectors:
    if not len(rows):
        return rows.astype(np.float32)
    groups = np.array(languages, dtype=str)
    corrected = np.empty_like(rows, dtype=np.float32)
    for language in set(languages):
        corrected[groups == language] = _correct(rows[groups == language], language, means)
    return corrected


def _moments(rows: Vectors) -> tuple[Vectors, Vectors]:
    """Return mean (d,) and covariance (d, d), the latter drawn towards that of even directions while rows are few."""
    dimension = rows.shape[1]
    even = np.eye(dimension, dtype=np.float32) / max(dimension, 1)
    if len(rows) < 2:
        return np.zeros(dimension, np.float32), even
    spread = np.cov(rows, rowvar=False).reshape(dimension, dimension).astype(np.float32)
    share = len(rows) / (len(rows) + SHRINKAGE)
    return rows.mean(axis=0), np.asarray(share * spread + (1 - share) * even, np.float32)


def _hubness(items: Vectors, sample: Vectors) -> npt.NDArray[np.float32]:
    if len(sample) < 2 * NEIGHBOURS or not len(items):
        return np.zeros(len(items), np.float32)
    blocks = np.array_split(items, -(-len(items) // 4096))
    return np.concatenate([_nearest_mean(block @ sample.T) for block in blocks])


def _nearest_mean(similarities: Vectors) -> Vectors:
    """Return the mean of the largest values of each row."""
    k = min(NEIGHBOURS, similarities.shape[1])
    return np.asarray(np.partition(similarities, -k, axis=1)[:, -k:].mean(axis=1), np.float32)
