"""Word documents in the form that offices use: Chinese fonts, A4, headings, tables of facts."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

BODY, HEAD = "宋体", "黑体"
A4 = (Cm(21), Cm(29.7))
#: What the text of a document cannot hold (XML 1.0): people paste it all the same.
_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


def new_document() -> Any:
    """Return an empty A4 document whose Latin and Chinese text have their fonts."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = A4
    section.left_margin = section.right_margin = Cm(2.6)
    section.top_margin = section.bottom_margin = Cm(2.5)
    for name, size, face in (
        ("Normal", 11, BODY),
        ("Title", 20, HEAD),
        ("Heading 1", 14, HEAD),
        ("Heading 2", 12, HEAD),
    ):
        style = document.styles[name]
        style.font.name, style.font.size = "Times New Roman", Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)  # official papers are black
        properties = style.element.get_or_add_rPr().get_or_add_rFonts()
        # Without these Word falls back to the font of its own language for Chinese characters.
        properties.set(qn("w:eastAsia"), face)
        properties.attrib.pop(qn("w:asciiTheme"), None)
        properties.attrib.pop(qn("w:eastAsiaTheme"), None)
    return document


def clean(text: object) -> str:
    """Return a text without what a document cannot hold."""
    return str(text).translate(_FORBIDDEN)


def title(document: Any, text: str, under: str = "") -> None:
    """Write the title of a document, with a line under it."""
    document.add_paragraph(clean(text), style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    if under:
        document.add_paragraph(clean(under)).alignment = WD_ALIGN_PARAGRAPH.CENTER


def paragraphs(document: Any, text: str) -> None:
    """Write a text of several lines as paragraphs with the usual indent of two characters."""
    for line in filter(str.strip, text.split("\n")):
        paragraph = document.add_paragraph(clean(line.strip()))
        paragraph.paragraph_format.first_line_indent = Pt(22)
        paragraph.paragraph_format.line_spacing = 1.5


def facts(document: Any, rows: Iterable[tuple[str, str]]) -> None:
    """Write a table of names and values; empty values are left out."""
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for name, value in rows:
        if value.strip():
            _row(table, (name, value), bold_first=True)
    _set_widths(table, (3.6, 12.2))


def grid(document: Any, headers: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float]) -> None:
    """Write a table with a header row that is repeated on every page; widths in cm."""
    table = document.add_table(rows=0, cols=len(headers), style="Table Grid")
    head = _row(table, headers, bold=True)
    mark = head._tr.get_or_add_trPr().makeelement(qn("w:tblHeader"), {qn("w:val"): "true"})
    head._tr.get_or_add_trPr().append(mark)
    for values in rows:
        _row(table, values)
    _set_widths(table, widths)


def _set_widths(table: Any, widths: Sequence[float]) -> None:
    """Fix the widths of the columns in cm: Word reads them from the cells, LibreOffice from the grid."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)


def _row(table: Any, values: Sequence[str], *, bold: bool = False, bold_first: bool = False) -> Any:
    row = table.add_row()
    for place, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
        for number, line in enumerate(clean(value).split("\n")):
            paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
            paragraph.add_run(line).bold = bold or (bold_first and place == 0)
    return row


def as_bytes(document: Any) -> bytes:
    """Return the file."""
    file = BytesIO()
    document.save(file)
    return file.getvalue()
