"""The whole path in a browser, clicked by everybody who has a part in it: from a list of needs to acceptance, in all three modes."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser

from matcher.accounts.model import Person
from matcher.app import Platform
from matcher.core.people import Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.settings import Settings
from matcher.worker import save_uploads
from tests.browser import steps_office as office
from tests.browser import steps_teams as teams
from tests.browser.steps_stage import Stage, fill, follow, go, press, reads, tick
from tests.browser.steps_teams import Team
from tests.conftest import Actors, MovableClock
from tests.experts import ExpertFactory
from tests.factories import OrganisationFactory, PersonFactory, organisation_of
from tests.tiny_models import tiny_encoder

TITLE = "叶片增材修复孔隙控制关键技术"
LIST = "2026 年产业链揭榜挂帅榜单"
NEED = "航空发动机叶片增材修复的孔隙控制"
NEEDS = (
    ("自编号", "需求名称", "需求来源", "技术领域", "背景与现状", "主要技术难点", "主要技术指标", "主要研究内容", "预期投入", "公开方式"),
    ("A-01", NEED, "企业需求", "新材料", "修复件返修率高", "熔池波动大，孔隙超标", "孔隙率 ≤ 0.5 %；抗拉强度 ≥ 980 MPa",
     "熔池闭环控制与工艺窗口", "450", "公开"),
)  # fmt: skip
OUTCOME = "叶片修复良率提高到 98%，已在两家工厂应用。"
MEASURED = ("0.4", "995")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("tiny") / "encoder")


@pytest.fixture
def settings(tmp_path: Path, database_url: str, tiny: Path) -> Settings:
    """The settings of tests with a model of a few kilobytes, so that needs are really read and grouped."""
    return Settings(
        _env_file=None, data=tmp_path, DATABASE_URL=database_url, secret_key="only for tests", encoder=str(tiny),
        encoder_backend="torch",
    )  # fmt: skip


@pytest.fixture
def names(uow: UnitOfWork, actors: Actors) -> dict[str, str]:
    """The names of the organisations, by the part that speaks for them."""
    return {
        who: organisation_of(getattr(actors, who)).name
        for who in ("enterprise", "other_enterprise", "university", "other_university")
    } | {"rival": "蓉城光学研究所"}


@pytest.fixture
def stage(
    chromium: Browser, address: str, platform: Platform, clock: MovableClock, uow: UnitOfWork, actors: Actors,
    names: dict[str, str], monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:  # fmt: skip
    """Everybody who has a part, on a platform whose time is the test's."""
    monkeypatch.setattr(platform, "uow", lambda: UnitOfWork(platform.sessions, clock=clock, wake=platform.wake))
    monkeypatch.setattr(platform, "quiet_uow", lambda: UnitOfWork(platform.sessions, clock=clock))
    emails = {
        who: uow.session.get_one(Person, getattr(actors, who).person_id).email
        for who in ("enterprise", "other_enterprise", "university", "other_university", "government", "desk")
    }
    rival = PersonFactory(organisation=OrganisationFactory(name=names["rival"], kind="institute"), role=Role.UNIVERSITY)
    emails["rival"] = rival.email
    for name in office.EXPERTS:
        institute = OrganisationFactory(kind="institute")
        person = PersonFactory(name=name, organisation=institute, role=Role.EXPERT)
        emails[name] = ExpertFactory(person=person).person.email
    uow.commit()
    made = Stage(chromium, address, platform, clock, emails)
    yield made
    made.close()


def as_csv() -> bytes:
    """Return the list of needs as spreadsheets write CSV."""
    return "\n".join(",".join(row) for row in NEEDS).encode("utf-8-sig")


def as_workbook() -> bytes:
    """Return the list of needs as a workbook."""
    book, content = Workbook(), BytesIO()
    for row in NEEDS:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def upload_needs(stage: Stage, who: str, name: str, content: bytes) -> None:
    """Upload a list of needs, look at the verdict and save it: what was saved waits for the desk."""
    page = stage.page_of(who)
    go(page, "我的需求")
    follow(page, "用表格导入")
    page.set_input_files("#f-file", files=[{"name": name, "mimeType": "application/octet-stream", "buffer": content}])
    press(page, "上传并检查")
    press(page, "保存 1 行")
    save_uploads(stage.platform)
    go(page, "我的需求")
    reads(page, NEED, "待审核")


def type_need(stage: Stage, who: str) -> None:
    """Enter a need by its form and hand it in."""
    page = stage.page_of(who)
    go(page, "我的需求")
    follow(page, "发布需求")
    tick(page, "企业需求", "公开")
    tick(page, "新材料")
    fill(
        page,
        {
            "需求名称": NEED,
            "主要技术难点": "熔池波动大，孔隙超标",
            "主要研究内容": "熔池闭环控制与工艺窗口",
            "预期投入": "450",
        },
    )
    fill(page, {"背景与现状": "修复件返修率高"})
    row = page.get_by_role("group", name="第 1 行")
    fill(row, {"指标": "孔隙率", "数值": "0.5", "单位": "%"})
    row.get_by_label("关系").select_option("le")
    press(page, "提交")
    reads(page, NEED, "待审核")


