"""Experts at gates and at acceptance, by the pages of every role: asked by the office, marked, and decided on what they said."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.service import Matcher
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import gate_plan, gates
from matcher.projects.delivery.model import Acceptance, Gate, TaskBook
from matcher.projects.experts.model import Expert, Seat
from matcher.projects.lifecycle import BidState, ProjectState
from tests.conftest import Actors, MovableClock
from tests.experts import ExpertFactory, WordEncoder
from tests.factories import organisation_of
from tests.http.conftest import SignIn
from tests.projects import BidFactory, ProjectFactory, TaskBookFactory
from tests.service.test_experts import person_of
from tests.service.test_gates import race

MARKS = {"score-0": "88", "score-1": "80", "verdict": "yes", "comment": "同样条件下比较。", "action": "submit"}


@pytest.fixture(autouse=True)
def _a_light_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Matcher, "encoder", lambda self: WordEncoder())


@pytest.fixture
def expert(uow: UnitOfWork, actors: Actors) -> Expert:
    made: Expert = ExpertFactory(person=person_of(uow, actors.expert))
    uow.commit()
    return made


@pytest.fixture
def gate(uow: UnitOfWork, actors: Actors) -> Gate:
    """An open gate of a race of two."""
    project = race(uow, actors, [actors.university, actors.other_university], [90_000_000, 60_000_000], [20])
    (made,) = gate_plan.of_project(uow, project.id)
    gates.open_gate(uow, actors.government, made.id)
    uow.commit()
    return made


@pytest.fixture
def book(uow: UnitOfWork, actors: Actors) -> TaskBook:
    """A signed task book whose milestones are done."""
    project = ProjectFactory(state=ProjectState.IMPLEMENTATION)
    bid: Bid = BidFactory(project=project, organisation=organisation_of(actors.university), state=BidState.RUNNING)
    made: TaskBook = TaskBookFactory(bid=bid)
    uow.commit()
    return made


def panel_asked(sign_in: SignIn, clock: MovableClock, project_id: int, query: str, expert: Expert) -> Any:
    """Set a panel of one expert up by the office's pages."""
    office = sign_in("government")
    address = f"/experts/projects/{project_id}/new?{query}"
    assert office.get(address).status_code == 200
    due = (clock() + timedelta(days=5)).date().isoformat()
    given = {"due_on": due, "least": "1", "is_blind": "no", "criteria": "技术指标，70\n成本，30"}
    made = office.post(address, given)
    assert office.post(made.location, {"expert": str(expert.id)}).status_code == 303
    return office


def seat_taken(sign_in: SignIn, uow: UnitOfWork) -> tuple[Any, Seat]:
    judge, seat = sign_in("expert"), uow.session.scalars(select(Seat)).one()
    judge.get(f"/experts/seats/{seat.id}")
    assert judge.post(f"/experts/seats/{seat.id}", {"action": "accept", "declared": "yes"}).status_code == 303
    return judge, seat


def shown_by_both(sign_in: SignIn, gate: Gate, uow: UnitOfWork) -> tuple[int, int]:
    """Let both teams hand in at a gate by their pages; returns their bids."""
    found = gates.entries(uow, gate.id)
    first, second = sorted(found)
    for role, bid_id, value in (("university", first, "0.4"), ("other_university", second, "0.7")):
        team, address = sign_in(role), f"/gates/entries/{found[bid_id].id}"
        team.get(address)
        told = {"evidence": f"样件三件，{value}", "measured-0-value": value, "measured-0-text": "金相法"}
        sent = team.post(address, told | {"file": (BytesIO(b"%PDF-1.7 x"), f"{role}.pdf")})
        assert sent.status_code == 303
    return first, second


def test_experts_of_a_gate_read_what_one_team_showed_once_it_did(
    uow: UnitOfWork, sign_in: SignIn, clock: MovableClock, gate: Gate, expert: Expert
) -> None:
    panel_asked(sign_in, clock, gate.project_id, f"stage=gate&gate={gate.id}", expert)
    judge, seat = seat_taken(sign_in, uow)
    sheet = f"/experts/seats/{seat.id}/sheets/{min(gates.entries(uow, gate.id))}"
    assert "还没有提交本节点的材料" in judge.post(sheet, MARKS).text
    shown_by_both(sign_in, gate, uow)
    page = judge.get(sheet).text
    assert all(one in page for one in ("样件三件，0.4", "金相法", "达到", "university.pdf"))
    assert "样件三件，0.7" not in page, "each sheet shows one team"
    file = re.search(rf"/experts/seats/{seat.id}/files/\d+", page)
    assert file
    assert judge.get(file[0]).status_code == 200
    assert sign_in("university").get(file[0]).status_code == 403


