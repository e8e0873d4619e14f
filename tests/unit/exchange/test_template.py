"""The template says what to fill in, offers what to choose from, and imports as it is filled."""

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from matcher.core.errors import InvalidInput
from matcher.core.fields import Kind, read_answers
from matcher.exchange.cells import prepare
from matcher.exchange.columns import columns_of
from matcher.exchange.importing import headers_for
from matcher.exchange.reading import NO_ROWS, read_table
from matcher.exchange.sides import NEEDS, OFFERS, Side
from matcher.exchange.template import template

SIDES = pytest.mark.parametrize("side", [NEEDS, OFFERS], ids=lambda side: side.what)
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
OWN = pytest.mark.parametrize("is_own", [True, False], ids=["own", "many"])


def opened(side: Side, language: str, is_own: bool) -> Any:
    return load_workbook(io.BytesIO(template(side.what, language, is_own=is_own)))


@SIDES
@LANGUAGES
@OWN
def test_an_untouched_template_has_no_rows(side: Side, language: str, is_own: bool) -> None:
    content = template(side.what, language, is_own=is_own)
    with pytest.raises(InvalidInput) as refused:
        read_table("a.xlsx", content, headers_for(side, is_own=is_own), max_rows=10)
    assert refused.value.message == NO_ROWS


@SIDES
@LANGUAGES
@OWN
def test_the_example_would_be_read_were_it_not_marked(side: Side, language: str, is_own: bool) -> None:
    book = opened(side, language, is_own)
    page = book.worksheets[0]
    for cell in page[2]:
        if isinstance(cell.value, str):
            cell.value = cell.value.removeprefix("【示例】").removeprefix("[Example]")
    content = io.BytesIO()
    book.save(content)
    headers = headers_for(side, is_own=is_own)
    row = read_table("a.xlsx", content.getvalue(), headers, max_rows=10).rows[0]
    given = {key: prepare(headers.columns[key].field, cell) for key, cell in row.cells.items()}
    assert read_answers(side.fields, given).problems == []
    assert set(row.cells) == {column.key for column in columns_of(side, owner=not is_own)}


@SIDES
@LANGUAGES
def test_every_single_choice_offers_its_options_and_required_columns_are_marked(side: Side, language: str) -> None:
    book = opened(side, language, is_own=False)
    page = book.worksheets[0]
    columns = columns_of(side)
    lists = {str(one.sqref).split(":")[0].rstrip("2"): one.formula1 for one in page.data_validations.dataValidation}
    for cell, column in zip(page[1], columns, strict=True):
        assert str(cell.value).endswith("*") == column.required
        assert cell.font.bold
        assert (cell.column_letter in lists) == (column.field.kind is Kind.CODE)
        if column.field.kind is Kind.CODE:
            assert column.field.vocabulary is not None
            sheet, _, cells = lists[cell.column_letter].partition("!")
            options = [one.value for (one,) in book[sheet.strip("'")][cells.replace("$", "")]]
            assert [column.field.vocabulary.read(one) for one in options] == list(column.field.vocabulary)
        if column.field.help is not None:
            assert column.field.help.text(language) in cell.comment.text
    assert page.freeze_panes == "A2"
