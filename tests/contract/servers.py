"""A Milvus server for tests: milvus-lite, which speaks the same protocol, one a run."""

from __future__ import annotations

from pathlib import Path

from milvus_lite.server_manager import server_manager_instance

from matcher.engine.milvus import MilvusCatalogue
from matcher.engine.reference import Reference


class LiteServer:
    """Serve from a folder; hand out empty catalogues, made once and emptied after use: making one takes two seconds."""

    def __init__(self, folder: Path) -> None:
        self.url = str(folder / "milvus.db")
        self._taken: list[MilvusCatalogue] = []

    def catalogue(self, reference: Reference, encoder: str = "") -> MilvusCatalogue:
        name = encoder or f"made-up-{len(self._taken)}"
        catalogue = MilvusCatalogue(reference, "offer", name, self.url, timeout=60)
        self._taken.append(catalogue)
        return catalogue

    def empty(self) -> None:
        for catalogue in self._taken:
            catalogue.delete(catalogue.verify({}).surplus)
            catalogue.snapshot(note={})
            catalogue.close()
        self._taken.clear()

    def restart(self) -> None:
        for catalogue in self._taken:
            catalogue.close()
        self.stop()

    def stop(self) -> None:
        server_manager_instance.release_server(self.url)
