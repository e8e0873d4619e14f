"""The links in the header, by role."""

from dataclasses import dataclass

from flask import request

from matcher.core.labels import Label
from matcher.core.people import Actor, Role
from matcher.web.context import current_actor

HOMES = {
    Role.DESK: "desk.home",
    Role.ADMIN: "admin.accounts",
    Role.GOVERNMENT: "government.home",
    Role.ENTERPRISE: "enterprise.home",
    Role.UNIVERSITY: "university.home",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Name an address in the header; `section` marks the pages that belong to it."""

    endpoint: str
    label: Label
    roles: frozenset[Role] = frozenset()
    section: str = ""

    @property
    def is_current(self) -> bool:
        """Say whether the page belongs to this link."""
        endpoint = request.endpoint or ""
        return endpoint == self.endpoint or bool(self.section and endpoint.startswith(self.section))


# Pages of the audiences add their links here; an entry without roles is shown to everyone.
LINKS: tuple[Link, ...] = (
    Link("public.needs", Label("需求清单", "Needs"), section="public.need"),
    Link("public.offers", Label("成果库", "Results"), section="public.offer"),
    Link("enterprise.home", Label("企业工作台", "Enterprise"), frozenset({Role.ENTERPRISE}), "enterprise."),
    Link("university.home", Label("院所工作台", "Laboratory"), frozenset({Role.UNIVERSITY}), "university."),
    Link("own_needs.index", Label("我的需求", "My needs"), frozenset({Role.ENTERPRISE, Role.GOVERNMENT}), "own_needs."),
    Link(
        "own_offers.index",
        Label("我的成果", "My results"),
        frozenset({Role.ENTERPRISE, Role.UNIVERSITY}),
        "own_offers.",
    ),
    Link("government.home", Label("科技部门", "Government"), frozenset({Role.GOVERNMENT}), "government."),
    Link("desk.home", Label("撮合工作台", "Desk"), frozenset({Role.DESK}), "desk."),
    Link("own_needs.upload", Label("录入与导入", "Entry"), frozenset({Role.DESK}), "own_"),
    Link("admin.accounts", Label("账号管理", "Accounts"), frozenset({Role.ADMIN}), "admin."),
    Link("public.about", Label("使用说明", "Help")),
)


def navigation() -> list[Link]:
    """Return the links that the actor sees."""
    roles = current_actor().roles
    return [link for link in LINKS if not link.roles or link.roles & roles]


def home_endpoint(actor: Actor) -> str:
    """Return where a person's work starts."""
    return next((HOMES[role] for role in HOMES if role in actor.roles), "public.home")
