"""Who wants what how often, and the link that ends it without signing in."""

from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select, update

from matcher.accounts.model import Person
from matcher.core import audit
from matcher.core.errors import InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind, Rhythm, kinds_for
from matcher.messages.model import Message, MessagePreference

BAD_LINK = Label(
    "这个退订链接不完整或已失效。请登录后在“消息设置”里修改。",
    "This link is incomplete or no longer valid. Sign in and change it in the message settings.",
)
NO_RHYTHM = Label("请选择邮件的频率。", "Choose how often you want mail.")


def preferences(uow: UnitOfWork, actor: Actor) -> dict[MessageKind, Rhythm]:
    """Return for every kind that the actor gets how often it is mailed."""
    query = select(MessagePreference.kind, MessagePreference.rhythm).where(
        MessagePreference.person_id == actor.person_id
    )
    chosen: dict[MessageKind, Rhythm] = dict(uow.session.execute(query).all())
    return {kind: chosen.get(kind, about.rhythm) for kind, about in kinds_for(actor.roles).items()}


def choose(uow: UnitOfWork, actor: Actor, given: dict[str, str]) -> None:
    """Keep what the actor chose, kind by kind; a kind that is not given stays as it is. Raises InvalidInput."""
    problems = [Problem(name, NO_RHYTHM) for name, value in given.items() if value not in set(Rhythm)]
    if problems:
        raise InvalidInput(problems)
    assert actor.person_id is not None, "only for people who are signed in"
    for kind in preferences(uow, actor):
        if kind.value in given:
            _set(uow, actor.person_id, kind, Rhythm(given[kind.value]))
    audit.record(uow, actor, "messages.choose", "person", actor.person_id, **given)


def _set(uow: UnitOfWork, person_id: int, kind: MessageKind, rhythm: Rhythm) -> None:
    found = uow.session.get(MessagePreference, (person_id, kind))
    if found is None:
        uow.session.add(MessagePreference(person_id=person_id, kind=kind, rhythm=rhythm))
    else:
        found.rhythm = rhythm
    if rhythm is Rhythm.AT_ONCE:
        return  # what waits for the next digest goes with it
    waiting = update(Message).where(
        Message.person_id == person_id, Message.kind == kind, Message.delivery_id.is_(None), Message.read_at.is_(None)
    )
    uow.session.execute(waiting.values(rhythm=rhythm).execution_options(synchronize_session=False))


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="unsubscribe")


def unsubscribe_token(secret: str, person_id: int, kinds: Sequence[str]) -> str:
    """Return the signed token with which whoever holds a mail can end the kinds of messages in it."""
    return str(_signer(secret).dumps([person_id, *kinds]))


def read_token(uow: UnitOfWork, secret: str, token: str) -> tuple[Person, list[MessageKind]]:
    """Return whose mail a token is about, and which kinds; raises NotFound for a forged or broken one."""
    try:
        person_id, *kinds = _signer(secret).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound(BAD_LINK) from None
    person = uow.session.get(Person, person_id)
    if person is None:
        raise NotFound(BAD_LINK)
    return person, [MessageKind(kind) for kind in kinds if kind in set(MessageKind)]


def unsubscribe(uow: UnitOfWork, secret: str, token: str) -> tuple[Person, list[MessageKind]]:
    """End the mails of some kinds to the person of a token; the inbox still gets them. Raises NotFound."""
    person, kinds = read_token(uow, secret, token)
    for kind in kinds:
        _set(uow, person.id, kind, Rhythm.NEVER)
    audit.record(uow, person.actor(), "messages.unsubscribe", "person", person.id, kinds=[kind.value for kind in kinds])
    return person, kinds
