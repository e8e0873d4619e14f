"""Files of every sort become rows, or are refused with a message that says what to do."""

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from matcher.core.errors import InvalidInput
from matcher.exchange import packages
from matcher.exchange.cells import prepare
from matcher.exchange.columns import SPELLINGS, Headers, columns_of
from matcher.exchange.importing import headers_for
from matcher.exchange.reading import Table, read_table
from matcher.exchange.sides import NEEDS, OFFERS
from matcher.exchange.text_guard import guard, unguard

HEADER = ["需求名称", "需求来源", "技术领域", "主要技术难点", "公开方式"]
ROW = ["叶片孔隙控制", "企业需求", "航空航天", "孔隙率高", "公开"]
OWN = headers_for(NEEDS, is_own=True)


def read(name: str, content: bytes, headers: Headers = OWN, max_rows: int = 5000) -> Table:
    return read_table(name, content, headers, max_rows=max_rows)


def refusal(name: str, content: bytes, headers: Headers = OWN, max_rows: int = 5000) -> str:
    """Return all that is told of a file that cannot be read, in Chinese."""
    with pytest.raises(InvalidInput) as refused:
        read(name, content, headers, max_rows)
    for problem in refused.value.problems:
        assert problem.message.zh
        assert problem.message.en
    return " ".join([refused.value.message.zh, *(problem.message.zh for problem in refused.value.problems)])


def book(*rows: Sequence[Any], change: Callable[[Workbook], None] | None = None) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    if change:
        change(made)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in members.items():
            package.writestr(name, text)
    return content.getvalue()


def test_a_workbook_is_read_by_its_headers() -> None:
    table = read("a.xlsx", book(HEADER, ROW, [], ROW))
    assert [row.number for row in table.rows] == [2, 4]
    assert table.rows[0].cells["title"] == "叶片孔隙控制"
    assert table.warnings == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_every_usual_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in (HEADER, [*ROW[:3], "一\n二", ROW[4]]))
    table = read("a.csv", text.encode(encoding))
    assert table.rows[0].cells["difficulties"] == "一\n二"


def test_json_lines_are_read_by_field_names_or_headers() -> None:
    first = dict(zip(HEADER, ROW, strict=True))
    second = {"title": "二", "source": "enterprise", "tech_fields": ["aerospace"], "organisation": {"name": "甲"}}
    content = "\n".join(json.dumps(record) for record in (first, second)) + "\n\n[1]\n{broken\n"
    table = read("a.jsonl", content.encode())
    assert table.rows[0].cells["title"] == "叶片孔隙控制"
    assert table.rows[1].cells["organisation.name"] == "甲"
    assert table.rows[1].cells["tech_fields"] == ["aerospace"]
    assert "difficulties" not in table.rows[1].cells
    assert [(row.number, bool(row.problems)) for row in table.rows] == [(1, False), (2, False), (4, True), (5, True)]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", b"", "是空的"),
        ("a.csv", b"\xef\xbb\xbf\r\n \n", "是空的"),
        ("a.jsonl", b"\n\n", "是空的"),
        ("a.xlsx", b"this is no workbook", "不是可以读取的表格"),
        ("a.pdf", b"%PDF-1.7", "不是可以读取的表格"),
        ("a.xlsx", zipped(**{"word/document.xml": b"<w/>"}), "不是可以读取的表格"),
        ("a.xlsx", book(HEADER, ROW)[:-200], "已损坏"),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 200, "已损坏"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "已损坏"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        ("a.csv", bytes(range(256)) * 20, "文字编码"),
        ("a.csv", "需求名称,需求来源\n".encode() + b"\xff\xff", "文字编码"),
        ("a.xlsx", book(), "是空的"),
        ("a.xlsx", book(HEADER), "没有数据"),
        ("a.csv", (",".join(HEADER) + "\n").encode(), "没有数据"),
    ],
)
def test_what_is_no_list_is_refused_with_its_own_message(name: str, content: bytes, told: str) -> None:
    assert told in refusal(name, content)


def test_a_workbook_under_another_name_is_still_read() -> None:
    assert len(read("list.csv", book(HEADER, ROW)).rows) == 1


def test_a_wrong_header_is_told_with_what_is_missing_and_what_may_be_meant() -> None:
    told = refusal("a.xlsx", book(["需求名程", "需求来源", "技术领域", "公开方式", "天气"], ROW))
    assert "缺少必填列“需求名称”" in told
    assert "缺少必填列“主要技术难点”" in told
    assert "是否应为“需求名称”" in told
    assert "不认识列“天气”" in told


def test_an_unknown_column_beside_the_known_ones_is_told_and_left_out() -> None:
    table = read("a.xlsx", book([*HEADER, "天气"], [*ROW, "晴"]))
    assert "天气" in table.warnings[0].zh
    assert len(table.rows[0].cells) == len(HEADER)


