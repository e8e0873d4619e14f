"""Writing a project: from a common problem, a need or nothing, and changing it while it is a draft."""

from collections.abc import Mapping, Sequence
from typing import Any

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.projects.lifecycle import Mode, ProjectState
from matcher.projects.setup import origins
from matcher.projects.setup.demand import Demand, demand_of, need_ids
from matcher.projects.setup.fields import read_project
from matcher.projects.setup.model import Call, Project, ProjectIndicator, ProjectNeed
from matcher.projects.setup.service import get

NO_OFFICE = Label("您的账号没有所属机构，不能立项。", "Your account belongs to no organisation, so it cannot set up projects.")  # fmt: skip
NOT_DRAFT = Label(
    "只有草拟中的项目可以修改。请先退回草拟。", "Only a draft can be changed. Take the project back to a draft first."
)
NO_CALL = Label("找不到这个榜单。", "There is no such list.")
CALL_PUBLISHED = Label("项目已经发榜，不能更换榜单。", "The project is published and stays on its list.")
CALL_OVER = Label(
    "这个榜单的揭榜时间已过，请选择另一个。", "The time for bids of this list has passed; choose another."
)
BEFORE_PUBLICATION = (ProjectState.DRAFT, ProjectState.ARGUED, ProjectState.NOTICED)


def create(
    uow: UnitOfWork,
    actor: Actor,
    given: Mapping[str, Any],
    *,
    topic_id: int | None = None,
    needs: Sequence[int] = (),
) -> Project:
    """Write a new draft that answers `needs`, or all open needs of a topic; raises NotAllowed, NotFound, InvalidInput."""
    require(actor, "project.write")
    if actor.organisation_id is None:
        raise InvalidInput([Problem("", NO_OFFICE)])
    linked = (
        origins.of_topic(uow, actor, topic_id)[1]
        if topic_id
        else [origins.of_need(uow, actor, one).id for one in needs]
    )
    project = Project(
        organisation_id=actor.organisation_id,
        created_by=actor.person_id,
        topic_id=topic_id,
        created_at=uow.clock(),
        changed_at=uow.clock(),
        need_rows=[ProjectNeed(need_id=one) for one in linked],
    )
    _assign(project, given)
    set_demand(project, demand_of(uow, linked))
    uow.session.add(project)
    uow.session.flush()
    audit.record(uow, actor, "project.create", "project", project.id, topic=topic_id, needs=list(linked))
    return project


def set_demand(project: Project, found: Demand | None) -> None:
    """Keep the demand index with the project as it is now."""
    project.demand_index = found.index if found else None
    project.demand_parts = dict(found.parts) if found else {}


def edit(
    uow: UnitOfWork, actor: Actor, project_id: int, given: Mapping[str, Any], seen_version: int | None = None
) -> Project:
    """Change a draft; raises NotAllowed, NotFound, InvalidInput, Conflict when it is no draft or somebody was faster."""
    require(actor, "project.write")
    project = get(uow, project_id)
    if project.state is not ProjectState.DRAFT:
        raise Conflict(NOT_DRAFT)
    if seen_version is not None and seen_version != project.version:
        raise Conflict(CHANGED_MEANWHILE)
    _assign(project, given)
    set_demand(project, demand_of(uow, need_ids(project)))
    project.changed_at = uow.clock()
    audit.record(uow, actor, "project.edit", "project", project.id)
    uow.session.flush()
    return project


def _assign(project: Project, given: Mapping[str, Any]) -> None:
    answers = read_project(given, complete=False)
    if answers.problems:
        raise InvalidInput(answers.problems)
    values = dict(answers.values)
    rows = [row.to_json() for row in values.pop("indicators")]
    project.mode = Mode(values.pop("mode"))
    project.indicator_rows = [ProjectIndicator(position=place, **row) for place, row in enumerate(rows)]
    for name, value in values.items():
        setattr(project, name, value)


def assign_call(uow: UnitOfWork, actor: Actor, project_id: int, call_id: int | None) -> Project:
    """Put a project that is not published on a list, or on none; raises NotAllowed, InvalidInput, Conflict."""
    require(actor, "project.write")
    project = get(uow, project_id)
    if project.state not in BEFORE_PUBLICATION:
        raise Conflict(CALL_PUBLISHED)
    call = uow.session.get(Call, call_id) if call_id else None
    if call_id and call is None:
        raise InvalidInput([Problem("call", NO_CALL)])
    if call is not None and call.closes_at <= uow.clock():
        raise InvalidInput([Problem("call", CALL_OVER)])
    project.call, project.call_id = call, call.id if call else None
    project.changed_at = uow.clock()
    audit.record(uow, actor, "project.assign", "project", project.id, call=call_id)
    uow.session.flush()
    return project
