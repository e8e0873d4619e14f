"""Learning on made-up decisions whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from matcher.engine.learning import Examples, LinearModel, TooFewDecisions, Values, fit
from matcher.engine.precedents import Precedents, Recall
from matcher.engine.ranking import FEATURES, FormulaRanker, LearnedRanker, formula_figures, matrix
from matcher.engine.reference import Reference, unit
from matcher.engine.trial import MEANINGFUL, Verdict, by_formula, try_out

PER_NEED = 5
WIDTH = 8
EVIDENCE = FEATURES.index("evidence")


def decisions(needs: int, seed: int, *, language: float = 0.0, shuffled: bool = False) -> Examples:
    """Make decisions that follow the formula, and `language` (in the unit of evidence) that it does not know."""
    chance = np.random.default_rng(seed)
    count = needs * PER_NEED
    columns = np.zeros((count, len(FEATURES)))
    columns[:, FEATURES.index("evidence")] = chance.normal(8, 2, count)
    columns[:, FEATURES.index("same_language")] = chance.integers(0, 2, count)
    columns[:, FEATURES.index("rarity")] = chance.random(count)
    truth = formula_figures(columns) + language * columns[:, FEATURES.index("same_language")]
    accepted = chance.random(count) < 1 / (1 + np.exp(-1.5 * (truth - np.quantile(truth, 0.75))))
    if shuffled:
        accepted = chance.permutation(accepted)
    rows = unit(chance.normal(size=(2, count, WIDTH)).astype(np.float32))
    ids = np.repeat(np.arange(1, needs + 1), PER_NEED)
    return Examples(columns, accepted.astype(float), np.ones(count), ids, rows[0][ids * PER_NEED - PER_NEED], rows[1])


def uneven_needs(seed: int) -> Examples:
    """Make decisions in which some needs are answered more often than others, each in the order of the formula."""
    examples = decisions(40, seed)
    chance = np.random.default_rng(seed + 100)
    luck = np.repeat(chance.normal(0, 1, 40), PER_NEED)
    columns = examples.columns
    columns[:, FEATURES.index("need_length")] = luck
    for name in ("cosine", "rarity"):  # of a need that is answered, all pairs look better
        columns[:, FEATURES.index(name)] = luck + chance.normal(0, 0.3, len(examples))
    surely = 2.0 * (formula_figures(columns) - 9) + 4.0 * luck
    accepted = chance.random(len(examples)) < 1 / (1 + np.exp(-surely))
    return replace(examples, grades=accepted.astype(float))


def without_memory(examples: Examples) -> Recall:
    return Recall(
        np.zeros(0, np.int64), np.zeros((0, WIDTH), np.float32), np.zeros((0, WIDTH), np.float32), np.zeros(0)
    )


def test_what_the_formula_does_not_know_is_learned_and_adopted() -> None:
    examples = decisions(60, 1, language=-4.0)
    trial, calibration = try_out(examples, by_formula)
    assert trial.verdict is Verdict.BETTER
    assert trial.ndcg_after > trial.ndcg_before
    assert calibration.slope > 0
    assert fit(examples).model.effects()["same_language"] < 0


@pytest.mark.parametrize("needs", [20, 60])
def test_labels_without_meaning_are_never_adopted(needs: int) -> None:
    trials = [try_out(decisions(needs, seed, shuffled=True), by_formula)[0] for seed in range(40)]
    assert Verdict.BETTER not in [trial.verdict for trial in trials]
    assert max(trial.meaning for trial in trials) < MEANINGFUL


def test_the_formula_stays_where_decisions_follow_it() -> None:
    for seed in range(5):
        examples = decisions(60, seed)
        learned = fit(examples).figures(examples)
        assert np.corrcoef(learned, formula_figures(examples.columns))[0, 1] > 0.95


def test_with_few_decisions_nothing_is_tried() -> None:
    examples = decisions(9, 1, language=-4.0)
    trial, calibration = try_out(examples, by_formula)
    assert (trial.verdict, trial.decisions, calibration.slope) == (Verdict.TOO_FEW, 45, 1.0)


def test_the_same_decisions_again_teach_nothing_new() -> None:
    examples = decisions(40, 1, language=-4.0)
    trial, _ = try_out(examples, fit(examples).figures, since=len(examples))
    assert trial.verdict is Verdict.NOT_BETTER
    assert trial.gain.mean == 0.0


def test_the_version_in_use_has_no_advantage_on_needs_that_it_knows() -> None:
    """On its own needs it would look nearly perfect: it is fitted again without them."""
    examples = decisions(60, 1)
    known = {(float(row[EVIDENCE]), float(grade)) for row, grade in zip(examples.columns, examples.grades, strict=True)}

    def by_heart(asked: Examples) -> Values:
        seen = [(float(row[EVIDENCE]), 1.0) in known for row in asked.columns]
        return np.where(seen, 50.0, 0.0) + formula_figures(asked.columns)

    trial, _ = try_out(examples, by_heart, since=len(examples))
    assert trial.ndcg_before < 1.0


def test_what_is_declined_for_every_need_is_learned_though_few_needs_were_answered() -> None:
    """The formula puts pairs of one language first, and they are all declined: the answers are not among those shown."""
    examples = decisions(40, 1)
    language = examples.columns[:, FEATURES.index("same_language")]
    language[examples.needs > 16] = 1.0
    examples.grades[language > 0] = 0.0
    examples.columns[:, EVIDENCE] += 4.0 * language
    trial, _ = try_out(examples, by_formula)
    assert trial.needs <= 20
    assert trial.likelihood.low > 0
    assert trial.verdict is Verdict.BETTER


def test_knowing_which_needs_are_answered_is_no_reason_to_change_the_order() -> None:
    """The decisions are far more likely, and still the pairs of a need are in no better order."""
    trials = [try_out(uneven_needs(seed), by_formula)[0] for seed in range(8)]
    assert all(trial.likelihood.low > 0 for trial in trials)
    assert Verdict.BETTER not in [trial.verdict for trial in trials]


def test_nothing_is_fitted_without_a_yes_and_a_no() -> None:
    examples = decisions(20, 1)
    with pytest.raises(TooFewDecisions):
        fit(examples.take(np.flatnonzero(examples.accepted)))


def test_fewer_decisions_change_less() -> None:
    many, few = (fit(decisions(needs, 1, language=-4.0)).model.effects()["same_language"] for needs in (60, 12))
    assert abs(few) < abs(many)


def test_a_decision_of_no_weight_teaches_nothing() -> None:
    examples = decisions(40, 1, language=-4.0)
    heavy = examples.take(np.r_[0:200])
    doubled = examples.take(np.r_[0:200, 0:200])
    doubled.weights[200:] = 0.0
    one, other = fit(heavy).model, fit(doubled).model
    assert other.effects()["same_language"] == pytest.approx(one.effects()["same_language"], rel=0.05)


def test_a_model_is_the_same_after_it_was_stored_as_text() -> None:
    examples = decisions(60, 1, language=-4.0)
    model = fit(examples).model
    again = LinearModel.from_json(model.to_json())
    assert np.allclose(again.figures(examples.columns), model.figures(examples.columns))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"formula": 1, "constant": 0}',
        '{"formula": 1, "constant": 0, "features": {"words": [0, 0, 1]}}',
    ],
)
def test_what_is_not_a_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        LinearModel.from_json(text)


def test_a_stored_feature_that_is_no_longer_known_has_no_effect() -> None:
    model = LinearModel.from_json('{"formula": 1.0, "constant": 0.0, "features": {"phase of the moon": [0, 1, 5]}}')
    assert model.effects() == {}


def test_a_learned_model_ranks_as_a_ranker_of_the_engine() -> None:
    model = fit(decisions(60, 1, language=-4.0)).model
    pairs = [{"evidence": 9.0, "same_language": 1.0}, {"evidence": 8.5, "same_language": 0.0}]
    raw = LearnedRanker(model, "learned-1").rank(pairs)
    assert raw[1] > raw[0]
    assert np.allclose(raw, model.figures(matrix(pairs)))


def test_the_formula_s_figures_are_those_of_its_ranker() -> None:
    pairs = [
        {"evidence": 9.0, "trl": 1.0, "price": -1.0, "coverage": 1.0},
        {"evidence": 2.0},
        {"evidence": 0, "fields": 1},
    ]
    assert np.allclose(formula_figures(matrix(pairs)), FormulaRanker().rank(pairs))


# Precedents


def test_an_accepted_offer_speaks_for_itself_to_similar_needs_only() -> None:
    basis = np.eye(3, WIDTH, dtype=np.float32)
    recall = Recall(np.array([1]), basis[:1], basis[1:2], np.array([0.8]))
    alike = unit(basis[0] + 0.3 * basis[2])[None]
    said = recall.of(np.array([2, 2, 2]), np.stack([alike[0], alike[0], basis[2]]), basis[[1, 2, 1]])
    assert said[0] > 0.5
    assert said[1:].tolist() == [0.0, 0.0]


def test_decisions_on_the_need_itself_are_left_out() -> None:
    basis = np.eye(2, WIDTH, dtype=np.float32)
    recall = Recall(np.array([1]), basis[:1], basis[1:], np.array([0.8]))
    assert recall.of(np.array([1]), basis[:1], basis[1:]).tolist() == [0.0]


def test_no_precedents_say_nothing() -> None:
    assert without_memory(decisions(2, 1)).of(np.array([1]), np.ones((1, WIDTH)), np.ones((3, WIDTH))).tolist() == [
        0,
        0,
        0,
    ]


def test_raw_precedents_are_corrected_as_items_are() -> None:
    chance = np.random.default_rng(1)
    rows = unit(chance.normal(1, 1, size=(40, WIDTH)).astype(np.float32))
    reference = Reference.fit(rows[:20], [""] * 20, rows[20:], [""] * 20)
    raw = Precedents(np.array([1, 2]), rows[20:22], rows[:2], ["", ""], ["", ""], np.array([0.5, -0.5]))
    recall = raw.corrected(reference)
    assert np.allclose(recall.offers, reference.correct_items(rows[:2], ""))
    assert np.allclose(recall.needs, reference.correct_queries(rows[20:22], ""))


def test_memory_of_similar_needs_is_learned() -> None:
    """Only what earlier decisions on similar pairs say tells right from wrong here."""
    chance = np.random.default_rng(5)
    topics = unit(chance.normal(size=(4, 32)).astype(np.float32))
    offers = unit(chance.normal(size=(4, 32)).astype(np.float32))
    count = 60 * 4
    ids = np.repeat(np.arange(1, 61), 4)
    topic, offer = np.repeat(chance.integers(0, 4, 60), 4), np.tile(np.arange(4), 60)
    columns = np.zeros((count, len(FEATURES)))
    columns[:, FEATURES.index("evidence")] = chance.normal(8, 1, count)
    grades = (topic == offer).astype(float)
    examples = Examples(columns, grades, np.ones(count), ids, topics[topic], offers[offer])
    trial, _ = try_out(examples, by_formula)
    assert trial.verdict is Verdict.BETTER
    assert trial.ndcg_after > 0.9 > trial.ndcg_before