def test_a_column_that_occurs_twice_is_refused() -> None:
    assert "重复出现" in refusal("a.xlsx", book([*HEADER, "名称"], [*ROW, "另一个"]))


@pytest.mark.parametrize("header", ["预算（元）", "预期投入(亿元)", "预期投入（USD）", "预期投入（千元）"])
def test_an_amount_in_another_unit_is_refused(header: str) -> None:
    assert "不是万元" in refusal("a.xlsx", book([*HEADER, header], [*ROW, 3]))


@pytest.mark.parametrize(
    "header", ["预期投入", "预期投入（万元）", "预算(万元)", "Budget (10,000 yuan)", "*预期投入 (万元)"]
)
def test_an_amount_in_ten_thousand_yuan_is_known_by_its_usual_headers(header: str) -> None:
    assert read("a.xlsx", book([*HEADER, header], [*ROW, 3])).rows[0].cells["budget"] == 3


@pytest.mark.parametrize("side", [NEEDS, OFFERS], ids=lambda side: side.what)
def test_every_header_is_known_in_both_languages_and_none_twice(side: Any) -> None:
    columns = columns_of(side)
    headers = Headers(columns)
    for column in columns:
        for text in (column.header.zh, column.header.en, column.key, column.header.zh + " *"):
            assert headers.key(text) == column.key
    assert (
        len({column.header.zh for column in columns}) == len({column.header.en for column in columns}) == len(columns)
    )


def test_a_list_of_many_organisations_must_say_whose_each_row_is() -> None:
    assert "机构" in refusal("a.xlsx", book(HEADER, ROW), Headers(columns_of(NEEDS)))


def test_too_many_rows_are_refused_with_the_limit() -> None:
    content = "\n".join([",".join(HEADER), *([",".join(ROW)] * 20_000)]).encode()
    told = refusal("a.csv", content)
    assert "20000" in told
    assert "5000" in told


def test_the_header_is_searched_in_the_first_ten_rows_and_in_every_sheet() -> None:
    def more(made: Workbook) -> None:
        made.active.append(["本表只是说明"])
        sheet = made.create_sheet("数据")
        for _ in range(9):
            sheet.append(["填表说明", "", "请勿修改"])
        sheet.append(HEADER)
        sheet.append(ROW)

    table = read("a.xlsx", book(change=more))
    assert (table.sheet, [row.number for row in table.rows]) == ("数据", [11])
    assert "数据" in table.warnings[0].zh


def test_merged_cells_are_told_with_their_rows() -> None:
    def merge(made: Workbook) -> None:
        made.active.merge_cells("A2:A3")

    table = read("a.xlsx", book(HEADER, ROW, ["", *ROW[1:]], ROW, change=merge))
    assert [bool(row.problems) for row in table.rows] == [True, True, False]
    assert "A2:A3" in table.rows[0].problems[0].message.zh


