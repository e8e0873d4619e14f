"""Indicators and rights read from lines as people write them, and read back exactly as they were."""

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matcher.core.fields import Unreadable
from matcher.core.rows import (
    MAX_ROWS,
    IndicatorRow,
    IpRow,
    format_indicators,
    format_ip_rows,
    read_indicator_line,
    read_indicators,
    read_ip_rows,
)
from matcher.core.vocabularies import COMPARATOR, IP_KIND, IP_STATUS

WORDS = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from("≥≤<>=±:：；;|[]()（）。\n\t \\\"'0123456789.,-–~至范围"),
    max_size=40,
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def typed_rows(draw: Any) -> dict[str, Any]:
    """An indicator as the form or the API gives it."""
    low, high = sorted((draw(NUMBERS), draw(NUMBERS)))
    return {
        "name": draw(WORDS),
        "comparator": draw(st.sampled_from(list(COMPARATOR))),
        "value": low,
        "value_high": high,
        "unit": draw(WORDS | st.sampled_from(["%", "MPa", "m²", "℃", "次/min", "1/h", "-"])),
        "text": draw(WORDS),
    }


@given(st.lists(typed_rows(), max_size=4))
def test_any_indicators_read_back_from_their_cell(given_rows: list[dict[str, Any]]) -> None:
    try:
        rows = read_indicators(given_rows)
    except Unreadable:
        return
    assert read_indicators(format_indicators(rows)) == rows


@given(st.lists(st.fixed_dictionaries({"kind": st.sampled_from(list(IP_KIND)), "number": WORDS, "status": st.sampled_from(list(IP_STATUS))}), max_size=4))  # fmt: skip
@example([{"kind": "pct", "number": "PCT/CN2024/000001", "status": "pending"}])
@example([{"kind": "invention", "number": "专利 已授权", "status": "lapsed"}])
def test_any_rights_read_back_from_their_cell(given_rows: list[dict[str, Any]]) -> None:
    rows = read_ip_rows(given_rows)
    assert read_ip_rows(format_ip_rows(rows)) == rows


@given(st.text(st.sampled_from("孔隙率a≥≤<>=±:：0123456789.,-–~至 范围()（）%"), max_size=700))
def test_any_line_is_an_indicator_or_refused(line: str) -> None:
    try:
        row = read_indicator_line(line)
    except Unreadable:
        return
    assert row.comparator in COMPARATOR
    assert row.value is None or math.isfinite(row.value)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("孔隙率 ≤ 0.5 %", IndicatorRow("孔隙率", "le", 0.5, None, "%")),
        ("孔隙率≤0.5%", IndicatorRow("孔隙率", "le", 0.5, None, "%")),
        ("工作温度 范围 -40–85 ℃", IndicatorRow("工作温度", "range", -40, 85, "℃")),
        ("工作温度：-40~85℃", IndicatorRow("工作温度", "range", -40, 85, "℃")),
        ("抗拉强度 不低于 1,200 MPa", IndicatorRow("抗拉强度", "ge", 1200, None, "MPa")),
        ("直径 = 20 ± 0.05 mm", IndicatorRow("直径", "pm", 20, 0.05, "mm")),
        ("比表面积 ≥ ２００ m²/g", IndicatorRow("比表面积", "ge", 200, None, "m²/g")),
        ("循环次数（容量保持率≥90%） ≥ 2000 次", IndicatorRow("循环次数（容量保持率≥90%）", "ge", 2000, None, "次")),
        ("外观：无裂纹", IndicatorRow("外观", "text", None, None, "", "无裂纹")),
        ("可连续运行", IndicatorRow("可连续运行", "text", None, None, "", "可连续运行")),
    ],
)
def test_indicators_are_read_as_people_write_them(line: str, row: IndicatorRow) -> None:
    assert read_indicators(line) == [row]


def test_a_decimal_comma_is_not_taken_for_thousands() -> None:
    with pytest.raises(Unreadable):
        read_indicators("Porosität ≤ 0,5 %")


@pytest.mark.parametrize("line", ["a " * 50_000, "(" * 100_000, "a≥" + "1" * 100_000, "= " * 50_000])
def test_a_line_of_a_hundred_thousand_characters_is_refused_at_once(line: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_indicators(line)
    assert len(refused.value.message.zh) < 200


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(Unreadable):
        read_indicators("孔隙率 ≤ 0.5 %\n" * (MAX_ROWS + 1))


def test_rights_are_read_as_people_write_them() -> None:
    assert read_ip_rows(
        "发明专利 ZL202110000001.2 已授权；软件著作权 2023SR0000001\nPCT 专利 PCT/CN2024/000001 审查中"
    ) == [
        IpRow("invention", "ZL202110000001.2", "granted"),
        IpRow("software", "2023SR0000001", "pending"),
        IpRow("pct", "PCT/CN2024/000001", "pending"),
    ]


@pytest.mark.parametrize("line", ["发明专利", "ZL202110000001.2", "发明专利 " + "1" * 81])
def test_rights_without_kind_or_number_are_refused(line: str) -> None:
    with pytest.raises(Unreadable):
        read_ip_rows(line)
