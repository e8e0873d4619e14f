"""The index that all processes share on a Milvus server: one process at a time writes it, under a lease; all search it.

What was written is in the database first, so that nothing is lost while the server is away: it is written when it is back.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matcher.core.errors import Conflict
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Side
from matcher.engine.reference import Reference
from matcher.matching import lease
from matcher.matching.index import RankingInUse, Served, apply, served, stored_after
from matcher.matching.model import ServedIndex
from matcher.matching.sync import SIDES

if TYPE_CHECKING:
    from matcher.engine.milvus import MilvusCatalogue

LEASE = "index"

Catalogues = dict[Side, "MilvusCatalogue"]


@dataclass(frozen=True, slots=True)
class Server:
    """Say where the Milvus server is, what opens it, and how many seconds an answer may take."""

    url: str
    token: str = ""
    timeout: float = 5.0


class SharedIndex:
    """Search on a Milvus server, and write there what was stored; has the face of `LiveIndex`.

    Every method but `encoder` raises Unavailable while the server is away.
    """

    def __init__(self, server: Server, open_uow: Callable[[], UnitOfWork]) -> None:
        self._server = server
        self._open_uow = open_uow
        self._lock = threading.RLock()
        self._served: Served | None = None
        self._catalogues: Catalogues = {}
        self._newest: tuple[Served, Catalogues] | None = None
        self._ranking = RankingInUse()

    @property
    def encoder(self) -> str | None:
        """Return the name of the encoder whose vectors are served, None before the first reading."""
        return self._served.encoder if self._served else None

    def catalogue(self, side: Side) -> "MilvusCatalogue | None":
        """Return the catalogue of needs or of offers; a new generation once it is complete, None before the first one."""
        with self._lock:
            row = self._row()
            if row is not None and Served(row.encoder, row.generation) != self._served:
                now, newest = self._open(row)
                if not self._catalogues or all(each.note.get("complete") for each in newest.values()):
                    self._served, self._catalogues = now, newest
            self._use_ranking()
            return self._catalogues.get(side)

    def bring_up(self) -> None:
        """Write what was stored since the last time; leaves it to another process that is at it."""
        with self._lock:
            row = self._row()
            if row is None:
                return
            _, catalogues = self._open(row)
            uow = self._open_uow()
            try:
                if self._is_behind(uow, row.encoder, catalogues):
                    self._write(uow, row.encoder, catalogues)
            except Conflict:
                return
            finally:
                uow.close()

    def forget(self) -> None:
        """Empty what is on the server and write it anew from the database."""
        with self._lock:
            row = self._row()
            if row is None:
                return
            for catalogue in self._open(row)[1].values():
                catalogue.clear()
            self.bring_up()

    def _use_ranking(self) -> None:
        if self._served is not None:
            uow = self._open_uow()
            try:
                self._ranking.use(uow, self._catalogues["offer"], self._served.encoder)
            finally:
                uow.close()

    def _row(self) -> ServedIndex | None:
        uow = self._open_uow()
        try:
            return served(uow)
        finally:
            uow.close()

    def _open(self, row: ServedIndex) -> tuple[Served, Catalogues]:
        from matcher.engine.milvus import MilvusCatalogue  # an optional requirement

        now = Served(row.encoder, row.generation)
        if self._newest is None or self._newest[0] != now:
            references: dict[Side, bytes] = {"need": row.need_reference, "offer": row.offer_reference}
            made: Catalogues = {
                side: MilvusCatalogue(
                    Reference.from_bytes(references[side]),
                    side,
                    row.encoder,
                    self._server.url,
                    self._server.token,
                    timeout=self._server.timeout,
                )
                for side in SIDES
            }
            self._newest = (now, made)
        return self._newest

    def _is_behind(self, uow: UnitOfWork, encoder: str, catalogues: Catalogues) -> bool:
        is_complete = all(each.note.get("complete") for each in catalogues.values())
        return not is_complete or bool(stored_after(uow, encoder, _applied(catalogues), 1))

    def _write(self, uow: UnitOfWork, encoder: str, catalogues: Catalogues) -> None:
        lease.hold(uow, LEASE)
        uow.commit()
        try:
            applied = _applied(catalogues)  # another process may have written until now
            while rows := stored_after(uow, encoder, applied):
                apply(uow, catalogues, rows)
                applied = rows[-1].sequence
                for catalogue in catalogues.values():
                    catalogue.snapshot(note={**catalogue.note, "applied": applied})
                uow.session.expunge_all()
                lease.hold(uow, LEASE)
                uow.commit()
            for catalogue in catalogues.values():
                catalogue.snapshot(note={"applied": applied, "complete": True})
        finally:
            uow.rollback()
            lease.release(uow, LEASE)
            uow.commit()


def _applied(catalogues: Catalogues) -> int:
    """Return up to which record both sides are written; a record written twice is written once."""
    return min(int(catalogue.note.get("applied", 0)) for catalogue in catalogues.values())
