"""Offers with a piece taken out of them, as if it had never been written."""

from __future__ import annotations

from dataclasses import replace

from matcher.engine.items import Item
from matcher.engine.normalisation import normalise
from matcher.engine.text import _phrase, full_text


def without_passage(item: Item, passage: str) -> Item:
    """Return an item whose text lacks a stretch of `full_text`: keywords and indicators in it go whole."""
    text = full_text(item)
    start = text.index(passage)
    end = start + len(passage)
    lines, at = [], 0
    for line in text.split("\n"):
        low, high = max(start - at, 0), max(end - at, 0)
        lines.append(line[:low] + line[high:])
        at += len(line) + 1
    heads = iter(lines)
    title = next(heads) if item.title.strip() else ""
    keywords = next(heads) if item.keywords else ""
    stated = next(heads) if item.indicators else ""
    return replace(
        item,
        title=title,
        keywords=tuple(word for word in item.keywords if normalise(word) in keywords),
        indicators=tuple(row for row in item.indicators if normalise(_phrase(row)) in stated),
        body="\n".join(heads),
    )
