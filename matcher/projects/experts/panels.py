"""Panels: who judges which stage of a project, by which criteria, until when."""

from collections.abc import Sequence

from sqlalchemy import select

from matcher.core.errors import NotFound
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids.model import Bid
from matcher.projects.experts.model import Panel, ScoreSheet, Seat, Stage
from matcher.projects.lifecycle import PROJECT_LIFECYCLE, BidState
from matcher.projects.setup.model import Project

NO_PANEL = Label("找不到这个评审组。", "There is no such panel.")
STAGE_LABELS = {
    Stage.ARGUMENT: Label("立项论证", "Argument"),
    Stage.EVALUATION: Label("揭榜评审", "Evaluation of bids"),
    Stage.GATE: Label("赛马考核", "Gate of the race"),
    Stage.ACCEPTANCE: Label("验收评审", "Acceptance"),
}
#: The bids that a panel judges, by stage; an argument judges the project itself.
JUDGED: dict[Stage, tuple[BidState, ...]] = {
    Stage.ARGUMENT: (),
    Stage.EVALUATION: (BidState.ADMITTED,),
    Stage.GATE: (BidState.RUNNING,),
    Stage.ACCEPTANCE: (BidState.RUNNING,),
}


def get(uow: UnitOfWork, panel_id: int) -> Panel:
    """Return a panel; raises NotFound."""
    found = uow.session.get(Panel, panel_id)
    if found is None:
        raise NotFound(NO_PANEL)
    return found


def panel_of(uow: UnitOfWork, project_id: int, stage: Stage, gate_id: int | None = None) -> Panel | None:
    """Return the newest panel of a stage of a project, of one gate where it is given; None before there is one.

    Those of a former round of bidding are none of the present one's.
    """
    query = select(Panel).where(
        Panel.project_id == project_id, Panel.stage == stage, Panel.gate_id == gate_id, Panel.is_former.is_(False)
    )
    return uow.session.scalar(query.order_by(Panel.id.desc()).limit(1))


def subjects(uow: UnitOfWork, panel: Panel) -> Sequence[Bid]:
    """Return the bids that a panel judges, by their codes; empty for an argument, which judges the project."""
    states = JUDGED[panel.stage]
    if not states:
        return ()
    query = select(Bid).where(Bid.project_id == panel.project_id, Bid.state.in_(states)).order_by(Bid.code, Bid.id)
    return uow.session.scalars(query).all()


def subject_ids(uow: UnitOfWork, panel: Panel) -> list[int | None]:
    """Return what a panel has a sheet for: bids by id, or None for the project itself."""
    if panel.stage is Stage.ARGUMENT:
        return [None]
    return [bid.id for bid in subjects(uow, panel)]


def has_sheets(uow: UnitOfWork, panel: Panel) -> bool:
    """Say whether any sheet of a panel is handed in."""
    query = (
        select(ScoreSheet.id)
        .join(Seat, Seat.id == ScoreSheet.seat_id)
        .where(Seat.panel_id == panel.id, ScoreSheet.submitted_at.is_not(None))
    )
    return uow.session.scalar(query.limit(1)) is not None


def project_state(project: Project) -> Label:
    """Return the state of a project in words."""
    return PROJECT_LIFECYCLE.labels[project.state]
