"""Fixtures that several files of service tests share."""

from tests.meeting_days import answered, event, in_force, pairings

__all__ = ["answered", "event", "in_force", "pairings"]
