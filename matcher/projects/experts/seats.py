"""Seats: what waits for an expert, and what they answer to an invitation."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, case, func, or_, select

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import service as messages
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text
from matcher.projects.bids.model import Bid
from matcher.projects.experts import panels, service
from matcher.projects.experts.model import Expert, Panel, ScoreSheet, Seat, Stage
from matcher.projects.lifecycle import SEAT_LIFECYCLE, SeatState
from matcher.projects.setup.model import Project

NO_SEAT = Label("找不到这项评审任务。", "There is no such review.")
CLOSED = Label("这次评审已经结束，不能再修改。", "This review is over and cannot be changed.")
DECLARE = Label("请先声明与课题和申报各方没有利益关系；有关系的请选择回避。", "First declare that you have no interest in the project and its parties; if you have, step aside.")  # fmt: skip
REASON = Label("请写明原因，便于科技部门另请专家。", "Say why, so that the office can ask somebody else.")
ANSWERS = ("accept", "decline", "recuse")
TOLD = {
    "decline": Label("{expert}不能参加“{title}”的{stage}", "{expert} cannot join the {stage} of “{title}”"),
    "recuse": Label("{expert}回避“{title}”的{stage}", "{expert} steps aside from the {stage} of “{title}”"),
}
TOLD_BODY = Label("原因：{reason}。请另请一位专家。", "The reason given: {reason}. Please ask another expert.")


@dataclass(frozen=True, slots=True)
class Task:
    """Hold one seat as its expert sees it: the panel, the project, and how many sheets of how many are handed in."""

    seat: Seat
    panel: Panel
    project: Project
    done: int
    wanted: int

    @property
    def is_open(self) -> bool:
        """Say whether something can still be done."""
        return self.panel.closed_at is None and self.seat.state in (SeatState.INVITED, SeatState.ACCEPTED)

    def is_late(self, now: datetime) -> bool:
        """Say whether the day by which the marks were due has passed."""
        return self.is_open and self.panel.due_at is not None and self.panel.due_at < now and self.done < self.wanted


def _wanted() -> ScalarSelect[int]:
    """Return the number of subjects of a panel, as a part of a query over panels."""
    parts = [(Panel.stage == stage, Bid.state.in_(states)) for stage, states in panels.JUDGED.items() if states]
    counted = select(func.count(Bid.id)).where(
        Bid.project_id == Panel.project_id, or_(*(stage & state for stage, state in parts))
    )
    return counted.correlate(Panel).scalar_subquery()


def done_count() -> ScalarSelect[int]:
    """Return the number of sheets handed in on a seat, as a part of a query over seats."""
    counted = select(func.count(ScoreSheet.id)).where(
        ScoreSheet.seat_id == Seat.id, ScoreSheet.submitted_at.is_not(None)
    )
    return counted.correlate(Seat).scalar_subquery()


WANTED = case((Panel.stage == Stage.ARGUMENT, 1), else_=_wanted())


def waiting(uow: UnitOfWork, actor: Actor) -> int:
    """Count an expert's seats on open panels that wait for an answer or for a sheet."""
    query = (
        select(func.count(Seat.id))
        .join(Panel, Panel.id == Seat.panel_id)
        .join(Expert, Expert.id == Seat.expert_id)
        .where(
            Expert.person_id == actor.person_id,
            Panel.closed_at.is_(None),
            or_(Seat.state == SeatState.INVITED, (Seat.state == SeatState.ACCEPTED) & (done_count() < WANTED)),
        )
    )
    return uow.session.scalar(query) or 0


def tasks(uow: UnitOfWork, actor: Actor) -> list[Task]:
    """Return the actor's seats, open ones first and by their due day; raises NotAllowed."""
    require(actor, "panel.score")
    query = (
        select(Seat, Panel, Project, done_count(), WANTED)
        .join(Panel, Panel.id == Seat.panel_id)
        .join(Project, Project.id == Panel.project_id)
        .join(Expert, Expert.id == Seat.expert_id)
        .where(Expert.person_id == actor.person_id)
        .order_by(Panel.due_at.is_(None), Panel.due_at, Seat.id.desc())
    )
    found = [Task(*row) for row in uow.session.execute(query)]
    return sorted(found, key=lambda task: not task.is_open)


def task(uow: UnitOfWork, actor: Actor, seat_id: int) -> Task:
    """Return one of the actor's own seats; everybody else's is NotFound."""
    require(actor, "panel.score")
    query = (
        select(Seat, Panel, Project, done_count(), WANTED)
        .join(Panel, Panel.id == Seat.panel_id)
        .join(Project, Project.id == Panel.project_id)
        .join(Expert, Expert.id == Seat.expert_id)
        .where(Expert.person_id == actor.person_id, Seat.id == seat_id, Seat.state != SeatState.REMOVED)
    )
    row = uow.session.execute(query).one_or_none()
    if row is None or actor.person_id is None:
        raise NotFound(NO_SEAT)
    return Task(*row)


def answer(
    uow: UnitOfWork, actor: Actor, seat_id: int, action: str, *, declared: bool = False, reason: str = ""
) -> Seat:
    """Accept with a declaration of no interest, decline, or step aside; the office is told of the last two.

    Raises NotFound, Conflict, InvalidInput.
    """
    found = task(uow, actor, seat_id)
    seat, reason = found.seat, clean_text(reason)[:500]
    if action not in ANSWERS:
        raise NotFound(NO_SEAT)
    if found.panel.closed_at is not None:
        raise Conflict(CLOSED)
    if action == "accept" and not declared:
        raise InvalidInput([Problem("declared", DECLARE)])
    if action != "accept" and not reason:
        raise InvalidInput([Problem("reason", REASON)])
    SEAT_LIFECYCLE.apply(uow, actor, seat, action, reason)
    seat.note, seat.answered_at = reason, uow.clock()
    audit.record(uow, actor, f"seat.{action}", "panel", seat.panel_id, seat=seat.id)
    if action in TOLD:
        _tell_office(uow, found, action, reason)
    return seat


def _tell_office(uow: UnitOfWork, found: Task, action: str, reason: str) -> None:
    project, panel = found.project, found.panel
    expert = service.get(uow, found.seat.expert_id)
    words = {"expert": expert.person.name, "title": project.title, "stage": panels.STAGE_LABELS[panel.stage]}
    messages.notify(
        uow,
        messages.people_for(uow, project.organisation_id, first=panel.created_by),
        MessageKind.PROJECT,
        Text(TOLD[action].format(**words), TOLD_BODY.format(reason=reason)),
        key=f"seat:{found.seat.id}:{action}:{uow.clock():%Y%m%d%H%M%S}",
        link=f"/experts/projects/{project.id}",
    )
