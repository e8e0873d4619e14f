"""What teams and owners of needs are told of a gate, in fair words; never what another team showed."""

from collections.abc import Sequence

from sqlalchemy import select

from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for
from matcher.needs.model import Need
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.delivery.model import Gate, GateEntry
from matcher.projects.lifecycle import MemberState
from matcher.projects.setup.model import Project, ProjectNeed

OPENED = Label("{project}：请提交“{gate}”的考核材料", "{project}: please hand in the evidence for “{gate}”")
OPENED_BODY = Label("材料截止 {day}（当天 24 时前）。要求：{evidence}", "Until the end of {day}. Wanted: {evidence}")
DECIDED = Label("{project}：“{gate}”考核结果", "{project}: what was decided at “{gate}”")
BODIES = {
    "pass": Label("贵团队通过考核，进入下一阶段；本节点的款项可以拨付。{reason}", "Your team passed and goes on; the payment of this gate is released. {reason}"),
    "eliminate": Label("贵团队的工作到本节点为止。感谢投入；已经可以拨付的款项不受影响。理由：{reason}", "Your team’s work ends at this gate. Thank you; what was released stays yours. Reason: {reason}"),
    "merge": Label("贵团队并入{into}继续研究，成员加入对方的联合体。理由：{reason}", "Your team goes on together with {into}; its members join that consortium. Reason: {reason}"),
    "joined": Label("{into}并入贵团队，其成员加入联合体，未拨付的款项转入贵团队任务书。", "{into} joins your team with its members; its open payments move to your task book."),
}  # fmt: skip
SHARES = Label("{project}：合并后的经费比例已确定", "{project}: the shares after the merger are settled")
SHARES_BODY = Label(
    "{shares}。如有异议，请联系牵头单位或科技部门。", "{shares}. Objections go to the lead or the office."
)
OWNER_BODY = Label("{count} 个团队进入下一阶段。", "{count} teams go on.")


def _team(uow: UnitOfWork, bid: Bid) -> list[int]:
    people = {p for m in bid.members if m.state is MemberState.AGREED for p in people_for(uow, m.organisation_id)}
    return sorted(people)


def opened(uow: UnitOfWork, project: Project, gate: Gate, entry: GateEntry, bid: Bid) -> None:
    """Ask a team for its evidence."""
    body = OPENED_BODY.format(day=gate.due_on.isoformat(), evidence=gate.evidence)
    text = Text(OPENED.format(project=project.title, gate=gate.title), body)
    key = f"gate:{gate.id}:opened:{bid.id}"
    notify(uow, _team(uow, bid), MessageKind.PROJECT, text, key=key, link=f"/gates/entries/{entry.id}")


def decided(
    uow: UnitOfWork, project: Project, gate: Gate, entry: GateEntry, bid: Bid, *, what: str, into: str = ""
) -> None:
    """Tell a team what was decided on it, or which team joins it."""
    body = BODIES[what].format(reason=entry.reason, into=into)
    text = Text(DECIDED.format(project=project.title, gate=gate.title), body)
    key = f"gate:{gate.id}:{what}:{bid.id}:{into}"
    notify(uow, _team(uow, bid), MessageKind.PROJECT, text, key=key, link=f"/gates/entries/{entry.id}")


def owners(uow: UnitOfWork, project: Project, gate: Gate, count: int) -> None:
    """Tell the owners of the needs how many teams go on."""
    query = select(Need.organisation_id).join(ProjectNeed, ProjectNeed.need_id == Need.id)
    found = set(uow.session.scalars(query.where(ProjectNeed.project_id == project.id)))
    people = sorted({one for owner in found for one in people_for(uow, owner)})
    text = Text(DECIDED.format(project=project.title, gate=gate.title), OWNER_BODY.format(count=count))
    link = f"/calls/projects/{project.id}"
    notify(uow, people, MessageKind.PROJECT, text, key=f"gate:{gate.id}:owners", link=link)


def shares_settled(uow: UnitOfWork, project: Project, bid: Bid, rows: Sequence[BidMember]) -> None:
    """Tell the members of a team that others joined what their shares are."""
    told = "；".join(f"{one.organisation.name} {one.share}%" for one in rows)
    text = Text(SHARES.format(project=project.title), SHARES_BODY.format(shares=told))
    key = f"gate:shares:{bid.id}:{uow.clock():%Y%m%d%H%M%S}"
    notify(uow, _team(uow, bid), MessageKind.PROJECT, text, key=key, link=f"/gates/bids/{bid.id}/shares")
