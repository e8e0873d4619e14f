"""Which needs ask for the same: neighbours by FAISS, then complete linkage, under what people decided.

Complete linkage asks of a group that every two of its needs are alike, so that no chain of half-likenesses joins different
problems. It is worked out component by component of the graph of neighbours: a group never reaches over one.
"""

from collections.abc import Collection as Members
from collections.abc import Mapping, Sequence
from importlib import import_module

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from matcher.engine.items import Vectors
from matcher.projects.topics.likeness import Collection, Places, Values, likeness

Flags = npt.NDArray[np.bool_]

#: Likeness from which two needs ask for the same; see docs/grouping.md.
SAME = 0.82
#: What being together already is worth, so that a group does not flicker with every new need.
STAY = 0.08
NEIGHBOURS = 30
_MUST, _NEVER, _TOP = 9.0, -90.0, 10.0


def neighbours(vectors: Vectors, k: int = NEIGHBOURS) -> tuple[Places, Places]:
    """Return the places of every need and its k nearest as pairs, each once, the smaller first."""
    count = len(vectors)
    if count < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    faiss = import_module("faiss")
    index = faiss.IndexFlatIP(vectors.shape[1])
    rows = np.ascontiguousarray(vectors, np.float32)
    index.add(rows)
    _, found = index.search(rows, min(k + 1, count))
    one, other = np.repeat(np.arange(count), found.shape[1]), found.ravel()
    return _unique(one[other >= 0], other[other >= 0], count)


def _unique(one: Places, other: Places, count: int) -> tuple[Places, Places]:
    low, high = np.minimum(one, other), np.maximum(one, other)
    keys = np.unique(low[low < high].astype(np.int64) * count + high[low < high])
    return keys // count, keys % count


def group(needs: Collection, before: Mapping[int, int], pinned: Members[int], same: float = SAME) -> list[list[int]]:
    """Return the groups as lists of need ids, single needs included, the needs of a group in the order of `needs`.

    `before` says in which topic a need is, `pinned` for which needs a person decided that: pinned needs of one topic stay
    together, of two topics apart, and whoever is like one pinned need of a topic may join all of them.
    """
    topics = np.array([before.get(need, 0) for need in needs.ids], np.int64)
    fixed = np.array([need in pinned for need in needs.ids], bool)
    one, other = neighbours(needs.vectors)
    together = _same_topic(topics, fixed)
    one, other = _unique(np.concatenate([one, together[0]]), np.concatenate([other, together[1]]), max(1, len(needs)))
    strength = _constrained(likeness(needs, one, other, same - STAY), one, other, topics, fixed)
    near = strength >= same
    graph = csr_matrix((np.ones(int(near.sum())), (one[near], other[near])), (len(needs), len(needs)))
    _, labels = connected_components(graph, directed=False)
    order = np.argsort(labels, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []
    groups = _divide_all(needs, [np.sort(part) for part in parts], topics, fixed, same)
    return [[needs.ids[at] for at in places] for places in sorted(groups, key=lambda places: int(places[0]))]


def _same_topic(topics: Places, fixed: Flags) -> tuple[Places, Places]:
    """Return pairs that hold each topic together: its members in a row, those first that people placed there."""
    order = np.lexsort((~fixed, topics))
    order = order[topics[order] > 0]
    joined = topics[order[:-1]] == topics[order[1:]]
    return order[:-1][joined], order[1:][joined]


def _constrained(strength: Values, one: Places, other: Places, topics: Places, fixed: Flags) -> Values:
    """Return likenesses with what was before, and what people decided, worked in."""
    together = (topics[one] == topics[other]) & (topics[one] > 0)
    decided = fixed[one] & fixed[other]
    strength = strength + STAY * together
    return np.where(decided, np.where(together, _MUST, _NEVER), strength)


def _divide_all(needs: Collection, parts: Sequence[Places], topics: Places, fixed: Flags, same: float) -> list[Places]:
    """Divide every component into groups; the likeness of all pairs of all components is worked out at once."""
    many = [places for places in parts if len(places) > 1]
    groups = [places for places in parts if len(places) == 1]
    if not many:
        return groups
    upper = [np.triu_indices(len(places), 1) for places in many]
    one = np.concatenate([places[rows] for places, (rows, _) in zip(many, upper, strict=True)])
    other = np.concatenate([places[columns] for places, (_, columns) in zip(many, upper, strict=True)])
    strength = _constrained(likeness(needs, one, other, same - STAY), one, other, topics, fixed)
    ends = np.cumsum([len(rows) for rows, _ in upper])[:-1]
    for places, (rows, columns), values in zip(many, upper, np.split(strength, ends), strict=True):
        square = np.zeros((len(places), len(places)))
        square[rows, columns] = square[columns, rows] = values
        _open_to_newcomers(square, topics[places], fixed[places])
        labels = _complete(square, same)
        groups += [places[labels == label] for label in np.unique(labels)]
    return groups


def _complete(square: Values, same: float) -> Places:
    """Return the label of each place by complete linkage of likenesses, merged down to `same`."""
    distances = np.maximum(_TOP - square, 0.0)
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "complete")
    return np.asarray(fcluster(tree, _TOP - same, "distance"), np.int64)


def _open_to_newcomers(
    square: Values,
    topics: Places,
    fixed: Flags,
) -> None:
    """Let whoever is like one pinned need of a topic be as like to all of them: people may join what differs in words."""
    free = np.flatnonzero(~fixed)
    for topic in np.unique(topics[fixed]):
        chosen = np.flatnonzero(fixed & (topics == topic))
        if len(chosen) > 1 and len(free):
            best = square[np.ix_(free, chosen)].max(axis=1)
            square[np.ix_(free, chosen)] = best[:, None]
            square[np.ix_(chosen, free)] = best[None, :]


def claim(groups: Sequence[Sequence[int]], before: Mapping[int, int], pinned: Members[int]) -> list[int | None]:
    """Say for each group which existing topic it continues: the one whose needs it holds most of; None for a new one.

    A topic is continued by one group only, and where people placed needs, by the group that holds those.
    """
    wishes = []
    for place, members in enumerate(groups):
        counts: dict[int, tuple[int, int]] = {}
        for need in members:
            if need in before:
                held, all_ = counts.get(before[need], (0, 0))
                counts[before[need]] = (held + (need in pinned), all_ + 1)
        wishes += [(-held, -all_, topic, place) for topic, (held, all_) in counts.items()]
    found: list[int | None] = [None] * len(groups)
    taken: set[int] = set()
    for _, _, topic, place in sorted(wishes):
        if found[place] is None and topic not in taken:
            found[place] = topic
            taken.add(topic)
    return found
