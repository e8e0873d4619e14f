"""立题 in pages: from a common problem to a published list, with objections, as the office and the public see it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from matcher.app import Platform
from matcher.core.clock import SHANGHAI
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.lifecycle import ProjectState
from matcher.projects.setup import service
from matcher.projects.setup.model import Notice
from matcher.projects.setup.objections import MOST_OF_ADDRESS
from matcher.projects.setup.rules import Rules, typed
from matcher.settings import Settings
from matcher.web import configure_web
from tests.conftest import MovableClock
from tests.factories import NeedFactory
from tests.http.conftest import Browser, CountQueries, SignIn
from tests.projects import BidFactory, CallFactory, NoticeFactory, ProjectFactory

STAFF_PAGES = ("/projects/", "/projects/calls", "/projects/1", "/projects/calls/1", "/projects/1/timeline")
OFFICE_PAGES = (
    "/projects/new",
    "/projects/1/edit",
    "/projects/1/objections",
    "/projects/calls/new",
    "/projects/calls/1/edit",
)
PROJECT = {
    "title": "孔隙控制", "mode": "challenge", "teams": "1", "tech_fields": "new_materials", "background": "背景", "goals": "目标",
    "indicators-0-name": "孔隙率", "indicators-0-comparator": "le", "indicators-0-value": "0.5", "indicators-0-unit": "%",
    "months": "24", "ip_ownership": "shared", "enterprise_funds": "900", "government_funds": "300", "solver_funds": "150",
    "declared": "not_in_house",
}  # fmt: skip


@pytest.fixture
def project(uow: UnitOfWork) -> int:
    made = ProjectFactory(state=ProjectState.DRAFT, needs=[NeedFactory()])
    uow.commit()
    return int(made.id)


@pytest.mark.parametrize(
    ("role", "staff", "office"),
    [("government", 200, 200), ("desk", 200, 403), ("admin", 200, 403), ("enterprise", 403, 403), ("expert", 403, 403)],
)
def test_staff_read_and_the_office_writes(project: int, sign_in: SignIn, role: str, staff: int, office: int) -> None:
    browser = sign_in(role)
    assert {browser.get(path).status_code for path in STAFF_PAGES[:4]} == {staff}
    assert browser.get(STAFF_PAGES[4]).status_code == (200 if staff == 200 else 404)
    assert {browser.get(path).status_code for path in OFFICE_PAGES} == {office}
    if office == 403:
        assert browser.post("/projects/1", {"do": "argue"}).status_code == 403


def test_from_a_need_to_a_published_list(
    uow: UnitOfWork, sign_in: SignIn, visitor: Browser, clock: MovableClock
) -> None:
    need = NeedFactory(title="叶片修复", background="叶片修复后孔隙超标")
    uow.commit()
    office = sign_in("government")
    assert "立项" in office.get(f"/needs/{need.id}").text
    form = office.get("/projects/new", need=need.id).text
    assert "叶片修复后孔隙超标" in form
    assert "需求指数" in form
    answer = office.post(f"/projects/new?need={need.id}", PROJECT | {"months": "99999"})
    assert (answer.status_code, "error-summary" in answer.text) == (422, True)
    answer = office.post(f"/projects/new?need={need.id}", PROJECT)
    assert answer.status_code == 303, answer.text
    page = answer.headers["Location"]
    now = clock().astimezone(SHANGHAI)
    rules = typed(Rules(least_experts=0, notice_days=1)) | {
        "title": "第一批榜单", "kind": "government", "contact": "028-1",
        "opens_at": f"{now:%Y-%m-%d %H:%M:%S}", "closes_at": f"{now + timedelta(days=40):%Y-%m-%d %H:%M:%S}",
    }  # fmt: skip
    call = office.post("/projects/calls/new", rules).headers["Location"].rsplit("/", 1)[1]
    assert office.post(page, {"do": "assign", "call": call}).status_code == 303
    assert office.post(page, {"do": "publish"}).status_code == 409
    for step in ("argue", "notice"):
        answer = office.post(page, {"do": step, "reason": "企业急需，影响全行业生产。"})
        assert answer.status_code == 303, answer.text
    refused = office.post(page, {"do": "publish"})
    assert (refused.status_code, "公示期到" in refused.text) == (409, True)
    assert "发榜之前" in office.get(f"/projects/calls/{call}").text
    for notice in uow.session.scalars(select(Notice)):
        notice.closes_at = notice.opens_at  # the application goes by the real clock
    uow.commit()
    assert "孔隙控制" not in visitor.get("/calls/").text
    assert office.post(f"/projects/calls/{call}").status_code == 303
    assert "孔隙控制" in visitor.get(f"/calls/{call}").text


def test_everybody_objects_and_only_the_office_reads_who(uow: UnitOfWork, sign_in: SignIn, visitor: Browser) -> None:
    made = ProjectFactory(state=ProjectState.NOTICED)
    notice = NoticeFactory(project=made)
    uow.commit()
    address = f"/projects/notices/{notice.id}/object"
    assert address in visitor.get(f"/calls/notices/{notice.id}").text
    assert visitor.get(address).status_code == 200
    given = {"name": "王五", "contact": "wang@example.com", "text": "<b>指标重复</b>"}
    assert visitor.post(address, given | {"text": ""}).status_code == 422
    answer = visitor.post(address, given)
    assert answer.status_code == 303
    assert "YY000001" in visitor.get(answer.headers["Location"]).text
    office = sign_in("government")
    assert "有异议待答复" in office.get("/projects/").text
    page = office.get(f"/projects/{made.id}/objections").text
    assert "王五" in page
    assert "&lt;b&gt;" in page
    others = sign_in("desk").get(f"/projects/{made.id}").text + visitor.get(f"/calls/projects/{made.id}").text
    assert "王五" not in others
    assert office.post(f"/projects/{made.id}/objections", {"objection": "1", "verdict": "dismiss"}).status_code == 422
    answer = office.post(
        f"/projects/{made.id}/objections", {"objection": "1", "verdict": "dismiss", "answer": "不重复"}
    )
    assert answer.status_code == 303
    assert "有异议待答复" not in office.get("/projects/").text


def test_an_objection_after_the_end_is_refused_and_what_was_typed_is_kept(uow: UnitOfWork, visitor: Browser) -> None:
    made = ProjectFactory(state=ProjectState.NOTICED)
    notice = NoticeFactory(project=made)
    notice.closes_at = notice.opens_at + timedelta(minutes=1)
    uow.commit()
    answer = visitor.post(f"/projects/notices/{notice.id}/object", {"name": "王", "contact": "1", "text": "很长的理由"})
    assert answer.status_code == 409
    assert "很长的理由" in answer.text
    assert "服务器时间" in answer.text


@pytest.mark.parametrize(("proxies", "others"), [(0, 409), (1, 303)])
def test_objections_are_limited_by_the_address_of_the_client_not_by_what_is_typed(
    uow: UnitOfWork, platform: Platform, settings: Settings, proxies: int, others: int
) -> None:
    notice = NoticeFactory()
    uow.commit()
    app = Flask("matcher", static_folder=None)
    configure_web(app, Platform(settings.model_copy(update={"proxies": proxies})))
    path = f"/projects/notices/{notice.id}/object"

    def send(number: int, address: str) -> TestResponse:
        browser = Browser(app.test_client())
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = address
        browser.get(path)
        return browser.post(path, {"name": "王", "contact": f"{number}@a.example", "text": f"第 {number} 条理由"})

    for number in range(MOST_OF_ADDRESS):
        assert send(number, "203.0.113.7").status_code == 303
    refused = send(98, "203.0.113.7")
    assert refused.status_code == 409
    assert "分钟后再提交" in refused.text
    assert "第 98 条理由" in refused.text
    assert send(99, "203.0.113.8").status_code == others, "only a proxy that is named is believed"


def test_what_waits_is_on_the_home_of_the_office(uow: UnitOfWork, sign_in: SignIn) -> None:
    made = ProjectFactory(state=ProjectState.NOTICED, title="等待发榜的项目")
    notice = NoticeFactory(project=made)
    notice.closes_at = notice.opens_at + timedelta(minutes=1)
    NeedFactory()
    uow.commit()
    page = sign_in("government").get("/government/").text
    assert "等待发榜的项目" in page
    assert "公示期已满" in page


def test_the_list_takes_as_many_queries_for_many_projects_as_for_few(
    uow: UnitOfWork, sign_in: SignIn, count_queries: CountQueries
) -> None:
    call = CallFactory()
    ProjectFactory.create_batch(2, call=call)
    uow.commit()
    office = sign_in("government")
    office.get("/projects/")
    with count_queries() as few:
        office.get("/projects/")
    ProjectFactory.create_batch(15, call=call)
    uow.commit()
    with count_queries() as many:
        page = office.get("/projects/").text
    assert page.count('class="list-row"') == 17
    assert len(many) == len(few)


def test_bids_are_not_named_on_the_timeline_before_the_evaluation(uow: UnitOfWork, sign_in: SignIn) -> None:
    bid = BidFactory()
    uow.commit()
    page = sign_in("government").get(f"/projects/{bid.project_id}/timeline").text
    assert bid.organisation.name not in page
    assert service.get(uow, bid.project_id).state is ProjectState.BIDDING
