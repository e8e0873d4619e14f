"""The links in the header: public ones for everyone, and those of a person's work by role."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import g, request

from matcher.core.labels import Label
from matcher.core.people import ROLE_LABELS, Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import tasks, waiting
from matcher.events.views import waiting as waiting_invitations
from matcher.matching.introduction_view import waiting as waiting_introductions
from matcher.messages.office import needs_decision
from matcher.messages.service import unread
from matcher.projects.bids.queries import waiting_bids
from matcher.projects.experts.seats import waiting as waiting_reviews
from matcher.projects.scenarios.queries import waiting_applications
from matcher.projects.setup.queries import count_waiting
from matcher.web.context import current_actor, current_uow

HOMES = {
    Role.DESK: "desk.home",
    Role.ADMIN: "admin.accounts",
    Role.GOVERNMENT: "government.home",
    Role.ENTERPRISE: "enterprise.home",
    Role.UNIVERSITY: "university.home",
    Role.EXPERT: "experts.home",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Name an address in the header.

    `sections` are beginnings of endpoints that belong to the link; of several links that match a page, the one with the
    longest match is marked. `count` returns how many things wait behind the link, in one query; 0 shows nothing. `waits` says
    on one's first page what they are.
    """

    endpoint: str
    label: Label
    sections: tuple[str, ...] = ()
    count: Callable[[UnitOfWork, Actor], int] | None = None
    icon: str = ""
    waits: Label | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Name a menu of the header. A menu of one link is shown as that link; menus of one name are merged over roles."""

    label: Label
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ShownLink:
    """Hold a link as this page shows it."""

    link: Link
    is_current: bool
    count: int


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """Hold a menu as this page shows it; what waits behind its links is added up."""

    label: Label
    links: list[ShownLink]

    @property
    def is_current(self) -> bool:
        """Tell whether the page in sight is one of the menu's."""
        return any(one.is_current for one in self.links)

    @property
    def count(self) -> int:
        """Return how many things wait behind the links."""
        return sum(one.count for one in self.links)


@dataclass(frozen=True, slots=True)
class Menu:
    """Hold the header of one page: public links, the links of the actor's work, and the symbols beside their name."""

    public: list[ShownLink]
    work: list[ShownLink | ShownGroup]
    side: list[ShownLink]
    work_label: Label | None

    @property
    def waiting(self) -> list[ShownLink]:
        """Return the links of the work behind which something waits that has words of its own."""
        links = [link for one in self.work for link in (one.links if isinstance(one, ShownGroup) else [one])]
        return [one for one in links if one.count and one.link.waits]


NEEDS = Link("own_needs.index", Label("我的需求", "My needs"), ("own_needs.",))
OFFERS = Link("own_offers.index", Label("我的成果", "My results"), ("own_offers.",))
ENTRY = Link("own_needs.index", Label("录入与导入", "Entry"), ("own_",))
TOPICS = Link("topics.index", Label("共性需求", "Common problems"), ("topics.",))
# Every tab of a project belongs to it, also those whose pages stand in other rooms.
PROJECT_PAGES = (
    "projects.", "experts.panels", "experts.choose", "experts.invite", "experts.new_panel", "experts.edit_panel", "bids.",
    "delivery.", "gates.",
)  # fmt: skip
PROJECTS = Link("projects.index", Label("立题项目", "Projects"), PROJECT_PAGES, count_waiting)
CALLS = Link("projects.calls", Label("榜单", "Lists"), ("projects.call",))
INTRODUCTIONS = Link(
    "introductions.index",
    Label("引荐", "Introductions"),
    ("introductions.",),
    waiting_introductions,
    waits=Label("{count} 次引荐等您答复", "Introductions that wait for your answer: {count}"),
)
EVENTS = Link(
    "events.index",
    Label("对接会", "Meetings"),
    ("events.",),
    waiting_invitations,
    waits=Label("{count} 份对接会邀请等您答复", "Invitations to meeting days that wait for your answer: {count}"),
)
EXPERTS = Link("experts.index", Label("专家库", "Experts"), ("experts.",))
TASK_BOOKS = Link("delivery.index", Label("任务书", "Task books"), ("delivery.",))
DEALS = Link("deals.index", Label("技术合同", "Contracts"), ("deals.",))
LEARNING = Link("learning.home", Label("排序学习", "Learning"), ("learning.",))
QUEUE = Link(
    "desk.queue",
    Label("评审队列", "Review"),
    ("desk.pairing", "desk.show_list", "desk.act_on_many"),
    count=waiting.to_review,
)
BOARD = Link("desk.show_board", Label("看板", "Board"), ("desk.show_board", "desk.move"))
TASKS = Link("desk.show_tasks", Label("任务", "Tasks"), ("desk.show_tasks",), count=tasks.overdue_count)
FIND = Link("desk.find", Label("检索与配对", "Find and pair"), ("desk.find", "desk.pair_up"))
INTAKE = Link("desk.intake", Label("待发布", "Intake"), ("desk.intake", "desk.review_"), count=waiting.to_publish)
PORTFOLIO = Link("portfolio.index", Label("组合分配", "Portfolio"), ("portfolio.",))
WORKLOAD = Link("desk.show_workload", Label("工作量", "Workload"), ("desk.decisions",))

SCENARIOS = Link(
    "scenarios.own",
    Label("场景与试验", "Scenarios and trials"),
    ("scenarios.own", "scenarios.trial", "scenarios.edit"),
    waiting_applications,
    waits=Label("{count} 份场景申请等您处理", "Applications to your scenarios that wait: {count}"),
)

