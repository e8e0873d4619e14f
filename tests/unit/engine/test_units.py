"""Units of the field, Chinese and English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.engine.unit_table import UNITS
from matcher.engine.units import comparable, parse_unit, registry, same_words, scan_unit, spellings

SAME = [
    ("1", "MPa", "1", "N/mm²"),
    ("1", "兆帕", "1e6", "Pa"),
    ("1", "bar", "0.1", "MPa"),
    ("1", "瓦时每千克", "1", "Wh/kg"),
    ("1", "kWh/t", "1", "Wh/kg"),
    ("3.6", "MJ", "1", "千瓦时"),
    ("10000", "元", "1", "万元"),
    ("1", "亿元", "10000", "万元"),
    ("1", "%", "10", "‰"),
    ("1", "ppm", "1e-4", "%"),
    ("1", "mg/kg", "1", "ppm"),
    ("1", "mg/100g", "10", "ppm"),
    ("60", "转/分", "1", "r/s"),
    ("360", "°", "6.283185307179586", "rad"),
    ("36", "公里/小时", "10", "m/s"),
    ("1", "t/d", "1", "吨/天"),
    ("1", "立方米/小时", "1", "m³/h"),
    ("1", "g/cm3", "1000", "kg/m³"),
    ("1", "mPa·s", "1", "cP"),
    ("1", "W/(m·K)", "1", "W/m·K"),
    ("1", "W/mK", "1", "W/(m·℃)"),
    ("1", "S/cm", "100", "S/m"),
    ("1", "Ω·cm", "0.01", "Ω·m"),
    ("1", "mbar·L/s", "0.1", "Pa·m³/s"),
    ("1", "MPa·m^1/2", "1", "MPa·m½"),
    ("1", "μg/m³", "1e-3", "毫克/立方米"),
    ("1", "Gbit/s", "1000", "Mbps"),
    ("1", "B", "8", "比特"),
    ("60", "帧/秒", "60", "fps"),
    ("1", "MHz", "1e6", "次/秒"),
    ("12", "个月", "1", "年"),
    ("24", "h", "1", "天"),
    ("1", "10^-6/K", "1", "ppm/℃"),
    ("1", "kN·m", "1000", "Nm"),
    ("1", "万千瓦时", "10", "MWh"),
    ("1", "cd/m²", "1", "nit"),
    ("1", "U/mL", "1000", "U/L"),
    ("1", "kDa", "1000", "道尔顿"),
    ("1", "nV/√Hz", "1e-9", "V/Hz^0.5"),
    ("1", "ｋｇ／ｍ２", "1", "kg/m²"),
    ("1", "g/10min", "6", "g/h"),
    ("1", "海里", "1852", "米"),
]


@pytest.mark.parametrize(("value", "unit", "same_value", "same_unit"), SAME)
def test_quantities_that_are_the_same_have_the_same_base_value(value, unit, same_value, same_unit):
    one, other = parse_unit(unit), parse_unit(same_unit)
    assert one is not None
    assert other is not None
    assert one.dimension == other.dimension or {one.dimension, other.dimension} == {
        "1 / [temperature]",
        "[ratio] / [temperature]",
    }
    assert one.to_base(float(value)) == pytest.approx(other.to_base(float(same_value)), rel=1e-9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("°", "%"),
        ("dBm", "dB"),
        ("dB", "dB(A)"),
        ("HRC", "HV"),
        ("元", "$"),
        ("m³", "Nm³"),
        ("CFU", "个"),
        ("次", "人"),
        ("%", "个"),
        ("U", "IU"),
        ("MPa", ""),
        ("级", ""),
        ("K", "s"),
        ("Nm", "nm"),
    ],
)
def test_different_kinds_of_quantity_are_never_compared(one, other):
    assert not comparable(parse_unit(one), parse_unit(other))


def test_a_bare_number_compares_with_shares_and_counts():
    assert comparable(parse_unit(""), parse_unit("%"))
    assert comparable(parse_unit("个"), parse_unit(""))


def test_unknown_units_are_the_same_only_as_words():
    assert parse_unit("道工序") is None
    assert same_words("道工序", "道 工序")
    assert not same_words("道工序", "工序")


def test_a_temperature_has_an_offset_and_a_difference_of_temperatures_has_none():
    celsius, fahrenheit = parse_unit("℃"), parse_unit("°F")
    assert celsius.to_base(25) == pytest.approx(298.15)
    assert celsius.to_base(0.5, difference=True) == pytest.approx(0.5)
    assert fahrenheit.to_base(212) == pytest.approx(celsius.to_base(100))
    assert fahrenheit.to_base(9, difference=True) == pytest.approx(celsius.to_base(5, difference=True))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("MPa，延伸率", "MPa"),
        ("W/(m·K)。", "W/(m·K)"),
        ("mm厚的板", "mm"),
        ("Wh/kg以上", "Wh/kg"),
        ("m models", "m"),
        ("models", ""),
        ("in the year", ""),
        ("kg a day", "kg"),
        ("V3.2", ""),
        ("m2，", "m2"),
        ("mg L-1 of", "mg L-1"),
        ("W/mK or higher", "W/mK"),
        ("的", ""),
        ("", ""),
    ],
)
def test_the_longest_unit_is_found_and_no_word_is_cut(text, unit):
    assert text[: scan_unit(text, 0)] == unit


def test_every_spelling_in_the_table_is_a_unit():
    unread = [spelling for spelling in spellings() if parse_unit(spelling) is None]
    assert unread == []


def test_every_unit_in_the_table_is_defined_once():
    names = [row.name for row in UNITS]
    assert len(names) == len(set(names))
    for name in names:
        registry().Unit(name)


@given(st.text(max_size=60))
def test_any_text_is_a_unit_or_none(text):
    unit = parse_unit(text)
    assert unit is None or unit.factor > 0
    assert 0 <= scan_unit(text, 0) <= len(text)


@given(
    st.lists(
        st.sampled_from(["m", "kg", "/", "·", "(", ")", "^", "-1", "2", "℃", "%", "每", "立方", "√", "10"]), max_size=30
    )
)
def test_any_mixture_of_units_and_signs_is_a_unit_or_none(pieces):
    text = "".join(pieces)
    unit = parse_unit(text)
    assert unit is None or unit.factor > 0
    assert 0 <= scan_unit(text, 0) <= len(text)
