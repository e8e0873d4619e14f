"""Look into an .xlsx package before it is opened: its true size, and where its formulas are.

The reader of workbooks lays a sheet out as a full rectangle, so that a file of a few kilobytes could ask for any amount of
memory. What is counted here is what the package really unpacks to, not what it says of itself.
"""

import re
import struct
import zipfile
import zlib
from io import BytesIO
from posixpath import normpath
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from matcher.exchange.grids import CORRUPT, NOT_A_LIST, TOO_LARGE, Formulas, refuse

MAX_BYTES = 200 * 2**20
MAX_CELLS = 5_000_000
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_REF = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_CHUNK = 2**20
#: What the standard library says of packages and of XML whose bytes are damaged.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ElementTree.ParseError,
    expat.ExpatError,
    LookupError,
    ValueError,
    OSError,
    EOFError,
    RuntimeError,  # encrypted members; its kind NotImplementedError: methods of compression
)


def _true_size(package: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> int:
    """Return the unpacked size of one member, counted while unpacking it, up to a little above `limit`."""
    file = package.fp
    assert file is not None
    file.seek(info.header_offset)
    header = file.read(30)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    packed = file.read(info.compress_size)
    if info.compress_type == zipfile.ZIP_STORED:
        return len(packed)
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile("method of compression")
    size, unpack = 0, zlib.decompressobj(-zlib.MAX_WBITS)
    while packed and size <= limit and not unpack.eof:
        size += len(unpack.decompress(packed, _CHUNK))
        packed = unpack.unconsumed_tail
    return size


def open_package(name: str, content: bytes) -> zipfile.ZipFile:
    """Open a package whose size has been counted; raises InvalidInput for damaged and for too large ones."""
    too_large = refuse(TOO_LARGE, name=name, limit=f"{MAX_BYTES // 2**20} MB")
    try:
        package = zipfile.ZipFile(BytesIO(content))
        if sum(info.compress_size for info in package.infolist()) > len(content):
            raise too_large  # members that overlap
        left = MAX_BYTES
        for info in package.infolist():
            left -= _true_size(package, info, left)
            if left < 0:
                raise too_large
    except DAMAGED as error:
        raise refuse(CORRUPT, name=name) from error
    return package


def sheet_paths(name: str, package: zipfile.ZipFile) -> dict[str, str]:
    """Return the path of each sheet in the package, by its name; raises InvalidInput for what is no workbook."""
    if "xl/workbook.xml" not in package.namelist():
        raise refuse(NOT_A_LIST, name=name)
    try:
        return _sheet_paths(package)
    except DAMAGED as error:
        raise refuse(CORRUPT, name=name) from error


def _sheet_paths(package: zipfile.ZipFile) -> dict[str, str]:
    relations = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {node.get("Id"): node.get("Target", "") for node in relations}
    paths = {}
    for node in ElementTree.fromstring(package.read("xl/workbook.xml")).iter():
        relation = node.get(_RELATION) or node.get(_STRICT_RELATION)
        if node.tag.endswith("}sheet") and relation in targets:
            target = targets[relation]
            paths[node.get("name", "")] = target[1:] if target.startswith("/") else normpath(f"xl/{target}")
    return paths


class _Scan:
    """Walk through the XML of one sheet and note formulas, errors and how far its cells reach."""

    def __init__(self) -> None:
        self.formulas = Formulas()
        self.cells = 0
        self._last: list[int] = [-1, -1]
        self._extent: list[int] = [0, 0]
        self._type = ""
        self._has_formula = self._in_value = False
        self._value = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take in an opening tag."""
        match tag.rpartition(":")[2]:
            case "row":
                self._last = [int(attributes["r"]) - 1 if "r" in attributes else self._last[0] + 1, -1]
            case "c":
                self._at(attributes.get("r", ""))
                self._type, self._has_formula, self._value = attributes.get("t", ""), False, ""
            case "f":
                self._has_formula = True
            case "v" | "is":
                self._in_value = True
                # The first characters tell that there is a value.
                self._grow()

    def _at(self, reference: str) -> None:
        found = _REF.fullmatch(reference)
        if not found:
            self._last[1] += 1
            return
        column = 0
        for letter in found[1]:
            column = column * 26 + ord(letter) - 64
        self._last = [int(found[2]) - 1, column - 1]

    def _grow(self) -> None:
        self._extent = [max(self._extent[0], self._last[0] + 1), max(self._extent[1], self._last[1] + 1)]
        self.cells = self._extent[0] * self._extent[1]

    def text(self, text: str) -> None:
        """Take in text; of a value the first part is enough."""
        if self._in_value and len(self._value) < 20:
            self._value += text

    def end(self, tag: str) -> None:
        """Take in a closing tag."""
        match tag.rpartition(":")[2]:
            case "v" | "is":
                self._in_value = False
            case "c":
                place = (self._last[0], self._last[1])
                if self._type == "e":
                    self.formulas.errors[place] = self._value
                elif self._has_formula:
                    # A text formula may well have the empty text as its saved value.
                    is_saved = bool(self._value) or self._type == "str"
                    (self.formulas.saved if is_saved else self.formulas.unsaved).add(place)


def scan_sheet(name: str, package: zipfile.ZipFile, path: str) -> Formulas:
    """Return where a sheet has formulas; raises InvalidInput when its cells would fill the memory, or are no XML."""
    scan = _Scan()
    parser: Any = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
    parser.CharacterDataHandler = scan.text
    try:
        with package.open(path) as file:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk, False)
                if scan.cells > MAX_CELLS:
                    raise refuse(TOO_LARGE, name=name, limit=f"{MAX_CELLS:,} cells")
            parser.Parse(b"", True)
    except DAMAGED as error:
        raise refuse(CORRUPT, name=name) from error
    return scan.formulas
