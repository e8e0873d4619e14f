"""Tries a learned order on needs that it was not fitted on.

Needs are taken in the order of their first decision and cut into blocks of time; the pairs of each block are ordered by a
model fitted on the decisions of all other blocks (blocked cross-validation, Bergmeir and Benítez 2012). So every need counts,
where trying only on later ones leaves too few to see anything. The order in use is treated alike: on needs that it knows it
is fitted again without them. Compared, need by need:

- nDCG@10 of the decided pairs,
- the log-likelihood of their order: ln σ(figure of an accepted pair - figure of a declined one), the mean over the need's pairs
  (Bradley and Terry 1952). It uses how far pairs are apart, and sees with 30 needs what nDCG sees with 300.

Both orders are put on the scale of log-odds by the same decisions. Labels without meaning must not be learned: what a model
finds in them looks like order more often than a fixed figure does, for its errors go together. So they are told by the formula,
which is fitted on nothing: decisions that do not agree with it by more than lot (the rank-sum test of Mann and Whitney 1947,
exact under shuffling) are believed only where the learned order is right nearly without exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from matcher.engine.calibration import Calibration, expected_calibration_error, reliability
from matcher.engine.learning import Examples, TooFewDecisions, Values, fit, rescaled
from matcher.engine.metrics import Difference, ndcg, paired_bootstrap
from matcher.engine.ranking import formula_figures

FEWEST_DECISIONS = 50
FEWEST_NEEDS = 6  # with accepted and declined pairs
BLOCKS = 10
ALPHA = 0.05  # chance that an order no better is adopted, by the likelihood alone
AGREEMENT = (
    2.6  # standard deviations by which decisions must agree with the formula: shuffled ones do once in 200 times
)
CLEAR_OF_CHANCE = 3.0  # standard errors by which pairs must be ordered better than by lot
BEYOND_DOUBT = 6.0  # as many, where decisions have nothing to do with the formula
RESAMPLES = 4000
TOLERATED_LOSS = 0.005  # of nDCG@10, which moves in steps with few needs
TOLERATED_BRIER = 0.01

Figures = Callable[[Examples], Values]
_NONE = Difference(0.0, 0.0, 0.0, 1.0)


class Verdict(StrEnum):
    """Name the outcome of a trial."""

    TOO_FEW = "too_few"
    NOT_BETTER = "not_better"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class Trial:
    """Hold how the order in use (`before`) and the learned one (`after`) did on needs that they were not fitted on.

    `needs` had accepted and declined pairs, of which `ordered` (0…1) were in the right order after learning, `clearance` standard errors
    more than by lot; `agreement` is that of the decisions with the formula, in standard deviations of what shuffling gives.
    `order` is the gain in log-likelihood of the order, `gain` that in nDCG@10.
    """

    decisions: int
    accepted: int
    needs: int
    verdict: Verdict
    ndcg_before: float = 0.0
    ndcg_after: float = 0.0
    gain: Difference = _NONE
    order: Difference = _NONE
    ordered: float = 0.0
    clearance: float = 0.0
    agreement: float = 0.0
    brier_before: float = 0.0
    brier_after: float = 0.0
    calibration_error_before: float = 0.0
    calibration_error_after: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the figures for keeping."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """Hold the log-odds of both orders for pairs of needs that neither was fitted on."""

    examples: Examples
    before: Values
    after: Values


def by_formula(examples: Examples) -> Values:
    """Return the formula's figures, for the time before anything was learned."""
    return formula_figures(examples.columns)


def try_out(examples: Examples, in_use: Figures, since: int = 0) -> tuple[Trial, Calibration]:
    """Return how a learned order does against the one in use, which was fitted on the first `since` decisions.

    The calibration is that of the tried pairs' log-odds, as they are where there are too few.
    """
    tried = _predict(examples, in_use, since) if len(examples) >= FEWEST_DECISIONS else None
    needs = [] if tried is None else list(_mixed_needs(tried.examples))
    counts = len(examples), int(examples.accepted.sum()), len(needs)
    if tried is None or len(needs) < FEWEST_NEEDS:
        return Trial(*counts, Verdict.TOO_FEW), Calibration(1.0, 0.0)
    return _judge(tried, needs, counts), _calibrate(tried)


