"""Reading what changed: the outbox's wishes become stored records, from which every process brings its index up to date.

A batch is one transaction under a lease: killed at any moment, the wishes of a batch are either all still there or all
fulfilled, and no vector is computed for a text that has one.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, select

from matcher.core import outbox
from matcher.core.outbox import OutboxRow, Topic
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.catalogue import embed
from matcher.engine.items import Encoder, Item, Side
from matcher.engine.text import text_hash
from matcher.matching import lease
from matcher.matching.items import need_item, offer_item
from matcher.matching.model import StoredRecord
from matcher.matching.wishes import Wish, next_wishes
from matcher.needs import model as need_model
from matcher.needs.model import Need
from matcher.offers import model as offer_model
from matcher.offers.model import Offer

SIDES: tuple[Side, Side] = ("need", "offer")
LEASE = "sync"
BATCH = 64

OpenUow = Callable[[], UnitOfWork]
Advance = Callable[[int, int], None]
LoadEncoder = Callable[[], Encoder]


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


def load_items(uow: UnitOfWork, side: Side, ids: Iterable[int]) -> dict[int, Item]:
    """Return the items among `ids` that are open for matching, by id."""
    wanted = list(ids)
    items: dict[int, Item] = {}
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        if side == "need":
            needs = select(Need).where(Need.id.in_(chunk), Need.state.in_(need_model.OPEN_STATES))
            items |= {need.id: need_item(need) for need in uow.session.scalars(needs)}
        else:
            offers = select(Offer).where(Offer.id.in_(chunk), Offer.state.in_(offer_model.OPEN_STATES))
            items |= {offer.id: offer_item(offer) for offer in uow.session.scalars(offers)}
    return items


def open_ids(uow: UnitOfWork, side: Side) -> list[int]:
    """Return the ids of every item that is open for matching."""
    query: Any
    if side == "need":
        query = select(Need.id).where(Need.state.in_(need_model.OPEN_STATES)).order_by(Need.id)
    else:
        query = select(Offer.id).where(Offer.state.in_(offer_model.OPEN_STATES)).order_by(Offer.id)
    return list(uow.session.scalars(query))


def _contents(uow: UnitOfWork, encoder: Encoder, side: Side, items: Sequence[Item]) -> dict[str, bytes]:
    """Return the stored form of each text of a side by its hash; only texts never seen before are computed."""
    hashes = {text_hash(item): item for item in items}
    known = select(StoredRecord.text_hash, StoredRecord.content).where(
        StoredRecord.encoder == encoder.name, StoredRecord.side == side, StoredRecord.text_hash.in_(hashes)
    )
    found = dict(uow.session.execute(known).all())
    missing = [item for key, item in hashes.items() if key not in found]
    return found | {record.text_hash: record.to_bytes() for record in embed(missing, encoder)}


def _write(uow: UnitOfWork, encoder_name: str, wishes: list[Wish], contents: dict[Wish, tuple[str, bytes]]) -> None:
    held = lease.hold(uow, LEASE)
    for wish in wishes:
        row = uow.session.scalar(
            select(StoredRecord).where(
                StoredRecord.side == wish.side,
                StoredRecord.item_id == wish.item_id,
                StoredRecord.encoder == encoder_name,
            )
        )
        if wish not in contents and (row is None or not row.is_open):
            continue  # it was never in the index, or has left it
        held.counter += 1
        if row is None:
            row = StoredRecord(side=wish.side, item_id=wish.item_id, encoder=encoder_name, text_hash="", content=b"")
            uow.session.add(row)
        row.is_open = wish in contents
        row.sequence, row.changed_at = held.counter, uow.clock()
        if row.is_open:
            text, content = contents[wish]
            if row.text_hash != text:
                row.text_hash, row.content = text, content
        outbox.put(uow, Topic.MATCH, wish.side, wish.item_id)
    done = [row_id for wish in wishes for row_id in wish.rows]
    uow.session.execute(delete(OutboxRow).where(OutboxRow.id.in_(done)))
    uow.commit()


def sync(open_uow: OpenUow, load_encoder: LoadEncoder, advance: Advance = no_progress) -> int:
    """Store the records of everything that changed; returns how many items were read.

    Raises Conflict when another process is at it.
    """
    uow = open_uow()
    done = 0
    try:
        total = uow.session.scalar(select(func.count()).where(OutboxRow.topic == Topic.INDEX)) or 0
        wishes = next_wishes(uow, Topic.INDEX, BATCH)
        if not wishes:
            return 0
        lease.hold(uow, LEASE)
        uow.commit()
        while wishes:
            contents = _read(uow, load_encoder, wishes)
            uow.rollback()  # the write below starts from the latest state, and reads held nobody up
            _write(uow, load_encoder().name, wishes, contents)
            done += sum(len(wish.rows) for wish in wishes)
            advance(done, max(total, done))
            wishes = next_wishes(uow, Topic.INDEX, BATCH)
        lease.release(uow, LEASE)
        uow.commit()
    finally:
        uow.close()
    return done


def _read(uow: UnitOfWork, load_encoder: LoadEncoder, wishes: list[Wish]) -> dict[Wish, tuple[str, bytes]]:
    """Return hash and stored form for each wish whose item is open."""
    found: dict[Wish, tuple[str, bytes]] = {}
    for side in SIDES:
        of_side = [wish for wish in wishes if wish.side == side]
        items = load_items(uow, side, [wish.item_id for wish in of_side])
        contents = _contents(uow, load_encoder(), side, list(items.values())) if items else {}
        for wish in of_side:
            if wish.item_id in items:
                key = text_hash(items[wish.item_id])
                found[wish] = (key, contents[key])
    return found
