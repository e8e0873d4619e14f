"""Why a pair fits: what is shown is what was scored."""

import json
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine.alignment import best_answers, similarities, soft_maximum, soft_shares
from matcher.engine.bm25 import TermStatistics
from matcher.engine.comparison import indicator_coverage, match_indicators
from matcher.engine.contributions import Party, rank_without, take_apart
from matcher.engine.demands import read_item
from matcher.engine.evidence import Explanation, Limits, explain, salient, shared_terms
from matcher.engine.indicators import read_indicators
from matcher.engine.items import BadVectors, Indicator, Item, Profile, Record
from matcher.engine.lexical import LexicalIndex, tokenise
from matcher.engine.ranking import Ranking, score_records
from matcher.engine.reference import Reference


def unit_rows(seed: int, rows: int, columns: int = 16) -> np.ndarray:
    matrix = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


NEED = Item(
    1,
    "航空发动机叶片热障涂层",
    "要求涂层孔隙率不高于0.5%。\n结合强度不低于70MPa。\n热循环寿命不少于1000次。",
    Profile(
        "need",
        fields=frozenset({"aerospace"}),
        industries=frozenset({"C37"}),
        cooperation=frozenset({"transfer"}),
        trl=7,
        amount_high=3_000_000.0,
        region="510107",
    ),
    indicators=(Indicator("热导率", "le", 1.2, None, "W/(m·K)"),),
)
OFFER = Item(
    2,
    "低孔隙率热障涂层制备技术",
    "所得涂层孔隙率为0.3%。\n结合强度达到40MPa。",
    Profile(
        "offer",
        fields=frozenset({"aerospace", "new_materials"}),
        industries=frozenset({"C37"}),
        trl=4,
        amount_low=1_500_000.0,
        region="510100",
    ),
)


@dataclass(frozen=True)
class Known:
    """Score pairs by given statistics."""

    index: LexicalIndex
    reference: Reference
    ranking: Ranking

    def statistics(self, language: str) -> TermStatistics:
        return self.index


def built_index() -> LexicalIndex:
    built = LexicalIndex()
    texts = [OFFER.body, "船舶防污涂料", "锂离子电池隔膜", "机器人减速器轴承", "水稻育种"]
    built.upsert(range(len(texts)), [tokenise(text) for text in texts])
    return built


SCORER = Known(built_index(), Reference.neutral(16), Ranking())


@pytest.fixture
def index() -> LexicalIndex:
    return SCORER.index


def record_of(item: Item, seed: int) -> Record:
    texts = (item.body, *item.body.split("\n"))
    return Record(item, "", unit_rows(seed, len(texts)), texts, tuple(tokenise(item.body)), read_item(item))


def parties() -> tuple[Party, Party]:
    return Party.of(record_of(NEED, 1), SCORER.reference), Party.of(record_of(OFFER, 2), SCORER.reference)


@pytest.fixture
def explanation() -> Explanation:
    # The offer's sentences are near those of the need, as real ones are.
    need, offer = parties()
    rows = offer.rows.copy()
    rows[1:] = need.rows[2:4]
    return explain(need, replace(offer, rows=rows), SCORER)


def bare(side: str, rows: np.ndarray) -> Party:
    return Party(Item(1, "", "", Profile(side)), [str(n) for n in range(len(rows))], rows, (), ())


# Alignment


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=8), st.integers(0, 7), st.floats(0.001, 0.5))
def test_the_soft_maximum_lies_between_mean_and_maximum_and_rises_with_every_value(values, at, more):
    array = np.array(values)
    assert array.mean() - 1e-9 <= soft_maximum(array) <= array.max() + 1e-9
    raised = array.copy()
    raised[at % len(array)] += more
    assert soft_maximum(raised) > soft_maximum(array) - 1e-12
    assert soft_shares(array).sum() == pytest.approx(1.0)


