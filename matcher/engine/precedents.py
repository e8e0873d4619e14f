"""What earlier decisions on similar pairs say of a pair: the memory of a learned ranker.

A decision counts for a pair as far as its need resembles the need and its offer the offer, by the corrected cosines of the
whole texts. What it says is its residual: whether people accepted, less the chance that the formula gave. The mean is
shrunk, so that a single distant precedent says next to nothing, and lies in -1…1. Decisions on the need itself
are left out: they were made while looking at the same list, and a ranker is to order pairs that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matcher.engine.items import Vectors
from matcher.engine.reference import Reference

Values = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

OFFER_POWER = 3  # an offer must be nearly the same one, a need only of the same kind
SHRINKAGE = 0.3  # the weight of "nothing known", in units of one identical precedent


@dataclass(frozen=True, slots=True, eq=False)
class Recall:
    """Hold n decided pairs as corrected vectors (n, d) of one catalogue, with need ids and residuals (n,)."""

    need_ids: Ids
    needs: Vectors
    offers: Vectors
    residuals: Values

    def of(self, need_ids: Ids, needs: Vectors, offers: Vectors) -> Values:
        """Return for m pairs (or one need with m offers) what similar decisions say, (m,)."""
        likeness = np.maximum(needs @ self.needs.T, 0) * np.maximum(offers @ self.offers.T, 0) ** OFFER_POWER
        likeness = np.where(need_ids[:, None] == self.need_ids[None, :], 0.0, likeness)
        return np.asarray(likeness @ self.residuals / (SHRINKAGE + likeness.sum(axis=1)), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Precedents:
    """Hold decided pairs as they are stored: raw vectors of whole texts with the languages that correct them."""

    need_ids: Ids
    needs: Vectors
    offers: Vectors
    need_languages: Sequence[str]
    offer_languages: Sequence[str]
    residuals: Values

    def corrected(self, reference: Reference) -> Recall:
        """Return the memory as a catalogue with that reference compares vectors."""
        needs = [
            reference.correct_queries(row[None], at) for row, at in zip(self.needs, self.need_languages, strict=True)
        ]
        offers = [
            reference.correct_items(row[None], at) for row, at in zip(self.offers, self.offer_languages, strict=True)
        ]
        empty = np.zeros((0, reference.dimension), np.float32)
        return Recall(self.need_ids, np.concatenate([empty, *needs]), np.concatenate([empty, *offers]), self.residuals)
