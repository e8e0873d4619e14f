"""Finds quoted sentences in the texts they come from, so that they can be marked in place."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LINE, _CLAUSE = re.compile(r"\n+"), re.compile(r"[\n；;。]+")
_LEAST = 8  # characters of a part of a quote that is looked for by itself


@dataclass(frozen=True, slots=True)
class Quote:
    """Hold a sentence to be found, with the number under which the page shows it."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold a stretch of a text; `number` is that of the quote it belongs to, None outside every quote.

    `opens` marks the first piece of a quote in this text.
    """

    text: str
    number: int | None = None
    opens: bool = False


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the text without white space, width and case, with the place in `text` of each of its characters.

    The engine quotes texts normalised; what it quotes is found whatever the original's width and spacing.
    """
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for folded in unicodedata.normalize("NFKC", character).casefold():
            if not folded.isspace():
                characters.append(folded)
                places.append(place)
    return "".join(characters), places


def _ways(quote: str) -> Iterator[list[str]]:
    """Yield the quote whole, then by lines, then by clauses: the engine's passages may run over the end of a text."""
    yield [quote]
    for pattern in (_LINE, _CLAUSE):
        yield [part for part in pattern.split(quote) if len(part.strip()) >= _LEAST]


def _places(folded: str, parts: Sequence[str]) -> list[tuple[int, int]]:
    found = []
    for part in parts:
        wanted, _ = _folded(part)
        start = folded.find(wanted) if len(wanted) > 1 else -1
        if start >= 0:
            found.append((start, start + len(wanted)))
    return found


def _spans(text: str, quotes: Sequence[Quote]) -> list[tuple[int, int, int]]:
    folded, places = _folded(text)
    taken: list[tuple[int, int, int]] = []
    for quote in quotes:
        found = next(filter(None, (_places(folded, parts) for parts in _ways(quote.text))), [])
        for start, end in found:
            span = (places[start], places[end - 1] + 1, quote.number)
            # Quotes come most telling first: one that overlaps an earlier one stays unmarked.
            if all(span[1] <= low or span[0] >= high for low, high, _ in taken):
                taken.append(span)
    return sorted(taken)


def mark(text: str, quotes: Sequence[Quote]) -> list[list[Piece]]:
    """Return the paragraphs of `text`, each as pieces in and outside of the quotes; empty paragraphs are left out."""
    pieces: list[Piece] = []
    end = 0
    for start, stop, number in _spans(text, quotes):
        first = all(piece.number != number for piece in pieces)
        pieces += [Piece(text[end:start]), Piece(text[start:stop], number, opens=first)]
        end = stop
    return _paragraphs([*pieces, Piece(text[end:])])


def _paragraphs(pieces: Sequence[Piece]) -> list[list[Piece]]:
    paragraphs: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *rest = piece.text.split("\n")
        paragraphs[-1].append(Piece(first, piece.number, piece.opens))
        paragraphs += [[Piece(line, piece.number)] for line in rest]
    kept = ([piece for piece in paragraph if piece.text] for paragraph in paragraphs)
    return [paragraph for paragraph in kept if any(piece.text.strip() for piece in paragraph)]
