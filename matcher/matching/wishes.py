"""What waits in the outbox for matching, item by item."""

from dataclasses import dataclass

from sqlalchemy import select

from matcher.core.outbox import OutboxRow, Topic
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Side


@dataclass(frozen=True, slots=True)
class Wish:
    """An item that changed, and the outbox rows that say so."""

    side: Side
    item_id: int
    rows: tuple[int, ...]


def next_wishes(uow: UnitOfWork, topic: Topic, limit: int) -> list[Wish]:
    """Return the oldest wishes of a topic, at most `limit` rows of the outbox, those of one item together."""
    rows = uow.session.execute(
        select(OutboxRow.id, OutboxRow.entity, OutboxRow.entity_id)
        .where(OutboxRow.topic == topic)
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    grouped: dict[tuple[Side, int], list[int]] = {}
    for row_id, entity, entity_id in rows:
        side: Side = "need" if entity == "need" else "offer"
        grouped.setdefault((side, entity_id), []).append(row_id)
    return [Wish(side, item_id, tuple(ids)) for (side, item_id), ids in grouped.items()]
