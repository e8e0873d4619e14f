"""The links in the header: public ones for everyone, and those of a person's work by role."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import request

from matcher.core.labels import Label
from matcher.core.people import ROLE_LABELS, Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import tasks, waiting
from matcher.events.views import waiting as waiting_invitations
from matcher.matching.introduction_view import waiting as waiting_introductions
from matcher.messages.service import unread
from matcher.web.context import current_actor, current_uow

HOMES = {
    Role.DESK: "desk.home",
    Role.ADMIN: "admin.accounts",
    Role.GOVERNMENT: "government.home",
    Role.ENTERPRISE: "enterprise.home",
    Role.UNIVERSITY: "university.home",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Name an address in the header.

    `sections` are beginnings of endpoints that belong to the link; of several links that match a page, the one with the
    longest match is marked. `count` returns how many things wait behind the link, in one query; 0 shows nothing.
    """

    endpoint: str
    label: Label
    sections: tuple[str, ...] = ()
    count: Callable[[UnitOfWork, Actor], int] | None = None
    icon: str = ""


@dataclass(frozen=True, slots=True)
class ShownLink:
    """Hold a link as this page shows it."""

    link: Link
    is_current: bool
    count: int


@dataclass(frozen=True, slots=True)
class Menu:
    """Hold the header of one page: public links, the links of the actor's work, and the symbols beside their name."""

    public: list[ShownLink]
    work: list[ShownLink]
    side: list[ShownLink]
    work_label: Label | None


NEEDS = Link("own_needs.index", Label("我的需求", "My needs"), ("own_needs.",))
OFFERS = Link("own_offers.index", Label("我的成果", "My results"), ("own_offers.",))
EVENTS = Link("events.index", Label("对接会", "Meetings"), ("events.",), waiting_invitations)

TOPICS = Link("topics.index", Label("共性需求", "Common problems"), ("topics.",))
INTRODUCTIONS = Link("introductions.index", Label("引荐", "Introductions"), ("introductions.",), waiting_introductions)
DEALS = Link("deals.index", Label("技术合同", "Contracts"), ("deals.",))
LEARNING = Link("learning.home", Label("排序学习", "Learning"), ("learning.",))

PUBLIC: tuple[Link, ...] = (
    Link("public.needs", Label("需求清单", "Needs"), ("public.need",)),
    Link("public.offers", Label("成果库", "Results"), ("public.offer",)),
    Link("public.about", Label("使用说明", "Help")),
)
# A new page of a role gets its line here, in the order in which that role works; a link may stand under several roles.
WORK: dict[Role, tuple[Link, ...]] = {
    Role.ENTERPRISE: (
        Link("enterprise.home", Label("企业工作台", "Workspace"), ("enterprise.",)),
        NEEDS,
        OFFERS,
        INTRODUCTIONS,
        EVENTS,
        DEALS,
    ),
    Role.UNIVERSITY: (
        Link("university.home", Label("院所工作台", "Workspace"), ("university.",)),
        OFFERS,
        INTRODUCTIONS,
        EVENTS,
        DEALS,
    ),
    Role.GOVERNMENT: (
        Link("government.home", Label("科技部门工作台", "Workspace"), ("government.",)),
        TOPICS,
        NEEDS,
        INTRODUCTIONS,
        EVENTS,
        DEALS,
    ),
    Role.DESK: (
        Link("desk.home", Label("今日", "Today"), ("desk.",)),
        Link(
            "desk.queue",
            Label("评审队列", "Review"),
            ("desk.pairing", "desk.show_list", "desk.act_on_many"),
            count=waiting.to_review,
        ),
        Link("desk.show_board", Label("看板", "Board"), ("desk.show_board", "desk.move")),
        INTRODUCTIONS,
        Link("desk.show_tasks", Label("任务", "Tasks"), ("desk.show_tasks",), count=tasks.overdue_count),
        Link("desk.find", Label("检索与配对", "Find and pair"), ("desk.find", "desk.pair_up")),
        Link("desk.intake", Label("待发布", "Intake"), ("desk.intake", "desk.review_"), count=waiting.to_publish),
        TOPICS,
        Link("portfolio.index", Label("组合分配", "Portfolio"), ("portfolio.",)),
        EVENTS,
        Link("own_needs.index", Label("录入与导入", "Entry"), ("own_",)),
        DEALS,
        Link("desk.show_workload", Label("工作量", "Workload"), ("desk.decisions",)),
        LEARNING,
    ),
    Role.ADMIN: (
        Link("admin.accounts", Label("待审核账号", "Waiting accounts"), ("admin.decide",)),
        Link("admin.people", Label("全部账号", "All accounts"), ("admin.reset_password",)),
        Link("admin.audit", Label("操作记录", "Record")),
        LEARNING,
    ),
}
# Symbols beside the person's name, for what may call at any time; each needs an `icon`.
SIDE: tuple[Link, ...] = (Link("inbox.index", Label("消息", "Messages"), ("inbox.",), unread, "bell"),)


def navigation() -> Menu:
    """Return the links that the actor sees, with the one of this page marked."""
    actor = current_actor()
    roles = [role for role in WORK if role in actor.roles]
    work = list({link.endpoint: link for role in roles for link in WORK[role]}.values())
    side = SIDE if actor.person_id is not None else ()
    current = _current((*work, *PUBLIC, *side))

    def shown(links: Iterable[Link]) -> list[ShownLink]:
        return [ShownLink(link, link is current, _count(link, actor)) for link in links]

    label = ROLE_LABELS[roles[0]] if len(roles) == 1 else None
    return Menu(shown(PUBLIC), shown(work), shown(side), label)


def _count(link: Link, actor: Actor) -> int:
    return link.count(current_uow(), actor) if link.count else 0


def _current(links: Iterable[Link]) -> Link | None:
    """Return the link that the page belongs to: the longest match, the first of equal ones."""
    endpoint = request.endpoint or ""

    def match(link: Link) -> int:
        beginnings = (link.endpoint, *link.sections)
        return max((len(one) for one in beginnings if endpoint.startswith(one)), default=0)

    best = max(links, key=match, default=None)
    return best if best and match(best) else None


def home_endpoint(actor: Actor) -> str:
    """Return where a person's work starts."""
    return next((HOMES[role] for role in HOMES if role in actor.roles), "public.home")
