"""Every table, imported in one place for migrations and for building the mappers."""

from matcher.accounts import brake
from matcher.accounts import model as accounts
from matcher.core import audit, lifecycle, outbox
from matcher.core.db import Base
from matcher.desk import model as desk
from matcher.events import model as events
from matcher.matching import desk_model, portfolio_model
from matcher.matching import model as matching
from matcher.needs import model as needs
from matcher.offers import model as offers
from matcher.projects import model as projects

__all__ = [
    "Base",
    "accounts",
    "audit",
    "brake",
    "desk",
    "desk_model",
    "events",
    "lifecycle",
    "matching",
    "needs",
    "offers",
    "outbox",
    "portfolio_model",
    "projects",
]
