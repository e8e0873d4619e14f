"""Who acts: roles and the acting person, as services see them."""

from dataclasses import dataclass, field
from enum import StrEnum

from matcher.core.labels import Label


class Role(StrEnum):
    """Name what a person does on the platform."""

    ENTERPRISE = "enterprise"
    UNIVERSITY = "university"
    GOVERNMENT = "government"
    DESK = "desk"
    ADMIN = "admin"
    EXPERT = "expert"


ROLE_LABELS = {
    Role.ENTERPRISE: Label("企业", "Enterprise"),
    Role.UNIVERSITY: Label("高校院所", "University or institute"),
    Role.GOVERNMENT: Label("科技部门", "Government office"),
    Role.DESK: Label("撮合服务人员", "Matchmaking desk"),
    Role.ADMIN: Label("平台管理员", "Administrator"),
    Role.EXPERT: Label("评审专家", "Expert"),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Stand for the person who acts; the visitor has no id and no role."""

    person_id: int | None = None
    organisation_id: int | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    name: str = ""
    is_system: bool = False


VISITOR = Actor()
SYSTEM = Actor(name="system", is_system=True)
