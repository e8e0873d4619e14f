"""Learns an order from decisions, and tells whether it is better than the order in use by more than chance.

The model is logistic regression over the formula's figure, the features of ranking.py and what precedents.py recalls:

    log-odds = a · formula + Σ w · (feature, standardised, at most ±4) + v · precedent + constant

with w of prior variance 1/20 and v of 10: with few decisions it is the formula, and departs from it as decisions insist. Gradient
boosting and pairwise losses were measured and are no better with hundreds of decisions (docs/quality.md). Only shown pairs have
decisions, so what is learned holds for pairs near the top of the order in use: exploration must feed it others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.engine.precedents import Recall
from matcher.engine.ranking import FEATURES, formula_figures

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

FEWEST_OF_A_KIND = 5  # accepted pairs, and declined ones, without which nothing can be fitted
FEATURE_PRECISION = 20.0
PRECEDENT_PRECISION = 0.1
_FORMULA_PRECISION = 0.01
_FARTHEST = 4.0
_PRECEDENT, _EVIDENCE = FEATURES.index("precedent"), FEATURES.index("evidence")


class TooFewDecisions(ValueError):
    """Refuse to fit where there are not enough pairs of both kinds."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Hold n decided pairs in the order of time.

    `columns` (n, len(FEATURES)) as the pair was seen, `grades` (n,) 0 for declined and more for better, `weights` (n,), `needs` (n,) ids;
    `need_rows` and `offer_rows` (n, d) corrected vectors of the whole texts, with no columns where there are none.
    """

    columns: Values
    grades: Values
    weights: Values
    needs: Ids
    need_rows: Rows
    offer_rows: Rows

    def __len__(self) -> int:
        return len(self.grades)

    @property
    def accepted(self) -> npt.NDArray[np.bool_]:
        """Tell for each pair whether it was accepted."""
        return self.grades > 0

    def take(self, chosen: npt.NDArray[Any]) -> Examples:
        """Return the chosen pairs."""
        return Examples(
            self.columns[chosen], self.grades[chosen], self.weights[chosen], self.needs[chosen],
            self.need_rows[chosen], self.offer_rows[chosen],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Hold a fitted logistic regression over FEATURES; `weights` are those of the standardised features."""

    formula: float
    constant: float
    centre: Values
    scale: Values
    weights: Values

    def figures(self, columns: Values) -> Values:
        """Return the log-odds (n,) of rows of `ranking.matrix`."""
        known = _standardised(columns, self.centre, self.scale)
        return np.asarray(self.formula * formula_figures(columns) + known @ self.weights + self.constant, np.float64)

    def predict_proba(self, columns: Values) -> Values:
        """Return the chances of no and yes, (n, 2), as LearnedRanker asks for them."""
        yes = 1 / (1 + np.exp(-np.clip(self.figures(columns), -60, 60)))
        return np.stack([1 - yes, yes], axis=1)

    def effects(self) -> dict[str, float]:
        """Return by how much a usual difference in each feature moves the log-odds beyond the formula, the largest first."""
        found = {name: float(weight) for name, weight in zip(FEATURES, self.weights, strict=True) if weight}
        return dict(sorted(found.items(), key=lambda effect: -abs(effect[1])))

    def to_json(self) -> str:
        """Return everything as text."""
        features = {
            name: [float(centre), float(scale), float(weight)]
            for name, centre, scale, weight in zip(FEATURES, self.centre, self.scale, self.weights, strict=True)
            if weight
        }
        return json.dumps({"formula": self.formula, "constant": self.constant, "features": features})

    @classmethod
    def from_json(cls, text: str) -> LinearModel:
        """Read what `to_json` gave; a feature that is no longer known has no effect. Raises ValueError for anything else."""
        try:
            stored = json.loads(text)
            features: Mapping[str, list[float]] = stored["features"]
            table = np.array([features.get(name, [0.0, 1.0, 0.0]) for name in FEATURES], np.float64).reshape(-1, 3)
            model = cls(float(stored["formula"]), float(stored["constant"]), *table.T.copy())
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is not a stored ranker: {error}") from error
        if not np.isfinite([model.formula, model.constant, *table.ravel()]).all() or (model.scale <= 0).any():
            raise ValueError("this stored ranker has figures that cannot be used")
        return model


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """Hold a model with the memory that it was fitted with."""

    model: LinearModel
    recall: Recall

    def figures(self, asked: Examples) -> Values:
        """Return the log-odds of pairs, none of whose own decisions are used through the memory of their need."""
        return self.model.figures(remembered(asked, self.recall))

    def effects(self, examples: Examples) -> dict[str, float]:
        """Return the effects of the model, that of the memory for a usual difference among these pairs, the largest first."""
        spread = float(remembered(examples, self.recall)[:, _PRECEDENT].std())
        found = {name: value * (spread if name == "precedent" else 1.0) for name, value in self.model.effects().items()}
        return dict(sorted(found.items(), key=lambda effect: -abs(effect[1])))


