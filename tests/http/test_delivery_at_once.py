"""Task books when two act at once, a button is pressed twice, files are large, or the role is the wrong one."""

import re
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from matcher.core.unit_of_work import UnitOfWork
from matcher.offers.model import Offer
from matcher.projects.delivery import acceptance, drafting, progress, signing
from matcher.projects.delivery.model import ChangeRequest, Payment, Report, TaskBook
from matcher.projects.files_model import ProjectFile
from tests.conftest import Actors
from tests.http.conftest import Browser, SignIn
from tests.service.test_delivery import VALUES, awarded, drafted, finished, signed

MEGABYTE = 1024 * 1024


def count(uow: UnitOfWork, model: Any) -> int:
    uow.session.expire_all()
    return uow.session.scalar(select(func.count()).select_from(model)) or 0


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="(\d*)"', page)
    assert found, name
    return found[1]


def pdf(size: int, name: str = "报告.pdf") -> tuple[BytesIO, str]:
    return BytesIO(b"%PDF-1.7 " + b"x" * size), name


@pytest.fixture
def book(uow: UnitOfWork, actors: Actors) -> TaskBook:
    made = signed(uow, actors)
    uow.commit()
    return made


def test_of_two_officers_who_change_a_draft_one_wins_and_the_other_keeps_what_was_typed(
    uow: UnitOfWork, actors: Actors, sign_in: SignIn
) -> None:
    book = drafted(uow, actors)
    given = drafting.typed(uow, book)
    uow.commit()
    first, second = sign_in("government"), sign_in("government")
    seen = hidden(first.get(f"/delivery/{book.id}/edit").text, "seen_version")
    second.get(f"/delivery/{book.id}/edit")
    path = f"/delivery/{book.id}/edit"
    assert first.post(path, given | {"seen_version": seen, "signing_share": "30"}).status_code == 303
    late = second.post(path, given | {"seen_version": seen, "signing_share": "25"})
    assert late.status_code == 409
    assert "有人刚刚修改了" in late.text
    assert 'value="25"' in late.text
    uow.session.expire_all()
    assert drafting.typed(uow, book)["signing_share"] == "30"
    again = second.post(path, given | {"seen_version": hidden(late.text, "seen_version"), "signing_share": "25"})
    assert again.status_code == 303, "who was told may save knowingly"


def test_the_second_task_book_of_a_bid_is_refused_with_a_way_to_the_first(
    uow: UnitOfWork, actors: Actors, sign_in: SignIn
) -> None:
    bid = awarded(uow, actors)
    given = drafting.suggestion(uow, bid)
    uow.commit()
    office, path = sign_in("government"), f"/delivery/bids/{bid.id}/new"
    office.get(path)
    assert office.post(path, given).status_code == 303
    twice = office.post(path, given | {"signing_share": "17"})
    assert (twice.status_code, 'value="17"' in twice.text, "RW000001" in twice.text) == (409, True, True)
    assert count(uow, TaskBook) == 1


def test_a_text_that_was_offered_anew_is_not_signed_unread(uow: UnitOfWork, actors: Actors, sign_in: SignIn) -> None:
    book = drafted(uow, actors)
    signing.offer(uow, actors.government, book.id)
    uow.commit()
    lead = sign_in("university")
    seen = hidden(lead.get(f"/delivery/{book.id}").text, "seen_offer")
    signing.take_back(uow, actors.government, book.id)
    drafting.edit(uow, actors.government, book.id, drafting.typed(uow, book) | {"signing_share": "10"})
    signing.offer(uow, actors.government, book.id)
    uow.commit()
    refused = lead.post(f"/delivery/{book.id}/sign", {"seen_offer": seen})
    assert (refused.status_code, "重新送签" in refused.text) == (409, True)
    assert lead.post(f"/delivery/{book.id}/sign", {"seen_offer": hidden(refused.text, "seen_offer")}).status_code == 303
    assert lead.post(f"/delivery/{book.id}/sign").status_code == 409, "nobody signs twice"


def test_a_decision_on_what_was_changed_since_is_refused_and_its_text_stays(
    uow: UnitOfWork, actors: Actors, sign_in: SignIn
) -> None:
    book = finished(uow, actors)
    acceptance.apply(uow, actors.university, book.id, "完成", VALUES)
    uow.commit()
    office = sign_in("government")
    seen = hidden(office.get(f"/delivery/{book.id}").text, "seen_version")
    acceptance.decide(uow, actors.government, book.id, "rework", "", "请复测")
    acceptance.apply(uow, actors.university, book.id, "复测完成", VALUES)
    uow.commit()
    typed = {"verdict": "passed", "grade": "good", "comment": "同意通过验收", "seen_version": seen}
    refused = office.post(f"/delivery/{book.id}/acceptance/decide", typed)
    assert (refused.status_code, refused.text.count("同意通过验收") >= 1) == (409, True)
    now = hidden(refused.text, "seen_version")
    assert office.post(f"/delivery/{book.id}/acceptance/decide", typed | {"seen_version": now}).status_code == 303
    late = office.post(f"/delivery/{book.id}/acceptance/decide", typed)
    assert (late.status_code, "同意通过验收" in late.text) == (409, True)


