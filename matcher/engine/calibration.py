"""From evidence to a probability: a logistic curve (Platt 1999), and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

# How often a second person accepts what a first accepted, and what a first declined: the order of what Voorhees (2000) found
# among assessors of one collection.
OPINIONS = (0.8, 0.02)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turn the evidence of a pair into the probability that a person would accept it: 1 / (1 + exp(-(slope x + intercept))).

    The defaults were fitted on the judged pairs of the demonstration seeds, which are invented and clearer than life: with
    OPINIONS, so that the first figures are sane. `fit` on real decisions replaces them.
    """

    slope: float = 0.63
    intercept: float = -5.66

    def probabilities(self, evidence: Values) -> Values:
        """Return probabilities in 0…1; the order of the evidence is kept."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * evidence + self.intercept, -60, 60))), np.float64)

    @classmethod
    def fit(
        cls, evidence: Values, accepted: npt.NDArray[np.bool_], opinions: tuple[float, float] = (1.0, 0.0)
    ) -> Calibration:
        """Return the curve of highest likelihood; raises ValueError without both kinds, or where more evidence is worse.

        `opinions` are the shares of the accepted and of the other pairs that the next person would accept: certain ones for
        decisions of the people whose decisions are foretold, OPINIONS for somebody else's judgements.
        """
        from sklearn.linear_model import LogisticRegression

        if accepted.all() or not accepted.any():
            raise ValueError("a calibration needs accepted and declined pairs")
        agreed = np.where(accepted, *opinions)
        weights, outcomes = np.concatenate([agreed, 1 - agreed]), np.repeat([True, False], len(evidence))
        model = LogisticRegression(C=100.0).fit(np.tile(evidence, 2)[:, None], outcomes, sample_weight=weights)
        slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
        if slope <= 0:
            raise ValueError("more evidence went with fewer acceptances: these decisions cannot calibrate")
        return cls(slope, intercept)


@dataclass(frozen=True, slots=True)
class Bin:
    """Hold one class of a reliability table: how many pairs, the probability promised and the share that came true."""

    count: int
    promised: float
    observed: float


def reliability(probabilities: Values, accepted: npt.NDArray[np.bool_], bins: int = 10) -> list[Bin]:
    """Return the reliability table over equal steps of probability, empty classes left out."""
    edges = np.linspace(0, 1, bins + 1)
    table = []
    for low, high in pairwise(edges):
        chosen = (probabilities >= low) & ((probabilities < high) | (high == 1))
        if chosen.any():
            table.append(Bin(int(chosen.sum()), float(probabilities[chosen].mean()), float(accepted[chosen].mean())))
    return table


def expected_calibration_error(table: list[Bin]) -> float:
    """Return the mean distance of promised and observed, weighted by class size (Naeini et al. 2015); 0 for no pairs."""
    total = sum(part.count for part in table)
    return sum(part.count * abs(part.promised - part.observed) for part in table) / total if total else 0.0
