"""What is read of a race: the leader board for staff, and for a team its own standing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from matcher.core.errors import NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.rows import IndicatorRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import service as bids
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.bids.queries import of_project as bids_of
from matcher.projects.delivery import gate_plan, measuring, merging, payments
from matcher.projects.delivery.gates import demands, entry_of
from matcher.projects.delivery.lifecycle import PaymentState
from matcher.projects.delivery.model import Acceptance, Gate, GateEntry, MeasuredValue, Payment, TaskBook
from matcher.projects.lifecycle import BidState, MemberState, Mode
from matcher.projects.setup.model import Project
from matcher.projects.setup.service import get as get_project

RACED = (
    BidState.RUNNING, BidState.ELIMINATED, BidState.MERGED, BidState.ACCEPTED, BidState.FAILED, BidState.TERMINATED,
)  # fmt: skip


MEASURED = Label("验收实测", "Measured at acceptance")


@dataclass(frozen=True, slots=True)
class Reached:
    """What a team reached of one indicator: the value last given, what it means against the demand, and where it is from."""

    value: IndicatorRow
    verdict: str
    source: Label


@dataclass(frozen=True, slots=True)
class Standing:
    """One team in a race; `entries` by gate, money in yuan, `reached` by the place of the indicator."""

    bid: Bid
    entries: Mapping[int, GateEntry]
    mean: float | None  # of its scores so far
    paid: Decimal
    released: Decimal
    planned: Decimal
    reached: Mapping[int, Reached]

    @property
    def met(self) -> int:
        """Return how many indicators are met, by what was last measured or reported."""
        return sum(one.verdict == "met" for one in self.reached.values())


@dataclass(frozen=True, slots=True)
class Race:
    """A race as staff see it: its gates and its teams, those still in it first, the best first."""

    project: Project
    gates: list[Gate]
    teams: list[Standing]
    unsettled: set[int]  # teams that others joined and whose shares are open, by bid
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
    reached = _reached(uow, project, gates, shown)
    teams = [_standing(bid, shown.get(bid.id, {}), money.get(bid.id, []), reached.get(bid.id, {})) for bid in found]
    out = (BidState.ELIMINATED, BidState.MERGED, BidState.TERMINATED, BidState.FAILED)
    teams.sort(key=lambda one: (one.bid.state in out, -(one.mean or 0), one.bid.id))
    why = gate_plan.hindrance(uow, project) if project.mode is Mode.RACE else gate_plan.NOT_A_RACE
    return Race(project, gates, teams, merging.unsettled(uow, found), why)


def _money(uow: UnitOfWork, project_id: int) -> dict[int, list[Payment]]:
    query = select(TaskBook.bid_id, Payment).join(Payment, Payment.task_book_id == TaskBook.id)
    found: dict[int, list[Payment]] = {}
    for bid_id, payment in uow.session.execute(query.where(TaskBook.project_id == project_id)):
        found.setdefault(bid_id, []).append(payment)
    return found


def _reached(
    uow: UnitOfWork, project: Project, gates: Sequence[Gate], shown: Mapping[int, Mapping[int, GateEntry]]
) -> dict[int, dict[int, Reached]]:
    """Return what each team reached, by bid and place: measured at acceptance, else reported at the latest gate."""
    books = {one.bid_id: one for one in uow.session.scalars(select(TaskBook).where(TaskBook.project_id == project.id))}
    given: dict[int, dict[int, tuple[IndicatorRow, Label]]] = {}
    for gate in gates:  # in their order, so that a later report replaces an earlier one
        for bid_id, of_gates in shown.items():
            for row in of_gates[gate.id].reported if gate.id in of_gates else ():
                value = IndicatorRow(**{name: part for name, part in row.items() if name != "place"})
                given.setdefault(bid_id, {})[row["place"]] = (value, Label(gate.title, gate.title))
    query = (
        select(TaskBook.bid_id, MeasuredValue)
        .join(Acceptance, Acceptance.task_book_id == TaskBook.id)
        .join(MeasuredValue, MeasuredValue.acceptance_id == Acceptance.id)
        .where(TaskBook.project_id == project.id)
    )
    for bid_id, measured in uow.session.execute(query):
        given.setdefault(bid_id, {})[measured.position] = (measured.row(), MEASURED)
    own = [one.row() for one in project.indicator_rows]
    found: dict[int, dict[int, Reached]] = {}
    for bid_id, values in given.items():
        content = books[bid_id].content if bid_id in books else {}
        demands = measuring.demands_of(content) if "indicators" in content else own
        found[bid_id] = {
            place: Reached(value, measuring.verdict(demands[place], value), source)
            for place, (value, source) in values.items()
            if place < len(demands)
        }
    return found


def _standing(
    bid: Bid, shown: Mapping[int, GateEntry], rows: list[Payment], reached: Mapping[int, Reached]
) -> Standing:
    scores = [one.score for one in shown.values() if one.score is not None]
    sums = payments.sums(row for row in rows if row.state is not PaymentState.CANCELLED).values()
    zero = Decimal(0)
    return Standing(
        bid, shown, sum(scores) / len(scores) if scores else None,
        sum((one.paid for one in sums), zero), sum((one.released for one in sums), zero),
        sum((one.planned for one in sums), zero), reached,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """A team's entry at a gate, as the team and the office see it."""

    entry: GateEntry
    gate: Gate
    bid: Bid
    project: Project
    may_hand_in: bool
    demands: Sequence[IndicatorRow] = ()

    def reported(self, place: int) -> IndicatorRow | None:
        """Return what was reported of the indicator at a place."""
        found = (one for one in self.entry.reported if one["place"] == place)
        return next((IndicatorRow(**{k: v for k, v in one.items() if k != "place"}) for one in found), None)


def look(uow: UnitOfWork, actor: Actor, entry_id: int) -> OwnEntry:
    """Return an entry for its own team and the office; raises NotFound for everybody else."""
    entry, gate, bid = entry_of(uow, entry_id)
    if not may_read(uow, actor, entry_id):
        raise NotFound(gate_plan.NO_GATE)
    mine = allowed(actor, "gate.hand_in", owner=bid.organisation_id)
    return OwnEntry(entry, gate, bid, uow.session.get_one(Project, bid.project_id), mine, demands(uow, bid))


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
