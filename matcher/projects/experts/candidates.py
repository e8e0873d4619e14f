"""Who could sit on a panel: suitability, load and conflicts beside each other, and a balanced proposal for several panels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from matcher.accounts.model import Person
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.items import Encoder
from matcher.projects.experts import office, service
from matcher.projects.experts.assignment import Candidate, Limit, Wanted, balance
from matcher.projects.experts.conflicts import conflicts
from matcher.projects.experts.model import Expert, Panel, Seat
from matcher.projects.experts.seats import done_count
from matcher.projects.experts.service import Load
from matcher.projects.experts.suitability import LEAST, Fit, fits
from matcher.projects.lifecycle import SeatState
from matcher.projects.setup import service as projects
from matcher.projects.setup.model import Project


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one expert beside a panel."""

    expert: Expert
    fit: Fit
    load: Load
    conflicts: Sequence[Label] = ()
    seat: Seat | None = None

    @property
    def may_be_asked(self) -> bool:
        """Say whether an invitation is possible."""
        answered = self.seat is not None and self.seat.state in (*service.BUSY_STATES, SeatState.RECUSED)
        return not self.conflicts and not answered and self.load.open < self.expert.most_panels


def rows(uow: UnitOfWork, actor: Actor, panel: Panel, encoder: Callable[[], Encoder]) -> list[Row]:
    """Return every active expert beside a panel: who may be asked first, the most suitable first."""
    require(actor, "panel.manage")
    project = projects.get(uow, panel.project_id)
    query = (
        select(Expert)
        .where(Expert.is_active)
        .options(joinedload(Expert.person).selectinload(Person.memberships))
        .order_by(Expert.id)
    )
    chosen = list(uow.session.scalars(query))
    fit, found, loads = fits(uow, project, chosen, encoder), conflicts(uow, project, chosen), service.loads(uow)
    seats = {seat.expert_id: seat for seat in office.seats_of(uow, panel)}
    made = [
        Row(one, fit[one.id], loads.get(one.id, Load()), found.get(one.id, ()), seats.get(one.id)) for one in chosen
    ]
    return sorted(made, key=lambda row: (not row.may_be_asked, bool(row.conflicts), -row.fit.score, row.expert.id))


@dataclass(frozen=True, slots=True)
class Proposal:
    """Hold who is proposed for one panel, and what binds where places stay empty."""

    panel: Panel
    project: Project
    places: int
    proposed: Sequence[Row]
    limit: Limit | None


def propose(uow: UnitOfWork, actor: Actor, panel_ids: Sequence[int], encoder: Callable[[], Encoder]) -> list[Proposal]:
    """Work out a balanced assignment that fills open panels to their least number; nothing is written but vectors."""
    wanted: list[Wanted] = []
    beside: dict[int, Mapping[int, Row]] = {}
    people: dict[int, Candidate] = {}
    opened = [office.managed(uow, actor, one) for one in dict.fromkeys(panel_ids)]
    for panel in opened:
        by_id = {row.expert.id: row for row in rows(uow, actor, panel, encoder)}
        sitting = [row for row in by_id.values() if row.seat and row.seat.state in service.BUSY_STATES]
        asked = {row.expert.id: row.fit.score for row in by_id.values() if _may_be_proposed(row)}
        taken = frozenset(o for row in sitting if (o := _organisation(row.expert)) is not None)
        wanted.append(Wanted(panel.id, max(0, panel.least - len(sitting)), asked, taken))
        beside[panel.id] = by_id
        people |= {
            row.expert.id: Candidate(row.expert.id, _organisation(row.expert), row.load.open, row.expert.most_panels)
            for row in by_id.values()
        }
    plan = balance(wanted, list(people.values()))
    return [
        Proposal(
            panel,
            projects.get(uow, panel.project_id),
            one.places,
            [beside[panel.id][id_] for id_ in plan.chosen[panel.id]],
            plan.limits.get(panel.id),
        )
        for panel, one in zip(opened, wanted, strict=True)
    ]


def _may_be_proposed(row: Row) -> bool:
    return row.may_be_asked and row.seat is None and row.fit.score >= LEAST


def _organisation(expert: Expert) -> int | None:
    memberships = expert.person.memberships
    return memberships[0].organisation_id if memberships else None


def places(uow: UnitOfWork, panel: Panel) -> list[office.Place]:
    """Return the seats of a panel with their experts and how many sheets each handed in."""
    query = (
        select(Seat, Expert, done_count())
        .join(Expert, Expert.id == Seat.expert_id)
        .where(Seat.panel_id == panel.id)
        .options(joinedload(Expert.person).selectinload(Person.memberships))
        .order_by(Seat.id)
    )
    return [office.Place(*row) for row in uow.session.execute(query)]


def open_panels(uow: UnitOfWork, actor: Actor) -> list[tuple[Panel, Project]]:
    """Return every open panel with its project, those due first."""
    require(actor, "panel.manage")
    query = select(Panel, Project).join(Project, Project.id == Panel.project_id).where(Panel.closed_at.is_(None))
    return [(panel, project) for panel, project in uow.session.execute(query.order_by(Panel.due_at, Panel.id))]
