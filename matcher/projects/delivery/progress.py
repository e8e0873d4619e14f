"""Progress of a task book: milestones reported and confirmed, reports of work and money."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.core.vocabularies import Vocabulary
from matcher.projects.delivery import books, payments
from matcher.projects.delivery.books import Party
from matcher.projects.delivery.lifecycle import MILESTONE_LIFECYCLE, TaskBookState
from matcher.projects.delivery.model import Milestone, Report, TaskBook
from matcher.projects.delivery.payments import Occasion

REPORT_KINDS = Vocabulary(
    "project_report",
    {
        "progress": Label("进展报告", "Progress report"),
        "financial": Label("经费报告", "Financial report"),
        "final": Label("总结报告", "Final report"),
    },
)
REPORT_FIELDS: tuple[Field, ...] = (
    Field("kind", Label("报告类型", "Kind"), Kind.CODE, required=True, vocabulary=REPORT_KINDS, public=False),
    Field("text", Label("内容", "Text"), Kind.LONG_TEXT, required=True, max_length=6000, public=False),
    Field("spent", Label("累计支出", "Spent so far"), Kind.MONEY, public=False),
)
#: The same again within this time is a form that was sent twice, not another report.
SENT_TWICE = timedelta(minutes=10)
NO_MILESTONE = Label("找不到这个里程碑。", "There is no such milestone.")
NOT_IN_FORCE = Label("任务书没有在执行，不能办理。", "The task book is not in force.")
NO_TEXT = Label("请写明完成情况。", "Say what was done.")
NO_REASON = Label("请写明退回原因。", "Say why it is returned.")
REPORTED = Label("里程碑“{title}”已报告，请确认。", "The milestone “{title}” was reported; please confirm it.")
ANSWERED = {
    "accept": Label("里程碑“{title}”已确认。", "The milestone “{title}” was confirmed."),
    "return": Label("里程碑“{title}”被退回：{note}", "The milestone “{title}” was returned: {note}"),
}
NEW_REPORT = Label("收到一份{kind}。", "A {kind} was handed in.")


def require_in_force(book: TaskBook) -> None:
    """Raise Conflict unless a task book is signed and not ended."""
    if book.state is not TaskBookState.SIGNED:
        raise Conflict(NOT_IN_FORCE)


def milestone(uow: UnitOfWork, milestone_id: int) -> Milestone:
    """Return a milestone; raises NotFound."""
    found = uow.session.get(Milestone, milestone_id)
    if found is None:
        raise NotFound(NO_MILESTONE)
    return found


def report_milestone(uow: UnitOfWork, actor: Actor, milestone_id: int, text: str) -> Milestone:
    """Report a milestone as done, for the lead; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    one = milestone(uow, milestone_id)
    found = books.seen(uow, actor, one.task_book_id)
    books.require_lead(actor, found, "milestone.report")
    require_in_force(found.book)
    if not text.strip():
        raise InvalidInput([Problem("report", NO_TEXT)])
    MILESTONE_LIFECYCLE.apply(uow, actor, one, "report")
    one.report, one.reported_at = text.strip()[:6000], uow.clock()
    audit.record(uow, actor, "milestone.report", "task_book", found.book.id, milestone=one.id)
    key = f"milestone:{one.id}:{uow.clock():%Y%m%d%H%M%S}"
    books.tell(uow, actor, found, REPORTED.format(title=one.title), key, Party.OFFICE)
    return one


def answer_milestone(
    uow: UnitOfWork, actor: Actor, milestone_id: int, action: str, note: str = "", seen_version: int | None = None
) -> Milestone:
    """Confirm a reported milestone, which releases its payments, or return it with a reason.

    Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    require(actor, "milestone.answer")
    one = milestone(uow, milestone_id)
    found = books.get(uow, one.task_book_id)
    require_in_force(found.book)
    if seen_version is not None and seen_version != one.version:
        raise Conflict(CHANGED_MEANWHILE)
    if action == "return" and not note.strip():
        raise InvalidInput([Problem("answer", NO_REASON)])
    MILESTONE_LIFECYCLE.apply(uow, actor, one, "accept" if action == "accept" else "return", note)
    one.answer, one.answered_at = note.strip()[:2000], uow.clock()
    if action == "accept":
        payments.release(uow, found.book.id, Occasion.MILESTONE, milestone_id=one.id, actor=actor)
    audit.record(uow, actor, f"milestone.{action}", "task_book", found.book.id, milestone=one.id, note=note)
    body = ANSWERED["accept" if action == "accept" else "return"].format(title=one.title, note=note)
    key = f"milestone:{one.id}:{uow.clock():%Y%m%d%H%M%S}"
    books.tell(uow, actor, found, body, key, Party.LEAD, Party.OWNER)
    return one


def hand_in_report(uow: UnitOfWork, actor: Actor, book_id: int, given: Mapping[str, Any]) -> Report:
    """Hand in a report of work or money, for the lead; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    found = books.seen(uow, actor, book_id)
    books.require_lead(actor, found, "milestone.report")
    require_in_force(found.book)
    answers = read_answers(REPORT_FIELDS, given)
    if answers.problems:
        raise InvalidInput(answers.problems)
    if (known := _same_report(uow, actor, book_id, answers.values)) is not None:
        return known
    found.book.changed_at = uow.clock()  # of two that come at one moment the version lets one in
    report = Report(task_book_id=book_id, person_id=actor.person_id, at=uow.clock(), **answers.values)
    uow.session.add(report)
    uow.session.flush()
    audit.record(uow, actor, "report.hand_in", "task_book", book_id, report=report.id)
    body = NEW_REPORT.format(kind=REPORT_KINDS.label(report.kind))
    books.tell(uow, actor, found, body, f"report:{report.id}", Party.OFFICE)
    return report


def _same_report(uow: UnitOfWork, actor: Actor, book_id: int, values: Mapping[str, Any]) -> Report | None:
    """Return the report that says just this and was handed in a moment ago: a form that was sent twice."""
    since = uow.clock() - SENT_TWICE
    query = select(Report).where(
        Report.task_book_id == book_id, Report.person_id == actor.person_id, Report.at >= since
    )
    recent = uow.session.scalars(query.order_by(Report.id.desc()))
    return next((one for one in recent if all(getattr(one, name) == value for name, value in values.items())), None)


def reports(uow: UnitOfWork, book_id: int) -> list[Report]:
    """Return the reports of a task book, the latest first."""
    query = select(Report).where(Report.task_book_id == book_id).order_by(Report.id.desc())
    return list(uow.session.scalars(query))
