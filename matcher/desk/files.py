"""Files of a pairing: checked by what they are, kept under the hash of their content, given only to those who may see them."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import select

from matcher.accounts.model import Person
from matcher.core import audit
from matcher.core.errors import InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text, shorten
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.model import PairingFile
from matcher.matching import assignments, review
from matcher.matching.model import Pairing
from matcher.needs.model import Need
from matcher.needs.service import view_for
from matcher.offers.model import Offer

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
NO_FILE = Label("找不到这个文件，或它没有向您公开。", "There is no such file, or it is not shown to you.")


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


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """Hold a file as it is listed; `person` is who uploaded it, `size` is in bytes."""

    id: int
    pairing_id: int
    name: str
    size: int
    for_sides: bool
    at: datetime
    person: str


def _checked_name(name: str | None, content: bytes, limit_mb: int) -> str:
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


def attach(
    uow: UnitOfWork,
    actor: Actor,
    store: FileStore,
    pairing_id: int,
    name: str | None,
    content: bytes,
    *,
    for_sides: bool = False,
    limit_mb: int = 20,
) -> PairingFile:
    """Add a file to a pairing. Raises NotAllowed, NotFound, InvalidInput (field `file`)."""
    require(actor, "pairing.note")
    pairing = review.get(uow, pairing_id)
    plain = _checked_name(name, content, limit_mb)
    file = PairingFile(
        pairing_id=pairing.id, person_id=actor.person_id, name=plain, size=len(content),
        content_hash=store.put(content), for_sides=for_sides, at=uow.clock(),
    )  # fmt: skip
    uow.session.add(file)
    assignments.keep(uow, pairing.id)
    audit.record(uow, actor, "pairing.file", "pairing", pairing.id, name=plain, for_sides=for_sides)
    return file


def remove(uow: UnitOfWork, actor: Actor, file_id: int) -> PairingFile:
    """Take a file back: nobody can open it any more; its bytes stay for the record. Raises NotAllowed, NotFound."""
    require(actor, "pairing.note")
    file = uow.session.get(PairingFile, file_id)
    if file is None or file.removed_at is not None:
        raise NotFound(NO_FILE)
    file.removed_at = uow.clock()
    audit.record(uow, actor, "pairing.file_removed", "pairing", file.pairing_id, name=file.name)
    return file


def open_file(uow: UnitOfWork, actor: Actor, file_id: int) -> PairingFile:
    """Return a file for somebody who may see it: the desk, and of one for both sides the owners who see the pairing.

    Raises NotFound for everybody else, so that nothing is learned by trying; who took which file is in the audit log.
    """
    file = uow.session.get(PairingFile, file_id)
    if file is None or file.removed_at is not None or not _may_open(uow, actor, file):
        raise NotFound(NO_FILE)
    audit.record(uow, actor, "pairing.file_opened", "pairing", file.pairing_id, name=file.name)
    return file


def _may_open(uow: UnitOfWork, actor: Actor, file: PairingFile) -> bool:
    if allowed(actor, "pairing.note"):
        return True
    if not file.for_sides:
        return False
    pairing = review.get(uow, file.pairing_id)
    need, offer = uow.session.get_one(Need, pairing.need_id), uow.session.get_one(Offer, pairing.offer_id)
    if allowed(actor, "pairing.see", owner=need.organisation_id):
        return True
    sees_offer_side = allowed(actor, "pairing.see", owner=offer.organisation_id)
    return sees_offer_side and view_for(uow, actor, need) is not View.NONE


def files_of(uow: UnitOfWork, pairing_ids: Iterable[int], *, for_sides_only: bool) -> list[AttachedFile]:
    """Return the files of some pairings, the latest first; callers have asked who may see those pairings."""
    query = (
        select(
            PairingFile.id, PairingFile.pairing_id, PairingFile.name, PairingFile.size, PairingFile.for_sides,
            PairingFile.at, Person.name,
        )
        .join(Person, Person.id == PairingFile.person_id)
        .join(Pairing, Pairing.id == PairingFile.pairing_id)
        .where(PairingFile.pairing_id.in_(list(pairing_ids)), PairingFile.removed_at.is_(None))
        .order_by(PairingFile.id.desc())
    )  # fmt: skip
    if for_sides_only:
        query = query.where(PairingFile.for_sides)
    return [AttachedFile(*row) for row in uow.session.execute(query)]
