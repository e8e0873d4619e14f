"""What the lead of a consortium writes to those whom it asks to join, and moments as bidders are told them."""

from matcher.core.clock import local_second
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.setup.model import Project

ASKED = Label("{lead} 邀请贵单位联合揭榜", "{lead} asks you to join a bid")
ASKED_BODY = Label(
    "项目：{project}。请在 {closes} 前答复。揭榜截止前，除联合体以外任何人都看不到这份申请。",
    "Project: {project}. Answer before {closes}. Until bidding closes nobody but the consortium sees the bid.",
)


def ask(uow: UnitOfWork, bid: Bid, project: Project, member: BidMember) -> None:
    """Write to an organisation that it is asked to join a bid."""
    body = ASKED_BODY.format(
        project=project.title, closes=local_second(project.closes_at) if project.closes_at else "—"
    )
    text = Text(ASKED.format(lead=bid.organisation.name), body)
    key = f"bid:{bid.id}:ask:{member.id}:{member.invited_at:%Y%m%d%H%M%S}"
    notify(uow, people_for(uow, member.organisation_id), MessageKind.PROJECT, text, key=key, link=f"/bids/{bid.id}")
