"""Balanced portfolios: offers for a batch of needs, proposed, looked at, put into force, undone as a whole."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from matcher.accounts.model import Organisation
from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound
from matcher.core.fields import Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import TECH_FIELD
from matcher.matching import assignments, claims, review
from matcher.matching.lifecycle import UNDER_WAY
from matcher.matching.model import Decision, Pairing, PairingState
from matcher.matching.portfolio_model import RUN_LIFECYCLE, PortfolioItem, PortfolioRun
from matcher.matching.queue import both_open, joined
from matcher.matching.spread import Limits, Option, Worker, share_out, spread, totals
from matcher.needs import model as need_model
from matcher.needs.model import Need, NeedField
from matcher.offers.model import Offer

NO_RUN = Label("找不到这次分配。", "There is no such portfolio.")
DEPLOYED = Label("组合分配第 {run} 批", "Portfolio {run}")
UNDONE = Label("组合分配第 {run} 批撤销", "Portfolio {run} undone")
MOST_NEEDS = 200
FIELDS: tuple[Field, ...] = (
    Field("per_need", Label("每条需求最多几个成果", "Offers a need, at most"), Kind.INTEGER, required=True, minimum=1, maximum=10),
    Field("per_team", Label("每个团队同时最多几条需求", "Needs a team, at most"), Kind.INTEGER, required=True, minimum=1, maximum=20,
          help=Label("正在推进的也算在内。", "Those under way count.")),
    Field("share", Label("一个单位最多占多少（%）", "Most of one institution (%)"), Kind.INTEGER, required=True, minimum=1, maximum=100),
    Field("least", Label("希望至少多大（0–100）", "Least promise (0 to 100)"), Kind.INTEGER, minimum=0, maximum=100),
    Field("tech_field", Label("只分配这个领域的需求", "Only needs of this field"), Kind.CODE, vocabulary=TECH_FIELD, help=Label("不选则包括所有领域。", "All fields if none is chosen.")),
)  # fmt: skip
DEFAULTS: dict[str, Any] = {"per_need": 3, "per_team": 2, "share": 30, "least": 30, "tech_field": ""}


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one chosen pairing as the page shows it."""

    item: PortfolioItem
    pairing: Pairing
    offer: str
    owner: str
    team: str
    broker: str


@dataclass(frozen=True, slots=True)
class Lot:
    """Hold one need of a batch with what it gets and what keeps it from more."""

    need_id: int
    title: str
    lines: list[Line]
    reasons: list[list[Any]]


def propose(uow: UnitOfWork, actor: Actor, given: Mapping[str, Any]) -> PortfolioRun:
    """Work out a portfolio to look at; raises NotAllowed, InvalidInput."""
    require(actor, "portfolio.make")
    answers = read_answers(FIELDS, given)
    if answers.problems:
        raise InvalidInput(answers.problems)
    wanted = {
        name: default if answers.values[name] in (None, "") else answers.values[name]
        for name, default in DEFAULTS.items()
    }
    if given.get("least") == "0":
        wanted["least"] = 0
    needs = _needs(uow, wanted["tech_field"])
    options, names = _options(uow, list(needs), wanted["least"])
    limits = Limits(wanted["per_need"], wanted["per_team"], wanted["share"] / 100)
    found = spread(list(needs), options, limits, _busy(uow))
    lots = Counter(one.need for one in found.chosen)
    shared = share_out({n: (count, needs[n]) for n, count in lots.items()}, _workers(uow), _kept(uow, list(lots)))
    run = PortfolioRun(made_by=actor.person_id, made_at=uow.clock(), parameters=wanted)
    run.figures = totals(found.chosen) | {"asked": len(needs), "value": found.value, "bound": found.bound}
    run.reasons = {
        str(need): [[code.value, [names.get(one, one) for one in who]] for code, who in why]
        for need, why in found.reasons.items()
    }
    uow.session.add(run)
    uow.session.flush()
    uow.session.add_all(
        PortfolioItem(run_id=run.id, pairing_id=one.pairing, broker_id=shared.get(one.need), value=one.value / 1000)
        for one in found.chosen
    )
    uow.session.flush()
    audit.record(uow, actor, "portfolio.propose", "portfolio", run.id)
    return run


