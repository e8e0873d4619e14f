"""Cells of text files that a spreadsheet would compute: marked when written, unmarked when read."""

import re

MARK = "'"
# Half and full width, and what a spreadsheet skips before it looks for a formula.
_COMPUTED = re.compile(r"'*[=+\-@＝＋－＠\t\r]")


def guard(text: str) -> str:
    """Return a text as a spreadsheet shows it without computing: one that begins like a formula gets a mark."""
    return MARK + text if _COMPUTED.match(text) else text


def unguard(text: str) -> str:
    """Take away the mark that `guard` set."""
    return text[1:] if text.startswith(MARK) and _COMPUTED.match(text[1:]) else text
