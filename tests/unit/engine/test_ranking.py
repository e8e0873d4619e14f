import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine.bm25 import TermStatistics
from matcher.engine.calibration import Calibration
from matcher.engine.features import Facts, agreements, comparable_facts
from matcher.engine.fusion import Candidates, Formula, Query, cosines, weigh
from matcher.engine.items import BadVectors, DamagedSnapshot, Indicator, Item, Profile, Record
from matcher.engine.lexicon import Lexicon, WordScores
from matcher.engine.ranking import (
    AGREEMENT_WEIGHTS,
    FEATURES,
    LARGEST_ADJUSTMENT,
    FormulaRanker,
    LearnedRanker,
    Ranking,
    adjustment,
    candidates_of,
    facts_of,
    matrix,
    score_records,
)
from matcher.engine.reference import Reference, fit_reference, unit

DIMENSION = 16
WORDS = [f"term{n}" for n in range(40)]


def record(number: int, side: str = "offer", language: str = "en", rows: int = 1, **facts) -> Record:
    generator = np.random.default_rng([number, side == "need"])
    shift = np.full(DIMENSION, 2.0 if language == "en" else -2.0)
    vectors = unit((generator.normal(size=(rows, DIMENSION)) + shift).astype(np.float32))
    tokens = tuple(generator.choice(WORDS, 12).tolist())
    profile = Profile(side, language=language, **facts)
    return Record(Item(number, "", "", profile), "hash", vectors, ("",) * rows, tokens)


OFFERS = [record(n, language="en" if n % 3 else "zh", rows=1 + n % 4) for n in range(60)]
NEEDS = [record(n, "need", rows=1 + n % 2) for n in range(30)]
REFERENCE = fit_reference(OFFERS, NEEDS, DIMENSION)


def statistics() -> dict[str, TermStatistics]:
    lexicon = Lexicon()
    lexicon.upsert([r.item.id for r in OFFERS], [r.item.profile.language for r in OFFERS], [r.tokens for r in OFFERS])
    return {language: lexicon.statistics(language) for language in ("en", "zh")}


# Reference


def test_each_language_is_centred_by_its_own_mean() -> None:
    for language in ("en", "zh"):
        rows = np.stack([r.vectors[0] for r in OFFERS if r.item.profile.language == language])
        assert np.abs((rows - REFERENCE.item_means[language]).mean(axis=0)).max() < 1e-6


def test_a_language_with_few_texts_takes_the_mean_of_all() -> None:
    row = OFFERS[0].vectors
    assert np.allclose(REFERENCE.correct_items(row, "de"), unit(row - REFERENCE.item_means[""]))


def test_without_queries_nothing_is_centred() -> None:
    plain = fit_reference(OFFERS, [], DIMENSION)
    assert np.allclose(plain.correct_items(OFFERS[1].vectors, "en"), OFFERS[1].vectors)
    assert plain.hubness(OFFERS[1].vectors).tolist() == [0.0] * len(OFFERS[1].vectors)


def test_mean_and_deviation_are_those_of_the_cosines_with_all_items() -> None:
    generator = np.random.default_rng(3)
    items = unit(generator.normal(size=(5000, DIMENSION)).astype(np.float32))
    fitted = Reference.fit(items, [""] * 5000, np.zeros((0, DIMENSION), np.float32), [])
    mean, deviation = fitted.expected(items[0])
    assert mean == pytest.approx(float((items @ items[0]).mean()), abs=1e-4)
    assert deviation == pytest.approx(float((items @ items[0]).std()), rel=0.02)


def test_hubness_is_the_mean_cosine_with_the_ten_nearest_queries() -> None:
    whole = candidates_of(OFFERS[:5], REFERENCE)
    asked = np.stack([REFERENCE.correct_queries(n.vectors[:1], "en")[0] for n in NEEDS])
    expected = np.sort(whole.rows[whole.offsets[:-1]] @ asked.T, axis=1)[:, -10:].mean(axis=1)
    assert np.allclose(REFERENCE.hubness(whole.rows[whole.offsets[:-1]]), expected, atol=1e-6)


def test_an_empty_catalogue_has_a_reference_that_changes_nothing() -> None:
    neutral = Reference.neutral(DIMENSION)
    assert np.allclose(neutral.correct_queries(OFFERS[0].vectors, "zh"), OFFERS[0].vectors)
    assert neutral.expected(OFFERS[0].vectors[0])[1] > 0


