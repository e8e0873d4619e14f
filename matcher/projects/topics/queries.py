"""What staff see of common problems: the list ranked by the demand index, and one problem with all that belongs to it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from matcher.accounts.model import Organisation
from matcher.core import audit
from matcher.core.labels import Label
from matcher.core.listing import PAGE_SIZE
from matcher.core.numbers import number_of
from matcher.core.people import Actor
from matcher.core.permissions import View, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import OPEN_STATES, Need, NeedField
from matcher.needs.queries import NeedRow, rows_of
from matcher.projects.topics import arrange, demand
from matcher.projects.topics.answers import Answer, IndicatorRange, best_answers, indicator_ranges
from matcher.projects.topics.demand_index import RankRange, index_of, rank_ranges
from matcher.projects.topics.model import Topic, TopicMember

UNNAMED = Label("{fields}共性需求 {number}", "Common problem {number}, {fields}")


@dataclass(frozen=True, slots=True)
class TopicRow:
    """Hold one common problem in the list; `name` is empty where nothing may be told but its fields."""

    id: int
    number: str
    name: str
    needs: int
    organisations: int
    chain_leaders: int
    tech_fields: list[str]
    parts: dict[str, float]
    index: float
    place: RankRange


@dataclass(frozen=True, slots=True)
class SingleRow:
    """Hold one need that stands alone, with its index."""

    need: NeedRow
    parts: dict[str, float]
    index: float


@dataclass(frozen=True, slots=True)
class Page:
    """Hold one page of a ranked list."""

    rows: list[TopicRow] | list[SingleRow]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Return how many pages there are, one at the least."""
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class Asker:
    """Name an organisation that asks."""

    id: int
    name: str
    is_chain_leader: bool


@dataclass(frozen=True, slots=True)
class TopicPage:
    """Hold one common problem as a person sees it: hidden needs count in the numbers, their texts are left out."""

    topic: Topic
    name: str
    tech_fields: list[str]
    needs: list[NeedRow]
    hidden_needs: int
    askers: list[Asker]
    hidden_askers: int
    parts: dict[str, float]
    index: float
    ranges: list[IndicatorRange]
    answers: list[Answer]


