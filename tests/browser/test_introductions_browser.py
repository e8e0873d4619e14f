"""Introductions, inbox and contracts in a real browser: readable by everyone, usable by keyboard and without scripts."""

import pytest

from tests.browser.conftest import SIZES, is_too_wide
from tests.factories import PairingFactory
from tests.introductions import agree, introduce

PAGES = ("/introductions/", "/introductions/1", "/introductions/2", "/inbox/", "/inbox/settings", "/deals/", "/needs")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("role", ["enterprise", "university", "desk"])
def test_pages_have_no_serious_fault_and_fit_the_screen(open_as, faults, uow, actors, role, colours):
    introduce(uow, actors, disclosure="redacted")
    agree(uow, actors, introduce(uow, actors))
    PairingFactory()
    uow.commit()
    found = {}
    for size in SIZES:
        page = open_as(role, size, colours=colours)
        for path in PAGES:
            page.goto(path)
            for summary in page.locator("main summary").all():
                summary.evaluate("one => one.parentElement.open = true")
            found[path, size] = faults(page) + (["too wide"] if is_too_wide(page) else [])
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


def test_a_side_answers_by_keyboard_and_without_scripts(open_as, uow, actors):
    introduce(uow, actors)
    page = open_as("university", scripts=False)
    page.goto("/inbox/")
    page.get_by_role("button", name="去看看").press("Enter")
    page.wait_for_url("**/introductions/1")
    page.locator("summary", has_text="有意向").press("Enter")
    page.fill("#f-cooperation", "先做技术诊断")
    page.get_by_role("button", name="有意向，转告对方").press("Enter")
    assert page.get_by_role("link", name="请填写“您是谁，为什么是您？”。").is_visible()
    assert page.input_value("#f-cooperation") == "先做技术诊断"
    page.fill("#f-about", "增材制造团队")
    page.get_by_role("button", name="有意向，转告对方").press("Enter")
    assert page.get_by_text("现在等对方答复").is_visible()
