"""Introductions follow the steps of their pairing: opened, agreed, declined, taken back; everybody concerned is told."""

from dataclasses import dataclass

from sqlalchemy import select

from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import assignments
from matcher.matching import introduction_texts as texts
from matcher.matching.endings import said_no
from matcher.matching.introduction_model import (
    INTRODUCTION_LIFECYCLE,
    Introduction,
    IntroductionState,
    Party,
)
from matcher.matching.lifecycle import INTRODUCED_ON
from matcher.matching.model import Pairing, PairingState
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, call_robot, desk_people, notify, people_for
from matcher.needs import service as needs
from matcher.needs.model import Need
from matcher.offers.model import Offer

AGREED = Label("双方都有意向", "Both sides are interested")
DECLINED = Label("引荐后未继续", "An introduction goes no further")
CALL = Label("引荐需要电话联系", "An introduction needs a call")


@dataclass(frozen=True, slots=True)
class Taken:
    """Hold a step that was taken: from which state, and with which reason and words."""

    pairing: Pairing
    action: str
    source: PairingState
    reason: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Both:
    """Hold both items of a pairing."""

    need: Need
    offer: Offer

    def item(self, party: Party) -> Need | Offer:
        """Return the item of one side."""
        return self.need if party is Party.NEED else self.offer

    def people(self, uow: UnitOfWork, party: Party) -> list[int]:
        """Return who speaks for one side."""
        item = self.item(party)
        return people_for(uow, item.organisation_id, first=item.created_by)


def both(uow: UnitOfWork, pairing: Pairing) -> Both:
    """Return need and offer of a pairing."""
    return Both(uow.session.get_one(Need, pairing.need_id), uow.session.get_one(Offer, pairing.offer_id))


def open_introduction(uow: UnitOfWork, pairing_id: int) -> Introduction | None:
    """Return the introduction of a pairing that waits for answers."""
    query = select(Introduction).where(
        Introduction.pairing_id == pairing_id, Introduction.state == IntroductionState.OPEN
    )
    return uow.session.scalars(query.order_by(Introduction.id.desc()).limit(1)).one_or_none()


def latest(uow: UnitOfWork, pairing_id: int) -> Introduction | None:
    """Return the last introduction of a pairing, whatever became of it."""
    query = select(Introduction).where(Introduction.pairing_id == pairing_id).order_by(Introduction.id.desc())
    return uow.session.scalars(query.limit(1)).one_or_none()


def was_disclosed(uow: UnitOfWork, pairing_id: int) -> bool:
    """Say whether both sides of a pairing ever agreed to be named to each other."""
    query = select(Introduction.id).where(
        Introduction.pairing_id == pairing_id, Introduction.state == IntroductionState.AGREED
    )
    return uow.session.scalar(query.limit(1)) is not None


def follow(uow: UnitOfWork, actor: Actor, taken: Taken) -> None:
    """Let the introduction of a pairing follow a step, and tell whom it concerns."""
    found = both(uow, taken.pairing)
    if taken.action == "introduce":
        _open(uow, actor, taken, found)
        return
    introduction = open_introduction(uow, taken.pairing.id)
    if taken.action == "interest":
        _agree(uow, actor, taken.pairing, introduction, found)
    elif taken.action == "decline":
        _decline(uow, actor, taken, introduction, found)
    elif taken.action in ("withdraw", "defer", "reopen") and introduction is not None:
        end(uow, actor, introduction, "close")
        _tell_sides(uow, actor, introduction, texts.taken_back(introduction), found, "taken-back")
    elif taken.action in ("meet", "negotiate", "step_back", "contract"):
        _tell_step(uow, actor, taken, found)


def end(uow: UnitOfWork, actor: Actor, introduction: Introduction, action: str) -> None:
    """End an open introduction by an action of its lifecycle."""
    INTRODUCTION_LIFECYCLE.apply(uow, actor, introduction, action)
    introduction.closed_at = introduction.changed_at = uow.clock()


def _open(uow: UnitOfWork, actor: Actor, taken: Taken, found: Both) -> None:
    introduction = Introduction(
        pairing_id=taken.pairing.id,
        state=IntroductionState.OPEN,
        opened_by=actor.person_id,
        opened_at=uow.clock(),
        changed_at=uow.clock(),
        # What the system notes of a meeting that was held is not a broker's word to both sides.
        words="" if actor.is_system else taken.words,
    )
    uow.session.add(introduction)
    uow.session.flush()
    assignments.keep(uow, taken.pairing.id)
    if actor.is_system:
        return  # the two have met: the next step, in the same transaction, tells them
    for party in Party:
        people = found.people(uow, party)
        text = texts.opened(party, found.need, found.offer)
        _tell(uow, people, introduction, text, f"opened:{party}")
        if not people:
            tell_desk(uow, introduction, CALL, found, texts.no_account(party), f"no-account:{party}")


