"""The wish to group the needs anew, left in the outbox for the worker; light, so that pages need no clustering library."""

from sqlalchemy import select

from matcher.core import outbox
from matcher.core.outbox import OutboxRow, Topic
from matcher.core.unit_of_work import UnitOfWork


def wish_for_grouping(uow: UnitOfWork) -> None:
    """Ask the worker to group the needs anew."""
    if not is_waiting(uow):
        outbox.put(uow, Topic.GROUP, "topic", 0)


def is_waiting(uow: UnitOfWork) -> bool:
    """Say whether a grouping was asked for and has not begun."""
    return uow.session.scalar(select(OutboxRow.id).where(OutboxRow.topic == Topic.GROUP).limit(1)) is not None
