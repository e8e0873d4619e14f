"""The desk's pages around pairings: claims, notes, files, tasks, the board, many at once, search and pairing by hand."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select

from matcher.core.clock import local_date, utc_now
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import notes
from matcher.desk.model import Note, PairingFile, SavedFilter, Task
from matcher.matching import assignments, claims, progress, review
from matcher.matching.desk_model import Claim
from matcher.matching.model import Pairing, PairingState, Verdict
from tests.conftest import Actors
from tests.desk_pairings import pairing
from tests.factories import NeedFactory, OfferFactory, organisation_of
from tests.http.conftest import SignIn

PDF = b"%PDF-1.7 a report"


@pytest.fixture
def three(uow: UnitOfWork, actors: Actors) -> list[Pairing]:
    uow.clock = utc_now  # the server's: what runs out, and what happened since, is compared with it
    made = [pairing(0.9), pairing(0.7), pairing(0.4)]
    uow.commit()
    return made


def fresh(uow: UnitOfWork, one: Pairing) -> Pairing:
    uow.session.expire_all()
    return uow.session.get_one(Pairing, one.id)


def tomorrow(days: int = 1) -> str:
    return (local_date(utc_now()) + timedelta(days=days)).isoformat()


def test_an_open_pairing_is_claimed_and_a_colleague_goes_on_with_the_next(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    sign_in("desk").get("/desk/queue")
    other = sign_in("colleague")
    page = other.get("/desk/queue").text
    assert f'data-review="{three[1].id}"' in page
    assert f"{actors.desk.name} 正在评审" in page
    page = other.get("/desk/queue", pairing=three[0].id).text
    assert "接手评审" in page
    assert 'id="decide"' not in page


def test_a_page_that_is_only_fetched_ahead_claims_nothing(
    sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    browser.client.get(f"/desk/queue?pairing={three[0].id}", headers={"X-Ahead": "1"})
    assert uow.session.scalar(select(func.count()).select_from(Claim)) == 0
    browser.get("/desk/queue")
    assert browser.post(f"/desk/pairings/{three[1].id}/claim").json == {"mine": True, "text": ""}
    assert uow.session.scalars(select(Claim.pairing_id)).all() == [three[1].id]
    assert browser.post(f"/desk/pairings/{three[1].id}/release").status_code == 204
    uow.session.rollback()
    assert uow.session.scalar(select(func.count()).select_from(Claim)) == 0


def test_a_decision_on_what_a_colleague_has_open_is_refused_until_it_is_taken_over_and_nothing_typed_is_lost(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    one = three[0]
    browser = sign_in("desk")
    browser.get("/desk/queue", pairing=three[1].id)
    with uow:
        claims.claim(uow, actors.colleague, one.id)
    given = {"verdict": "decline", "reason": "price", "note": "谈不拢", "seen_version": one.version}
    answer = browser.post(f"/desk/pairings/{one.id}/decision?back=queue", given)
    assert answer.status_code == 409
    assert f"{actors.colleague.name} 正在评审" in answer.text
    assert "谈不拢</textarea>" in answer.text
    answer = browser.post(f"/desk/pairings/{one.id}/take-over?back=queue", given)
    assert answer.status_code == 200
    assert "谈不拢</textarea>" in answer.text
    assert browser.post(f"/desk/pairings/{one.id}/decision?back=queue", given).status_code == 303
    assert fresh(uow, one).state is PairingState.DECLINED
    assert sign_in("colleague").post(f"/desk/pairings/{three[2].id}/claim").json["mine"] is True


def test_notes_tasks_and_the_broker_are_kept_with_the_pairing(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    browser, here = sign_in("desk"), f"/desk/pairings/{three[0].id}"
    browser.get(here)
    assert browser.post(f"{here}/notes", {"text": "下周去现场 <b>", "for_sides": "1"}).status_code == 303
    assert browser.post(f"{here}/tasks", {"title": "约时间", "due": tomorrow(), "broker": actors.colleague.person_id}).status_code == 303  # fmt: skip
    assert browser.post(f"{here}/broker", {"broker": actors.colleague.person_id}).status_code == 303
    page = browser.get(here).text
    for text in ("下周去现场 &lt;b&gt;", "双方可见", "约时间", f"交给 {actors.colleague.name} 负责"):
        assert text in page
    assert "已逾期" not in page
    note = uow.session.scalars(select(Note)).one()
    browser.post(f"/desk/notes/{note.id}/remove")
    assert "下周去现场" not in browser.get(here).text
    task = uow.session.scalars(select(Task)).one()
    answer = browser.post(f"/desk/tasks/{task.id}", {"act": "done", "pairing": three[0].id})
    assert answer.location == f"{here}#tasks"
    assert "完成了：约时间" in browser.get(here).text


def test_what_is_wrong_with_a_note_task_or_file_is_told_beside_it_and_kept(
    sign_in: SignIn, three: list[Pairing], uow: UnitOfWork
) -> None:
    browser, here = sign_in("desk"), f"/desk/pairings/{three[0].id}"
    browser.get(here)
    answer = browser.post(f"{here}/notes", {"text": "  "})
    assert (answer.status_code, "请写下备忘内容" in answer.text) == (422, True)
    answer = browser.post(f"{here}/tasks", {"title": "约时间", "due": "2020-01-01"})
    assert answer.status_code == 422
    assert 'value="约时间"' in answer.text
    assert "请选择今天起两年以内的日期" in answer.text
    for name, content, told in (
        ("a.html", b"<html>", "不能上传"), ("a.pdf", b"<html>", "不是 pdf 文件"), ("", b"", "请先选择"),
    ):  # fmt: skip
        answer = browser.post(f"{here}/files", {"file": (BytesIO(content), name)})
        assert (answer.status_code, told in answer.text) == (422, True), name
    assert uow.session.scalar(select(func.count()).select_from(PairingFile)) == 0


def test_a_file_is_always_saved_and_never_shown_and_only_by_whom_it_is_for(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors
) -> None:
    one = pairing(
        need=NeedFactory(organisation=organisation_of(actors.enterprise)),
        offer=OfferFactory(organisation=organisation_of(actors.university)),
    )
    uow.commit()
    browser, here = sign_in("desk"), f"/desk/pairings/{one.id}"
    browser.get(here)
    browser.post(f"{here}/files", {"file": (BytesIO(PDF), "检测报告.pdf"), "for_sides": "1"})
    browser.post(f"{here}/files", {"file": (BytesIO(PDF), "内部.pdf")})
    shared, inside = uow.session.scalars(select(PairingFile).order_by(PairingFile.id))
    answer = browser.get(f"/desk/files/{shared.id}")
    assert answer.data == PDF
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for role, status in (("enterprise", 200), ("university", 200), ("other_enterprise", 404), ("government", 404)):
        assert sign_in(role).get(f"/desk/files/{shared.id}").status_code == status, role
        assert sign_in(role).get(f"/desk/files/{inside.id}").status_code == 404, role
    assert sign_in("visitor").get(f"/desk/files/{shared.id}").status_code in (302, 403)
    with uow:
        notes.add(uow, actors.desk, one.id, "请双方准备材料", for_sides=True)
        notes.add(uow, actors.desk, one.id, "内部看法")
    for role, address in (("enterprise", f"/my/needs/{one.need_id}"), ("university", f"/my/offers/{one.offer_id}")):
        page = sign_in(role).get(address).text
        assert "请双方准备材料" in page
        assert "检测报告.pdf" in page
        assert "内部" not in page


def test_the_board_moves_cards_and_says_why_not(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    browser, one = sign_in("desk"), three[0]
    page = browser.get("/desk/board").text
    assert f'data-card="{one.id}"' in page
    answer = browser.post(f"/desk/pairings/{one.id}/move", {"action": "accept", "seen_version": one.version})
    assert answer.status_code == 303
    one = fresh(uow, one)
    assert one.state is PairingState.SHORTLISTED
    with uow:
        progress.move(uow, actors.colleague, one.id, "introduce")
    stale = {"action": "introduce", "seen_version": one.version - 1}
    answer = browser.post(f"/desk/pairings/{one.id}/move", stale, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert actors.colleague.name in answer.json["text"]
    given = {"action": "decline", "seen_version": fresh(uow, one).version, "note": "双方都忙"}
    answer = browser.post(f"/desk/pairings/{one.id}/move", given)
    assert answer.status_code == 409
    assert "请选择不合适的原因" in answer.text
    assert "双方都忙</textarea>" in answer.text
    answer = browser.post(f"/desk/pairings/{one.id}/move?state=introduced", given | {"reason": "no_capacity"})
    assert answer.location == "/desk/board?state=introduced"
    assert fresh(uow, one).state is PairingState.DECLINED


def test_the_board_is_narrowed_to_a_broker_and_to_a_state(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    with uow:
        review.decide(uow, actors.colleague, three[0].id, Verdict.ACCEPT)
    browser = sign_in("desk")
    assert f'data-card="{three[0].id}"' in browser.get("/desk/board", broker=actors.colleague.person_id).text
    assert f'data-card="{three[1].id}"' in browser.get("/desk/board", broker=0).text
    assert f'data-card="{three[0].id}"' not in browser.get("/desk/board", broker="me").text
    assert f'data-card="{three[1].id}"' not in browser.get("/desk/board", state="shortlisted").text


def test_many_pairings_are_dealt_with_at_once_and_each_outcome_is_told(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    page = browser.get("/desk/list").text
    ticks = [f"{one.id}:{one.version}" for one in three]
    assert all(f'value="{tick}"' in page for tick in ticks)
    with uow:
        review.decide(uow, actors.colleague, three[1].id, Verdict.ACCEPT)
    form: dict[str, Any] = {"pick": [*ticks, "x:y"], "act": "decline", "note": "领域都不对"}
    answer = browser.post("/desk/list", form)
    assert answer.status_code == 422
    assert "请选择不合适的原因" in answer.text
    assert "领域都不对</textarea>" in answer.text
    answer = browser.post("/desk/list", form | {"reason": "out_of_field"})
    assert answer.status_code == 200
    assert "已处理 2 对" in answer.text
    assert f"{actors.colleague.name} 刚刚处理过" in answer.text
    assert [fresh(uow, one).state.value for one in three] == ["declined", "shortlisted", "declined"]
    assert "请先勾选" in browser.post("/desk/list", {"act": "accept"}).text
    answer = browser.post(
        "/desk/list?state=shortlisted",
        {"pick": f"{three[1].id}:1", "act": "assign", "broker": actors.desk.person_id},
    )
    assert "已处理 1 对" in answer.text
    broker = assignments.broker_of(uow, three[1].id)
    assert broker is not None
    assert broker.id == actors.desk.person_id


def test_a_filter_is_kept_under_a_name_and_opens_the_queue(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue", age=7)
    browser.post("/desk/filters?back=queue&age=7", {"name": "一周内", "default": "1"})
    kept = uow.session.scalars(select(SavedFilter)).one()
    assert (kept.name, kept.wanted, kept.is_default) == ("一周内", {"age": 7}, True)
    assert browser.get("/desk/queue").location == "/desk/queue?age=7"
    assert browser.get("/desk/queue", all=1).status_code == 200
    assert sign_in("colleague").get("/desk/queue").status_code == 200
    browser.post(f"/desk/filters/{kept.id}?back=queue", {"act": "no-default"})
    assert browser.get("/desk/queue").status_code == 200
    assert sign_in("colleague").post(f"/desk/filters/{kept.id}", {"act": "remove"}).status_code == 404
    assert "请给这个筛选起个名字" in browser.get(browser.post("/desk/filters?age=7", {"name": " "}).location).text
    browser.post(f"/desk/filters/{kept.id}", {"act": "remove"})
    uow.session.rollback()
    assert uow.session.scalars(select(SavedFilter)).all() == []


def test_tasks_are_written_moved_and_finished_on_their_page(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    browser.get("/desk/tasks")
    assert browser.post("/desk/tasks", {"title": "", "due": tomorrow()}).status_code == 422
    browser.post("/desk/tasks", {"title": "周会材料", "due": tomorrow(), "broker": actors.desk.person_id})
    task = uow.session.scalars(select(Task)).one()
    assert "周会材料" in browser.get("/desk/").text
    change = {"due": tomorrow(4), "broker": actors.colleague.person_id, "seen_version": task.version}
    assert browser.post(f"/desk/tasks/{task.id}", change).status_code == 303
    assert 'class="task-title">周会材料' not in browser.get("/desk/tasks").text
    assert "周会材料" in browser.get("/desk/tasks", who="all").text
    assert browser.post(f"/desk/tasks/{task.id}", change).status_code == 409
    other = sign_in("colleague")
    other.get("/desk/tasks")
    other.post(f"/desk/tasks/{task.id}", {"act": "done"})
    assert "没有要做的任务" in other.get("/desk/tasks").text


def test_home_tells_what_colleagues_and_the_two_sides_did(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    with uow:
        review.decide(uow, actors.desk, three[0].id, Verdict.ACCEPT)
    with uow:
        progress.move(uow, actors.colleague, three[0].id, "decline", reason="price", note="谈不拢")
    browser = sign_in("desk")
    page = browser.get("/desk/").text
    assert "同事处理了您的匹配对" in page
    assert "谈不拢" in page
    browser.post("/desk/seen")
    assert "没有新的变化" in browser.get("/desk/").text


def test_without_an_index_search_says_so_and_names_still_lead_to_nothing_lost(
    sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    answer = browser.get("/desk/search", side="need", q="孔隙率")
    assert answer.status_code == 200
    assert "孔隙率</textarea>" in answer.text
    assert "检索暂时不可用" in answer.text
    answer = browser.post("/desk/pair", {"need": three[0].need_id, "offer": three[1].offer_id})
    assert answer.status_code == 409
    answer = browser.post("/desk/pair", {"need": three[0].need_id, "offer": three[0].offer_id})
    assert answer.location == f"/desk/pairings/{three[0].id}"
    assert browser.post("/desk/pair", {"need": three[0].need_id}).status_code == 404


def test_the_text_for_a_mail_tells_reasons_and_questions_but_nothing_of_a_hidden_need(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors
) -> None:
    shown, hidden = pairing(0.9), pairing(0.5, need=NeedFactory(disclosure="closed", title="保密的需求名称"))
    uow.commit()
    browser = sign_in("desk")

    def text(one: Pairing) -> str:
        page = browser.get(f"/desk/pairings/{one.id}").text
        return page[page.index('id="mail-text"') :].partition("</textarea>")[0]

    assert "请补充这些指标的实测值和测试条件：抗拉强度 ≥ 980 MPa、延伸率" in text(shown)
    assert shown.need.title in text(shown)
    assert "保密的需求名称" not in text(hidden)
    assert "抗拉强度" not in text(hidden)


@pytest.mark.parametrize("role", ["visitor", "enterprise", "university", "government", "admin"])
def test_only_the_desk_works_here(role: str, sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]) -> None:
    browser, here = sign_in(role), f"/desk/pairings/{three[0].id}"
    for path in (
        f"{here}/claim", f"{here}/release", f"{here}/take-over", f"{here}/notes", f"{here}/files", f"{here}/tasks",
        f"{here}/broker", f"{here}/step", f"{here}/move", "/desk/list", "/desk/filters", "/desk/tasks", "/desk/pair",
        "/desk/seen",
    ):  # fmt: skip
        assert browser.post(path, {"action": "accept", "text": "x"}).status_code in (302, 403), path
    assert fresh(uow, three[0]).state is PairingState.SUGGESTED
    assert uow.session.scalar(select(func.count()).select_from(Note)) == 0
