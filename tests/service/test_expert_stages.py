"""Panels for the gates of a race and for acceptance, with open names: what experts read, and what waits for their marks."""

from datetime import timedelta

import pytest

from matcher.core.errors import Conflict, InvalidInput, NotFound
from matcher.core.filestore import FileStore
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects import files
from matcher.projects.delivery import acceptance, gates
from matcher.projects.delivery.gates import ELIMINATE, PASS, Verdict
from matcher.projects.delivery.lifecycle import TaskBookState
from matcher.projects.delivery.model import Gate, TaskBook
from matcher.projects.experts import office, overview, panels, seats, sheets
from matcher.projects.experts.model import Panel, Seat, Stage
from matcher.projects.lifecycle import BidState, ProjectState
from matcher.projects.setup.model import Project
from matcher.settings import Settings
from tests.conftest import Actors, MovableClock
from tests.experts import ExpertFactory, PanelFactory, SeatFactory
from tests.factories import organisation_of
from tests.projects import BidFactory, ProjectFactory, TaskBookFactory
from tests.service.test_experts import person_of
from tests.service.test_gates import bid_of, opened, race

GOOD = {"score-0": "90", "score-1": "80", "verdict": "yes", "comment": ""}


@pytest.fixture
def store(settings: Settings) -> FileStore:
    return FileStore(settings.data / "uploads" / "files")


@pytest.fixture
def judged(uow: UnitOfWork, actors: Actors, clock: MovableClock) -> tuple[Project, Gate, Panel, Seat]:
    """An open gate of a race of two with an open-eyed panel that one expert sits on."""
    project = race(uow, actors, [actors.university, actors.other_university], [90_000_000, 60_000_000], [20])
    gate = opened(uow, actors, project)
    due = (clock() + timedelta(days=20)).date().isoformat()
    given = office.defaults(uow, project, Stage.GATE, gate.id) | {"least": "1", "due_on": due}
    panel = office.open_panel(uow, actors.government, project.id, Stage.GATE, given, gate.id)
    return project, gate, panel, SeatFactory(panel=panel, expert=ExpertFactory(person=person_of(uow, actors.expert)))


def test_a_gate_is_judged_by_its_own_criteria_with_names_and_files_shown(
    uow: UnitOfWork, actors: Actors, judged: tuple[Project, Gate, Panel, Seat], store: FileStore
) -> None:
    project, gate, panel, seat = judged
    assert ([one["name"] for one in panel.criteria], panel.is_blind) == (["技术指标", "成本"], False)
    team = bid_of(uow, project, actors.university)
    entry = gates.entries(uow, gate.id)[team.id]
    gates.hand_in(uow, actors.university, entry.id, "样件三件，孔隙率 0.4%")
    report = files.attach(uow, actors.university, store, "gate_entry", entry.id, "报告.pdf", b"%PDF-1.7 x")
    _, shown = sheets.opened(uow, actors.expert, seat.id, team.id)
    assert [text for _, text in shown.shown] == ["样件三件，孔隙率 0.4%"]
    assert team.organisation.name in shown.names
    assert sheets.open_file(uow, actors.expert, seat.id, report.id).name == "报告.pdf"
    with pytest.raises(NotFound):
        sheets.open_file(uow, ExpertFactory().person.actor(), seat.id, report.id)
    panel.is_blind = True
    with pytest.raises(NotFound):
        sheets.open_file(uow, actors.expert, seat.id, report.id)


def test_marks_wait_for_the_evidence_or_its_last_day_and_the_gate_for_the_marks(
    uow: UnitOfWork, actors: Actors, judged: tuple[Project, Gate, Panel, Seat], clock: MovableClock
) -> None:
    project, gate, panel, seat = judged
    a, b = bid_of(uow, project, actors.university), bid_of(uow, project, actors.other_university)
    with pytest.raises(InvalidInput) as early:
        sheets.save(uow, actors.expert, seat.id, a.id, GOOD, submit=True)
    assert gate.due_on.isoformat() in early.value.problems[0].message.zh
    sheets.save(uow, actors.expert, seat.id, a.id, GOOD, submit=False)
    gates.hand_in(uow, actors.university, gates.entries(uow, gate.id)[a.id].id, "样件")
    sheets.save(uow, actors.expert, seat.id, a.id, GOOD, submit=True)
    clock.move(days=31)
    verdicts = {a.id: Verdict(PASS), b.id: Verdict(ELIMINATE, "没有材料")}
    with pytest.raises(Conflict, match="Not every expert"):
        gates.decide(uow, actors.government, gate.id, verdicts)
    low = GOOD | {"score-0": "10", "score-1": "10", "verdict": "no", "comment": "没有材料"}
    sheets.save(uow, actors.expert, seat.id, b.id, low, submit=True)
    gates.decide(uow, actors.government, gate.id, verdicts)
    scores = {one.bid_id: one.score for one in gates.entries(uow, gate.id).values()}
    assert scores == {a.id: pytest.approx(87), b.id: pytest.approx(10)}
    assert panel.closed_at is not None, "nothing waits for the expert any more"
    assert seats.waiting(uow, actors.expert) == 0


