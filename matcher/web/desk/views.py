"""Every view of the desk, gathered so that they hang on its blueprint."""

from matcher.web.desk import claiming, intake, routes
from matcher.web.desk.blueprint import desk

__all__ = ["claiming", "desk", "intake", "routes"]
