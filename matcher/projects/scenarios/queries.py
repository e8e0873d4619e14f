"""Lists of scenario opportunities and of trials, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select

from matcher.accounts.model import Organisation
from matcher.core.clock import local_date
from matcher.core.labels import Label
from matcher.core.listing import PAGE_SIZE, Listing, grouped
from matcher.core.numbers import number_of
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies.regions import city_of
from matcher.needs.model import OPEN_STATES, Need, NeedField
from matcher.needs.queries import NeedRow, own_name, rows_of, visible_to
from matcher.projects.scenarios.model import Scenario, Trial, TrialState
from matcher.projects.scenarios.service import ADMITTED_STATES, closed_because, may_publish

OPEN, ENDED = "open", "ended"


@dataclass(frozen=True, slots=True)
class ScenarioFilter:
    """Say which scenarios are wanted; codes within one part are alternatives, an empty part asks nothing."""

    tech_field: tuple[str, ...] = ()
    region: tuple[str, ...] = ()  # cities
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """A scenario in the public list, as one person sees it."""

    need: NeedRow
    tryable: str
    place: str
    apply_until: date | None
    most_trials: int | None
    admitted: int
    closed: Label | None


def list_scenarios(uow: UnitOfWork, actor: Actor, wanted: ScenarioFilter, page: int = 1) -> Listing[ScenarioRow]:
    """Return one page of the scenarios that `actor` may see: open ones first, what ends soonest first."""
    today = local_date(uow.clock())
    visible = visible_to(actor, own_name(uow, actor))
    conditions = _conditions(wanted, today)
    base = select(Scenario.need_id).join(Need, Need.id == Scenario.need_id)
    base = base.join(Organisation, Organisation.id == Need.organisation_id).where(visible, *conditions.values())
    total = uow.session.scalar(select(func.count()).select_from(base.subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = base.order_by(_is_open(today).desc(), Scenario.apply_until.is_(None), Scenario.apply_until, Need.id.desc())
    ids = list(uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))
    return Listing(_rows(uow, actor, ids, today), total, page, _counts(uow, visible, conditions, today))


def every_row(uow: UnitOfWork, actor: Actor) -> list[ScenarioRow]:
    """Return all scenarios that `actor` may see, for a workbook, in the order of the list."""
    rows: list[ScenarioRow] = []
    page = 1
    while True:
        listing = list_scenarios(uow, actor, ScenarioFilter(), page)
        rows += listing.rows
        if page >= listing.pages:
            return rows
        page += 1


def _rows(uow: UnitOfWork, actor: Actor, ids: Sequence[int], today: date) -> list[ScenarioRow]:
    needs = {row.id: row for row in rows_of(uow, actor, ids)}
    scenarios = {one.need_id: one for one in uow.session.scalars(select(Scenario).where(Scenario.need_id.in_(ids)))}
    taken = _taken(uow, ids)
    found = []
    for key in ids:
        need, scenario, admitted = needs[key], scenarios[key], taken.get(key, 0)
        full = need.view is View.FULL
        closed = closed_because(scenario, need.state, admitted, today)
        found.append(
            ScenarioRow(
                need, scenario.tryable if full else "", scenario.place if full else "",
                scenario.apply_until, scenario.most_trials, admitted, closed,
            )
        )  # fmt: skip
    return found


def _taken(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, int]:
    query = select(Trial.need_id, func.count()).where(Trial.need_id.in_(ids), Trial.state.in_(ADMITTED_STATES))
    return dict(uow.session.execute(query.group_by(Trial.need_id)).all())


def _is_open(today: date) -> ColumnElement[bool]:
    """Return the condition under which teams may apply now: the SQL form of `service.closed_because`."""
    taken = (
        select(func.count(Trial.id))
        .where(Trial.need_id == Scenario.need_id, Trial.state.in_(ADMITTED_STATES))
        .scalar_subquery()
    )
    return and_(
        Need.state.in_(OPEN_STATES),
        or_(Scenario.apply_until.is_(None), Scenario.apply_until >= today),
        or_(Scenario.most_trials.is_(None), Scenario.most_trials > taken),
    )


def _stem(city: str) -> str:
    return city[:2] if city.endswith("0000") else city[:4]


def _conditions(wanted: ScenarioFilter, today: date) -> dict[str, ColumnElement[bool]]:
    found: dict[str, ColumnElement[bool]] = {}
    if wanted.tech_field:
        found["tech_field"] = Need.id.in_(select(NeedField.need_id).where(NeedField.code.in_(wanted.tech_field)))
    if wanted.region:
        found["region"] = or_(*(Organisation.region.like(f"{_stem(city)}%") for city in wanted.region))
    if len(set(wanted.open)) == 1:
        found["open"] = _is_open(today) if wanted.open[0] == OPEN else ~_is_open(today)
    return found


def _counts(
    uow: UnitOfWork, visible: ColumnElement[bool], conditions: dict[str, ColumnElement[bool]], today: date
) -> dict[str, dict[str, int]]:
    """Count the choices of each facet under all other parts of the filter."""

    def count(facet: str, column: ColumnElement[str]) -> list[tuple[str | None, int]]:
        query = select(column, func.count()).select_from(Scenario).join(Need, Need.id == Scenario.need_id)
        query = query.join(Organisation, Organisation.id == Need.organisation_id)
        if facet == "tech_field":
            query = query.join(NeedField, NeedField.need_id == Need.id)
        others = [condition for name, condition in conditions.items() if name != facet]
        return [(code, n) for code, n in uow.session.execute(query.where(visible, *others).group_by(column))]

    regions = count("region", Organisation.region)  # type: ignore[arg-type]
    opened = count("open", _is_open(today))  # type: ignore[arg-type]
    return {
        "open": grouped((OPEN if flag else ENDED, n) for flag, n in opened),
        "tech_field": grouped(count("tech_field", NeedField.code)),  # type: ignore[arg-type]
        "region": grouped(regions, {code: city_of(code) for code, _ in regions if code}),
    }


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial in a list, with the names of both sides."""

    trial: Trial
    need_number: str
    need_title: str
    team: str
    owner: str