def test_a_gate_panel_closed_early_does_not_hold_the_gate_up(
    uow: UnitOfWork, actors: Actors, judged: tuple[Project, Gate, Panel, Seat], clock: MovableClock
) -> None:
    project, gate, panel, seat = judged
    a, b = bid_of(uow, project, actors.university), bid_of(uow, project, actors.other_university)
    gates.hand_in(uow, actors.university, gates.entries(uow, gate.id)[a.id].id, "样件")
    sheets.save(uow, actors.expert, seat.id, a.id, GOOD, submit=True)
    office.close(uow, actors.government, panel.id, "专家出差")
    clock.move(days=31)
    verdicts = {a.id: Verdict(PASS), b.id: Verdict(ELIMINATE, "没有材料", score=5)}
    gates.decide(uow, actors.government, gate.id, verdicts)
    scores = {one.bid_id: one.score for one in gates.entries(uow, gate.id).values()}
    assert scores == {a.id: pytest.approx(87), b.id: 5}, "where no expert gave a mark the office's counts"
    with pytest.raises(Conflict, match="decided"):
        office.reopen(uow, actors.government, panel.id, (clock() + timedelta(days=5)).date().isoformat(), "恢复")


def test_no_panel_is_made_for_a_gate_that_is_decided(
    uow: UnitOfWork, actors: Actors, judged: tuple[Project, Gate, Panel, Seat], clock: MovableClock
) -> None:
    project, gate, panel, _ = judged
    office.close(uow, actors.government, panel.id, "另组")
    assert (Stage.GATE, gate) in overview.possible_stages(uow, project)
    clock.move(days=31)
    everyone = {bid.id: Verdict(PASS) for bid in panels.subjects(uow, panel)}
    gates.decide(uow, actors.government, gate.id, everyone)
    assert (Stage.GATE, gate) not in overview.possible_stages(uow, project)


@pytest.fixture
def applied(uow: UnitOfWork, actors: Actors) -> tuple[TaskBook, Panel, Seat]:
    """A task book without milestones, and a panel for its acceptance that one expert sits on."""
    project = ProjectFactory(state=ProjectState.IMPLEMENTATION)
    bid = BidFactory(project=project, organisation=organisation_of(actors.university), state=BidState.RUNNING)
    book = TaskBookFactory(bid=bid)
    panel = PanelFactory(project=project, stage=Stage.ACCEPTANCE, least=1)
    return book, panel, SeatFactory(panel=panel, expert=ExpertFactory(person=person_of(uow, actors.expert)))


def test_acceptance_is_judged_on_what_was_measured_and_decided_when_the_experts_have(
    uow: UnitOfWork, actors: Actors, applied: tuple[TaskBook, Panel, Seat], store: FileStore
) -> None:
    book, _, seat = applied
    with pytest.raises(InvalidInput) as early:
        sheets.save(uow, actors.expert, seat.id, book.bid_id, GOOD, submit=True)
    assert "还没有申请验收" in early.value.problems[0].message.zh
    made = acceptance.apply(uow, actors.university, book.id, "全部完成", [{"value": "0.4"}, {"value": "990"}])
    report = files.attach(uow, actors.university, store, "acceptance", made.id, "检测.pdf", b"%PDF-1.7 x")
    _, shown = sheets.opened(uow, actors.expert, seat.id, book.bid_id)
    assert [(one.value.value, one.verdict) for one in shown.measured] == [(0.4, "met"), (990, "met")]
    assert [one.id for one in shown.files] == [report.id]
    with pytest.raises(Conflict, match="0 sheets of 1"):
        acceptance.decide(uow, actors.government, book.id, "passed", "good", "")
    sheets.save(uow, actors.expert, seat.id, book.bid_id, GOOD, submit=True)
    acceptance.decide(uow, actors.government, book.id, "passed", "good", "")
    assert book.state is TaskBookState.COMPLETED


def test_an_acceptance_panel_closed_early_does_not_hold_the_decision_up(
    uow: UnitOfWork, actors: Actors, applied: tuple[TaskBook, Panel, Seat]
) -> None:
    book, panel, _ = applied
    acceptance.apply(uow, actors.university, book.id, "全部完成", [{"value": "0.4"}, {"value": "990"}])
    office.close(uow, actors.government, panel.id, "专家出差")
    acceptance.decide(uow, actors.government, book.id, "passed", "good", "")
    assert book.state is TaskBookState.COMPLETED
