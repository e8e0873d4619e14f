"""The index of one process: two catalogues, brought up to date from the stored records before each use.

Vectors are data, indexes are caches: everything here can be rebuilt from the database, and is when it does not agree.
"""

import logging
import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import select

from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.catalogue import Catalogue
from matcher.engine.face import AnyCatalogue
from matcher.engine.items import EngineError, Record, Side
from matcher.engine.reference import Reference
from matcher.matching.model import ServedIndex, StoredRecord
from matcher.matching.ranking_in_use import in_use, ranking_of, version_of
from matcher.matching.sync import SIDES, load_items

log = logging.getLogger(__name__)

CHUNK = 2000
#: A snapshot is worth writing when reading this many records again would be felt.
SNAPSHOT_AFTER = 5000


@dataclass(frozen=True, slots=True)
class Served:
    """Say what is served: whose vectors, and which generation of the reference statistics."""

    encoder: str
    generation: int


@dataclass(frozen=True, slots=True)
class Stored:
    """Hold what of a stored record an index needs."""

    side: str
    item_id: int
    content: bytes
    sequence: int


def served(uow: UnitOfWork) -> ServedIndex | None:
    """Return what every process serves now, None before anything was read for the first time."""
    return uow.session.scalar(select(ServedIndex).order_by(ServedIndex.generation.desc()).limit(1))


def stored_after(uow: UnitOfWork, encoder: str, sequence: int, limit: int = CHUNK) -> list[Stored]:
    """Return the records written after `sequence`, in the order of writing."""
    query = (
        select(StoredRecord.side, StoredRecord.item_id, StoredRecord.content, StoredRecord.sequence)
        .where(StoredRecord.encoder == encoder, StoredRecord.sequence > sequence)
        .order_by(StoredRecord.sequence)
        .limit(limit)
    )
    return [Stored(*row) for row in uow.session.execute(query)]


def load_records(uow: UnitOfWork, side: Side, rows: Sequence[Stored]) -> list[Record]:
    """Return the records of those rows whose items are open; a damaged one is told in the log, `doctor` finds it."""
    items = load_items(uow, side, [row.item_id for row in rows])
    records = []
    for row in rows:
        item = items.get(row.item_id)
        if item is None:
            continue
        try:
            records.append(Record.from_bytes(item, row.content))
        except ValueError as error:
            log.error("the stored record of %s %s is damaged: %s", side, row.item_id, error)
    return records


class Changing(Protocol):
    """Take changes, as every catalogue does."""

    def upsert(self, records: Iterable[Record]) -> None:
        """Add items or put them in the place of those with the same ids."""

    def delete(self, ids: Collection[int]) -> int:
        """Remove items and return how many of them were there."""


def apply(uow: UnitOfWork, catalogues: Mapping[Side, Changing], rows: Sequence[Stored]) -> None:
    """Bring catalogues up to date with stored records."""
    for side, catalogue in catalogues.items():
        of_side = [row for row in rows if row.side == side]
        records = load_records(uow, side, of_side)
        present = {record.item.id for record in records}
        catalogue.delete([row.item_id for row in of_side if row.item_id not in present])
        catalogue.upsert(records)


class RankingInUse:
    """Rank offers as the adopted version does; needs are only candidates, so that the formula does for them."""

    def __init__(self) -> None:
        self._unreadable: int | None = None

    def use(self, uow: UnitOfWork, offers: AnyCatalogue, encoder: str) -> None:
        """Give a catalogue of offers the ranking that is in use now; one that cannot be read is tried once."""
        version = in_use(uow)
        if version_of(offers.ranking) != (version or 0) and version != self._unreadable:
            offers.ranking = ranking_of(uow, version, offers.reference, encoder)
            self._unreadable = version if version_of(offers.ranking) != (version or 0) else None


class LiveIndex:
    """Serve searches from memory; safe to share among the threads of a process."""

    def __init__(self, folder: Path, open_uow: Callable[[], UnitOfWork]) -> None:
        self._folder = folder
        self._open_uow = open_uow
        self._lock = threading.RLock()
        self._served: Served | None = None
        self._applied = 0
        self._snapshot_at = 0
        self._catalogues: dict[Side, Catalogue] = {}
        self._ranking = RankingInUse()

    @property
    def encoder(self) -> str | None:
        """Return the name of the encoder whose vectors are served, None before the first reading."""
        return self._served.encoder if self._served else None

    def catalogue(self, side: Side) -> Catalogue | None:
        """Return the catalogue of needs or of offers as of now, None before the first reading."""
        with self._lock:
            self._catch_up()
            return self._catalogues.get(side)

    def bring_up(self) -> None:
        """Do nothing: every process catches up by itself before it searches."""

    def _catch_up(self) -> None:
        uow = self._open_uow()
        try:
            row = served(uow)
            if row is None:
                return
            now = Served(row.encoder, row.generation)
            if now != self._served:
                self._start(now, row)
            self._ranking.use(uow, self._catalogues["offer"], now.encoder)
            while rows := stored_after(uow, now.encoder, self._applied):
                apply(uow, self._catalogues, rows)
                self._applied = rows[-1].sequence
                uow.session.expunge_all()
        finally:
            uow.close()
        if self._applied - self._snapshot_at >= SNAPSHOT_AFTER:
            self._write_snapshot()

    def _start(self, now: Served, row: ServedIndex) -> None:
        self._served = now
        self._applied = self._snapshot_at = 0
        if not self._open_snapshot():
            self._catalogues = {
                "need": Catalogue(Reference.from_bytes(row.need_reference)),
                "offer": Catalogue(Reference.from_bytes(row.offer_reference)),
            }

    def forget(self) -> None:
        """Drop everything in memory and on disk, so that the next use builds it anew from the database."""
        with self._lock:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._served = None
            self._catalogues = {}

    def _snapshot_folder(self) -> Path:
        assert self._served is not None, "nothing is served yet"
        return self._folder / f"generation-{self._served.generation}"

    def _open_snapshot(self) -> bool:
        folder = self._snapshot_folder()
        if not folder.exists():
            return False
        try:
            self._catalogues = {side: Catalogue.open(folder / side) for side in SIDES}
            # A record applied twice is applied once: the older of the two marks is safe for both.
            self._applied = min(int(catalogue.note["applied"]) for catalogue in self._catalogues.values())
        except (EngineError, ValueError, KeyError, OSError) as error:
            log.warning("the snapshot in %s cannot be used and is built anew: %s", folder, error)
            shutil.rmtree(folder, ignore_errors=True)
            return False
        self._snapshot_at = self._applied
        return True

    def _write_snapshot(self) -> None:
        """Write what this process has; a full disk costs the next start some seconds and nothing else."""
        folder = self._snapshot_folder()
        try:
            for side, catalogue in self._catalogues.items():
                catalogue.snapshot(folder / side, {"applied": self._applied})
        except OSError as error:
            log.warning("no snapshot could be written to %s: %s", folder, error)
        self._snapshot_at = self._applied