@given(st.integers(0, 10**6), st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_the_answers_of_an_offer_do_not_depend_on_the_others(seed, sizes):
    need, offers = unit_rows(seed, 4), unit_rows(seed + 1, sum(sizes))
    starts = np.cumsum([0, *sizes])
    together = best_answers(similarities(need, offers), starts[:-1])
    alone = [similarities(need, offers[a : a + n]).max(axis=0) for a, n in zip(starts, sizes, strict=False)]
    np.testing.assert_array_equal(together, alone)


def test_vectors_that_do_not_fit_are_refused():
    with pytest.raises(BadVectors):
        similarities(unit_rows(1, 2, 16), unit_rows(1, 2, 8))
    with pytest.raises(BadVectors):
        similarities(unit_rows(1, 2), np.full((2, 16), np.nan, np.float32))
    with pytest.raises(BadVectors):
        Party(NEED, ["one text"], unit_rows(1, 2), (), ())


# What is shown is what was scored


@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(2, 12))
def test_removing_a_shown_sentence_of_the_offer_lowers_the_rank(seed, m, n):
    need, offer = bare("need", unit_rows(seed, m)), bare("offer", unit_rows(seed + 1, n))
    before = take_apart(need, offer, SCORER)
    shown = salient(before, need, offer, SCORER, Limits())
    assert max(Counter(pair.offer for pair in shown).values(), default=1) == 1
    for pair in shown:
        # The row of the whole text stays: what the passage alone gives is lost in any case.
        rest = bare("offer", np.delete(offer.rows, pair.offer, axis=0))
        assert take_apart(need, rest, SCORER).rank < before.rank
        assert rank_without(before, need, offer, pair.offer, SCORER) < before.rank


def test_the_parts_of_an_explanation_add_up_to_the_rank_that_was_scored(explanation):
    need, offer = record_of(NEED, 1), record_of(OFFER, 2)
    (hit,) = score_records(need, [offer], SCORER.reference, {"": SCORER.index}, SCORER.ranking)
    made = take_apart(*parties(), SCORER)
    assert made.rank == pytest.approx(hit.parts["rank"], rel=1e-6)
    assert sum(made.parts.values()) == pytest.approx(made.rank)
    assert made.alignment == pytest.approx(hit.parts["alignment"], abs=1e-6)
    assert sum(explanation.parts.values()) == pytest.approx(explanation.rank)
    assert sum(row.contribution for row in explanation.indicators) == pytest.approx(explanation.parts["indicators"])
    assert sum(fact.contribution for fact in explanation.facts) == pytest.approx(explanation.parts["facts"])
    assert sum(pair.contribution for pair in explanation.sentences) <= explanation.parts["sentences"] + 1e-6
    assert sum(term.contribution for term in explanation.terms) == pytest.approx(explanation.parts["words"])


def test_removing_any_term_indicator_or_fact_that_speaks_for_a_pair_lowers_the_rank():
    need, offer = parties()
    before = take_apart(need, offer, SCORER)
    assert before.terms
    for term in before.terms:
        rest = replace(offer, tokens=[token for token in offer.tokens if token != term])
        assert take_apart(need, rest, SCORER).rank < before.rank
    for match, added in zip(before.matches, before.indicators, strict=True):
        if added > 0:
            rest = replace(offer, readings=[reading for reading in offer.readings if reading is not match.claim])
            assert take_apart(need, rest, SCORER).rank < before.rank
    unstated = {"fields": frozenset(), "industries": frozenset(), "amount_low": None, "region": ""}
    for name, value in unstated.items():
        profile = replace(offer.item.profile, **{name: value})
        rest = replace(offer, item=replace(offer.item, profile=profile))
        assert take_apart(need, rest, SCORER).rank < before.rank


def test_between_two_languages_no_term_counts_and_closeness_stands_in():
    need, offer = parties()
    spoken = [
        replace(p, item=replace(p.item, profile=replace(p.item.profile, language=language)))
        for p, language in ((need, "zh"), (offer, "en"))
    ]
    made = take_apart(*spoken, SCORER)
    assert made.terms == {}
    assert made.parts["words"] == 0
    assert sum(made.parts.values()) == pytest.approx(made.rank)