def test_sides_of_different_dimension_are_refused() -> None:
    with pytest.raises(BadVectors):
        Reference.fit(np.zeros((2, 3), np.float32), ["", ""], np.zeros((2, 4), np.float32), ["", ""])


def test_a_reference_is_read_as_it_was_written(tmp_path) -> None:
    REFERENCE.save(tmp_path / "reference")
    read = Reference.load(tmp_path / "reference")
    assert read.item_means.keys() == REFERENCE.item_means.keys()
    assert np.array_equal(read.covariance, REFERENCE.covariance)
    assert read.typical_hubness == REFERENCE.typical_hubness


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no archive", b"broken"])
def test_damaged_statistics_are_told(data: bytes) -> None:
    with pytest.raises(DamagedSnapshot):
        Reference.from_bytes(data)


def test_missing_statistics_are_told(tmp_path) -> None:
    with pytest.raises(DamagedSnapshot):
        Reference.load(tmp_path / "none")


# Fusion


def candidates(rows: list[list[float]], offsets: list[int]) -> Candidates:
    n = len(offsets) - 1
    return Candidates(np.arange(n), np.array(rows, np.float32), np.array(offsets), np.zeros(n, np.float32))


def test_the_cosine_mixes_whole_texts_with_the_answers_to_passages() -> None:
    query = Query(np.array([[1, 0], [0, 1]], np.float32), (), "en")  # a whole text and its one passage
    pool = candidates([[0.6, 0.8], [1, 0], [0, 1]], [0, 1, 3])
    found = weigh(query, pool, WordScores.none(2, spoken=True), Reference.neutral(2), Formula(alignment=0.4))
    assert found.cosine.tolist() == pytest.approx([0.6 * 0.6 + 0.4 * 0.8, 0.6 * 1 + 0.4 * 1])


def test_the_words_of_a_need_of_many_passages_say_less() -> None:
    weights = [
        Formula().weight_of_words(Query(np.ones((rows, 2), np.float32), (), "en")) for rows in (1, 2, 9, 17, 33, 65)
    ]
    assert weights[0] == weights[1] == weights[2] == Formula().words
    assert weights[2:] == sorted(weights[2:], reverse=True)
    assert weights[3] == pytest.approx(Formula().words / (1 + Formula().dispersion))


def test_shared_words_count_in_proportion_within_chance_and_by_their_root_beyond() -> None:
    little, more, much = Formula().damp(np.array([0.1, 0.2, 900.0]))
    assert more == pytest.approx(2 * little, rel=0.02)
    assert much == pytest.approx(30, rel=0.01)


def test_one_row_on_both_sides_is_the_plain_cosine() -> None:
    query = Query(np.array([[1, 0]], np.float32), (), "en")
    whole, alignment = cosines(query, candidates([[0.6, 0.8]], [0, 1]))
    assert (whole.tolist(), alignment.tolist()) == (pytest.approx([0.6]), pytest.approx([0.6]))


def test_words_count_within_a_language_and_are_imputed_across() -> None:
    query = Query(np.eye(2, dtype=np.float32)[:1], (), "zh")
    pool = candidates([[0.6, 0.8]] * 3, [0, 1, 2, 3])
    shared = WordScores(np.full(3, 5.0), np.array([9.0, 9.0, -4.0]), np.zeros(3), np.array([True, False, True]))
    found = weigh(query, pool, shared, Reference.neutral(2), Formula())
    assert found.words.tolist() == pytest.approx([9 / 17**0.5, 0.6 * found.dense[1], -4 / 12**0.5])
    assert found.total.tolist() == pytest.approx((found.dense + 1.3 * found.words).tolist())


def test_no_candidates_have_no_evidence() -> None:
    pool = Candidates(np.zeros(0, np.int64), np.zeros((0, 2), np.float32), np.zeros(1, np.int64), np.zeros(0))
    query = Query(np.eye(2, dtype=np.float32)[:1], (), "")
    assert len(weigh(query, pool, WordScores.none(0), Reference.neutral(2), Formula()).total) == 0


def test_a_score_does_not_depend_on_the_other_candidates() -> None:
    known, ranking = statistics(), Ranking()
    for need in NEEDS[:5]:
        together = {hit.id: hit.score for hit in score_records(need, OFFERS, REFERENCE, known, ranking)}
        for offer in OFFERS[:10]:
            (alone,) = score_records(need, [offer], REFERENCE, known, ranking)
            assert alone.score == pytest.approx(together[offer.item.id], rel=1e-5)


