"""Every view of the desk, gathered so that they hang on its blueprint."""

from matcher.web.desk import boarding, claiming, dossier, intake, listing, pairing_up, routes, tasking, team
from matcher.web.desk.blueprint import desk

__all__ = [
    "boarding", "claiming", "desk", "dossier", "intake", "listing", "pairing_up", "routes", "tasking", "team",
]  # fmt: skip
