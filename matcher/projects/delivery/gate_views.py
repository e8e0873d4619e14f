"""What is read of a race: the leader board for staff, and for a team its own standing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from matcher.core.errors import NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import service as bids
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.bids.queries import of_project as bids_of
from matcher.projects.delivery import gate_plan, payments
from matcher.projects.delivery.gates import entry_of
from matcher.projects.delivery.lifecycle import PaymentState
from matcher.projects.delivery.model import Gate, GateEntry, Payment, TaskBook
from matcher.projects.lifecycle import BidState, MemberState, Mode
from matcher.projects.setup.model import Project
from matcher.projects.setup.service import get as get_project

RACED = (
    BidState.RUNNING, BidState.ELIMINATED, BidState.MERGED, BidState.ACCEPTED, BidState.FAILED, BidState.TERMINATED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """One team in a race; `entries` by gate, money in yuan."""

    bid: Bid
    entries: Mapping[int, GateEntry]
    mean: float | None  # of its scores so far
    paid: Decimal
    released: Decimal
    planned: Decimal


@dataclass(frozen=True, slots=True)
class Race:
    """A race as staff see it: its gates and its teams, those still in it first, the best first."""

    project: Project
    gates: list[Gate]
    teams: list[Standing]
    hindrance: Label | None  # why its gates cannot be planned now

    @property
    def may_plan(self) -> bool:
        """Say whether its gates may be planned now."""
        return self.hindrance is None


def race(uow: UnitOfWork, actor: Actor, project_id: int) -> Race:
    """Return the leader board of a race, for the office; raises NotAllowed, NotFound."""
    require(actor, "gate.manage")
    project = get_project(uow, project_id)
    gates = gate_plan.of_project(uow, project.id)
    found = bids_of(uow, project.id, RACED)
    shown: dict[int, dict[int, GateEntry]] = {}
    for entry in uow.session.scalars(select(GateEntry).where(GateEntry.gate_id.in_([one.id for one in gates]))):
        shown.setdefault(entry.bid_id, {})[entry.gate_id] = entry
    money = _money(uow, project.id)
    teams = [_standing(bid, shown.get(bid.id, {}), money.get(bid.id, [])) for bid in found]
    out = (BidState.ELIMINATED, BidState.MERGED, BidState.TERMINATED, BidState.FAILED)
    teams.sort(key=lambda one: (one.bid.state in out, -(one.mean or 0), one.bid.id))
    why = gate_plan.hindrance(uow, project) if project.mode is Mode.RACE else gate_plan.NOT_A_RACE
    return Race(project, gates, teams, why)


def _money(uow: UnitOfWork, project_id: int) -> dict[int, list[Payment]]:
    query = select(TaskBook.bid_id, Payment).join(Payment, Payment.task_book_id == TaskBook.id)
    found: dict[int, list[Payment]] = {}
    for bid_id, payment in uow.session.execute(query.where(TaskBook.project_id == project_id)):
        found.setdefault(bid_id, []).append(payment)
    return found


def _standing(bid: Bid, shown: Mapping[int, GateEntry], rows: list[Payment]) -> Standing:
    scores = [one.score for one in shown.values() if one.score is not None]
    sums = payments.sums(row for row in rows if row.state is not PaymentState.CANCELLED).values()
    zero = Decimal(0)
    return Standing(
        bid, shown, sum(scores) / len(scores) if scores else None,
        sum((one.paid for one in sums), zero), sum((one.released for one in sums), zero),
        sum((one.planned for one in sums), zero),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """A team's entry at a gate, as the team and the office see it."""

    entry: GateEntry
    gate: Gate
    bid: Bid
    project: Project
    may_hand_in: bool


def look(uow: UnitOfWork, actor: Actor, entry_id: int) -> OwnEntry:
    """Return an entry for its own team and the office; raises NotFound for everybody else."""
    entry, gate, bid = entry_of(uow, entry_id)
    if not may_read(uow, actor, entry_id):
        raise NotFound(gate_plan.NO_GATE)
    mine = allowed(actor, "gate.hand_in", owner=bid.organisation_id)
    return OwnEntry(entry, gate, bid, uow.session.get_one(Project, bid.project_id), mine)


def may_read(uow: UnitOfWork, actor: Actor, entry_id: int) -> bool:
    """Say whether the actor may read an entry and its files: its team, the office; never another team."""
    _, _, bid = entry_of(uow, entry_id)
    return allowed(actor, "gate.manage") or bids.is_member(actor, bid)


def own(uow: UnitOfWork, actor: Actor) -> list[OwnEntry]:
    """Return the entries of the teams in which the actor's organisation stands, the latest gate first."""
    query = (
        select(GateEntry, Gate, Bid, Project)
        .join(Gate, Gate.id == GateEntry.gate_id)
        .join(Bid, Bid.id == GateEntry.bid_id)
        .join(Project, Project.id == Bid.project_id)
        .join(BidMember, BidMember.bid_id == Bid.id)
        .where(BidMember.organisation_id == actor.organisation_id, BidMember.state == MemberState.AGREED)
        .order_by(Gate.due_on.desc(), GateEntry.id.desc())
    )
    return [
        OwnEntry(entry, gate, bid, project, allowed(actor, "gate.hand_in", owner=bid.organisation_id))
        for entry, gate, bid, project in uow.session.execute(query).unique()
    ]