def test_hits_come_best_first_and_carry_their_parts() -> None:
    hits = score_records(NEEDS[0], OFFERS, REFERENCE, statistics(), Ranking())
    assert len(hits) == len(OFFERS)
    assert [hit.parts["rank"] for hit in hits] == sorted((hit.parts["rank"] for hit in hits), reverse=True)
    assert hits[0].parts.keys() >= set(FEATURES) - {*AGREEMENT_WEIGHTS, "precedent"}
    assert score_records(NEEDS[0], [], REFERENCE, statistics(), Ranking()) == []


# Facts


def facts(side: str, indicators: tuple[Indicator, ...] = (), **known) -> Facts:
    return Facts(Profile(side, **known), indicators)


@pytest.mark.parametrize(
    ("need", "offer", "expected"),
    [
        ({"trl": 7}, {"trl": 8}, {"trl": 1.0}),
        ({"trl": 9}, {"trl": 3}, {"trl": -1.0}),
        ({"amount_high": 3e6}, {"amount_low": 2e6, "amount_high": 4e6}, {"price": 1.0}),
        ({"amount_high": 1e6}, {"amount_low": 2e6}, {"price": 0.0}),
        ({"amount_high": 1e6}, {"amount_low": 1e9}, {"price": -1.0}),
        ({"amount_high": 0.0}, {"amount_low": 1e9}, {}),
        ({"fields": frozenset({"optics"})}, {"fields": frozenset({"optics", "bci"})}, {"fields": 1.0}),
        ({"fields": frozenset({"optics"})}, {"fields": frozenset({"rail"})}, {"fields": -1.0}),
        ({"industries": frozenset({"C37"})}, {"industries": frozenset({"C38"})}, {"industries": 0.5}),
        ({"industries": frozenset({"C37"})}, {"industries": frozenset({"A01"})}, {"industries": 0.0}),
        ({"ipc": frozenset({"B22F10/28"})}, {"ipc": frozenset({"B22F3/00"})}, {"ipc": 1.0}),
        ({"region": "510107"}, {"region": "510100"}, {"region": 1.0}),
        ({"region": "510107"}, {"region": "510700"}, {"region": 0.5}),
        ({"region": "510107"}, {"region": "DE"}, {"region": 0.0}),
        (
            {"cooperation": frozenset({"licence"})},
            {"cooperation": frozenset({"sole_licence", "equity"})},
            {"cooperation": 1.0},
        ),
        ({"trl": 5}, {}, {}),
    ],
)
def test_agreement_counts_where_both_state_it(need: dict, offer: dict, expected: dict) -> None:
    assert agreements(facts("need", **need), facts("offer", **offer)) == pytest.approx(expected)
    assert agreements(facts("offer", **offer), facts("need", **need)) == pytest.approx(expected)


def test_indicators_met_speak_for_a_pair_and_missed_against() -> None:
    demand = (Indicator("孔隙率", "le", 0.5, unit="%"),)
    for value, expected in ((0.3, {"coverage": 1.0, "conflict": 0.0}), (5.0, {"coverage": 0.0, "conflict": 1.0})):
        claim = (Indicator("孔隙率", "le", value, unit="%"),)
        assert agreements(facts("need", demand), facts("offer", claim)) == pytest.approx(expected)
    other = (Indicator("波长", "eq", 500.0, unit="nm"),)
    assert "coverage" not in agreements(facts("need", demand), facts("offer", other))


@st.composite
def stated(draw: st.DrawFn, side: str) -> Facts:
    """Facts of which any may be missing."""
    some = st.frozensets(st.sampled_from(["A01B", "A02C", "B03D", "exclusive_licence", "joint"]), max_size=2)
    amount = st.one_of(st.none(), st.sampled_from([0.0, 1e5, 9e5]))
    sets = {name: draw(some) for name in ("fields", "industries", "ipc", "emerging", "cooperation")}
    profile = Profile(
        side, **sets, trl=draw(st.one_of(st.none(), st.integers(1, 9))), amount_low=draw(amount), amount_high=draw(amount),
        region=draw(st.sampled_from(["", "510100", "500000", "DE"])),
    )  # fmt: skip
    row = st.builds(
        Indicator,
        st.just("孔隙率"),
        st.sampled_from(["ge", "le", "text"]),
        st.sampled_from([1.0, 5.0]),
        st.none(),
        st.just("%"),
    )
    return Facts(profile, tuple(draw(st.lists(row, max_size=2))))


