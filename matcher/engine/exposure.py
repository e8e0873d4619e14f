"""How evenly attention falls, and who is shown to learn from: exploration and fairness towards institutions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence

#: An institution shown less than this part of what its number of results would make even comes first in exploration.
FLOOR = 0.5


def gini(shown: Mapping[int, int], owned: Mapping[int, int]) -> float:
    """Return how unevenly showings fall on owners for what they own: 0 each its share, towards 1 all on few.

    The Gini coefficient of showings per thing owned, owners weighted by how much they own.
    """
    rates = sorted((shown.get(owner, 0) / count, count) for owner, count in owned.items() if count > 0)
    total, everything = sum(rate * count for rate, count in rates), sum(count for _, count in rates)
    if not total:
        return 0.0
    area = reached = 0.0
    for rate, count in rates:
        area += count / everything * (reached + rate * count / total / 2)
        reached += rate * count / total
    return max(0.0, 1 - 2 * area)


def neglected(shown: Mapping[int, int], owned: Mapping[int, int]) -> frozenset[int]:
    """Return the owners who are shown less than the floor of their even share."""
    everything, total = sum(owned.values()), sum(shown.get(owner, 0) for owner in owned)
    if not everything or not total:
        return frozenset()
    return frozenset(
        owner for owner, count in owned.items() if shown.get(owner, 0) / total < FLOOR * count / everything
    )


def places(seed: int, shown: int, share: float) -> int:
    """Return how many places beside so many good ones are for exploration: the share of them, what is left of it by lot.

    Over many seeds the share comes true even where each has only a few good ones.
    """
    whole, rest = divmod(max(0.0, shown * share), 1)
    return int(whole) + (_chance(f"{seed}:places") < rest)


def draw(
    seed: int, candidates: Sequence[int], owners: Mapping[int, int], first: Collection[int], count: int
) -> list[int]:
    """Return candidates drawn by lot, those of owners in `first` before others.

    The lot is a hash of seed and candidate: drawn again from nearly the same candidates, it falls on the same ones.
    """

    def lot(candidate: int) -> tuple[bool, float]:
        return owners.get(candidate) not in first, _chance(f"{seed}:{candidate}")

    return sorted(candidates, key=lot)[:count]


def _chance(text: str) -> float:
    """Return a number of 0…1 that is as good as drawn by lot and always the same for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64
