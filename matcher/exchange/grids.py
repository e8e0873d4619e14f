"""Sheets as grids of cells, whatever kind of file they came in."""

from dataclasses import dataclass, field
from typing import Any

from matcher.core.errors import InvalidInput, Problem
from matcher.core.labels import Label

NOT_A_LIST = Label(
    "“{name}”不是可以读取的表格。请上传 .xlsx、.xls、.csv 或 .jsonl 文件。",
    "“{name}” is not a list that can be read. Give a .xlsx, .xls, .csv or .jsonl file.",
)
CORRUPT = Label(
    "“{name}”已损坏，无法打开。请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。",
    "“{name}” is damaged and cannot be opened. Open it in a spreadsheet, save it as .xlsx and try again.",
)
PASSWORD = Label(
    "“{name}”有密码保护，请取消密码后再上传。",
    "“{name}” is protected by a password. Remove the password and try again.",
)
EMPTY = Label("“{name}”是空的，没有任何内容。", "“{name}” is empty.")
TOO_LARGE = Label(
    "“{name}”展开后太大（超过 {limit}）。请删除多余的空行、格式和图片，或分成几个文件。",
    "“{name}” is too large when unpacked (more than {limit}). Remove unused rows, formats and pictures, or split it.",
)
NOT_TEXT = Label(
    "不能识别“{name}”的文字编码，请另存为 UTF-8 编码的 .csv 或 .xlsx。",
    "The encoding of “{name}” is not known. Save it as UTF-8 .csv or as .xlsx.",
)
BROKEN_LINES = Label(
    "第 {row} 行附近的引号不配对，无法分列：“{name}”。",
    "Near row {row} the quotation marks do not pair, so “{name}” cannot be split into columns.",
)

Place = tuple[int, int]  # row and column, both from 0


def refuse(message: Label, **values: object) -> InvalidInput:
    """Return the error that refuses a whole file."""
    told = message.format(**values)
    return InvalidInput([Problem("file", told)], told)


@dataclass(frozen=True, slots=True)
class Formulas:
    """Say where a sheet has formulas with a saved value, formulas without one, and error values (by their text)."""

    saved: set[Place] = field(default_factory=set)
    unsaved: set[Place] = field(default_factory=set)
    errors: dict[Place, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet: rows of cells from the first row of the file; merged ranges are (top, left, bottom, right)."""

    name: str
    rows: list[list[Any]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    formulas: Formulas = field(default_factory=Formulas)
    is_text: bool = False  # from a text file, where the export marks cells that a spreadsheet would compute
