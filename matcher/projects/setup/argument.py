"""The experts' argument of a project (立项论证), as the decision on its set-up reads it."""

from dataclasses import dataclass

from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.experts import panels
from matcher.projects.experts.model import Panel, Stage
from matcher.projects.experts.results import Result, is_complete, results
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import Rules

NO_PANEL = Label(
    "榜单规则要求至少 {least} 名专家论证，请先在“专家与评审”中组建论证专家组。",
    "The rules of the list ask for the argument of {least} experts at least; set up their panel first.",
)
NOT_JUDGED = Label(
    "论证专家的评分还不够数，请等评分齐全再公示。",
    "The experts of the argument have not handed in enough sheets; wait for them before the notice.",
)


@dataclass(frozen=True, slots=True)
class Argument:
    """Hold the panel of a project's argument with what it says so far; `is_complete` when enough sheets are in."""

    panel: Panel
    result: Result | None
    is_complete: bool


def argument_of(uow: UnitOfWork, project: Project) -> Argument | None:
    """Return the argument of a project, None before a panel is set up."""
    panel = panels.panel_of(uow, project.id, Stage.ARGUMENT)
    return Argument(panel, results(uow, panel).get(None), is_complete(uow, panel)) if panel else None


def require_judged(uow: UnitOfWork, project: Project, rules: Rules) -> None:
    """Raise Conflict unless the panel is complete; a list that asks for no experts lets a project pass without one."""
    found = argument_of(uow, project)
    if found is None:
        if rules.least_experts:
            raise Conflict(NO_PANEL.format(least=rules.least_experts))
    elif not found.is_complete:
        raise Conflict(NOT_JUDGED)
