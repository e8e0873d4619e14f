"""Common problems: found by the machine, named, merged and divided by people, whose word stands at the next run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sqlalchemy import select

from matcher.core import audit
from matcher.core.outbox import OutboxRow
from matcher.core.outbox import Topic as Wish
from matcher.core.people import SYSTEM
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Record
from matcher.engine.reference import Reference
from matcher.matching import lease
from matcher.matching.index import load_records, served, stored_after
from matcher.matching.model import Pairing, PairingState, ServedIndex
from matcher.matching.sync import OpenUow
from matcher.needs.model import OPEN_STATES, Need
from matcher.projects.topics.grouping import SAME, claim, group
from matcher.projects.topics.likeness import Collection, collect, likeness
from matcher.projects.topics.model import Topic, TopicMember

LEASE = "topics"


@dataclass(frozen=True, slots=True)
class Grouped:
    """Say what a grouping found: how many needs it read, how many groups there are now, how many memberships changed."""

    needs: int
    topics: int
    changed: int


def gather(uow: UnitOfWork, row: ServedIndex) -> Collection:
    """Return what is compared of every open need, from the stored records and the pairings; computes no vector."""
    records: list[Record] = []
    sequence = 0
    while rows := stored_after(uow, row.encoder, sequence):
        sequence = rows[-1].sequence
        records += load_records(uow, "need", [one for one in rows if one.side == "need"])
        uow.session.expunge_all()
    records.sort(key=lambda record: record.item.id)
    reference = Reference.from_bytes(row.need_reference)
    first = [reference.correct_items(r.vectors[:1], r.item.profile.language)[0] for r in records]
    vectors = np.stack(first) if first else np.zeros((0, reference.dimension), np.float32)
    return collect(records, vectors, _answers(uow))


def _answers(uow: UnitOfWork) -> dict[int, dict[int, float]]:
    """Return the score of every pairing that nobody declined, by need and offer."""
    query = select(Pairing.need_id, Pairing.offer_id, Pairing.score).where(Pairing.state != PairingState.DECLINED)
    found: dict[int, dict[int, float]] = {}
    for need, offer, score in uow.session.execute(query):
        found.setdefault(need, {})[offer] = score
    return found


def refresh(open_uow: OpenUow, same: float = SAME) -> Grouped:
    """Group all open needs anew; groups that go on keep their id and name, and people's choices stand.

    Raises Conflict when another process is at it.
    """
    uow = open_uow()
    try:
        row = served(uow)
        if row is None:
            return Grouped(0, 0, 0)
        lease.hold(uow, LEASE)
        uow.session.execute(OutboxRow.__table__.delete().where(OutboxRow.topic == Wish.GROUP))  # type: ignore[attr-defined]
        uow.commit()
        needs = gather(uow, row)
        before, pinned = _members(uow)
        groups = group(needs, before, pinned, same)
        uow.rollback()  # reading held nobody up; the write below starts from the latest state
        lease.hold(uow, LEASE)
        found = _write(uow, needs, groups)
        lease.release(uow, LEASE)
        uow.commit()
    finally:
        uow.close()
    return found


def _members(uow: UnitOfWork) -> tuple[dict[int, int], set[int]]:
    rows = uow.session.execute(select(TopicMember.need_id, TopicMember.topic_id, TopicMember.placed_by)).all()
    return {need: topic for need, topic, _ in rows}, {need for need, _, person in rows if person is not None}


def _write(uow: UnitOfWork, needs: Collection, groups: Sequence[Sequence[int]]) -> Grouped:
    members = {one.need_id: one for one in uow.session.scalars(select(TopicMember))}
    pinned = {need for need, one in members.items() if one.placed_by is not None}
    claimed = claim(groups, {need: one.topic_id for need, one in members.items()}, pinned)
    kept = [(one, topic) for one, topic in zip(groups, claimed, strict=True) if topic is not None or len(one) > 1]
    topics, strength, titles = _topics(uow, [topic for _, topic in kept]), _strengths(needs, groups), _titles(uow)
    changed = 0
    for (group_, _), topic in zip(kept, topics, strict=True):
        for need in group_:
            changed += _place(uow, members.pop(need, None), need, topic, strength.get(need))
        _name(topic, {need: titles[need] for need in group_ if need in titles}, strength)
    for one in members.values():  # closed since, or alike to nobody any more
        uow.session.delete(one)
        changed += 1
    uow.session.flush()
    _close_empty(uow)
    audit.record(uow, SYSTEM, "topics.group", "topic", None, needs=len(needs), topics=len(kept), changed=changed)
    return Grouped(len(needs), len(kept), changed)


def _topics(uow: UnitOfWork, ids: Sequence[int | None]) -> list[Topic]:
    """Return the topics with these ids, and a new one for each None."""
    known = {topic.id: topic for topic in uow.session.scalars(select(Topic))}
    now = uow.clock()
    found = [Topic(created_at=now, changed_at=now) if id_ is None else known[id_] for id_ in ids]
    uow.session.add_all(found)
    uow.session.flush()
    return found


def _titles(uow: UnitOfWork) -> dict[int, str]:
    """Return the titles of the open needs that everyone may read."""
    query = select(Need.id, Need.title).where(Need.state.in_(OPEN_STATES), Need.disclosure == "open")
    return dict(uow.session.execute(query).all())


def _strengths(needs: Collection, groups: Sequence[Sequence[int]]) -> dict[int, float]:
    """Return for each need of a group its mean likeness to the others."""
    place = {need: at for at, need in enumerate(needs.ids)}
    pairs = [(place[one], place[other]) for group_ in groups for one, other in combinations(group_, 2)]
    if not pairs:
        return {}
    ends = np.array(pairs, np.int64)
    strength = likeness(needs, ends[:, 0], ends[:, 1])
    sums, counts = np.zeros(len(needs)), np.zeros(len(needs))
    for side in (0, 1):
        np.add.at(sums, ends[:, side], strength)
        np.add.at(counts, ends[:, side], 1)
    return {needs.ids[at]: float(sums[at] / counts[at]) for at in np.flatnonzero(counts).tolist()}


def _place(uow: UnitOfWork, member: TopicMember | None, need: int, topic: Topic, strength: float | None) -> bool:
    """Put a need into a topic; says whether it was elsewhere. Where a person placed it in between, that stands."""
    if member is None:
        row = TopicMember(need_id=need, topic_id=topic.id, likeness=strength, placed_at=uow.clock())
        uow.session.add(row)
        return True
    if member.likeness is None or strength is None or abs(member.likeness - strength) > 1e-6:
        member.likeness = strength
    if member.topic_id == topic.id or member.placed_by is not None:
        return False
    member.topic_id, member.placed_at = topic.id, uow.clock()
    return True


def _name(topic: Topic, titles: Mapping[int, str], strength: Mapping[int, float]) -> None:
    """Name a topic nobody named after its most typical need that everyone may read; a name that still holds is kept."""
    topic.closed_at = None
    if topic.named_by is not None or topic.named_after in titles:
        return
    best = max(titles, key=lambda need: (strength.get(need, 0.0), -need), default=None)
    topic.named_after, topic.name = best, titles[best] if best is not None else ""


def _close_empty(uow: UnitOfWork) -> None:
    alive = select(TopicMember.topic_id)
    for topic in uow.session.scalars(select(Topic).where(Topic.closed_at.is_(None), Topic.id.not_in(alive))):
        topic.closed_at = uow.clock()
