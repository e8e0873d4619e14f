"""Late interaction over passages: which passage of an offer answers which passage of a need, and how well all together.

Every passage of the need takes its most similar row of the offer (MaxSim of ColBERT, Khattab and Zaharia 2020, over passages
instead of tokens). Those maxima are then joined by a soft maximum instead of a mean: an offer that answers the heart of a
need very well need not answer its preamble, and a need made of many documents is met by meeting one of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.engine.items import BadVectors, Vectors

Values = npt.NDArray[np.float64]

TEMPERATURE = 0.05  # cosines; passages further than this below the best one have little say


def soft_maximum(values: npt.NDArray[Any], temperature: float = TEMPERATURE) -> Values:
    """Return t ln mean exp(v / t) over the last axis: between mean and maximum, and rising with every value."""
    scaled = np.asarray(values, np.float64) / temperature
    top = scaled.max(axis=-1, keepdims=True)
    return np.asarray(temperature * (top[..., 0] + np.log(np.exp(scaled - top).mean(axis=-1))), np.float64)


def soft_shares(values: npt.NDArray[Any], temperature: float = TEMPERATURE) -> Values:
    """Return how much each value moves the soft maximum: its derivatives, which add up to one over the last axis."""
    scaled = np.asarray(values, np.float64) / temperature
    weights = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), np.float64)


def first_passage(rows: Vectors) -> int:
    """Return the place of the first row that is a passage's: the second, or the first where the text is one passage."""
    return 1 if len(rows) > 1 else 0


def similarities(need: Vectors, offers: Vectors) -> Vectors:
    """Return the cosines (n, m) of the rows of offers (n, d) with those of a need (m, d).

    Raises BadVectors for rows that do not fit or are not finite.
    """
    if need.shape[1] != offers.shape[1]:
        raise BadVectors(f"rows of {need.shape[1]} and {offers.shape[1]} dimensions cannot be aligned")
    # Pair by pair, so that no sum depends on how many offers there are, and in one thread: a matrix product would share this
    # out among cores that wait for each other longer than they compute whenever the machine has something else to do.
    cosines: Vectors = np.vecdot(offers[:, None, :], need[None, :, :])
    if not np.isfinite(cosines).all():
        raise BadVectors("vectors are not finite")
    return cosines


def best_answers(cosines: Vectors, starts: npt.NDArray[np.intp]) -> Vectors:
    """Return for each offer and each row of the need the cosine with the offer's most similar row, (k, m).

    `cosines` (n, m) has the rows of all offers one after the other, the first of each at `starts` (k,), none without rows.
    """
    if not len(starts):
        return cosines[:0]
    return np.asarray(np.maximum.reduceat(cosines, starts, axis=0), np.float32)
