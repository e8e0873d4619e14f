"""Items and needs made up for measuring, like real ones in what costs time; the same at every place and time.

Vectors come from a tree of topics. Spectrum and shares are such that the nearest neighbours are as near, and inverted lists
find as many of them, as with 7,395 corrected vectors of real abstracts (multilingual-e5-small): docs/performance.md. Words
follow Zipf's law, a third of them belonging to the topic. Needs NumPy alone, so that any environment can read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

DIMENSION = 384
NEEDS = 200
NEED_WORDS = 300
NEED_ROWS = 7  # the whole text and passages of 64 tokens
ITEM_ROWS = 4
CHUNK = 20_000
_LEVELS = ((16, 0.12), (256, 0.16), (4096, 0.14), (65_536, 0.12))  # nodes of a level and their share of the variance
_OWN = 1.0 - sum(share for _, share in _LEVELS)
_SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvwxyz" for vowel in "aiou"]
_VOCABULARY = 200_000
_COMMON = 30.0  # the larger, the less the commonest words lead
_TOPIC_WORDS = 80
_OF_TOPIC = 0.3


@dataclass(frozen=True, slots=True)
class Texts:
    """Hold texts as word numbers: text i is words[starts[i]:starts[i + 1]]."""

    words: npt.NDArray[np.uint32]
    starts: Numbers

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, at: int) -> str:
        known = _vocabulary()
        return " ".join([known[number] for number in self.words[self.starts[at] : self.starts[at + 1]].tolist()])


@dataclass(frozen=True, slots=True)
class Collection:
    """Hold the made-up items and needs of one size: whole vectors (n, 384) and texts, mapped from files."""

    vectors: Floats
    texts: Texts
    needs: Floats
    need_texts: Texts

    def chunks(self) -> Iterator[tuple[range, Floats, list[str]]]:
        """Yield places, vectors and texts of the items in turn."""
        for start in range(0, len(self.vectors), CHUNK):
            places = range(start, min(start + CHUNK, len(self.vectors)))
            yield places, np.asarray(self.vectors[places.start : places.stop]), [self.texts[at] for at in places]


def word(number: int) -> str:
    """Return the word of a number: two syllables and more."""
    syllables = [_SYLLABLES[number % 80], _SYLLABLES[number // 80 % 80]]
    return "".join(syllables + ([_SYLLABLES[number // 6400 % 80]] if number >= 6400 else []))


@cache
def _vocabulary() -> list[str]:
    return [word(number) for number in range(_VOCABULARY)]


def make(folder: Path, count: int) -> None:
    """Write a collection of so many items into a folder, unless it is there."""
    if (folder / "complete").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    tree = _tree()
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, (count, DIMENSION))
    words, lengths = [], []
    for start in range(0, count, CHUNK):
        chance = np.random.default_rng((1, start))
        size = min(CHUNK, count - start)
        leaves = _leaves(size, chance)
        vectors[start : start + size] = _draw(leaves, tree, chance)
        sizes = np.clip(chance.lognormal(5.0, 0.4, size), 40, 500).astype(np.int64)  # median 148 words
        words.append(_words(np.repeat(leaves, sizes), chance))
        lengths.append(sizes)
    vectors.flush()
    _save_texts(folder, "items", np.concatenate(words), np.concatenate(lengths))
    chance = np.random.default_rng(2)
    leaves = _leaves(NEEDS, chance)
    np.save(folder / "needs.npy", _draw(leaves, tree, chance))
    _save_texts(folder, "needs", _words(np.repeat(leaves, NEED_WORDS), chance), np.full(NEEDS, NEED_WORDS))
    (folder / "complete").touch()


def read(folder: Path) -> Collection:
    """Open the collection in a folder."""
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    return Collection(vectors, _texts(folder, "items"), np.load(folder / "needs.npy"), _texts(folder, "needs"))


def passages(whole: Floats, count: int, seed: int) -> Floats:
    """Return (n, count, 384) for n whole vectors: these, and passages that are about as near as real ones (cosine .7)."""
    chance = np.random.default_rng((3, seed))
    noise = chance.standard_normal((1024, DIMENSION), dtype=np.float32) * _spectrum()
    rows = np.repeat(whole[:, None, :], count, axis=1)
    rows[:, 1:] += noise[chance.integers(0, len(noise), (len(whole), count - 1))]
    return _unit(rows)


def _save_texts(folder: Path, name: str, words: npt.NDArray[np.uint32], lengths: Numbers) -> None:
    np.save(folder / f"{name}-words.npy", words)
    np.save(folder / f"{name}-starts.npy", np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def _texts(folder: Path, name: str) -> Texts:
    return Texts(np.load(folder / f"{name}-words.npy", mmap_mode="r"), np.load(folder / f"{name}-starts.npy"))


def _spectrum() -> Floats:
    """Return standard deviations along 384 directions, as principal components of corrected vectors have them."""
    rank = np.arange(1, DIMENSION + 1)
    variance = rank**-0.45 * np.exp(-rank / 220)
    return np.asarray(np.sqrt(variance / variance.sum()), np.float32)


def _tree() -> list[Floats]:
    chance = np.random.default_rng(0)
    return [
        chance.standard_normal((nodes, DIMENSION), dtype=np.float32) * _spectrum() * np.float32(np.sqrt(share))
        for nodes, share in _LEVELS
    ]


def _leaves(count: int, chance: np.random.Generator) -> Numbers:
    """Return topics: some are more popular than others."""
    return np.asarray(_LEVELS[-1][0] * chance.random(count) ** 1.4, np.int64)


def _draw(leaves: Numbers, tree: list[Floats], chance: np.random.Generator) -> Floats:
    rows = chance.standard_normal((len(leaves), DIMENSION), dtype=np.float32)
    rows *= _spectrum() * np.float32(np.sqrt(_OWN))
    for nodes in tree:
        rows += nodes[leaves * len(nodes) // _LEVELS[-1][0]]
    return _unit(rows)


def _words(leaves: Numbers, chance: np.random.Generator) -> npt.NDArray[np.uint32]:
    """Return one word number for each leaf: by Zipf's law from all words, or from those of the leaf's topic."""
    general = _COMMON * ((_VOCABULARY / _COMMON + 1) ** chance.random(len(leaves)) - 1)
    topic = leaves // 16 * _TOPIC_WORDS + (_TOPIC_WORDS * chance.random(len(leaves)) ** 2).astype(np.int64)
    special = 2000 + topic * 7919 % (_VOCABULARY - 2000)
    return np.where(chance.random(len(leaves)) < _OF_TOPIC, special, general.astype(np.int64)).astype(np.uint32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)
