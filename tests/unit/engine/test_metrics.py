import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine.beir import BadSet, read_set
from matcher.engine.calibration import Bin, Calibration, expected_calibration_error, reliability
from matcher.engine.metrics import ndcg, paired_bootstrap, recall, reciprocal_rank

JUDGED = {"a": 2, "b": 1, "c": 0, "d": 1}


def test_ndcg_is_the_value_computed_by_hand() -> None:
    gained = 1 / math.log2(2) + 0 / math.log2(3) + 2 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(["b", "c", "a"], JUDGED) == pytest.approx(gained / ideal)
    assert ndcg(["b", "c", "a"], JUDGED) == pytest.approx(0.6387, abs=1e-4)


def test_ndcg_of_a_perfect_and_of_an_empty_list() -> None:
    assert ndcg(["a", "b", "d"], JUDGED) == 1.0
    assert ndcg([], JUDGED) == 0.0
    assert ndcg(["a"], {}) == 0.0


def test_ndcg_looks_no_further_than_the_cut() -> None:
    assert ndcg(["x"] * 10 + ["a"], JUDGED) == 0.0
    assert ndcg(["a", "b"], JUDGED, k=1) == 1.0


def test_recall_is_the_share_of_relevant_documents() -> None:
    assert recall(["a", "c", "x"], JUDGED) == pytest.approx(1 / 3)
    assert recall(["c"], {"c": 0}) == 0.0


def test_reciprocal_rank_takes_the_first_relevant_document() -> None:
    assert reciprocal_rank(["c", "x", "d", "a"], JUDGED) == pytest.approx(1 / 3)
    assert reciprocal_rank(["c"], JUDGED) == 0.0


def test_a_clear_difference_is_significant_and_the_same_each_time() -> None:
    one, other = [0.8] * 40 + [0.2] * 10, [0.5] * 40 + [0.3] * 10
    found = paired_bootstrap(one, other, 2000)
    assert found.mean == pytest.approx(0.22)
    assert 0 < found.low < found.mean < found.high
    assert found.p < 0.01
    assert found == paired_bootstrap(one, other, 2000)


def test_no_difference_is_not_significant() -> None:
    found = paired_bootstrap([0.1, 0.9] * 20, [0.9, 0.1] * 20, 2000)
    assert found.p > 0.5
    assert paired_bootstrap([], []).p == 1.0


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError):
        paired_bootstrap([1.0, 1.0], [1.0, 1.0, 1.0])


def write_set(folder, judgements: str = "query-id\tcorpus-id\tscore\nq1\td1\t1\n"):
    folder.mkdir(exist_ok=True)
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": "d1", "title": "T", "text": "x"}) + "\n")
    for name in ("queries", "queries_short"):
        rows = [{"_id": "q1", "text": "y"}, {"_id": "q2", "text": "z"}]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    (folder / "qrels.tsv").write_text(judgements)
    return folder


def test_every_file_of_queries_is_a_task_and_unjudged_queries_are_left_out(tmp_path) -> None:
    found = read_set(write_set(tmp_path / "demo"))
    assert [(task.set, task.name) for task in found.tasks] == [("demo", "queries"), ("demo", "queries_short")]
    assert [query.id for query in found.tasks[0].judged] == ["q1"]
    assert found.corpus[0].title == "T"


def test_judgements_need_no_head_line_and_may_be_in_the_form_of_trec(tmp_path) -> None:
    assert read_set(write_set(tmp_path, "q1\t0\td1\t2\n")).tasks[0].judgements == {"q1": {"d1": 2}}


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("corpus.jsonl", "", "no documents"),
        ("corpus.jsonl", "{}", "line 1: no _id"),
        ("queries.jsonl", '{"_id": "q1"}\n[', "line 2"),
        ("qrels.tsv", "a\tb\tc\nq1\td1\n", "line 2"),
    ],
)
def test_a_bad_set_is_refused_with_file_and_line(tmp_path, name: str, content: str, part: str) -> None:
    folder = write_set(tmp_path)
    (folder / name).write_text(content)
    with pytest.raises(BadSet, match=part):
        read_set(folder)


def test_a_folder_without_queries_or_files_is_refused(tmp_path) -> None:
    with pytest.raises(BadSet, match="cannot be read"):
        read_set(tmp_path)
    folder = write_set(tmp_path)
    for path in folder.glob("queries*"):
        path.unlink()
    with pytest.raises(BadSet, match="no queries"):
        read_set(folder)


def test_a_calibration_fits_the_shares_that_it_saw() -> None:
    generator = np.random.default_rng(1)
    evidence = generator.uniform(0, 10, 4000)
    accepted = generator.random(4000) < 1 / (1 + np.exp(-(evidence - 6)))
    fitted = Calibration.fit(evidence, accepted)
    assert fitted.slope == pytest.approx(1, abs=0.1)
    table = reliability(fitted.probabilities(evidence), accepted)
    assert expected_calibration_error(table) < 0.03


@pytest.mark.parametrize("accepted", [[True, True], [False, False], [True, False]])
def test_decisions_that_cannot_calibrate_are_refused(accepted: list[bool]) -> None:
    with pytest.raises(ValueError):
        Calibration.fit(np.array([1.0, 2.0]), np.array(accepted))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2))
def test_probabilities_keep_the_order_and_stay_between_0_and_1(evidence: list[float]) -> None:
    chances = Calibration().probabilities(np.sort(np.array(evidence)))
    assert (np.diff(chances) >= 0).all()
    assert ((chances >= 0) & (chances <= 1)).all()


def test_the_calibration_error_is_the_value_computed_by_hand() -> None:
    assert expected_calibration_error([Bin(3, 0.9, 0.5), Bin(1, 0.1, 0.1)]) == pytest.approx(0.3)
    assert expected_calibration_error([]) == 0.0
