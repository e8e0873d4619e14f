"""Reading what forms of experts and panels carry; anything odd is as if it were not there."""

from collections.abc import Iterable


def number(text: str | None) -> int | None:
    """Return a stored number as a form carries it, None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def numbers(texts: Iterable[str]) -> list[int]:
    """Return the numbers among the ticked boxes of a form, each once."""
    return list(dict.fromkeys(found for found in map(number, texts) if found is not None))