def _predict(examples: Examples, in_use: Figures, since: int) -> _Tried | None:
    """Return both orders' log-odds, block by block, None where none can be fitted."""
    parts = []
    early = np.arange(len(examples)) < since
    for block in _blocks(examples.needs):
        inside = np.isin(np.arange(len(examples)), block)
        rest, tried = examples.take(~inside), examples.take(block)
        try:
            learned = fit(rest)
        except TooFewDecisions:
            continue
        before = _unaware(examples, early, inside) if (early & inside).any() else in_use
        slope, constant = rescaled(before(rest), rest)
        parts.append((block, slope * before(tried) + constant, learned.figures(tried)))
    if not parts:
        return None
    chosen = np.concatenate([block for block, _, _ in parts])
    before_all, after_all = (np.concatenate([part[at] for part in parts]) for at in (1, 2))
    return _Tried(examples.take(chosen), before_all, after_all)


def _unaware(examples: Examples, early: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_]) -> Figures:
    """Return the order in use as it would be without the decisions of a block."""
    try:
        return fit(examples.take(early & ~inside)).figures
    except TooFewDecisions:
        return by_formula


def _blocks(needs: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the places of each block's decisions; a need is wholly in one block."""
    order = np.array(list(dict.fromkeys(needs.tolist())), np.int64)
    for piece in np.array_split(order, BLOCKS):
        if len(piece):
            yield np.flatnonzero(np.isin(needs, piece))


def _mixed_needs(examples: Examples) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the places of each need's pairs, where some were accepted and some not."""
    for need in dict.fromkeys(examples.needs.tolist()):
        places = np.flatnonzero(examples.needs == need)
        if 0 < examples.accepted[places].sum() < len(places):
            yield places


def _judge(tried: _Tried, needs: list[npt.NDArray[np.intp]], counts: tuple[int, int, int]) -> Trial:
    grades, accepted = tried.examples.grades, tried.examples.accepted
    gains = [[_ndcg(figures[x], grades[x]) for x in needs] for figures in (tried.before, tried.after)]
    orders = [[_likelihood(figures[x], accepted[x]) for x in needs] for figures in (tried.before, tried.after)]
    right = np.array([_ordered(tried.after[x], accepted[x]) for x in needs])
    gain, order = (paired_bootstrap(found[1], found[0], RESAMPLES) for found in (gains, orders))
    chances = [1 / (1 + np.exp(-figures)) for figures in (tried.before, tried.after)]
    briers = [float(np.mean((chance - accepted) ** 2)) for chance in chances]
    errors = [expected_calibration_error(reliability(chance, accepted)) for chance in chances]
    # A need counts as one toss at least: agreement without exception is not infinitely clear.
    clearance = float((right.mean() - 0.5) / (max(float(right.std(ddof=1)), 0.25) / np.sqrt(len(right))))
    agreement = _agreement(by_formula(tried.examples), accepted)
    better = (
        order.mean > 0
        and order.p / 2 < ALPHA
        and clearance > (CLEAR_OF_CHANCE if agreement > AGREEMENT else BEYOND_DOUBT)
        and gain.mean >= -TOLERATED_LOSS
        and briers[1] <= briers[0] + TOLERATED_BRIER
    )
    return Trial(
        *counts, Verdict.BETTER if better else Verdict.NOT_BETTER, float(np.mean(gains[0])), float(np.mean(gains[1])), gain, order,
        float(right.mean()), clearance, agreement, *briers, *errors,
    )  # fmt: skip


def _ndcg(figures: Values, grades: Values) -> float:
    ranked = [str(at) for at in np.argsort(-figures, kind="stable")]
    return ndcg(ranked, {str(at): int(grade) for at, grade in enumerate(grades)})


def _likelihood(figures: Values, accepted: npt.NDArray[np.bool_]) -> float:
    return float(-np.logaddexp(0, -_apart(figures, accepted)).mean())


def _ordered(figures: Values, accepted: npt.NDArray[np.bool_]) -> float:
    apart = _apart(figures, accepted)
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())


def _agreement(figures: Values, accepted: npt.NDArray[np.bool_]) -> float:
    """Return by how many standard deviations of shuffled decisions the figures of accepted pairs rank above the others."""
    yes, count = int(accepted.sum()), len(accepted)
    expected, spread = yes * (count + 1) / 2, np.sqrt(yes * (count - yes) * (count + 1) / 12)
    return float((rankdata(figures)[accepted].sum() - expected) / spread)


def _apart(figures: Values, accepted: npt.NDArray[np.bool_]) -> Values:
    return figures[accepted][:, None] - figures[~accepted][None, :]


def _calibrate(tried: _Tried) -> Calibration:
    try:
        return Calibration.fit(tried.after, tried.examples.accepted)
    except ValueError:
        return Calibration(1.0, 0.0)
