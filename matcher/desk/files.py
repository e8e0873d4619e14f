"""Files of a pairing: given only to those who may see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from matcher.accounts.model import Person
from matcher.core import audit
from matcher.core.errors import NotFound
from matcher.core.filestore import FileStore, checked_name
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

NO_FILE = Label("找不到这个文件，或它没有向您公开。", "There is no such file, or it is not shown to you.")


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
    plain = checked_name(name, content, limit_mb)
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