def _cut(rows: Sequence[TopicRow] | Sequence[int], page: int) -> tuple[int, slice]:
    page = min(max(page, 1), max(1, -(-len(rows) // PAGE_SIZE)))
    return page, slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)


def members(uow: UnitOfWork, topic_ids: Iterable[int] | None = None) -> dict[int, list[int]]:
    """Return the open needs of topics (of all topics that are not closed, without ids); asks no permission."""
    query = (
        select(TopicMember.topic_id, TopicMember.need_id)
        .join(Need, Need.id == TopicMember.need_id)
        .join(Topic, Topic.id == TopicMember.topic_id)
        .where(Need.state.in_(OPEN_STATES), Topic.closed_at.is_(None))
        .order_by(TopicMember.need_id)
    )
    if topic_ids is not None:
        query = query.where(TopicMember.topic_id.in_(list(topic_ids)))
    found: dict[int, list[int]] = {}
    for topic, need in uow.session.execute(query):
        found.setdefault(topic, []).append(need)
    return found


def _fields(uow: UnitOfWork, groups: dict[int, list[int]]) -> dict[int, list[str]]:
    """Return the technology fields of each group, the most frequent first, three at most."""
    of_need = {need: key for key, needs in groups.items() for need in needs}
    query = select(NeedField.need_id, NeedField.code).join(TopicMember, TopicMember.need_id == NeedField.need_id)
    counts: dict[int, Counter[str]] = {key: Counter() for key in groups}
    for need, code in uow.session.execute(query.order_by(NeedField.need_id, NeedField.position)):
        if need in of_need:
            counts[of_need[need]][code] += 1
    return {key: [code for code, _ in counter.most_common(3)] for key, counter in counts.items()}


def _names(uow: UnitOfWork, topic_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of topics; one taken from a need that is not open any more is not told."""
    query = (
        select(Topic.id, Topic.name, Topic.named_after, Need.disclosure)
        .outerjoin(Need, Need.id == Topic.named_after)
        .where(Topic.id.in_(list(topic_ids)))
    )
    rows = uow.session.execute(query)
    return {id_: name if after is None or disclosure == "open" else "" for id_, name, after, disclosure in rows}


def list_topics(uow: UnitOfWork, actor: Actor, page: int = 1, field: str = "") -> Page:
    """Return one page of the common problems, the highest index first; places are among all of them."""
    require(actor, "topic.see")
    groups = members(uow)
    weights, parts, fields = demand.weights(uow), demand.parts(uow, groups), _fields(uow, groups)
    places = dict(zip(groups, rank_ranges([parts[key] for key in groups], weights), strict=True))
    known, names = demand.asked(uow, [need for needs in groups.values() for need in needs]), _names(uow, groups)
    rows = []
    for key, needs in groups.items():
        if field and field not in fields[key]:
            continue
        owners = {known[need].owner: known[need].is_chain_leader for need in needs}
        number, index = number_of("topic", key), index_of(parts[key], weights)
        rows.append(
            TopicRow(
                key, number, names[key], len(needs), len(owners), sum(owners.values()), fields[key], parts[key], index,
                places[key],
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-row.index, row.id))
    page, part = _cut(rows, page)
    return Page(rows[part], len(rows), page)


def list_singles(uow: UnitOfWork, actor: Actor, page: int = 1) -> Page:
    """Return one page of the open needs that stand alone, as far as `actor` sees them, the highest index first."""
    require(actor, "topic.see")
    grouped = select(TopicMember.topic_id).group_by(TopicMember.topic_id).having(func.count() > 1).scalar_subquery()
    inside = select(TopicMember.need_id).where(TopicMember.topic_id.in_(grouped))
    alone = select(Need.id).where(Need.state.in_(OPEN_STATES), Need.id.not_in(inside)).order_by(Need.id)
    ids = list(uow.session.scalars(alone))
    visible = {row.id: row for row in rows_of(uow, actor, ids)}
    weights, parts = demand.weights(uow), demand.parts(uow, {need: [need] for need in visible})
    index = {need: index_of(parts[need], weights) for need in visible}
    order = sorted(visible, key=lambda need: (-index[need], need))
    page, part = _cut(order, page)
    return Page([SingleRow(visible[need], parts[need], index[need]) for need in order[part]], len(order), page)


def look(uow: UnitOfWork, actor: Actor, topic_id: int) -> TopicPage:
    """Return one common problem; looks at confidential needs are in the audit log, so the caller commits. Raises NotFound."""
    topic = arrange.get(uow, actor, topic_id)
    groups = members(uow, [topic.id])
    ids = groups.get(topic.id, [])
    rows = rows_of(uow, actor, ids)
    full = [row.id for row in rows if row.view is View.FULL]
    _note_looks(uow, actor, full)
    askers = _askers(uow, {row.organisation_id for row in rows if row.organisation_id is not None})
    known = demand.asked(uow, ids)
    parts = demand.parts(uow, {topic.id: ids})[topic.id]
    return TopicPage(
        topic=topic,
        name=_names(uow, [topic.id])[topic.id],
        tech_fields=_fields(uow, groups).get(topic.id, []),
        needs=rows,
        hidden_needs=len(ids) - len(rows),
        askers=askers,
        hidden_askers=len({one.owner for one in known.values()}) - len(askers),
        parts=parts,
        index=index_of(parts, demand.weights(uow)),
        ranges=indicator_ranges(uow, full),
        answers=best_answers(uow, ids, full),
    )


def _note_looks(uow: UnitOfWork, actor: Actor, need_ids: list[int]) -> None:
    query = select(Need.id, Need.disclosure).where(Need.id.in_(need_ids), Need.disclosure != "open")
    for need, disclosure in uow.session.execute(query.where(Need.organisation_id != actor.organisation_id)):
        audit.record(uow, actor, "need.look", "need", need, disclosure=disclosure)


def _askers(uow: UnitOfWork, ids: set[int]) -> list[Asker]:
    query = select(Organisation.id, Organisation.name, Organisation.honours).where(Organisation.id.in_(ids))
    found = [Asker(id_, name, "chain_leader" in honours) for id_, name, honours in uow.session.execute(query)]
    return sorted(found, key=lambda one: (not one.is_chain_leader, one.id))


def open_topics(uow: UnitOfWork, actor: Actor) -> list[tuple[int, str, str]]:
    """Return id, number and name of every topic that is not closed, for a choice."""
    require(actor, "topic.see")
    ids = list(uow.session.scalars(select(Topic.id).where(Topic.closed_at.is_(None)).order_by(Topic.id)))
    names = _names(uow, ids)
    return [(one, number_of("topic", one), names[one]) for one in ids]
