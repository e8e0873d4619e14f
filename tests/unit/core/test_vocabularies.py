"""The codes of the field: known by code and by both labels, and none without a label."""

import re

import pytest

from matcher.core import vocabularies
from matcher.core.vocabularies import INDUSTRY, REGION, TRL, Vocabulary
from matcher.core.vocabularies.regions import city_of

ALL = [one for name in vocabularies.__all__ if isinstance(one := getattr(vocabularies, name), Vocabulary)]


@pytest.mark.parametrize("vocabulary", ALL, ids=lambda one: one.name)
def test_every_code_has_a_label_in_both_languages_and_is_read_back(vocabulary):
    assert len(vocabulary) > 1
    for code in vocabulary:
        label = vocabulary.label(code)
        assert re.search(r"[\u4e00-\u9fff]|^[≥≤<>=±\d]", label.zh) or label.zh == label.en, code
        assert label.en, code
        assert vocabulary.read(code) == code


@pytest.mark.parametrize("vocabulary", ALL, ids=lambda one: one.name)
def test_every_code_above_another_is_a_code(vocabulary):
    for code in vocabulary:
        assert set(vocabulary.ancestors(code)) <= set(vocabulary)


@pytest.mark.parametrize(
    ("vocabulary", "typed", "code"),
    [
        (REGION, "成都市", "510100"),
        (REGION, "５１０１０７", "510107"),
        (INDUSTRY, "c37", "C37"),
        (TRL, "6", "6"),
        (REGION, "de", "DE"),
    ],
)
def test_people_write_codes_in_many_ways(vocabulary, typed, code):
    assert vocabulary.read(typed) == code


@pytest.mark.parametrize("typed", ["", "  ", "火星", "C370", "<script>", "510107; DROP TABLE"])
def test_what_is_no_code_is_not_guessed(typed):
    assert [one.name for one in ALL if one.read(typed) is not None] == []


@pytest.mark.parametrize(
    ("region", "city"), [("510107", "510100"), ("510100", "510100"), ("500103", "500000"), ("DE", "DE")]
)
def test_a_district_belongs_to_its_city(region, city):
    assert city_of(region) == city


def test_every_industry_division_belongs_to_a_section():
    for code in INDUSTRY:
        assert re.fullmatch(r"[A-T](\d\d)?", code), code
        if len(code) == 3:
            assert code[0] in INDUSTRY.ancestors(code)


def test_every_readiness_level_is_there():
    assert list(TRL) == [str(level) for level in range(1, 10)]
