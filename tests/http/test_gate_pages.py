"""The pages of the gates of a race: planned and decided by the office, handed in by each team alone."""

from datetime import timedelta
from io import BytesIO

import pytest

from matcher.core.clock import local_date, utc_now
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import gate_plan, gates
from matcher.projects.delivery.lifecycle import GateState
from matcher.projects.delivery.model import Gate
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from matcher.projects.setup.model import Project
from tests.conftest import Actors
from tests.factories import organisation_of
from tests.http.conftest import SignIn
from tests.projects import BidFactory, ProjectFactory, TaskBookFactory

FORM = {
    "title": "样件考核", "due_on": (local_date(utc_now()) + timedelta(days=30)).isoformat(), "evidence": "样件与检测报告",
    "criteria": "技术指标，70\n成本，30", "share": "20", "survivors": "1",
}  # fmt: skip


@pytest.fixture
def project(uow: UnitOfWork, actors: Actors) -> Project:
    """A race whose list is published."""
    made: Project = ProjectFactory(mode=Mode.RACE, state=ProjectState.PUBLISHED)
    uow.commit()
    return made


def test_the_office_plans_and_takes_off_a_gate(uow: UnitOfWork, project: Project, sign_in: SignIn) -> None:
    office, page = sign_in("government"), f"/gates/projects/{project.id}"
    assert "技术指标，30" in office.get(f"{page}/plan").text
    wrong = office.post(f"{page}/plan", FORM | {"share": "90"})
    assert wrong.status_code == 422
    assert "超过了 100%" in wrong.text
    assert office.post(f"{page}/plan", FORM).status_code == 303
    assert "样件考核" in office.get(page).text
    (gate,) = gate_plan.of_project(uow, project.id)
    assert "技术指标，70" in office.get(f"{page}/plan?gate={gate.id}").text
    office.post(f"{page}/plan", {"do": "remove", "gate": str(gate.id)})
    uow.session.expire_all()
    assert gate.state is GateState.CANCELLED


@pytest.fixture
def gate(uow: UnitOfWork, actors: Actors, project: Project) -> Gate:
    """A gate of a race of two teams that is under way."""
    made = gate_plan.save(uow, actors.government, project.id, FORM)
    project.state = ProjectState.IMPLEMENTATION
    for lead in (actors.university, actors.other_university):
        bid = BidFactory(project=project, organisation=organisation_of(lead), state=BidState.RUNNING)
        TaskBookFactory(bid=bid)
    uow.commit()
    return made


def test_from_the_opening_to_the_decision_by_pages(
    uow: UnitOfWork, actors: Actors, gate: Gate, sign_in: SignIn
) -> None:
    office, team, rival = (sign_in(one) for one in ("government", "university", "other_university"))
    office.get(f"/gates/projects/{gate.project_id}")
    assert office.post(f"/gates/{gate.id}/open").status_code == 303
    a, b = sorted(gates.entries(uow, gate.id).values(), key=lambda one: one.bid_id)
    mine, other = f"/gates/entries/{a.id}", f"/gates/entries/{b.id}"
    assert mine in team.get("/gates/own").text
    assert other not in team.get("/gates/own").text
    assert team.get(other).status_code == 404
    assert team.post(other, {"evidence": "替别人交"}).status_code == 404
    team.get(mine)
    bad = team.post(mine, {"evidence": "", "measured-0-value": "零点四", "measured-1-text": "送检中"})
    assert (bad.status_code, 'value="零点四"' in bad.text, 'value="送检中"' in bad.text) == (422, True, True)
    sent = team.post(
        mine, {"evidence": "样件三件", "measured-0-value": "0.4", "file": (BytesIO(b"%PDF-1.7 report"), "报告.pdf")}
    )
    assert sent.status_code == 303
    assert "报告.pdf" in team.get(mine).text
    rival.get(other)
    rival.post(other, {"evidence": "样件一件"})

    page = office.get(f"/gates/{gate.id}").text
    assert "样件三件" in page
    assert "报告.pdf" in page
    both = {f"outcome-{a.bid_id}": "pass", f"outcome-{b.bid_id}": "pass"}
    crowded = office.post(f"/gates/{gate.id}", both)
    assert crowded.status_code == 422
    assert "最多留 1 个团队" in crowded.text
    choice = {
        f"outcome-{a.bid_id}": "pass", f"score-{a.bid_id}": "91", f"outcome-{b.bid_id}": "eliminate",
        f"reason-{b.bid_id}": "样件数量不足", "money_into": str(a.bid_id),
    }  # fmt: skip
    assert office.post(f"/gates/{gate.id}", choice).status_code == 303
    board = office.get(f"/gates/projects/{gate.project_id}").text
    assert all(one in board for one in ("91.0", "考核淘汰", "1 / 2")), "one of two indicators is reached"
    assert "样件数量不足" in rival.get(other).text
    assert "样件数量不足" not in team.get(mine).text


