"""Files to rows: the sheet and the header are searched, what is odd about a row is told by row and column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from matcher.core.errors import InvalidInput, Problem
from matcher.core.fields import clean_text, shorten
from matcher.core.labels import Label
from matcher.exchange.cells import is_inexact, plain
from matcher.exchange.columns import OWNER, Headers, Reading
from matcher.exchange.files import JSON_ENDINGS, grids_of, records_of
from matcher.exchange.grids import EMPTY, Grid, refuse
from matcher.exchange.text_guard import unguard
from matcher.exchange.verdict import WHOLE_ROW, CellProblem

HEADER_ROWS = 10
#: Rows that begin a cell so are examples of the template, not data.
EXAMPLE_MARK = Label("【示例】", "[Example]")

MISSING = Label("缺少必填列“{column}”。", "The required column “{column}” is missing.")
MISSING_OWNER = Label(
    "缺少“{name}”或“{uscc}”列：需要知道每一行属于哪个机构。",
    "There is no column “{name}” or “{uscc}”: each row must say whose it is.",
)
UNKNOWN = Label(
    "不认识列“{header}”，其内容不会导入。", "The column “{header}” is not known; what it holds is not imported."
)
UNKNOWN_NEAR = Label(
    "不认识列“{header}”，其内容不会导入。是否应为“{nearest}”？",
    "The column “{header}” is not known; what it holds is not imported. Did you mean “{nearest}”?",
)
TWICE = Label("列“{header}”重复出现，请只保留一列。", "The column “{header}” occurs twice; keep one.")
WRONG_UNIT = Label(
    "列“{header}”的单位不是万元，请换算成万元并修改列名。",
    "The column “{header}” is not in 10,000 yuan; convert the amounts and change the header.",
)
NO_HEADER = Label(
    "没有找到表头：前 {rows} 行中没有一行包含必填的列。请使用平台的导入模板。",
    "No header was found: none of the first {rows} rows has the required columns. Use the platform's template.",
)
NO_ROWS = Label("表头下面没有数据。", "There are no rows below the header.")
TOO_MANY_ROWS = Label(
    "共有 {count} 行，超过一次导入的上限 {limit} 行，请分成几个文件。",
    "There are {count} rows; one file may have {limit}. Split it.",
)
OTHER_SHEET = Label("读取的是工作表“{sheet}”。", "The sheet “{sheet}” was read.")
MERGED = Label(
    "有合并单元格（{cells}），请取消合并并逐格填写。", "Cells are merged here ({cells}); unmerge them and fill in each."
)
FORMULA = Label(
    "这一格是公式，导入的是保存的结果“{value}”。", "This is a formula; its saved result “{value}” is imported."
)
NO_RESULT = Label(
    "这一格的公式没有保存结果，请改为填写数值或文字。",
    "The formula here has no saved result; fill in its value instead.",
)
ERROR_VALUE = Label("这一格是错误值“{value}”，请更正。", "This cell holds the error “{value}”; correct it.")
INEXACT = Label(
    "这一格的数字超过 15 位，末尾已丢失；请把单元格设为文本后重新填写。",
    "This number has more than 15 digits and its end is lost; format the cell as text and type it again.",
)
NOT_RECORD = Label("这一行不是 JSON 对象。", "This line is not a JSON object.")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of data: its number in the file, cells by key of the column, and what is odd about it."""

    number: int
    cells: dict[str, Any]
    problems: list[CellProblem] = field(default_factory=list)
    warnings: list[CellProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file; `keys` are the columns that it has."""

    sheet: str
    keys: set[str]
    rows: list[SourceRow]
    warnings: list[Label]


def read_table(name: str, content: bytes, headers: Headers, *, max_rows: int) -> Table:
    """Read a list from a file; raises InvalidInput when it cannot be read as one, with what to do about it."""
    if PurePath(name).suffix.lower() in JSON_ENDINGS:
        table = _records(name, content, headers)
    else:
        table = _best(name, content, headers)
    if not table.rows:
        raise refuse(NO_ROWS)
    if len(table.rows) > max_rows:
        raise refuse(TOO_MANY_ROWS, count=len(table.rows), limit=max_rows)
    return table


def _missing(headers: Headers, keys: set[str]) -> list[Problem]:
    """Return a problem for each required column that is not there."""
    problems = []
    for key, column in headers.columns.items():
        if column.required and not column.is_owner and key not in keys:
            problems.append(Problem(key, MISSING.format(column=column.header)))
    name, uscc = f"{OWNER}name", f"{OWNER}uscc"
    is_asked = name in headers.columns and headers.columns[name].required
    if is_asked and not keys & {name, uscc}:
        problems.append(Problem(name, MISSING_OWNER.format(name=headers.label(name), uscc=headers.label(uscc))))
    return problems


def _unknown(headers: Headers, header: str) -> Label:
    nearest = {language: headers.nearest(header, language) for language in ("zh", "en")}
    if nearest["zh"] and nearest["en"]:
        return UNKNOWN_NEAR.format(header=shorten(header), nearest=Label(nearest["zh"], nearest["en"]))
    return UNKNOWN.format(header=shorten(header))


def _faults(headers: Headers, reading: Reading) -> list[Problem]:
    """Return why a row of headers cannot be used, if anything."""
    problems = _missing(headers, set(reading.keys.values()))
    problems += [Problem("file", TWICE.format(header=shorten(header))) for header in reading.twice]
    problems += [Problem("file", WRONG_UNIT.format(header=shorten(header))) for header in reading.wrong_unit]
    return problems


def _best(name: str, content: bytes, headers: Headers) -> Table:
    """Return the table of the first sheet with a fitting header; else tell what is wrong with the nearest one."""
    nearest: Reading | None = None
    is_empty = True
    for place, grid in enumerate(grids_of(name, content)):
        is_empty = is_empty and not any(any(_is_filled(c) for c in row) for row in grid.rows)
        for row, cells in enumerate(grid.rows[:HEADER_ROWS]):
            reading = headers.read(cells)
            if not _faults(headers, reading):
                return _table(headers, grid, row, reading, is_first=place == 0)
            if nearest is None or len(reading.keys) > len(nearest.keys):
                nearest = reading
    if is_empty or nearest is None:
        raise refuse(EMPTY, name=name)
    message = NO_HEADER.format(rows=HEADER_ROWS)
    if len(nearest.keys) < 2:
        raise InvalidInput([Problem("file", message), *_missing(headers, set())], message)
    unknown = [Problem("file", _unknown(headers, header)) for header in nearest.unknown.values()]
    raise InvalidInput(
        _faults(headers, nearest) + unknown, message if _missing(headers, set(nearest.keys.values())) else None
    )


def _is_filled(cell: Any) -> bool:
    return cell is not None and cell != "" and bool(clean_text(cell))


def _table(headers: Headers, grid: Grid, header_row: int, reading: Reading, *, is_first: bool) -> Table:
    warnings = [_unknown(headers, header) for header in reading.unknown.values()]
    if not is_first and not grid.is_text:
        warnings.insert(0, OTHER_SHEET.format(sheet=shorten(grid.name)))
    rows = [
        _source_row(headers, grid, place, reading.keys)
        for place in range(header_row + 1, len(grid.rows))
        if _has_data(grid, place) and not is_example(grid.rows[place])
    ]
    return Table(grid.name, set(reading.keys.values()), rows, warnings)


def _has_data(grid: Grid, place: int) -> bool:
    if any(_is_filled(cell) for cell in grid.rows[place]):
        return True
    return any(row == place for row, _ in (*grid.formulas.unsaved, *grid.formulas.errors))


def is_example(cells: Sequence[Any]) -> bool:
    """Say whether a row is the example of the template."""
    marks = (EXAMPLE_MARK.zh, EXAMPLE_MARK.en)
    return any(isinstance(cell, str) and cell.strip().startswith(marks) for cell in cells)


def _source_row(headers: Headers, grid: Grid, place: int, keys: dict[int, str]) -> SourceRow:
    cells = grid.rows[place]
    row = SourceRow(place + 1, {})
    for column, key in keys.items():
        cell = cells[column] if column < len(cells) else ""
        row.cells[key] = unguard(cell) if grid.is_text and isinstance(cell, str) else cell
        _look_at(grid, (place, column), cell, headers.label(key), row)
    for cells_merged in _merged(grid, place, keys):
        row.problems.append(CellProblem(WHOLE_ROW, MERGED.format(cells=cells_merged)))
    return row


def _look_at(grid: Grid, place: tuple[int, int], cell: Any, label: Label, row: SourceRow) -> None:
    """Note what is odd about one cell."""
    if place in grid.formulas.saved:
        row.warnings.append(CellProblem(label, FORMULA.format(value=shorten(str(plain(cell))))))
    elif place in grid.formulas.unsaved:
        row.problems.append(CellProblem(label, NO_RESULT))
    elif place in grid.formulas.errors:
        row.problems.append(CellProblem(label, ERROR_VALUE.format(value=grid.formulas.errors[place])))
    if is_inexact(cell):
        row.problems.append(CellProblem(label, INEXACT))


def _merged(grid: Grid, place: int, keys: dict[int, str]) -> Iterator[str]:
    for top, left, bottom, right in grid.merged:
        if top <= place <= bottom and any(left <= column <= right for column in keys):
            yield f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _records(name: str, content: bytes, headers: Headers) -> Table:
    """Return the table of JSON lines: keys are the names of fields, or the headers that columns have."""
    records = records_of(name, content)
    given = list(dict.fromkeys(key for _, record in records if record for key in record))
    keys = {header: headers.key(header) for header in given}
    known = {key for key in keys.values() if key is not None}
    faults = _missing(headers, known)
    wrong_unit = [header for header in given if headers.has_wrong_unit(header)]
    faults += [Problem("file", WRONG_UNIT.format(header=shorten(header))) for header in wrong_unit]
    if faults:
        raise InvalidInput(faults)
    rows = [
        _record_row(number, record, keys)
        for number, record in records
        if record is None or any(_is_filled(cell) for cell in record.values())
    ]
    return Table("", known, rows, [_unknown(headers, header) for header, key in keys.items() if key is None])


def _record_row(number: int, record: dict[str, Any] | None, keys: dict[str, str | None]) -> SourceRow:
    if record is None:
        return SourceRow(number, {}, [CellProblem(WHOLE_ROW, NOT_RECORD)])
    row = SourceRow(number, {})
    # A key that a record leaves out is a column that it does not have: what is stored stays.
    for header, value in record.items():
        key = keys[header]
        if key in row.cells:
            row.problems.append(CellProblem(WHOLE_ROW, TWICE.format(header=shorten(header))))
        elif key is not None:
            row.cells[key] = value
    return row
