"""The audit log as a page reads it."""

from sqlalchemy import func, select

from matcher.accounts.model import Person
from matcher.core.audit import AuditRow
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork

AUDIT_PAGE = 50


def audit_page(
    uow: UnitOfWork, actor: Actor, page: int, entity: str = ""
) -> tuple[list[tuple[AuditRow, str | None]], dict[str, int]]:
    """Return one page of the log, of one kind of thing or of all, with the names of the people, and the counts by kind.

    Raises NotAllowed.
    """
    require(actor, "audit.see")
    grouped = uow.session.execute(select(AuditRow.entity, func.count()).group_by(AuditRow.entity))
    counts: dict[str, int] = dict(grouped.all())
    query = (
        select(AuditRow, Person.name).outerjoin(Person, Person.id == AuditRow.person_id).order_by(AuditRow.id.desc())
    )
    if entity:
        query = query.where(AuditRow.entity == entity)
    rows = uow.session.execute(query.limit(AUDIT_PAGE).offset((page - 1) * AUDIT_PAGE))
    return [(row, name) for row, name in rows], counts
