"""Free-text search: what fits a text, as far as the person who asks may see it."""

from sqlalchemy import select

from matcher.core.people import Actor
from matcher.core.permissions import View
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import EngineError, Hit
from matcher.matching.service import Matcher
from matcher.needs.model import Need
from matcher.needs.service import view_for

LONGEST = 20_000
#: What an engine that is out of order raises; pages then go on without search by meaning.
Unsearchable = EngineError


def find_offers(uow: UnitOfWork, matcher: Matcher, actor: Actor, text: str, limit: int = 50) -> list[Hit]:
    """Return the published offers that fit a text, best first; every index entry is public. Raises Conflict."""
    return matcher.find("offer", text[:LONGEST], limit) if text.strip() else []


def find_needs(uow: UnitOfWork, matcher: Matcher, actor: Actor, text: str, limit: int = 50) -> list[Hit]:
    """Return the open needs that fit a text and that the actor sees in full, best first.

    A redacted need is left out: being found by its hidden words would tell them. Raises Conflict.
    """
    if not text.strip():
        return []
    hits = matcher.find("need", text[:LONGEST], limit * 2)
    found = uow.session.scalars(select(Need).where(Need.id.in_([hit.id for hit in hits])))
    needs = {need.id: need for need in found}
    seen = [hit for hit in hits if hit.id in needs and view_for(uow, actor, needs[hit.id]) is View.FULL]
    return seen[:limit]
