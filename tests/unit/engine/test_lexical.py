import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.engine.items import DamagedSnapshot
from matcher.engine.lexical import LexicalIndex, tokenise
from matcher.engine.lexicon import Lexicon, compare_words

TEXTS = {
    1: "镍基高温合金单晶叶片的定向凝固工艺",
    2: "高温合金叶片激光增材制造，孔隙率≤0.5%",
    3: "Radiation hardened non-volatile memory for space",
    4: "油菜种植与土壤改良",
    5: "Coating of turbine blades, coatings and coated parts",
}


def index(texts: dict[int, str] = TEXTS) -> LexicalIndex:
    found = LexicalIndex()
    found.upsert(list(texts), [tokenise(text) for text in texts.values()])
    return found


def found_ids(lexical: LexicalIndex, query: str, k: int = 10) -> list[int]:
    return lexical.search([tokenise(query)], k)[0][0].tolist()


def test_words_become_stems_without_stop_words_and_letters() -> None:
    assert tokenise("The Coatings of a turbine blade") == ["coat", "turbin", "blade"]


def test_full_width_and_case_do_not_matter() -> None:
    assert tokenise("ＧａＮ　ＨＥＭＴ") == tokenise("gan hemt")


def test_chinese_gives_words_and_character_bigrams() -> None:
    assert tokenise("固态电池") == ["固态", "电池", "_固态", "_态电", "_电池"]


def test_kana_and_hangul_give_bigrams() -> None:
    assert "_テキ" in tokenise("テキスト")
    assert "_한국" in tokenise("한국어")


def test_scripts_are_told_apart_without_spaces() -> None:
    assert tokenise("采用Al2O3陶瓷") == ["采用", "_采用", "al2o3", "陶瓷", "_陶瓷"]


@given(st.text())
def test_any_text_can_be_tokenised_and_gives_no_empty_terms(text: str) -> None:
    assert all(tokenise(text))


def test_the_best_item_shares_the_rarest_terms() -> None:
    assert found_ids(index(), "高温合金叶片的孔隙率")[0] == 2


def test_items_that_share_nothing_are_not_found() -> None:
    assert found_ids(index(), "quantum computer") == []
    assert found_ids(index(), "") == []
    assert found_ids(LexicalIndex(), "blade") == []


def test_the_score_is_bm25_by_hand() -> None:
    lexical = LexicalIndex(k1=1.2, b=0.75, k3=8.0)
    lexical.upsert([1, 2], [["a", "a", "b"], ["b"]])
    rarity = np.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    expected = rarity * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2))
    assert lexical.scores(["a"], [1, 2]) == pytest.approx([expected, 0.0])


def test_a_repeated_query_term_counts_more_but_not_without_end() -> None:
    lexical = index()
    once, twice, often = (lexical.scores(["turbin"] * n, [5])[0] for n in (1, 2, 1000))
    assert once < twice < 2 * once
    assert often < 9 * once


def test_search_and_scores_and_contributions_agree() -> None:
    lexical, query = index(), tokenise("高温合金叶片 coating turbine")
    ids, scores = lexical.search([query], 10)[0]
    assert lexical.scores(query, ids).tolist() == scores.tolist()
    for id_, score in zip(ids.tolist(), scores.tolist(), strict=True):
        assert lexical.score(query, tokenise(TEXTS[id_])) == pytest.approx(score, rel=1e-5)


def test_a_score_does_not_depend_on_other_queries_or_filters() -> None:
    lexical, query = index(), tokenise("高温合金叶片")
    alone = lexical.search([query], 1, allowed=[1])[0]
    together = lexical.search([tokenise("memory"), query], 10)[1]
    assert alone[0].tolist() == [1]
    assert alone[1][0] == together[1][together[0].tolist().index(1)]


def test_an_empty_filter_finds_nothing() -> None:
    assert len(index().search([tokenise("叶片")], 5, allowed=[])[0][0]) == 0


def test_ties_go_to_the_smaller_id() -> None:
    lexical = index({9: "blade", 3: "blade", 7: "blade"})
    assert found_ids(lexical, "blade", 2) == [3, 7]


