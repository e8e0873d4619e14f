"""Writing folders aside and renaming them, so that a reader sees all of a folder or none of it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the right to write `target` among processes; the system gives it back when the holder dies."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `target` when the block ends well, and vanishes when it fails.

    Call it under `locked(target)`: it also removes what killed writers left. A `target` that is there is replaced.
    """
    _sweep(target)
    aside = _empty_folder(target)
    try:
        yield aside
        for path in aside.rglob("*"):
            flush(path)
        aside.chmod(0o755)
        if target.exists():
            target.rename(_empty_folder(target) / "replaced")
        aside.rename(target)
        flush(target.parent)
    finally:
        _sweep(target)


def flush(path: Path) -> None:
    """Force a file or folder to the disk, so that a power cut after the rename cannot leave it empty."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _empty_folder(target: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=f".{target.name}~", dir=target.parent))


def _sweep(target: Path) -> None:
    for leftover in target.parent.glob(f".{target.name}~*"):
        shutil.rmtree(leftover, ignore_errors=True)