def test_a_milestone_that_a_colleague_answered_shows_what_was_typed_for_it(
    uow: UnitOfWork, actors: Actors, sign_in: SignIn, book: TaskBook
) -> None:
    one = drafting.milestones(uow, book.id)[0]
    progress.report_milestone(uow, actors.university, one.id, "样件交付")
    uow.commit()
    office, path = sign_in("government"), f"/delivery/{book.id}/milestones/{one.id}/answer"
    seen = hidden(office.get(f"/delivery/{book.id}").text, "seen_version")
    given = {"action": "accept", "answer": "同意拨付", "seen_version": seen}
    assert office.post(path, given).status_code == 303
    late = office.post(path, given | {"action": "return", "answer": "缺少第三方报告"})
    assert (late.status_code, "缺少第三方报告" in late.text) == (409, True)


def test_what_is_sent_twice_has_one_effect(uow: UnitOfWork, actors: Actors, sign_in: SignIn, book: TaskBook) -> None:
    lead, office = sign_in("university"), sign_in("government")
    lead.get(f"/delivery/{book.id}")
    for _ in range(2):
        report = {"kind": "progress", "text": "第一轮试验完成", "spent": "12", "files": pdf(10)}
        sent = lead.post(f"/delivery/{book.id}/reports", report, content_type="multipart/form-data")
        assert sent.status_code == 303
        change = {"kind": "team", "text": "原负责人退休", "leader": "赵新"}
        assert lead.post(f"/delivery/{book.id}/changes", change).status_code == 303
    assert (count(uow, Report), count(uow, ProjectFile), count(uow, ChangeRequest)) == (1, 1, 1)
    lead.post(f"/delivery/{book.id}/reports", {"kind": "progress", "text": "第二轮试验完成", "spent": "12"})
    assert count(uow, Report) == 2, "another report is another"
    office.get(f"/delivery/{book.id}")
    payment = uow.session.scalars(select(Payment).where(Payment.state == "released")).first()
    assert payment is not None
    paths = [office.post(f"/delivery/{book.id}/payments/{payment.id}", {"reference": "001"}) for _ in range(2)]
    assert [one.status_code for one in paths] == [303, 409]


def test_a_result_is_entered_once_until_its_draft_was_touched(uow: UnitOfWork, actors: Actors, sign_in: SignIn) -> None:
    book = finished(uow, actors)
    acceptance.apply(uow, actors.university, book.id, "完成", VALUES)
    acceptance.decide(uow, actors.government, book.id, "passed", "good", "")
    uow.commit()
    lead = sign_in("university")
    lead.get(f"/delivery/{book.id}")
    places = {lead.post(f"/delivery/{book.id}/result").location for _ in range(2)}
    assert (len(places), count(uow, Offer)) == (1, 1)


def send_large(browser: Browser, page: str, path: str, given: dict[str, Any]) -> TestResponse:
    """Send a form with large files from memory: the test's client would leave its own copy on the disk open."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page).text)
    assert token
    boundary, body = encode_multipart(MultiDict({"csrf_token": token[1]} | given))
    return browser.client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}", buffered=True)


def test_a_file_of_twelve_megabytes_is_taken_and_a_larger_one_is_refused_beside_what_was_typed(
    uow: UnitOfWork, sign_in: SignIn, book: TaskBook
) -> None:
    lead, page = sign_in("university"), f"/delivery/{book.id}"
    given = {"kind": "final", "text": "总结见附件", "spent": ""}
    large = send_large(lead, page, f"{page}/reports", given | {"files": FileStorage(*pdf(25 * MEGABYTE))})
    assert (large.status_code, "超过 20 MB" in large.text, "总结见附件" in large.text) == (422, True, True)
    assert (count(uow, Report), count(uow, ProjectFile)) == (0, 0)
    both = [FileStorage(*pdf(12 * MEGABYTE, "一.pdf")), FileStorage(*pdf(11 * MEGABYTE, "二.pdf"))]
    assert send_large(lead, page, f"{page}/reports", given | {"files": both}).status_code == 303
    assert count(uow, ProjectFile) == 2


@pytest.mark.parametrize("role", ["enterprise", "other_university", "government", "desk"])
def test_nobody_but_the_lead_does_what_the_team_does(
    uow: UnitOfWork, sign_in: SignIn, book: TaskBook, role: str
) -> None:
    one = drafting.milestones(uow, book.id)[0]
    stranger = sign_in(role)
    stranger.get("/account/profile")
    for path, given in (
        ("reports", {"kind": "progress", "text": "替别人交"}), ("changes", {"kind": "team", "text": "换人", "leader": "某"}),
        (f"milestones/{one.id}/report", {"report": "完成"}), ("acceptance", {"summary": "完成"}), ("result", {}),
    ):  # fmt: skip
        assert stranger.post(f"/delivery/{book.id}/{path}", given).status_code in (403, 404), path
    assert count(uow, Report) == 0


@pytest.mark.parametrize("role", ["enterprise", "university", "other_university", "desk", "expert"])
def test_nobody_but_the_office_does_what_the_office_does(
    uow: UnitOfWork, sign_in: SignIn, book: TaskBook, role: str
) -> None:
    one = drafting.milestones(uow, book.id)[0]
    payment = uow.session.scalars(select(Payment).where(Payment.state == "released")).first()
    assert payment is not None
    stranger = sign_in(role)
    stranger.get("/account/profile")
    for path, given in (
        ("step", {"action": "terminate", "note": "x"}), (f"milestones/{one.id}/answer", {"action": "accept"}),
        (f"payments/{payment.id}", {"reference": "1"}), ("acceptance/decide", {"verdict": "passed", "grade": "good"}),
        ("edit", {}),
    ):  # fmt: skip
        assert stranger.post(f"/delivery/{book.id}/{path}", given).status_code in (403, 404), path
    uow.session.expire_all()
    assert payment.paid_on is None
