"""Writing messages: into the inbox at once, and into the post by the rhythm that each person chose."""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select, update

from matcher.accounts.model import Membership, Person, PersonState
from matcher.core.errors import NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import KINDS, OWNERS, MessageKind, Rhythm
from matcher.messages.model import Channel, Delivery, Message, MessagePreference

NO_MESSAGE = Label("找不到这条消息。", "There is no such message.")
PAGE_SIZE = 30
SPEAK_FOR = OWNERS | {Role.DESK}
HELLO = Label("{name}，您好：", "Dear {name},")


@dataclass(frozen=True, slots=True)
class Text:
    """Hold what a message says; nothing confidential belongs in it, for it may leave the house by mail."""

    title: Label
    body: Label


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Hold one page of a person's messages, the latest first."""

    rows: list[Message]
    total: int
    unread: int
    page: int

    @property
    def pages(self) -> int:
        """Return the number of pages, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))


def speakers() -> Select[int, int]:
    """Select organisation and person of everybody who can answer for an organisation: an expert who works there does not."""
    query = select(Membership.organisation_id, Membership.person_id).join(Person, Person.id == Membership.person_id)
    return query.where(Membership.role.in_(SPEAK_FOR), Person.state == PersonState.ACTIVE)


def people_for(uow: UnitOfWork, organisation_id: int, *, first: int | None = None) -> list[int]:
    """Return who is told what concerns an organisation: `first`, if they still speak for it, else all who do."""
    query = speakers().where(Membership.organisation_id == organisation_id)
    found = sorted(set(uow.session.scalars(query.with_only_columns(Membership.person_id))))
    return [first] if first in found and first is not None else found


def desk_people(uow: UnitOfWork) -> list[int]:
    """Return everybody of the desk."""
    query = (
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.role == Role.DESK, Person.state == PersonState.ACTIVE)
        .distinct()
    )
    return sorted(uow.session.scalars(query))


def notify(
    uow: UnitOfWork,
    people: Collection[int],
    kind: MessageKind,
    text: Text,
    *,
    key: str,
    link: str = "",
    rhythm: Rhythm | None = None,
) -> int:
    """Write a message to people in the running transaction; returns how many got it.

    `key` names what is told: a person who was told it already is passed over. `rhythm` takes the place of what the person
    chose for the kind, except that “never” stays never. The worker sends the mails after the commit.
    """
    told = set(uow.session.scalars(select(Message.person_id).where(Message.key == key, Message.person_id.in_(people))))
    new = [one for one in dict.fromkeys(people) if one not in told]
    chosen = _rhythms(uow, new, kind)
    for person in uow.session.scalars(select(Person).where(Person.id.in_(new), Person.state == PersonState.ACTIVE)):
        wanted = chosen.get(person.id, KINDS[kind].rhythm)
        when = wanted if wanted is Rhythm.NEVER else (rhythm or wanted)
        message = Message(
            person_id=person.id, kind=kind, key=key, link=link, rhythm=when, created_at=uow.clock(),
            title_zh=text.title.zh, title_en=text.title.en, body_zh=text.body.zh, body_en=text.body.en,
        )  # fmt: skip
        uow.session.add(message)
        if when is Rhythm.AT_ONCE:
            uow.session.flush()
            delivery = _mail(uow, person, kind, f"message:{message.id}", text.title, _letter(person, text, link))
            uow.session.flush()
            message.delivery_id = delivery.id
    uow.session.flush()
    return len(new)


def _rhythms(uow: UnitOfWork, people: Iterable[int], kind: MessageKind) -> dict[int, Rhythm]:
    query = select(MessagePreference.person_id, MessagePreference.rhythm).where(
        MessagePreference.person_id.in_(list(people)), MessagePreference.kind == kind
    )
    return dict(uow.session.execute(query).all())


def _letter(person: Person, text: Text, link: str) -> str:
    parts = [HELLO.format(name=person.name).text(person.language), text.body.text(person.language)]
    if link:
        parts.append(f"{{site}}{link}")
    return "\n\n".join(parts)


def _mail(uow: UnitOfWork, person: Person, kind: MessageKind, key: str, subject: Label, body: str) -> Delivery:
    return put_delivery(
        uow,
        Delivery(
            channel=Channel.EMAIL, key=key, person_id=person.id, kinds=[kind.value], language=person.language,
            address=person.email, subject=subject.text(person.language), body=body,
        ),
    )  # fmt: skip


def put_delivery(uow: UnitOfWork, delivery: Delivery, due_at: datetime | None = None) -> Delivery:
    """Write a delivery in the running transaction; the worker is woken after the commit."""
    delivery.uid = secrets.token_hex(16)
    delivery.created_at = uow.clock()
    delivery.due_at = due_at or uow.clock()
    uow.session.add(delivery)
    uow.has_wishes = True
    return delivery


def call_robot(uow: UnitOfWork, kind: MessageKind, text: Text, *, key: str, link: str = "") -> None:
    """Write a call to the desk's group robot, if one is set the worker makes it; `key` makes sure it is made once."""
    full = f"robot:{key}"
    if uow.session.scalar(select(Delivery.id).where(Delivery.key == full)) is not None:
        return
    body = text.body.zh + (f"\n\n{{site}}{link}" if link else "")
    put_delivery(
        uow,
        Delivery(
            channel=Channel.WEBHOOK, key=full, kinds=[kind.value], language="zh", subject=text.title.zh, body=body
        ),
    )


def unread(uow: UnitOfWork, actor: Actor) -> int:
    """Count what a person has not read."""
    query = select(func.count()).where(Message.person_id == actor.person_id, Message.read_at.is_(None))
    return uow.session.scalar(query) or 0


def inbox(
    uow: UnitOfWork, actor: Actor, *, kind: MessageKind | None = None, only_unread: bool = False, page: int = 1
) -> InboxPage:
    """Return a page of the actor's own messages, the latest first."""
    conditions = [Message.person_id == actor.person_id]
    if kind is not None:
        conditions.append(Message.kind == kind)
    if only_unread:
        conditions.append(Message.read_at.is_(None))
    total = uow.session.scalar(select(func.count()).select_from(Message).where(*conditions)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = select(Message).where(*conditions).order_by(Message.created_at.desc(), Message.id.desc())
    rows = list(uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))
    return InboxPage(rows, total, unread(uow, actor), page)


def own_message(uow: UnitOfWork, actor: Actor, message_id: int) -> Message:
    """Return one of the actor's messages; raises NotFound for everybody else's."""
    found = uow.session.get(Message, message_id)
    if found is None or found.person_id != actor.person_id:
        raise NotFound(NO_MESSAGE)
    return found


def mark_read(uow: UnitOfWork, actor: Actor, message_id: int | None = None) -> int:
    """Mark one message, or all, as read; returns how many were not. Raises NotFound."""
    if message_id is not None:
        own_message(uow, actor, message_id)
    query = update(Message).where(Message.person_id == actor.person_id, Message.read_at.is_(None))
    if message_id is not None:
        query = query.where(Message.id == message_id)
    return _count(uow, query.values(read_at=uow.clock()))


def read_about(uow: UnitOfWork, actor: Actor, link: str) -> None:
    """Mark what led to a page as read when the page is opened."""
    same = or_(Message.link == link, Message.link.startswith(f"{link}#", autoescape=True))
    query = update(Message).where(Message.person_id == actor.person_id, Message.read_at.is_(None), same)
    _count(uow, query.values(read_at=uow.clock()))


def _count(uow: UnitOfWork, query: object) -> int:
    result = uow.session.execute(query)  # type: ignore[call-overload]
    return int(result.rowcount)
