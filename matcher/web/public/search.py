"""Free-text search of the public lists: the one place that decides how it is done."""

import logging

from matcher.core.errors import Conflict
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.search import Unsearchable, find_needs, find_offers
from matcher.web.context import platform

log = logging.getLogger(__name__)
LIMIT = 60
Ranked = tuple[int, ...] | None


def ranked_offers(uow: UnitOfWork, actor: Actor, text: str) -> Ranked:
    """Return the offers that fit a text, the best first; None: look for its words."""
    try:
        return tuple(hit.id for hit in find_offers(uow, platform().matcher, actor, text, LIMIT))
    except (Conflict, Unsearchable) as error:
        log.warning("search by meaning is not to be had: %s", error)
        return None


def ranked_needs(uow: UnitOfWork, actor: Actor, text: str) -> Ranked:
    """Return the needs that fit a text, the best first; None: look for its words."""
    try:
        return tuple(hit.id for hit in find_needs(uow, platform().matcher, actor, text, LIMIT))
    except (Conflict, Unsearchable) as error:
        log.warning("search by meaning is not to be had: %s", error)
        return None
