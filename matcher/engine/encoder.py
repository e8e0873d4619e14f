"""Turns texts into vectors with any sentence-transformers model: sorted by length, in batches, each text once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from matcher.engine import bundled
from matcher.engine.backends import Backend, Batch, TokenIds, open_backend, pad
from matcher.engine.items import EngineError, Vectors

BUNDLED = "bundled"
_LONGEST_TOKEN = 32  # characters; beyond positions * this, no character can reach the model
_CHUNK = 8192  # texts tokenised and sorted at a time, which bounds the memory of a long list


class EncoderFailed(EngineError):
    """Report a model that is not there or gives no usable vectors."""


class TextEncoder:
    """Encodes needs and offers with one model; see `matcher.engine.items.Encoder`.

    The vector of a text does not depend on the texts beside it. Safe to share among threads.
    """

    def __init__(self, name: str, backend: Backend) -> None:
        self._name = name
        self._backend = backend

    @property
    def name(self) -> str:
        """Identify model and weights: vectors of different names are never compared."""
        return self._name

    @property
    def dimension(self) -> int:
        """Give the number of columns."""
        return self._backend.card.dimension

    @property
    def runtime(self) -> str:
        """Say what computes, on what and how precisely, for `doctor` and `bench`."""
        return self._backend.runtime

    @property
    def backend(self) -> Backend:
        """Give what computes, for measurements of the floor."""
        return self._backend

    @cached_property
    def window(self) -> int:
        """Give the tokens of one text that the model reads, prefix and markers taken off."""
        card = self._backend.card
        return card.positions - max(map(len, self._backend.tokenise([card.need_prompt, card.offer_prompt])))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text without prefix and markers, counted up to the model's positions."""
        (markers,) = map(len, self._backend.tokenise([""]))
        return [len(tokens) - markers for tokens in self._backend.tokenise([self._clean(text) for text in texts])]

    def encode_needs(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, d), rows of unit length, for texts that ask; raises EncoderFailed, never gives NaN."""
        return self._encode(texts, self._backend.card.need_prompt)

    def encode_offers(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, d), rows of unit length, for texts that answer; raises EncoderFailed, never gives NaN."""
        return self._encode(texts, self._backend.card.offer_prompt)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        rows = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        unique = [prompt + self._clean(text) for text in rows]
        vectors = np.empty((len(unique), self.dimension), dtype=np.float32)
        for start in range(0, len(unique), _CHUNK):
            vectors[start : start + _CHUNK] = self._encode_chunk(unique[start : start + _CHUNK])
        return _unit(vectors)[[rows[text] for text in texts]] if texts else vectors

    def batches(self, texts: Sequence[str]) -> list[tuple[Batch, Batch]]:
        """Return the ids and masks (n, length) that the model is given for these texts, for measurements of the floor."""
        tokens = self._backend.tokenise(list(texts))
        groups = _batches([len(numbers) for numbers in tokens], self._backend.budget)
        return [pad(_pick(tokens, group), self._backend.card.pad) for group in groups]

    def _encode_chunk(self, texts: list[str]) -> Vectors:
        tokens = self._backend.tokenise(texts)
        batches = list(_batches([len(numbers) for numbers in tokens], self._backend.budget))
        padded = (pad(_pick(tokens, batch), self._backend.card.pad) for batch in batches)
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for batch, values in zip(batches, self._backend.embed(padded), strict=True):
            vectors[batch] = values
        return vectors

    def _clean(self, text: str) -> str:
        """Return a text that any tokenizer takes: no half characters, nothing that is cut off anyway."""
        limit = self._backend.card.positions * _LONGEST_TOKEN
        if len(text) > limit:
            text = " ".join(text[: 8 * limit].split())[:limit]
        return text.encode("utf-8", "replace").decode("utf-8")


def load_encoder(model: str, folder: Path, *, device: str = "auto", threads: int | None = None) -> TextEncoder:
    """Return an encoder for `model`: "bundled", a sentence-transformers folder, or an id on the hub.

    What is written (the bundled model, converted models) goes under `folder`. `device` is auto, openvino, or a device
    of PyTorch such as cpu or cuda. Raises EncoderFailed or BundledModelMissing.
    """
    source = bundled.lay_out(folder) if model == BUNDLED else _find(model)
    mark = bundled.SOURCE_SHA256[:12] if model == BUNDLED else _fingerprint(source)
    name = bundled.NAME if model == BUNDLED else model.rstrip("/").rpartition("/")[2]
    cache = folder / f"{name}-{mark}-openvino-{_version('openvino')}"
    return TextEncoder(f"{name}@{mark}", open_backend(source, cache, device=device, threads=threads))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _find(model: str) -> Path:
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model if "/" in model else f"sentence-transformers/{model}"))
    except Exception as error:  # no such model, no network, no permission: one thing to the caller
        raise EncoderFailed(f"no model {model!r}: neither a folder nor to be had from the hub ({error})") from error


def _fingerprint(folder: Path) -> str:
    """Return a hash that changes with the weights, from sizes and samples: reading gigabytes would slow each start."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)}:{size}:".encode())
        with path.open("rb") as handle:
            for offset in {0, size // 3, size // 2, max(size - 65536, 0)}:
                handle.seek(offset)
                digest.update(handle.read(65536))
    return digest.hexdigest()[:12]


def _batches(lengths: list[int], budget: int) -> Iterator[list[int]]:
    """Yield groups of positions, longest texts first, each group within `budget` tokens when padded."""
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    start = 0
    while start < len(order):
        size = max(1, budget // max(16, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _pick(tokens: list[TokenIds], positions: list[int]) -> list[TokenIds]:
    return [tokens[position] for position in positions]


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths) & (lengths > 0)):
        raise EncoderFailed("the model gave a vector that is not finite or has no length")
    vectors /= lengths
    return vectors
