"""Free-text search of the public lists: the one place that decides how it is done."""

import logging
from collections.abc import Callable

from matcher.core.errors import Conflict
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.search import Unsearchable, find_needs, find_offers
from matcher.needs.queries import named_needs
from matcher.offers.queries import named_offers
from matcher.web.context import platform

log = logging.getLogger(__name__)
LIMIT = 60
LONGEST_NAME = 60
Ranked = tuple[int, ...] | None


def ranked_offers(uow: UnitOfWork, actor: Actor, text: str) -> Ranked:
    """Return the offers called so, then those that fit, the best first; None: look for its words."""
    named = named_offers(uow, text, LIMIT) if len(text) <= LONGEST_NAME else []
    return _ranked(named, lambda: [hit.id for hit in find_offers(uow, platform().matcher, actor, text, LIMIT)])


def ranked_needs(uow: UnitOfWork, actor: Actor, text: str) -> Ranked:
    """Return the needs called so, then those that fit, the best first; None: look for its words."""
    named = named_needs(uow, actor, text, LIMIT) if len(text) <= LONGEST_NAME else []
    return _ranked(named, lambda: [hit.id for hit in find_needs(uow, platform().matcher, actor, text, LIMIT)])


def _ranked(named: list[int], find: Callable[[], list[int]]) -> Ranked:
    """Put what carries the text as its number, in its title or in its organisation's name before what fits by meaning."""
    try:
        return tuple(dict.fromkeys([*named, *find()]))
    except (Conflict, Unsearchable) as error:
        log.warning("search by meaning is not to be had: %s", error)
        return None
