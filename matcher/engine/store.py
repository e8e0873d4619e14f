"""Keeps what scoring reads of an item on disk: in memory an item costs its place in a file.

Only the few hundred candidates of a query are read, with one system call each; the pages of the file are the system's own.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from matcher.engine.features import Facts
from matcher.engine.items import DamagedSnapshot, Vectors

Ids = npt.NDArray[np.int64]

_HEADER = struct.Struct("<III16s")  # bytes in all, rows, bytes of the language, digest of the text hash
_FACTS = TypeAdapter(Facts)
_READ_AHEAD = 8192  # bytes: most items come with one call
_WORTH_REWRITING = 64 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class StoredItem:
    """Hold an item as it is scored: corrected unit rows, the `first` (d,) of the whole text, and the facts as JSON.

    `others` (p - 1, d) are in 16 bits. A query reads some hundred items and compares the facts of a few: these are parsed
    when they are asked for.
    """

    id: int
    digest: bytes
    language: str
    hubness: float
    first: Vectors
    others: npt.NDArray[np.float16]
    stated: bytes

    @classmethod
    def of(cls, key: int, digest: bytes, language: str, hubness: float, rows: Vectors, facts: Facts) -> StoredItem:
        """Return the item of rows (p, d) and facts."""
        return cls(key, digest, language, hubness, rows[0], rows[1:].astype("<f2"), _FACTS.dump_json(facts))

    @property
    def rows(self) -> Vectors:
        """Give all rows (p, d)."""
        return np.concatenate([self.first[None, :], self.others.astype(np.float32)])

    @property
    def facts(self) -> Facts:
        """Give the stated facts."""
        return _parsed(self.stated)


class StatedFacts(Sequence[Facts]):
    """Give the facts of items, each parsed when it is asked for."""

    def __init__(self, items: Sequence[StoredItem]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, at: Any) -> Any:
        return self._items[at].facts


@lru_cache(maxsize=4096)
def _parsed(stated: bytes) -> Facts:
    return _FACTS.validate_json(stated)


def digest_of(text_hash: str) -> bytes:
    """Return 16 bytes that stand for a text hash."""
    return hashlib.blake2b(text_hash.encode("utf-8"), digest_size=16).digest()


class _File:
    """A file without a name, or opened for reading: gone, or closed, with the last who refers to it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def nameless(cls, folder: Path | None) -> _File:
        descriptor, name = tempfile.mkstemp(dir=folder)
        Path(name).unlink()
        return cls(descriptor)

    @classmethod
    def reading(cls, path: Path) -> _File:
        return cls(os.open(path, os.O_RDONLY))

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def read(self, size: int, offset: int) -> bytes:
        return os.pread(self.descriptor, size, offset)

    def write(self, data: bytes, offset: int) -> int:
        """Write all of `data` and return the offset behind it."""
        rest = memoryview(data)
        while rest:
            written = os.pwrite(self.descriptor, rest, offset)
            rest, offset = rest[written:], offset + written
        return offset


