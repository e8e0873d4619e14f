"""What demands and claims mean when they meet."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matcher.engine.comparison import (
    compare,
    indicator_conflict,
    indicator_coverage,
    match_indicators,
)
from matcher.engine.indicators import Reading, read_indicators
from matcher.engine.items import Indicator
from matcher.engine.quantity_names import name_similarity
from matcher.engine.units import parse_unit

CASES = [
    ("推力≥10N", "推力达到12N", "met", 0.0),
    ("推力≥10N", "推力≥9.5N", "nearly", 0.05),
    ("推力≥10N", "推力≥5N", "not_met", 0.5),
    ("推力≥10N", "推力≤8N", "not_met", 0.2),
    ("推力≥10N", "推力≤12N", "unknown", None),
    ("推力>10N", "推力≥10N", "nearly", 0.0),
    ("推力>10N", "推力>10N", "met", 0.0),
    ("孔隙率≤0.5%", "孔隙率≤5‰", "met", 0.0),
    ("孔隙率≤0.5%", "孔隙率≤0.8%", "not_met", 0.375),
    ("孔隙率<0.5%", "porosity of 0.52 %", "nearly", 0.02 / 0.52),
    ("抗拉强度不低于600MPa", "tensile strength of 0.65 GPa", "met", 0.0),
    ("粒径3-5μm", "粒径为4μm", "met", 0.0),
    ("粒径3-5μm", "粒径3.5~4.5μm", "met", 0.0),
    ("粒径3-5μm", "粒径1~10μm", "unknown", None),
    ("粒径3-5μm", "粒径8~10μm", "not_met", 2.5),
    ("粒径3-5μm", "粒径≤2μm", "not_met", 0.5),
    ("粒径3-5μm", "粒径≤4μm", "unknown", None),
    ("工作温度-20~60℃", "operating temperature: -40 to 85 °C", "met", 0.0),
    ("工作温度-40~85℃", "工作温度-20~85℃", "not_met", None),
    ("工作温度≥85℃", "工作温度-40~125℃", "met", 0.0),
    ("工作温度≤-30℃", "工作温度-40~125℃", "met", 0.0),
    ("定位精度优于±0.01mm", "定位精度达到±5μm", "met", 0.0),
    ("定位精度≤0.01mm", "定位精度±20μm", "not_met", 0.5),
    ("定位精度±0.01mm", "定位精度为0.008mm", "met", 0.0),
    ("量程±10g", "量程±16g", "met", 0.0),
    ("量程±16g", "量程±10g", "not_met", 0.375),
    ("电压220±5V", "电压为222V", "met", 0.0),
    ("厚度0.5mm±0.02mm", "厚度为0.55mm", "not_met", 0.75),
    ("准确率≥0.95", "accuracy of 96%", "met", 0.0),
    ("使用寿命15年以上", "使用寿命不低于180个月", "met", 0.0),
    ("SNR > 60 dB", "信噪比达到57dB", "nearly", 0.05),
    ("测温精度≤0.1℃", "测温精度≤0.2K", "not_met", 0.5),
    ("耐受温度≥85℃", "耐受温度达到80℃", "nearly", 5 / 85),
    ("耐受温度≤5℃", "耐受温度为25℃", "not_met", 0.8),
    ("重量≤25kg", "重量为20MPa", "unknown", None),
    ("重量≤25kg", "长度为20m", "unknown", None),
]


def one(text: str) -> Indicator:
    (reading,) = read_indicators(text)
    return reading.indicator


@pytest.mark.parametrize(("demand", "claim", "verdict", "shortfall"), CASES)
def test_a_claim_answers_a_demand(demand, claim, verdict, shortfall):
    (match,) = match_indicators(read_indicators(demand), read_indicators(claim))
    assert match.outcome.verdict == verdict
    if shortfall is not None:
        assert match.outcome.shortfall == pytest.approx(shortfall)


def test_words_are_met_by_the_same_words_only():
    demand = Indicator("防护等级", "text", text="IP67")
    assert compare(demand, replace(demand, text="ip67")).verdict == "met"
    assert compare(demand, replace(demand, text="IP65")).verdict == "unknown"


def test_unknown_units_compare_when_they_are_the_same_words():
    demand = Indicator("产品", "ge", 5, None, "道工序")
    assert compare(demand, replace(demand, value=6.0)).verdict == "met"
    assert compare(demand, replace(demand, value=6.0, unit="工步")).verdict == "unknown"


def test_incomplete_and_endless_figures_are_unknown():
    demand = Indicator("推力", "ge", 5, None, "N")
    for claim in (
        replace(demand, value=None),
        replace(demand, value=float("nan")),
        replace(demand, value=float("inf")),
    ):
        assert compare(demand, claim).verdict == "unknown"
    assert compare(demand, Indicator("推力", "range", 5, None, "N")).verdict == "unknown"


COMPATIBLE = [
    ("推力", ["N", "kN", "牛"]),
    ("孔隙率", ["%", "‰", "ppm", ""]),
    ("响应时间", ["ms", "s", "分钟", "小时"]),
    ("耐受温度", ["℃", "K", "°F"]),
    ("工作温度", ["℃", "K", "°F"]),
    ("转速", ["rpm", "r/s", "rad/s"]),
    ("导热系数", ["W/(m·K)", "mW/(cm·K)"]),
]
VALUES = st.floats(0.001, 1e6)
CODES = st.sampled_from(["ge", "gt", "le", "lt", "eq", "range", "pm"])


@st.composite
def an_indicator(draw, name: str, unit: str) -> Indicator:
    code, value, other = draw(CODES), draw(VALUES), draw(VALUES)
    if code == "range":
        return Indicator(name, code, min(value, other), max(value, other), unit)
    return Indicator(
        name, code, draw(st.just(0.0) | VALUES) if code == "pm" else value, other if code == "pm" else None, unit
    )


def is_tolerance(indicator: Indicator) -> bool:
    return indicator.comparator == "pm" and indicator.value == 0


def converted(indicator: Indicator, unit: str, difference: bool) -> Indicator:
    """Return the same indicator in another unit."""
    mine, yours = parse_unit(indicator.unit), parse_unit(unit)

    def change(value: float, difference: bool) -> float:
        return (mine.to_base(value, difference=difference) - (0 if difference else yours.offset)) / yours.factor

    high = indicator.value_high
    return replace(
        indicator,
        value=change(indicator.value, difference),
        value_high=None if high is None else change(high, difference or indicator.comparator == "pm"),
        unit=unit,
    )


@given(st.data())
def test_the_unit_of_a_claim_or_demand_never_changes_the_verdict(data):
    name, units = data.draw(st.sampled_from(COMPATIBLE))
    demand = data.draw(an_indicator(name, units[0]))
    claim = data.draw(an_indicator(name, units[0]))
    before = compare(demand, claim)
    # At the border itself rounding may tell exactly equal from nearly equal.
    assume(before.shortfall is None or before.verdict == "met" or abs(before.shortfall - 0.1) > 1e-6)
    assume(before.verdict != "nearly" or before.shortfall > 1e-6)
    # Beside a tolerance (±0.5 ℃) the other side is a difference of temperatures too.
    difference = is_tolerance(demand) or is_tolerance(claim)
    wanted, given_in = data.draw(st.sampled_from(units)), data.draw(st.sampled_from(units))
    after = compare(converted(demand, wanted, difference), converted(claim, given_in, difference))
    assert after.verdict == before.verdict


ORDER = {"not_met": 0, "unknown": 1, "nearly": 2, "met": 3}


@given(st.data(), st.floats(0, 1e5))
def test_loosening_a_demand_never_makes_a_claim_worse(data, slack):
    name = data.draw(st.sampled_from(["推力", "孔隙率", "粒径", "耐受温度"]))
    unit = {"推力": "N", "孔隙率": "%", "粒径": "μm", "耐受温度": "℃"}[name]
    demand = data.draw(an_indicator(name, unit))
    claim = data.draw(an_indicator(name, unit))
    assume(demand.comparator != "eq")
    value, high = demand.value, demand.value_high
    assume(value != high)  # a range of one value means that value, nearly, as eq does
    match demand.comparator:
        case "ge" | "gt":
            looser = replace(demand, value=value - slack)
        case "le" | "lt":
            looser = replace(demand, value=value + slack)
        case "range":
            looser = replace(demand, value=value - slack, value_high=high + slack)
        case _:
            looser = replace(demand, value_high=high + slack)
    strict, loose = compare(demand, claim).verdict, compare(looser, claim).verdict
    assert ORDER[loose] >= ORDER[strict]


@given(an_indicator("推力", "N"))
def test_what_is_demanded_in_words_of_itself_is_met(indicator):
    assume(indicator.value_high != indicator.value)
    assert compare(indicator, indicator).verdict == "met"


def readings(*texts: str) -> list[Reading]:
    return [reading for text in texts for reading in read_indicators(text)]


def test_a_claim_of_another_quantity_answers_nothing():
    (match,) = match_indicators(readings("充电时间≤15min"), readings("放电时间≤10min"))
    assert match.claim is None
    assert match.outcome.verdict == "unknown"


def test_the_claim_that_answers_is_taken_where_a_quantity_is_stated_twice():
    (match,) = match_indicators(readings("抗拉强度≥600MPa"), readings("抗拉强度为400MPa", "抗拉强度为650MPa"))
    assert match.outcome.verdict == "met"
    assert match.claim.indicator.value == 650


def test_coverage_counts_met_demands_and_conflict_missed_ones():
    matches = match_indicators(
        readings("抗拉强度≥600MPa，孔隙率≤0.5%，延伸率≥10%，硬度≥58HRC"),
        readings("抗拉强度为650MPa，孔隙率≤2%，延伸率≥9.5%"),
    )
    assert indicator_coverage(matches) == pytest.approx(1.5 / 4)
    assert indicator_conflict(matches) == pytest.approx(1 / 4)
    assert indicator_coverage([]) == indicator_conflict([]) == 0


def test_a_similarity_of_the_caller_decides_which_names_are_the_same():
    demands, claims = readings("结合强度≥70MPa"), readings("附着能力指数≥80MPa")
    assert match_indicators(demands, claims)[0].claim is None
    assert match_indicators(demands, claims, similarity=lambda one, other: 1.0)[0].outcome.verdict == "met"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("抗拉强度", "拉伸强度"),
        ("涂层孔隙率", "孔隙率"),
        ("Tensile Strength", "抗拉强度"),
        ("signal-to-noise ratio", "信噪比"),
        ("时延", "end-to-end latency"),
        ("主轴最高转速", "转速"),
        ("detection limits", "检出限"),
        ("細胞存活率", "细胞存活率"),
    ],
)
def test_names_of_one_quantity_are_alike(name, other):
    assert name_similarity(name, other) >= 0.6


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("抗拉强度", "抗压强度"),
        ("充电时间", "放电时间"),
        ("能量密度", "功率密度"),
        ("输入功率", "输出功率"),
        ("tensile strength", "compressive strength"),
        ("data rate", "frame rate"),
        ("高温抗拉强度", "室温抗拉强度"),
        ("强度", "时间"),
        ("", "时间"),
    ],
)
def test_names_of_different_quantities_are_not_alike(name, other):
    assert name_similarity(name, other) < 0.6


@given(st.text(max_size=20), st.text(max_size=20))
def test_similarity_of_names_is_symmetric_and_bounded(name, other):
    assert name_similarity(name, other) == name_similarity(other, name)
    assert 0 <= name_similarity(name, other) <= 1
