"""Everything of the panels of one project, for the office: who sits, what they said, how far they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids.model import Bid
from matcher.projects.delivery.model import Gate
from matcher.projects.experts import candidates, panels
from matcher.projects.experts.conflicts import conflicts
from matcher.projects.experts.model import Panel, Stage
from matcher.projects.experts.office import GATE_JUDGED, STAGE_STATES, Place, hindrance_to_reopen
from matcher.projects.experts.results import Result, is_complete, results
from matcher.projects.experts.service import BUSY_STATES
from matcher.projects.setup.model import Project


@dataclass(frozen=True, slots=True)
class PanelView:
    """Hold one panel: its seats, its subjects by id (None: the project), results, and the gate that it belongs to."""

    panel: Panel
    places: Sequence[Place]
    subjects: Sequence[int | None]
    bids: Mapping[int, Bid]
    results: Mapping[int | None, Result]
    is_complete: bool
    gate: Gate | None = None
    conflicts: Mapping[int, Sequence[Label]] = field(default_factory=dict)  # of those who sit, by expert
    may_reopen: bool = False

    def expert_name(self, expert_id: int) -> str:
        """Return the name of an expert of the panel."""
        return next((place.expert.person.name for place in self.places if place.expert.id == expert_id), "")


def of_project(uow: UnitOfWork, actor: Actor, project: Project) -> list[PanelView]:
    """Return the panels of a project, the newest first; raises NotAllowed."""
    require(actor, "panel.manage")
    query = select(Panel).where(Panel.project_id == project.id).order_by(Panel.id.desc())
    return [_view(uow, project, panel) for panel in uow.session.scalars(query)]


def _view(uow: UnitOfWork, project: Project, panel: Panel) -> PanelView:
    found = results(uow, panel)
    # Bids that moved on since (awarded, not chosen) keep their marks on the page.
    ids = list(dict.fromkeys([*panels.subject_ids(uow, panel), *found]))
    bids = {
        bid.id: bid for bid in uow.session.scalars(select(Bid).where(Bid.id.in_([one for one in ids if one]))).unique()
    }
    ranked = sorted(ids, key=lambda one: (-found[one].total if one in found else 1.0, one or 0))
    gate = uow.session.get(Gate, panel.gate_id) if panel.gate_id else None
    places, complete = candidates.places(uow, panel), is_complete(uow, panel)
    again = panel.closed_at is not None and hindrance_to_reopen(uow, panel) is None
    return PanelView(panel, places, ranked, bids, found, complete, gate, _conflicts(uow, project, panel, places), again)


def _conflicts(uow: UnitOfWork, project: Project, panel: Panel, places: Sequence[Place]) -> dict[int, list[Label]]:
    """Return what came up since the invitation against experts who sit on an open panel."""
    sitting = [place.expert for place in places if place.seat.state in BUSY_STATES]
    return conflicts(uow, project, sitting) if sitting and panel.closed_at is None else {}


def possible_stages(uow: UnitOfWork, project: Project) -> list[tuple[Stage, Gate | None]]:
    """Return the stages for which a panel can be set up now, with the gate of each that has one."""
    found: list[tuple[Stage, Gate | None]] = []
    for stage, states in STAGE_STATES.items():
        if project.state not in states:
            continue
        gates: Sequence[Gate | None] = [None]
        if stage is Stage.GATE:
            gates = uow.session.scalars(
                select(Gate).where(Gate.project_id == project.id, Gate.state.in_(GATE_JUDGED)).order_by(Gate.position)
            ).all()
        for gate in gates:
            before = panels.panel_of(uow, project.id, stage, gate.id if gate else None)
            if before is None or before.closed_at is not None:
                found.append((stage, gate))
    return found