def _agree(uow: UnitOfWork, actor: Actor, pairing: Pairing, introduction: Introduction | None, found: Both) -> None:
    if found.need.disclosure != "open":
        needs.disclose(uow, actor, found.need, found.offer.organisation_id)
    if introduction is None:
        return
    end(uow, actor, introduction, "agree")
    _tell_sides(uow, None, introduction, texts.agreed(introduction), found, "agreed")
    body = Label(
        "双方已能看到彼此的联系方式，请安排会谈。", "They see each other's contacts now; please arrange a meeting."
    )
    tell_desk(uow, introduction, AGREED, found, body, "agreed", actor=actor)


def _decline(uow: UnitOfWork, actor: Actor, taken: Taken, introduction: Introduction | None, found: Both) -> None:
    if introduction is not None:
        end(uow, actor, introduction, "decline")
    if taken.source not in INTRODUCED_ON:
        return  # the owners never heard of it; their own pages say why
    link = introduction or latest(uow, taken.pairing.id)
    for party in Party:
        if found.item(party).organisation_id == actor.organisation_id or said_no(introduction, party):
            continue
        text = texts.declined(found.need, found.offer, taken.reason, party)
        key = f"pairing:{taken.pairing.id}:{taken.pairing.version}:declined:{party}"
        address = f"/introductions/{link.id}" if link else ""
        notify(uow, found.people(uow, party), MessageKind.INTRODUCTION, text, key=key, link=address)
    if link is not None:
        why = Label("原因见页面。", "The page says why.")
        tell_desk(uow, link, DECLINED, found, why, f"declined:{taken.pairing.version}", actor=actor, robot=False)


def _tell_step(uow: UnitOfWork, actor: Actor, taken: Taken, found: Both) -> None:
    introduction = latest(uow, taken.pairing.id)
    people = [one for party in Party for one in found.people(uow, party)] + brokers_of(uow, taken.pairing.id)
    others = [one for one in people if one != actor.person_id]
    key = f"pairing:{taken.pairing.id}:{taken.pairing.version}:{taken.action}"
    address = f"/introductions/{introduction.id}" if introduction else ""
    text = texts.step(taken.action, found.need, found.offer)
    notify(uow, others, MessageKind.PROGRESS, text, key=key, link=address)


def brokers_of(uow: UnitOfWork, pairing_id: int) -> list[int]:
    """Return who looks after a pairing at the desk: its broker, else everybody there."""
    broker = assignments.broker_of(uow, pairing_id)
    return [broker.id] if broker else desk_people(uow)


def tell_desk(
    uow: UnitOfWork,
    introduction: Introduction,
    title: Label,
    found: Both,
    body: Label,
    event: str,
    *,
    actor: Actor | None = None,
    robot: bool = True,
) -> None:
    """Tell the broker of an introduction what happened, or what to do; the group robot repeats it."""
    text = texts.for_desk(title, found.need, found.offer, body)
    people = [one for one in brokers_of(uow, introduction.pairing_id) if actor is None or one != actor.person_id]
    key, address = f"introduction:{introduction.id}:desk:{event}", f"/introductions/{introduction.id}"
    notify(uow, people, MessageKind.DESK, text, key=key, link=address)
    if robot:
        call_robot(uow, MessageKind.DESK, text, key=key, link=address)


def tell_party(
    uow: UnitOfWork,
    introduction: Introduction,
    party: Party,
    text: Text,
    found: Both,
    event: str,
    kind: MessageKind = MessageKind.INTRODUCTION,
) -> None:
    """Tell one side of an introduction."""
    _tell(uow, found.people(uow, party), introduction, text, f"{event}:{party}", kind)


def _tell_sides(
    uow: UnitOfWork, actor: Actor | None, introduction: Introduction, text: Text, found: Both, event: str
) -> None:
    for party in Party:
        people = [one for one in found.people(uow, party) if actor is None or one != actor.person_id]
        _tell(uow, people, introduction, text, f"{event}:{party}")


def _tell(
    uow: UnitOfWork,
    people: list[int],
    introduction: Introduction,
    text: Text,
    event: str,
    kind: MessageKind = MessageKind.INTRODUCTION,
) -> None:
    key = f"introduction:{introduction.id}:{event}"
    notify(uow, people, kind, text, key=key, link=f"/introductions/{introduction.id}")
