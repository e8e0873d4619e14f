"""Read a workbook in a process of its own: `python sheet_process.py` takes it on standard input and answers with its sheets.

A damaged or hostile file can make the reader of workbooks ask for a terabyte, which ends the process that asks. This
one may: it has a limit of memory, and nothing else in it. It imports nothing of the program, so that it starts quickly.
"""

import io
import pickle
import resource
import sys
from contextlib import suppress
from typing import Any

MEMORY = 3 * 2**30
OK, LOCKED, DAMAGED = 0, 3, 4

Sheets = list[tuple[str, list[list[Any]], list[tuple[int, int, int, int]]]]


def read_sheets(content: bytes) -> Sheets:
    """Return name, rows and merged ranges (top, left, bottom, right) of each sheet with cells, visible ones first."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        listed = [sheet for sheet in book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        listed.sort(key=lambda sheet: sheet.visible is not SheetVisibleEnum.Visible)
        sheets = [book.get_sheet_by_name(sheet.name) for sheet in listed]
        return [
            (sheet.name, sheet.to_python(skip_empty_area=False), [(*a, *b) for a, b in sheet.merged_cell_ranges or ()])
            for sheet in sheets
        ]


def main() -> int:
    """Answer with the sheets, or with an exit code that says why not."""
    with suppress(ValueError, OSError):  # not every system has the limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from python_calamine import PasswordError

    try:
        sheets = read_sheets(sys.stdin.buffer.read())
    except PasswordError:
        return LOCKED
    except BaseException:  # the reader's panics are no Exception
        return DAMAGED
    sys.stdout.buffer.write(pickle.dumps(sheets, pickle.HIGHEST_PROTOCOL))
    return OK


if __name__ == "__main__":
    sys.exit(main())
