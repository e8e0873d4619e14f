"""The demand index: how much is asked for, 0 to 100, from seven parts that everyone can see and weights that an office sets.

Every part lies between 0 and 1 and says: more is more urgent to answer. The index is their weighted mean times 100, so that
it grows with every part that has a weight, and depends on nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from math import exp, log1p

import numpy as np
import numpy.typing as npt

from matcher.core.labels import Label

Weights = Mapping[str, int]
Parts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Part:
    """Name a part, say in words what it measures, and give its weight unless the office sets another."""

    label: Label
    explanation: Label
    weight: int


PARTS: dict[str, Part] = {
    "enterprises": Part(
        Label("提出的企业", "Who asks"),
        Label(
            "提出需求的机构数；一家链主企业按三家计。", "How many organisations ask; a chain leader counts as three."
        ),
        25,
    ),
    "money": Part(
        Label("投入资金", "Money offered"),
        Label("各需求预期投入之和，按数量级计。", "What they would spend together, by order of magnitude."),
        15,
    ),
    "urgency": Part(
        Label("紧迫程度", "Urgency"),
        Label(
            "离期望时限越近越高；没有写时限的按 0 计。", "The nearer the date wanted, the higher; no date counts as 0."
        ),
        10,
    ),
    "regions": Part(
        Label("地区分布", "Spread"),
        Label("分布在几个城市。", "Over how many cities."),
        10,
    ),
    "emerging": Part(
        Label("战略性新兴产业", "Emerging industries"),
        Label("属于战略性新兴产业的需求所占比例。", "The share of needs of strategic emerging industries."),
        10,
    ),
    "growth": Part(
        Label("增长", "Growth"),
        Label(
            "近 90 天新发布的需求与此前 90 天相比。", "Needs published in the last 90 days against the 90 days before."
        ),
        10,
    ),
    "gap": Part(
        Label("供给缺口", "Supply gap"),
        Label(
            "现有成果离满足需求有多远：最合适的成果越不合适，缺口越大。",
            "How far the results fall short: the worse the best one fits, the larger the gap.",
        ),
        20,
    ),
}
DEFAULT_WEIGHTS: dict[str, int] = {name: part.weight for name, part in PARTS.items()}
CHAIN_LEADER = 3
_MANY = 5  # organisations (a chain leader as three) at which the part has reached 63 %
_LEAST_MONEY, _MOST_MONEY = 100_000, 100_000_000  # yuan: where the part leaves 0 and reaches 1
_SOON, _LATE = 180, 1095  # days to the date wanted: 1 up to the first, 0 from the second
_PERIOD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what the index reads of one need; `best` is the score of the offer that fits it best, 0 without one."""

    owner: int
    is_chain_leader: bool
    city: str
    budget: Decimal | None
    deadline: date | None
    is_emerging: bool
    published_at: datetime | None
    best: float


def parts_of(needs: Sequence[Asked], now: datetime, today: date) -> dict[str, float]:
    """Return every part (0 to 1) of a group of needs, or of a single one."""
    if not needs:
        return dict.fromkeys(PARTS, 0.0)
    weight = sum({one.owner: CHAIN_LEADER if one.is_chain_leader else 1 for one in needs}.values())
    money = float(sum((one.budget or Decimal(0) for one in needs), Decimal(0)))
    scale = log1p(_MOST_MONEY / _LEAST_MONEY)
    return {
        "enterprises": 1 - exp(-weight / _MANY),
        "money": min(1.0, log1p(money / _LEAST_MONEY) / scale),
        "urgency": sum(_urgency(one.deadline, today) for one in needs) / len(needs),
        "regions": 1 - 1 / len({one.city for one in needs}),
        "emerging": sum(one.is_emerging for one in needs) / len(needs),
        "growth": _growth([one.published_at for one in needs if one.published_at], now),
        "gap": 1 - sum(min(1.0, max(0.0, one.best)) for one in needs) / len(needs),
    }


def _urgency(deadline: date | None, today: date) -> float:
    if deadline is None:
        return 0.0
    return min(1.0, max(0.0, (_LATE - (deadline - today).days) / (_LATE - _SOON)))


def _growth(published: Sequence[datetime], now: datetime) -> float:
    """Return 0.5 where as many came as before, towards 1 where more did; one more is added below so that few say little."""
    recent = sum(now - _PERIOD < moment <= now for moment in published)
    earlier = sum(now - 2 * _PERIOD < moment <= now - _PERIOD for moment in published)
    return 0.5 + 0.5 * (recent - earlier) / (recent + earlier + 1)


def normalised(weights: Weights) -> dict[str, float]:
    """Return the weights as shares that add up to 1; raises ValueError where all are 0, one is negative or unknown."""
    total = sum(weights.values())
    if set(weights) != set(PARTS) or min(weights.values()) < 0 or total <= 0:
        raise ValueError("weights must name every part, none below 0 and one at least above 0")
    return {name: weights[name] / total for name in PARTS}


def index_of(parts: Parts, weights: Weights) -> float:
    """Return the demand index, 0 to 100."""
    shares = normalised(weights)
    return min(100.0, 100 * sum(shares[name] * parts[name] for name in PARTS))


@dataclass(frozen=True, slots=True)
class RankRange:
    """Say where a group stands, and between which places it would stand under somewhat other weights; 1 is the first."""

    rank: int
    best: int
    worst: int


def rank_ranges(rows: Sequence[Parts], weights: Weights, change: float = 0.2) -> list[RankRange]:
    """Return the place of every group, and its range when each weight may be `change` larger or smaller, all combinations.

    The order of two groups follows from a linear function of the weights: if it can turn around, it does at a corner.
    """
    if not rows:
        return []
    shares = normalised(weights)
    matrix = np.array([[parts[name] for name in PARTS] for parts in rows])
    base = np.array([shares[name] for name in PARTS])
    corners = base * np.array(list(product((1 - change, 1 + change), repeat=len(PARTS))))
    middle = _ranks(matrix @ base)
    all_ranks = np.stack([middle, *(_ranks(matrix @ corner) for corner in corners)])
    lows, highs = all_ranks.min(axis=0), all_ranks.max(axis=0)
    return [RankRange(int(r), int(low), int(high)) for r, low, high in zip(middle, lows, highs, strict=True)]


def _ranks(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return places from 1, the highest score first; equal scores share the better place."""
    rounded = np.round(scores, 9)
    return np.asarray(len(scores) - np.searchsorted(np.sort(rounded), rounded, side="right") + 1, np.int64)