def test_a_file_is_for_its_team_and_the_office(uow: UnitOfWork, actors: Actors, gate: Gate, sign_in: SignIn) -> None:
    gates.open_gate(uow, actors.government, gate.id)
    uow.commit()
    first = min(gates.entries(uow, gate.id).values(), key=lambda one: one.bid_id)
    team = sign_in("university")
    team.get(f"/gates/entries/{first.id}")
    team.post(f"/gates/entries/{first.id}", {"evidence": "见附件", "file": (BytesIO(b"%PDF-1.7 x"), "a.pdf")})
    found = team.get(f"/gates/entries/{first.id}").text
    path = found[found.index("/gates/files/") :].split('"')[0]
    assert team.get(path).data == b"%PDF-1.7 x"
    assert sign_in("government").get(path).status_code == 200
    assert sign_in("other_university").get(path).status_code == 404


@pytest.mark.parametrize("role", ["enterprise", "university", "expert"])
def test_nobody_else_opens_the_page_of_a_race(role: str, sign_in: SignIn, project: Project) -> None:
    assert sign_in(role).get(f"/gates/projects/{project.id}").status_code == 403


def test_after_a_merger_the_office_comes_to_the_shares_and_the_lead_finds_them_open(
    uow: UnitOfWork, actors: Actors, gate: Gate, sign_in: SignIn
) -> None:
    gates.open_gate(uow, actors.government, gate.id)
    uow.commit()
    by_lead = {uow.session.get_one(Bid, key).organisation_id: key for key in gates.entries(uow, gate.id)}
    a, b = by_lead[actors.university.organisation_id], by_lead[actors.other_university.organisation_id]
    for bid_id, lead in ((a, actors.university), (b, actors.other_university)):
        gates.hand_in(uow, lead, gates.entries(uow, gate.id)[bid_id].id, "材料")
    uow.commit()
    office, lead, member = (sign_in(one) for one in ("government", "university", "other_university"))
    office.get(f"/gates/{gate.id}")
    choice = {f"outcome-{a}": "pass", f"outcome-{b}": "merge", f"reason-{b}": "互补", f"into-{b}": str(a)}
    sent = office.post(f"/gates/{gate.id}", choice)
    path = f"/gates/bids/{a}/shares"
    assert sent.location == path
    assert path in office.get(f"/gates/projects/{gate.project_id}").text
    assert path in lead.get("/gates/own").text
    assert path not in member.get("/gates/own").text
    one, two = f"share-{actors.university.organisation_id}", f"share-{actors.other_university.organisation_id}"
    lead.get(path)
    wrong = lead.post(path, {one: "80", two: "三十"})
    assert wrong.status_code == 422
    assert 'value="三十"' in wrong.text
    assert "现在是 110%" in lead.post(path, {one: "80", two: "30"}).text
    assert lead.post(path, {one: "80", two: "20"}).status_code == 303
    page = member.get(path).text
    assert "20%" in page
    assert f'name="{two}"' not in page
    assert path not in lead.get("/gates/own").text
    assert member.post(path, {one: "10", two: "90"}).status_code == 403
    assert sign_in("enterprise").get(path).status_code == 404