def fit(examples: Examples) -> Learned:
    """Return the model of highest posterior probability; raises TooFewDecisions."""
    accepted = examples.accepted
    if min(accepted.sum(), (~accepted).sum()) < FEWEST_OF_A_KIND:
        raise TooFewDecisions(f"{len(examples)} decisions, {int(accepted.sum())} of them accepted")
    chances = 1 / (1 + np.exp(-against_formula(examples).figures(examples.columns)))
    recall = Recall(examples.needs, examples.need_rows, examples.offer_rows, accepted - chances)
    columns = remembered(examples, recall)
    model = _fit(columns, examples)
    if model.weights[_PRECEDENT] < 0:  # memory that misleads is not used at all
        columns[:, _PRECEDENT] = 0.0
        model = _fit(columns, examples)
    return Learned(model, recall)


def against_formula(examples: Examples) -> LinearModel:
    """Return the formula with slope and constant fitted, and nothing else: what a learned model has to beat."""
    slope, constant = rescaled(formula_figures(examples.columns), examples)
    nothing = np.zeros(len(FEATURES))
    return LinearModel(slope, constant, nothing, np.ones(len(FEATURES)), nothing)


def rescaled(figures: Values, examples: Examples) -> tuple[float, float]:
    """Return slope and constant that turn the figures of decided pairs into log-odds."""
    coefficients, constant = _logistic(figures[:, None], np.array([_FORMULA_PRECISION]), examples)
    return float(coefficients[0]), constant


def remembered(examples: Examples, recall: Recall) -> Values:
    """Return the columns with what the memory says in the place of `precedent`."""
    columns = examples.columns.copy()
    columns[:, _PRECEDENT] = recall.of(examples.needs, examples.need_rows, examples.offer_rows)
    return columns


def _fit(columns: Values, examples: Examples) -> LinearModel:
    centre = np.average(columns, axis=0, weights=examples.weights)
    spread = np.sqrt(np.average((columns - centre) ** 2, axis=0, weights=examples.weights))
    # The evidence is the formula's own column; a memory is a figure of -1…1 and counts as it is.
    used = (spread > 1e-6) & (np.arange(len(FEATURES)) != _EVIDENCE)
    centre[_PRECEDENT], spread[_PRECEDENT] = 0.0, 1.0
    scale = np.where(used, spread, 1.0)
    known = _standardised(columns, centre, scale) * used
    precision = np.full(len(FEATURES), FEATURE_PRECISION)
    precision[_PRECEDENT] = PRECEDENT_PRECISION
    together = np.concatenate([formula_figures(columns)[:, None], known], axis=1)
    coefficients, constant = _logistic(together, np.array([_FORMULA_PRECISION, *precision]), examples)
    return LinearModel(float(coefficients[0]), constant, centre, scale, np.where(used, coefficients[1:], 0.0))


def _standardised(columns: Values, centre: Values, scale: Values) -> Values:
    return np.clip((columns - centre) / scale, -_FARTHEST, _FARTHEST)


def _logistic(columns: Values, precision: Values, examples: Examples) -> tuple[Values, float]:
    """Fit with a prior of that precision for each coefficient and none for the constant."""
    from sklearn.linear_model import LogisticRegression

    scale = 1 / np.sqrt(precision)
    # Without the shift, the constant would have to make up for figures far from 0.
    shift = np.average(columns, axis=0, weights=examples.weights)
    model = LogisticRegression(C=1.0, max_iter=1000, tol=1e-6, solver="newton-cholesky")
    model.fit((columns - shift) * scale, examples.accepted, sample_weight=examples.weights)
    coefficients = model.coef_[0] * scale
    return coefficients, float(model.intercept_[0] - shift @ coefficients)


def without_vectors(examples: Examples) -> Examples:
    """Return the examples without memory."""
    none = np.zeros((len(examples), 0), np.float32)
    return replace(examples, need_rows=none, offer_rows=none)
