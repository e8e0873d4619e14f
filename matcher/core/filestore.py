"""Files that people hand in: checked by what they are, kept under the hash of their content."""

import hashlib
import secrets
from pathlib import Path, PurePosixPath

from matcher.core.errors import InvalidInput, Problem
from matcher.core.fields import clean_text, shorten
from matcher.core.labels import Label

_ZIP, _OLE = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
#: The kinds of file that are taken, by ending, with how such a file begins; texts have no sign of their own.
KINDS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "docx": _ZIP, "xlsx": _ZIP, "pptx": _ZIP,
    "doc": _OLE, "xls": _OLE, "ppt": _OLE,
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",), "jpeg": (b"\xff\xd8\xff",),
    "txt": (), "csv": (), "ics": (), "eml": (),
}  # fmt: skip
NAME_LIMIT = 160
NO_NAME = Label("请先选择要上传的文件。", "Choose a file first.")
EMPTY = Label("文件“{name}”是空的。", "The file “{name}” is empty.")
TOO_LARGE = Label(
    "文件“{name}”超过 {limit} MB，请压缩或拆分后再上传。",
    "The file “{name}” exceeds {limit} MB; make it smaller or split it.",
)
NOT_A_KIND = Label("不能上传“{name}”：只接受 {kinds}。", "“{name}” cannot be uploaded: what is taken is {kinds}.")
NOT_WHAT_IT_SAYS = Label(
    "“{name}”的内容不是 {kind} 文件，请检查后另存为正确的格式再上传。",
    "“{name}” is not a {kind} file inside; save it in the right format and upload it again.",
)


class FileStore:
    """Keep files under the SHA-256 of their content: the same file twice is one file on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Write a file aside, then rename it; returns its hash."""
        found = hashlib.sha256(content).hexdigest()
        path = self.path(found)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = path.with_suffix(f".{secrets.token_hex(4)}.part")
            part.touch(mode=0o600)
            part.write_bytes(content)
            part.replace(path)
        return found

    def path(self, content_hash: str) -> Path:
        """Return where a file lies."""
        return self._folder / content_hash[:2] / content_hash


def checked_name(name: str | None, content: bytes, limit_mb: int) -> str:
    """Return the plain name of an upload, or raise InvalidInput saying what is wrong with the file."""
    plain = " ".join(clean_text(PurePosixPath((name or "").replace("\\", "/")).name).split())
    if not plain:
        raise InvalidInput([Problem("file", NO_NAME)])
    stem, _, ending = plain.rpartition(".")
    short, kind = shorten(plain), ending.lower()
    if kind not in KINDS or not stem:
        raise InvalidInput([Problem("file", NOT_A_KIND.format(name=short, kinds="、".join(KINDS)))])
    if not content:
        raise InvalidInput([Problem("file", EMPTY.format(name=short))])
    if len(content) > limit_mb * 1024 * 1024:
        raise InvalidInput([Problem("file", TOO_LARGE.format(name=short, limit=limit_mb))])
    signs = KINDS[kind]
    is_it = any(content.startswith(sign) for sign in signs) if signs else b"\0" not in content
    if not is_it:
        raise InvalidInput([Problem("file", NOT_WHAT_IT_SAYS.format(name=short, kind=kind))])
    return f"{stem[: NAME_LIMIT - 1 - len(kind)]}.{kind}"
