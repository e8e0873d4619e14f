"""Files of projects: handed in with bids, reports, gates and acceptance, and given to those who may read the thing."""

from collections.abc import Callable, Iterable

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import Conflict, NotFound
from matcher.core.filestore import FileStore, checked_name
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.files_model import ProjectFile

NO_FILE = Label("找不到这个文件，或它没有向您公开。", "There is no such file, or it is not shown to you.")
TOO_MANY = Label(
    "这里最多放 {limit} 个文件，请先删去不用的。", "{limit} files is the most that this takes; remove one first."
)
MOST_FILES = 20
#: Says whether the running actor may open, or change, the files of the thing `entity`, `entity_id`.
May = Callable[[str, int], bool]


def attach(
    uow: UnitOfWork,
    actor: Actor,
    store: FileStore,
    entity: str,
    entity_id: int,
    name: str | None,
    content: bytes,
    *,
    limit_mb: int = 20,
) -> ProjectFile:
    """Add a file to a thing; the same file by the same name stands there once.

    Asks no permission: callers do. Raises InvalidInput (field `file`), Conflict.
    """
    plain, known = checked_name(name, content, limit_mb), of(uow, entity, entity_id)
    content_hash = store.put(content)
    if (
        same := next((one for one in known if (one.name, one.content_hash) == (plain, content_hash)), None)
    ) is not None:
        return same
    if len(known) >= MOST_FILES:
        raise Conflict(TOO_MANY.format(limit=MOST_FILES))
    file = ProjectFile(
        entity=entity, entity_id=entity_id, person_id=actor.person_id, name=plain, size=len(content),
        content_hash=content_hash, at=uow.clock(),
    )  # fmt: skip
    uow.session.add(file)
    uow.session.flush()
    audit.record(uow, actor, f"{entity}.file", entity, entity_id, name=file.name)
    return file


def of(uow: UnitOfWork, entity: str, entity_id: int) -> list[ProjectFile]:
    """Return the files of one thing, the oldest first; callers have asked who may see it."""
    return of_many(uow, entity, [entity_id]).get(entity_id, [])


def of_many(uow: UnitOfWork, entity: str, entity_ids: Iterable[int]) -> dict[int, list[ProjectFile]]:
    """Return the files of several things by their id, the oldest first; callers have asked who may see them."""
    query = (
        select(ProjectFile)
        .where(
            ProjectFile.entity == entity, ProjectFile.entity_id.in_(list(entity_ids)), ProjectFile.removed_at.is_(None)
        )
        .order_by(ProjectFile.id)
    )
    found: dict[int, list[ProjectFile]] = {}
    for file in uow.session.scalars(query):
        found.setdefault(file.entity_id, []).append(file)
    return found


def open_file(uow: UnitOfWork, actor: Actor, file_id: int, may: May) -> ProjectFile:
    """Return a file if `may` says so of its thing; raises NotFound alike for what is not there and what is not shown.

    Who took which file is in the audit log.
    """
    file = _present(uow, file_id, may)
    audit.record(uow, actor, f"{file.entity}.file_opened", file.entity, file.entity_id, name=file.name)
    return file


def remove(uow: UnitOfWork, actor: Actor, file_id: int, may: May) -> ProjectFile:
    """Take a file back if `may` says so: nobody can open it any more; its bytes stay for the record. Raises NotFound."""
    file = _present(uow, file_id, may)
    file.removed_at = uow.clock()
    audit.record(uow, actor, f"{file.entity}.file_removed", file.entity, file.entity_id, name=file.name)
    return file


def _present(uow: UnitOfWork, file_id: int, may: May) -> ProjectFile:
    file = uow.session.get(ProjectFile, file_id)
    if file is None or file.removed_at is not None or not may(file.entity, file.entity_id):
        raise NotFound(NO_FILE)
    return file
