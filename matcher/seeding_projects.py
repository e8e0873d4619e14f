"""The demo's projects: a list (榜单) from common problems, projects of former lists as stories in seeds/, scenarios and trials.

Needs topics, so it comes late. Each part is written once, and acted by the persons whose part it is.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from matcher.accounts.model import Person
from matcher.accounts.service import actor_by_email, add_person
from matcher.app import Platform
from matcher.core.clock import local_date, local_second
from matcher.core.errors import NotAllowed
from matcher.core.people import SYSTEM, Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import service as messages
from matcher.messages.model import Message
from matcher.needs.model import OPEN_STATES, Need
from matcher.projects.experts import office as panels
from matcher.projects.experts.conflicts import conflicts
from matcher.projects.experts.model import Expert, Stage
from matcher.projects.lifecycle import Mode
from matcher.projects.scenarios import service as scenarios
from matcher.projects.scenarios.model import Scenario
from matcher.projects.setup import calls, checks, deciding, editing, origins
from matcher.projects.setup.clock import tick
from matcher.projects.setup.demand import demand_of, need_ids
from matcher.projects.setup.model import Call, Project
from matcher.projects.topics import queries
from matcher.seeding import DEMO_PASSWORD, IN_PRODUCTION, read_seeds
from matcher.stories import lists, trials, work
from matcher.stories.cast import Calendar, Cast

KEY = "demo-call"
OFFICE = "keji@demo.example"
LIST = {
    "title": "2026 年成渝重点产业链揭榜挂帅榜单（示例）",
    "kind": "government",
    "intro": "由多家企业共同提出、现有成果还不能满足的共性难题。欢迎高校院所与企业组队揭榜。",
    "contact": "蓉城科技局项目处（示例） 028-00000000",
    "least_experts": "0",  # the demo's argument was held in a meeting
}
FUNDS = {
    "enterprise_funds": "900",
    "government_funds": "300",
    "solver_funds": "150",
    "months": "24",
    "ip_ownership": "shared",
}
DECLARED = {"declared": ["not_in_house", "funds_ready", "no_secret"]}
SCENARIO = {
    "place": "由提出单位安排的现场",
    "data_offered": "脱敏后的运行记录和现场图像，签署保密协议后提供。",
    "conditions": "技术成熟度不低于 TRL 5，遵守现场安全规定。",
    "support": "提供场地、接口和配合人员；试验通过的优先采购。",
    "most_trials": "3",
}
REASON = "链主企业已承诺配套资金和试验场地，先行立项。"
#: Experts of the register who argue what is still a draft, the one to sign in as first; and the days until then.
ARGUERS = ("demo-expert", "expert-yuzhou", "expert-heavy")
ARGUMENT_DUE = -8
#: Days before today on which the office took its steps.
SCENARIOS, WRITTEN, ANNOUNCED, PUBLISHED, OPENED, CLOSES = 18, 24, 23, 14, 13, -12
#: Days after the opening of a former list on which its task books are drafted.
DRAFTED = 42
#: What was told in the last days is still unread.
UNREAD_DAYS = 6


def seed_projects(platform: Platform) -> int:
    """Write what is missing of the demo's projects; returns how many were written. Raises NotAllowed in production."""
    if platform.settings.is_production:
        raise NotAllowed(IN_PRODUCTION)
    calendar = Calendar()
    uow = UnitOfWork(platform.sessions, clock=calendar)
    try:
        with uow:
            written = _seed_list(uow, calendar)
        with uow:
            return written + _tell_stories(uow, calendar)
    finally:
        uow.close()


def _seed_list(uow: UnitOfWork, calendar: Calendar) -> int:
    if uow.session.scalar(select(Call.id).where(Call.seed_key == KEY)):
        return 0
    calendar.back(SCENARIOS)
    _write_scenarios(uow)
    return _write(uow, actor_by_email(uow, OFFICE), calendar)


def _tell_stories(uow: UnitOfWork, calendar: Calendar) -> int:
    """Tell the stories of former lists, of the made-to-order project and of the trials, unless they are told."""
    cast, told = Cast(uow, calendar, OFFICE), list(read_seeds("projects", "list"))
    if not all(cast.knows(one) for one in read_seeds("projects", "person")) or lists.is_told(cast, told[0]):
        return 0
    _add_people(uow, cast)
    tales = [tale for one in told for tale in _tell(cast, one)]
    tales += [work.tell_order(cast, one) for one in read_seeds("projects", "order")]
    for tale in tales:
        for step in tale.told.get("step", ()):
            work.act(cast, tale, step)
    for one in read_seeds("projects", "trial"):
        trials.tell(cast, one)
    _read_old_messages(uow, calendar)
    return len(tales)


