"""Digests: one mail a day or a week with what is new and was not read meanwhile."""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from matcher.accounts.model import Person, PersonState
from matcher.core.clock import SHANGHAI
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import Rhythm
from matcher.messages.model import Channel, Delivery, Message
from matcher.messages.service import HELLO, put_delivery

HOUR = time(8)  # in China; weekly ones on Monday
MOST_LISTED = 20
SUBJECT = {
    Rhythm.DAILY: Label("今日汇总：{count} 条新消息", "Your day: {count} new messages"),
    Rhythm.WEEKLY: Label("本周汇总：{count} 条新消息", "Your week: {count} new messages"),
}
INTRO = Label("这里是您还没有看过的消息：", "This is what you have not read yet:")
MORE = Label("还有 {count} 条，请在消息页查看：", "{count} more are in your inbox:")


def last_moment(now: datetime, rhythm: Rhythm) -> datetime:
    """Return the moment at which the last digest of a rhythm was due: 8 o'clock in China, weekly ones on Monday."""
    local = now.astimezone(SHANGHAI)
    moment = datetime.combine(local.date(), HOUR, SHANGHAI)
    if moment > local:
        moment -= timedelta(days=1)
    if rhythm is Rhythm.WEEKLY:
        moment -= timedelta(days=moment.weekday())
    return moment


def write_digests(uow: UnitOfWork) -> int:
    """Write the digests that are due, each once: what it lists is marked in the same transaction; returns how many."""
    return sum(_write(uow, rhythm) for rhythm in (Rhythm.DAILY, Rhythm.WEEKLY))


def _write(uow: UnitOfWork, rhythm: Rhythm) -> int:
    moment = last_moment(uow.clock(), rhythm)
    query = (
        select(Message, Person)
        .join(Person, Person.id == Message.person_id)
        .where(Message.rhythm == rhythm, Message.delivery_id.is_(None), Message.read_at.is_(None))
        .where(Message.created_at < moment, Person.state == PersonState.ACTIVE)
        .order_by(Message.person_id, Message.id)
    )
    by_person: dict[int, tuple[Person, list[Message]]] = {}
    for message, person in uow.session.execute(query):
        by_person.setdefault(person.id, (person, []))[1].append(message)
    for person, messages in by_person.values():
        delivery = put_delivery(uow, _digest(person, messages, rhythm, moment))
        uow.session.flush()
        for message in messages:
            message.delivery_id = delivery.id
    return len(by_person)


def _digest(person: Person, messages: list[Message], rhythm: Rhythm, moment: datetime) -> Delivery:
    language = person.language
    return Delivery(
        channel=Channel.EMAIL,
        key=f"digest:{person.id}:{rhythm}:{moment:%Y-%m-%d}:{messages[0].id}",
        person_id=person.id,
        kinds=sorted({message.kind.value for message in messages}),
        language=language,
        address=person.email,
        subject=SUBJECT[rhythm].format(count=len(messages)).text(language),
        body="\n\n".join(
            [HELLO.format(name=person.name).text(language), INTRO.text(language), *_lines(messages, language)]
        ),
    )


def _lines(messages: list[Message], language: str) -> list[str]:
    lines = [_line(message, language) for message in messages[:MOST_LISTED]]
    if len(messages) > MOST_LISTED:
        lines.append(f"{MORE.format(count=len(messages) - MOST_LISTED).text(language)}\n  {{site}}/inbox")
    return lines


def _line(message: Message, language: str) -> str:
    title = message.title_en if language == "en" else message.title_zh
    return f"· {title}" + (f"\n  {{site}}{message.link}" if message.link else "")
