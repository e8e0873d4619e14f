"""Lists (榜单): their rules and dates, the projects on them, and their publication as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from matcher.core import audit
from matcher.core.clock import local_second
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.projects.lifecycle import ProjectState
from matcher.projects.setup import notices
from matcher.projects.setup.deciding import publication_problems, publish
from matcher.projects.setup.editing import BEFORE_PUBLICATION, NO_CALL, NO_OFFICE
from matcher.projects.setup.fields import CALL_FIELDS, read_call
from matcher.projects.setup.model import Call, Project
from matcher.projects.setup.rules import RULE_FIELDS, Rules, read_rules, rules_of, typed

FIELDS = (*CALL_FIELDS, *RULE_FIELDS)
PUBLISHED = Label("榜单已经发布，规则和时间不能再改。", "The list is published; its rules and dates stay as they are.")
EMPTY = Label("榜单上还没有项目，请先放入项目。", "There is no project on the list yet; put some on it first.")
NOT_READY = Label("{number} {title}：{why}", "{number} {title}: {why}")
NOT_NOTICED = Label(
    "还没有到立项公示。请先公示，或把它移出榜单。",
    "it is not announced yet. Announce it first, or take it off the list.",
)


@dataclass(frozen=True, slots=True)
class CallRow:
    """Hold one list with the number of its projects."""

    call: Call
    projects: int


def get(uow: UnitOfWork, actor: Actor, call_id: int) -> Call:
    """Return a list for staff; raises NotAllowed, NotFound."""
    require(actor, "project.see")
    found = uow.session.get(Call, call_id)
    if found is None:
        raise NotFound(NO_CALL)
    return found


def all_calls(uow: UnitOfWork, actor: Actor) -> list[CallRow]:
    """Return every list with its number of projects, those that are being prepared first, then the latest."""
    require(actor, "project.see")
    count = select(Project.call_id, func.count()).where(Project.call_id.is_not(None)).group_by(Project.call_id)
    counts = dict(uow.session.execute(count).all())
    query = select(Call).order_by(Call.published_at.is_not(None), Call.closes_at.desc(), Call.id.desc())
    return [CallRow(one, counts.get(one.id, 0)) for one in uow.session.scalars(query)]


def choices(uow: UnitOfWork, actor: Actor) -> list[Call]:
    """Return the lists onto which a project can still be put."""
    require(actor, "project.see")
    query = select(Call).where(Call.closes_at > uow.clock()).order_by(Call.closes_at, Call.id)
    return list(uow.session.scalars(query))


def projects_on(uow: UnitOfWork, call_id: int) -> list[Project]:
    """Return the projects of a list in the order in which they were set up."""
    return list(uow.session.scalars(select(Project).where(Project.call_id == call_id).order_by(Project.id)))


def create(uow: UnitOfWork, actor: Actor, given: Mapping[str, Any]) -> Call:
    """Write a new list; raises NotAllowed, InvalidInput."""
    require(actor, "call.write")
    if actor.organisation_id is None:
        raise InvalidInput([Problem("", NO_OFFICE)])
    call = Call(
        organisation_id=actor.organisation_id,
        created_by=actor.person_id,
        created_at=uow.clock(),
        changed_at=uow.clock(),
    )
    _assign(call, given)
    uow.session.add(call)
    uow.session.flush()
    audit.record(uow, actor, "call.create", "call", call.id)
    return call


def edit(uow: UnitOfWork, actor: Actor, call_id: int, given: Mapping[str, Any], seen_version: int | None = None) -> Call:  # fmt: skip
    """Change a list that is not published; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    require(actor, "call.write")
    call = get(uow, actor, call_id)
    if call.published_at is not None:
        raise Conflict(PUBLISHED)
    if seen_version is not None and seen_version != call.version:
        raise Conflict(CHANGED_MEANWHILE)
    _assign(call, given)
    call.changed_at = uow.clock()
    audit.record(uow, actor, "call.edit", "call", call.id, rules=call.rules)
    uow.session.flush()
    return call


def _assign(call: Call, given: Mapping[str, Any]) -> None:
    answers, rules = read_call(given), read_rules(given)
    if problems := [*answers.problems, *rules.problems]:
        raise InvalidInput(problems)
    for name, value in answers.values.items():
        setattr(call, name, value)
    call.rules = rules.values


def given_of(call: Call) -> dict[str, Any]:
    """Return a list as people type it into its form."""
    given: dict[str, Any] = {one.name: getattr(call, one.name) for one in CALL_FIELDS}
    return (
        given | {name: local_second(getattr(call, name)) for name in ("opens_at", "closes_at")} | typed(rules_of(call))
    )


def fresh() -> dict[str, Any]:
    """Return what the form of a new list begins with: the usual rules."""
    return {one.name: "" for one in CALL_FIELDS} | {"kind": "government"} | typed(Rules())


def hindrances(uow: UnitOfWork, call: Call) -> list[Problem]:
    """Return everything that keeps a list from being published as a whole, project by project."""
    waiting = [one for one in projects_on(uow, call.id) if one.state in BEFORE_PUBLICATION]
    if not waiting:
        return [Problem("", EMPTY)]
    return [
        Problem("", NOT_READY.format(number=one.number, title=one.title, why=why))
        for one in waiting
        for why in _hindrances_of(uow, one)
    ]


def _hindrances_of(uow: UnitOfWork, project: Project) -> list[Label]:
    notice = notices.current(uow, project.id, "setup")
    if project.state is not ProjectState.NOTICED or notice is None:
        return [NOT_NOTICED]
    hindrance = notices.hindrance(uow, notice)
    return [*([hindrance] if hindrance else []), *(one.message for one in publication_problems(uow, project))]


def publish_call(uow: UnitOfWork, actor: Actor, call_id: int) -> list[Project]:
    """Publish a list with all its projects, or nothing; raises NotAllowed, InvalidInput with what hinders which project."""
    require(actor, "call.write")
    call = get(uow, actor, call_id)
    if problems := hindrances(uow, call):
        raise InvalidInput(problems)
    waiting = [one for one in projects_on(uow, call.id) if one.state is ProjectState.NOTICED]
    published = [publish(uow, actor, one.id) for one in waiting]
    audit.record(uow, actor, "call.publish", "call", call.id, projects=[one.id for one in published])
    return published
