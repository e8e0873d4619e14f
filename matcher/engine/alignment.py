"""Late interaction over sentence vectors: which sentence of an offer answers which sentence of a need.

The score is MaxSim (Khattab and Zaharia, 2020, ColBERT), over sentences instead of tokens: every sentence of the need takes
its most similar sentence of the offer, and the similarities are averaged. Long offers gain nothing by length alone that
a short offer could not have, and the score is a sum over pairs, so that what is shown can be what was scored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.engine.items import BadVectors, Vectors

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """Hold one sentence of the need with the sentence of the offer that answers it best.

    `contribution` is the part of the alignment score that this pair carries: weight × similarity, negative
    similarities counted as zero. The contributions of all pairs add up to the score.
    """

    need: int
    offer: int
    similarity: float
    contribution: float


def align(need: Vectors, offer: Vectors, weights: Weights | None = None) -> tuple[AlignedPair, ...]:
    """Return for every sentence of the need its best sentence of the offer, largest contribution first.

    `need` is (m, d) and `offer` (n, d), rows of unit length (corrected vectors, if the index corrects them); `weights` is
    (m,), not negative, and defaults to equal weights. Ties take the earlier sentence. Empty sides give no pairs.
    """
    similarities = _similarities(need, offer)
    if similarities.size == 0:
        return ()
    best = similarities.argmax(axis=1)
    values = similarities[np.arange(len(best)), best]
    shares = _shares(len(best), weights) * np.maximum(values, 0.0)
    order = np.argsort(-shares, kind="stable")
    return tuple(AlignedPair(int(i), int(best[i]), float(values[i]), float(shares[i])) for i in order)


def alignment_score(need: Vectors, offer: Vectors, weights: Weights | None = None) -> float:
    """Return the alignment of a pair in 0…1: the sum of the contributions that `align` gives, 0 for an empty side."""
    offsets = np.array([0, len(offer)], dtype=np.intp)
    return float(alignment_scores(need, offer, offsets, weights)[0])


def alignment_scores(
    need: Vectors, offers: Vectors, offsets: npt.NDArray[np.intp], weights: Weights | None = None
) -> Weights:
    """Return the alignment score of one need with each of k offers, float32 (k,).

    `offers` (n, d) has the sentences of all offers one after the other; offer i owns the rows offsets[i]:offsets[i + 1],
    so that `offsets` has k + 1 entries. An offer without sentences scores 0. The score of an offer does not depend on the
    others in the call.
    """
    starts, ends = offsets[:-1], offsets[1:]
    scores = np.zeros(len(starts), dtype=np.float32)
    filled = ends > starts
    similarities = _similarities(need, offers[: offsets[-1]])
    if similarities.size == 0 or not filled.any():
        return scores
    # Rows that no offer owns cannot occur between filled segments: their ends are the next starts.
    best = np.maximum.reduceat(similarities, starts[filled], axis=1)
    scores[filled] = _shares(len(need), weights) @ np.maximum(best, 0.0)
    return scores


def salient(pairs: tuple[AlignedPair, ...], limit: int) -> tuple[AlignedPair, ...]:
    """Return the pairs worth showing: the largest contributions, each sentence of the offer at most once."""
    shown: list[AlignedPair] = []
    used: set[int] = set()
    for pair in pairs:
        if len(shown) == limit:
            break
        if pair.contribution > 0 and pair.offer not in used:
            shown.append(pair)
            used.add(pair.offer)
    return tuple(shown)


def _similarities(need: Vectors, offer: Vectors) -> Vectors:
    """Return the cosines (m, n) of two sets of unit rows; refuses vectors that are not finite or do not fit."""
    if len(need) == 0 or len(offer) == 0:
        return np.zeros((len(need), len(offer)), dtype=np.float32)
    if need.shape[1] != offer.shape[1]:
        raise BadVectors(f"sentences of {need.shape[1]} and {offer.shape[1]} dimensions cannot be aligned")
    similarities: Vectors = (need @ offer.T).astype(np.float32)
    if not np.isfinite(similarities).all():
        raise BadVectors("sentence vectors are not finite")
    return similarities


def _shares(count: int, weights: Weights | None) -> Weights:
    """Return weights that add up to one; equal ones where none are given or all are zero."""
    total = 0.0 if weights is None else float(weights.sum())
    if weights is None or total <= 0:
        return np.full(count, 1.0 / count, dtype=np.float32)
    return (weights / total).astype(np.float32)
