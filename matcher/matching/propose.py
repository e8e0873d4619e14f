"""Proposing pairings: for every changed need the best offers, for every changed offer the best needs, under hard rules."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select

from matcher.accounts.model import Organisation
from matcher.core import outbox
from matcher.core.outbox import OutboxRow, Topic
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.catalogue import Catalogue
from matcher.engine.items import Hit, Record, Side
from matcher.matching import lease
from matcher.matching.desk_model import KeptPairing
from matcher.matching.explain import Explainer
from matcher.matching.model import Pairing, PairingState, StoredRecord
from matcher.matching.sync import SIDES, Advance, OpenUow, Wish, load_items, no_progress, open_ids
from matcher.needs.model import Need
from matcher.offers.model import Offer

LEASE = "match"
BATCH = 20
#: Candidates looked at for each pairing wanted: those that a hard rule forbids or the exact score disappoints fall away.
MARGIN = 2


class Proposer:
    """Propose pairings from the two catalogues of a process."""

    def __init__(
        self, needs: Catalogue, offers: Catalogue, encoder_name: str, explainer: Explainer, per_item: int, least: float
    ) -> None:
        self._needs = needs
        self._offers = offers
        self._encoder = encoder_name
        self._explainer = explainer
        self._per_item = per_item
        self._least = least

    def propose(self, uow: UnitOfWork, side: Side, item_id: int) -> int:
        """Write the pairings of one item; returns how many it has. An item that is not open loses its suggestions."""
        found = self._records(uow, side, [item_id])
        record = found[0] if found else None
        if record is None:
            self._drop(uow, side, item_id, keep=())
            return 0
        hits = self._best_offers(uow, record) if side == "need" else self._best_needs(uow, record)
        for other, hit in hits:
            need, offer = (record, other) if side == "need" else (other, record)
            self._write(uow, side, need, offer, hit)
        self._drop(uow, side, item_id, keep=[other.item.id for other, _ in hits])
        return len(hits)

    def _records(self, uow: UnitOfWork, side: Side, ids: Iterable[int]) -> list[Record]:
        wanted = list(ids)
        items = load_items(uow, side, wanted)
        rows = uow.session.execute(
            select(StoredRecord.item_id, StoredRecord.content).where(
                StoredRecord.side == side,
                StoredRecord.encoder == self._encoder,
                StoredRecord.is_open,
                StoredRecord.item_id.in_(wanted),
            )
        )
        contents = dict(rows.all())
        return [Record.from_bytes(items[i], contents[i]) for i in wanted if i in items and i in contents]

    def _best_offers(self, uow: UnitOfWork, need: Record) -> list[tuple[Record, Hit]]:
        (hits,) = self._offers.search([need], self._per_item * MARGIN + self._own(uow, Offer, need))
        by_id = {hit.id: hit for hit in hits if hit.score >= self._least}
        offers = _may_meet(uow, [(need, offer) for offer in self._records(uow, "offer", by_id)])
        return [(offer, by_id[offer.item.id]) for _, offer in offers[: self._per_item]]

    def _best_needs(self, uow: UnitOfWork, offer: Record) -> list[tuple[Record, Hit]]:
        """Return the needs that fit an offer best; the score of a pair is always that of need asks, offer answers."""
        (near,) = self._needs.search([offer], self._per_item * MARGIN + self._own(uow, Need, offer))
        near_needs = self._records(uow, "need", [hit.id for hit in near])
        needs = [need for need, _ in _may_meet(uow, [(need, offer) for need in near_needs])]
        if not needs:
            return []
        answers = self._offers.search(needs, 1, allowed={offer.item.id})
        scored = [(need, hits[0]) for need, hits in zip(needs, answers, strict=True) if hits]
        good = [(need, hit) for need, hit in scored if hit.score >= self._least]
        return sorted(good, key=lambda pair: (-pair[1].score, pair[0].item.id))[: self._per_item]

    def _own(self, uow: UnitOfWork, model: type[Need] | type[Offer], record: Record) -> int:
        query = select(func.count()).select_from(model).where(model.organisation_id == record.item.profile.owner)
        return uow.session.scalar(query) or 0

    def _write(self, uow: UnitOfWork, side: Side, need: Record, offer: Record, hit: Hit) -> None:
        key = {"need_id": need.item.id, "offer_id": offer.item.id}
        pairing = uow.session.scalar(select(Pairing).filter_by(**key))
        now = uow.clock()
        if pairing is None:
            pairing = Pairing(**key, created_at=now, changed_at=now, state=PairingState.SUGGESTED, scores={})
            uow.session.add(pairing)
        if side == "need":
            pairing.best_of_need = True
        else:
            pairing.best_of_offer = True
        if pairing.scores == dict(hit.parts) and pairing.encoder == self._encoder:
            return
        pairing.score, pairing.scores = hit.score, dict(hit.parts)
        pairing.explanation = self._explainer.explain(need, offer)
        pairing.encoder, pairing.scored_at = self._encoder, now

    def _drop(self, uow: UnitOfWork, side: Side, item_id: int, keep: Iterable[int]) -> None:
        """Remove the suggestions that neither side makes any more; what a person worked on is never removed."""
        mine, other = (Pairing.need_id, Pairing.offer_id) if side == "need" else (Pairing.offer_id, Pairing.need_id)
        lost = select(Pairing).where(mine == item_id, other.not_in(list(keep)))
        kept = set(uow.session.scalars(select(KeptPairing.pairing_id).join(Pairing).where(mine == item_id)))
        for pairing in uow.session.scalars(lost):
            if side == "need":
                pairing.best_of_need = False
            else:
                pairing.best_of_offer = False
            is_wanted = pairing.best_of_need or pairing.best_of_offer or pairing.id in kept
            if pairing.state is PairingState.SUGGESTED and not is_wanted:
                uow.session.delete(pairing)


def _may_meet(uow: UnitOfWork, pairs: list[tuple[Record, Record]]) -> list[tuple[Record, Record]]:
    """Apply the hard rules: nobody meets themselves, a targeted need meets only those it is shown to."""
    strangers = [pair for pair in pairs if pair[0].item.profile.owner != pair[1].item.profile.owner]
    needs = {need.item.id for need, _ in strangers}
    targeted = select(Need.id, Need.targets).where(Need.id.in_(needs), Need.disclosure == "targeted")
    targets = dict(uow.session.execute(targeted).all())
    if not targets:
        return strangers
    owners = {offer.item.profile.owner for _, offer in strangers}
    query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(owners))
    names = dict(uow.session.execute(query).all())
    return [
        (need, offer)
        for need, offer in strangers
        if need.item.id not in targets or names.get(offer.item.profile.owner or 0) in targets[need.item.id]
    ]


def wish_for_all(uow: UnitOfWork) -> None:
    """Put every open item into the outbox to be matched again."""
    uow.session.execute(delete(OutboxRow).where(OutboxRow.topic == Topic.MATCH))
    for side in SIDES:
        for item_id in open_ids(uow, side):
            outbox.put(uow, Topic.MATCH, side, item_id)


def match(open_uow: OpenUow, proposer: Proposer, advance: Advance = no_progress) -> int:
    """Propose pairings for every item that waits; returns how many items were matched.

    A batch is one transaction: killed at any moment, its items still wait. Raises Conflict when another process is at it.
    """
    uow = open_uow()
    done = 0
    try:
        total = uow.session.scalar(select(func.count()).where(OutboxRow.topic == Topic.MATCH)) or 0
        wishes = _next_wishes(uow)
        if not wishes:
            return 0
        while wishes:
            lease.hold(uow, LEASE)
            for wish in wishes:
                proposer.propose(uow, wish.side, wish.item_id)
            rows = [row_id for wish in wishes for row_id in wish.rows]
            uow.session.execute(delete(OutboxRow).where(OutboxRow.id.in_(rows)))
            uow.commit()
            done += len(rows)
            advance(done, max(done, total))
            wishes = _next_wishes(uow)
        lease.release(uow, LEASE)
        uow.commit()
    finally:
        uow.close()
    return done


def _next_wishes(uow: UnitOfWork) -> list[Wish]:
    rows = uow.session.execute(
        select(OutboxRow.id, OutboxRow.entity, OutboxRow.entity_id)
        .where(OutboxRow.topic == Topic.MATCH)
        .order_by(OutboxRow.id)
        .limit(BATCH)
    )
    grouped: dict[tuple[Side, int], list[int]] = {}
    for row_id, entity, entity_id in rows:
        side: Side = "need" if entity == "need" else "offer"
        grouped.setdefault((side, entity_id), []).append(row_id)
    return [Wish(side, item_id, tuple(ids)) for (side, item_id), ids in grouped.items()]