def _tell(cast: Cast, told: lists.Told) -> list[lists.Tale]:
    tales = lists.tell_list(cast, told)
    for tale in tales:
        if "until" not in tale.told:
            work.sign_books(cast, tale, int(told["opens"]) - DRAFTED)
    return tales


def _add_people(uow: UnitOfWork, cast: Cast) -> None:
    known = set(uow.session.scalars(select(Person.email)))
    for one in read_seeds("projects", "person"):
        if one["email"] not in known:
            organisation, role = cast.organisation(one["organisation"]), Role(one["role"])
            add_person(
                uow, organisation=organisation, email=one["email"], name=one["name"], password=DEMO_PASSWORD, roles=(role,)
            )  # fmt: skip


def _read_old_messages(uow: UnitOfWork, calendar: Calendar) -> None:
    """Let everybody have read what they were told before the last days."""
    since = calendar.back(UNREAD_DAYS)
    old = select(Message.id, Person).join(Person, Person.id == Message.person_id)
    for message_id, person in uow.session.execute(
        old.where(Message.created_at < since, Message.read_at.is_(None))
    ).unique():
        messages.mark_read(uow, person.actor(), message_id)


def _write(uow: UnitOfWork, office: Actor, calendar: Calendar) -> int:
    topics = [one for one in queries.list_topics(uow, office).rows if isinstance(one, queries.TopicRow)][:4]
    if not topics:
        return 0
    opens, closes = calendar.back(OPENED), calendar.back(CLOSES)
    calendar.back(WRITTEN)
    call = calls.create(
        uow, office, calls.fresh() | LIST | {"opens_at": local_second(opens), "closes_at": local_second(closes)}
    )
    call.seed_key = KEY
    written = [_draft(uow, office, call, topic.id, race=place == 1) for place, topic in enumerate(topics)]
    # Of needs that are not open a draft says nothing: somebody would have to write it first.
    complete = [project for project in written if not checks.missing(project)]
    to_announce = ((complete[:2], ANNOUNCED), (complete[2:3], 2))
    for projects, day in to_announce:
        calendar.back(day)
        for project in projects:
            deciding.argue(uow, office, project.id)
            found = demand_of(uow, need_ids(project))
            deciding.announce_setup(uow, office, project.id, REASON if found and found.is_low else "")
    _argue_with_experts(uow, office, complete[3:], calendar)
    calendar.back(PUBLISHED)
    _each(complete[:2], lambda project: deciding.publish(uow, office, project.id))
    calendar.back(0)
    tick(uow)
    return len(written)


def _argue_with_experts(uow: UnitOfWork, office: Actor, drafts: list[Project], calendar: Calendar) -> None:
    """Ask two experts to argue each draft: the one to sign in as and a colleague, unless they have an interest in it."""
    query = select(Expert).where(Expert.seed_key.in_(ARGUERS))
    known = sorted(uow.session.scalars(query).unique(), key=lambda one: ARGUERS.index(str(one.seed_key)))
    due = calendar.back(ARGUMENT_DUE)
    calendar.back(1)
    for project in drafts:
        barred = conflicts(uow, project, known)
        free = [one.id for one in known if one.id not in barred]
        if not free:
            continue
        given = panels.defaults(uow, project, Stage.ARGUMENT) | {"due_on": local_date(due).isoformat()}
        panel = panels.open_panel(uow, office, project.id, Stage.ARGUMENT, given)
        panels.invite(uow, office, panel.id, free[:2])


def _write_scenarios(uow: UnitOfWork) -> None:
    """Attach what can be tried to the needs of chain leaders and public bodies that are scenario opportunities."""
    query = select(Need).where(Need.source == "scenario", Need.state.in_(OPEN_STATES)).order_by(Need.id)
    until = local_date(uow.clock()) + timedelta(days=SCENARIOS + 45)
    for need in uow.session.scalars(query):
        if scenarios.why_not(need) is None and uow.session.get(Scenario, need.id) is None:
            given = SCENARIO | {"tryable": need.content or need.difficulties, "apply_until": until.isoformat()}
            scenarios.save(uow, SYSTEM, need.id, given)


def _each(projects: list[Project], act: Callable[[Project], Any]) -> None:
    for project in projects:
        act(project)


def _draft(uow: UnitOfWork, office: Actor, call: Call, topic_id: int, *, race: bool) -> Project:
    topic, needs = origins.of_topic(uow, office, topic_id)
    proposed = origins.proposal(uow, office, needs, topic.name)
    mode = {"mode": Mode.RACE.value, "teams": "2"} if race else {"mode": Mode.CHALLENGE.value, "teams": "1"}
    project = editing.create(uow, office, proposed | FUNDS | DECLARED | mode, topic_id=topic_id)
    return editing.assign_call(uow, office, project.id, call.id)