@given(stated("need"), stated("offer"))
def test_no_pair_is_further_above_its_evidence_than_the_ceiling_of_its_query(need: Facts, offer: Facts) -> None:
    for query, item in ((need, offer), (offer, need)):
        found = agreements(query, item)
        assert found.keys() <= comparable_facts(query)
        assert adjustment(found) <= FormulaRanker().ceiling(query) + 1e-12


def test_two_needs_have_no_facts_to_agree_on() -> None:
    assert agreements(facts("need", trl=3), facts("need", trl=3)) == {}


def test_facts_never_outweigh_one_unit_of_evidence() -> None:
    best = dict.fromkeys(FEATURES, 1.0) | {"conflict": 0.0}
    assert 0.9 < adjustment(best) < LARGEST_ADJUSTMENT
    assert adjustment({name: -value for name, value in best.items()}) == -adjustment(best)
    for name, weight in AGREEMENT_WEIGHTS.items():
        assert (adjustment(best | {name: 0.5}) < adjustment(best | {name: 0.6})) == (weight > 0)
    assert adjustment({}) == 0.0


def test_a_better_fact_raises_the_score() -> None:
    need, known, ranking = record(1, "need", trl=7), statistics(), Ranking()
    scores = [
        score_records(need, [record(5, rows=2, trl=level)], REFERENCE, known, ranking)[0].score for level in (4, 6, 8)
    ]
    assert scores == sorted(set(scores))


def test_looking_at_the_best_only_finds_what_looking_at_all_finds() -> None:
    generator = np.random.default_rng(7)
    offers = [record(n, trl=int(generator.integers(1, 10)), rows=1 + n % 2) for n in range(60)]
    pool, need = candidates_of(offers, REFERENCE), record(1, "need", trl=9)
    shared = WordScores(np.zeros(60), generator.normal(size=60), np.zeros(60), np.ones(60, np.bool_))
    evidence = weigh(Query.prepare(need, REFERENCE), pool, shared, REFERENCE, Formula())
    facts_ = [facts_of(offer) for offer in offers]
    for k in (1, 5, 20):
        few, all_ = (Ranking().hits(pool.ids, evidence, facts_of(need), facts_, n) for n in (k, 60))
        assert [hit.id for hit in few] == [hit.id for hit in all_[:k]]


# Rankers


def test_a_learned_ranker_takes_the_place_of_the_formula() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    known, ranking = statistics(), Ranking()
    hits = score_records(NEEDS[0], OFFERS, REFERENCE, known, ranking)
    features, labels = matrix([hit.parts for hit in hits]), np.arange(len(hits)) >= 30  # the worse half is accepted
    model = HistGradientBoostingClassifier(min_samples_leaf=2).fit(features, labels)
    learned = dataclasses.replace(ranking, ranker=LearnedRanker(model, "upside-down"), calibration=Calibration(1, 0))
    again = score_records(NEEDS[0], OFFERS, REFERENCE, known, learned)
    assert {hit.id for hit in again[:20]} <= {hit.id for hit in hits[30:]}
    assert again[0].score > 0.5 > again[-1].score
    assert len(LearnedRanker(model, "x").rank([])) == 0


def test_a_cross_encoders_logits_move_the_rank_and_the_score() -> None:
    hits = score_records(NEEDS[0], OFFERS, REFERENCE, statistics(), Ranking())
    again = Ranking().read_again(hits[:2], [-4.0, 6.0])
    assert [hit.id for hit in again] == [hit.id for hit in hits[:2]]
    assert [hit.parts["rank"] for hit in again] == pytest.approx([hits[0].parts["rank"] - 2, hits[1].parts["rank"] + 3])
    assert again[0].score < hits[0].score
    assert again[1].score > hits[1].score
    assert again[0].parts["cross"] == -4.0
    assert Ranking().read_again([], []) == []


def test_facts_of_a_record_are_its_profile_indicators_and_length() -> None:
    item = Item(1, "", "", Profile("need"), indicators=(Indicator("x", "ge", 1.0),))
    known = Record(item, "", np.ones((1, 1), np.float32), ("",), ("a", "b"))
    assert facts_of(known) == Facts(item.profile, item.indicators, 2)
