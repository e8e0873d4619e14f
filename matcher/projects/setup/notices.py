"""Public notices (公示): opened for a number of days, decided on only when the days are over and every objection is answered."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from matcher.core.clock import SHANGHAI, local_date, local_second
from matcher.core.errors import Conflict, NotFound
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.lifecycle import ObjectionState
from matcher.projects.setup.model import Notice, Objection, Project

NO_NOTICE = Label("找不到这份公示。", "There is no such notice.")
ALREADY_OPEN = Label("这一公示正在进行，请先结束它。", "This notice is running already; end it first.")
RUNS = Label(
    "公示期到 {until} 才满，请在此之后再办理。",
    "The notice runs until {until}; wait until it is over.",
)
UNANSWERED = Label(
    "还有 {count} 条异议没有答复，请先答复。", "{count} objections are not answered yet; answer them first."
)
UPHELD = Label(
    "有 {count} 条异议成立，不能按公示内容继续。请退回修改后重新公示。",
    "{count} objections were upheld, so it cannot go on as announced. Take it back, change it and announce it anew.",
)


def open_notice(uow: UnitOfWork, project: Project, kind: str, days: int, content: Mapping[str, Any]) -> Notice:
    """Open a notice that runs `days` whole days after today, to the end of the last in China; raises Conflict if one runs."""
    if current(uow, project.id, kind) is not None:
        raise Conflict(ALREADY_OPEN)
    notice = Notice(
        project_id=project.id,
        kind=kind,
        opens_at=uow.clock(),
        closes_at=_end_of(uow.clock(), days),
        content=dict(content),
    )
    uow.session.add(notice)
    uow.session.flush()
    return notice


def _end_of(now: datetime, days: int) -> datetime:
    """Return the midnight in China with which the last of `days` whole days ends; the present day is not counted."""
    return datetime.combine(local_date(now) + timedelta(days=days + 1), time(0), SHANGHAI)


def get(uow: UnitOfWork, notice_id: int) -> Notice:
    """Return a notice; raises NotFound."""
    found = uow.session.get(Notice, notice_id)
    if found is None:
        raise NotFound(NO_NOTICE)
    return found


def current(uow: UnitOfWork, project_id: int, kind: str) -> Notice | None:
    """Return the notice of a kind that has not been decided on, whether its days are over or not."""
    query = select(Notice).where(Notice.project_id == project_id, Notice.kind == kind, Notice.ended_at.is_(None))
    return uow.session.scalar(query.order_by(Notice.id.desc()).limit(1))


def hindrance(uow: UnitOfWork, notice: Notice) -> Label | None:
    """Return why a notice cannot be decided on yet: its days run, an objection is unanswered or was upheld; None: it can."""
    if uow.clock() < notice.closes_at:
        return RUNS.format(until=local_second(notice.closes_at))
    counts = count_objections(uow, notice)
    if counts.get(ObjectionState.OPEN):
        return UNANSWERED.format(count=counts[ObjectionState.OPEN])
    if counts.get(ObjectionState.UPHELD):
        return UPHELD.format(count=counts[ObjectionState.UPHELD])
    return None


def count_objections(uow: UnitOfWork, notice: Notice) -> dict[ObjectionState, int]:
    """Count the objections to a notice by state."""
    query = select(Objection.state, func.count()).where(Objection.notice_id == notice.id).group_by(Objection.state)
    return dict(uow.session.execute(query).all())


def end(uow: UnitOfWork, notice: Notice) -> None:
    """End a notice: the office decided on it, or took it back."""
    notice.ended_at = uow.clock()
    uow.session.flush()
