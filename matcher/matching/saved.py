"""Saved searches over the public lists: kept with their filters, and looked at again by the rhythm that was chosen."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, select, update

from matcher.accounts.model import Person, PersonState
from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import SIGN_IN
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.explain_labels import WORTH_A_LOOK
from matcher.matching.saved_model import SavedSearch
from matcher.matching.search import Unsearchable, find_needs, find_offers
from matcher.matching.service import Matcher
from matcher.messages.digests import last_moment
from matcher.messages.kinds import MessageKind, Rhythm
from matcher.messages.service import Text, notify
from matcher.needs import queries as needs
from matcher.needs.queries import NeedFilter
from matcher.offers import queries as offers
from matcher.offers.queries import OfferFilter

MOST = 30
LONGEST_NAME = 60
DEPTH = 60
REMEMBERED = 1000
#: What came out this long before the last look is looked at again: reading for search by meaning takes its time.
OVERLAP = timedelta(days=2)
WHAT = {"needs": Label("需求", "needs"), "offers": Label("成果", "results")}

NO_SEARCH = Label("找不到这个订阅。", "There is no such saved search.")
NAME_NEEDED = Label("请给这个搜索起一个名字（最多 60 字）。", "Give the search a name (60 characters at most).")
NAME_TAKEN = Label("您已有一个同名的订阅，请换一个名字。", "You have a search of this name; choose another one.")
TOO_MANY = Label("最多保存 30 个搜索，请先删除不用的。", "30 searches can be kept; delete some first.")
RHYTHM_NEEDED = Label("请选择通知的频率。", "Choose how often you want to be told.")
FOUND = Label("“{name}”有 {count} 条新{what}", "“{name}”: {count} new {what}")
NAMED = 5

Ranked = Callable[[UnitOfWork, Actor, SavedSearch], tuple[int, ...] | None]


def save(
    uow: UnitOfWork, actor: Actor, what: str, name: str, rhythm: str, *, text: str, choices: Mapping[str, Sequence[str]]
) -> SavedSearch:
    """Keep a search of the list of `what` (needs or offers) under a name. Raises NotAllowed, InvalidInput."""
    if actor.person_id is None:
        raise NotAllowed(SIGN_IN)
    name, problems = " ".join(clean_text(name).split()), []
    if not name or len(name) > LONGEST_NAME:
        problems.append(Problem("name", NAME_NEEDED))
    if rhythm not in set(Rhythm):
        problems.append(Problem("rhythm", RHYTHM_NEEDED))
    own = select(func.count()).where(SavedSearch.person_id == actor.person_id)
    if uow.session.scalar(own.where(SavedSearch.name == name)):
        problems.append(Problem("name", NAME_TAKEN))
    if (uow.session.scalar(own) or 0) >= MOST:
        problems.append(Problem("", TOO_MANY))
    if problems or what not in WHAT:
        raise InvalidInput(problems)
    kept = {key: list(codes) for key, codes in choices.items() if codes}
    search = SavedSearch(
        person_id=actor.person_id, what=what, name=name, text=text, choices=kept, rhythm=Rhythm(rhythm),
        created_at=uow.clock(), checked_at=uow.clock(), told=[],
    )  # fmt: skip
    uow.session.add(search)
    uow.session.flush()
    audit.record(uow, actor, "search.save", "saved_search", search.id)
    return search


def mine(uow: UnitOfWork, actor: Actor) -> list[SavedSearch]:
    """Return the actor's searches, the latest first."""
    query = select(SavedSearch).where(SavedSearch.person_id == actor.person_id).order_by(SavedSearch.id.desc())
    return list(uow.session.scalars(query))


def _own(uow: UnitOfWork, actor: Actor, search_id: int) -> SavedSearch:
    found = uow.session.get(SavedSearch, search_id)
    if found is None or found.person_id != actor.person_id:
        raise NotFound(NO_SEARCH)
    return found


def change(uow: UnitOfWork, actor: Actor, search_id: int, rhythm: str) -> SavedSearch:
    """Choose another rhythm; raises NotFound, InvalidInput."""
    found = _own(uow, actor, search_id)
    if rhythm not in set(Rhythm):
        raise InvalidInput([Problem("rhythm", RHYTHM_NEEDED)])
    found.rhythm = Rhythm(rhythm)
    return found


