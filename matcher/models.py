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
from matcher.projects import files_model as project_files
from matcher.projects.bids import model as bids
from matcher.projects.delivery import model as delivery
from matcher.projects.experts import model as experts
from matcher.projects.scenarios import model as scenarios
from matcher.projects.setup import model as setup
from matcher.projects.topics import model as topics

__all__ = [
    "Base",
    "accounts",
    "audit",
    "bids",
    "brake",
    "deals",
    "delivery",
    "desk",
    "desk_model",
    "events",
    "experts",
    "introduction_model",
    "lifecycle",
    "matching",
    "messages",
    "needs",
    "offers",
    "outbox",
    "portfolio_model",
    "project_files",
    "ranker_model",
    "saved_model",
    "scenarios",
    "setup",
    "topics",
]
