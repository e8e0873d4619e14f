"""What everyone reads of 立题: lists open now, notices, awards, the archive, and the news of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select

from matcher.accounts.model import Organisation
from matcher.core.errors import NotFound
from matcher.core.labels import Label
from matcher.core.listing import PAGE_SIZE, Listing
from matcher.core.people import Actor
from matcher.core.permissions import View
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.queries import NeedRow, rows_of
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.lifecycle import PUBLIC_PROJECT_STATES, BidState, MemberState, Mode, ProjectState
from matcher.projects.setup.model import Call, Notice, Project

Row = TypeVar("Row", Call, Project)

NO_CALL = Label("找不到这张榜单，或它还没有发布。", "There is no such list, or it is not published yet.")
NO_PROJECT = Label("找不到这个项目，或它还没有公布。", "There is no such project, or it is not public yet.")
NO_NOTICE = Label("找不到这份公示。", "There is no such notice.")

_P, _B = ProjectState, BidState
OPEN_NOW = (_P.PUBLISHED, _P.BIDDING)
#: A project is on its list from publication on; one that was taken back afterwards stays readable.
ON_A_LIST = tuple(state for state in _P if state not in {_P.DRAFT, _P.ARGUED, _P.NOTICED})
AWARD_KNOWN = (_P.AWARDED, _P.IMPLEMENTATION, _P.ACCEPTANCE, _P.CLOSED)
ENDED = (_P.CLOSED, _P.FAILED, _P.CANCELLED)
#: Bids that won at some time, whatever became of them; the others are never named in public.
WON = (_B.AWARDED, _B.RUNNING, _B.ELIMINATED, _B.MERGED, _B.ACCEPTED, _B.FAILED, _B.TERMINATED)


class News(StrEnum):
    """Name what an entry of the news tells."""

    NOTICE = "notice"
    PUBLISHED = "published"
    AWARD_NOTICE = "award_notice"
    CLOSED = "closed"
    FAILED = "failed"


NEWS_LABELS = {
    News.NOTICE: Label("立项公示", "Set-up notice"),
    News.PUBLISHED: Label("发榜", "Published"),
    News.AWARD_NOTICE: Label("拟揭榜公示", "Award notice"),
    News.CLOSED: Label("结题", "Closed"),
    News.FAILED: Label("流标", "Failed bidding"),
}


@dataclass(frozen=True, slots=True)
class ShownCall:
    """Hold a published list with its projects, in the order in which they were set up."""

    call: Call
    projects: list[Project]


@dataclass(frozen=True, slots=True)
class Team:
    """Hold a consortium that won: the lead, its partners, and how far it came."""

    bid_id: int
    number: str
    lead: str
    partners: list[str]
    state: BidState
    is_winner: bool


@dataclass(frozen=True, slots=True)
class ShownProject:
    """Hold a project as everyone reads it; `needs` are those that the reader may see whole."""

    project: Project
    needs: list[NeedRow]
    notices: list[Notice]
    teams: list[Team]


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """Hold a public notice with its project; `is_running` says whether objections are taken."""

    notice: Notice
    project: Project
    is_running: bool


@dataclass(frozen=True, slots=True)
class NewsEntry:
    """Hold one entry of the news; the newest is told first."""

    kind: News
    project: Project
    at: datetime
    notice_id: int | None = None

    @property
    def key(self) -> str:
        """Return what names the entry for ever."""
        return f"{self.kind}-{self.notice_id or self.project.id}-{self.at:%Y%m%d%H%M%S}"


def _projects(uow: UnitOfWork, *conditions: ColumnElement[bool]) -> list[Project]:
    query = select(Project).where(*conditions).order_by(Project.published_at.desc(), Project.id)
    return list(uow.session.scalars(query))


def open_calls(uow: UnitOfWork) -> list[ShownCall]:
    """Return the lists with projects that wait for bids or soon will, the earliest deadline first; by the clock, not by the state."""
    found = _projects(
        uow, Project.state.in_(OPEN_NOW), Project.call_id.is_not(None), Project.closes_at > uow.clock()
    )  # fmt: skip
    return sorted(_by_call(found), key=lambda one: (one.call.closes_at, one.call.id))


def _by_call(projects: Sequence[Project]) -> list[ShownCall]:
    groups: dict[int, ShownCall] = {}
    for project in sorted(projects, key=lambda one: one.id):
        if project.call is not None:
            groups.setdefault(project.call.id, ShownCall(project.call, [])).projects.append(project)
    return list(groups.values())


def past_calls(uow: UnitOfWork, page: int = 1) -> Listing[Call]:
    """Return one page of the lists that take no bids any more, the latest first."""
    past = select(Call).where(Call.published_at.is_not(None), Call.closes_at <= uow.clock())
    return _page(uow, past.order_by(Call.closes_at.desc(), Call.id.desc()), page)


def _page(uow: UnitOfWork, query: Select[Row], page: int) -> Listing[Row]:
    total = uow.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    rows = list(uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))
    return Listing(rows, total, page, {})


def call(uow: UnitOfWork, call_id: int) -> ShownCall:
    """Return a published list with its projects; raises NotFound."""
    found = uow.session.get(Call, call_id)
    if found is None or found.published_at is None:
        raise NotFound(NO_CALL)
    on_it = _projects(uow, Project.call_id == call_id, Project.state.in_(ON_A_LIST), Project.published_at.is_not(None))
    return ShownCall(found, sorted(on_it, key=lambda one: one.id))


def project(uow: UnitOfWork, actor: Actor, project_id: int) -> ShownProject:
    """Return a project as everyone may read it, with the needs that `actor` may see; raises NotFound."""
    found = uow.session.get(Project, project_id)
    if found is None or not (found.state in PUBLIC_PROJECT_STATES or found.published_at is not None):
        raise NotFound(NO_PROJECT)
    rows = rows_of(uow, actor, [one.need_id for one in found.need_rows])
    notices = select(Notice).where(Notice.project_id == project_id).order_by(Notice.opens_at)
    teams = teams_of(uow, [project_id]).get(project_id, []) if found.state in AWARD_KNOWN else []
    return ShownProject(
        found, [one for one in rows if one.view is View.FULL], list(uow.session.scalars(notices)), teams
    )


def teams_of(uow: UnitOfWork, project_ids: Sequence[int]) -> dict[int, list[Team]]:
    """Return the consortia that won, by project, in two queries."""
    bids = list(
        uow.session.scalars(
            select(Bid).where(Bid.project_id.in_(project_ids), Bid.state.in_(WON)).order_by(Bid.place, Bid.id)
        )
    )
    partners: dict[int, list[str]] = {}
    names = (
        select(BidMember.bid_id, Organisation.name)
        .join(Organisation, Organisation.id == BidMember.organisation_id)
        .where(
            BidMember.bid_id.in_([bid.id for bid in bids]),
            BidMember.state == MemberState.AGREED,
            BidMember.is_lead.is_(False),
        )
        .order_by(BidMember.id)
    )
    for bid_id, name in uow.session.execute(names):
        partners.setdefault(bid_id, []).append(name)
    found: dict[int, list[Team]] = {}
    for bid in bids:
        team = Team(bid.id, bid.number, bid.organisation.name, partners.get(bid.id, []), bid.state, bid.is_winner)
        found.setdefault(bid.project_id, []).append(team)
    return found


def notices(uow: UnitOfWork, limit: int = 50) -> list[ShownNotice]:
    """Return the notices, those that run first, then the latest."""
    now = uow.clock()
    query = (
        select(Notice, Project)
        .join(Project, Project.id == Notice.project_id)
        .where(Notice.opens_at <= now)
        .order_by(Notice.opens_at.desc())
        .limit(limit)
    )
    shown = [ShownNotice(one, of, is_running(one, now)) for one, of in uow.session.execute(query).unique()]
    return sorted(shown, key=lambda one: not one.is_running)


def is_running(notice: Notice, now: datetime) -> bool:
    """Say whether a notice takes objections."""
    return notice.ended_at is None and notice.opens_at <= now < notice.closes_at


def notice(uow: UnitOfWork, notice_id: int) -> ShownNotice:
    """Return one notice; raises NotFound."""
    found = uow.session.get(Notice, notice_id)
    now = uow.clock()
    if found is None or found.opens_at > now:
        raise NotFound(NO_NOTICE)
    return ShownNotice(found, uow.session.get_one(Project, found.project_id), is_running(found, now))


def awards(uow: UnitOfWork, page: int = 1) -> tuple[Listing[Project], dict[int, list[Team]]]:
    """Return one page of the projects whose teams are known, the latest first, with these teams."""
    query = select(Project).where(Project.state.in_(AWARD_KNOWN), Project.mode != Mode.COMMISSIONED)
    found: Listing[Project] = _page(uow, query.order_by(Project.published_at.desc(), Project.id.desc()), page)
    return found, teams_of(uow, [one.id for one in found.rows])


def archive(uow: UnitOfWork, page: int = 1) -> tuple[Listing[Project], dict[int, list[Team]]]:
    """Return one page of the projects that came to an end, the latest first, with the teams of those that were done."""
    # A made-to-order project is never on a list; once closed it is as public as the others.
    was_public = or_(Project.published_at.is_not(None), Project.state == ProjectState.CLOSED)
    query = select(Project).where(Project.state.in_(ENDED), was_public)
    found: Listing[Project] = _page(uow, query.order_by(Project.ended_at.desc(), Project.id.desc()), page)
    return found, teams_of(uow, [one.id for one in found.rows if one.state is ProjectState.CLOSED])


def news(uow: UnitOfWork, limit: int = 50) -> list[NewsEntry]:
    """Return what happened last: notices, publications, awards, ends."""
    entries = [
        NewsEntry(
            News.NOTICE if one.notice.kind == "setup" else News.AWARD_NOTICE,
            one.project,
            one.notice.opens_at,
            one.notice.id,
        )
        for one in notices(uow, limit)
    ]
    recent = select(Project).where(Project.published_at.is_not(None), Project.state.in_(ON_A_LIST))
    for found in uow.session.scalars(recent.order_by(Project.published_at.desc()).limit(limit)):
        assert found.published_at is not None, "asked for"
        entries.append(NewsEntry(News.PUBLISHED, found, found.published_at))
    ended = select(Project).where(Project.state.in_((_P.CLOSED, _P.FAILED)), Project.ended_at.is_not(None))
    for found in uow.session.scalars(ended.order_by(Project.ended_at.desc()).limit(limit)):
        assert found.ended_at is not None, "asked for"
        entries.append(NewsEntry(News.CLOSED if found.state is _P.CLOSED else News.FAILED, found, found.ended_at))
    return sorted(entries, key=lambda one: one.at, reverse=True)[:limit]