def test_a_replaced_item_is_found_by_its_new_text_only() -> None:
    lexical = index()
    lexical.upsert([4], [tokenise("quantum sensor")])
    assert found_ids(lexical, "quantum") == [4]
    assert found_ids(lexical, "油菜") == []
    assert len(lexical) == len(TEXTS)


def test_deleting_what_is_not_there_changes_nothing() -> None:
    lexical = index()
    assert lexical.delete([404]) == 0
    assert lexical.delete([4]) == 1
    assert 4 not in lexical
    assert 5 in lexical


terms = st.lists(st.sampled_from("abcdefgh"), max_size=6)
steps = st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), terms)), max_size=40)


@settings(deadline=None)
@given(steps, terms)
def test_any_order_of_updates_ends_as_a_rebuild_does(
    changes: list[tuple[int, list[str] | None]], query: list[str]
) -> None:
    lexical, kept = LexicalIndex(), {}
    for item, tokens in changes:
        if tokens is None:
            lexical.delete([item])
            kept.pop(item, None)
        else:
            lexical.upsert([item], [tokens])
            kept[item] = tokens
    rebuilt = LexicalIndex()
    rebuilt.upsert(list(kept), list(kept.values()))
    for one in (lexical, _compacted(lexical)):
        (ids, scores), (other_ids, other_scores) = one.search([query], 20)[0], rebuilt.search([query], 20)[0]
        assert ids.tolist() == other_ids.tolist()
        assert scores.tolist() == other_scores.tolist()
        assert len(one) == len(kept)


def _compacted(lexical: LexicalIndex) -> LexicalIndex:
    lexical.compact()
    return lexical


def test_a_budget_keeps_the_scores_of_what_is_found_exact() -> None:
    texts = {n: f"common word{n % 7} thing{n % 50}" for n in range(300)}
    lexical, tight = index(texts), LexicalIndex(budget=20)
    tight.upsert(list(texts), [tokenise(text) for text in texts.values()])
    query = tokenise("common word3 thing17")
    ids, scores = tight.search([query], 3)[0]
    assert lexical.scores(query, ids).tolist() == scores.tolist()
    assert ids[0] == lexical.search([query], 1)[0][0][0]


def test_a_snapshot_answers_as_the_index_did(tmp_path) -> None:
    lexical = index()
    lexical.delete([1])
    lexical.save(tmp_path / "lexical")
    opened = LexicalIndex.load(tmp_path / "lexical")
    query = tokenise("叶片 coating")
    assert opened.search([query], 5)[0][1].tolist() == lexical.search([query], 5)[0][1].tolist()
    opened.upsert([8], [tokenise("叶片")])
    assert 8 in opened


@pytest.mark.parametrize("name", ["lexical.json", "segment-0/rows.npy", "segment-0/heads.npy"])
def test_a_damaged_snapshot_is_told(tmp_path, name: str) -> None:
    index().save(tmp_path)
    (tmp_path / name).write_bytes(b"broken")
    with pytest.raises(DamagedSnapshot):
        LexicalIndex.load(tmp_path)


def test_a_snapshot_without_its_manifest_keys_is_told(tmp_path) -> None:
    (tmp_path / "lexical.json").write_text(json.dumps({"k1": 1}))
    with pytest.raises(DamagedSnapshot):
        LexicalIndex.load(tmp_path)


def test_chance_is_the_mean_and_deviation_of_independent_terms() -> None:
    lexical = LexicalIndex()
    lexical.upsert(range(4), [["a"], ["a"], ["b"], ["c"]])
    mean, deviation = lexical.chance(["a"])
    rarity = lexical.rarity(["a"])[0]
    assert mean == pytest.approx(rarity / 2)
    assert deviation == pytest.approx(rarity / 2)
    assert lexical.chance([]) == (0.0, 0.0)


def lexicon() -> Lexicon:
    known = Lexicon()
    languages = ["zh", "zh", "en", "zh", "en"]
    known.upsert(list(TEXTS), languages, [tokenise(text) for text in TEXTS.values()])
    return known


