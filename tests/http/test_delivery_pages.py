"""Task books in pages: each party sees its own, signs, reports; the Word file opens."""

from io import BytesIO

import pytest
from docx import Document

from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.delivery import drafting, signing
from tests.conftest import Actors
from tests.http.conftest import SignIn
from tests.service.test_delivery import awarded, drafted, signed


@pytest.fixture
def book_id(uow: UnitOfWork, actors: Actors) -> int:
    book = signed(uow, actors)
    uow.commit()
    return book.id


@pytest.mark.parametrize(
    ("role", "status"),
    [("government", 200), ("desk", 200), ("admin", 200), ("enterprise", 200), ("university", 200),
     ("other_university", 404), ("expert", 403)],
)  # fmt: skip
def test_who_opens_a_task_book(book_id: int, sign_in: SignIn, role: str, status: int) -> None:
    assert sign_in(role).get(f"/delivery/{book_id}").status_code == status


def test_the_desk_reads_no_money(book_id: int, sign_in: SignIn) -> None:
    assert "拨付计划" not in sign_in("desk").get(f"/delivery/{book_id}").text
    assert "拨付计划" in sign_in("university").get(f"/delivery/{book_id}").text


def test_the_word_file_has_the_parties_and_the_money(book_id: int, sign_in: SignIn) -> None:
    answer = sign_in("university").get(f"/delivery/{book_id}/task-book.docx")
    document = Document(BytesIO(answer.data))
    text = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert "1,200,000.00" in text
    assert "孔隙率" in text


def test_the_office_drafts_and_the_lists_show_it(uow: UnitOfWork, actors: Actors, sign_in: SignIn) -> None:
    bid = awarded(uow, actors)
    given = drafting.suggestion(uow, bid)
    uow.commit()
    office = sign_in("government")
    assert office.get(f"/delivery/bids/{bid.id}/new").status_code == 200
    wrong = office.post(f"/delivery/bids/{bid.id}/new", given | {"government_amount": "9999999"})
    assert wrong.status_code == 422
    assert office.post(f"/delivery/bids/{bid.id}/new", given).status_code == 303
    for path in (f"/delivery/projects/{bid.project_id}", f"/delivery/projects/{bid.project_id}/archive", "/delivery/"):
        assert office.get(path).status_code == 200


def test_a_party_signs_on_the_page(uow: UnitOfWork, actors: Actors, sign_in: SignIn) -> None:
    book = drafted(uow, actors)
    signing.offer(uow, actors.government, book.id)
    uow.commit()
    lead = sign_in("university")
    assert "代表本单位签署" in lead.get(f"/delivery/{book.id}").text
    assert lead.post(f"/delivery/{book.id}/sign").status_code == 303
    assert "代表本单位签署" not in lead.get(f"/delivery/{book.id}").text


def test_a_refused_report_comes_back_as_it_was_typed(book_id: int, sign_in: SignIn) -> None:
    lead = sign_in("university")
    answer = lead.post(f"/delivery/{book_id}/reports", {"kind": "", "text": "已完成第一轮试验"})
    assert answer.status_code == 422
    assert "已完成第一轮试验" in answer.text
    early = lead.post(f"/delivery/{book_id}/acceptance", {"summary": "全部完成", "measured-0-text": "合格"})
    assert early.status_code == 409
    assert "个里程碑没有确认" in early.text


def test_a_milestone_is_reported_with_a_file_that_only_parties_open(
    uow: UnitOfWork, book_id: int, sign_in: SignIn
) -> None:
    one = drafting.milestones(uow, book_id)[0].id
    path = f"/delivery/{book_id}/milestones/{one}"
    given = {"report": "样件已交付", "files": (BytesIO(b"%PDF-1.4\n%%EOF"), "检测报告.pdf")}
    lead, office = sign_in("university"), sign_in("government")
    assert lead.post(f"{path}/report", given, content_type="multipart/form-data").status_code == 303
    assert "检测报告.pdf" in office.get(f"/delivery/{book_id}").text
    assert "1 个里程碑已报告" in office.get(f"/delivery/{book_id}").text
    assert office.get("/delivery/files/1").status_code == 200
    assert sign_in("other_university").get("/delivery/files/1").status_code == 404
    assert office.post(f"{path}/answer", {"action": "return", "answer": ""}).status_code == 422
    assert office.post(f"{path}/answer", {"action": "accept", "answer": "可"}).status_code == 303


def test_the_desks_word_file_has_no_money(book_id: int, sign_in: SignIn) -> None:
    document = Document(BytesIO(sign_in("desk").get(f"/delivery/{book_id}/task-book.docx").data))
    text = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    assert "孔隙率" in text
    assert ".00" not in text


def test_a_task_book_that_is_signed_is_not_edited(book_id: int, sign_in: SignIn) -> None:
    assert sign_in("government").get(f"/delivery/{book_id}/edit").status_code == 409
