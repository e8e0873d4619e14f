"""Files to grids: workbooks by calamine, delimited text, JSON lines."""

import codecs
import csv
import io
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from matcher.exchange import sheet_process
from matcher.exchange.grids import (
    BROKEN_LINES,
    CORRUPT,
    EMPTY,
    NOT_A_LIST,
    NOT_TEXT,
    PASSWORD,
    TOO_LARGE,
    Formulas,
    Grid,
    refuse,
)
from matcher.exchange.packages import open_package, scan_sheet, sheet_paths

ZIP, OLE = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
JSON_ENDINGS = (".jsonl", ".ndjson")
TIMEOUT = 60
DELIMITERS = ",;\t"
#: Inside an encrypted .xlsx, which is an OLE file, there is a stream of this name.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
#: A cell may hold long texts; what is too long for a field is told by row and column.
csv.field_size_limit(50_000_000)


def grids_of(name: str, content: bytes) -> Iterator[Grid]:
    """Yield the sheets of a workbook, visible ones first, or the readings of a text file by each usual delimiter.

    JSON lines come as one grid of records, see `records_of`. Raises InvalidInput with the reason.
    """
    ending = PurePath(name).suffix.lower()
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise refuse(EMPTY, name=name)
    if content.startswith(ZIP):
        yield from _xlsx(name, content)
    elif content.startswith(OLE):
        if _ENCRYPTED in content:
            raise refuse(PASSWORD, name=name)
        yield from _workbook(name, content, {})
    elif ending in TEXT_ENDINGS:
        yield from _delimited(name, decode(name, content))
    else:
        raise refuse(NOT_A_LIST, name=name)


def _xlsx(name: str, content: bytes) -> Iterator[Grid]:
    with open_package(name, content) as package:
        paths = sheet_paths(name, package)
        # Charts have no cells; what a damaged book names but does not hold is told by the scan.
        cells = {sheet: scan_sheet(name, package, path) for sheet, path in paths.items() if "/chartsheets/" not in path}
    yield from _workbook(name, content, cells)


def _workbook(name: str, content: bytes, formulas: dict[str, Formulas]) -> Iterator[Grid]:
    # -P: the folder of the script holds modules of the program, not of the standard library.
    command = [sys.executable, "-P", sheet_process.__file__]
    try:
        read = subprocess.run(
            command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise refuse(TOO_LARGE, name=name, limit=f"{TIMEOUT} s") from error
    if read.returncode == sheet_process.LOCKED:
        raise refuse(PASSWORD, name=name)
    if read.returncode != sheet_process.OK:
        raise refuse(CORRUPT, name=name)
    sheets: sheet_process.Sheets = pickle.loads(read.stdout)
    for title, rows, merged in sheets:
        yield Grid(title, rows, merged, formulas.get(title, Formulas()))


def decode(name: str, content: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with its mark, or GB 18030; raises InvalidInput."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Almost any bytes are some text in GB 18030, but no text is full of control characters.
        odd = sum(text[:20_000].count(chr(code)) for code in range(32) if chr(code) not in "\t\n\r\x0b\x0c")
        if odd <= len(text[:20_000]) // 50 + 5:
            return text
    raise refuse(NOT_TEXT, name=name)


def _delimited(name: str, text: str) -> Iterator[Grid]:
    # The most frequent one is tried first; once a header fits, the others are never read.
    for delimiter in sorted(DELIMITERS, key=text[:20_000].count, reverse=True):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows: list[list[Any]] = []
        try:
            # A quoted cell may span lines: rows are counted as a spreadsheet shows them.
            rows.extend(reader)
        except csv.Error as error:
            raise refuse(BROKEN_LINES, name=name, row=reader.line_num) from error
        yield Grid(name, rows, is_text=True)


def records_of(name: str, content: bytes) -> list[tuple[int, dict[str, Any] | None]]:
    """Return the records of JSON lines with the numbers of their lines; None where a line is no JSON object."""
    records: list[tuple[int, dict[str, Any] | None]] = []
    for number, line in enumerate(decode(name, content).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        records.append((number, _flat(record) if isinstance(record, dict) else None))
    if not records:
        raise refuse(EMPTY, name=name)
    return records


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Bring what a record says of its organisation to the level of the rest: {"organisation": {"name": …}}."""
    owner = record.get("organisation")
    if not isinstance(owner, dict):
        return record
    rest = {key: value for key, value in record.items() if key != "organisation"}
    return rest | {f"organisation.{key}": value for key, value in owner.items()}
