"""Pages of experts: from setting up a panel to the closed result, each role by its own pages."""

import re
from datetime import timedelta
from io import BytesIO

import pytest

from matcher.matching.service import Matcher
from matcher.projects.delivery import gates
from matcher.projects.delivery.model import Gate
from matcher.projects.experts.model import Panel, Seat, Stage
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from tests.experts import ExpertFactory, PanelFactory, SeatFactory, WordEncoder
from tests.factories import organisation_of
from tests.projects import BidFactory, ProjectFactory, TaskBookFactory
from tests.service.test_experts import person_of


@pytest.fixture(autouse=True)
def _a_light_encoder(monkeypatch):
    monkeypatch.setattr(Matcher, "encoder", lambda self: WordEncoder())


@pytest.fixture
def project(uow):
    made = ProjectFactory(state=ProjectState.EVALUATION)
    BidFactory(project=made, state=BidState.ADMITTED, code="A1", leader="欧阳明德")
    uow.commit()
    return made


def test_a_review_goes_from_the_office_to_an_expert_and_back(uow, actors, sign_in, project, clock):
    expert = ExpertFactory(person=person_of(uow, actors.expert))
    uow.commit()
    office = sign_in("government")
    form = office.get(f"/experts/projects/{project.id}/new", stage="evaluation").text
    assert "技术指标" in form
    due = (clock() + timedelta(days=5)).date().isoformat()
    given = {"due_on": due, "least": "1", "is_blind": "yes", "criteria": "技术，60\n财务，40"}
    wrong = office.post(f"/experts/projects/{project.id}/new?stage=evaluation", given | {"criteria": "技术，60"})
    assert wrong.status_code == 422
    made = office.post(f"/experts/projects/{project.id}/new?stage=evaluation", given)
    chosen = office.get(made.location).text
    assert "领域相近" in chosen or "部分相关" in chosen
    assert office.post(made.location, {"expert": str(expert.id)}).status_code == 303

    judge = sign_in("expert")
    seat = uow.session.query(Seat).one()
    assert project.title in judge.get("/experts/").text
    assert judge.post(f"/experts/seats/{seat.id}", {"action": "accept"}).status_code == 422
    judge.post(f"/experts/seats/{seat.id}", {"action": "accept", "declared": "yes"})
    address = re.search(rf"/experts/seats/{seat.id}/sheets/\d+", judge.get(f"/experts/seats/{seat.id}").text)[0]
    page = judge.get(address).text
    assert "欧阳明德" not in page
    marks = {"score-0": "90", "score-1": "50", "verdict": "with_changes", "comment": "", "action": "submit"}
    assert "请写明理由" in judge.post(address, marks).text
    draft = judge.post(address, marks | {"action": "draft"})
    assert "还没有提交" in judge.get(draft.location).text
    assert judge.post(address, marks | {"comment": "预算偏高"}).status_code == 303
    assert "存草稿" not in judge.get(address).text, "what is handed in is changed, not drafted"

    shown = office.get(f"/experts/projects/{project.id}").text
    assert "74.0" in shown
    assert "预算偏高" in shown
    panel = uow.session.query(Panel).one()
    office.post(f"/experts/panels/{panel.id}/close")
    assert "已结束" in office.get(f"/experts/projects/{project.id}").text


def test_the_office_looks_at_a_balanced_panel_before_it_invites(uow, actors, sign_in, project):
    panel = PanelFactory(project=project, least=2)
    experts = [ExpertFactory() for _ in range(3)]
    uow.commit()
    office = sign_in("government")
    page = office.get("/experts/balance", panel=panel.id).text
    proposed = re.findall(rf'name="seat" value="({panel.id}:\d+)" checked', page)
    assert len(proposed) == 2
    assert uow.session.query(Seat).count() == 0
    assert office.post("/experts/balance", {"seat": proposed}).status_code == 303
    uow.session.expire_all()
    assert {f"{panel.id}:{seat.expert_id}" for seat in uow.session.query(Seat)} == set(proposed)
    assert len(experts) == 3


def test_the_register_shows_the_password_of_a_new_account_once(actors, sign_in, uow):
    office = sign_in("government")
    given = {
        "email": "new@test.example", "person_name": "新专家", "title": "教授", "tech_fields": ["rail"],
        "profile": "研究制动。", "most_panels": "3", "organisation": person_of(uow, actors.university).memberships[0].organisation.name,
    }  # fmt: skip
    page = office.post("/experts/register/new", given).text
    password = re.search(r"[0-9a-f]{4}(?:-[0-9a-f]{4}){3}", page)[0]
    again = office.get("/experts/register").text
    assert "新专家" in again
    assert password not in again


def test_experts_see_neither_others_seats_nor_the_office_pages(uow, actors, sign_in, project):
    ExpertFactory(person=person_of(uow, actors.expert))
    other = SeatFactory(panel=PanelFactory(project=project))
    uow.commit()
    judge = sign_in("expert")
    assert judge.get(f"/experts/seats/{other.id}").status_code == 404
    assert judge.get(f"/experts/seats/{other.id}/sheets/1").status_code == 404
    for path in ("/experts/register", f"/experts/projects/{project.id}", "/experts/balance"):
        assert judge.get(path).status_code == 403


@pytest.mark.parametrize("role", ["enterprise", "university", "desk"])
def test_panels_and_register_are_closed_to_other_roles(role, sign_in, project):
    browser = sign_in(role)
    for path in ("/experts/", "/experts/register", f"/experts/projects/{project.id}", "/experts/balance"):
        assert browser.get(path).status_code == 403


