"""Every table, imported in one place for migrations and for building the mappers."""

from matcher.accounts import brake
from matcher.accounts import model as accounts
from matcher.core import audit, lifecycle, outbox
from matcher.core.db import Base
from matcher.deals import model as deals
from matcher.desk import model as desk
from matcher.events import model as events
from matcher.matching import desk_model, introduction_model, portfolio_model, ranker_model, saved_model
from matcher.matching import model as matching
from matcher.messages import model as messages
from matcher.needs import model as needs
from matcher.offers import model as offers
from matcher.projects import model as projects

__all__ = [
    "Base",
    "accounts",
    "audit",
    "brake",
    "deals",
    "desk",
    "desk_model",
    "events",
    "introduction_model",
    "lifecycle",
    "matching",
    "messages",
    "needs",
    "offers",
    "outbox",
    "portfolio_model",
    "projects",
    "ranker_model",
    "saved_model",
]
