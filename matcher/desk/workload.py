"""Who has how much to do: what each broker looks after, what waits for them, what is overdue."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, case, func, or_, select

from matcher.core.clock import local_date
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.model import Task
from matcher.matching.assignments import BROKER, Broker, brokers, with_broker
from matcher.matching.desk_model import Assignment
from matcher.matching.lifecycle import UNDER_WAY
from matcher.matching.model import Decision, Pairing, PairingState
from matcher.matching.queue import both_open, joined
from matcher.needs.model import OPEN_STATES, Need

RECENT = timedelta(days=7)
QUIET = timedelta(days=14)


@dataclass(slots=True)
class Load:
    """Hold the work of one broker; `person` is None for what nobody looks after.

    `waiting` are their pairings still to review, `under_way` by state, `still` those under way that nobody moved for two
    weeks, `needs` the open needs that they look after, `decided` their decisions of the last seven days.
    """

    person: Broker | None
    waiting: int = 0
    under_way: dict[PairingState, int] = field(default_factory=dict)
    still: int = 0
    needs: int = 0
    tasks: int = 0
    overdue: int = 0
    decided: int = 0

    @property
    def open(self) -> int:
        """Return how many pairings they are working on."""
        return sum(self.under_way.values())


def workload(uow: UnitOfWork, actor: Actor) -> list[Load]:
    """Return everybody at the desk with their work, those with most under way first, then what is nobody's."""
    require(actor, "pairing.queue")
    loads: dict[int | None, Load] = {one.id: Load(one) for one in brokers(uow)}
    loads[None] = Load(None)
    _add_pairings(uow, loads)
    _add_tasks(uow, loads)
    nobodys = loads.pop(None)
    return [*sorted(loads.values(), key=lambda one: (-one.open, -one.waiting, _name(one))), nobodys]


def _name(load: Load) -> str:
    return load.person.name if load.person else ""


def _counted(uow: UnitOfWork, query: Select[*tuple[Any, ...]]) -> list[Any]:
    return list(uow.session.execute(query).all())


def _add_pairings(uow: UnitOfWork, loads: dict[int | None, Load]) -> None:
    still = case((Pairing.changed_at < uow.clock() - QUIET, 1), else_=0)
    query = with_broker(joined(BROKER, Pairing.state, func.count(), func.sum(still)))
    is_waiting = (Pairing.state == PairingState.SUGGESTED) & both_open()
    query = query.where(or_(Pairing.state.in_(UNDER_WAY), is_waiting)).group_by(BROKER, Pairing.state)
    for person, state, count, quiet in _counted(uow, query):
        load = loads.get(person) or loads[None]
        if state is PairingState.SUGGESTED:
            load.waiting += count
        else:
            load.under_way[state] = load.under_way.get(state, 0) + count
            load.still += int(quiet or 0)
    owner = select(Assignment.person_id, func.count()).join(Need, Need.id == Assignment.need_id)
    for person, count in _counted(uow, owner.where(Need.state.in_(OPEN_STATES)).group_by(Assignment.person_id)):
        (loads.get(person) or loads[None]).needs += count
    open_needs = uow.session.scalar(select(func.count()).select_from(Need).where(Need.state.in_(OPEN_STATES))) or 0
    loads[None].needs = open_needs - sum(load.needs for key, load in loads.items() if key is not None)


def _add_tasks(uow: UnitOfWork, loads: dict[int | None, Load]) -> None:
    late = func.sum(case((Task.due < local_date(uow.clock()), 1), else_=0))
    tasks = select(Task.person_id, func.count(), late).where(Task.done_at.is_(None)).group_by(Task.person_id)
    for person, count, overdue in _counted(uow, tasks):
        if person in loads:
            loads[person].tasks, loads[person].overdue = count, int(overdue or 0)
    decided = select(Decision.person_id, func.count()).where(Decision.at >= uow.clock() - RECENT)
    for person, count in _counted(uow, decided.group_by(Decision.person_id)):
        if person is not None and person in loads:
            loads[person].decided = count