def test_pages_of_many_experts_ask_few_questions(uow, sign_in, project, count_queries):
    panel = PanelFactory(project=project)
    for _ in range(20):
        SeatFactory(panel=panel)
    uow.commit()
    office = sign_in("government")
    for path in ("/experts/register", f"/experts/projects/{project.id}", f"/experts/panels/{panel.id}/choose"):
        office.get(path)
        with count_queries() as sent:
            assert office.get(path).status_code == 200
        assert len(sent) <= 36, (path, len(sent))


def test_the_administrator_keeps_the_register_and_reads_no_marks(sign_in, project):
    browser = sign_in("admin")
    assert browser.get("/experts/register").status_code == 200
    assert browser.get(f"/experts/projects/{project.id}").status_code == 403


@pytest.mark.parametrize(("role", "least"), [("government", 5), ("desk", 2)])
def test_tabs_of_a_project_lead_only_where_the_person_may_go(role, least, sign_in, project):
    browser = sign_in(role)
    tabs = re.search(r'<nav class="tabs".*?</nav>', browser.get(f"/projects/{project.id}").text, re.S)
    links = re.findall(r'href="([^"]+)"', tabs[0])
    assert len(links) >= least
    assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_office_reads_what_is_next_after_an_argument_closed_early_and_reopens_it(uow, actors, sign_in, clock):
    made = ProjectFactory(state=ProjectState.ARGUED, published_at=None)
    panel = PanelFactory(project=made, stage=Stage.ARGUMENT, least=1)
    SeatFactory(panel=panel, expert=ExpertFactory(person=person_of(uow, actors.expert)))
    uow.commit()
    office, panels_page = sign_in("government"), f"/experts/projects/{made.id}"
    assert "已有 0 份评分，应有 3 份" in office.get(f"/projects/{made.id}").text
    office.post(f"/experts/panels/{panel.id}/close", {"reason": "专家出差"})
    page = office.get(f"/projects/{made.id}").text
    assert "评审组提前结束" in page
    assert panels_page in page
    assert "恢复评审" in office.get(panels_page).text
    refused = office.post(f"/experts/panels/{panel.id}/reopen", {"due_on": "2020-01-01", "reason": "补请专家"})
    assert refused.status_code == 422
    assert "补请专家" in refused.text
    due = (clock() + timedelta(days=5)).date().isoformat()
    made_again = office.post(f"/experts/panels/{panel.id}/reopen", {"due_on": due, "reason": "补请专家"})
    assert made_again.location == f"/experts/panels/{panel.id}/choose"
    assert "进行中" in office.get(panels_page).text
    again = office.post(f"/experts/panels/{panel.id}/reopen", {"due_on": due, "reason": "补请专家"})
    assert "没有结束" in office.get(again.location).text


def test_an_expert_of_a_gate_reads_names_text_and_files_and_gives_marks(uow, actors, sign_in, clock):
    made = ProjectFactory(mode=Mode.RACE, state=ProjectState.IMPLEMENTATION)
    bid = BidFactory(project=made, organisation=organisation_of(actors.university), state=BidState.RUNNING)
    TaskBookFactory(bid=bid)
    due = (clock() + timedelta(days=9)).date()
    gate = Gate(
        project_id=made.id,
        title="样件考核",
        due_on=due,
        evidence="报告",
        criteria=[{"name": "指标", "en": "", "weight": 100}],
    )
    uow.session.add(gate)
    uow.session.flush()
    gates.open_gate(uow, actors.government, gate.id)
    expert = ExpertFactory(person=person_of(uow, actors.expert))
    uow.commit()
    (entry,) = gates.entries(uow, gate.id).values()
    office, team, judge = sign_in("government"), sign_in("university"), sign_in("expert")
    form = f"/experts/projects/{made.id}/new?stage=gate&gate={gate.id}"
    assert "指标，100" in office.get(form).text
    given = {"due_on": due.isoformat(), "least": "1", "is_blind": "no", "criteria": "指标，100"}
    chosen = office.post(form, given).location
    office.post(chosen, {"expert": str(expert.id)})
    seat = uow.session.query(Seat).one()
    judge.get(f"/experts/seats/{seat.id}")
    judge.post(f"/experts/seats/{seat.id}", {"action": "accept", "declared": "yes"})
    sheet, marks = f"/experts/seats/{seat.id}/sheets/{bid.id}", {"score-0": "88", "verdict": "yes", "comment": "达标", "action": "submit"}  # fmt: skip
    early = judge.post(sheet, marks)
    assert all(one in early.text for one in ("还没有提交本节点的材料", 'value="88"'))
    team.get(f"/gates/entries/{entry.id}")
    team.post(f"/gates/entries/{entry.id}", {"evidence": "样件三件", "file": (BytesIO(b"%PDF-1.7 x"), "检测.pdf")})
    page = judge.get(sheet).text
    assert all(one in page for one in (bid.organisation.name, "样件三件", "检测.pdf", f"/bids/{bid.id}"))
    assert judge.get(f"/bids/{bid.id}").status_code == 200
    path = re.search(rf"/experts/seats/{seat.id}/files/\d+", page)[0]
    assert judge.get(path).data == b"%PDF-1.7 x"
    assert judge.get(f"/experts/seats/{seat.id}/files/99").status_code == 404
    assert judge.post(sheet, marks).status_code == 303
    assert "专家评分 88.0" in office.get(f"/gates/{gate.id}").text
