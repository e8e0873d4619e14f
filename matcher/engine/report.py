"""What an evaluation found: figures, significance, where answers were lost, calibration, failures; as JSON, run and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.engine.beir import Document, Task
from matcher.engine.calibration import Bin, expected_calibration_error, reliability
from matcher.engine.metrics import Difference, ndcg, paired_bootstrap, recall, reciprocal_rank

STAGES = ("bm25", "dense", "engine")
CUT = 10  # the rank that the figures look at

Ranked = list[tuple[str, float]]
Measure = Callable[[Sequence[str], Mapping[str, int], int], float]

_MEASURES: Mapping[str, Measure] = {"ndcg@10": ndcg, "recall@10": recall, "mrr@10": reciprocal_rank}
_EXAMPLES = 3
_EXCERPT = 160  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what every stage ranked for one query, best first, and the engine's probabilities in the order of its ranks."""

    query: Document
    ranked: Mapping[str, Ranked]
    chances: tuple[float, ...]

    def documents(self, stage: str) -> list[str]:
        """Return the documents of a stage, best first."""
        return [document for document, _ in self.ranked[stage]]


@dataclass(frozen=True, slots=True)
class Losses:
    """Count the relevant documents of a task that the engine did not bring among its first ten, by where they were lost.

    `candidates`: the engine never saw them; `ranking`: it saw and ranked them lower. `bm25_had` and `dense_had` of the lost ones
    were among the first ten of that stage.
    """

    relevant: int
    candidates: int
    ranking: int
    bm25_had: int
    dense_had: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold a task with the answers to those of its queries that have a relevant document."""

    task: Task
    answers: tuple[Answer, ...]
    documents: Mapping[str, Document]

    def judged(self, answer: Answer) -> Mapping[str, int]:
        """Return the grades of a query's documents."""
        return self.task.judgements[answer.query.id]

    def per_query(self, stage: str, measure: Measure = ndcg) -> list[float]:
        """Return a measure, by default nDCG@10, of each query."""
        return [measure(answer.documents(stage), self.judged(answer), CUT) for answer in self.answers]

    def figures(self, stage: str) -> dict[str, float]:
        """Return the mean figures of a stage."""
        return {name: _mean(self.per_query(stage, measure)) for name, measure in _MEASURES.items()}

    def difference(self, stage: str) -> Difference:
        """Return how much better the engine is than a stage in nDCG@10."""
        return paired_bootstrap(self.per_query("engine"), self.per_query(stage))

    def losses(self) -> Losses:
        """Count where relevant documents were lost."""
        lost = [
            (answer, document)
            for answer in self.answers
            for document in _relevant(self.judged(answer))
            if document not in answer.documents("engine")[:CUT]
        ]
        seen = sum(document in answer.documents("engine") for answer, document in lost)
        had = {s: sum(document in answer.documents(s)[:CUT] for answer, document in lost) for s in ("bm25", "dense")}
        relevant = sum(len(_relevant(self.judged(answer))) for answer in self.answers)
        return Losses(relevant, len(lost) - seen, seen, had["bm25"], had["dense"])

    def calibration(self) -> list[Bin]:
        """Return the reliability table of the probabilities of the engine's first ten: a lower bound with known answers."""
        chances = [chance for answer in self.answers for chance in answer.chances[:CUT]]
        truths = [
            self.judged(answer).get(document, 0) > 0
            for answer in self.answers
            for document in answer.documents("engine")[:CUT]
        ]
        return reliability(np.array(chances, np.float64), np.array(truths, np.bool_))

    def failures(self, limit: int = _EXAMPLES) -> list[Answer]:
        """Return the worst answers: those where the engine lost most against the better of the other stages."""
        mine, others = self.per_query("engine"), zip(self.per_query("bm25"), self.per_query("dense"), strict=True)
        regrets = [(score - max(pair), score, at) for at, (score, pair) in enumerate(zip(mine, others, strict=True))]
        return [self.answers[at] for _, score, at in sorted(regrets)[:limit] if score < 1]


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the outcomes of all tasks of an evaluation."""

    outcomes: tuple[Outcome, ...]
    depth: int

    def to_json(self) -> dict[str, Any]:
        """Return the figures: `results` a task and stage, `tasks` with significance, losses and calibration."""
        return {
            "results": [row for outcome in self.outcomes for row in _rows(outcome)],
            "tasks": [_details(outcome) for outcome in self.outcomes],
        }

    def run_lines(self) -> Iterator[str]:
        """Yield TREC run lines of the engine: query, Q0, document, rank, score, set.queries."""
        for outcome in self.outcomes:
            tag = f"{outcome.task.set}.{outcome.task.name}"
            for answer in outcome.answers:
                for rank, (document, score) in enumerate(answer.ranked["engine"][: self.depth], 1):
                    yield f"{answer.query.id} Q0 {document} {rank} {score:.6f} {tag}"

    def to_markdown(self) -> str:
        """Return the report for people."""
        parts = [_figures_table(self.outcomes), _losses_table(self.outcomes)]
        parts += [_calibration_table(outcome) for outcome in self.outcomes]
        parts += [_failures(outcome) for outcome in self.outcomes]
        return "\n\n".join(["# Retrieval figures", *filter(None, parts)]) + "\n"


def _rows(outcome: Outcome) -> Iterator[dict[str, Any]]:
    for stage in STAGES:
        name = {"set": outcome.task.set, "queries": outcome.task.name, "stage": stage}
        yield {**name, **outcome.figures(stage), "n": len(outcome.answers)}


def _details(outcome: Outcome) -> dict[str, Any]:
    lost = outcome.losses()
    table = outcome.calibration()
    return {
        "set": outcome.task.set,
        "queries": outcome.task.name,
        "against": {stage: _difference(outcome.difference(stage)) for stage in STAGES[:-1]},
        "losses": {name: getattr(lost, name) for name in Losses.__slots__},
        "calibration_error": expected_calibration_error(table),
        "calibration": [{"n": part.count, "promised": part.promised, "observed": part.observed} for part in table],
    }


def _difference(difference: Difference) -> dict[str, float]:
    return {name: getattr(difference, name) for name in Difference.__slots__}


def _figures_table(outcomes: Sequence[Outcome]) -> str:
    lines = [
        "nDCG@10; p by paired bootstrap against the better of the two other stages.",
        "",
        "| task | n | BM25 | dense | engine | difference | 95 % | p | recall@10 | MRR@10 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        values = {stage: outcome.figures(stage) for stage in STAGES}
        best = max(STAGES[:-1], key=lambda stage: values[stage]["ndcg@10"])
        gain, mine = outcome.difference(best), values["engine"]
        figures = " | ".join(f"{values[stage]['ndcg@10']:.3f}" for stage in STAGES)
        lines.append(
            f"| {outcome.task.set} / {outcome.task.name} | {len(outcome.answers)} | {figures} | {gain.mean:+.3f} "
            f"| {gain.low:+.3f} … {gain.high:+.3f} | {gain.p:.3f} | {mine['recall@10']:.3f} | {mine['mrr@10']:.3f} |"
        )
    return "\n".join(lines)


def _losses_table(outcomes: Sequence[Outcome]) -> str:
    lines = [
        "## Where right answers were lost",
        "",
        "Relevant documents that are not among the engine's first ten.",
        "",
        "| task | relevant | never a candidate | ranked lower | BM25 had it | dense had it |",
        "|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        lost = outcome.losses()
        counts = (lost.relevant, lost.candidates, lost.ranking, lost.bm25_had, lost.dense_had)
        lines.append(f"| {outcome.task.set} / {outcome.task.name} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


def _calibration_table(outcome: Outcome) -> str:
    table = outcome.calibration()
    lines = [
        f"## Calibration: {outcome.task.set} / {outcome.task.name}",
        "",
        f"Expected calibration error {expected_calibration_error(table):.3f} over the first ten of each query.",
        "",
        "| pairs | promised | observed |",
        "|---|---|---|",
        *(f"| {part.count} | {part.promised:.2f} | {part.observed:.2f} |" for part in table),
    ]
    return "\n".join(lines)


def _failures(outcome: Outcome) -> str:
    worst = outcome.failures()
    if not worst:
        return ""
    return "\n".join(
        [f"## Failures: {outcome.task.set} / {outcome.task.name}", *(_failure(outcome, answer) for answer in worst)]
    )


def _failure(outcome: Outcome, answer: Answer) -> str:
    right = _relevant(outcome.judged(answer))[:_EXAMPLES]
    lines = ["", f"**{answer.query.id}**: {_excerpt(answer.query)}", ""]
    for document in right:
        ranks = ", ".join(f"{stage} {_rank(answer.documents(stage), document)}" for stage in STAGES)
        lines.append(f"- right: {document} ({ranks}): {_excerpt(outcome.documents.get(document))}")
    first = answer.documents("engine")[:1]
    lines += [f"- first: {document}: {_excerpt(outcome.documents.get(document))}" for document in first]
    return "\n".join(lines)


def _rank(documents: Sequence[str], wanted: str) -> str:
    return str(documents.index(wanted) + 1) if wanted in documents else "–"


def _excerpt(document: Document | None) -> str:
    text = " ".join(f"{document.title} {document.text}".split()) if document else "(not in the corpus)"
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"


def _relevant(judged: Mapping[str, int]) -> list[str]:
    return [document for document, grade in judged.items() if grade > 0]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
