"""Lists with facets: the filter read from the address, and the addresses of every other filter."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from matcher.core.labels import Label
from matcher.core.listing import Listing
from matcher.core.vocabularies import Vocabulary
from matcher.web.language import t
from matcher.web.template_tools import same_page

MAX_TEXT = 2000
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Facet:
    """Declare one facet: its name in the address, its label, and how its codes are called."""

    name: str
    label: Label
    name_of: Callable[[str], Label]
    known: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Option:
    """Hold one choice as the page shows it; `address` adds it, or takes it away when it is chosen."""

    label: str
    address: str
    chosen: bool
    count: int


@dataclass(frozen=True, slots=True)
class ShownFacet:
    """Hold a facet as the page shows it."""

    label: Label
    options: list[Option]

    @property
    def is_set(self) -> bool:
        """Say whether anything is chosen."""
        return any(option.chosen for option in self.options)

    @property
    def shown(self) -> list[Option]:
        """Return what is chosen and the most frequent choices."""
        return [option for place, option in enumerate(self.options) if option.chosen or place < MOST_SHOWN]

    @property
    def hidden(self) -> list[Option]:
        """Return the choices behind “more”."""
        return [option for place, option in enumerate(self.options) if not option.chosen and place >= MOST_SHOWN]


@dataclass(frozen=True, slots=True)
class ShownFacets:
    """Hold all facets, the choices made (each with the address without it), and the address without any."""

    facets: list[ShownFacet]
    chosen: list[Option]
    clear_address: str
    keep: list[tuple[str, str]]


def facet(name: str, label: Label, vocabulary: Vocabulary) -> Facet:
    """Declare a facet over a vocabulary."""
    return Facet(name, label, vocabulary.label, vocabulary.__contains__)


def read_choices(facets: Iterable[Facet]) -> dict[str, tuple[str, ...]]:
    """Read the chosen codes from the address; unknown ones are passed over."""
    return {
        one.name: tuple(dict.fromkeys(c for c in request.args.getlist(one.name)[:20] if one.known(c))) for one in facets
    }


def read_text() -> str:
    """Read the text of the search box."""
    return " ".join(request.args.get("q", "")[:MAX_TEXT].split())


def read_page() -> int:
    """Read the page number; anything odd is page 1."""
    given = request.args.get("page", "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 1


def show_facets(facets: Sequence[Facet], listing: Listing[Any], choices: Mapping[str, tuple[str, ...]]) -> ShownFacets:
    """Return the facets with their counts and addresses."""
    shown = [_show(one, listing.counts.get(one.name, {}), choices[one.name]) for one in facets]
    nothing: dict[str, Any] = dict.fromkeys(choices)
    return ShownFacets(
        facets=shown,
        chosen=[option for one in shown for option in one.options if option.chosen],
        clear_address=same_page(**nothing, page=None),
        keep=[(name, code) for name, codes in choices.items() for code in codes],
    )


def _show(one: Facet, counts: Mapping[str, int], chosen: tuple[str, ...]) -> ShownFacet:
    codes = [*counts, *(code for code in chosen if code not in counts)]
    options = [_option(one, code, counts.get(code, 0), chosen) for code in codes]
    return ShownFacet(one.label, options)


def _option(one: Facet, code: str, count: int, chosen: tuple[str, ...]) -> Option:
    rest = [c for c in chosen if c != code]
    codes = rest if code in chosen else [*rest, code]
    changes: dict[str, Any] = {one.name: codes or None, "page": None}
    return Option(t(one.name_of(code)), same_page(**changes), code in chosen, count)
