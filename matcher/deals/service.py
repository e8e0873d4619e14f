"""Recording contracts: the last step of a pairing, with what is known of the contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true

from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.core.vocabularies import CONTRACT_TYPE
from matcher.deals.model import Deal
from matcher.matching import answering, introductions, progress
from matcher.matching.model import Pairing, PairingState
from matcher.needs import service as needs
from matcher.needs.model import OPEN_STATES, Need

DEAL_FIELDS: tuple[Field, ...] = (
    Field("title", Label("合同名称", "Title of the contract"), Kind.TEXT, required=True, max_length=120, public=False),
    Field("contract_type", Label("合同类型", "Type"), Kind.CODE, required=True, vocabulary=CONTRACT_TYPE, public=False),
    Field("amount", Label("合同金额", "Amount"), Kind.MONEY, required=True, public=False,
          help=Label("以万元计，可以精确到分。", "In 10,000 yuan, exact to the fen.")),
    Field("signed_on", Label("签订日期", "Signed on"), Kind.DATE, required=True, public=False),
    Field("note", Label("说明", "Note"), Kind.LONG_TEXT, max_length=1000, public=False),
)  # fmt: skip

NO_DEAL = Label("找不到这份合同，或它与您的单位无关。", "There is no such contract, or it is not yours.")
SIGNED_AHEAD = Label("签订日期不能在今天以后。", "The date of signing cannot lie ahead.")
RECORDED = Label("这次对接的合同已经登记（{number}）。", "The contract of this pairing is recorded already ({number}).")
PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class DealPage:
    """Hold one page of deals, the latest signed first; `amount` is the sum of all that pass the filter, in yuan."""

    rows: list[Deal]
    total: int
    amount: Decimal
    page: int

    @property
    def pages(self) -> int:
        """Return the number of pages, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))


def conclude(
    uow: UnitOfWork, actor: Actor, pairing_id: int, given: Mapping[str, Any], *, need_is_solved: bool = False
) -> Deal:
    """Record the contract of a pairing, which thereby is contracted; its need becomes solved when asked for.

    Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    pairing = _pairing(uow, actor, pairing_id)
    if known := of_pairing(uow, pairing_id):
        raise Conflict(RECORDED.format(number=known.number))
    values = _read(uow, given)
    if pairing.state is not PairingState.CONTRACTED:
        progress.move(uow, actor, pairing_id, "contract", on=values["signed_on"])
    found = introductions.both(uow, pairing)
    deal = Deal(
        pairing_id=pairing_id, buyer_id=found.need.organisation_id, seller_id=found.offer.organisation_id,
        created_by=actor.person_id, created_at=uow.clock(), changed_at=uow.clock(), **values,
    )  # fmt: skip
    uow.session.add(deal)
    uow.session.flush()
    audit.record(uow, actor, "deal.record", "deal", deal.id, amount=str(deal.amount), pairing=pairing_id)
    if need_is_solved and can_solve(actor, found.need):
        needs.solve(uow, actor, found.need.id)
    return deal


def can_solve(actor: Actor, need: Need) -> bool:
    """Say whether the actor may call a need solved, and it is not yet."""
    return need.state in OPEN_STATES and allowed(actor, "need.solve", owner=need.organisation_id)


def _pairing(uow: UnitOfWork, actor: Actor, pairing_id: int) -> Pairing:
    require(actor, "deal.write", owner=actor.organisation_id)
    pairing = uow.session.get(Pairing, pairing_id)
    if pairing is None or not (
        allowed(actor, "deal.write") or answering.party_of(uow, actor, pairing, "deal.write") is not None
    ):
        raise NotFound(NO_DEAL)
    return pairing


def _read(uow: UnitOfWork, given: Mapping[str, Any]) -> dict[str, Any]:
    answers = read_answers(DEAL_FIELDS, given)
    problems = list(answers.problems)
    signed_on = answers.values["signed_on"]
    if signed_on and signed_on > local_date(uow.clock()):
        problems.append(Problem("signed_on", SIGNED_AHEAD))
    if problems:
        raise InvalidInput(problems)
    return answers.values


def edit(
    uow: UnitOfWork, actor: Actor, deal_id: int, given: Mapping[str, Any], *, seen_version: int | None = None
) -> Deal:
    """Correct what is recorded of a contract; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    deal = get(uow, actor, deal_id)
    if not may_write(actor, deal):
        require(actor, "deal.write")
    if seen_version is not None and seen_version != deal.version:
        raise Conflict(CHANGED_MEANWHILE)
    values = _read(uow, given)
    before = {name: str(getattr(deal, name)) for name, value in values.items() if getattr(deal, name) != value}
    for name, value in values.items():
        setattr(deal, name, value)
    deal.changed_at = uow.clock()
    audit.record(uow, actor, "deal.edit", "deal", deal.id, before=before)
    return deal


def may_write(actor: Actor, deal: Deal) -> bool:
    """Say whether the actor may correct a contract: the desk, and both sides."""
    return any(allowed(actor, "deal.write", owner=owner) for owner in (deal.buyer_id, deal.seller_id))


def get(uow: UnitOfWork, actor: Actor, deal_id: int) -> Deal:
    """Return a contract for its sides, the desk and the government; raises NotAllowed, NotFound."""
    require(actor, "deal.see", owner=actor.organisation_id)
    deal = uow.session.get(Deal, deal_id)
    if deal is None or not any(allowed(actor, "deal.see", owner=owner) for owner in (deal.buyer_id, deal.seller_id)):
        raise NotFound(NO_DEAL)
    return deal


def of_pairing(uow: UnitOfWork, pairing_id: int) -> Deal | None:
    """Return the contract of a pairing, None while none is recorded. Asks no permission: callers do."""
    return uow.session.scalars(select(Deal).where(Deal.pairing_id == pairing_id)).one_or_none()


def deals(uow: UnitOfWork, actor: Actor, *, contract_type: str | None = None, page: int = 1) -> DealPage:
    """Return a page of contracts: all for desk, government and administrators, the own ones for everybody else."""
    require(actor, "deal.list", owner=actor.organisation_id)
    own = or_(Deal.buyer_id == actor.organisation_id, Deal.seller_id == actor.organisation_id)
    conditions: list[ColumnElement[bool]] = [true() if allowed(actor, "deal.list") else own]
    if contract_type:
        conditions.append(Deal.contract_type == contract_type)
    total, amount = uow.session.execute(select(func.count(), func.sum(Deal.amount)).where(*conditions)).one()
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = select(Deal).where(*conditions).order_by(Deal.signed_on.desc(), Deal.id.desc())
    rows = list(uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))
    return DealPage(rows, total, amount or Decimal(0), page)
