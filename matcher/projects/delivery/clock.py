"""What the calendar asks of task books: those concerned are told of what is overdue, once a day at most."""

from sqlalchemy import select

from matcher.core.clock import local_date
from matcher.core.labels import Label
from matcher.core.people import SYSTEM
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.delivery import books, payments
from matcher.projects.delivery.books import Party
from matcher.projects.delivery.lifecycle import MilestoneState, PaymentState, TaskBookState
from matcher.projects.delivery.model import Milestone, Payment, TaskBook

LATE = Label(
    "里程碑“{title}”应于 {day} 完成，已逾期 {days} 天。", "The milestone “{title}” was due on {day}, {days} days ago."
)
LATE_END = Label(
    "任务书应于 {day} 完成，还没有通过验收。", "The task book ended on {day} and has not passed acceptance."
)
LATE_PAYMENTS = Label("有 {count} 笔可拨付的款项已过计划日期。", "{count} released payments are past their day.")


def alarm(uow: UnitOfWork) -> int:
    """Tell lead and office of overdue milestones and ends, the office of overdue payments; returns how many were told."""
    today = local_date(uow.clock())
    late = (
        select(Milestone)
        .join(TaskBook, TaskBook.id == Milestone.task_book_id)
        .where(
            TaskBook.state == TaskBookState.SIGNED,
            Milestone.state == MilestoneState.PLANNED,
            Milestone.due_on < today,
        )
    )
    told = 0
    for one in uow.session.scalars(late).all():
        body = LATE.format(title=one.title, day=one.due_on.isoformat(), days=(today - one.due_on).days)
        key = f"late:{one.id}:{today}"
        told += books.tell(uow, SYSTEM, books.get(uow, one.task_book_id), body, key, Party.LEAD, Party.OFFICE)
    ended = select(TaskBook).where(TaskBook.state == TaskBookState.SIGNED, TaskBook.ends_on < today)
    for book in uow.session.scalars(ended).all():
        body = LATE_END.format(day=book.ends_on.isoformat())
        told += books.tell(uow, SYSTEM, books.get(uow, book.id), body, f"end:{today}", Party.LEAD, Party.OFFICE)
    return told + _payments(uow)


def _payments(uow: UnitOfWork) -> int:
    today, counts = local_date(uow.clock()), dict[int, int]()
    released = select(Payment).where(Payment.state == PaymentState.RELEASED, Payment.planned_on < today)
    for payment in uow.session.scalars(released).all():
        if payments.is_overdue(payment, today):
            counts[payment.task_book_id] = counts.get(payment.task_book_id, 0) + 1
    told = 0
    for book_id, count in counts.items():
        body = LATE_PAYMENTS.format(count=count)
        told += books.tell(uow, SYSTEM, books.get(uow, book_id), body, f"pay:{today}", Party.OFFICE)
    return told
