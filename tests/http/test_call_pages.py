"""What everyone reads of lists, notices, awards and the archive; what is not public yet is not there."""

from io import BytesIO
from xml.etree import ElementTree

import pytest
from docx import Document
from openpyxl import load_workbook

from matcher.projects.lifecycle import PUBLIC_PROJECT_STATES, BidState, Mode, ProjectState
from tests.factories import NeedFactory, OrganisationFactory
from tests.projects import BidFactory, CallFactory, NoticeFactory, ProjectFactory

HIDDEN = (ProjectState.DRAFT, ProjectState.ARGUED)


def test_open_lists_show_their_projects_and_the_deadline_to_everyone(visitor, uow, clock):
    project = ProjectFactory(title="深海缆断点定位")
    uow.commit()
    page = visitor.get("/calls/").text
    assert "深海缆断点定位" in page
    assert project.call.title in page
    assert "截止" in page


def test_a_list_past_its_deadline_is_not_open_whatever_the_worker_has_done(visitor, uow, clock):
    call = CallFactory()
    ProjectFactory(title="深海缆断点定位", call=call)
    uow.commit()
    call.closes_at = clock() - (clock() - call.opens_at) / 2
    uow.commit()
    page = visitor.get("/calls/").text
    assert "已截止的榜单" in page


@pytest.mark.parametrize("state", ProjectState)
def test_a_project_is_readable_from_its_first_notice_on(visitor, uow, state):
    project = ProjectFactory(state=state, call=None, published_at=None)
    uow.commit()
    answer = visitor.get(f"/calls/projects/{project.id}")
    assert answer.status_code == (200 if state in PUBLIC_PROJECT_STATES else 404), state


def test_a_list_that_is_not_published_is_not_there(visitor, uow):
    call = CallFactory(published_at=None)
    uow.commit()
    for path in ("", "/list.docx", "/list.xlsx"):
        assert visitor.get(f"/calls/{call.id}{path}").status_code == 404


def test_a_project_names_the_needs_behind_it_only_to_those_who_may_see_them(visitor, sign_in, uow):
    secret = NeedFactory(title="不能说的难题", disclosure="closed")
    shown = NeedFactory(title="公开的难题")
    project = ProjectFactory(needs=(secret, shown))
    uow.commit()
    page = visitor.get(f"/calls/projects/{project.id}").text
    assert "公开的难题" in page
    assert "不能说的难题" not in page


def test_a_list_comes_as_a_word_document_with_every_project(visitor, uow):
    project = ProjectFactory(title="深海缆断点定位")
    uow.commit()
    answer = visitor.get(f"/calls/{project.call_id}/list.docx")
    document = Document(BytesIO(answer.data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert any("深海缆断点定位" in cell for cell in cells)
    assert any("孔隙率 ≤ 0.5 %" in cell for cell in cells)
    assert "900" in cells


def test_a_list_comes_as_a_workbook_with_a_row_a_project(visitor, uow):
    call = CallFactory()
    titles = [ProjectFactory(call=call).title for _ in range(3)]
    ProjectFactory(call=call, state=ProjectState.DRAFT, published_at=None, title="还没有公布")
    uow.commit()
    sheet = load_workbook(BytesIO(visitor.get(f"/calls/{call.id}/list.xlsx").data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == titles


def test_a_notice_says_until_when_objections_are_taken(visitor, uow, clock):
    notice = NoticeFactory()
    uow.commit()
    assert "公示期自" in visitor.get(f"/calls/notices/{notice.id}").text
    assert visitor.get("/calls/notices").status_code == 200
    assert visitor.get("/calls/notices/99").status_code == 404


def test_awards_name_the_teams_that_won_and_nobody_else(visitor, uow):
    project = ProjectFactory(state=ProjectState.IMPLEMENTATION, mode=Mode.RACE)
    winner = BidFactory(project=project, state=BidState.RUNNING, organisation=OrganisationFactory(name="甲研究院"))
    BidFactory(project=project, state=BidState.NOT_CHOSEN, organisation=OrganisationFactory(name="乙大学"))
    uow.commit()
    for path in ("/calls/awards", f"/calls/projects/{winner.project_id}"):
        page = visitor.get(path).text
        assert "甲研究院" in page
        assert "乙大学" not in page


@pytest.mark.parametrize("state", [ProjectState.BIDDING, ProjectState.EVALUATION, ProjectState.AWARD_NOTICE])
def test_no_bidder_is_named_before_the_award(visitor, uow, state):
    project = ProjectFactory(state=state)
    BidFactory(project=project, state=BidState.PROPOSED, organisation=OrganisationFactory(name="甲研究院"))
    uow.commit()
    for path in ("/calls/", "/calls/awards", f"/calls/projects/{project.id}", "/calls/feed.atom"):
        assert "甲研究院" not in visitor.get(path).text


def test_the_archive_has_what_ended_with_its_outcome(visitor, uow, clock):
    ProjectFactory(state=ProjectState.CLOSED, ended_at=clock(), outcome="指标全部达到。")
    ProjectFactory(state=ProjectState.FAILED, ended_at=clock(), outcome="没有合格的揭榜团队。")
    uow.commit()
    page = visitor.get("/calls/archive").text
    assert "指标全部达到。" in page
    assert "没有合格的揭榜团队。" in page


def test_the_archive_has_made_to_order_projects_that_were_done_but_not_drafts_that_were_given_up(visitor, uow, clock):
    order = {"mode": Mode.COMMISSIONED, "call": None, "ended_at": clock()}
    ProjectFactory(state=ProjectState.CLOSED, outcome="样机已交付。", **order)
    ProjectFactory(state=ProjectState.CANCELLED, outcome="没有公示就撤销。", **order)
    uow.commit()
    page = visitor.get("/calls/archive").text
    assert "样机已交付。" in page
    assert "没有公示就撤销。" not in page


def test_the_news_are_a_feed_that_readers_can_parse(visitor, uow, clock):
    ProjectFactory(title="<b>带标签的题目</b> & 符号")
    NoticeFactory()
    ProjectFactory(state=ProjectState.CLOSED, ended_at=clock(), outcome="指标全部达到。")
    uow.commit()
    answer = visitor.get("/calls/feed.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(answer.data)
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    titles = [entry.findtext("{http://www.w3.org/2005/Atom}title") for entry in entries]
    assert any("<b>带标签的题目</b> & 符号" in title for title in titles)
    ids = [entry.findtext("{http://www.w3.org/2005/Atom}id") for entry in entries]
    assert len(ids) == len(set(ids)) >= 4
