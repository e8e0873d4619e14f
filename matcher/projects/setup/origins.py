"""Where a project comes from: a common problem, a need or a scenario opportunity; what of it goes into the draft.

Only what everyone may read, or what the office itself asked for, goes into the draft: a project becomes public.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from matcher.core.errors import InvalidInput, NotFound, Problem
from matcher.core.fields import shorten
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.rows import MAX_ROWS, IndicatorRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies.regions import city_of
from matcher.engine.indicator_words import is_span
from matcher.engine.quantity_names import name_similarity
from matcher.needs.model import OPEN_STATES, Need
from matcher.needs.queries import rows_of
from matcher.projects.lifecycle import Mode
from matcher.projects.topics import arrange
from matcher.projects.topics.answers import ONE_LINE
from matcher.projects.topics.model import Topic
from matcher.projects.topics.queries import members

NO_NEED = Label("找不到这条需求，或它不在征集中。", "There is no such need, or it is not open.")
NO_NEEDS = Label("这个共性需求已没有征集中的需求，不能立项。", "This common problem has no open needs left; no project can be made of it.")  # fmt: skip
CLOSED_TOPIC = Label("这个共性需求已并入别处，请从合并后的共性需求立项。", "This common problem was merged into another; make the project of that one.")  # fmt: skip
_TITLE, _BACKGROUND, _GOALS = 80, 4000, 4000


def of_topic(uow: UnitOfWork, actor: Actor, topic_id: int) -> tuple[Topic, list[int]]:
    """Return a common problem with its open needs; raises NotAllowed, NotFound, InvalidInput."""
    topic = arrange.get(uow, actor, topic_id)
    if topic.merged_into is not None:
        raise InvalidInput([Problem("", CLOSED_TOPIC)])
    needs = members(uow, [topic.id]).get(topic.id, [])
    if not needs:
        raise InvalidInput([Problem("", NO_NEEDS)])
    return topic, needs


def of_need(uow: UnitOfWork, actor: Actor, need_id: int) -> Need:
    """Return an open need that `actor` may know of; raises NotFound."""
    found = uow.session.get(Need, need_id)
    if found is None or found.state not in OPEN_STATES or not rows_of(uow, actor, [need_id]):
        raise NotFound(NO_NEED)
    return found


def proposal(uow: UnitOfWork, actor: Actor, need_ids: Sequence[int], title: str = "") -> dict[str, Any]:
    """Return the values that a draft begins with, drawn from the needs; `title` goes before those of the needs."""
    query = select(Need).where(Need.id.in_(need_ids)).order_by(Need.id)
    needs = list(uow.session.scalars(query))
    told = [one for one in needs if one.disclosure == "open" or one.organisation_id == actor.organisation_id]
    cities = Counter(city_of(one.organisation.region) for one in told if one.organisation.region)
    rows = [indicator.row() for one in told for indicator in one.indicator_rows]
    money = sum((one.budget or Decimal(0) for one in told), Decimal(0))
    return {
        "title": shorten(title or (told[0].title if told else ""), _TITLE),
        "mode": Mode.CHALLENGE.value,
        "teams": 1,
        "tech_fields": _most(code for one in told for code in one.tech_fields),
        "keywords": _most((word for one in told for word in one.keywords), 8),
        "region": cities.most_common(1)[0][0] if cities else None,
        "background": _joined((one.background for one in told), _BACKGROUND),
        "goals": _joined((one.content or one.difficulties for one in told), _GOALS),
        "indicators": strictest(rows)[:MAX_ROWS],
        "enterprise_funds": money or None,
        "ip_ownership": needs[0].ip_ownership if len(needs) == 1 and told else None,
    }


def _most(words: Iterable[str], limit: int = 3) -> list[str]:
    return [word for word, _ in Counter(words).most_common(limit)]


def _joined(texts: Iterable[str], limit: int) -> str:
    """Join different texts by empty lines, as many whole ones as fit."""
    joined = ""
    for text in dict.fromkeys(one.strip() for one in texts if one.strip()):
        longer = f"{joined}\n\n{text}" if joined else text
        if len(longer) <= limit:
            joined = longer
    return joined


def strictest(rows: Iterable[IndicatorRow]) -> list[IndicatorRow]:
    """Merge the rows that demand one quantity in one form into the strictest demand; the most frequent come first."""
    merged: list[tuple[IndicatorRow, int]] = []
    for row in rows:
        for place, (one, count) in enumerate(merged):
            both = _both(one, row)
            if both is not None:
                merged[place] = (both, count + 1)
                break
        else:
            merged.append((row, 1))
    return [row for row, _ in sorted(merged, key=lambda one: -one[1])]


_BOUNDS = {"ge": max, "gt": max, "le": min, "lt": min}
_STRICT = {"ge": "gt", "le": "lt", "gt": "gt", "lt": "lt"}


def _both(one: IndicatorRow, other: IndicatorRow) -> IndicatorRow | None:
    """Return the demand that holds whenever both do, or None where they are of different quantities or cannot be joined."""
    if one.unit != other.unit or name_similarity(one.name, other.name) < ONE_LINE:
        return None
    if one.comparator in _BOUNDS and _STRICT[one.comparator] == _STRICT.get(other.comparator):
        return _stricter_bound(one, other)
    if one.comparator != other.comparator:
        return None
    match one.comparator:
        case "range":
            return _common_range(one, other)
        case "pm" if one.value == other.value:
            return one if (one.value_high or 0) <= (other.value_high or 0) else other
        case "eq" if one.value == other.value:
            return one
        case "text" if one.text == other.text:
            return one
    return None


def _stricter_bound(one: IndicatorRow, other: IndicatorRow) -> IndicatorRow | None:
    if one.value is None or other.value is None:
        return None
    if one.value == other.value:  # "less than" asks for more than "at most"
        return one if one.comparator in ("gt", "lt") else replace(one, comparator=other.comparator)
    best = _BOUNDS[one.comparator](one.value, other.value)
    winner = one if best == one.value else other
    return replace(winner, name=one.name)


def _common_range(one: IndicatorRow, other: IndicatorRow) -> IndicatorRow | None:
    """Return a range that satisfies both: of a span (working temperature) all of both, else what they have in common."""
    if one.value is None or one.value_high is None or other.value is None or other.value_high is None:
        return None
    lows, highs = (one.value, other.value), (one.value_high, other.value_high)
    if max(lows) > min(highs):
        return None
    if is_span(one.name):
        return replace(one, value=min(lows), value_high=max(highs))
    return replace(one, value=max(lows), value_high=min(highs))
