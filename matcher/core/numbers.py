"""The numbers by which people speak of things: letters that say what it is, and its id."""

LETTERS = {
    "need": "XQ", "offer": "CG", "introduction": "YJ", "deal": "HT", "project": "LX", "call": "BD", "bid": "JB",
    "task_book": "RW", "topic": "GX",
}  # fmt: skip


def number_of(kind: str, key: int) -> str:
    """Return the number of a thing."""
    return f"{LETTERS[kind]}{key:06d}"
