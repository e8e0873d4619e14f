"""What the desk entered for others: needs and results that a broker wrote for an organisation of which they are no member."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, select, union_all
from sqlalchemy.orm import aliased

from matcher.accounts.model import Membership, Organisation, Person
from matcher.core.people import Actor, Role
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need
from matcher.offers.model import Offer

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class EnteredItem:
    """Hold a need or a result (`side` "need" or "offer") with its owner and who entered it."""

    side: str
    id: int
    title: str
    state: str
    owner: str
    person: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EnteredPage:
    """Hold a page of what was entered, the latest first."""

    rows: list[EnteredItem]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """Return the number of pages, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))


def _entered(side: str, model: type[Need] | type[Offer], person_id: int | None) -> Select[*tuple[Any, ...]]:
    at_desk = aliased(Membership)
    query = (
        select(
            literal(side).label("side"), model.id.label("id"), model.title.label("title"), cast(model.state, String).label("state"),
            Organisation.name.label("owner"), Person.name.label("person"), model.created_at.label("at"),
        )
        .join(Organisation, Organisation.id == model.organisation_id)
        .join(Person, Person.id == model.created_by)
        .join(at_desk, (at_desk.person_id == Person.id) & (at_desk.role == Role.DESK))
        .where(at_desk.organisation_id != model.organisation_id)
    )  # fmt: skip
    return query.where(model.created_by == person_id) if person_id else query


def entered(uow: UnitOfWork, actor: Actor, *, person_id: int | None = None, page: int = 1) -> EnteredPage:
    """Return a page of what one broker, or the whole desk, entered for others."""
    require(actor, "need.review")
    both = union_all(_entered("need", Need, person_id), _entered("offer", Offer, person_id)).subquery()
    total = uow.session.scalar(select(func.count()).select_from(both)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = select(both).order_by(both.c.at.desc(), both.c.id.desc())
    rows = uow.session.execute(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return EnteredPage([EnteredItem(*row) for row in rows], total, page)