BIDS = Link(
    "bids.index",
    Label("揭榜与合作", "Bids"),
    ("bids.",),
    waiting_bids,
    waits=Label("{count} 项揭榜或合作邀请等您处理", "Bids and invitations to bid that wait: {count}"),
)
GATES = Link("gates.own", Label("赛马考核", "Gates of races"), ("gates.",))
BIDDING = Group(Label("揭榜", "Bidding"), (BIDS, TASK_BOOKS, GATES, SCENARIOS))
COOPERATION = Group(Label("对接", "Cooperation"), (INTRODUCTIONS, EVENTS, DEALS, SCENARIOS, TASK_BOOKS))

PUBLIC: tuple[Link, ...] = (
    Link("public.needs", Label("需求清单", "Needs"), ("public.need",)),
    Link("public.offers", Label("成果库", "Results"), ("public.offer",)),
    Link("scenarios.index", Label("场景机会", "Scenarios"), ("scenarios.",)),
    Link("calls.index", Label("揭榜", "Calls"), ("calls.",)),
    Link("public.about", Label("使用说明", "Help")),
)
# The header of each role, in the order in which that role works. What is opened many times a day stands alone, everything else in a menu.
# A new page is one more link in the menu that it belongs to, or a new `Group`; a role has at most eight entries (tested).
WORK: dict[Role, tuple[Link | Group, ...]] = {
    Role.ENTERPRISE: (
        Link("enterprise.home", Label("企业工作台", "Workspace"), ("enterprise.",)),
        NEEDS,
        OFFERS,
        BIDDING,
        COOPERATION,
    ),
    Role.UNIVERSITY: (
        Link("university.home", Label("院所工作台", "Workspace"), ("university.",)),
        OFFERS,
        BIDDING,
        COOPERATION,
    ),
    Role.GOVERNMENT: (
        Link("government.home", Label("科技部门工作台", "Workspace"), ("government.",)),
        Group(Label("需求", "Demand"), (NEEDS, TOPICS)),
        Group(Label("立题", "Projects"), (PROJECTS, CALLS, EXPERTS, SCENARIOS)),
        COOPERATION,
    ),
    Role.DESK: (
        Link("desk.home", Label("今日", "Today"), ("desk.",)),
        QUEUE,
        Group(Label("跟进", "Follow up"), (BOARD, INTRODUCTIONS, TASKS, DEALS)),
        Group(Label("配对", "Pairing"), (FIND, PORTFOLIO)),
        Group(Label("供需", "Needs and results"), (INTAKE, ENTRY, TOPICS, SCENARIOS)),
        EVENTS,
        Group(Label("分析", "Analysis"), (WORKLOAD, LEARNING)),
    ),
    Role.EXPERT: (
        Link(
            "experts.home",
            Label("评审任务", "Review tasks"),
            ("experts.home", "experts.seat", "experts.sheet"),
            waiting_reviews,
        ),
        Link("experts.profile", Label("我的专家信息", "My profile")),
    ),
    Role.ADMIN: (
        Link("admin.accounts", Label("待审核账号", "Waiting accounts"), ("admin.decide",)),
        Link("admin.people", Label("全部账号", "All accounts"), ("admin.reset_password",)),
        Link("admin.audit", Label("操作记录", "Record")),
        Link("admin.mail", Label("发信", "Mail"), count=needs_decision),
        EXPERTS,
        LEARNING,
    ),
}
# Symbols beside the person's name, for what may call at any time; each needs an `icon`.
SIDE: tuple[Link, ...] = (Link("inbox.index", Label("消息", "Messages"), ("inbox.",), unread, "bell"),)


def navigation() -> Menu:
    """Return the links that the actor sees, with the one of this page marked; what waits is counted once a page."""
    if "navigation" not in g:
        g.navigation = _menu_of(current_actor())
    menu: Menu = g.navigation
    return menu


def _menu_of(actor: Actor) -> Menu:
    roles = [role for role in WORK if role in actor.roles]
    work = _merged(entry for role in roles for entry in WORK[role])
    side = SIDE if actor.person_id is not None else ()
    current = _current((*(link for entry in work for link in _links(entry)), *PUBLIC, *side))

    def shown(links: Iterable[Link]) -> list[ShownLink]:
        return [ShownLink(link, link is current, _count(link, actor)) for link in links]

    entries = [
        ShownGroup(entry.label, shown(entry.links)) if isinstance(entry, Group) else shown([entry])[0] for entry in work
    ]
    label = ROLE_LABELS[roles[0]] if len(roles) == 1 else None
    return Menu(shown(PUBLIC), entries, shown(side), label)


def _links(entry: Link | Group) -> tuple[Link, ...]:
    return entry.links if isinstance(entry, Group) else (entry,)


def _merged(entries: Iterable[Link | Group]) -> list[Link | Group]:
    """Return the entries of all roles of a person: every link once, where it came first, and every menu once."""
    menus: dict[Label, list[Link]] = {}
    order: list[Link | Label] = []
    seen: set[str] = set()
    for entry in entries:
        new = [link for link in _links(entry) if link.endpoint not in seen]
        seen.update(link.endpoint for link in new)
        if isinstance(entry, Link):
            order.extend(new)
        elif new:
            if entry.label not in menus:
                order.append(entry.label)
            menus.setdefault(entry.label, []).extend(new)
    return [one if isinstance(one, Link) else _menu(one, menus[one]) for one in order]


def _menu(label: Label, links: list[Link]) -> Link | Group:
    return links[0] if len(links) == 1 else Group(label, tuple(links))


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
