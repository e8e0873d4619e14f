"""The reader of indicators, against labelled phrases and against anything."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine.demands import claims_of, demands_of
from matcher.engine.indicators import format_indicator, indicators_of, read_indicators
from matcher.engine.items import Indicator, Item, Profile
from matcher.engine.units import parse_unit, same_words

PHRASES = Path(__file__).parent / "data" / "indicator_phrases.tsv"


@dataclass(frozen=True)
class Figures:
    """Precision and recall; `named` counts a reading only if its name is right as well."""

    precision: float
    recall: float
    named_precision: float
    named_recall: float


def labelled() -> list[tuple[str, list[Indicator]]]:
    lines = [line for line in PHRASES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [(_plain(text), [_label(column) for column in columns]) for text, *columns in map(_columns, lines)]


def _columns(line: str) -> list[str]:
    return line.split("\t")


def _plain(text: str) -> str:
    return text.replace("\\t", "\t").replace("\\n", "\n")


def _label(column: str) -> Indicator:
    name, comparison, unit = column.split("|")
    comparator, value, *high = comparison.split()
    return Indicator(name, comparator, float(value), float(high[0]) if high else None, unit)


def same_figures(one: Indicator, other: Indicator) -> bool:
    mine, yours = parse_unit(one.unit), parse_unit(other.unit)
    if mine is None or yours is None:
        units = same_words(one.unit, other.unit)
    else:
        units = mine.dimension == yours.dimension and mine.factor == pytest.approx(yours.factor)
    return (
        units
        and one.comparator == other.comparator
        and one.value == pytest.approx(other.value)
        and (one.value_high == other.value_high or one.value_high == pytest.approx(other.value_high))
    )


def same_name(one: Indicator, other: Indicator) -> bool:
    return "".join(one.name.casefold().split()) == "".join(other.name.casefold().split())


def measured(phrases: list[tuple[str, list[Indicator]]]) -> Figures:
    read = wanted = right = named = 0
    for text, labels in phrases:
        found, left = [reading.indicator for reading in read_indicators(text)], list(labels)
        read, wanted = read + len(found), wanted + len(labels)
        for indicator in found:
            label = next((label for label in left if same_figures(label, indicator)), None)
            if label is not None:
                left.remove(label)
                right += 1
                named += same_name(label, indicator)
    return Figures(right / read, right / wanted, named / read, named / wanted)


@pytest.mark.parametrize(("part", "floor", "named_floor"), [("developed", 0.98, 0.97), ("held out", 0.95, 0.94)])
def test_labelled_phrases_are_read_with_high_precision_and_recall(part, floor, named_floor):
    phrases = [phrase for row, phrase in enumerate(labelled()) if (row % 3 == 2) == (part == "held out")]
    figures = measured(phrases)
    print(f"\n{part}: {len(phrases)} phrases, {figures}")  # noqa: T201 (the figures are for the reader of the run)
    assert min(figures.precision, figures.recall) >= floor
    assert min(figures.named_precision, figures.named_recall) >= named_floor


def test_the_labelled_set_is_large_and_has_hard_negatives():
    phrases = labelled()
    assert len(phrases) >= 300
    assert sum(not labels for _, labels in phrases) >= 60


@pytest.mark.parametrize("text", [text for text, labels in labelled() if labels])
def test_a_reading_says_where_it_was_read(text):
    for reading in read_indicators(text):
        assert text[reading.start : reading.end] == reading.phrase != ""


NAMES = ["孔隙率", "抗拉强度", "定位精度", "响应时间", "能耗", "tensile strength", "insertion loss", "error rate"]
UNITS = ["%", "MPa", "μm", "℃", "ms", "kW·h/t", "W/(m·K)", "万元", "mg/L", "dB", "Gbit/s", "r/min", "10^-6/K"]
FIGURES = st.floats(1e-12, 1e12) | st.integers(1, 10**9).map(float)
SIGNED = FIGURES | FIGURES.map(lambda value: -value)


def an_indicator() -> st.SearchStrategy[Indicator]:
    name, unit = st.sampled_from(NAMES), st.sampled_from([unit for unit in UNITS if not unit[0].isdigit()])
    plain = st.builds(Indicator, name, st.sampled_from(["ge", "gt", "le", "lt", "eq"]), SIGNED, st.none(), unit)
    ordered = st.tuples(SIGNED, SIGNED).filter(lambda ends: ends[0] < ends[1])
    spans = st.builds(lambda n, ends, u: Indicator(n, "range", *ends, u), name, ordered, unit)
    return plain | spans | st.builds(Indicator, name, st.just("pm"), SIGNED | st.just(0.0), FIGURES, unit)


@given(an_indicator())
def test_reading_what_was_formatted_gives_the_same_indicator(indicator):
    (reading,) = read_indicators(format_indicator(indicator))
    assert same_figures(reading.indicator, indicator)
    assert reading.indicator.name == indicator.name


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text):
    for reading in read_indicators(text):
        assert reading.phrase == text[reading.start : reading.end]


PIECES = ["≥", "≤", "±", "~", "-", "5", "0.3", "10^-6", "×10⁻⁶", "%", "MPa", "以上", "不", "低于", "孔隙率", "of", "strength", "1e",
          "(", ")", "|", "\t", "\n", "、", "和", "分别", "均", "，", "from", "to", "between", "万", "年", "2024", "百分之", "三", " "]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_mixture_of_words_and_figures_is_read_without_an_error(pieces):
    text = "".join(pieces)
    for reading in read_indicators(text):
        assert reading.phrase == text[reading.start : reading.end]
        assert reading.indicator.name


@pytest.mark.parametrize(
    "piece",
    [
        "1 ",
        "≤",
        "(",
        "不",
        "1,",
        "1~",
        "1/",
        "百分之",
        "一",
        "9",
        "5m",
        " ",
        "≥5% ",
        "孔隙率",
        "抗拉强度不低于600MPa，",
        "a of ",
        "10^",
        "- ",
    ],
)
def test_long_texts_of_anything_are_read_and_every_phrase_is_where_it_says(piece):
    text = (piece * 20_000)[:20_000]
    for reading in read_indicators(text):
        assert text[reading.start : reading.end] == reading.phrase


def test_unreadable_figures_are_left_alone():
    assert read_indicators("强度≥" + "9" * 400 + "MPa，孔隙率≤1e999%") == []


def test_quantities_that_share_names_are_given_out_in_order():
    found = [
        reading.indicator for reading in read_indicators("抗拉强度、屈服强度和延伸率分别达到980 MPa、780 MPa和12%")
    ]
    assert [(one.name, one.comparator, one.value) for one in found] == [
        ("抗拉强度", "ge", 980),
        ("屈服强度", "ge", 780),
        ("延伸率", "ge", 12),
    ]


def test_rows_of_a_form_speak_before_the_text_and_are_not_told_twice():
    rows = (Indicator("孔隙率", "le", 0.5, None, "%"),)
    item = Item(1, "涂层", "要求孔隙率≤0.6%，结合强度≥70MPa。", Profile("need"), indicators=rows)
    assert [format_indicator(one.indicator) for one in demands_of(item)] == ["孔隙率 ≤ 0.5 %", "结合强度 ≥ 70 MPa"]
    assert len(indicators_of(["孔隙率≤0.5%", "孔隙率≤0.5%"], rows)) == 1


def test_how_things_are_today_is_neither_demanded_nor_claimed():
    body = "目前国外产品寿命≥5000小时。现有工艺孔隙率为2%。\n要求孔隙率≤0.5%。"
    assert [one.indicator.value for one in demands_of(Item(1, "涂层", body, Profile("need")))] == [0.5]
    assert [one.indicator.value for one in claims_of(Item(1, "涂层", body, Profile("offer")))] == [0.5]


def test_a_plain_statement_is_claimed_but_not_demanded():
    body = "样机孔隙率为0.3%。"
    assert demands_of(Item(1, "涂层", body, Profile("need"))) == []
    assert [one.indicator.comparator for one in claims_of(Item(1, "涂层", body, Profile("offer")))] == ["eq"]