def test_a_gate_is_decided_only_after_the_expert_has_marked_every_team(
    uow: UnitOfWork, sign_in: SignIn, clock: MovableClock, gate: Gate, expert: Expert
) -> None:
    office = panel_asked(sign_in, clock, gate.project_id, f"stage=gate&gate={gate.id}", expert)
    judge, seat = seat_taken(sign_in, uow)
    first, second = shown_by_both(sign_in, gate, uow)
    waiting = office.get(f"/gates/{gate.id}").text
    assert "专家评分还没有交齐" in waiting
    assert "确认考核结果" not in waiting, "what cannot be decided has no button"
    for bid_id in (first, second):
        judge.get(f"/experts/seats/{seat.id}/sheets/{bid_id}")
        assert judge.post(f"/experts/seats/{seat.id}/sheets/{bid_id}", MARKS).status_code == 303
    assert "专家评分 85.6" in office.get(f"/gates/{gate.id}").text
    choice = {f"outcome-{first}": "pass", f"outcome-{second}": "eliminate"}
    assert office.post(f"/gates/{gate.id}", choice).status_code == 422, "who is eliminated is told why"
    assert office.post(f"/gates/{gate.id}", choice | {f"reason-{second}": "孔隙率未达到"}).status_code == 303
    uow.session.expire_all()
    assert [one.score for one in gates.entries(uow, gate.id).values()] == pytest.approx([85.6, 85.6])
    over = judge.post(f"/experts/seats/{seat.id}/sheets/{first}", MARKS)
    assert "这次评审已经结束" in judge.get(over.location).text, "the panel is closed with the gate"


def test_acceptance_is_decided_only_after_the_expert_has_marked_what_was_measured(
    uow: UnitOfWork, sign_in: SignIn, clock: MovableClock, book: TaskBook, expert: Expert
) -> None:
    panel_asked(sign_in, clock, book.project_id, "stage=acceptance", expert)
    judge, seat = seat_taken(sign_in, uow)
    sheet = f"/experts/seats/{seat.id}/sheets/{book.bid_id}"
    assert "还没有申请验收" in judge.post(sheet, MARKS).text
    team = sign_in("university")
    team.get(f"/delivery/{book.id}")
    told = {
        "summary": "两项指标完成。", "measured-0-value": "0.4", "measured-0-text": "第三方检测", "measured-1-value": "900",
        "measured-1-text": "省计量院",
    }  # fmt: skip
    report = {"files": (BytesIO(b"%PDF-1.7 x"), "检测报告.pdf")}
    sent = team.post(f"/delivery/{book.id}/acceptance", told | report, content_type="multipart/form-data")
    assert sent.status_code == 303

    judge = sign_in("expert")
    page = judge.get(sheet).text
    assert all(one in page for one in ("两项指标完成。", "第三方检测", "检测报告.pdf", "达到", "接近"))
    office, decision = sign_in("government"), {"verdict": "passed", "grade": "good", "comment": "同意"}
    office.get(f"/delivery/{book.id}")
    early = office.post(f"/delivery/{book.id}/acceptance/decide", decision)
    assert early.status_code == 409
    assert "已有 0 份，应有 1 份" in early.text
    assert ">同意</textarea>" in early.text.replace("\n", ""), "what was typed stays"
    judge = sign_in("expert")
    judge.get(sheet)
    assert judge.post(sheet, MARKS).status_code == 303
    office = sign_in("government")
    assert "1 份意见，平均 85.6 分" in office.get(f"/delivery/{book.id}").text
    assert office.post(f"/delivery/{book.id}/acceptance/decide", decision).status_code == 303
    uow.session.expire_all()
    assert uow.session.scalars(select(Acceptance)).one().grade == "good"


@pytest.mark.parametrize("role", ["university", "other_university", "enterprise", "desk"])
def test_nobody_but_the_office_asks_experts_and_nobody_but_the_expert_marks(
    uow: UnitOfWork, sign_in: SignIn, clock: MovableClock, gate: Gate, expert: Expert, role: str
) -> None:
    panel_asked(sign_in, clock, gate.project_id, f"stage=gate&gate={gate.id}", expert)
    seat = uow.session.scalars(select(Seat)).one()
    stranger = sign_in(role)
    assert stranger.get(f"/experts/projects/{gate.project_id}/new?stage=gate&gate={gate.id}").status_code == 403
    assert stranger.get(f"/experts/seats/{seat.id}").status_code == 403
    bid_id = min(gates.entries(uow, gate.id))
    assert stranger.get(f"/experts/seats/{seat.id}/sheets/{bid_id}").status_code == 403
