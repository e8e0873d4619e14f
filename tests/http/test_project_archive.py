"""The archive of an ended project as one ZIP: everybody gets what was public, each party what it may read besides."""

import json
from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile

import pytest
from docx import Document

from matcher.core.filestore import FileStore
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects import files
from matcher.projects.delivery import payments
from matcher.projects.delivery.lifecycle import TaskBookState
from matcher.projects.delivery.model import Acceptance
from matcher.projects.experts.model import ScoreSheet, Stage
from matcher.projects.lifecycle import BidState, ProjectState
from matcher.projects.setup.model import Objection, Project
from matcher.settings import Settings
from tests.conftest import Actors
from tests.experts import PanelFactory, SeatFactory
from tests.factories import NeedFactory, OrganisationFactory, organisation_of
from tests.http.conftest import Browser, SignIn
from tests.projects import BidFactory, NoticeFactory, ProjectFactory, TaskBookFactory


@pytest.fixture
def project(uow: UnitOfWork, actors: Actors, settings: Settings) -> Project:
    """A closed project with something in every part."""
    shown = NeedFactory(title="公开的难题")
    hidden = NeedFactory(title="不能说的难题", disclosure="closed")
    made: Project = ProjectFactory(
        state=ProjectState.CLOSED, needs=(shown, hidden), outcome="指标全部达到。", ended_at=uow.clock()
    )
    panel = PanelFactory(project=made, stage=Stage.ARGUMENT, least=1)
    marks = {"创新": 90, "可行": 80}
    uow.session.add(
        ScoreSheet(
            seat_id=SeatFactory(panel=panel).id, scores=marks, verdict="yes", comment="论证机密意见",
            submitted_at=uow.clock(), changed_at=uow.clock(),
        )
    )  # fmt: skip
    notice = NoticeFactory(project=made)
    uow.session.add(Objection(notice_id=notice.id, name="王五", contact="138", text="指标重复", filed_at=uow.clock()))
    winner = BidFactory(project=made, organisation=organisation_of(actors.university), state=BidState.ACCEPTED)
    loser = BidFactory(project=made, state=BidState.NOT_CHOSEN, organisation=OrganisationFactory(name="落选研究院"))
    loser.approach = "落选方案机密"
    winner.approach = "中榜方案机密"
    book = TaskBookFactory(bid=winner, state=TaskBookState.COMPLETED)
    payments.plan(uow, book, [payments.Part(payments.Occasion.SIGNING, 40)])
    uow.session.add(Acceptance(task_book_id=book.id, summary="全部完成", applied_at=uow.clock(), verdict="passed", grade="good"))  # fmt: skip
    store = FileStore(settings.data / "uploads" / "files")
    files.attach(uow, actors.university, store, "task_book", book.id, "报告.pdf", b"%PDF-1.7 report")
    uow.commit()
    return made


def opened(browser: Browser, project: Project) -> ZipFile:
    answer = browser.get(f"/calls/projects/{project.id}/archive.zip")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/zip"
    return ZipFile(BytesIO(answer.data))


def text_of(found: ZipFile) -> str:
    return "".join(found.read(name).decode() for name in found.namelist() if name.endswith(".json"))


def test_everybody_gets_what_was_public_and_nothing_else(visitor: Browser, project: Project) -> None:
    found = opened(visitor, project)
    text = text_of(found)
    for shown in ("公开的难题", "指标全部达到。", "setup", project.title):
        assert shown in text
    for secret in ("不能说的难题", "论证机密意见", "王五", "中榜方案机密", "落选", "全部完成"):
        assert secret not in text, secret
    assert {name[:2] for name in found.namelist() if name[0].isdigit()} == {"01", "02", "04", "05", "07"}
    listed = next(name for name in found.namelist() if name.endswith(".docx"))
    cells = [cell.text for table in Document(BytesIO(found.read(listed))).tables for row in table.rows for cell in row.cells]  # fmt: skip
    assert any(project.title in cell for cell in cells)


def test_the_office_gets_every_part_with_files_and_a_true_index(sign_in: SignIn, project: Project) -> None:
    found = opened(sign_in("government"), project)
    text = text_of(found)
    for part in ("论证机密意见", "王五", "中榜方案机密", "落选方案机密", "全部完成", "government"):
        assert part in text, part
    assert "不能说的难题" not in text, "a closed need is not told to the office either"
    index = json.loads(found.read("index.json"))
    assert index["project"] == project.number
    named = {row["path"] for row in index["files"]}
    assert named == set(found.namelist()) - {"index.json", "index.xlsx"}
    for row in index["files"]:
        assert sha256(found.read(row["path"])).hexdigest() == row["sha256"]
    (report,) = [name for name in named if name.endswith("报告.pdf")]
    assert found.read(report) == b"%PDF-1.7 report"


def test_a_team_gets_its_own_bid_and_task_book_but_no_other(sign_in: SignIn, project: Project) -> None:
    text = text_of(opened(sign_in("university"), project))
    for own in ("中榜方案机密", "全部完成"):
        assert own in text
    for other in ("落选", "论证机密意见", "王五"):
        assert other not in text


@pytest.mark.parametrize("role", ["desk", "admin", "expert", "enterprise", "other_university"])
def test_who_has_no_part_in_it_reads_no_bid(role: str, sign_in: SignIn, project: Project) -> None:
    text = text_of(opened(sign_in(role), project))
    for secret in ("落选方案机密", "论证机密意见", "王五"):
        assert secret not in text
    # The desk and the administrator read task books on their pages too, without money.
    assert ("中榜方案机密" in text) == (role in ("desk", "admin"))
    assert '"amount"' not in text


@pytest.mark.parametrize("state", [ProjectState.BIDDING, ProjectState.EVALUATION, ProjectState.IMPLEMENTATION])
def test_there_is_no_archive_before_the_end(uow: UnitOfWork, sign_in: SignIn, state: ProjectState) -> None:
    made = ProjectFactory(state=state)
    uow.commit()
    for role in ("visitor", "government"):
        assert sign_in(role).get(f"/calls/projects/{made.id}/archive.zip").status_code == 404


def test_the_public_page_of_an_ended_project_leads_to_its_archive(
    uow: UnitOfWork, visitor: Browser, project: Project
) -> None:
    assert f"/calls/projects/{project.id}/archive.zip" in visitor.get(f"/calls/projects/{project.id}").text
    running = ProjectFactory(state=ProjectState.IMPLEMENTATION)
    uow.commit()
    assert "archive.zip" not in visitor.get(f"/calls/projects/{running.id}").text