def with_cells(content: bytes, cells: str) -> bytes:
    """Put raw cells into the second row of the first sheet."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            text = source.read(info)
            if info.filename == "xl/worksheets/sheet1.xml":
                text = text.replace(b"</sheetData>", f'<row r="2">{cells}</row></sheetData>'.encode())
            target.writestr(info.filename, text)
    return made.getvalue()


def test_formulas_give_their_saved_value_and_are_told() -> None:
    cells = (
        '<c r="A2" t="str"><f>1&amp;2</f><v>叶片</v></c><c r="B2"><f>X1</f></c>'
        '<c r="C2" t="e"><f>X2</f><v>#N/A</v></c><c r="D2" t="inlineStr"><is><t>难点</t></is></c>'
    )
    row = read("a.xlsx", with_cells(book(HEADER), cells)).rows[0]
    assert row.cells["title"] == "叶片"
    assert [warning.column.zh for warning in row.warnings] == ["需求名称"]
    assert [problem.column.zh for problem in row.problems] == ["需求来源", "技术领域"]
    assert "#N/A" in row.problems[1].message.zh


def test_a_formula_that_was_never_computed_is_told_by_row_and_column() -> None:
    row = read("a.xlsx", book(HEADER, ["=A1", *ROW[1:]])).rows[0]
    assert (row.number, row.problems[0].column.zh) == (2, "需求名称")


def cell_of(headers: Headers, key: str, value: Any) -> Any:
    column = headers.columns[key]
    row = read("a.xlsx", book([*HEADER, column.header.zh], [*ROW, value]), headers).rows[0]
    return prepare(column.field, row.cells[key])


@pytest.mark.parametrize(
    ("key", "value", "read_as"),
    [
        ("budget", 80.5, "80.5"),
        ("budget", 0.1 + 0.2, "0.3"),
        ("budget", "120", "120"),
        ("deadline", date(2028, 6, 30), "2028-06-30"),
        (
            "deadline",
            datetime(2028, 6, 30, 8, 30),  # noqa: DTZ001 -- as cells hold it
            "2028-06-30 08:30",
        ),
        ("deadline", 46934, "2028-06-30"),
        ("deadline", "46934", "2028-06-30"),
        ("ref", 2026001, "2026001"),
        ("ref", True, "TRUE"),
        ("organisation.founded", date(2014, 5, 1), "2014"),
        ("organisation.founded", "2014年5月", "2014"),
        ("organisation.contact_phone", 13800138000, "13800138000"),
        ("background", "a\x0b b 🛩️", "a b 🛩️"),
        ("background", "一\r\n二", "一\n二"),
    ],
)
def test_cells_are_taken_as_their_column_means_them(key: str, value: Any, read_as: str) -> None:
    if isinstance(value, str) and "\x0b" in value:
        text = "\n".join([",".join([*HEADER, "背景与现状"]), ",".join([*ROW, value])])
        row = read("a.csv", text.encode()).rows[0]
        assert prepare(OWN.columns[key].field, row.cells[key]) == "a b 🛩️"
    else:
        assert cell_of(OWN, key, value) == read_as


def test_a_number_that_lost_its_last_digits_is_told() -> None:
    row = read("a.xlsx", book([*HEADER, "统一社会信用代码"], [*ROW, 915101000000000001])).rows[0]
    assert "15 位" in row.problems[0].message.zh


def test_a_text_of_a_hundred_thousand_characters_is_read_whole() -> None:
    text = ",".join(HEADER) + "\n" + ",".join([*ROW[:3], "长" * 100_000, ROW[4]])
    assert len(read("a.csv", text.encode()).rows[0].cells["difficulties"]) == 100_000


def test_a_package_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_BYTES", 2_000_000)
    bomb = zipped(**{"xl/workbook.xml": b"<a/>", "xl/media/big.bin": b"\0" * 3_000_000})
    assert len(bomb) < 10_000
    assert "太大" in refusal("a.xlsx", bomb)


def test_a_package_that_lies_about_its_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_BYTES", 2_000_000)
    data = b"\0" * 3_000_000
    bomb = zipped(**{"xl/big.bin": data})
    lie = bomb.replace(len(data).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lie != bomb
    lie = lie.replace(zlib.crc32(data).to_bytes(4, "little"), zlib.crc32(data[:10]).to_bytes(4, "little"))
    assert "太大" in refusal("a.xlsx", lie)


def test_two_cells_at_the_far_corners_of_a_sheet_do_not_fill_the_memory() -> None:
    def far(made: Workbook) -> None:
        made.active["XFD1048576"] = "x"

    assert "太大" in refusal("a.xlsx", book(HEADER, ROW, change=far))


def test_formatted_but_empty_cells_do_no_harm() -> None:
    def far(made: Workbook) -> None:
        made.active["XFD1048576"].number_format = "0.00"

    assert len(read("a.xlsx", book(HEADER, ROW, change=far)).rows) == 1


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300), st.sampled_from([".xlsx", ".xls", ".csv", ".jsonl", ".txt", ""]), st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]))  # fmt: skip
def test_any_bytes_are_read_or_refused(content: bytes, ending: str, start: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(f"a{ending}", start + content)


GOOD = book(HEADER, ROW)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_workbook_with_damaged_bytes_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(GOOD)
    for place, byte in changes:
        content[place] = byte
    try:
        table = read("a.xlsx", bytes(content))
    except InvalidInput:
        return
    assert table.rows


@given(st.text())
def test_marks_against_formulas_come_off_as_they_went_on(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(tuple("=+-@＝＋－＠\t\r"))


XLS = Path(__file__).with_name("data").joinpath("needs.xls").read_bytes()


def test_a_workbook_of_the_old_format_is_read_with_its_merged_cells() -> None:
    table = read("a.xls", XLS)
    cells = table.rows[0].cells
    assert (cells["title"], cells["deadline"], cells["budget"]) == ("叶片孔隙控制", date(2028, 6, 30), 80.5)
    assert [bool(row.problems) for row in table.rows] == [False, True]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, len(XLS) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_an_old_workbook_with_damaged_bytes_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(XLS)
    for place, byte in changes:
        content[place] = byte
    try:
        table = read("a.xls", bytes(content))
    except InvalidInput:
        return
    assert table.rows


@pytest.mark.parametrize("side", [NEEDS, OFFERS], ids=lambda side: side.what)
def test_no_usual_spelling_means_another_column(side: Any) -> None:
    headers = Headers(columns_of(side))
    for column in columns_of(side):
        assert {headers.key(spelling) for spelling in SPELLINGS.get(column.key, ())} <= {column.key}
