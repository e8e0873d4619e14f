"""The types that the rooms of the engine share: what goes in, what is stored, what comes out."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
Side: TypeAlias = Literal["need", "offer"]

READING_REVISION = 1  # to be raised with any change to what is read out of texts: stored records are read again then

_NO_PARTS: Mapping[str, float] = MappingProxyType({})
_RECORD_HEADER = struct.Struct("<4sIII")  # magic, rows, columns, bytes of the compressed texts
_RECORD_MAGICS = (b"rec2", b"rec1")  # the format that is written first; the one before has no readings


class EngineError(Exception):
    """Report a condition that the caller can act on; the message says what to do."""


class BadVectors(EngineError, ValueError):
    """Refuse vectors that are not finite, or not of the dimension of the index."""


class Unavailable(EngineError):
    """Report that the index cannot be reached now; pages go on without search, what was to be written is tried again."""


class DamagedSnapshot(EngineError):
    """Report a snapshot that cannot be trusted; the caller rebuilds from the stored records."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """Hold one measurable demand or claim, e.g. 孔隙率 ≤ 0.5 %.

    `comparator` is one of ge gt le lt eq range pm text; a range has its low end in `value` and its high end in
    `value_high`, pm has the centre in `value` and the half width in `value_high`, text has words only, in `text`.
    """

    name: str
    comparator: str
    value: float | None = None
    value_high: float | None = None
    unit: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold an indicator with the phrase it was read from: text[start:end] of the text that was read."""

    indicator: Indicator
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold the structured facts that rules and features compare; amounts are in yuan, None where nothing is known."""

    side: Side
    owner: int | None = None
    fields: frozenset[str] = frozenset()
    industries: frozenset[str] = frozenset()
    ipc: frozenset[str] = frozenset()
    emerging: frozenset[str] = frozenset()
    cooperation: frozenset[str] = frozenset()
    trl: int | None = None
    amount_low: float | None = None
    amount_high: float | None = None
    region: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Hold one need or offer as the engine sees it; `body` has one paragraph a line."""

    id: int
    title: str
    body: str
    profile: Profile
    keywords: tuple[str, ...] = ()
    indicators: tuple[Indicator, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Hold an analysed and embedded item: what the database stores and what the indexes take.

    `vectors` is float32 (p, d), rows of unit length, one per text in `passages`; row 0 is the whole text. `tokens` are the
    terms for lexical search in order, repetitions kept; `readings` what the item demands or claims, None where that was not
    read yet. `text_hash` changes exactly when what is embedded changes.
    """

    item: Item
    text_hash: str
    vectors: Vectors
    passages: tuple[str, ...]
    tokens: tuple[str, ...]
    readings: tuple[Reading, ...] | None = None

    def to_bytes(self) -> bytes:
        """Return everything but the item itself, which its own tables hold."""
        read = None if self.readings is None else [READING_REVISION, *map(_written, self.readings)]
        content = [self.text_hash, self.passages, self.tokens, read]
        texts = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        packed = zlib.compress(texts.encode("utf-8", "surrogatepass"), 6)
        rows, columns = self.vectors.shape
        header = _RECORD_HEADER.pack(_RECORD_MAGICS[0], rows, columns, len(packed))
        return header + np.ascontiguousarray(self.vectors, dtype="<f4").tobytes() + packed

    @classmethod
    def from_bytes(cls, item: Item, data: bytes) -> Record:
        """Return the record of `item` from what `to_bytes` gave; raises ValueError for anything else.

        Readings of another revision are left out, to be read again.
        """
        try:
            magic, rows, columns, length = _RECORD_HEADER.unpack_from(data)
            start = _RECORD_HEADER.size + 4 * rows * columns
            if magic not in _RECORD_MAGICS or len(data) != start + length:
                raise ValueError("wrong length or kind")
            vectors = np.frombuffer(data, dtype="<f4", count=rows * columns, offset=_RECORD_HEADER.size)
            content = json.loads(zlib.decompress(data[start:]).decode("utf-8", "surrogatepass"))
            text_hash, passages, tokens, *rest = content
            readings = _readings(rest[0]) if rest else None
        except (struct.error, zlib.error, ValueError, TypeError) as error:
            raise ValueError(f"not the bytes of a stored record: {error}") from error
        rows32 = vectors.reshape(rows, columns).astype(np.float32)
        return cls(item, text_hash, rows32, tuple(passages), tuple(tokens), readings)


def _written(reading: Reading) -> list[Any]:
    stated = reading.indicator
    indicator = [stated.name, stated.comparator, stated.value, stated.value_high, stated.unit, stated.text]
    return [indicator, reading.phrase, reading.start, reading.end]


def _readings(written: list[Any] | None) -> tuple[Reading, ...] | None:
    if not written or written[0] != READING_REVISION:
        return None
    return tuple(Reading(Indicator(*stated), *place) for stated, *place in written[1:])


@dataclass(frozen=True, slots=True)
class Hit:
    """Hold one found item; `score` depends on the pair alone, `parts` has every sub-score by name."""

    id: int
    score: float
    parts: Mapping[str, float] = field(default_factory=lambda: _NO_PARTS)


@dataclass(frozen=True, slots=True)
class Differences:
    """Say how an index differs from the stored records: ids that it lacks, has too many, or holds with other texts."""

    missing: frozenset[int] = frozenset()
    surplus: frozenset[int] = frozenset()
    changed: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus or self.changed)


@runtime_checkable
class Encoder(Protocol):
    """Turn texts into vectors whose inner product is the cosine of their meanings."""

    @property
    def name(self) -> str:
        """Identify model and weights: vectors of different names are never compared."""

    @property
    def dimension(self) -> int:
        """Give the number of columns."""

    @property
    def window(self) -> int:
        """Give the tokens of one text that the model reads, prefix and markers taken off."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, markers and prefix left out."""

    def encode_needs(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, d), rows of unit length, for texts that ask."""

    def encode_offers(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, d), rows of unit length, for texts that answer."""
