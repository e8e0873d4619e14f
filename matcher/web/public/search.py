"""Free-text search of the public lists: the one place that decides how it is done."""

from collections.abc import Callable

from matcher.core.errors import Conflict
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Hit
from matcher.matching.search import find_needs, find_offers
from matcher.needs.queries import named_needs
from matcher.offers.queries import named_offers
from matcher.web.context import platform

MOST = 100  # what lies below the hundredth place nobody reads
LONGEST_NAME = 60


def ranked_offers(uow: UnitOfWork, actor: Actor, text: str) -> tuple[int, ...] | None:
    """Return the offers that fit a text, the best first; None while the index is being made: look for its words."""
    named = named_offers(uow, text, MOST) if len(text) <= LONGEST_NAME else []
    return _ranked(named, lambda: find_offers(uow, platform().matcher, actor, text, MOST))


def ranked_needs(uow: UnitOfWork, actor: Actor, text: str) -> tuple[int, ...] | None:
    """Return the needs that fit a text, the best first; None while the index is being made: look for its words."""
    named = named_needs(uow, actor, text, MOST) if len(text) <= LONGEST_NAME else []
    return _ranked(named, lambda: find_needs(uow, platform().matcher, actor, text, MOST))


def _ranked(named: list[int], find: Callable[[], list[Hit]]) -> tuple[int, ...] | None:
    """Put what is called so (by number, title or organisation) before what fits."""
    try:
        hits = find()
    except Conflict:
        return None
    return tuple(dict.fromkeys([*named, *(hit.id for hit in hits)]))
