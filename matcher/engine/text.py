"""What of a need or offer is embedded and indexed: its whole text, the windows a model reads, passages and terms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matcher.engine.items import Encoder, Indicator, Item
from matcher.engine.lexical import tokenise
from matcher.engine.normalisation import normalise

REVISION = 1  # to be raised with any change to what is embedded or indexed: every stored record is made anew then
PASSAGE_TOKENS = 64  # of a passage when there is a choice: two or three sentences
MOST_PASSAGES = 64  # of one item; longer texts get longer passages
MOST_WINDOWS = 64  # of one item that are read by the model, spread evenly over longer texts
_LONGEST_PIECE = 240  # characters of a sentence before it is cut at a comma
_LONGEST_READ = 250_000  # characters of one item for which vectors are made; terms are taken from all of it

_BREAK = re.compile(
    r"[。！？；…][。！？；…\"”’」』）)\]]*\s*"
    r"|[!?;]+[\"”’)\]]*(?:\s+|(?=[\u3400-\u9fff]))"
    r"|\.[\"”’)\]]*\s+(?=[\"“(\[]?[A-ZÀ-Þ0-9\u3400-\u9fff])"
    r"|\n+"
)
_BEFORE_DOT = re.compile(r"(?:^|[\s(\[])([^\s(\[]{1,10})$")
_NO_END = re.compile(
    r"\d{1,2}|[A-Za-z]|e\.?g|i\.?e|et al|al|etc|vs|ca|cf|approx|resp|no|nr|fig|figs|eq|ref|sec|dr|prof|mr|ms|st|inc|ltd|co|z\.?b|bzw|d\.?h|u\.?a",
    re.IGNORECASE,
)
_SOFT_BREAK = re.compile(r"[，,、:： ]")
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "eq": "="}

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Analysis:
    """Hold an item's text ready to be embedded.

    `windows` cover the whole text, each within the model's window, `weights` are their tokens; `passages` are the short
    stretches for sentence evidence, none where there would be only one; `tokens` are the terms for lexical search.
    """

    text: str
    windows: tuple[str, ...]
    weights: tuple[int, ...]
    passages: tuple[str, ...]
    tokens: tuple[str, ...]


def full_text(item: Item) -> str:
    """Return all of an item that is searched: title, keywords, indicators, body; normalised, one paragraph a line."""
    parts = [item.title, "，".join(item.keywords), "；".join(map(_phrase, item.indicators)), item.body]
    return "\n".join(filter(None, map(normalise, parts)))


def text_hash(item: Item) -> str:
    """Return a hash that changes exactly when what is embedded or indexed changes; facts of the profile are not."""
    indicators = [[i.name, i.comparator, i.value, i.value_high, i.unit, i.text] for i in item.indicators]
    content = json.dumps([REVISION, item.title, item.keywords, indicators, item.body], separators=(",", ":"))
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def analyse(items: Sequence[Item], encoder: Encoder) -> list[Analysis]:
    """Return the analysis of each item; `encoder` gives its window and counts tokens."""
    texts = [full_text(item) for item in items]
    spans = [_thinned(pieces(text)) for text in texts]
    stretches = [text[start:end] for text, cuts in zip(texts, spans, strict=True) for start, end in cuts]
    counts = iter(encoder.count_tokens(stretches))
    sizes = [[next(counts) for _ in cuts] for cuts in spans]
    return [_divide(*parts, encoder.window) for parts in zip(texts, spans, sizes, strict=True)]


def sentences(text: str) -> list[str]:
    """Return the sentences of a normalised text, Chinese or Latin; line ends are borders too."""
    return [sentence for start, end in _sentence_spans(text) if (sentence := text[start:end].strip())]


def pieces(text: str) -> list[Span]:
    """Return the sentences as adjoining spans, very long ones cut at commas or spaces, or else anywhere."""
    return [piece for span in _sentence_spans(text) for piece in _cut(text, span)]


def _sentence_spans(text: str) -> Iterator[Span]:
    start = 0
    for match in _BREAK.finditer(text):
        if match.group()[0] == "." and _is_abbreviation(text, start, match.start()):
            continue
        yield start, match.end()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _is_abbreviation(text: str, start: int, dot: int) -> bool:
    word = _BEFORE_DOT.search(text[max(start, dot - 12) : dot])
    if word is None or not _NO_END.fullmatch(word.group(1)):
        return False
    # A number before a dot counts what follows only at the start of its line: "1. Scope" but "in 20. The"
    return not word.group(1).isdigit() or not text[start : dot - len(word.group(1))].strip()


def _cut(text: str, span: Span) -> Iterator[Span]:
    start, end = span
    while end - start > _LONGEST_PIECE:
        soft = [
            match.end() for match in _SOFT_BREAK.finditer(text, start + _LONGEST_PIECE // 2, start + _LONGEST_PIECE)
        ]
        middle = soft[-1] if soft else start + _LONGEST_PIECE
        yield start, middle
        start = middle
    yield start, end


def _thinned(spans: list[Span]) -> list[Span]:
    """Return spans of bounded length in all: the same head, and of what follows every n-th piece."""
    total = spans[-1][1] if spans else 0
    return spans if total <= _LONGEST_READ else spans[:: -(-total // _LONGEST_READ)]


def _divide(text: str, spans: list[Span], sizes: list[int], window: int) -> Analysis:
    grouped = list(_pack(spans, sizes, window))
    windows = grouped[:: -(-len(grouped) // MOST_WINDOWS)] if grouped else [([(0, 0)], 1)]
    share = max(PASSAGE_TOKENS, -(-sum(size for _, size in windows) // (MOST_PASSAGES * 3 // 4)))
    kept = [span for group, _ in windows for span in group] if len(windows) < len(grouped) else spans
    by_span = dict(zip(spans, sizes, strict=True))
    passages = [
        _join(text, group) for group, _ in _pack(kept, [by_span.get(span, 0) for span in kept], min(share, window))
    ]
    return Analysis(
        text,
        tuple(_join(text, group) for group, _ in windows),
        tuple(max(size, 1) for _, size in windows),
        tuple(passages[:MOST_PASSAGES]) if len(passages) > 1 else (),
        tuple(tokenise(text)),
    )


def _pack(spans: Iterable[Span], sizes: Iterable[int], limit: int) -> Iterator[tuple[list[Span], int]]:
    """Yield neighbouring spans together with their tokens, as many as fit into `limit`."""
    group: list[Span] = []
    total = 0
    for span, size in zip(spans, sizes, strict=True):
        if group and total + size > limit:
            yield group, total
            group, total = [], 0
        group.append(span)
        total += size
    if group:
        yield group, total


def _join(text: str, spans: list[Span]) -> str:
    if spans[-1][1] - spans[0][0] == sum(end - start for start, end in spans):
        return text[spans[0][0] : spans[-1][1]].strip()
    return " ".join(text[start:end].strip() for start, end in spans)


@lru_cache(maxsize=4096)
def _phrase(indicator: Indicator) -> str:
    """Return an indicator as people write it, e.g. 孔隙率 ≤ 0.5 %."""
    if indicator.comparator == "text" or indicator.value is None:
        return f"{indicator.name} {indicator.text}".strip()
    low, high = f"{indicator.value:g}", f"{indicator.value_high or 0:g}"
    if indicator.comparator == "range":
        value = f"{low}–{high}"
    elif indicator.comparator == "pm":
        value = f"{low}±{high}"
    else:
        value = f"{_SIGNS.get(indicator.comparator, '=')} {low}"
    return f"{indicator.name} {value} {indicator.unit}".strip()
