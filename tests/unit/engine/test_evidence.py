"""Why a pair fits: what is shown is what was scored."""

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine.alignment import align, alignment_score, alignment_scores, salient
from matcher.engine.comparison import indicator_coverage, match_indicators
from matcher.engine.evidence import Explanation, Limits, Party, explain, shared_terms
from matcher.engine.indicators import read_indicators
from matcher.engine.items import BadVectors, Indicator, Item, Profile
from matcher.engine.lexical import LexicalIndex, tokenise


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


@pytest.fixture
def index() -> LexicalIndex:
    built = LexicalIndex()
    texts = [OFFER.body, "船舶防污涂料", "锂离子电池隔膜", "机器人减速器轴承", "水稻育种"]
    built.upsert(range(len(texts)), [tokenise(text) for text in texts])
    return built


def parties() -> tuple[Party, Party]:
    need = Party(NEED, NEED.body.split("\n"), unit_rows(1, 3), tokenise(NEED.body))
    return need, Party(OFFER, OFFER.body.split("\n"), unit_rows(2, 2), tokenise(OFFER.body))


@pytest.fixture
def explanation(index: LexicalIndex) -> Explanation:
    return explain(*parties(), index.contributions)


def test_contributions_of_all_pairs_add_up_to_the_alignment_score():
    need, offer = unit_rows(3, 7), unit_rows(4, 9)
    assert sum(pair.contribution for pair in align(need, offer)) == pytest.approx(
        alignment_score(need, offer), abs=1e-6
    )


@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(2, 12))
def test_removing_a_shown_sentence_of_the_offer_lowers_the_score(seed, m, n):
    need, offer = unit_rows(seed, m), unit_rows(seed + 1, n)
    for pair in salient(align(need, offer), 3):
        assert alignment_score(need, np.delete(offer, pair.offer, axis=0)) < alignment_score(need, offer)


@given(st.integers(0, 10**6), st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_the_score_of_an_offer_does_not_depend_on_the_others(seed, sizes):
    need, offers = unit_rows(seed, 4), unit_rows(seed + 1, sum(sizes))
    offsets = np.cumsum([0, *sizes])
    together = alignment_scores(need, offers, offsets)
    alone = [alignment_score(need, offers[a:b]) for a, b in pairwise(offsets)]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_weights_move_the_score_to_the_sentences_that_matter():
    need, offer = np.eye(2, 4, dtype=np.float32), np.eye(1, 4, dtype=np.float32)
    assert alignment_score(need, offer) == pytest.approx(0.5)
    assert alignment_score(need, offer, np.array([3, 1], np.float32)) == pytest.approx(0.75)
    assert alignment_score(need, offer, np.zeros(2, np.float32)) == pytest.approx(0.5)


def test_an_empty_side_aligns_with_nothing():
    none = np.zeros((0, 16), np.float32)
    assert align(none, unit_rows(1, 2)) == align(unit_rows(1, 2), none) == ()
    assert alignment_score(none, unit_rows(1, 2)) == alignment_score(unit_rows(1, 2), none) == 0


def test_vectors_that_do_not_fit_are_refused():
    with pytest.raises(BadVectors):
        align(unit_rows(1, 2, 16), unit_rows(1, 2, 8))
    with pytest.raises(BadVectors):
        align(unit_rows(1, 2), np.full((2, 16), np.nan, np.float32))
    with pytest.raises(BadVectors):
        Party(NEED, ["one sentence"], unit_rows(1, 2))


def test_each_sentence_of_the_offer_is_shown_once():
    shown = salient(align(unit_rows(5, 20), unit_rows(6, 3)), 10)
    assert max(Counter(pair.offer for pair in shown).values()) == 1


def test_an_explanation_shows_sentences_in_the_words_of_both_sides(explanation):
    assert explanation.sentences
    for pair in explanation.sentences:
        assert pair.need in NEED.body
        assert pair.offer in OFFER.body
    assert sum(pair.contribution for pair in explanation.sentences) <= explanation.alignment + 1e-6


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


def test_a_pair_that_says_nothing_has_gaps_and_no_evidence(index):
    empty = explain(
        Party(Item(1, "", "", Profile("need"))), Party(Item(2, "", "", Profile("offer"))), index.contributions
    )
    assert (empty.sentences, empty.terms, empty.indicators, empty.facts) == ((), (), (), ())
    assert len(empty.missing) == 8


def test_limits_bound_what_is_shown(index):
    short = explain(*parties(), index.contributions, Limits(sentences=1, terms=2))
    assert (len(short.sentences), len(short.terms)) == (1, 2)


def test_an_explanation_survives_json(explanation):
    assert Explanation.from_json(explanation.to_json()) == explanation
    assert Explanation.from_dict(json.loads(json.dumps(explanation.to_dict()))) == explanation


def test_what_is_not_an_explanation_is_refused():
    with pytest.raises(ValueError, match="verdict"):
        Explanation.from_dict({"indicators": [{"name": "孔隙率", "verdict": "perhaps"}]})
    with pytest.raises(ValueError, match="JSON"):
        Explanation.from_json("nonsense")
