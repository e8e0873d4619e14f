"""What a vocabulary is."""

import unicodedata
from collections.abc import Iterator, Mapping

from matcher.core.labels import Label


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class Vocabulary:
    """Map codes to labels, and what people write back to codes.

    `aliases` are further spellings that lists use for a code. Order of declaration is order on pages.
    """

    def __init__(
        self,
        name: str,
        labels: Mapping[str, Label],
        *,
        aliases: Mapping[str, str] | None = None,
        parents: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.labels = dict(labels)
        self.parents = dict(parents or {})
        self._spellings: dict[str, str] = {}
        for code, label in self.labels.items():
            # The first one wins: a county that shares its name with another is then found by its code.
            for spelling in (code, label.zh, label.en, f"{code} {label.zh}", f"{code} {label.en}"):
                self._spellings.setdefault(_fold(spelling), code)
        for spelling, code in (aliases or {}).items():
            self._spellings.setdefault(_fold(spelling), code)

    def __contains__(self, code: object) -> bool:
        return code in self.labels

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def label(self, code: str) -> Label:
        """Return the label of a code; an unknown code is its own label, so that old data still shows."""
        return self.labels.get(code) or Label(code, code)

    def read(self, text: str) -> str | None:
        """Return the code that a person means by a code, a Chinese or an English label, or None."""
        return self._spellings.get(_fold(text))

    def roots(self) -> list[str]:
        """Return the codes of the top level."""
        return [code for code in self.labels if code not in self.parents]

    def children(self, code: str) -> list[str]:
        """Return the codes directly below `code`."""
        return [child for child, parent in self.parents.items() if parent == code]

    def ancestors(self, code: str) -> list[str]:
        """Return the codes above `code`, nearest first."""
        found = []
        while code in self.parents:
            code = self.parents[code]
            found.append(code)
        return found