def publish_needs(stage: Stage) -> None:
    """Let the desk publish what waits, and the machine read it."""
    page = stage.page_of("desk")
    go(page, "待发布", menu="供需")
    while page.locator("#needs .list-row").count():
        row = page.locator("#needs .list-row").first
        follow(row, row.get_by_role("link").first.inner_text())
        press(page, "发布并开始匹配")
        go(page, "待发布", menu="供需")
    stage.read_and_group()


def is_solved(stage: Stage, *owners: str) -> None:
    """See that the needs of these are solved."""
    for who in owners:
        page = stage.page_of(who)
        go(page, "我的需求")
        reads(page, NEED, "已解决")


def test_a_challenge_from_two_lists_of_needs_to_a_result(stage: Stage, names: dict[str, str]) -> None:
    lead, rival = (
        Team("university", "双波长测温，闭环控制熔池。", "other_university", names),
        Team("rival", "加大激光功率。"),
    )
    for who in ("enterprise", "other_enterprise"):
        upload_needs(stage, who, "需求清单.csv", as_csv())
    publish_needs(stage)
    page = stage.page_of("government")
    go(page, "共性需求", menu="需求")
    press(page, "重新归并")
    stage.read_and_group()
    go(page, "共性需求", menu="需求")
    follow(page.locator("main .demand-list .list-row").first, NEED)
    reads(page, names["enterprise"], names["other_enterprise"])
    follow(page, "立项")
    office.set_up(page, TITLE)
    office.new_list(stage, LIST)
    office.put_on_list(page, TITLE, LIST)
    office.argue(stage, TITLE)
    office.announce(stage, TITLE)
    office.publish(stage, LIST, TITLE)
    for team in (lead, rival):
        teams.bid(stage, team, TITLE)
    office.evaluate(stage, TITLE, {"闭环": 90, "加大": 65}, (names["university"],))
    name = teams.draft_task_book(stage, TITLE)
    assert name == names["university"]
    teams.sign(stage, TITLE, "university")
    teams.do_milestones(stage, TITLE, "university", name)
    teams.accept(stage, TITLE, "university", name, MEASURED)
    teams.close(stage, TITLE, OUTCOME)
    teams.give_back(stage, TITLE, "university")
    is_solved(stage, "enterprise", "other_enterprise")


def test_a_race_from_a_typed_need_to_the_winner(stage: Stage, names: dict[str, str]) -> None:
    gate, runners = "样件考核", {names["university"]: "university", names["rival"]: "rival"}
    type_need(stage, "enterprise")
    publish_needs(stage)
    page = stage.page_of("government")
    office.need_to_project(page, NEED)
    office.set_up(page, TITLE, "赛马制", "2")
    office.new_list(stage, LIST)
    office.put_on_list(page, TITLE, LIST)
    office.argue(stage, TITLE)
    office.announce(stage, TITLE)
    office.publish(stage, LIST, TITLE)
    for who, approach in (("university", "双波长测温，闭环控制熔池。"), ("rival", "加大激光功率。")):
        teams.bid(stage, Team(who, approach), TITLE)
    office.evaluate(stage, TITLE, {"闭环": 90, "加大": 75}, tuple(runners))
    office.plan_gate(stage, TITLE, gate)
    for _ in runners:
        teams.sign(stage, TITLE, runners[teams.draft_task_book(stage, TITLE)], "enterprise")
    office.open_gate(stage, TITLE)
    for who in runners.values():
        teams.hand_in_at_gate(stage, who, gate)
    office.decide_gate(stage, TITLE, {names["university"]: "通过", names["rival"]: "淘汰"})
    teams.do_milestones(stage, TITLE, "university", names["university"])
    teams.accept(stage, TITLE, "university", names["university"], MEASURED[:1])
    teams.close(stage, TITLE, OUTCOME, winner=names["university"])
    teams.give_back(stage, TITLE, "university")
    is_solved(stage, "enterprise")


def test_a_made_to_order_project_from_a_workbook_to_its_acceptance(stage: Stage, names: dict[str, str]) -> None:
    upload_needs(stage, "enterprise", "需求清单.xlsx", as_workbook())
    publish_needs(stage)
    page = stage.page_of("government")
    office.need_to_project(page, NEED)
    office.set_up(page, TITLE, "订单式研发")
    office.argue(stage, TITLE)
    office.announce(stage, TITLE)
    teams.name_team(stage, TITLE, names["university"])
    name = teams.draft_task_book(stage, TITLE)
    teams.sign(stage, TITLE, "university", "enterprise")
    teams.do_milestones(stage, TITLE, "university", name)
    teams.accept(stage, TITLE, "university", name, MEASURED)
    teams.close(stage, TITLE, OUTCOME)
    teams.give_back(stage, TITLE, "university")
    is_solved(stage, "enterprise")