def _needs(uow: UnitOfWork, code: str) -> dict[int, list[str]]:
    """Return the open needs that nothing is under way for, the longest published first, with their fields."""
    busy = select(Pairing.need_id).where(Pairing.state.in_((*UNDER_WAY, PairingState.CONTRACTED)))
    query = select(Need.id).where(Need.state.in_(need_model.OPEN_STATES), Need.id.not_in(busy))
    if code:
        query = query.where(Need.field_rows.any(NeedField.code == code))
    found: dict[int, list[str]] = {
        one: [] for one in uow.session.scalars(query.order_by(Need.published_at, Need.id).limit(MOST_NEEDS))
    }
    for need_id, field in uow.session.execute(
        select(NeedField.need_id, NeedField.code).where(NeedField.need_id.in_(found)).order_by(NeedField.position)
    ):
        found[need_id].append(field)
    return found


def _team(owner: int, team: str) -> str:
    return f"{owner}:{team}"


def _options(uow: UnitOfWork, needs: list[int], least: int) -> tuple[list[Option], dict[str, str]]:
    """Return what may be chosen, and the names of teams and institutions."""
    owner = aliased(Organisation)
    query = joined(Pairing.id, Pairing.need_id, Offer.organisation_id, Offer.team, Pairing.score, owner.name)
    query = query.join(owner, owner.id == Offer.organisation_id)
    query = query.where(both_open(), Pairing.state == PairingState.SUGGESTED, Pairing.need_id.in_(needs))
    options, names = [], {}
    for pairing, need, institution, team, score, name in uow.session.execute(
        query.where(Pairing.score * 100 >= least).order_by(Pairing.id)
    ):
        options.append(Option(pairing, need, _team(institution, team), institution, round(score * 1000)))
        names[_team(institution, team)] = f"{name} · {team}" if team else name
        names[str(institution)] = name
    return options, names


def _busy(uow: UnitOfWork) -> dict[str, int]:
    query = joined(Offer.organisation_id, Offer.team, func.count(func.distinct(Pairing.need_id)))
    query = query.where(Pairing.state.in_(UNDER_WAY)).group_by(Offer.organisation_id, Offer.team)
    return {_team(owner, team): count for owner, team, count in uow.session.execute(query)}


def _workers(uow: UnitOfWork) -> list[Worker]:
    load = assignments.with_broker(select(assignments.BROKER, func.count()).select_from(Pairing))
    load = load.where(Pairing.state.in_(UNDER_WAY)).group_by(assignments.BROKER)
    loads = dict(uow.session.execute(load).all())
    judged = select(Decision.person_id, NeedField.code, func.count()).join(Pairing, Pairing.id == Decision.pairing_id)
    judged = judged.join(NeedField, NeedField.need_id == Pairing.need_id).group_by(Decision.person_id, NeedField.code)
    knows: dict[int | None, dict[str, int]] = defaultdict(dict)
    for person, code, count in uow.session.execute(judged):
        knows[person][code] = count
    return [Worker(one.id, loads.get(one.id, 0), knows[one.id]) for one in assignments.brokers(uow)]


def _kept(uow: UnitOfWork, needs: list[int]) -> dict[int, int]:
    found = {need: assignments.broker_of_need(uow, need) for need in needs}
    return {need: one.id for need, one in found.items() if one}


def run_of(uow: UnitOfWork, actor: Actor, run_id: int) -> PortfolioRun:
    """Return a run; raises NotAllowed, NotFound."""
    require(actor, "portfolio.make")
    found = uow.session.get(PortfolioRun, run_id)
    if found is None:
        raise NotFound(NO_RUN)
    return found


def runs(uow: UnitOfWork, actor: Actor, limit: int = 20) -> list[PortfolioRun]:
    """Return the latest runs."""
    require(actor, "portfolio.make")
    return list(uow.session.scalars(select(PortfolioRun).order_by(PortfolioRun.id.desc()).limit(limit)))


