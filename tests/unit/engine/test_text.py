"""Normalisation, languages, sentences, and what of an item is embedded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.engine import text as texts
from matcher.engine.items import Indicator, Item, Profile, Vectors
from matcher.engine.language import detect
from matcher.engine.normalisation import normalise


class CountingEncoder:
    """Counts a token a character, which makes windows easy to foresee."""

    name, dimension, window = "counting", 2, 100

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [min(len(text), 103) for text in texts]

    def encode_needs(self, texts: Sequence[str]) -> Vectors:
        return np.tile(np.float32([1, 0]), (len(texts), 1))

    encode_offers = encode_needs


def item(body: str = "", **changes) -> Item:
    return replace(Item(1, "高温合金叶片", body, Profile("need")), **changes)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("１２３ＡＢＣ　㎏", "123ABC kg"),
        ("航空發動機葉片的製造，乾燥與著作", "航空发动机叶片的制造，干燥与著作"),
        ("機械学習による製造プロセスの制御", "機械学習による製造プロセスの制御"),
        ("真空度１０⁻⁶ Pa，电阻≤10⁶Ω", "真空度10^-6 Pa，电阻≤10^6Ω"),
        ("a\x00b\u200bc\ufeffd", "abcd"),
        ("  many \t spaces \n\n\n and lines ", "many spaces\nand lines"),
        ("⼯⾦", "工金"),
        ("高 温 合 金 材料", "高温合金 材料"),
        ("高温合金 增材制造", "高温合金 增材制造"),
        ("本项目针对航空发动机叶片在高温环境下容易产\n生裂纹的问题，研究热障涂层。\n第二段", None),
        ("a superalloy that with-\nstands heat", "a superalloy that withstands heat"),
        ("", ""),
    ],
)
def test_normalisation_brings_ways_of_writing_together(raw: str, expected: str | None) -> None:
    if expected is None:
        expected = "本项目针对航空发动机叶片在高温环境下容易产生裂纹的问题，研究热障涂层。\n第二段"
    assert normalise(raw) == expected


def test_headings_and_entries_of_lists_keep_their_lines() -> None:
    listed = "技术难点\n1. 高温环境下叶片涂层容易剥落且难以在线检测\n2. 批量生产时涂层厚度不均匀且良品率不足九成"
    assert normalise(listed).count("\n") == 2


@settings(max_examples=300)
@given(st.text(st.characters(), max_size=200))
def test_normalising_twice_changes_nothing_and_leaves_nothing_invisible(raw: str) -> None:
    once = normalise(raw)
    assert normalise(once) == once
    once.encode("utf-8")
    assert "\x00" not in once
    assert "\r" not in once


@pytest.mark.parametrize(
    ("raw", "language"),
    [
        ("基于深度学习的 YOLO 缺陷检测", "zh"),
        ("Non-destructive testing of composite wings", "en"),
        ("Verfahren zur Herstellung poröser Titanlegierungen", "de"),
        ("多孔質チタン合金の製造方法", "ja"),
        ("이차전지 양극재 제조", "ko"),
        ("Исследование материалов", "ru"),
        ("Procédé de fabrication pour les alliages de titane", "fr"),
        ("5G", ""),
        ("GaN HEMT", ""),
        ("  \n", ""),
        ("12.5 %", ""),
    ],
)
def test_languages_are_told_apart(raw: str, language: str) -> None:
    assert detect(raw) == language


def test_sentences_end_where_people_end_them() -> None:
    assert texts.sentences("孔隙率≤0.5%。能否在线检测？可以！“好。”另见图3.5。") == [
        "孔隙率≤0.5%。", "能否在线检测？", "可以！", "“好。”", "另见图3.5。",
    ]  # fmt: skip
    assert texts.sentences("We test e.g. Ti-6Al-4V at 3.5 K. Dr. Smith (et al. 2019) agrees. See Fig. 3 for it. Done") == [
        "We test e.g. Ti-6Al-4V at 3.5 K. Dr. Smith (et al. 2019) agrees.", "See Fig. 3 for it.", "Done",
    ]  # fmt: skip
    assert texts.sentences("1. Scope\n2. Cost") == ["1. Scope", "2. Cost"]


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab 。.！\n，A1(“"), max_size=700))
def test_pieces_cover_the_text_without_gap_and_none_is_long(raw: str) -> None:
    spans = texts.pieces(raw)
    assert "".join(raw[start:end] for start, end in spans) == raw
    assert all(0 < end - start <= 240 for start, end in spans)


def test_the_hash_follows_what_is_embedded_and_nothing_else() -> None:
    base = item("正文")
    assert texts.text_hash(base) == texts.text_hash(item("正文", profile=Profile("need", trl=7), id=9))
    changed = [
        item("正文。"),
        item("正文", title="低温"),
        item("正文", keywords=("涂层",)),
        item("正文", indicators=(Indicator("孔隙率", "le", 0.5, unit="%"),)),
        item("正文", indicators=(Indicator("孔隙率", "le", 0.4, unit="%"),)),
    ]
    assert len({texts.text_hash(each) for each in [base, *changed]}) == 6


def test_indicators_are_part_of_the_text_as_people_write_them() -> None:
    stated = (
        Indicator("孔隙率", "le", 0.5, unit="%"),
        Indicator("温度", "range", 20, 80, "°C"),
        Indicator("厚度", "pm", 2, 0.1, "mm"),
        Indicator("外观", "text", text="无裂纹"),
    )
    text = texts.full_text(item(indicators=stated))
    assert "孔隙率 ≤ 0.5 %；温度 20–80 °C；厚度 2±0.1 mm；外观 无裂纹" in text


def test_a_short_text_is_one_window_without_passages() -> None:
    (analysis,) = texts.analyse([item("耐温一千度。")], CountingEncoder())
    assert analysis.windows == ("高温合金叶片\n耐温一千度。",)
    assert analysis.passages == ()
    assert "高温" in analysis.tokens


def test_a_long_text_is_divided_at_sentences_and_nothing_is_lost() -> None:
    body = "".join(f"第{number}项要求是叶片的涂层不剥落。" for number in range(60))
    (analysis,) = texts.analyse([item(body)], CountingEncoder())
    assert len(analysis.windows) > 5
    assert all(len(window) <= 100 and window.endswith("。") for window in analysis.windows)
    assert "".join(analysis.windows).replace("\n", "") == "高温合金叶片" + body
    assert "".join(analysis.passages).replace("\n", "") == "高温合金叶片" + body


@pytest.mark.parametrize(
    "body", ["", " ", "铝", "word " * 200_000, "涂层不剥落。" * 170_000, "x" * 1_000_000, "\x00\x01" * 500]
)
def test_any_body_gives_a_bounded_number_of_windows_and_passages(body: str) -> None:
    (analysis,) = texts.analyse([item(body, title="")], CountingEncoder())
    assert 1 <= len(analysis.windows) == len(analysis.weights) <= texts.MOST_WINDOWS
    assert len(analysis.passages) <= texts.MOST_PASSAGES
