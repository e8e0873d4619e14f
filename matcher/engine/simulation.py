"""Simulates learning on judged sets: their labels play the broker, and only pairs that were shown get a label.

Needs are divided by lot into those that are worked on and those that are held out. Each training need is shown the best pairs by
the order in use, the last of them drawn from further down (exploration). From time to time a ranker is fitted and tried
(trial.py); what counts is nDCG@10 of the order in use on the needs held out, against the formula's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from matcher.engine.beir import JudgedSet, Task, read_set
from matcher.engine.catalogue import Catalogue
from matcher.engine.evaluation import read_records
from matcher.engine.items import Encoder, Record, Vectors
from matcher.engine.learning import Examples, Ids, Learned, TooFewDecisions, Values, fit
from matcher.engine.metrics import ndcg
from matcher.engine.ranking import formula_figures, matrix
from matcher.engine.reference import Reference, fit_reference
from matcher.engine.trial import Figures, Trial, Verdict, by_formula, try_out

POOL = 100  # pairs of each need that are ranked again
FARTHEST = 5  # exploration draws from the first so many times as many as are shown
STEPS = (0, 50, 100, 200, 400)
SEEDS = 5
SHOWN = 5
EXPLORED = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold how a simulation goes: after how many decisions a ranker is fitted, what is shown of a need, whether labels are shuffled."""

    steps: Sequence[int] = STEPS
    seeds: int = SEEDS
    shown: int = SHOWN
    explored: int = EXPLORED
    random_labels: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Hold every pair of a task that can be shown, need by need: pair i is of query `queries[i]`, its columns are features.

    `rows` (q, d) and `offers` (n, d) are the corrected vectors of the queries and of each pair's document; `ideal` has all grades of a query.
    """

    set: str
    task: str
    columns: Values
    queries: Ids
    grades: Values
    rows: Vectors
    offers: Vectors
    ideal: Sequence[dict[str, int]]
    documents: Sequence[str]

    def examples(self, places: Ids, grades: Values | None = None) -> Examples:
        """Return the pairs at those places as decided ones."""
        queries = self.queries[places]
        given = self.grades[places] if grades is None else grades
        return Examples(
            self.columns[places], given, np.ones(len(places)), queries, self.rows[queries], self.offers[places]
        )

    def quality(self, queries: Ids, figures: Values) -> float:
        """Return the mean nDCG@10 of those queries in the order of the figures (n,) of all pairs."""
        return fmean(self._ndcg(int(query), figures) for query in queries)

    def _ndcg(self, query: int, figures: Values) -> float:
        places = np.flatnonzero(self.queries == query)
        best = places[np.argsort(-figures[places], kind="stable")]
        return ndcg([self.documents[at] for at in best], self.ideal[query])


@dataclass(frozen=True, slots=True)
class Result:
    """Hold the figures after so many decisions; `version` counts adoptions, 0 while the formula is in use."""

    set: str
    queries: str
    seed: int
    decisions: int
    ndcg: float
    formula_ndcg: float
    learned_ndcg: float | None
    version: int
    trial: Trial | None

    def to_json(self) -> dict[str, Any]:
        """Return the figures as `simulate --json` prints them."""
        return {
            "set": self.set,
            "queries": self.queries,
            "seed": self.seed,
            "decisions": self.decisions,
            "ndcg@10": round(self.ndcg, 4),
            "formula_ndcg@10": round(self.formula_ndcg, 4),
            "learned_ndcg@10": None if self.learned_ndcg is None else round(self.learned_ndcg, 4),
            "adopted": self.version > 0,
            "version": self.version,
            "verdict": self.trial.verdict.value if self.trial else None,
        }


def simulate(folders: Sequence[Path], encoder: Encoder, plan: Plan, cache: Path | None = None) -> Iterator[Result]:
    """Yield the results of every task of the folders; raises BadSet for folders that are not judged sets."""
    sets = [read_set(folder) for folder in folders]
    for judged in sets:
        corpus = read_records(judged.corpus, "offer", encoder, cache)
        for task in judged.tasks:
            pool = pairs_of(judged, task, corpus, encoder, cache)
            for seed in range(plan.seeds):
                yield from run(pool, plan, seed)


def pairs_of(judged: JudgedSet, task: Task, corpus: Sequence[Record], encoder: Encoder, cache: Path | None) -> Pool:
    """Return the first pairs of every judged query as the engine ranks them, with all their features."""
    queries = read_records(task.queries, "need", encoder, cache)
    chosen = {query.id for query in task.judged}
    asked = [(query.id, record) for query, record in zip(task.queries, queries, strict=True) if query.id in chosen]
    reference = fit_reference(corpus, queries, encoder.dimension)
    with closing(Catalogue(reference)) as catalogue:
        catalogue.upsert(corpus)
        found = catalogue.search([record for _, record in asked], POOL)
    ideal = [dict(task.judgements[name]) for name, _ in asked]
    hits = [(at, hit) for at, hits in enumerate(found) for hit in hits]
    documents = [judged.corpus[hit.id].id for _, hit in hits]
    rows = _corrected(reference, [record for _, record in asked])
    offers = np.stack(
        [reference.correct_items(corpus[hit.id].vectors[:1], _language(corpus[hit.id]))[0] for _, hit in hits]
    )
    grades = [float(ideal[at].get(document, 0)) for (at, _), document in zip(hits, documents, strict=True)]
    return Pool(
        judged.name, task.name, matrix([hit.parts for _, hit in hits]), np.array([at for at, _ in hits], np.int64),
        np.maximum(grades, 0.0), rows, offers, ideal, documents,
    )  # fmt: skip


def _corrected(reference: Reference, records: Sequence[Record]) -> Vectors:
    return np.stack([reference.correct_queries(record.vectors[:1], _language(record))[0] for record in records])


def _language(record: Record) -> str:
    return record.item.profile.language


def run(pool: Pool, plan: Plan, seed: int) -> Iterator[Result]:
    """Yield the result at every step of one division of the needs."""
    generator = np.random.default_rng(seed)
    needs = generator.permutation(len(pool.ideal)).astype(np.int64)
    worked, held_out = np.split(needs, [len(needs) // 2])
    formula = formula_figures(pool.columns)
    state = _State(pool, plan, generator, worked, formula)
    baseline = pool.quality(held_out, formula)
    for step in sorted(plan.steps):
        state.decide_until(step)
        learned, trial = state.train() if len(state.places) else (None, None)
        offered = None if learned is None else pool.quality(held_out, state.figures_of(learned))
        yield Result(
            pool.set, pool.task, seed, len(state.places), pool.quality(held_out, state.figures), baseline, offered,
            state.version, trial,
        )  # fmt: skip


class _State:
    """Hold where one simulation stands: the pairs decided so far, in order, and the order in use."""

    def __init__(self, pool: Pool, plan: Plan, generator: np.random.Generator, worked: Ids, formula: Values) -> None:
        self._pool, self._plan, self._generator, self._worked = pool, plan, generator, worked
        self.figures = formula
        self._in_use: Figures = by_formula
        self.places = np.zeros(0, np.int64)
        self.version = 0
        self._since = 0
        self._turn = 0

    def decide_until(self, count: int) -> None:
        """Show needs in turn until so many pairs are decided, or none is left."""
        idle = 0
        while len(self.places) < count and idle < len(self._worked):
            need = self._worked[self._turn % len(self._worked)]
            self._turn += 1
            open_pairs = np.setdiff1d(np.flatnonzero(self._pool.queries == need), self.places)
            shown = self._show(open_pairs)[: count - len(self.places)]
            idle = 0 if len(shown) else idle + 1
            self.places = np.concatenate([self.places, shown])

    def _show(self, open_pairs: Ids) -> Ids:
        """Return the best open pairs of a need, the explored ones drawn from the places behind them."""
        plan = self._plan
        best = open_pairs[np.argsort(-self.figures[open_pairs], kind="stable")]
        head = plan.shown - plan.explored
        behind = best[head : FARTHEST * plan.shown]
        drawn = self._generator.choice(behind, min(plan.explored, len(behind)), replace=False)
        return np.concatenate([best[:head], drawn])

    def train(self) -> tuple[Learned | None, Trial]:
        """Fit a ranker on all decisions and put it to use if it is better."""
        grades = self._pool.grades[self.places]
        if self._plan.random_labels:
            grades = self._generator.permutation(grades)
        examples = self._pool.examples(self.places, grades)
        trial, _ = try_out(examples, self._in_use, self._since)
        try:
            learned = fit(examples)
        except TooFewDecisions:
            return None, trial
        if trial.verdict is Verdict.BETTER:
            self.figures, self._in_use = self.figures_of(learned), learned.figures
            self.version += 1
            self._since = len(self.places)
        return learned, trial

    def figures_of(self, learned: Learned) -> Values:
        """Return what a learned ranker gives to every pair of the task."""
        return learned.figures(self._pool.examples(np.arange(len(self._pool.queries))))


def summarise(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return for every task and step the means over seeds, with the spread of the gain over the formula."""
    table = []
    for key in dict.fromkeys((one.set, one.queries, one.decisions) for one in results):
        same = [one for one in results if (one.set, one.queries, one.decisions) == key]
        gains = [one.ndcg / one.formula_ndcg - 1 if one.formula_ndcg else 0.0 for one in same]
        table.append(
            {
                "set": key[0],
                "queries": key[1],
                "decisions": key[2],
                "seeds": len(same),
                "ndcg@10": round(fmean(one.ndcg for one in same), 4),
                "formula_ndcg@10": round(fmean(one.formula_ndcg for one in same), 4),
                "gain": round(fmean(gains), 4),
                "spread": round(stdev(gains), 4) if len(gains) > 1 else 0.0,
                "adopted": sum(one.version > 0 for one in same),
            }
        )
    return table