def lots(uow: UnitOfWork, actor: Actor, run_id: int) -> list[Lot]:
    """Return what each need of a run gets, those that got too little first."""
    run = run_of(uow, actor, run_id)
    names = {one.id: one.name for one in assignments.brokers(uow)}
    owner = aliased(Organisation)
    query = joined(PortfolioItem, Pairing, Need.id, Offer.title, owner.name, Offer.team)
    query = query.join(owner, owner.id == Offer.organisation_id)
    query = query.join(PortfolioItem, PortfolioItem.pairing_id == Pairing.id).where(PortfolioItem.run_id == run.id)
    lines: dict[int, list[Line]] = defaultdict(list)
    for item, pairing, need, offer, owned_by, team in uow.session.execute(
        query.order_by(Pairing.score.desc(), Pairing.id)
    ):
        lines[need].append(Line(item, pairing, offer, owned_by, team, names.get(item.broker_id or 0, "")))
    wanted = {*lines, *(int(need) for need in run.reasons)}
    titles = dict(uow.session.execute(select(Need.id, Need.title).where(Need.id.in_(wanted))).all())
    found = [Lot(need, titles.get(need, ""), lines[need], run.reasons.get(str(need), [])) for need in wanted]
    return sorted(found, key=lambda one: (len(one.lines), one.need_id))


def _items(uow: UnitOfWork, run: PortfolioRun) -> list[PortfolioItem]:
    return list(
        uow.session.scalars(select(PortfolioItem).where(PortfolioItem.run_id == run.id).order_by(PortfolioItem.id))
    )


def deploy(uow: UnitOfWork, actor: Actor, run_id: int) -> int:
    """Shortlist what was proposed and give it to its brokers; returns how many were left because somebody was faster."""
    run, left = run_of(uow, actor, run_id), 0
    RUN_LIFECYCLE.apply(uow, actor, run, "deploy")
    for item in _items(uow, run):
        pairing = review.get(uow, item.pairing_id)
        if pairing.state is not PairingState.SUGGESTED:
            left += 1
            continue
        try:
            _move(uow, actor, pairing, "accept", DEPLOYED.format(run=run.id))
        except Conflict:
            left += 1
            continue
        if assignments.broker_of(uow, pairing.id):
            item.broker_id = None  # whoever had it keeps it, also when the batch is undone
        elif item.broker_id:
            assignments.assign(uow, actor, item.broker_id, pairing_id=pairing.id)
        item.deployed = True
    audit.record(uow, actor, "portfolio.deploy", "portfolio", run.id, left=left)
    return left


def _move(uow: UnitOfWork, actor: Actor, pairing: Pairing, action: str, note: Label) -> None:
    """Move a pairing with its batch; raises Conflict.

    This is no decision that the ranking learns from: nobody has read the pair, and the batch was chosen by the ranking itself.
    """
    claims.check(uow, actor, pairing.id)
    if action == "accept" and not review.both_open(uow, pairing):
        raise Conflict(review.NOT_OPEN)
    review.shift(uow, actor, pairing, action, note.zh)


def undo(uow: UnitOfWork, actor: Actor, run_id: int) -> int:
    """Take a whole batch back; returns how many stay because they have moved on since."""
    run, left = run_of(uow, actor, run_id), 0
    RUN_LIFECYCLE.apply(uow, actor, run, "undo")
    for item in _items(uow, run):
        if not item.deployed:
            continue
        pairing = review.get(uow, item.pairing_id)
        if pairing.state is not PairingState.SHORTLISTED:
            left += 1
            continue
        try:
            _move(uow, actor, pairing, "reopen", UNDONE.format(run=run.id))
        except Conflict:
            left += 1
            continue
        if item.broker_id:
            assignments.assign(uow, actor, None, pairing_id=item.pairing_id)
        item.deployed = False
    audit.record(uow, actor, "portfolio.undo", "portfolio", run.id, left=left)
    return left


def discard(uow: UnitOfWork, actor: Actor, run_id: int) -> int:
    """Put a proposal aside; nothing is left over."""
    RUN_LIFECYCLE.apply(uow, actor, run_of(uow, actor, run_id), "discard")
    return 0
