"""BM25 over words and character bigrams, kept up to date item by item.

Okapi BM25 in the form of Lucene (Robertson and Zaragoza 2009; idf never negative). The score of a pair depends on the
two texts and on the statistics of the live items (how many, how long, how many have the term), never on the order of
updates, on other queries or on filters.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rjieba
import tantivy

from matcher.engine.items import DamagedSnapshot

Ids = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

# Higher than Lucene's 1.2 and 0.75: needs and abstracts are long and a term that is repeated is meant; chosen over all
# judged sets together (docs/quality.md).
K1 = 1.6
B = 0.9

_RUN = re.compile(
    r"(?P<cjk>[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+)"
    r"|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]+"
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_STOP_WORDS = frozenset(
    """about after all also an and any are as at be been before being between both but by can could did do does during
    each for from had has have he her his how however if in into is it its may might more most must no nor not of on one
    only or other our over shall she should so some such than that the their them then there these they this those
    through thus to under up upon us use used using very via was we were what when where whether which while who will
    with within without would you your
    aber als am an auch auf aus bei das dass dem den der des die durch ein eine einem einen einer eines es fur im ist
    mit nach nicht oder sich sind sowie uber um und vom von vor werden wie wird wurde wurden zu zum zur""".split()
)
_LONGEST_WORD = 64  # longer runs are serial numbers, hashes or noise
_stemmer = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)


def tokenise(text: str) -> list[str]:
    """Return the terms of a text in order, repetitions kept.

    Latin and other alphabetic runs become stems (Snowball, English) without stop words and single letters. Chinese,
    Japanese and Korean runs become words (jieba, two characters and more) and then character bigrams, which start with
    an underscore: bigrams find what segmentation splits differently.
    """
    terms: list[str] = []
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match.group()
        terms.extend(_cjk_terms(run) if match.group("cjk") else _word_terms(run))
    return terms


def _cjk_terms(run: str) -> Iterable[str]:
    if len(run) == 1:
        return [run]
    words = [word for han in _HAN.findall(run) for word in rjieba.cut(han) if len(word) > 1]
    return words + ["_" + run[at : at + 2] for at in range(len(run) - 1)]


def _word_terms(run: str) -> Iterable[str]:
    if len(run) == 1 or len(run) > _LONGEST_WORD or run in _STOP_WORDS:
        return ()
    return (_stem(run),)


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    if word.isdigit():
        return word
    stems = _stemmer.analyze(word)
    return stems[0] if stems else word


@lru_cache(maxsize=500_000)
def _key(term: str) -> int:
    """Return a 64-bit key, the same in every process: segments hold numbers, no strings."""
    return int.from_bytes(hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@dataclass(slots=True)
class _Segment:
    """Hold the postings of a set of documents: per term the rows that have it, ascending, and how often.

    Arrays may be memory maps. A deleted document keeps its postings until segments are merged; `alive` says so.
    """

    ids: Ids
    lengths: npt.NDArray[np.float32]
    alive: npt.NDArray[np.bool_]
    keys: npt.NDArray[np.uint64]
    heads: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    counts: npt.NDArray[np.uint16]

    def postings(self, key: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint16]]:
        """Return rows and counts of a term, both empty where it does not occur."""
        at = int(np.searchsorted(self.keys, np.uint64(key)))
        if at == len(self.keys) or int(self.keys[at]) != key:
            return self.rows[:0], self.counts[:0]
        span = slice(int(self.heads[at]), int(self.heads[at + 1]))
        return self.rows[span], self.counts[span]
