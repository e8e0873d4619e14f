"""Stored records with made-up vectors: what grouping is tested with needs no model."""

from collections.abc import Sequence

import numpy as np

from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Record
from matcher.engine.reference import Reference, unit
from matcher.engine.text import text_hash
from matcher.matching.items import need_item
from matcher.matching.model import ServedIndex, StoredRecord
from matcher.needs.model import Need
from matcher.projects.topics.refresh import Grouped, refresh
from tests.desk_pairings import pairing
from tests.factories import NeedFactory, OrganisationFactory

DIMENSION = 16
ENCODER = "made-up"


def serve(uow: UnitOfWork) -> None:
    """Say that the made-up vectors are served, uncorrected."""
    neutral = Reference.neutral(DIMENSION).to_bytes()
    uow.session.add(
        ServedIndex(
            generation=1, encoder=ENCODER, needs=0, offers=0, need_reference=neutral, offer_reference=neutral,
            built_at=uow.clock(),
        )
    )  # fmt: skip


def read(uow: UnitOfWork, need: Need, subject: int, words: Sequence[str] = ()) -> None:
    """Store a need as read: needs of one subject have nearly the same vector, of two subjects unlike ones."""
    chance = np.random.default_rng(need.id)
    row = np.eye(DIMENSION)[subject] + 0.05 * chance.standard_normal(DIMENSION)
    item = need_item(need)
    record = Record(item, text_hash(item), unit(row[None, :].astype(np.float32)), (need.title,), tuple(words))
    uow.session.add(
        StoredRecord(
            side="need", item_id=need.id, encoder=ENCODER, text_hash=record.text_hash, content=record.to_bytes(),
            sequence=need.id, changed_at=uow.clock(),
        )
    )  # fmt: skip


def regroup(uow: UnitOfWork) -> Grouped:
    """Group anew and let `uow` see what came of it."""
    uow.commit()
    found = refresh(lambda: UnitOfWork(uow._sessions, uow.clock))
    uow.session.expire_all()
    return found


def topic_of_two(uow: UnitOfWork) -> None:
    """Make a common problem of two needs, with a result that falls short of it."""
    serve(uow)
    for _ in range(2):
        read(uow, pairing(score=0.5, need=NeedFactory(organisation=OrganisationFactory())).need, 1, words=["孔隙率"])
    regroup(uow)