def remove(uow: UnitOfWork, actor: Actor, search_id: int) -> None:
    """Forget a search; raises NotFound."""
    uow.session.delete(_own(uow, actor, search_id))


def ranked_by(matcher: Matcher) -> Ranked:
    """Return what ranks a list by a text: items that are at least worth a look; None: look for its words."""

    def rank(uow: UnitOfWork, actor: Actor, search: SavedSearch) -> tuple[int, ...] | None:
        find = find_needs if search.what == "needs" else find_offers
        try:
            hits = find(uow, matcher, actor, search.text, DEPTH)
        except (Conflict, Unsearchable):
            return None
        return tuple(hit.id for hit in hits if hit.score >= WORTH_A_LOOK)

    return rank


def is_due(search: SavedSearch, now: datetime) -> bool:
    """Say whether a search is looked at again: always, or when the moment of its digest has passed since the last look."""
    if search.rhythm is Rhythm.AT_ONCE:
        return True
    return last_moment(now, Rhythm.WEEKLY if search.rhythm is Rhythm.WEEKLY else Rhythm.DAILY) > search.checked_at


def check_due(uow: UnitOfWork, rank: Ranked) -> int:
    """Look at every search that is due, and tell its owner once of what is new; returns how many had news."""
    now, count = uow.clock(), 0
    query = select(SavedSearch, Person).join(Person, Person.id == SavedSearch.person_id)
    query = query.where(Person.state == PersonState.ACTIVE).order_by(SavedSearch.id)
    for search, person in uow.session.execute(query).all():
        if is_due(search, now):
            count += _check(uow, search, person.actor(), rank, now)
    return count


def _check(uow: UnitOfWork, search: SavedSearch, actor: Actor, rank: Ranked, now: datetime) -> bool:
    since = max(search.created_at, search.checked_at - OVERLAP)
    found = _since(uow, actor, search, rank, since)
    told = set(search.told)
    new = {number: title for number, title in found.items() if number not in told}
    # What a ranking leaves out once and finds again is no news: what was told stays told.
    if not _claim(uow, search, sorted(told | found.keys())[-REMEMBERED:], now) or not new:
        return False
    titles = [title for title in new.values() if title][:NAMED]
    body = "\n".join(f"· {title}" for title in titles)
    rest = len(new) - len(titles)
    more = Label(f"\n另有 {rest} 条。", f"\n{rest} more.") if rest else Label("", "")
    text = Text(
        FOUND.format(name=search.name, count=len(new), what=WHAT[search.what]), Label(body + more.zh, body + more.en)
    )
    key = f"search:{search.id}:{max(new)}:{len(new)}:{now:%Y%m%d%H%M}"
    notify(uow, [search.person_id], MessageKind.SAVED_SEARCH, text, key=key, link=address(search), rhythm=search.rhythm)
    return True


def _claim(uow: UnitOfWork, search: SavedSearch, told: list[int], now: datetime) -> bool:
    """Write down what a look has found; returns False when another worker looked meanwhile, and tells of it."""
    query = update(SavedSearch).where(SavedSearch.id == search.id, SavedSearch.checked_at == search.checked_at)
    taken = uow.session.scalar(query.values(told=told, checked_at=now).returning(SavedSearch.id))
    return taken is not None


def _since(uow: UnitOfWork, actor: Actor, search: SavedSearch, rank: Ranked, since: datetime) -> dict[int, str]:
    """Return what came out since a moment and passes the search, as far as its owner sees it: numbers and titles."""
    ids = rank(uow, actor, search) if search.text else None
    choices: dict[str, Any] = {name: tuple(codes) for name, codes in search.choices.items()}
    if search.what == "needs":
        return needs.published_since(uow, actor, NeedFilter(text=search.text, ids=ids, **choices), since)
    return offers.published_since(uow, OfferFilter(text=search.text, ids=ids, **choices), since)


def address(search: SavedSearch) -> str:
    """Return the address of the list under this search."""
    parts = [("q", search.text)] if search.text else []
    parts += [(name, code) for name, codes in search.choices.items() for code in codes]
    return f"/{search.what}" + (f"?{urlencode(parts)}" if parts else "")
