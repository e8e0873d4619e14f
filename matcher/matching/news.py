"""News for owners: new results for a need, new needs for a result – one message an item, never twice for a pair."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, exists, select

from matcher.accounts.model import Membership, Person
from matcher.core.labels import Label
from matcher.core.permissions import View
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.explain_labels import LIKELY
from matcher.matching.introduction_model import Party, ToldPair
from matcher.matching.introduction_texts import named_need, named_offer
from matcher.matching.model import Pairing, PairingState
from matcher.matching.queue import both_open, joined
from matcher.messages.digests import last_moment
from matcher.messages.kinds import KINDS, MessageKind, Rhythm
from matcher.messages.model import Message, MessagePreference
from matcher.messages.service import Text, notify, people_for, speakers
from matcher.needs.model import Need
from matcher.needs.service import view_for
from matcher.offers.model import Offer

FOR_NEED = Text(
    Label("您的{item}有 {count} 项新成果可能合适", "{count} new results may answer your {item}"),
    Label("系统新找到 {count} 项很可能合适的成果，理由写在页面上。", "{count} results are very likely to fit; the page says why."),
)  # fmt: skip
FOR_OFFER = Text(
    Label("您的成果{item}有 {count} 项新需求可能用得上", "{count} new needs may have use for your result {item}"),
    Label("系统新找到 {count} 项很可能合适的需求，理由写在页面上。", "{count} needs are very likely to fit; the page says why."),
)  # fmt: skip


def tell_new_pairings(uow: UnitOfWork) -> int:
    """Tell owners of promising new pairings: at once who chose so, the others once a day; returns how many items had news."""
    return sum(_tell_side(uow, party) for party in Party)


def _tell_side(uow: UnitOfWork, party: Party) -> int:
    model: type[Need] | type[Offer] = Need if party is Party.NEED else Offer
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = uow.session.execute(_untold(party, model))
    for item_id, need_id, offer_id in rows:
        found[item_id].append((need_id, offer_id))
    items: Iterable[Need | Offer] = uow.session.scalars(select(model).where(model.id.in_(found)).order_by(model.id))
    return sum(_tell_item(uow, party, item, found[item.id]) for item in items)


def _untold(party: Party, model: type[Need] | type[Offer]) -> Any:
    """Select the promising pairs that wait for review and whose owner, somebody with an account, was not told of."""
    told = exists().where(
        ToldPair.need_id == Pairing.need_id, ToldPair.offer_id == Pairing.offer_id, ToldPair.party == party
    )
    reachable = speakers().with_only_columns(Membership.organisation_id)
    waiting = and_(Pairing.state == PairingState.SUGGESTED, Pairing.score >= LIKELY, both_open())
    return (
        joined(model.id, Pairing.need_id, Pairing.offer_id)
        .where(waiting, ~told, model.organisation_id.in_(reachable))
        .order_by(model.id, Pairing.id)
    )


def _tell_item(uow: UnitOfWork, party: Party, item: Need | Offer, pairs: list[tuple[int, int]]) -> bool:
    people = people_for(uow, item.organisation_id, first=item.created_by)
    key = f"news:{party}:{item.id}:"
    if not _at_once(uow, people):
        # One message an item and a day: what comes later today is in tomorrow's.
        key += f"{last_moment(uow.clock(), Rhythm.DAILY):%Y-%m-%d}"
        if uow.session.scalar(select(Message.id).where(Message.key == key, Message.person_id.in_(people)).limit(1)):
            return False
    else:
        key += "-".join(str(number) for number in max(pairs))
    now = uow.clock()
    uow.session.add_all(ToldPair(need_id=need, offer_id=offer, party=party, told_at=now) for need, offer in pairs)
    count = len(pairs) if party is Party.NEED else _visible(uow, people, [need for need, _ in pairs])
    if not count:
        return False
    template = FOR_NEED if party is Party.NEED else FOR_OFFER
    name = named_need(item) if isinstance(item, Need) else named_offer(item)
    text = Text(template.title.format(item=name, count=count), template.body.format(count=count))
    link = f"/my/{party.value}s/{item.id}#pairings"
    notify(uow, people, MessageKind.NEW_PAIRINGS, text, key=key, link=link)
    return True


def _at_once(uow: UnitOfWork, people: list[int]) -> bool:
    query = select(MessagePreference.person_id).where(
        MessagePreference.person_id.in_(people),
        MessagePreference.kind == MessageKind.NEW_PAIRINGS,
        MessagePreference.rhythm == Rhythm.AT_ONCE,
    )
    chosen = uow.session.scalar(query.limit(1)) is not None
    return chosen or KINDS[MessageKind.NEW_PAIRINGS].rhythm is Rhythm.AT_ONCE


def _visible(uow: UnitOfWork, people: list[int], need_ids: list[int]) -> int:
    """Count the needs that the owner of a result may at least see in redacted form."""
    person = uow.session.get_one(Person, people[0])
    needs = uow.session.scalars(select(Need).where(Need.id.in_(need_ids)))
    return sum(view_for(uow, person.actor(), need) is not View.NONE for need in needs)