def test_facts_and_indicators_together_stay_below_one():
    need, offer = parties()
    profile = replace(offer.item.profile, trl=9)
    made = take_apart(
        need, replace(offer, item=replace(offer.item, profile=profile), readings=offer.readings[:1]), SCORER
    )
    assert made.parts["facts"] + made.parts["indicators"] <= 1.0 + 1e-9


def test_an_explanation_shows_sentences_in_the_words_of_both_sides(explanation):
    assert explanation.sentences
    for pair in explanation.sentences:
        assert pair.need in NEED.body
        assert pair.offer in OFFER.body


def test_an_explanation_has_the_table_of_indicators(explanation):
    table = {row.name: row for row in explanation.indicators}
    assert {name: row.verdict for name, row in table.items()} == {
        "热导率": "unknown",
        "涂层孔隙率": "met",
        "结合强度": "not_met",
        "热循环寿命": "unknown",
    }
    assert table["涂层孔隙率"].demand_phrase == "涂层孔隙率不高于0.5%"
    assert table["涂层孔隙率"].claim_phrase == "涂层孔隙率为0.3%"
    assert table["结合强度"].shortfall == pytest.approx(30 / 70)
    assert (explanation.coverage, explanation.conflict) == (0.25, 0.25)


def test_removing_a_claim_that_was_shown_as_met_lowers_the_coverage():
    demands, claims = read_indicators(NEED.body), read_indicators(OFFER.body)
    before = match_indicators(demands, claims)
    for match in before:
        if match.outcome.verdict == "met":
            after = match_indicators(demands, [claim for claim in claims if claim is not match.claim])
            assert indicator_coverage(after) < indicator_coverage(before)


def test_shared_terms_are_what_the_lexical_score_is_made_of(index, explanation):
    need, offer = tokenise(NEED.body), tokenise(OFFER.body)
    gains = index.contributions(need, offer)
    everything = shared_terms(gains, 10_000)
    assert sum(term.contribution for term in everything) == pytest.approx(sum(gains.values()))
    assert not any(term.term.startswith("_") for term in everything)
    shown = explanation.terms[0].term
    without = [token for token in offer if shown not in token and token.strip("_") not in shown]
    assert sum(index.contributions(need, without).values()) < sum(gains.values())


def test_facts_that_both_sides_state_agree_or_conflict(explanation):
    agreeing = {fact.code for fact in explanation.agreements}
    conflicting = {fact.code for fact in explanation.conflicts}
    assert {"fields", "industries", "price", "region"} <= agreeing
    assert conflicting == {"trl"}
    (maturity,) = explanation.conflicts
    assert (maturity.need, maturity.offer) == ((7,), (4,))


def test_what_nobody_said_is_asked_for(explanation):
    gaps = [(gap.code, gap.about) for gap in explanation.missing]
    assert ("offer_without_cooperation", "") in gaps
    assert ("claim_missing", "热导率") in gaps
    assert ("claim_missing", "热循环寿命") in gaps
    assert not any(code.startswith("need_without") for code, _ in gaps)


def test_a_pair_that_says_nothing_has_gaps_and_no_evidence():
    empty = explain(bare("need", np.eye(1, 16, dtype=np.float32)), bare("offer", np.eye(1, 16, 1, np.float32)), SCORER)
    assert (empty.sentences, empty.terms, empty.indicators, empty.facts) == ((), (), (), ())
    assert len(empty.missing) == 8


def test_limits_bound_what_is_shown():
    short = explain(*parties(), SCORER, Limits(sentences=1, terms=2))
    assert (len(short.sentences), len(short.terms)) == (1, 2)


def test_an_explanation_survives_json(explanation):
    assert Explanation.from_json(explanation.to_json()) == explanation
    assert Explanation.from_dict(json.loads(json.dumps(explanation.to_dict()))) == explanation


def test_what_is_not_an_explanation_is_refused():
    with pytest.raises(ValueError, match="verdict"):
        Explanation.from_dict({"indicators": [{"name": "孔隙率", "verdict": "perhaps"}]})
    with pytest.raises(ValueError, match="JSON"):
        Explanation.from_json("nonsense")
