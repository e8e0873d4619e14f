"""The matchmaking desk: the queue, one pairing, decisions, what happens when two people decide at once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from matcher.core import outbox
from matcher.core.audit import AuditRow
from matcher.core.clock import local_date, utc_now
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import notes, tasks
from matcher.matching import claims, review
from matcher.matching.model import Decision, Pairing, PairingState, Verdict
from matcher.needs.model import Need, NeedState
from tests.conftest import Actors
from tests.desk_pairings import pairing
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory
from tests.http.conftest import Browser, CountQueries, SignIn

MOST_QUERIES = 36


def decide(browser: Browser, one: Pairing, *, back: str = "back=queue", **given: Any) -> Any:
    form = {"seen_version": one.version, "seen_decision": 0, **given}
    return browser.post(f"/desk/pairings/{one.id}/decision?{back}", form)


@pytest.fixture
def three(uow: UnitOfWork, actors: Actors) -> list[Pairing]:
    """Three pairings to review, in another order than that of their promise."""
    made = [pairing(0.4), pairing(0.9), pairing(0.7)]
    uow.commit()
    return made


def fresh(uow: UnitOfWork, one: Pairing) -> Pairing:
    uow.session.expire_all()
    return uow.session.get_one(Pairing, one.id)


def test_the_queue_shows_the_most_promising_first_beside_both_texts(sign_in: SignIn, three: list[Pairing]) -> None:
    page = sign_in("desk").get("/desk/queue").text
    places = [page.index(f"pairing={one.id}") for one in (three[1], three[2], three[0])]
    assert places == sorted(places)
    assert f'data-review="{three[1].id}"' in page
    assert "很可能合适" in page
    assert "值得一看" in page


def test_aligned_sentences_are_marked_in_both_texts_under_one_number(sign_in: SignIn, three: list[Pairing]) -> None:
    page = sign_in("desk").get("/desk/queue").text
    assert '<mark class="pair pair-1" id="n1">' in page
    assert '<mark class="pair pair-1" id="o1">' in page
    assert "修复后孔隙率居高不下。</mark>热处理后出现再结晶。" in page


def test_the_reasons_say_what_fits_what_clashes_and_what_to_ask(sign_in: SignIn, three: list[Pairing]) -> None:
    page = sign_in("desk").get("/desk/queue").text
    assert "达到 1" in page
    assert "未知 1" in page
    assert "差 2 级" in page
    assert "成果没有提到：抗拉强度、延伸率" in page
    assert "要样品、中试还是直接量产" in page
    assert page.index("不合</span>") < page.index("预算与价格")


def test_a_pairing_without_reasons_says_that_they_come(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    one = pairing(explanation={"old": True})
    uow.commit()
    assert "理由还在整理" in sign_in("desk").get("/desk/queue", pairing=one.id).text


def test_an_empty_queue_says_what_to_do(sign_in: SignIn, actors: Actors) -> None:
    assert "这里没有匹配对了" in sign_in("desk").get("/desk/queue").text


def test_filters_narrow_the_queue_and_count_what_they_leave(
    sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]
) -> None:
    mianyang = NeedFactory(organisation=OrganisationFactory(region="510700"), tech_fields=("rail",))
    there = pairing(0.5, need=mianyang, created_at=utc_now() - timedelta(days=9))
    uow.commit()
    browser = sign_in("desk")
    assert "轨道交通 (1)" in browser.get("/desk/queue").text
    for arguments in ({"field": "rail"}, {"region": "510700"}, {"need": mianyang.id}):
        page = browser.get("/desk/queue", **arguments).text
        assert f'data-review="{there.id}"' in page
        assert "共 1 对" in page
    assert "共 3 对" in browser.get("/desk/queue", age=7).text
    assert "共 4 对" in browser.get("/desk/queue", field="<b>", age="x", state="?", region="%").text


def test_accepting_leads_to_the_next_pairing_under_the_same_filter(
    sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue")
    answer = decide(browser, three[1], back="back=queue&field=new_materials", verdict="accept")
    assert answer.status_code == 303
    assert answer.location == f"/desk/queue?field=new_materials&pairing={three[2].id}&decided={three[1].id}"
    page = browser.get(answer.location).text
    assert f'data-review="{three[2].id}"' in page
    assert "已记录“合适”" in page
    accepted = fresh(uow, three[1])
    assert accepted.state is PairingState.SHORTLISTED
    assert uow.session.get_one(Need, accepted.need_id).state is NeedState.MATCHED


def test_after_the_last_pairing_the_first_that_was_left_comes_back(sign_in: SignIn, three: list[Pairing]) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue", pairing=three[0].id)
    assert f"pairing={three[1].id}" in decide(browser, three[0], verdict="accept").location


def test_a_decision_can_be_taken_back(sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]) -> None:
    browser = sign_in("desk")
    for verdict in ({"verdict": "accept"}, {"verdict": "decline", "reason": "price"}):
        browser.get("/desk/queue")
        decide(browser, fresh(uow, three[1]), **verdict)
        answer = browser.post(f"/desk/pairings/{three[1].id}/decision?back=queue", {"verdict": "reopen"})
        assert answer.location == f"/desk/queue?pairing={three[1].id}"
        assert fresh(uow, three[1]).state is PairingState.SUGGESTED


def test_scripts_are_told_where_to_go_on(sign_in: SignIn, three: list[Pairing]) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue")
    answer = browser.post(
        f"/desk/pairings/{three[1].id}/decision?back=queue",
        {"verdict": "accept", "seen_version": three[1].version},
        headers={"Accept": "application/json"},
    )
    assert answer.json == {"address": f"/desk/queue?pairing={three[2].id}&decided={three[1].id}"}


def test_a_refusal_needs_a_reason_and_keeps_the_note(sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue")
    answer = decide(browser, three[1], verdict="decline", note="价格谈不拢 <b>")
    assert answer.status_code == 422
    assert "请选择不合适的原因" in answer.text
    assert "价格谈不拢 &lt;b&gt;</textarea>" in answer.text
    assert "请写明原因" in decide(browser, three[1], verdict="decline", reason="other").text
    assert fresh(uow, three[1]).state is PairingState.SUGGESTED
    assert uow.session.scalars(select(Decision)).all() == []


def test_deferring_takes_a_date_ahead(sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]) -> None:
    browser, today = sign_in("desk"), local_date(utc_now())
    browser.get("/desk/queue")
    for wrong in ("", "x", today.isoformat(), "9999-99-99"):
        answer = decide(browser, three[1], verdict="defer", until=wrong)
        assert answer.status_code == 422
        assert "一年以内的日期" in answer.text
    tomorrow = today + timedelta(days=1)
    assert decide(browser, three[1], verdict="defer", until="", pick=tomorrow.isoformat()).status_code == 303
    assert fresh(uow, three[1]).defer_until == tomorrow
    assert "共 2 对" in browser.get("/desk/queue").text
    assert "共 1 对" in browser.get("/desk/queue", state="deferred").text


def test_a_deferred_pairing_comes_back_on_its_day(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    one = pairing(state=PairingState.DEFERRED, defer_until=local_date(utc_now()))
    uow.commit()
    assert f'data-review="{one.id}"' in sign_in("desk").get("/desk/queue").text


def test_a_form_without_a_button_asks_for_one(sign_in: SignIn, three: list[Pairing]) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue")
    answer = decide(browser, three[1], verdict="")
    assert answer.status_code == 422
    assert "请按“合适”“不合适”或“稍后”" in answer.text


def test_when_a_colleague_was_faster_the_page_says_what_they_decided_and_keeps_the_note(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue")
    seen = three[1].version
    with uow:
        claims.take_over(uow, actors.colleague, three[1].id)
        review.decide(uow, actors.colleague, three[1].id, Verdict.DECLINE, reason="too_early", note="再等两年")
    for back in ("back=queue", "back=pairing"):
        answer = decide(browser, three[1], back=back, verdict="accept", seen_version=seen, note="值得推荐")
        assert answer.status_code == 409
        assert f"{actors.colleague.name} 比您早一步" in answer.text
        assert "成熟度不足" in answer.text
        assert "再等两年" in answer.text
        assert "值得推荐</textarea>" in answer.text
        assert "重新评审" in answer.text
    assert fresh(uow, three[1]).state is PairingState.DECLINED


def test_when_the_reasons_changed_meanwhile_the_page_asks_to_look_again(
    sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue")
    seen, one = three[1].version, three[1]
    one.score = 0.95
    uow.commit()
    answer = decide(browser, one, verdict="decline", reason="ip", seen_version=seen, note="独占")
    assert answer.status_code == 409
    assert "理由刚刚更新" in answer.text
    assert "独占</textarea>" in answer.text
    assert "比您早一步" not in answer.text


def test_a_suggestion_that_was_taken_back_sends_on_to_the_queue(
    sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]
) -> None:
    browser = sign_in("desk")
    browser.get("/desk/queue")
    gone = three[1].id
    uow.session.delete(three[1])
    uow.commit()
    for ask in (
        lambda: browser.get("/desk/queue", pairing=gone),
        lambda: browser.post(f"/desk/pairings/{gone}/decision?back=queue", {"verdict": "accept"}),
    ):
        answer = ask()
        assert answer.location == "/desk/queue"
        assert "已经撤下" in browser.get(answer.location).text
    assert browser.get(f"/desk/pairings/{gone}").status_code == 404


@pytest.mark.parametrize("page", ["/desk/queue", "/desk/queue?pairing={id}", "/desk/pairings/{id}"])
def test_every_look_at_a_confidential_need_is_written_down(
    page: str, sign_in: SignIn, uow: UnitOfWork, actors: Actors
) -> None:
    one = pairing(need=NeedFactory(disclosure="closed"))
    uow.commit()
    text = sign_in("desk").get(page.format(id=one.id)).text
    assert "查看已留痕" in text
    looks = list(uow.session.scalars(select(AuditRow).where(AuditRow.action == "need.look")))
    assert [(look.person_id, look.entity_id) for look in looks] == [(actors.desk.person_id, one.need_id)]


def test_the_page_of_a_pairing_tells_its_history(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    one = pairing()
    uow.commit()
    with uow:
        review.decide(uow, actors.colleague, one.id, Verdict.DECLINE, reason="price", note="差得太远")
    page = sign_in("desk").get(f"/desk/pairings/{one.id}").text
    history = page[page.index('id="timeline"') :]
    assert actors.colleague.name in history
    assert "价格或预算不合" in history
    assert "差得太远" in history


def test_the_record_lists_decisions_by_verdict(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    titles = [one.need.title for one in three]
    with uow:
        review.decide(uow, actors.colleague, three[0].id, Verdict.DECLINE, reason="ip", note="要独占")
        review.decide(uow, actors.colleague, three[1].id, Verdict.ACCEPT)
    browser = sign_in("desk")
    everything = browser.get("/desk/decisions").text
    assert titles[0] in everything
    assert titles[1] in everything
    declined = browser.get("/desk/decisions", verdict="decline").text
    assert "要独占" in declined
    assert titles[1] not in declined


def test_home_says_what_waits_and_what_is_under_way(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, three: list[Pairing]
) -> None:
    under_way = pairing(state=PairingState.SHORTLISTED)
    NeedFactory(state=NeedState.SUBMITTED)
    uow.commit()
    page = sign_in("desk").get("/desk/").text
    assert "开始评审" in page
    assert page.index(f"pairing={three[1].id}") < page.index(f"pairing={three[0].id}")
    assert f"/desk/pairings/{under_way.id}" not in page, "nobody looks after it"
    assert '待发布<span class="waiting">1<' in page


def test_pages_tell_while_matching_is_under_way(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    browser = sign_in("desk")
    assert "正在匹配" not in browser.get("/desk/").text
    assert browser.get("/desk/progress.json").json["under_way"] is False
    outbox.put(uow, outbox.Topic.MATCH, "need", 1)
    uow.commit()
    assert "正在匹配" in browser.get("/desk/").text
    assert "正在匹配" in browser.get("/desk/queue").text
    assert browser.get("/desk/progress.json").json["under_way"] is True


def test_what_people_wrote_is_shown_as_text(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    need = NeedFactory(title="<script>alert(1)</script>", difficulties="<img src=x onerror=alert(1)>")
    pairing(need=need)
    uow.commit()
    for page in ("/desk/", "/desk/queue"):
        text = sign_in("desk").get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


@pytest.mark.parametrize(
    "page",
    [
        "/desk/", "/desk/queue", "/desk/decisions", "/desk/pairings/{id}", "/desk/board", "/desk/tasks?who=all",
        "/desk/list?state=shortlisted", "/desk/workload",
    ],
)  # fmt: skip
def test_a_page_asks_the_database_a_fixed_number_of_times(
    page: str, sign_in: SignIn, uow: UnitOfWork, actors: Actors, count_queries: CountQueries
) -> None:
    made = [pairing(0.5 + place / 100) for place in range(40)]
    uow.commit()
    with uow:
        for one in made[:10]:
            review.decide(uow, actors.colleague, one.id, Verdict.ACCEPT)
            notes.add(uow, actors.desk, one.id, "电话里说好下周再谈。")
            tasks.create(uow, actors.desk, "下周回访", local_date(uow.clock()), pairing_id=one.id)
    browser = sign_in("desk")
    with count_queries() as sent:
        assert browser.get(page.format(id=made[0].id)).status_code == 200
    assert len(sent) <= MOST_QUERIES, "\n".join(sent)


def test_the_pages_exist_in_english(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    pairing(offer=OfferFactory(price_low=None, price_high=None))
    uow.commit()
    browser = sign_in("desk")
    browser.get("/desk/queue")  # in Chinese first: nothing of it may stay behind
    page = browser.get("/desk/queue", lang="en").text
    for text in ("Very likely", "Decline", "Review queue", "Budget and price", "short by 2", "Negotiable"):
        assert text in page


@pytest.mark.parametrize("role", ["visitor", "enterprise", "university", "government", "admin"])
def test_only_the_desk_decides(role: str, sign_in: SignIn, uow: UnitOfWork, three: list[Pairing]) -> None:
    browser = sign_in(role)
    pages = ("/desk/", "/desk/queue", "/desk/decisions", f"/desk/pairings/{three[0].id}", "/desk/intake", "/desk/board",
             "/desk/tasks", "/desk/list", "/desk/search", "/desk/workload")  # fmt: skip
    for path in pages:
        assert browser.get(path).status_code in (302, 403)
    assert decide(browser, three[0], verdict="accept").status_code in (302, 403)
    assert fresh(uow, three[0]).state is PairingState.SUGGESTED
