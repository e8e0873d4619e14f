"""What is served: built when there is nothing yet, when the collection has outgrown its statistics, when the encoder changes."""

from sqlalchemy import func, select

from matcher.core import outbox
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Record, Side
from matcher.engine.reference import fit_reference
from matcher.matching.index import CHUNK, load_records, served, stored_after
from matcher.matching.model import ServedIndex, StoredRecord
from matcher.matching.sync import SIDES, open_ids

#: The statistics are taken from at most this many items of a side: more would not change them visibly.
SAMPLE = 20_000
#: They are taken anew when the collection has grown or shrunk by this factor since.
OUTGROWN = 1.5


def wish_for_missing(uow: UnitOfWork, encoder_name: str) -> int:
    """Put every open item into the outbox that has no record of this encoder and no wish; returns how many."""
    wishes = set(
        uow.session.execute(
            select(outbox.OutboxRow.entity, outbox.OutboxRow.entity_id).where(
                outbox.OutboxRow.topic == outbox.Topic.INDEX
            )
        )
    )
    count = 0
    for side in SIDES:
        query = select(StoredRecord.item_id).where(
            StoredRecord.side == side, StoredRecord.encoder == encoder_name, StoredRecord.is_open
        )
        known = set(uow.session.scalars(query))
        for item_id in open_ids(uow, side):
            if item_id not in known and (side, item_id) not in wishes:
                outbox.put(uow, outbox.Topic.INDEX, side, item_id)
                count += 1
    return count


def _counts(uow: UnitOfWork, encoder_name: str) -> dict[str, int]:
    query = select(StoredRecord.side, func.count()).where(StoredRecord.encoder == encoder_name, StoredRecord.is_open)
    return dict(uow.session.execute(query.group_by(StoredRecord.side)).all())


def _is_outgrown(row: ServedIndex, counts: dict[str, int]) -> bool:
    for before, now in ((row.needs, counts.get("need", 0)), (row.offers, counts.get("offer", 0))):
        if max(before, now) > OUTGROWN * max(1, min(before, now)) and max(before, now) >= 10:
            return True
    return False


def serve(uow: UnitOfWork, encoder_name: str, dimension: int, *, anew: bool = False) -> bool:
    """Make a new generation when one is due; returns whether it did. Call it when nothing waits to be read."""
    counts = _counts(uow, encoder_name)
    now = served(uow)
    due = now is None or now.encoder != encoder_name or _is_outgrown(now, counts)
    if not (due or anew) or not counts:
        return False
    records = {side: _sample(uow, encoder_name, side, counts.get(side, 0)) for side in SIDES}
    uow.session.add(
        ServedIndex(
            generation=now.generation + 1 if now else 1,
            encoder=encoder_name,
            needs=counts.get("need", 0),
            offers=counts.get("offer", 0),
            need_reference=fit_reference(records["need"], records["offer"], dimension).to_bytes(),
            offer_reference=fit_reference(records["offer"], records["need"], dimension).to_bytes(),
            built_at=uow.clock(),
        )
    )
    return True


def _sample(uow: UnitOfWork, encoder_name: str, side: Side, count: int) -> list[Record]:
    """Return the records of a side, evenly thinned to the size of a sample."""
    step = max(1, -(-count // SAMPLE))
    records: list[Record] = []
    sequence = 0
    while rows := stored_after(uow, encoder_name, sequence, CHUNK):
        sequence = rows[-1].sequence
        records += load_records(uow, side, [row for row in rows if row.side == side][::step])
    return records
