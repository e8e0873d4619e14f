"""Tries a learned order on needs that it was not fitted on.

Needs are taken in the order of their first decision and cut into blocks of time; the pairs of each block are ordered by a
model fitted on the decisions of all other blocks (blocked cross-validation, Bergmeir and Benítez 2012). So every need counts,
where trying only on later ones leaves too few to see anything. The order in use is treated alike: on needs that it knows it
is fitted again without them. Compared, need by need:

- the log-likelihood of the decisions, over all needs: it tells by how far the better order is the more likely one, and also
  sees what is declined time and again for needs that nothing was accepted for. It must be better by more than chance.
- the log-likelihood of the order, ln σ(figure of an accepted pair - figure of a declined one), the mean over the need's pairs
  (Bradley and Terry 1952). It must be better by something that matters: decisions are also more likely under an order that knows
  which *needs* are answered at all, and that is worth nothing to a list.
- nDCG@10 of the decided pairs: on average it may not be worse.

Both orders are put on the scale of log-odds by the same decisions. Labels without meaning must not be learned. Out of sample
a model that was fitted on them foretells no better than one chance for all decisions does, mostly worse. So the decisions must
be a thousand times as likely under the learned order: a fixed order reaches that by chance less than once in a thousand times
(Ville's inequality), and a fitted one overfits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from matcher.engine.calibration import Calibration, expected_calibration_error, reliability
from matcher.engine.learning import Examples, TooFewDecisions, Values, fit, rescaled
from matcher.engine.metrics import Difference, ndcg, paired_bootstrap
from matcher.engine.ranking import formula_figures

FEWEST_DECISIONS = 50
FEWEST_NEEDS = 6  # with accepted and declined pairs
BLOCKS = 10
ALPHA = 0.05  # chance that an order no better is adopted
MEANINGFUL = math.log(1000)  # of the likelihood of the decisions, against one chance for all
RESAMPLES = 4000
LEAST_ORDER = 0.015  # gain in the log-likelihood of an order; docs/quality.md has what smaller ones were worth
STEEPEST = 5.0  # scale of log-odds, where pairs are all in order
TOLERATED_LOSS = 0.005  # of nDCG@10, which moves in steps with few needs

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

    `needs` had accepted and declined pairs, of which `ordered` (0…1) were in the right order after learning. `likelihood` is the gain
    in the log-likelihood of a need's decisions, `order` in that of their order, `gain` in nDCG@10; `meaning` is the logarithm of
    how many times as likely the decisions are under the learned order as under one chance for all.
    """

    decisions: int
    accepted: int
    needs: int
    verdict: Verdict
    ndcg_before: float = 0.0
    ndcg_after: float = 0.0
    gain: Difference = _NONE
    likelihood: Difference = _NONE
    order: Difference = _NONE
    ordered: float = 0.0
    meaning: float = 0.0
    brier_before: float = 0.0
    brier_after: float = 0.0
    calibration_error_before: float = 0.0
    calibration_error_after: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the figures for keeping."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """Hold the log-odds of both orders for pairs of needs that neither was fitted on, and those of one chance for all."""

    examples: Examples
    before: Values
    after: Values
    usual: Values


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
        usual = np.full(len(block), _usual(rest))
        parts.append((block, slope * before(tried) + constant, learned.figures(tried), usual))
    if not parts:
        return None
    chosen, *figures = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Tried(examples.take(chosen), *figures)


def _usual(examples: Examples) -> float:
    """Return the log-odds of an acceptance, a half on either side to begin with."""
    yes = float(examples.weights @ examples.accepted)
    return math.log((yes + 0.5) / (float(examples.weights.sum()) - yes + 0.5))


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
    both = tried.before, tried.after
    ndcgs = [[_ndcg(figures[x], grades[x]) for x in needs] for figures in both]
    orders = [_orders([_apart(figures[x], accepted[x]) for x in needs]) for figures in both]
    told = [_by_need(tried.examples, figures) for figures in (*both, tried.usual)]
    gain, order, likelihood = (paired_bootstrap(x[1], x[0], RESAMPLES) for x in (ndcgs, orders, told))
    meaning = sum(told[1]) - sum(told[2])
    chances = [1 / (1 + np.exp(-figures)) for figures in both]
    briers = [float(np.mean((chance - accepted) ** 2)) for chance in chances]
    errors = [expected_calibration_error(reliability(chance, accepted)) for chance in chances]
    better = (
        meaning > MEANINGFUL
        and likelihood.mean > 0
        and likelihood.p / 2 < ALPHA
        and order.mean >= LEAST_ORDER
        and gain.mean >= -TOLERATED_LOSS
    )
    return Trial(
        *counts, Verdict.BETTER if better else Verdict.NOT_BETTER, float(np.mean(ndcgs[0])), float(np.mean(ndcgs[1])), gain, likelihood,
        order, float(np.mean([_ordered(tried.after[x], accepted[x]) for x in needs])), meaning, *briers, *errors,
    )  # fmt: skip


def _by_need(examples: Examples, figures: Values) -> list[float]:
    """Return the log-likelihood of each need's decisions."""
    told = -examples.weights * np.logaddexp(0, np.where(examples.accepted, -figures, figures))
    return [float(told[examples.needs == need].sum()) for need in dict.fromkeys(examples.needs.tolist())]


def _ndcg(figures: Values, grades: Values) -> float:
    ranked = [str(at) for at in np.argsort(-figures, kind="stable")]
    return ndcg(ranked, {str(at): int(grade) for at, grade in enumerate(grades)})


def _orders(apart: list[Values]) -> list[float]:
    """Return the log-likelihood of the order within each need, on the scale on which all together are likeliest.

    On a scale of its own each: to be surer of the same order is no better order.
    """

    def by_need(scale: float) -> list[float]:
        return [float(-np.logaddexp(0, -scale * pairs).mean()) for pairs in apart]

    best = minimize_scalar(lambda scale: -sum(by_need(scale)), bounds=(0.0, STEEPEST), method="bounded")
    return by_need(float(best.x))


def _ordered(figures: Values, accepted: npt.NDArray[np.bool_]) -> float:
    apart = _apart(figures, accepted)
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())


def _apart(figures: Values, accepted: npt.NDArray[np.bool_]) -> Values:
    return figures[accepted][:, None] - figures[~accepted][None, :]


def _calibrate(tried: _Tried) -> Calibration:
    try:
        return Calibration.fit(tried.after, tried.examples.accepted)
    except ValueError:
        return Calibration(1.0, 0.0)
