import pytest

from matcher.engine.beir import Document, Task
from matcher.engine.report import Answer, Outcome, Report


def report() -> Report:
    documents = {name: Document(name, "", f"text of {name} " * 30) for name in "abcd"}
    queries = tuple(Document(name, "", f"question {name}") for name in ("q1", "q2"))
    task = Task("demo", "queries", queries, {"q1": {"a": 1}, "q2": {"b": 1, "c": 1, "d": 1}})
    filler = [(f"x{n}", 0.0) for n in range(10)]
    one = Answer(
        queries[0], {"bm25": [("b", 1.0)], "dense": [("a", 1.0)], "engine": [("a", 2.0), ("b", 1.0)]}, (0.9, 0.1)
    )
    two = Answer(
        queries[1],
        {"bm25": [("b", 1.0), ("d", 0.5)], "dense": [("c", 1.0)], "engine": [*filler, ("b", -1.0)]},
        (0.2,) * 11,
    )
    return Report((Outcome(task, (one, two), documents),), depth=2)


def test_the_json_has_one_row_a_task_and_stage() -> None:
    rows = report().to_json()["results"]
    assert [(row["set"], row["queries"], row["stage"], row["n"]) for row in rows] == [
        ("demo", "queries", stage, 2) for stage in ("bm25", "dense", "engine")
    ]
    assert rows[2]["ndcg@10"] == pytest.approx(0.5)
    assert rows[1]["recall@10"] == pytest.approx((1 + 1 / 3) / 2)
    assert rows[0]["mrr@10"] == pytest.approx(0.5)


def test_losses_say_which_stage_lost_the_answer() -> None:
    losses = report().to_json()["tasks"][0]["losses"]
    assert losses == {"relevant": 4, "candidates": 2, "ranking": 1, "bm25_had": 2, "dense_had": 1}


def test_calibration_is_measured_on_the_first_ten() -> None:
    details = report().to_json()["tasks"][0]
    assert sum(part["n"] for part in details["calibration"]) == 12
    assert details["calibration_error"] == pytest.approx((0.1 + 0.1 + 10 * 0.2) / 12)


def test_run_lines_are_those_of_trec_to_the_depth_asked_for() -> None:
    lines = list(report().run_lines())
    assert lines[0] == "q1 Q0 a 1 2.000000 demo.queries"
    assert len(lines) == 4


def test_the_markdown_shows_figures_losses_and_the_worst_failure_with_its_texts() -> None:
    text = report().to_markdown()
    assert "| demo / queries | 2 |" in text
    assert "Where right answers were lost" in text
    assert "**q2**" in text
    assert "**q1**" not in text
    assert "text of b" in text
    assert "Expected calibration error" in text
