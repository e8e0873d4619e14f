"""A list (榜单) as a workbook: a row a project."""

from io import BytesIO

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from matcher.core.labels import Label
from matcher.exchange.call_rows import COLUMNS
from matcher.exchange.writing import header_cell, value_cell
from matcher.projects.setup.public import ShownCall

SHEET = Label("榜单", "List")


def call_workbook(shown: ShownCall, language: str) -> bytes:
    """Return the list as an .xlsx file; amounts are numbers in 万元."""
    book = Workbook(write_only=True)
    page = book.create_sheet(SHEET.text(language))
    page.freeze_panes = "C2"
    for place, column in enumerate(COLUMNS, 1):
        page.column_dimensions[get_column_letter(place)].width = column.width
    page.append([header_cell(page, column.label.text(language)) for column in COLUMNS])
    for project in shown.projects:
        page.append([value_cell(page, column.value(project, language)) for column in COLUMNS])
    file = BytesIO()
    book.save(file)
    return file.getvalue()
