"""The experts' argument of a project (立项论证), as the decision on its set-up reads it."""

from dataclasses import dataclass

from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.experts import panels
from matcher.projects.experts.model import Panel, Stage
from matcher.projects.experts.results import Result, results
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import Rules, rules_of

NO_PANEL = Label(
    "榜单规则要求至少 {least} 名专家论证，请先在“专家与评审”中组建论证专家组。",
    "The rules of the list ask for the argument of {least} experts at least; set up their panel first.",
)
NOT_JUDGED = Label(
    "论证专家的评分还不够数：已有 {sheets} 份，应有 {least} 份，请等评分齐全再公示。",
    "The experts of the argument have handed in {sheets} sheets of {least}; wait for them before the notice.",
)
CLOSED_EARLY = Label(
    "论证评审组已提前结束，只有 {sheets} 份评分，应有 {least} 份。请在“专家与评审”中恢复评审并增补专家，或另组评审组。",
    "The panel of the argument was closed early with {sheets} sheets of {least}. Reopen it and ask more experts, or set up another.",
)


@dataclass(frozen=True, slots=True)
class Argument:
    """Hold the panel of a project's argument with what it says so far; `least` is what the panel and the list ask for."""

    panel: Panel
    result: Result | None
    least: int

    @property
    def sheets(self) -> int:
        """Return how many sheets are handed in."""
        return self.result.sheets if self.result else 0

    @property
    def is_complete(self) -> bool:
        """Say whether enough sheets are in."""
        return self.sheets >= self.least


def argument_of(uow: UnitOfWork, project: Project) -> Argument | None:
    """Return the argument of a project, None before a panel is set up."""
    panel = panels.panel_of(uow, project.id, Stage.ARGUMENT)
    if panel is None:
        return None
    return Argument(panel, results(uow, panel).get(None), max(panel.least, rules_of(project.call).least_experts))


def require_judged(uow: UnitOfWork, project: Project, rules: Rules) -> None:
    """Raise Conflict unless the panel is complete; a list that asks for no experts lets a project pass without one."""
    found = argument_of(uow, project)
    if found is None:
        if rules.least_experts:
            raise Conflict(NO_PANEL.format(least=rules.least_experts))
    elif not found.is_complete:
        words = NOT_JUDGED if found.panel.closed_at is None else CLOSED_EARLY
        raise Conflict(words.format(sheets=found.sheets, least=found.least))
