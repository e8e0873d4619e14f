"""What people decide of common problems: a name, what belongs together, what does not. The next grouping leaves it so."""

from collections.abc import Collection

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.needs.model import OPEN_STATES, Need
from matcher.projects.topics.model import Topic, TopicMember

NO_TOPIC = Label("找不到这个共性需求。", "There is no such common problem.")
NAME_NEEDED = Label("请填写 2 到 80 字的名称。", "Give a name of 2 to 80 characters.")
ITSELF = Label("请选择另一个共性需求。", "Choose another common problem.")
SOME = Label(
    "请选择要分出去的需求，至少一条，但不能是全部。", "Choose the needs to take out: one at least, and not all of them."
)
NOT_OPEN = Label(
    "这条需求已不在征集中，不能归入共性需求。",
    "This need is not open any more and cannot be put into a common problem.",
)
NAME_LIMIT = 80


def get(uow: UnitOfWork, actor: Actor, topic_id: int) -> Topic:
    """Return a topic; raises NotAllowed, NotFound."""
    require(actor, "topic.see")
    found = uow.session.get(Topic, topic_id)
    if found is None:
        raise NotFound(NO_TOPIC)
    return found


def _to_change(uow: UnitOfWork, actor: Actor, topic_id: int, seen_version: int | None = None) -> Topic:
    require(actor, "topic.arrange")
    topic = get(uow, actor, topic_id)
    if topic.merged_into is not None or (seen_version is not None and seen_version != topic.version):
        raise Conflict(CHANGED_MEANWHILE)
    topic.changed_at = uow.clock()
    return topic


def _members(uow: UnitOfWork, topic: Topic) -> list[TopicMember]:
    query = select(TopicMember).where(TopicMember.topic_id == topic.id).order_by(TopicMember.need_id)
    return list(uow.session.scalars(query))


def _pin(uow: UnitOfWork, actor: Actor, member: TopicMember, topic: Topic) -> None:
    member.topic_id, member.placed_by, member.placed_at = topic.id, actor.person_id, uow.clock()


def rename(uow: UnitOfWork, actor: Actor, topic_id: int, name: str, seen_version: int | None = None) -> Topic:
    """Give a topic a name that no grouping changes; raises InvalidInput, Conflict when somebody was faster."""
    topic = _to_change(uow, actor, topic_id, seen_version)
    text = " ".join(clean_text(name).split())
    if not 2 <= len(text) <= NAME_LIMIT:
        raise InvalidInput([Problem("name", NAME_NEEDED)])
    topic.name, topic.named_by, topic.named_after = text, actor.person_id, None
    audit.record(uow, actor, "topic.rename", "topic", topic.id, name=text)
    return topic


def merge(uow: UnitOfWork, actor: Actor, topic_id: int, into_id: int) -> Topic:
    """Put all needs of a topic into another one, which is returned; the emptied one is closed and points there."""
    source, target = _to_change(uow, actor, topic_id), _to_change(uow, actor, into_id)
    if source.id == target.id:
        raise InvalidInput([Problem("into", ITSELF)])
    for member in [*_members(uow, source), *_members(uow, target)]:
        _pin(uow, actor, member, target)
    source.merged_into, source.closed_at, target.closed_at = target.id, uow.clock(), None
    audit.record(uow, actor, "topic.merge", "topic", source.id, into=target.id)
    return target


def split(uow: UnitOfWork, actor: Actor, topic_id: int, need_ids: Collection[int]) -> Topic:
    """Take needs out of a topic into a new one, which is returned; from now on the two stay apart."""
    topic = _to_change(uow, actor, topic_id)
    members = _members(uow, topic)
    chosen = [member for member in members if member.need_id in need_ids]
    if not chosen or len(chosen) == len(members):
        raise InvalidInput([Problem("needs", SOME)])
    fresh = Topic(created_at=uow.clock(), changed_at=uow.clock())
    uow.session.add(fresh)
    uow.session.flush()
    for member in members:
        _pin(uow, actor, member, fresh if member in chosen else topic)
    fresh.named_after, fresh.name = _first_open(uow, [member.need_id for member in chosen])
    if topic.named_after in {member.need_id for member in chosen}:
        rest = [member.need_id for member in members if member not in chosen]
        topic.named_after, topic.name = _first_open(uow, rest)
    audit.record(uow, actor, "topic.split", "topic", topic.id, into=fresh.id, needs=[one.need_id for one in chosen])
    return fresh


def _first_open(uow: UnitOfWork, need_ids: list[int]) -> tuple[int | None, str]:
    """Return id and title of the first need that everyone may read."""
    query = select(Need.id, Need.title).where(Need.id.in_(need_ids), Need.disclosure == "open").order_by(Need.id)
    found = uow.session.execute(query.limit(1)).first()
    return (found[0], found[1]) if found else (None, "")


def move(uow: UnitOfWork, actor: Actor, need_id: int, topic_id: int) -> Topic:
    """Put a need into a topic, wherever it was; raises Conflict when it is not open."""
    topic = _to_change(uow, actor, topic_id)
    state = uow.session.scalar(select(Need.state).where(Need.id == need_id))
    if state not in OPEN_STATES:
        raise Conflict(NOT_OPEN)
    member = uow.session.get(TopicMember, need_id)
    if member is None:
        member = TopicMember(need_id=need_id, topic_id=topic.id, placed_at=uow.clock())
        uow.session.add(member)
    left = member.topic_id
    _pin(uow, actor, member, topic)
    topic.closed_at = None
    uow.session.flush()
    if left != topic.id and uow.session.scalar(select(TopicMember.need_id).where(TopicMember.topic_id == left)) is None:
        uow.session.get_one(Topic, left).closed_at = uow.clock()
    audit.record(uow, actor, "topic.move", "topic", topic.id, need=need_id, left=left)
    return topic
