"""What is told to those whom a project concerns, and who they are."""

from dataclasses import dataclass

from sqlalchemy import select

from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for
from matcher.needs.model import Need
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.lifecycle import BidState, MemberState
from matcher.projects.setup.model import Project, ProjectNeed


@dataclass(frozen=True, slots=True)
class _Told:
    """Say what a step tells, and whom: owners of the needs, bidders, those of a former round, the office."""

    body: Label
    owners: bool = False
    bidders: bool = False
    former: bool = False
    office: bool = False


TOLD: dict[str, _Told] = {
    "notice": _Told(Label("项目已立项公示，公示期内可以提出异议。", "The set-up of the project is announced; objections are taken while the notice runs."), owners=True),
    "publish": _Told(Label("项目已发榜，揭榜时间见项目页面。", "The project is published; see its page for the time of bidding."), owners=True, former=True),
    "open": _Told(Label("揭榜已开始。", "Bids are taken now."), office=True),
    "close_bidding": _Told(Label("揭榜已截止，进入评审。", "Bidding is closed; the evaluation begins."), owners=True, bidders=True, office=True),
    "announce": _Told(Label("拟揭榜结果正在公示。", "The proposed award is announced."), owners=True, bidders=True),
    "reconsider": _Told(Label("拟揭榜结果已收回，重新评审。", "The proposed award was taken back; the evaluation goes on."), bidders=True),
    "award": _Told(Label("揭榜结果已确定，接下来签订任务书。", "The award is decided; the task book is signed next."), owners=True, bidders=True),
    "start": _Told(Label("任务书已签订，项目开始实施。", "The task book is signed; the project is under way."), owners=True, bidders=True, office=True),
    "fail": _Told(Label("本次揭榜没有结果（流标）。", "The bidding has failed: no team was awarded."), owners=True, bidders=True, office=True),
    "cancel": _Told(Label("项目已撤销。", "The project was cancelled."), owners=True, bidders=True),
    "close": _Told(Label("项目已验收结题。", "The project passed acceptance and is closed."), owners=True, bidders=True),
}  # fmt: skip
#: Bids whose people are told how the project goes on; drafts and withdrawn ones are not.
_NOT_TOLD = {BidState.DRAFT, BidState.WITHDRAWN, BidState.VOID, BidState.REJECTED, BidState.FORMER}
_HANDED_IN = tuple(state for state in BidState if state not in _NOT_TOLD)


def tell(uow: UnitOfWork, actor: Actor, project: Project, action: str, note: str = "") -> None:
    """Write to everybody concerned that a step was taken; the one who took it is not told."""
    told = TOLD.get(action)
    if told is None:
        return
    title = Label("{number} {title}", "{number} {title}").format(number=project.number, title=project.title)
    reason = Label("说明：{note}", "Note: {note}").format(note=note) if note else None
    body = Label(f"{told.body.zh}{reason.zh}", f"{told.body.en} {reason.en}") if reason else told.body
    key = f"project:{project.id}:{action}:{uow.clock():%Y%m%d%H%M%S}"
    outside: set[int] = set()
    for organisation in _outside(uow, project, told):
        outside.update(people_for(uow, organisation))
    outside.discard(actor.person_id or 0)
    notify(uow, sorted(outside), MessageKind.PROJECT, Text(title, body), key=key, link=f"/calls/projects/{project.id}")
    office = {one for one in office_people(uow, project) if told.office and one != actor.person_id} - outside
    notify(uow, sorted(office), MessageKind.PROJECT, Text(title, body), key=key, link=f"/projects/{project.id}")


def office_people(uow: UnitOfWork, project: Project) -> list[int]:
    """Return who is told of a project in the office: who set it up, if still there, else everybody of it."""
    return people_for(uow, project.organisation_id, first=project.created_by)


def _outside(uow: UnitOfWork, project: Project, told: _Told) -> list[int]:
    found: set[int] = set()
    if told.owners:
        query = select(Need.organisation_id).join(ProjectNeed, ProjectNeed.need_id == Need.id)
        found.update(uow.session.scalars(query.where(ProjectNeed.project_id == project.id)))
    states = (*(_HANDED_IN if told.bidders else ()), *((BidState.FORMER,) if told.former else ()))
    if states:
        members = (
            select(BidMember.organisation_id)
            .join(Bid, Bid.id == BidMember.bid_id)
            .where(Bid.project_id == project.id, Bid.state.in_(states), BidMember.state == MemberState.AGREED)
        )
        found.update(uow.session.scalars(members))
    found.discard(project.organisation_id)
    return sorted(found)
