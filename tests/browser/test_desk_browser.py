"""The desk in a browser: by keyboard, without scripts, on a phone, for a screen reader."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from matcher.core.clock import local_date, utc_now
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import claims, progress, review
from matcher.matching.model import Pairing, PairingState, Verdict
from matcher.needs.model import NeedState
from tests.browser.conftest import OpenAs, is_too_wide
from tests.conftest import Actors
from tests.desk_pairings import pairing
from tests.factories import NeedFactory, OfferFactory

ADDRESSES = (
    "/desk/", "/desk/queue", "/desk/pairings/{0}", "/desk/decisions", "/desk/intake", "/desk/intake/needs/{1}",
    "/desk/board", "/desk/board?state=suggested", "/desk/tasks?who=all", "/desk/list", "/desk/search?q=孔隙率",
    "/desk/workload",
)  # fmt: skip


@pytest.fixture
def waiting(uow: UnitOfWork, actors: Actors) -> list[int]:
    """The ids of six pairings to review, the most promising first."""
    made = [pairing(0.9 - place / 10) for place in range(6)]
    uow.commit()
    return [one.id for one in made]


def shows(page: Page, pairing_id: int) -> None:
    expect(page.locator(f'[data-review="{pairing_id}"]')).to_be_visible()


def stored(uow: UnitOfWork, pairing_id: int) -> Pairing:
    uow.session.expire_all()
    return uow.session.get_one(Pairing, pairing_id)


def test_a_queue_is_worked_through_by_keyboard_alone(open_as: OpenAs, uow: UnitOfWork, waiting: list[int]) -> None:
    page = open_as("desk")
    page.goto("/desk/queue")
    shows(page, waiting[0])
    page.keyboard.press("j")
    shows(page, waiting[1])
    page.keyboard.press("k")
    shows(page, waiting[0])
    page.keyboard.press("a")
    shows(page, waiting[1])
    page.keyboard.press("d")
    expect(page.locator(".decide-decline .decide-panel")).to_be_visible()
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    shows(page, waiting[2])
    page.keyboard.press("s")
    page.keyboard.press("2")
    shows(page, waiting[3])
    assert stored(uow, waiting[0]).state is PairingState.SHORTLISTED
    assert stored(uow, waiting[1]).state is PairingState.DECLINED
    assert stored(uow, waiting[2]).defer_until == local_date(utc_now()) + timedelta(days=7)
    expect(page.locator(".decided")).to_contain_text("稍后再看")
    page.keyboard.press("u")
    shows(page, waiting[2])
    assert stored(uow, waiting[2]).state is PairingState.SUGGESTED


def test_the_next_pairing_is_there_before_the_server_is_asked_again(open_as: OpenAs, waiting: list[int]) -> None:
    page = open_as("desk")
    page.goto("/desk/queue")
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route("**/desk/queue?*", lambda route: held.append(route))  # whatever is asked for from here on never arrives
    page.keyboard.press("a")
    shows(page, waiting[1])


def test_typing_a_note_presses_no_keys(open_as: OpenAs, uow: UnitOfWork, waiting: list[int]) -> None:
    page = open_as("desk")
    page.goto("/desk/queue")
    page.keyboard.press("d")
    page.locator("#note-decline").press_sequentially("a d j 3")
    shows(page, waiting[0])
    page.keyboard.press("Escape")
    expect(page.locator(".decide-decline .decide-panel")).to_be_hidden()
    assert stored(uow, waiting[0]).state is PairingState.SUGGESTED


def test_keys_can_be_switched_off(open_as: OpenAs, uow: UnitOfWork, waiting: list[int]) -> None:
    page = open_as("desk")
    page.goto("/desk/queue")
    page.keyboard.press("?")
    page.get_by_label("使用单键快捷键").uncheck()
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("a")
    page.reload()
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    assert stored(uow, waiting[0]).state is PairingState.SUGGESTED


def test_everything_works_without_scripts(open_as: OpenAs, uow: UnitOfWork, waiting: list[int]) -> None:
    page = open_as("desk", scripts=False)
    page.goto("/desk/queue")
    page.locator(".decide-accept > button").click()
    shows(page, waiting[1])
    page.locator(".decide-decline summary").click()
    page.get_by_label("价格或预算不合").check()
    page.get_by_role("button", name="确认不合适").click()
    shows(page, waiting[2])
    page.locator(".decide-defer summary").click()
    page.get_by_role("button", name="一个月后").click()
    shows(page, waiting[3])
    page.get_by_role("button", name="撤销").click()
    shows(page, waiting[2])
    page.locator(".queue-filter summary").click()
    page.locator("[name=state]").select_option("declined")
    page.get_by_role("button", name="筛选").click()
    shows(page, waiting[1])


@pytest.mark.parametrize("scripts", [True, False])
def test_when_a_colleague_is_faster_the_note_stays(
    scripts: bool, open_as: OpenAs, uow: UnitOfWork, actors: Actors, waiting: list[int]
) -> None:
    page = open_as("desk", scripts=scripts)
    page.goto("/desk/queue")
    with uow:
        claims.take_over(uow, actors.colleague, waiting[0])
        review.decide(uow, actors.colleague, waiting[0], Verdict.ACCEPT, note="我来跟进")
    page.locator(".decide-decline summary").click()
    page.get_by_label("领域不符").check()
    page.locator("#note-decline").fill("需求其实是检测")
    page.get_by_role("button", name="确认不合适").click()
    expect(page.locator("#refusal")).to_contain_text(f"{actors.colleague.name} 比您早一步")
    expect(page.locator("#refusal")).to_contain_text("我来跟进")
    expect(page.locator("#note-decline")).to_have_value("需求其实是检测")
    expect(page.get_by_label("领域不符")).to_be_checked()
    assert stored(uow, waiting[0]).state is PairingState.SHORTLISTED


def test_on_a_phone_the_list_leads_to_one_pairing_with_the_decision_at_hand(
    open_as: OpenAs, waiting: list[int]
) -> None:
    page = open_as("desk", "phone")
    page.goto("/desk/queue")
    expect(page.locator(".review")).to_be_hidden()
    page.locator(".queue-row a").nth(1).click()
    shows(page, waiting[1])
    expect(page.locator(".queue")).to_be_hidden()
    for part in (".side >> nth=0", ".side >> nth=1", ".why"):
        page.locator(part).scroll_into_view_if_needed()
        expect(page.locator(".decide-accept > button")).to_be_in_viewport()
    page.locator(".decide-accept > button").click()
    shows(page, waiting[2])


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_no_page_has_a_serious_fault_or_needs_scrolling_sideways(
    size: str,
    open_as: OpenAs,
    faults: Callable[[Page], list[str]],
    uow: UnitOfWork,
    actors: Actors,
    waiting: list[int],
) -> None:
    need = NeedFactory(state=NeedState.SUBMITTED)
    OfferFactory(state="submitted")
    uow.commit()
    with uow:
        review.decide(uow, actors.colleague, waiting[5], Verdict.DECLINE, reason="ip", note="独占")
    page = open_as("desk", size)
    found = {}
    for path in ADDRESSES:
        page.goto(path.format(waiting[5], need.id))
        found[path] = faults(page) + (["too wide"] if is_too_wide(page) else [])
    page.goto(f"/desk/queue?pairing={waiting[0]}")
    page.locator(".decide-decline summary").click()
    found["decline"] = faults(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_what_a_colleague_has_open_is_passed_over_and_can_be_taken_over_by_keyboard(
    open_as: OpenAs, uow: UnitOfWork, actors: Actors, waiting: list[int]
) -> None:
    uow.clock = utc_now  # the server's: a claim runs out by it
    with uow:
        claims.claim(uow, actors.colleague, waiting[1])
    page = open_as("desk")
    page.goto("/desk/queue")
    shows(page, waiting[0])
    expect(page.locator(".queue")).to_contain_text(f"{actors.colleague.name} 正在评审")
    page.keyboard.press("a")
    shows(page, waiting[2])
    page.goto(f"/desk/queue?pairing={waiting[1]}")
    expect(page.locator("#refusal")).to_contain_text("正在评审这个匹配对")
    page.keyboard.press("t")
    shows(page, waiting[1])
    page.keyboard.press("a")
    shows(page, waiting[2])
    assert stored(uow, waiting[1]).state is PairingState.SHORTLISTED


def test_an_open_page_claims_what_it_shows_next_and_leaving_gives_it_back(
    open_as: OpenAs, uow: UnitOfWork, actors: Actors, waiting: list[int]
) -> None:
    page = open_as("desk")
    page.goto("/desk/queue")
    page.wait_for_load_state("networkidle")
    with page.expect_response("**/claim"):
        page.keyboard.press("j")
    shows(page, waiting[1])
    uow.session.rollback()
    assert set(claims.holders(uow, waiting)) == {waiting[1]}
    page.goto("/desk/workload")
    for _ in range(50):  # the page that was left sends it on its way out
        page.wait_for_timeout(100)
        uow.session.rollback()
        if not claims.holders(uow, waiting):
            break
    assert claims.holders(uow, waiting) == {}


def test_many_pairings_are_ticked_and_declined_by_keyboard(
    open_as: OpenAs, uow: UnitOfWork, waiting: list[int]
) -> None:
    page = open_as("desk")
    page.goto("/desk/list")
    for key in ("j", "x", "j", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-picked]")).to_have_text("2")
    page.keyboard.press("d")
    page.locator("#bulk-reason").select_option("ip")
    page.get_by_role("button", name="确认不合适").press("Enter")
    expect(page.locator("#outcome")).to_contain_text("已处理 2 对")
    assert stored(uow, waiting[0]).state is PairingState.DECLINED
    assert stored(uow, waiting[1]).state is PairingState.SUGGESTED
    assert stored(uow, waiting[2]).state is PairingState.DECLINED


def test_cards_are_moved_by_keyboard_and_by_dragging(open_as: OpenAs, uow: UnitOfWork, waiting: list[int]) -> None:
    page = open_as("desk")
    page.goto("/desk/board")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    expect(page.locator('[data-column="shortlisted"] [data-card]')).to_have_count(1)
    assert stored(uow, waiting[0]).state is PairingState.SHORTLISTED
    page.wait_for_load_state("networkidle")
    page.drag_and_drop(f'[data-card="{waiting[1]}"] .card-facts', '[data-column="shortlisted"] h2')
    expect(page.locator('[data-column="shortlisted"] [data-card]')).to_have_count(2)
    assert stored(uow, waiting[1]).state is PairingState.SHORTLISTED


@pytest.fixture
def agreed(uow: UnitOfWork, actors: Actors, waiting: list[int]) -> int:
    """The id of a pairing of which both sides said that they are interested."""
    with uow:
        review.decide(uow, actors.desk, waiting[0], Verdict.ACCEPT)
        for action, note in (("introduce", ""), ("interest", "电话里都同意")):
            progress.move(uow, actors.desk, waiting[0], action, note=note)
    return waiting[0]


def test_a_dropped_card_asks_for_the_day_and_goes_on_or_stays(
    open_as: OpenAs, uow: UnitOfWork, waiting: list[int]
) -> None:
    page = open_as("desk")
    page.goto("/desk/board")
    card, column = f'[data-card="{waiting[1]}"]', '[data-column="deferred"]'
    page.drag_and_drop(f"{card} .card-facts", f"{column} h2")
    question = page.get_by_role("dialog", name="稍后再看")
    expect(question.locator("input[type=date]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert stored(uow, waiting[1]).state is PairingState.SUGGESTED
    page.drag_and_drop(f"{card} .card-facts", f"{column} h2")
    question.get_by_role("button", name="确定").click()
    expect(question.get_by_role("alert")).to_be_visible()
    later = local_date(utc_now()) + timedelta(days=9)
    question.locator("input[type=date]").fill(later.isoformat())
    question.locator("textarea").fill("等样件")
    question.get_by_role("button", name="确定").click()
    expect(page.locator(f"{column} {card} .card-title")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("稍后再看")
    assert stored(uow, waiting[1]).state is PairingState.DEFERRED
    assert stored(uow, waiting[1]).defer_until == later


def test_a_card_dropped_on_meetings_asks_for_the_day_that_may_be_left_open(
    open_as: OpenAs, uow: UnitOfWork, agreed: int
) -> None:
    page = open_as("desk")
    page.goto("/desk/board")
    page.drag_and_drop(f'[data-card="{agreed}"] .card-facts', '[data-column="meeting"] h2')
    question = page.get_by_role("dialog", name="安排会谈")
    expect(question.locator("input[type=date]")).to_be_focused()
    assert stored(uow, agreed).state is PairingState.INTERESTED
    page.keyboard.press("Enter")
    expect(page.locator(f'[data-column="meeting"] [data-card="{agreed}"]')).to_be_visible()
    assert stored(uow, agreed).state is PairingState.MEETING


def test_by_keyboard_the_same_is_asked(open_as: OpenAs, uow: UnitOfWork, waiting: list[int]) -> None:
    page = open_as("desk")
    page.goto("/desk/board")
    for key in ("ArrowDown", "m", "Tab", "Enter"):
        page.keyboard.press(key)
    question = page.get_by_role("dialog", name="不合适")
    expect(question.locator("select")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator(f'[data-card="{waiting[0]}"] .card-title')).to_be_focused()
    for key in ("m", "Tab", "Enter"):
        page.keyboard.press(key)
    question.locator("select").select_option("ip")
    question.get_by_role("button", name="确定").press("Enter")
    expect(page.locator(f'[data-column="declined"] [data-card="{waiting[0]}"] .card-title')).to_be_focused()
    assert stored(uow, waiting[0]).state is PairingState.DECLINED


def test_a_question_left_open_says_who_was_faster(
    open_as: OpenAs, uow: UnitOfWork, actors: Actors, waiting: list[int]
) -> None:
    page = open_as("desk", "phone")
    page.goto("/desk/board?state=suggested")
    page.locator(f"#p{waiting[0]} .card-menu summary").first.click()
    page.locator(f"#p{waiting[0]}").get_by_text("不合适…").click()
    question = page.get_by_role("dialog", name="不合适")
    with uow:
        review.decide(uow, actors.colleague, waiting[0], Verdict.ACCEPT)
    question.locator("select").select_option("ip")
    question.locator("textarea").fill("两年前谈过")
    question.get_by_role("button", name="确定").click()
    expect(question.get_by_role("alert")).to_contain_text(actors.colleague.name)
    assert question.locator("textarea").input_value() == "两年前谈过", "what was typed stays"
    assert stored(uow, waiting[0]).state is PairingState.SHORTLISTED
    assert not is_too_wide(page)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_work_around_a_pairing_needs_no_scripts(
    size: str, open_as: OpenAs, uow: UnitOfWork, actors: Actors, waiting: list[int]
) -> None:
    page = open_as("desk", size, scripts=False)
    page.goto("/desk/board?state=suggested")
    card = page.locator(f"#p{waiting[0]}")
    card.locator(".card-menu summary").first.click()
    card.get_by_role("button", name="合适，入选").click()
    expect(page.locator("main")).to_contain_text("已入选")
    page.goto(f"/desk/pairings/{waiting[0]}")
    page.fill("#note-text", "电话里约好下周三")
    page.get_by_role("button", name="记下").click()
    expect(page.locator("#timeline")).to_contain_text("电话里约好下周三")
    page.fill("#task-title", "准备样件")
    page.fill("#task-due", (local_date(utc_now()) + timedelta(days=3)).isoformat())
    page.get_by_role("button", name="添加任务").click()
    expect(page.locator("#tasks")).to_contain_text("准备样件")
    page.locator("#file-file").set_input_files(
        {"name": "报告.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator("#files")).to_contain_text("报告.pdf")
    page.goto("/desk/list")
    page.locator("[name=pick]").first.check()
    page.locator(".bulk-more summary").first.click()
    page.locator("#bulk-reason").select_option("ip")
    page.get_by_role("button", name="确认不合适").click()
    expect(page.locator("#outcome")).to_contain_text("已处理 1 对")
