"""What the clock does to projects: bidding opens and closes at the second that the list says, whoever looks."""

from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids.clock import GRACE, tend

__all__ = ["GRACE", "tick"]


def tick(uow: UnitOfWork) -> int:
    """Open and close the bidding of every project whose time has come; returns how many moved. The caller commits."""
    return tend(uow)
