"""Forms: what is typed reaches the service as it is, and comes back as it was."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from matcher.core.fields import read_answers
from matcher.core.rows import MAX_ROWS, IndicatorRow, IpRow
from matcher.core.vocabularies import REGION
from matcher.needs.fields import NEED_FIELDS
from matcher.offers.fields import OFFER_FIELDS
from matcher.web.forms import Form, change_rows, given_from, read_form
from matcher.web.options import option_groups, place

ANYTHING = st.dictionaries(
    st.one_of(
        st.sampled_from([f.name for f in NEED_FIELDS]),
        st.from_regex(r"indicators-\d{0,6}-\w{0,9}"),
        st.text(max_size=20),
    ),
    st.text(max_size=50),
    max_size=20,
)


def _as_sent(given: dict[str, Any]) -> MultiDict[str, str]:
    """Write a form as a browser sends it."""
    sent: MultiDict[str, str] = MultiDict()
    for name, value in given.items():
        for place_, one in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(one, dict):
                for part, text in one.items():
                    sent.add(f"{name}-{place_}-{part}", text)
            else:
                sent.add(name, one)
    return sent


@given(ANYTHING)
@settings(deadline=None)
def test_anything_can_be_sent(form: dict[str, str]) -> None:
    given_ = read_form(NEED_FIELDS, MultiDict(form))
    read_answers(NEED_FIELDS, given_, complete=False)
    change_rows(NEED_FIELDS, MultiDict(form), given_)


def test_what_was_typed_comes_back_as_it_was() -> None:
    typed = {"title": "  孔隙 率 ", "budget": "三百", "deadline": "明年", "tech_fields": ["rail", "不存在"]}
    given_ = read_form(NEED_FIELDS, _as_sent(typed))
    form = Form(NEED_FIELDS, given_, read_answers(NEED_FIELDS, given_).problems)
    assert form.value("title") == "  孔隙 率 "
    assert form.value("budget") == "三百"
    assert form.value("deadline") == "明年"
    assert form.chosen("tech_fields") == ["rail", "不存在"]
    assert form.errors("budget")
    assert form.errors("deadline")
    assert form.errors("tech_fields")


def test_stored_answers_survive_the_form() -> None:
    values = {
        f.name: v
        for f, v in zip(OFFER_FIELDS, read_answers(OFFER_FIELDS, {}, complete=False).values.values(), strict=True)
    }
    values |= {
        "title": "叶片修复",
        "price_low": Decimal("805000.50"),
        "price_high": Decimal(100_000_000),
        "keywords": ["孔隙率", "激光 熔覆"],
        "tech_fields": ["rail", "bci"],
        "indicators": [
            IndicatorRow("孔隙率", "le", 0.5, None, "%"),
            IndicatorRow("温度", "range", -40.0, 85.0, "℃"),
            IndicatorRow("外观", "text", None, None, "", "无裂纹"),
        ],
        "ip": [IpRow("invention", "ZL202110000001.2", "granted")],
        "year": 2024,
    }
    shown = given_from(OFFER_FIELDS, values)
    assert shown["price_low"] == "80.50005"
    assert shown["price_high"] == "10000"
    read = read_answers(
        OFFER_FIELDS,
        read_form(OFFER_FIELDS, _as_sent(shown | {"keywords": "；".join(shown["keywords"])})),
        complete=False,
    )
    assert read.problems == []
    assert {name: read.values[name] for name in values} == values


def test_dates_are_typed_as_the_browser_writes_them() -> None:
    assert given_from(NEED_FIELDS, {"deadline": date(2027, 6, 30)})["deadline"] == "2027-06-30"


def test_rows_are_added_and_removed_by_buttons() -> None:
    rows = [
        {"name": n, "comparator": "ge", "value": "1", "value_high": "", "unit": "", "text": ""}
        for n in ("甲", "乙", "丙")
    ]
    sent = _as_sent({"indicators": rows})
    given_ = read_form(NEED_FIELDS, sent)
    assert change_rows(NEED_FIELDS, sent, given_) is False
    assert change_rows(NEED_FIELDS, MultiDict({"remove_row": "indicators-1"}), given_)
    assert [row["name"] for row in given_["indicators"]] == ["甲", "丙"]
    assert change_rows(NEED_FIELDS, MultiDict({"add_row": "indicators"}), given_)
    assert len(given_["indicators"]) == 3
    assert change_rows(NEED_FIELDS, MultiDict({"remove_row": "title-1", "add_row": "title"}), given_) is False


def test_too_many_rows_reach_the_service_which_says_so() -> None:
    sent = _as_sent({"indicators": [{"name": str(n), "value": "1"} for n in range(MAX_ROWS + 40)]})
    given_ = read_form(NEED_FIELDS, sent)
    assert [p.field for p in read_answers(NEED_FIELDS, given_, complete=False).problems] == ["indicators"]


def test_a_form_without_rows_offers_an_empty_one() -> None:
    assert Form(NEED_FIELDS).rows("indicators") == [
        {"name": "", "comparator": "ge", "value": "", "value_high": "", "unit": "", "text": ""}
    ]


def test_regions_are_offered_once_and_named_with_their_city() -> None:
    offered = [code for group in option_groups(REGION) for code in group.codes]
    assert len(offered) == len(set(offered))
    assert {"510107", "500112", "440300", "DE"} <= set(offered)
    assert place("510107").zh == "成都市武侯区"
    assert place("DE").en == "Germany"
