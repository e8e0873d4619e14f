"""Answers are read or refused with a message, never guessed at and never with an accident."""

import string
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matcher.core import fields as fields_module
from matcher.core.fields import Field, Kind, Unreadable, read_answers, split_list
from matcher.core.labels import Label
from matcher.core.money import in_wan
from matcher.core.vocabularies import INDUSTRY, REGION, TECH_FIELD, TRL
from matcher.exchange.cells import option, to_cell

LABEL = Label("栏目", "Answer")
ANY_TEXT = st.text(st.characters(), max_size=200)
TRICKY = st.text(st.sampled_from("0123456789.,+-−eE_ ０９．，；;、|\n[]{}\"'=≥±~年月日万元nNaAfFiI"), max_size=60)


def field(kind: Kind, **more: Any) -> Field:
    vocabulary = {Kind.CODE: INDUSTRY, Kind.CODES: TECH_FIELD}.get(kind)
    return Field("answer", LABEL, kind, vocabulary=vocabulary, **more)


def read(kind: Kind, value: Any, **more: Any) -> Any:
    answers = read_answers([field(kind, **more)], {"answer": value})
    if answers.problems:
        raise Unreadable(answers.problems[0].message)
    return answers.values["answer"]


@pytest.mark.parametrize("kind", Kind)
@given(text=ANY_TEXT | TRICKY)
@example(text="1e999999999")
@example(text="1e-999999999999")
@example(text="9" * 5000)
@example(text="sNaN")
@example(text="99999999999999999999-1-1")
@example(text="[" * 5000)
@example(text='[{"name": {"a": [1]}}]')
@example(text="\ud800")
def test_every_reader_reads_any_text_or_says_that_it_cannot(kind: Kind, text: str) -> None:
    message = LABEL
    try:
        fields_module._READERS[kind](field(kind), text)
    except Unreadable as error:
        message = error.message
    assert message.zh
    assert len(message.zh) < 300, "a message does not repeat a long answer"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "value", "kind", "number"]) | ANY_TEXT, inner),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
@given(value=JSON)
def test_every_reader_reads_any_json_value_or_says_that_it_cannot(kind: Kind, value: Any) -> None:
    read_answers([field(kind)], {"answer": value})


@given(st.integers(0, 10**15))
def test_money_is_exact_to_the_fen(fen: int) -> None:
    yuan = Decimal(fen) / 100
    assert read(Kind.MONEY, in_wan(yuan)) == yuan


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("120", 1_200_000),
        ("80.5", 805_000),
        ("1,200", 12_000_000),
        ("１２０", 1_200_000),
        ("300万元", 3_000_000),
        ("面议", 0),
        ("0.000001", "0.01"),
        ("1.50000000000000000000000000000000000000", 15_000),
    ],
)
def test_money_is_read_in_ten_thousand_yuan(text: str, yuan: Any) -> None:
    assert read(Kind.MONEY, text) == Decimal(yuan)


@pytest.mark.parametrize(
    "text",
    ["80,5", "1,2,3", "1_000", "-1", "0.0000001", "1." + "0" * 40 + "1", "1e-1000030", "1e30", "about 5", "nan", "∞"],
)
def test_money_that_is_not_exact_or_not_clear_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(Kind.MONEY, text)


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_dates_read_as_they_are_written(day: date) -> None:
    assert read(Kind.DATE, day.isoformat()) == day
    assert read(Kind.DATE, f"{day.year}年{day.month}月{day.day}日") == day
    assert read(Kind.DATE, f"{day.year:04d}/{day.month}/{day.day}") == day


@given(st.lists(st.text(string.printable + "；，、高分子", min_size=1, max_size=20), max_size=6))
def test_any_list_of_tags_reads_back_from_its_cell(tags: list[str]) -> None:
    listed = read_answers([field(Kind.TAGS)], {"answer": tags}).values["answer"]
    assert split_list(to_cell(field(Kind.TAGS), listed, "zh")) == listed


@pytest.mark.parametrize("vocabulary", [INDUSTRY, REGION, TECH_FIELD, TRL], ids=lambda v: v.name)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_option_reads_back_alone_and_in_a_list(vocabulary: Any, language: str) -> None:
    codes = list(vocabulary)
    for code in codes:
        assert vocabulary.read(option(vocabulary, code, language)) == code
    several = Field("answer", LABEL, Kind.CODES, vocabulary=vocabulary)
    cell = to_cell(several, codes[:40], language)
    assert read_answers([several], {"answer": cell}).values["answer"] == codes[:40]


def test_a_list_of_labels_that_hold_separators_is_understood() -> None:
    industries = Field("answer", LABEL, Kind.CODES, vocabulary=INDUSTRY)
    answers = read_answers([industries], {"answer": "农、林、牧、渔业；C37\n制造业"})
    assert answers.values["answer"] == ["A", "C37", "C"]


def test_control_characters_go_and_emoji_stay() -> None:
    assert read(Kind.TEXT, "a\x00\x07b\u202e 🛩️ c\ud800") == "ab 🛩️ c"


@pytest.mark.parametrize("text", ["7", "TRL7", "TRL 7", "trl7", "7级", "7 级", "７"])
def test_readiness_is_read_as_people_write_it(text: str) -> None:
    level = Field("answer", LABEL, Kind.CODE, vocabulary=TRL)
    answers = read_answers([level], {"answer": text})
    assert answers.values["answer"] == "7"
