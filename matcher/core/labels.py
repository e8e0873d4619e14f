"""Names of things in the two languages of the pages."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Label:
    """Hold one text in Chinese and English; `{name}` stands for a value filled in by `format`."""

    zh: str
    en: str

    def text(self, language: str) -> str:
        """Return the text in `language`; every language but English reads Chinese."""
        return self.en if language.startswith("en") else self.zh

    def format(self, **values: object) -> "Label":
        """Fill the values into both texts; a value that is itself a label is filled in per language."""
        return Label(
            self.zh.format(**{k: v.zh if isinstance(v, Label) else v for k, v in values.items()}),
            self.en.format(**{k: v.en if isinstance(v, Label) else v for k, v in values.items()}),
        )