class ItemStore:
    """Maps ids to stored items in one file, or two: a snapshot's, which is only read, and a nameless one for changes.

    The first row is kept in 32 bits, the others in 16 (error of a cosine below 0.001). One writer, any readers.
    """

    def __init__(self, dimension: int, scratch: Path | None = None) -> None:
        self.dimension = dimension
        self._scratch = scratch
        self._base: _File | None = None
        self._extra = _File.nameless(scratch)
        self._end = 0
        self._live = 0
        self._places: dict[int, int] = {}  # offset * 2, plus 1 in the nameless file
        self._hubness: dict[int, float] = {}  # in memory, for it is asked of every candidate

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, wanted: int) -> bool:
        return wanted in self._places

    def close(self) -> None:
        """Let go of the files; nothing can be read afterwards."""
        for file in (self._base, self._extra):
            if file is not None:
                file.close()

    def ids(self) -> Ids:
        """Return all ids in ascending order."""
        return np.sort(np.fromiter(self._places, np.int64, len(self._places)))

    def put(self, items: Collection[StoredItem]) -> None:
        """Add items or put them in the place of those with the same ids; raises OSError, and changes nothing, on a full disk."""
        blobs = {item.id: self._pack(item) for item in items}
        start = self._end
        self._extra.write(b"".join(blobs.values()), start)
        self.remove(blobs.keys())
        for key, blob in blobs.items():
            self._places[key] = start << 1 | 1
            start += len(blob)
            self._live += len(blob)
        self._hubness |= {item.id: item.hubness for item in items}
        self._end = start
        if self._end - self._live > max(self._live, _WORTH_REWRITING):
            self._rewrite()

    def remove(self, ids: Collection[int]) -> int:
        """Forget items and return how many of them were there."""
        here = [key for key in set(ids) if key in self._places]
        places = [self._places.pop(key) for key in here]
        for key in here:
            del self._hubness[key]
        for place in places:
            if place & 1:
                self._live -= int(_HEADER.unpack(self._bytes(place, _HEADER.size))[0])
        return len(places)

    def read(self, ids: Iterable[int]) -> list[StoredItem]:
        """Return the items in the order of `ids`, which must all be there."""
        return [self._unpack(key, self._blob(self._places[key])) for key in ids]

    def first_rows(self, ids: Sequence[int] | Ids) -> Vectors:
        """Return the rows (n, d) of the whole texts of items, which must all be there."""
        base, extra = self._base.descriptor if self._base else -1, self._extra.descriptor
        places = [self._places[key] for key in np.asarray(ids, np.int64).tolist()]
        size, pread = 4 * self.dimension, os.pread
        data = [pread(extra if place & 1 else base, size, (place >> 1) + _HEADER.size) for place in places]
        return np.frombuffer(b"".join(data), "<f4").reshape(-1, self.dimension)

    def hubness(self, ids: Ids) -> npt.NDArray[np.float32]:
        """Return the hubness (n,) of items, which must all be there."""
        return np.array([self._hubness[key] for key in ids.tolist()], np.float32)

    def digests(self) -> Iterator[tuple[int, bytes]]:
        """Yield every id with the digest of its text hash."""
        for key, place in self._places.items():
            yield key, _HEADER.unpack(self._bytes(place, _HEADER.size))[3]

    def _pack(self, item: StoredItem) -> bytes:
        language = item.language.encode("utf-8")
        body = item.first.astype("<f4").tobytes() + item.others.astype("<f2").tobytes() + language + item.stated
        size = _HEADER.size + len(body)
        return _HEADER.pack(size, 1 + len(item.others), len(language), item.digest) + body

    def _unpack(self, key: int, data: bytes) -> StoredItem:
        _, count, letters, digest = _HEADER.unpack_from(data)
        first = np.frombuffer(data, "<f4", self.dimension, _HEADER.size)
        start = _HEADER.size + 4 * self.dimension
        others = np.frombuffer(data, "<f2", (count - 1) * self.dimension, start).reshape(-1, self.dimension)
        start += 2 * others.size
        language = data[start : start + letters].decode("utf-8")
        return StoredItem(key, digest, language, self._hubness[key], first, others, data[start + letters :])

    def _bytes(self, place: int, size: int) -> bytes:
        file = self._extra if place & 1 else self._base
        assert file is not None
        return file.read(size, place >> 1)

    def _blob(self, place: int) -> bytes:
        data = self._bytes(place, _READ_AHEAD)
        (size,) = struct.unpack_from("<I", data)
        if size > len(data):
            data += self._bytes(((place >> 1) + len(data)) << 1 | place & 1, size - len(data))
        return data[:size]

    def _copy(self, target: _File) -> dict[int, int]:
        """Write the live items one behind the other and return their offsets."""
        offsets: dict[int, int] = {}
        end = 0
        for keys in _chunks(list(self._places)):
            blobs = [self._blob(self._places[key]) for key in keys]
            ends = list(accumulate(map(len, blobs), initial=end))
            offsets |= dict(zip(keys, ends, strict=False))
            end = target.write(b"".join(blobs), end)
        return offsets

    def _rewrite(self) -> None:
        target = _File.nameless(self._scratch)
        self._places = {key: offset << 1 | 1 for key, offset in self._copy(target).items()}
        self._extra, self._base = target, None
        self._end = self._live = os.fstat(target.descriptor).st_size

    def save(self, folder: Path) -> None:
        """Write the live items into an empty folder; the caller writes aside and renames."""
        folder.mkdir(parents=True, exist_ok=True)
        offsets = self._copy(_File(os.open(folder / "items.bin", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)))
        table = np.array([list(offsets), list(offsets.values())], np.int64).reshape(2, -1)
        np.save(folder / "places.npy", table)
        np.save(folder / "hubness.npy", self.hubness(table[0]))

    @classmethod
    def load(cls, folder: Path, dimension: int, scratch: Path | None = None) -> ItemStore:
        """Open a snapshot, which stays where it is; raises DamagedSnapshot where files are amiss."""
        store = cls(dimension, scratch)
        try:
            ids, offsets = np.load(folder / "places.npy", allow_pickle=False)
            hubness = np.load(folder / "hubness.npy", allow_pickle=False)
            store._base = _File.reading(folder / "items.bin")
        except (OSError, ValueError) as error:
            raise DamagedSnapshot(f"the items in {folder} cannot be read: {error}") from error
        keys = ids.tolist()
        store._places = dict(zip(keys, (offsets << 1).tolist(), strict=True))
        store._hubness = dict(zip(keys, hubness.tolist(), strict=True))
        return store


def differences(
    stored: Iterable[tuple[int, bytes]], expected: Mapping[int, str]
) -> tuple[set[int], set[int], set[int]]:
    """Return the ids that are missing, surplus and changed in what is stored, against {id: text_hash}."""
    found = dict(stored)
    changed = {key for key, text_hash in expected.items() if key in found and found[key] != digest_of(text_hash)}
    return expected.keys() - found.keys(), found.keys() - expected.keys(), changed


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), 1000):
        yield ids[start : start + 1000]
