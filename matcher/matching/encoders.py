"""The encoders of a process: the one that the settings name, and the one whose vectors are served until that has read all."""

import json
import logging
import threading
from functools import lru_cache
from pathlib import Path

from matcher.engine.aside import flush, locked
from matcher.engine.encoder import BUNDLED, load_encoder
from matcher.engine.items import Encoder, EngineError

log = logging.getLogger(__name__)

_SOURCES = "encoders.json"


@lru_cache(maxsize=2)
def _one_a_process(source: str, folder: Path, device: str) -> Encoder:
    """Load an encoder once, however many matchers a process has: it takes a gigabyte."""
    return load_encoder(source, folder, device=device)


class Encoders:
    """Load encoders at first use and keep them; safe to share among threads.

    What was read with which setting is noted beside the models, so that texts can still be asked in the vectors that are
    served after the setting has changed.
    """

    def __init__(self, source: str, backend: str, folder: Path) -> None:
        self._source = source
        self._device = "cpu" if backend == "torch" else backend
        self._folder = folder
        self._current: Encoder | None = None
        self._former: Encoder | None = None
        self._lock = threading.Lock()

    @property
    def is_loaded(self) -> bool:
        """Say whether the model that the settings name is in memory."""
        return self._current is not None

    def current(self) -> Encoder:
        """Return the encoder that the settings name; raises EngineError."""
        with self._lock:
            if self._current is None:
                self._current = self._load(self._source)
                self._note(self._current.name)
            return self._current

    def of(self, name: str) -> Encoder | None:
        """Return the encoder of that name, None where it cannot be had any more."""
        current = self.current()
        if current.name == name:
            self._former = None
            return current
        with self._lock:
            if self._former is None or self._former.name != name:
                self._former = self._find(name)
            return self._former

    def _find(self, name: str) -> Encoder | None:
        source = self._sources().get(name, BUNDLED)
        try:
            found = self._load(source)
        except (EngineError, OSError) as error:
            log.warning("the encoder %s, whose vectors are served, cannot be loaded from %s: %s", name, source, error)
            return None
        return found if found.name == name else None

    def _load(self, source: str) -> Encoder:
        return _one_a_process(source, self._folder.resolve(), self._device)

    def _sources(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads((self._folder / _SOURCES).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known

    def _note(self, name: str) -> None:
        path = self._folder / _SOURCES
        if self._sources().get(name) == self._source:
            return
        with locked(path):
            aside = path.with_suffix(".new")
            aside.write_text(json.dumps(self._sources() | {name: self._source}, ensure_ascii=False), "utf-8")
            flush(aside)
            aside.replace(path)
