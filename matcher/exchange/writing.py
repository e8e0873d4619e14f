"""Rows to files: a whole file is written aside and takes its name only when it is complete."""

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from matcher.core.clock import SHANGHAI
from matcher.core.labels import Label
from matcher.exchange.grids import refuse
from matcher.exchange.text_guard import guard

UNKNOWN_ENDING = Label(
    "不能写入“{name}”：文件名应以 .xlsx、.csv 或 .jsonl 结尾。",
    "“{name}” cannot be written: its ending must be .xlsx, .csv or .jsonl.",
)
NO_FOLDER = Label("文件夹“{name}”不存在或不能写入。", "The folder “{name}” does not exist or cannot be written to.")

Cell = str | date | Decimal
HEADER_FONT = Font(bold=True)
HEADER_FILL = PatternFill("solid", fgColor="E8EEF4")
_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")
TOP = Alignment(vertical="top", wrap_text=True)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a list looks like: its title, the headers, and the widths of columns in characters."""

    title: str
    headers: Sequence[str]
    widths: Sequence[int]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list: as cells for workbooks and delimited text, as plain values for JSON lines."""

    cells: Callable[[], Sequence[Cell]]
    record: Callable[[], Mapping[str, Any]]


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Lend a file beside `path` that takes its place when the block ends well, and vanishes otherwise."""
    try:
        with NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.stem[:60]}-", suffix=path.suffix, delete=False
        ) as file:
            temporary = Path(file.name)
    except OSError as error:
        raise refuse(NO_FOLDER, name=path.parent) from error
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        # Such files are made for their owner alone; the export is as readable as any other file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_list(path: Path, sheet: Sheet, lines: Iterable[Line]) -> int:
    """Write a list in the form that the ending of `path` names, and return the number of rows; raises InvalidInput."""
    writers = {".xlsx": _xlsx, ".csv": _csv, ".jsonl": _jsonl}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise refuse(UNKNOWN_ENDING, name=path.name)
    with aside(path) as temporary:
        return write(temporary, sheet, lines)


def _xlsx(path: Path, sheet: Sheet, lines: Iterable[Line]) -> int:
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.title)
    page.freeze_panes = "A2"
    for place, width in enumerate(sheet.widths, 1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.append([header_cell(page, header) for header in sheet.headers])
    count = 0
    for line in lines:
        page.append([value_cell(page, value) for value in line.cells()])
        count += 1
    book.save(path)
    return count


def header_cell(page: Any, text: str) -> Any:
    """Return a cell of the header."""
    cell = value_cell(page, text)
    cell.font, cell.fill = HEADER_FONT, HEADER_FILL
    return cell


def value_cell(page: Any, value: Cell) -> Any:
    """Return a cell with a value: text is text even if it begins like a formula, numbers are numbers where exact."""
    if isinstance(value, Decimal):
        number = int(value) if value == value.to_integral_value() else float(value)
        # Amounts of more digits than a workbook keeps stay text.
        value_or_text: Any = number if Decimal(f"{number:.15g}") == value else str(value)
    elif isinstance(value, str):
        value_or_text = safe_text(value)
    else:
        value_or_text = value
    cell = WriteOnlyCell(page, value_or_text)
    if isinstance(value_or_text, str):
        cell.data_type = "s"
        cell.quotePrefix = True
        cell.alignment = TOP
    elif isinstance(value_or_text, date):
        cell.number_format = "yyyy-mm-dd"
    return cell


def safe_text(text: str) -> str:
    """Return a text without what a workbook cannot hold; what looks like one of its escapes is escaped."""
    return _ESCAPE.sub(r"_x005F\g<0>", str(ILLEGAL_CHARACTERS_RE.sub("", text)))


def _csv(path: Path, sheet: Sheet, lines: Iterable[Line]) -> int:
    count = 0
    # With its mark a spreadsheet in China opens UTF-8 as what it is.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(sheet.headers)
        for line in lines:
            writer.writerow([guard(value) if isinstance(value, str) else str(value) for value in line.cells()])
            count += 1
    return count


def _jsonl(path: Path, sheet: Sheet, lines: Iterable[Line]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(json.dumps(line.record(), ensure_ascii=False) + "\n")
            count += 1
    return count


def local_time(moment: datetime | None) -> str:
    """Return a moment as people in China read it."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if moment else ""
