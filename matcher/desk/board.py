"""The board: pairings by state, each column with its latest cards and its count, in a fixed number of queries."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from matcher.core.clock import local_date
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk.model import Task
from matcher.matching.assignments import BROKER, with_broker
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.matching.model import Pairing, PairingState
from matcher.matching.queue import QueueRow, as_rows, both_open, joined, list_columns

_S = PairingState
#: The columns, in the order of the lifecycle; what waits for review comes first, what is over last.
COLUMNS = (
    _S.SUGGESTED, _S.SHORTLISTED, _S.INTRODUCED, _S.INTERESTED, _S.MEETING, _S.NEGOTIATING, _S.CONTRACTED,
    _S.DEFERRED, _S.DECLINED,
)  # fmt: skip
PER_COLUMN = 12
IN_ONE_COLUMN = 60


@dataclass(frozen=True, slots=True)
class Card:
    """Hold a pairing on the board: what the lifecycle allows now, and whether a task of it is overdue."""

    row: QueueRow
    actions: tuple[str, ...]
    open_tasks: int
    overdue: int

    @property
    def targets(self) -> dict[str, str]:
        """Return where the card may be dropped, by state, with the action that leads there."""
        found: dict[str, str] = {}
        for action in self.actions:
            target = PAIRING_LIFECYCLE.target(self.row.state, action)
            if target is not None and target is not self.row.state:
                found.setdefault(target.value, action)
        return found


@dataclass(frozen=True, slots=True)
class Column:
    """Hold one state with its first cards; `total` counts all of it."""

    state: PairingState
    cards: list[Card]
    total: int


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """Narrow the board to a broker (0: nobody), or to one state, which then shows more of its cards."""

    broker: int | None = None
    state: PairingState | None = None


def board(uow: UnitOfWork, actor: Actor, wanted: BoardFilter) -> list[Column]:
    """Return the columns: suggestions by promise, everything else by its latest change."""
    require(actor, "pairing.queue")
    counted = _narrowed(joined(Pairing.state, func.count()), wanted).group_by(Pairing.state)
    totals: dict[PairingState, int] = dict(uow.session.execute(counted).all())
    shown = [wanted.state] if wanted.state else list(COLUMNS)
    rows = _first_rows(uow, wanted, shown, IN_ONE_COLUMN if wanted.state else PER_COLUMN)
    tasks = _tasks(uow, [row.id for row in rows])
    cards: dict[PairingState, list[Card]] = {}
    for row in rows:
        card = Card(row, PAIRING_LIFECYCLE.actions(row.state), *tasks.get(row.id, (0, 0)))
        cards.setdefault(row.state, []).append(card)
    return [Column(state, cards.get(state, []), totals.get(state, 0)) for state in COLUMNS]


def _narrowed(query: Select[Any], wanted: BoardFilter) -> Select[Any]:
    """Leave out suggestions of what is closed: nobody can review them."""
    query = query.where(or_(Pairing.state != PairingState.SUGGESTED, both_open()))
    if wanted.broker is not None:
        query = with_broker(query).where(BROKER.is_not_distinct_from(wanted.broker or None))
    return query


def _first_rows(uow: UnitOfWork, wanted: BoardFilter, states: list[PairingState], limit: int) -> list[QueueRow]:
    is_suggested = Pairing.state == PairingState.SUGGESTED
    order: tuple[Any, ...] = (Pairing.changed_at.desc(), Pairing.score.desc(), Pairing.id)
    by_promise: tuple[Any, ...] = (Pairing.score.desc(), Pairing.id)
    place = func.row_number().over(partition_by=Pairing.state, order_by=order)
    best = func.row_number().over(partition_by=Pairing.state, order_by=by_promise)
    ranked = _narrowed(joined(Pairing.id, place.label("place"), best.label("best")), wanted)
    ranked = ranked.where(Pairing.state.in_(states))
    found = ranked.subquery()
    query = list_columns(uow).join(found, found.c.id == Pairing.id)
    query = query.where(
        or_(and_(~is_suggested, found.c.place <= limit), and_(is_suggested, found.c.best <= limit // 2))
    )
    rows = as_rows(uow, query.order_by(found.c.place))
    waiting = sorted((row for row in rows if row.state is PairingState.SUGGESTED), key=lambda row: (-row.score, row.id))
    return waiting + [row for row in rows if row.state is not PairingState.SUGGESTED]


def _tasks(uow: UnitOfWork, pairing_ids: list[int]) -> dict[int, tuple[int, int]]:
    today = local_date(uow.clock())
    query = select(Task.pairing_id, Task.due).where(Task.pairing_id.in_(pairing_ids), Task.done_at.is_(None))
    found: dict[int, tuple[int, int]] = {}
    for pairing_id, due in uow.session.execute(query):
        assert pairing_id is not None, "it was asked for"
        waiting, overdue = found.get(pairing_id, (0, 0))
        found[pairing_id] = waiting + 1, overdue + (due < today)
    return found
