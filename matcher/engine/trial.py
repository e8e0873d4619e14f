"""Tries a learned order on decisions that came later than those it was fitted on.

Needs are taken in the order of their first decision. The part that the order in use has not been fitted on is cut into blocks;
each block is judged by a model fitted on all decisions before it (forward chaining). Compared, need by need:

- nDCG@10 of the decided pairs,
- the log-likelihood of their order: ln σ(figure of an accepted pair - figure of a declined one), the mean over the need's pairs
  (Bradley and Terry 1952). It uses how far pairs are apart, and sees with 30 needs what nDCG sees with 300.

Both orders are put on the scale of log-odds by the same earlier decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from matcher.engine.calibration import Calibration, expected_calibration_error, reliability
from matcher.engine.learning import Examples, TooFewDecisions, Values, fit, rescaled
from matcher.engine.metrics import Difference, ndcg, paired_bootstrap
from matcher.engine.ranking import formula_figures

FEWEST_DECISIONS = 50
FEWEST_NEEDS = 6  # later needs with accepted and declined pairs
BLOCKS = 10
ALPHA = 0.05  # chance that an order no better is adopted, by the likelihood alone
CLEAR_OF_CHANCE = (
    3.0  # standard errors by which pairs must be ordered better than by lot: labels without meaning end here
)
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
    """Hold how the order in use (`before`) and the learned one (`after`) did on later needs.

    `needs` had accepted and declined pairs, of which `ordered` (0…1) were in the right order after learning, `clearance` standard errors
    more than by lot. `order` is the gain in log-likelihood of the order, `gain` that in nDCG@10.
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
    brier_before: float = 0.0
    brier_after: float = 0.0
    calibration_error_before: float = 0.0
    calibration_error_after: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the figures for keeping."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Later:
    """Hold the log-odds of both orders for the pairs of needs that neither was fitted on."""

    examples: Examples
    before: Values
    after: Values


def by_formula(examples: Examples) -> Values:
    """Return the formula's figures, for the time before anything was learned."""
    return formula_figures(examples.columns)


def try_out(examples: Examples, in_use: Figures, since: int = 0) -> tuple[Trial, Calibration]:
    """Return how a learned order does against the one in use, which was fitted on the first `since` decisions.

    The calibration is that of the later pairs' log-odds, as they are where there are too few.
    """
    later = _predict(examples, in_use, since) if len(examples) >= FEWEST_DECISIONS else None
    needs = [] if later is None else list(_mixed_needs(later.examples))
    counts = len(examples), int(examples.accepted.sum()), len(needs)
    if later is None or len(needs) < FEWEST_NEEDS:
        return Trial(*counts, Verdict.TOO_FEW), Calibration(1.0, 0.0)
    return _judge(later, needs, counts), _calibrate(later)


def _predict(examples: Examples, in_use: Figures, since: int) -> _Later | None:
    """Return both orders' log-odds for all later blocks, None where none can be fitted."""
    parts = []
    for earlier, block in _blocks(examples.needs, since):
        past, future = examples.take(earlier), examples.take(block)
        try:
            learned = fit(past)
        except TooFewDecisions:
            continue
        slope, constant = rescaled(in_use(past), past)
        parts.append((block, slope * in_use(future) + constant, learned.figures(future)))
    if not parts:
        return None
    chosen = np.concatenate([block for block, _, _ in parts])
    before, after = (np.concatenate([part[at] for part in parts]) for at in (1, 2))
    return _Later(examples.take(chosen), before, after)


def _blocks(needs: npt.NDArray[np.int64], since: int) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Yield the places of earlier decisions and of a later block's; a need is wholly in one block."""
    order = list(dict.fromkeys(needs.tolist()))
    known = set(needs[:since].tolist())
    fresh = [need for need in order if need not in known]
    pieces = np.array_split(np.array(fresh, np.int64), BLOCKS)
    if not since:
        known, pieces = set(pieces[0].tolist()), pieces[1:]
    for piece in pieces:
        if len(piece):
            yield np.flatnonzero(np.isin(needs, list(known))), np.flatnonzero(np.isin(needs, piece))
            known |= set(piece.tolist())


def _mixed_needs(examples: Examples) -> Iterator[npt.NDArray[np.intp]]:
    """Yield the places of each need's pairs, where some were accepted and some not."""
    for need in dict.fromkeys(examples.needs.tolist()):
        places = np.flatnonzero(examples.needs == need)
        if 0 < examples.accepted[places].sum() < len(places):
            yield places


def _judge(later: _Later, needs: list[npt.NDArray[np.intp]], counts: tuple[int, int, int]) -> Trial:
    grades, accepted = later.examples.grades, later.examples.accepted
    gains = [[_ndcg(figures[x], grades[x]) for x in needs] for figures in (later.before, later.after)]
    orders = [[_likelihood(figures[x], accepted[x]) for x in needs] for figures in (later.before, later.after)]
    right = np.array([_ordered(later.after[x], accepted[x]) for x in needs])
    gain, order = paired_bootstrap(gains[1], gains[0]), paired_bootstrap(orders[1], orders[0])
    chances = [1 / (1 + np.exp(-figures)) for figures in (later.before, later.after)]
    briers = [float(np.mean((chance - accepted) ** 2)) for chance in chances]
    errors = [expected_calibration_error(reliability(chance, accepted)) for chance in chances]
    # A need counts as one toss at least: agreement without exception is not infinitely clear.
    clearance = float((right.mean() - 0.5) / (max(float(right.std(ddof=1)), 0.25) / np.sqrt(len(right))))
    better = (
        order.mean > 0
        and order.p / 2 < ALPHA
        and clearance > CLEAR_OF_CHANCE
        and gain.mean >= -TOLERATED_LOSS
        and briers[1] <= briers[0] + TOLERATED_BRIER
    )
    return Trial(
        *counts, Verdict.BETTER if better else Verdict.NOT_BETTER, float(np.mean(gains[0])), float(np.mean(gains[1])), gain, order,
        float(right.mean()), clearance, *briers, *errors,
    )  # fmt: skip


def _ndcg(figures: Values, grades: Values) -> float:
    ranked = [str(at) for at in np.argsort(-figures, kind="stable")]
    return ndcg(ranked, {str(at): int(grade) for at, grade in enumerate(grades)})


def _likelihood(figures: Values, accepted: npt.NDArray[np.bool_]) -> float:
    return float(-np.logaddexp(0, -_apart(figures, accepted)).mean())


def _ordered(figures: Values, accepted: npt.NDArray[np.bool_]) -> float:
    apart = _apart(figures, accepted)
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())


def _apart(figures: Values, accepted: npt.NDArray[np.bool_]) -> Values:
    return figures[accepted][:, None] - figures[~accepted][None, :]


def _calibrate(later: _Later) -> Calibration:
    try:
        return Calibration.fit(later.after, later.examples.accepted)
    except ValueError:
        return Calibration(1.0, 0.0)
