"""What the calendar asks of experts: reminders before marks are due."""

from datetime import timedelta

from sqlalchemy import or_, select

from matcher.core.clock import SHANGHAI
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import service as messages
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text
from matcher.projects.experts import panels
from matcher.projects.experts.model import Expert, Panel, Seat
from matcher.projects.experts.seats import WANTED, done_count
from matcher.projects.lifecycle import SeatState
from matcher.projects.setup.model import Project

BEFORE = timedelta(days=2)
DUE = Label("“{title}”的{stage}即将截止", "The {stage} of “{title}” is due soon")
BODY = Label("请在{day}前完成评审；不能参加的，请尽快答复。", "Please finish by {day}; if you cannot, say so soon.")


def remind(uow: UnitOfWork) -> int:
    """Remind, once each, experts whose answer or marks are missing two days before they are due; returns how many."""
    now = uow.clock()
    query = (
        select(Seat.id, Expert.person_id, Panel, Project.title)
        .join(Panel, Panel.id == Seat.panel_id)
        .join(Expert, Expert.id == Seat.expert_id)
        .join(Project, Project.id == Panel.project_id)
        .where(
            Panel.closed_at.is_(None),
            Panel.due_at > now,
            Panel.due_at <= now + BEFORE,
            or_(Seat.state == SeatState.INVITED, (Seat.state == SeatState.ACCEPTED) & (done_count() < WANTED)),
        )
        .order_by(Seat.id)
    )
    told = 0
    for seat_id, person_id, panel, title in uow.session.execute(query).all():
        assert panel.due_at is not None, "the query asks for it"
        day = panel.due_at.astimezone(SHANGHAI).date().isoformat()
        words = {"title": title, "stage": panels.STAGE_LABELS[panel.stage], "day": day}
        text = Text(DUE.format(**words), BODY.format(**words))
        key, link = f"seat:{seat_id}:due:{day}", f"/experts/seats/{seat_id}"
        told += messages.notify(uow, [person_id], MessageKind.PROJECT, text, key=key, link=link)
    return told
