"""Proposing pairings: for every changed need the best offers, for every changed offer the best needs, under hard rules.

A batch is searched and explained without holding anybody up, then written in one short transaction together with the wishes
it fulfils: killed at any moment, its items still wait or are done.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, func, select

from matcher.accounts.model import Organisation
from matcher.core import outbox
from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.outbox import OutboxRow, Topic
from matcher.core.unit_of_work import Overtaken, UnitOfWork
from matcher.engine import exposure
from matcher.engine.cross_encoder import CrossReader
from matcher.engine.face import AnyCatalogue
from matcher.engine.items import Hit, Record, Side
from matcher.engine.text import full_text
from matcher.matching import lease, suggestions
from matcher.matching.explain import Explainer
from matcher.matching.exposure import neglected_owners
from matcher.matching.model import Pairing, StoredRecord
from matcher.matching.ranking_in_use import version_of
from matcher.matching.suggestions import Proposal, Suggested
from matcher.matching.sync import SIDES, Advance, OpenUow, load_items, no_progress, open_ids
from matcher.matching.wishes import Wish, next_wishes
from matcher.needs.model import Need
from matcher.offers.model import Offer

LEASE = "match"
BATCH = 20
#: Candidates looked at for each pairing wanted: those that a hard rule forbids or the exact score disappoints fall away.
MARGIN = 2
#: How often a batch is written anew when somebody decides on its pairings at the same moment.
ATTEMPTS = 5
MAY_NOT_MEET = Label(
    "这两方不能配对：它们属于同一机构，或这条需求只定向公开给其他机构。",
    "These two cannot be paired: they belong to one organisation, or the need is shown to other organisations only.",
)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Hold one pair that fits: need, offer, and how well the offer answers the need."""

    need: Record
    offer: Record
    hit: Hit
    explored: bool = False


def _order(fit: _Fit) -> tuple[float, int, int]:
    return -fit.hit.parts["rank"], fit.need.item.id, fit.offer.item.id


