"""The audit log as a page reads it."""

from sqlalchemy import func, select

from matcher.accounts.model import Person
from matcher.core.audit import AuditRow
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork

AUDIT_PAGE = 50


def audit_page(uow: UnitOfWork, actor: Actor, page: int) -> tuple[list[tuple[AuditRow, str | None]], int]:
    """Return one page of the log with the names of the people, and how many rows there are; raises NotAllowed."""
    require(actor, "audit.see")
    total = uow.session.scalar(select(func.count(AuditRow.id))) or 0
    query = (
        select(AuditRow, Person.name).outerjoin(Person, Person.id == AuditRow.person_id).order_by(AuditRow.id.desc())
    )
    rows = uow.session.execute(query.limit(AUDIT_PAGE).offset((page - 1) * AUDIT_PAGE))
    return [(row, name) for row, name in rows], total
