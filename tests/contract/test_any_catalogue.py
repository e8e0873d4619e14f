"""What every catalogue keeps, wherever its vectors and terms are held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matcher.engine.catalogue import Catalogue
from matcher.engine.items import BadVectors, Differences
from matcher.engine.ranking import Ranking, score_records
from tests.contract.conftest import Make
from tests.contract.records import DIMENSION, record, reference


@pytest.fixture
def catalogue(make: Make) -> Iterator[Any]:
    with closing(make(reference())) as made:
        yield made


def ids(hits) -> list[int]:
    return [hit.id for hit in hits]


def need(number: int = 1, **changes):
    return record(number, "need", **changes)


def test_an_empty_catalogue_answers_with_nothing(catalogue) -> None:
    assert len(catalogue) == 0
    assert 1 not in catalogue
    assert catalogue.search([need(1), need(2)], 5) == [[], []]
    assert catalogue.search([], 5) == []
    assert catalogue.delete([1]) == 0


def test_what_is_added_is_found_at_once(catalogue) -> None:
    catalogue.upsert([record(number) for number in range(30)])
    assert len(catalogue) == 30
    assert 7 in catalogue
    (hits,) = catalogue.search([need(words=("高温", "合金"))], 30)
    assert sorted(ids(hits)) == list(range(30))


def test_hits_come_best_first_with_every_sub_score(catalogue) -> None:
    catalogue.upsert([record(number) for number in range(30)])
    (hits,) = catalogue.search([need()], 10)
    assert len(hits) == 10
    ranks = [hit.parts["rank"] for hit in hits]
    assert ranks == sorted(ranks, reverse=True)
    assert all({"cosine", "bm25", "dense", "words", "evidence", "rank"} <= hit.parts.keys() for hit in hits)
    assert all(0 <= hit.score <= 1 for hit in hits)


def test_an_item_that_says_the_same_comes_first(catalogue) -> None:
    catalogue.upsert([record(number) for number in range(30)])
    asked = need(5, seed=5)
    (hits,) = catalogue.search([asked], 1)
    assert ids(hits) == [5]


def test_adding_an_id_again_takes_the_place_of_the_first(catalogue) -> None:
    catalogue.upsert([record(number) for number in range(10)])
    changed = record(3, words=("疫苗", "冷链"), seed=99)
    catalogue.upsert([record(3), changed])
    assert len(catalogue) == 10
    assert catalogue.verify({**hashes(range(10)), 3: changed.text_hash}) == Differences()
    (hits,) = catalogue.search([replace(need(), vectors=changed.vectors, tokens=changed.tokens)], 1)
    assert ids(hits) == [3]


def test_what_is_deleted_is_found_no_more(catalogue) -> None:
    catalogue.upsert([record(number) for number in range(10)])
    assert catalogue.delete([3, 4, 77]) == 2
    assert len(catalogue) == 8
    (hits,) = catalogue.search([need()], 10)
    assert sorted(ids(hits)) == [0, 1, 2, 5, 6, 7, 8, 9]
    catalogue.upsert([record(3)])
    assert 3 in ids(catalogue.search([need()], 10)[0])


def test_only_allowed_items_are_found(catalogue) -> None:
    catalogue.upsert([record(number) for number in range(20)])
    (hits,) = catalogue.search([need()], 10, allowed={2, 5, 300})
    assert sorted(ids(hits)) == [2, 5]
    assert catalogue.search([need()], 10, allowed=[]) == [[]]


def test_the_score_of_a_pair_does_not_depend_on_its_company(catalogue) -> None:
    catalogue.upsert([record(number) for number in range(40)])
    asked = [need(number) for number in range(100, 106)]
    together = [{hit.id: hit for hit in hits} for hits in catalogue.search(asked, 40)]
    for query, found in zip(asked, together, strict=True):
        (alone,) = catalogue.search([query], 3, allowed={1, 2, 3})
        assert {hit.id: hit for hit in alone} == {key: found[key] for key in (1, 2, 3)}


def test_scores_are_those_of_the_records_themselves(catalogue) -> None:
    offers = [record(number) for number in range(12)]
    catalogue.upsert(offers)
    other = Catalogue(catalogue.reference)
    other.upsert(offers)
    query = need(50)
    (hits,) = catalogue.search([query], 12)
    statistics = {"zh": other.statistics("zh")}
    expected = score_records(query, offers, catalogue.reference, statistics, Ranking())
    assert ids(hits) == ids(expected)
    for hit, sure in zip(hits, expected, strict=True):
        assert hit.parts == pytest.approx(sure.parts, abs=0.02)  # rows after the first are kept in 16 bits


def test_the_order_of_arrival_does_not_matter(make: Make) -> None:
    forwards, backwards = make(reference()), make(reference())
    offers = [record(number) for number in range(25)]
    forwards.upsert(offers)
    for offer in reversed(offers):
        backwards.upsert([offer])
    assert ids(forwards.search([need()], 25)[0]) == ids(backwards.search([need()], 25)[0])


def test_other_languages_are_found_by_meaning(catalogue) -> None:
    german = record(1, words=("beschichtung", "turbine"), language="de")
    catalogue.upsert([german, *[record(number) for number in range(2, 20)]])
    query = replace(need(), vectors=german.vectors)
    assert ids(catalogue.search([query], 1)[0]) == [1]


@pytest.mark.parametrize(
    "bad", [np.full((1, DIMENSION), np.nan), np.full((1, DIMENSION), np.inf), np.ones((1, 3)), np.ones((0, DIMENSION))]
)
def test_vectors_that_cannot_be_compared_are_refused_and_change_nothing(catalogue, bad) -> None:
    catalogue.upsert([record(1)])
    wrong = replace(record(2), vectors=bad.astype(np.float32))
    with pytest.raises(BadVectors):
        catalogue.upsert([record(3), wrong])
    with pytest.raises(BadVectors):
        catalogue.search([wrong], 5)
    assert len(catalogue) == 1
    assert ids(catalogue.search([need()], 5)[0]) == [1]


def test_an_item_without_any_term_is_still_found(catalogue) -> None:
    catalogue.upsert([replace(record(1), tokens=()), record(2)])
    assert sorted(ids(catalogue.search([replace(need(), tokens=())], 5)[0])) == [1, 2]


def hashes(numbers) -> dict[int, str]:
    return {number: record(number).text_hash for number in numbers}


def test_verifying_tells_what_is_missing_surplus_and_changed(catalogue) -> None:
    catalogue.upsert([record(number) for number in range(5)])
    assert not catalogue.verify(hashes(range(5)))
    found = catalogue.verify({**hashes([0, 1, 2, 9]), 2: "of another text"})
    assert found == Differences(frozenset({9}), frozenset({3, 4}), frozenset({2}))