class Proposer:
    """Find pairings in the two catalogues of a process."""

    def __init__(
        self,
        needs: AnyCatalogue,
        offers: AnyCatalogue,
        encoder_name: str,
        explainer: Explainer,
        per_item: int,
        least: float,
        reader: CrossReader | None = None,
        exploration: float = 0.0,
    ) -> None:
        self._needs = needs
        self._offers = offers
        self.encoder = encoder_name
        self._explainer = explainer
        self._per_item = per_item
        self._least = least
        self._reader = reader
        self._exploration = exploration

    def find(self, uow: UnitOfWork, wishes: Sequence[Wish]) -> list[Proposal]:
        """Return the proposal of every item, empty for one that is not open any more."""
        fits: dict[tuple[Side, int], list[_Fit]] = {}
        for side in SIDES:
            records = self._records(uow, side, [wish.item_id for wish in wishes if wish.side == side])
            fits |= {(side, record.item.id): found for record, found in self._fits(uow, side, records)}
        known = self._known_scores(uow, [fit for found in fits.values() for fit in found])
        keys = [(wish.side, wish.item_id) for wish in wishes]
        return [
            Proposal(*key, key in fits, tuple(self._suggested(fit, known) for fit in fits.get(key, ()))) for key in keys
        ]

    def _fits(self, uow: UnitOfWork, side: Side, records: Sequence[Record]) -> Iterator[tuple[Record, list[_Fit]]]:
        """Yield each item with its best partners; all of them are searched for at once."""
        catalogue, best = (self._offers, self._best_offers) if side == "need" else (self._needs, self._best_needs)
        sizes = [self._per_item * MARGIN + self._own(uow, Offer if side == "need" else Need, each) for each in records]
        answers = catalogue.search(records, max(sizes, default=1))
        for record, size, hits in zip(records, sizes, answers, strict=True):
            yield record, best(uow, record, hits[:size])

    def _known_scores(self, uow: UnitOfWork, fits: Sequence[_Fit]) -> dict[tuple[int, int], dict[str, float]]:
        query = select(Pairing.need_id, Pairing.offer_id, Pairing.scores).where(
            Pairing.need_id.in_({fit.need.item.id for fit in fits}),
            Pairing.offer_id.in_({fit.offer.item.id for fit in fits}),
            Pairing.encoder == self.encoder,
        )
        return {(need, offer): scores for need, offer, scores in uow.session.execute(query)}

    def _suggested(self, fit: _Fit, known: Mapping[tuple[int, int], dict[str, float]]) -> Suggested:
        """Explain a pair, unless it stands in the database with the very same scores."""
        key = (fit.need.item.id, fit.offer.item.id)
        explanation: dict[str, Any] | None = None
        scores = {**fit.hit.parts, "ranker": version_of(self._offers.ranking)}
        if known.get(key) != scores:
            explanation = self._explainer.explain(fit.need, fit.offer)
        return Suggested(*key, fit.hit.score, scores, explanation, fit.explored)

    def _records(self, uow: UnitOfWork, side: Side, ids: Iterable[int]) -> list[Record]:
        wanted = list(ids)
        items = load_items(uow, side, wanted)
        rows = uow.session.execute(
            select(StoredRecord.item_id, StoredRecord.content).where(
                StoredRecord.side == side,
                StoredRecord.encoder == self.encoder,
                StoredRecord.is_open,
                StoredRecord.item_id.in_(wanted),
            )
        )
        contents = dict(rows.all())
        return [Record.from_bytes(items[i], contents[i]) for i in wanted if i in items and i in contents]

    def _best_offers(self, uow: UnitOfWork, need: Record, hits: Sequence[Hit]) -> list[_Fit]:
        by_id = {hit.id: hit for hit in hits}
        offers = _may_meet(uow, [(need, offer) for offer in self._records(uow, "offer", by_id)])
        return self._explore(uow, need, self._ordered([_Fit(need, offer, by_id[offer.item.id]) for _, offer in offers]))

    def _explore(self, uow: UnitOfWork, need: Record, fits: Sequence[_Fit]) -> list[_Fit]:
        """Return the fits that are worth a look, and some drawn from those behind them, to learn of what is never shown.

        What was drawn before stays. A need that nothing answers gets none: that it has no answer is to be seen.
        """
        worth = self._worth(fits)
        shown = min(self._per_item, len(worth))
        explored = min(exposure.places(need.item.id, shown, self._exploration), self._per_item - 1)
        head = worth[: self._per_item - explored]
        behind = fits[len(head) :]
        if not explored or not behind:
            return head
        owners = {fit.offer.item.id: fit.offer.item.profile.owner or 0 for fit in behind}
        before = select(Pairing.offer_id).where(Pairing.need_id == need.item.id, Pairing.explored)
        drawn = sorted(owners.keys() & set(uow.session.scalars(before)))[:explored]
        fresh = [offer for offer in owners if offer not in drawn]
        drawn += exposure.draw(need.item.id, fresh, owners, neglected_owners(uow), explored - len(drawn))
        return [*head, *(replace(fit, explored=True) for fit in behind if fit.offer.item.id in drawn)]

    def _best_needs(self, uow: UnitOfWork, offer: Record, near: Sequence[Hit]) -> list[_Fit]:
        """Return the needs that fit an offer best; the score of a pair is always that of need asks, offer answers."""
        near_needs = self._records(uow, "need", [hit.id for hit in near])
        needs = [need for need, _ in _may_meet(uow, [(need, offer) for need in near_needs])]
        if not needs:
            return []
        answers = self._offers.search(needs, 1, allowed={offer.item.id})
        fits = [_Fit(need, offer, hits[0]) for need, hits in zip(needs, answers, strict=True) if hits]
        return self._worth(self._ordered(fits))[: self._per_item]

    def _ordered(self, fits: Sequence[_Fit]) -> list[_Fit]:
        """Return the fits best first, read again where there is a cross-encoder."""
        fits = sorted(fits, key=_order)
        if not self._reader:
            return fits
        texts = [(full_text(fit.need.item), full_text(fit.offer.item)) for fit in fits]
        hits = self._reader.again(self._offers.ranking, [fit.hit for fit in fits], texts)
        return sorted((replace(fit, hit=hit) for fit, hit in zip(fits, hits, strict=True)), key=_order)

    def _worth(self, fits: Sequence[_Fit]) -> list[_Fit]:
        """Return the fits that are worth a look."""
        return [fit for fit in fits if fit.hit.score >= self._least]

    def _own(self, uow: UnitOfWork, model: type[Need] | type[Offer], record: Record) -> int:
        query = select(func.count()).select_from(model).where(model.organisation_id == record.item.profile.owner)
        return uow.session.scalar(query) or 0

    def pair(self, uow: UnitOfWork, need_id: int, offer_id: int) -> Suggested | None:
        """Score and explain one pair that a person chose; None while one of the two is not read yet.

        Raises Conflict where a hard rule forbids them to meet.
        """
        needs, offers = self._records(uow, "need", [need_id]), self._records(uow, "offer", [offer_id])
        if not needs or not offers:
            return None
        if not _may_meet(uow, [(needs[0], offers[0])]):
            raise Conflict(MAY_NOT_MEET)
        (hits,) = self._offers.search(needs, 1, allowed={offer_id})
        return self._suggested(_Fit(needs[0], offers[0], hits[0]), {}) if hits else None


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

    Raises Conflict when another process is at it.
    """
    uow = open_uow()
    done = 0
    try:
        total = uow.session.scalar(select(func.count()).where(OutboxRow.topic == Topic.MATCH)) or 0
        wishes = next_wishes(uow, Topic.MATCH, BATCH)
        if not wishes:
            return 0
        lease.hold(uow, LEASE)
        uow.commit()
        while wishes:
            _match_batch(uow, proposer, wishes)
            done += sum(len(wish.rows) for wish in wishes)
            advance(done, max(done, total))
            wishes = next_wishes(uow, Topic.MATCH, BATCH)
        lease.release(uow, LEASE)
        uow.commit()
    finally:
        uow.close()
    return done


def _match_batch(uow: UnitOfWork, proposer: Proposer, wishes: Sequence[Wish]) -> None:
    """Write the proposals of a batch; a person who decides on one of its pairings meanwhile goes first."""
    proposals = proposer.find(uow, wishes)
    uow.rollback()
    done = [row_id for wish in wishes for row_id in wish.rows]
    for attempt in range(ATTEMPTS):
        try:
            with uow:
                lease.hold(uow, LEASE)
                suggestions.write(uow, proposals, proposer.encoder)
                uow.session.execute(delete(OutboxRow).where(OutboxRow.id.in_(done)))
            return
        except Overtaken:
            if attempt + 1 == ATTEMPTS:
                raise
