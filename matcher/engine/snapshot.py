"""Snapshots that are there completely or not at all, and that are read while the next one is written.

Each is a folder of its own with a manifest of sizes and checksums; the file CURRENT names the one that counts and is put
in place in one step. Killed at any moment, the last complete snapshot is found.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matcher.engine.aside import flush, locked, written_aside
from matcher.engine.items import DamagedSnapshot

_CURRENT = "CURRENT"
_MANIFEST = "manifest.json"
_CHUNK = 2**22


@contextmanager
def published(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that is the current snapshot of `folder` when the block ends well."""
    name = f"snapshot-{uuid.uuid4().hex[:12]}"
    with locked(folder / _CURRENT):
        with written_aside(folder / name) as aside:
            yield aside
            files = sorted(path for path in aside.rglob("*") if path.is_file())
            manifest = {str(path.relative_to(aside)): (path.stat().st_size, _checksum(path)) for path in files}
            (aside / _MANIFEST).write_text(json.dumps(manifest), "utf-8")
        pointer = folder / f"{_CURRENT}.new"
        pointer.write_text(name, "utf-8")
        flush(pointer)
        pointer.replace(folder / _CURRENT)
        flush(folder)
        _sweep(folder, name)


def current(folder: Path) -> Path:
    """Return the current snapshot's folder after checking all of it; raises DamagedSnapshot, also where there is none."""
    try:
        snapshot = folder / (folder / _CURRENT).read_text("utf-8").strip()
        manifest = json.loads((snapshot / _MANIFEST).read_text("utf-8"))
        wrong = [
            name
            for name, (size, checksum) in manifest.items()
            if (snapshot / name).stat().st_size != size or _checksum(snapshot / name) != checksum
        ]
    except (OSError, ValueError, AttributeError) as error:
        raise DamagedSnapshot(f"no snapshot can be read in {folder}: {error}") from error
    if wrong:
        raise DamagedSnapshot(f"the snapshot in {snapshot} is damaged: {', '.join(wrong)}")
    return snapshot


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum


def _sweep(folder: Path, current_name: str) -> None:
    """Remove older snapshots; who has one open keeps its files until closing them."""
    for entry in os.scandir(folder):
        if entry.is_dir() and entry.name.lstrip(".").startswith("snapshot-") and entry.name != current_name:
            shutil.rmtree(entry.path, ignore_errors=True)
