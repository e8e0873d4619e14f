"""Reading what forms of experts and panels carry; anything odd is as if it were not there."""

from collections.abc import Iterable

from matcher.web.forms import read_number


def numbers(texts: Iterable[str]) -> list[int]:
    """Return the numbers among the ticked boxes of a form, each once."""
    return list(dict.fromkeys(found for found in map(read_number, texts) if found is not None))