def proposed(known: Lexicon, term: str, language: str) -> list[int]:
    return known.propose(known.weigh([term], language, 1.5), 5, known.masks(None)).tolist()


def test_a_language_is_searched_by_itself_and_an_unknown_one_everywhere() -> None:
    known = lexicon()
    assert proposed(known, "space", "zh") == []
    assert proposed(known, "space", "") == [3]


def test_items_in_another_language_do_not_change_the_scores_of_a_language() -> None:
    alone = Lexicon()
    alone.upsert([1, 2, 4], ["zh"] * 3, [tokenise(TEXTS[n]) for n in (1, 2, 4)])
    query, ids = tokenise("高温合金叶片"), np.array([1, 2, 4])
    one, other = (known.scores(known.weigh(query, "zh", 1.5), ids) for known in (alone, lexicon()))
    assert one.bm25.tolist() == other.bm25.tolist()
    assert one.surprise.tolist() == other.surprise.tolist()


def test_the_share_is_the_part_of_the_query_that_an_item_has_its_rarest_terms_heaviest() -> None:
    known = LexicalIndex()
    known.upsert([1, 2, 3], [["rare", "common"], ["common"], ["common", "other"]])
    _, shares, here = known.scores_and_shares(known.weigh(["rare", "common", "unheard"]), [1, 2, 3, 9])
    assert here.tolist() == [True, True, True, False]
    rare, common = known.rarity(["rare", "common"])
    assert shares.tolist() == pytest.approx([1.0, common / (rare + common), common / (rare + common), 0.0])


def test_scores_are_the_same_whether_postings_are_taken_at_once_or_term_by_term(monkeypatch) -> None:
    generator = np.random.default_rng(5)
    known = LexicalIndex()
    known.upsert(range(300), [[f"t{n}" for n in generator.zipf(1.4, 30) % 200] for _ in range(300)])
    known.delete([7, 8])
    queries, ids = [[f"t{n}" for n in generator.integers(0, 220, 40)] for _ in range(5)], [3, 7, 250, 3]
    at_once = [(known.scores_and_shares(known.weigh(query), ids), known.search([query], 20)) for query in queries]
    monkeypatch.setattr("matcher.engine.lexical.FEW", 0)
    for query, ((total, shared, _), ((found, scores),)) in zip(queries, at_once, strict=True):
        again, part, _ = known.scores_and_shares(known.weigh(query), ids)
        assert again.tolist() == total.tolist()
        assert part == pytest.approx(shared)
        ((ids_again, scores_again),) = known.search([query], 20)
        assert ids_again.tolist() == found.tolist()
        assert scores_again.tolist() == scores.tolist()


def test_an_item_that_changes_its_language_is_there_once() -> None:
    known = lexicon()
    known.upsert([4], ["en"], [["rape"]])
    assert len(known) == len(TEXTS)
    assert proposed(known, "rape", "en") == [4]


def test_scores_of_texts_at_hand_are_those_of_the_lexicon() -> None:
    known, query = lexicon(), tokenise("高温合金叶片 turbine")
    languages = ["zh", "zh", "en", "zh", "en"]
    pairs = [(language, tokenise(text)) for language, text in zip(languages, TEXTS.values(), strict=True)]
    statistics = {language: known.statistics(language) for language in ("zh", "en")}
    for asked in ("zh", "en", "", "de"):
        one = known.scores(known.weigh(query, asked, 1.5), np.array(list(TEXTS)))
        other = compare_words(query, asked, pairs, statistics, 1.5)
        for name in ("bm25", "surprise", "share", "spoken"):
            assert np.allclose(getattr(one, name), getattr(other, name), rtol=1e-5)


def test_a_lexicon_is_opened_as_it_was_saved(tmp_path) -> None:
    lexicon().save(tmp_path)
    assert proposed(Lexicon.load(tmp_path), "_油菜", "zh") == [4]
    (tmp_path / "languages.json").write_text("{")
    with pytest.raises(DamagedSnapshot):
        Lexicon.load(tmp_path)
