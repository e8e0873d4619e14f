"""Panels of the stories: asked, accepted, marked and closed, each expert in their own name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.experts import office, seats, sheets
from matcher.projects.experts.model import Expert, Panel, Stage
from matcher.projects.setup.model import Project
from matcher.stories.cast import Cast

#: The mark of each expert, and what all of them say, by subject: a bid, or None for the project.
Marks = Mapping[int | None, Sequence[int]]
Comments = Mapping[int | None, str]

#: By how much the marks of one expert differ from criterion to criterion.
_SWING = (0, 2, -2, 1)


@dataclass(frozen=True, slots=True)
class Session:
    """Say what is judged, by whom and when.

    A mark of 0 is a sheet that is not handed in; `asked` is the day of the invitation, counted back from today; the marks are in `days` days later.
    """

    stage: Stage
    experts: Sequence[Expert]
    marks: Marks
    comments: Comments
    asked: int
    days: int = 4
    gate_id: int | None = None
    stays_open: bool = False


def hold(cast: Cast, project: Project, session: Session) -> Panel:
    """Ask the experts, let each accept and mark, and close the panel unless it stays open."""
    uow, calendar = cast.uow, cast.calendar
    calendar.at(session.asked)
    due = calendar.day(session.asked - session.days - 3).isoformat()
    given = office.defaults(uow, project, session.stage, session.gate_id) | {"due_on": due}
    panel = office.open_panel(uow, cast.office, project.id, session.stage, given, session.gate_id)
    taken = office.invite(uow, cast.office, panel.id, [one.id for one in session.experts])
    for place, (seat, expert) in enumerate(zip(taken, session.experts, strict=True)):
        calendar.at(session.asked, 14 + place)
        seats.answer(uow, expert.person.actor(), seat.id, "accept", declared=True)
    last = session.asked - (1 if session.stays_open else session.days)
    for place, (seat, expert) in enumerate(zip(taken, session.experts, strict=True)):
        calendar.at(last, 9 + 2 * place)
        for subject, marks in session.marks.items():
            if place < len(marks) and marks[place]:
                words = session.comments.get(subject, "")
                _mark(uow, expert, panel, seat.id, subject, marks[place], words)
    if not session.stays_open:
        calendar.at(last, 17)
        office.close(uow, cast.office, panel.id)
    return panel


def _mark(
    uow: UnitOfWork, expert: Expert, panel: Panel, seat_id: int, subject: int | None, mark: int, words: str
) -> None:
    scores = {
        f"score-{place}": str(max(0, min(100, mark + _SWING[place % len(_SWING)])))
        for place, _ in enumerate(panel.criteria)
    }
    verdict = "yes" if mark >= 80 else "with_changes" if mark >= 60 else "no"
    given = scores | {"verdict": verdict, "comment": words}
    sheets.save(uow, expert.person.actor(), seat_id, subject, given, submit=True)
