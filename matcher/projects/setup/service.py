"""The steps of a project: the one place through which its state changes."""

from collections.abc import Collection

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need
from matcher.projects.lifecycle import PROJECT_LIFECYCLE, ProjectState
from matcher.projects.setup.letters import tell
from matcher.projects.setup.model import Project, ProjectNeed

NO_PROJECT = Label("找不到这个项目。", "There is no such project.")
_ENDS = (ProjectState.CLOSED, ProjectState.FAILED, ProjectState.CANCELLED)


def get(uow: UnitOfWork, project_id: int) -> Project:
    """Return a project; raises NotFound. Asks no permission: callers do."""
    found = uow.session.get(Project, project_id)
    if found is None:
        raise NotFound(NO_PROJECT)
    return found


def by_id(uow: UnitOfWork, ids: Collection[int]) -> dict[int, Project]:
    """Return projects by id in one query. Asks no permission: callers do."""
    return {one.id: one for one in uow.session.scalars(select(Project).where(Project.id.in_(ids))).unique()}


def owners(uow: UnitOfWork, project_id: int) -> set[int]:
    """Return the organisations whose needs a project answers."""
    query = select(Need.organisation_id).join(ProjectNeed, ProjectNeed.need_id == Need.id)
    return set(uow.session.scalars(query.where(ProjectNeed.project_id == project_id)))


def read(uow: UnitOfWork, actor: Actor, project_id: int) -> Project:
    """Return a project for staff, in any state; raises NotAllowed, NotFound."""
    require(actor, "project.see")
    return get(uow, project_id)


def step(uow: UnitOfWork, actor: Actor, project: Project, action: str, note: str = "") -> None:
    """Take a step that the office decides; raises NotAllowed, Conflict when the lifecycle forbids it."""
    require(actor, "project.decide")
    move(uow, actor, project, action, note)


def move(uow: UnitOfWork, actor: Actor, project: Project, action: str, note: str = "") -> None:
    """Take a step that follows from something else (a signature, a deadline), whose service asked for the permission.

    Writes the history, the audit row and the messages to those concerned. Raises Conflict when the lifecycle forbids it.
    """
    PROJECT_LIFECYCLE.apply(uow, actor, project, action, note)
    project.changed_at = uow.clock()
    if project.state in _ENDS:
        project.ended_at = uow.clock()
    elif action == "relaunch":
        project.ended_at = None
    audit.record(uow, actor, f"project.{action}", "project", project.id, note=note)
    tell(uow, actor, project, action, note)
    uow.session.flush()
