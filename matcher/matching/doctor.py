"""Does the index agree with the database? Finds what is missing, surplus or out of date, and rebuilds."""

from dataclasses import dataclass

from sqlalchemy import select

from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.cross_encoder import CrossReader
from matcher.engine.items import EngineError, Record, Side, Unavailable
from matcher.engine.text import text_hash
from matcher.matching.model import StoredRecord
from matcher.matching.queries import progress
from matcher.matching.service import Matcher
from matcher.matching.sync import SIDES, load_items, open_ids


@dataclass(frozen=True, slots=True)
class Finding:
    """Say of one thing whether it is well."""

    subject: str
    is_well: bool
    text: str


def examine(uow: UnitOfWork, matcher: Matcher) -> list[Finding]:
    """Return what is well and what is not."""
    second = [] if matcher.reader is None else [_second_model(matcher.reader)]
    return [_model(matcher), *second, _waiting(uow), *(_side(uow, matcher, side) for side in SIDES)]


def _model(matcher: Matcher) -> Finding:
    try:
        encoder = matcher.encoder()
        length = float((encoder.encode_needs(["轴承"]) ** 2).sum())
    except (EngineError, OSError) as error:
        return Finding("model", False, str(error))
    return Finding("model", abs(length - 1) < 1e-3, f"{encoder.name}, {encoder.dimension} dimensions")


def _second_model(reader: CrossReader) -> Finding:
    try:
        reader.logits([("轴承", "轴承")])
    except EngineError as error:
        return Finding("cross-encoder", False, str(error))
    return Finding("cross-encoder", True, reader.name)


def _waiting(uow: UnitOfWork) -> Finding:
    left = progress(uow)
    text = f"{left.to_index} to read, {left.to_match} to match"
    return Finding(
        "outbox", not left.is_under_way, text + (": run `python -m matcher match`" if left.is_under_way else "")
    )


def _side(uow: UnitOfWork, matcher: Matcher, side: Side) -> Finding:
    try:
        return _compared(uow, matcher, side)
    except Unavailable as error:
        return Finding(f"index of {side}s", False, str(error))


def _compared(uow: UnitOfWork, matcher: Matcher, side: Side) -> Finding:
    matcher.index.bring_up()
    catalogue = matcher.index.catalogue(side)
    ids = open_ids(uow, side)
    items = load_items(uow, side, ids)
    subject = f"index of {side}s"
    if catalogue is None:
        return Finding(subject, not ids, f"empty, the database has {len(ids)}")
    damaged = _damaged(uow, matcher.index.encoder or "", side)
    difference = catalogue.verify({id_: text_hash(item) for id_, item in items.items()})
    parts = {
        "missing": len(difference.missing),
        "surplus": len(difference.surplus),
        "out of date": len(difference.changed),
        "damaged": len(damaged),
    }
    wrong = ", ".join(f"{count} {what}" for what, count in parts.items() if count)
    return Finding(subject, not wrong, wrong or f"{len(catalogue)} items, as in the database")


def _damaged(uow: UnitOfWork, encoder: str, side: Side) -> list[StoredRecord]:
    """Return the stored records of open items that cannot be read."""
    rows = uow.session.scalars(
        select(StoredRecord).where(StoredRecord.encoder == encoder, StoredRecord.side == side, StoredRecord.is_open)
    )
    by_id = {row.item_id: row for row in rows}
    items = load_items(uow, side, by_id)
    damaged = []
    for item_id, item in items.items():
        try:
            Record.from_bytes(item, by_id[item_id].content)
        except ValueError:
            damaged.append(by_id[item_id])
    return damaged


def repair(uow: UnitOfWork, matcher: Matcher) -> None:
    """Throw away what cannot be read, read it again, and build the index anew from the database."""
    matcher.index.catalogue("offer")
    for side in SIDES:
        for row in _damaged(uow, matcher.index.encoder or "", side):
            uow.session.delete(row)
    uow.commit()
    matcher.rebuild()
    matcher.match()
