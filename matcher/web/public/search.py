"""Free-text search of the public lists: the one place that decides how it is done."""

from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork


def ranked_offers(uow: UnitOfWork, actor: Actor, text: str) -> tuple[int, ...] | None:
    """Return the offers that fit a text, the best first; None: look for its words."""
    return None


def ranked_needs(uow: UnitOfWork, actor: Actor, text: str) -> tuple[int, ...] | None:
    """Return the needs that fit a text, the best first; None: look for its words."""
    return None