def _trial_rows(uow: UnitOfWork, *conditions: ColumnElement[bool], page: int | None = None) -> list[TrialRow]:
    owner = Organisation.__table__.alias("owner")
    query = (
        select(Trial, Need.id, Need.title, Organisation.name, owner.c.name)
        .join(Need, Need.id == Trial.need_id)
        .join(Organisation, Organisation.id == Trial.organisation_id)
        .join(owner, owner.c.id == Need.organisation_id)
        .where(*conditions)
        .order_by(Trial.changed_at.desc(), Trial.id.desc())
    )
    if page is not None:
        query = query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return [
        TrialRow(trial, number_of("need", need_id), title, team, owned)
        for trial, need_id, title, team, owned in uow.session.execute(query)
    ]


def trials_of(uow: UnitOfWork, actor: Actor, need_id: int) -> list[TrialRow]:
    """Return the trials in a scenario that the actor may see: all for owner, office and desk, else the own one."""
    need = uow.session.get_one(Need, need_id)
    if allowed(actor, "trial.see", owner=need.organisation_id):
        return _trial_rows(uow, Trial.need_id == need_id)
    return _trial_rows(uow, Trial.need_id == need_id, Trial.organisation_id == actor.organisation_id)


@dataclass(frozen=True, slots=True)
class OwnNeed:
    """A need of the source “scenario” of one's own, and its scenario if it has one."""

    need: Need
    scenario: Scenario | None
    waiting: int  # applications to answer


@dataclass(frozen=True, slots=True)
class Own:
    """What concerns the actor's organisation: trials it applied for, and needs that are scenarios or may become one."""

    trials: list[TrialRow]
    needs: list[OwnNeed]
    may_publish: bool


def own(uow: UnitOfWork, actor: Actor) -> Own:
    """Return what concerns the actor's organisation."""
    mine = actor.organisation_id
    if mine is None:
        return Own([], [], False)
    require(actor, "trial.see", owner=mine)
    waiting = (
        select(func.count(Trial.id))
        .where(Trial.need_id == Need.id, Trial.state == TrialState.APPLIED)
        .correlate(Need)
        .scalar_subquery()
    )
    query = (
        select(Need, Scenario, waiting)
        .outerjoin(Scenario, Scenario.need_id == Need.id)
        .where(Need.organisation_id == mine, Need.source == "scenario")
        .order_by(Need.id.desc())
    )
    needs = [OwnNeed(need, scenario, count) for need, scenario, count in uow.session.execute(query)]
    return Own(
        _trial_rows(uow, Trial.organisation_id == mine), needs, may_publish(uow.session.get_one(Organisation, mine))
    )


def waiting_applications(uow: UnitOfWork, actor: Actor) -> int:
    """Count the applications that wait for an answer of the actor's organisation."""
    query = (
        select(func.count(Trial.id))
        .join(Need, Need.id == Trial.need_id)
        .where(Need.organisation_id == actor.organisation_id, Trial.state == TrialState.APPLIED)
    )
    return uow.session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Overview:
    """What the office reads at a glance: how many scenarios, how many trials by state, and one page of these."""

    scenarios: int
    open: int
    by_state: dict[TrialState, int]
    trials: Listing[TrialRow]


def overview(uow: UnitOfWork, actor: Actor, page: int = 1) -> Overview:
    """Return how all scenarios go, for the office and the desk, with one page of the trials, the latest change first."""
    require(actor, "trial.see")
    today = local_date(uow.clock())
    counted = select(func.count()).select_from(Scenario).join(Need, Need.id == Scenario.need_id)
    states = dict(uow.session.execute(select(Trial.state, func.count()).group_by(Trial.state)).all())
    total = sum(states.values())
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    return Overview(
        uow.session.scalar(counted) or 0,
        uow.session.scalar(counted.where(_is_open(today))) or 0,
        states,
        Listing(_trial_rows(uow, page=page), total, page, {}),
    )
