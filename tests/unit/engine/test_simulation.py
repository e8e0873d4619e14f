"""The simulation: only what was shown is learned from, and what was held out is measured."""

import numpy as np
import pytest

from matcher.engine.ranking import FEATURES
from matcher.engine.reference import unit
from matcher.engine.simulation import Plan, Pool, run, summarise

NEEDS, PAIRS, WIDTH = 80, 30, 6


def task(seed: int = 1) -> Pool:
    """Make a task whose answers the formula puts low because they are in the other language."""
    chance = np.random.default_rng(seed)
    count = NEEDS * PAIRS
    columns = np.zeros((count, len(FEATURES)))
    evidence, same = chance.normal(8, 2, count), chance.integers(0, 2, count)
    columns[:, FEATURES.index("evidence")], columns[:, FEATURES.index("same_language")] = evidence, same
    queries = np.repeat(np.arange(NEEDS), PAIRS)
    truth = evidence - 5.0 * same + chance.normal(0, 0.5, count)
    grades = np.zeros(count)
    for query in range(NEEDS):
        grades[query * PAIRS + np.argmax(truth[query * PAIRS : (query + 1) * PAIRS])] = 1.0
    documents = [f"d{at}" for at in range(count)]
    ideal = [{documents[at]: 1 for at in np.flatnonzero((queries == query) & (grades > 0))} for query in range(NEEDS)]
    rows = unit(chance.normal(size=(NEEDS, WIDTH)).astype(np.float32))
    offers = unit(chance.normal(size=(count, WIDTH)).astype(np.float32))
    return Pool("made-up", "queries", columns, queries, grades, rows, offers, ideal, documents)


def test_the_order_gets_better_with_decisions() -> None:
    results = list(run(task(), Plan(steps=(0, 100, 200)), seed=0))
    assert [result.decisions for result in results] == [0, 100, 200]
    assert results[0].ndcg == results[0].formula_ndcg
    assert results[0].version == 0
    assert results[-1].ndcg > 1.05 * results[-1].formula_ndcg
    assert results[-1].version > 0


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_labels_are_never_adopted(seed: int) -> None:
    results = list(run(task(), Plan(steps=(50, 100, 200, 400), random_labels=True), seed))
    assert {result.version for result in results} == {0}
    assert {result.ndcg for result in results} == {results[0].formula_ndcg}


def test_a_division_gives_the_same_figures_again() -> None:
    one, again = (list(run(task(), Plan(steps=(100,)), seed=3)) for _ in range(2))
    assert one == again


def test_every_pair_of_the_needs_worked_on_is_decided_once_at_most() -> None:
    (result,) = run(task(), Plan(steps=(10_000,)), seed=0)
    assert result.decisions == NEEDS // 2 * PAIRS


def test_the_json_has_the_documented_keys() -> None:
    results = list(run(task(), Plan(steps=(0, 50)), seed=0))
    wanted = {
        "set",
        "queries",
        "seed",
        "decisions",
        "ndcg@10",
        "formula_ndcg@10",
        "learned_ndcg@10",
        "adopted",
        "version",
        "verdict",
    }
    assert {frozenset(result.to_json()) for result in results} == {frozenset(wanted)}
    assert [row["decisions"] for row in summarise(results)] == [0, 50]
    assert summarise(results)[0]["gain"] == 0.0
