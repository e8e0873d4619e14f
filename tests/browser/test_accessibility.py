"""Every page can be read and used by everyone: axe finds no serious fault, and nothing sticks out on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from matcher.accounts.model import Organisation, PersonState
from matcher.core.unit_of_work import UnitOfWork
from tests.browser.conftest import SIZES, Colours, OpenAs, is_too_wide
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory, PersonFactory
from tests.topic_records import topic_of_two

PAGES = {
    "visitor": (
        "/",
        "/needs",
        "/needs?tech_field=new_materials#facets",
        "/offers?q=nothing-of-this-kind",
        "/needs/1",
        "/offers/1",
        "/organisations/1",
        "/about",
        "/account/sign-in",
        "/account/sign-up",
        "/account/signed-up",
        "/nowhere",
    ),
    "enterprise": (
        "/enterprise/",
        "/account/profile",
        "/account/organisation",
        "/desk/",
        "/my/needs/",
        "/my/needs/?state=draft",
        "/my/needs/new",
        "/my/needs/2",
        "/my/needs/2/edit",
        "/my/needs/upload",
        "/my/offers/",
        "/my/needs/new?lang=en",
    ),
    "university": ("/university/", "/my/offers/", "/my/offers/new", "/my/offers/2", "/my/offers/upload"),
    "government": (
        "/government/",
        "/government/gaps",
        "/topics/",
        "/topics/1",
        "/topics/singles",
        "/topics/weights",
        "/my/needs/",
        "/my/needs/new",
    ),
    "desk": ("/desk/", "/learning/", "/my/needs/", "/my/needs/new", "/my/offers/upload"),
    "admin": (
        "/admin/",
        "/admin/people",
        "/admin/people?q=nobody",
        "/admin/audit",
        "/admin/mail",
        "/admin/audit?entity=person",
        "/learning/",
    ),
}
ROWS = "自编号,需求名称,需求来源,技术领域,主要技术难点,公开方式\nA,题目,企业需求,航空航天,难点,公开\nB,题目,外星,航天航空,难点,公开\n"


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("role", PAGES)
def test_pages_have_no_serious_fault_and_fit_the_screen(
    role: str, colours: Colours, open_as: OpenAs, faults: Callable[[Page], list[str]], uow: UnitOfWork, actors: Actors
) -> None:
    NeedFactory(expected_trl="7")
    OfferFactory()
    for side, owner, factory in (("need", "enterprise", NeedFactory), ("offer", "university", OfferFactory)):
        organisation = uow.session.get_one(Organisation, getattr(actors, owner).organisation_id)
        own = factory(organisation=organisation)
        PairingFactory(**{side: own})
        factory(organisation=organisation, state="returned", return_note="请写明指标。")
    PersonFactory(state=PersonState.PENDING)
    if role == "government":
        topic_of_two(uow)  # made-up vectors: no text can be searched among them
    uow.commit()
    found = {}
    # Dark colours are the same at both sizes.
    for size in SIZES if colours == "light" else ["desktop"]:
        page = open_as(role, size, colours=colours)
        for path in PAGES[role]:
            page.goto(path)
            found[path, size] = faults(page) + (["too wide"] if is_too_wide(page) else [])
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


def test_errors_lead_to_their_fields_by_keyboard_and_without_scripts(open_as: OpenAs) -> None:
    page = open_as("visitor", scripts=False)
    page.goto("/account/sign-up")
    page.fill("#f-name", "蓉城")
    page.locator("main form button.btn-primary").press("Enter")
    page.get_by_role("link", name="请填写“行政区划”。").press("Enter")
    assert page.url.endswith("#f-region")
    assert page.input_value("#f-name") == "蓉城"


@pytest.mark.parametrize("size", SIZES)
def test_the_verdict_on_a_list_and_a_form_with_errors_have_no_fault(
    size: str, open_as: OpenAs, faults: Callable[[Page], list[str]]
) -> None:
    page = open_as("enterprise", size)
    page.goto("/my/needs/new")
    page.fill("#f-budget", "很多")
    page.locator("main form button[name=do][value=submit]").click()
    page.wait_for_selector("#error-summary")
    assert faults(page) + (["too wide"] if is_too_wide(page) else []) == []
    page.goto("/my/needs/upload")
    page.set_input_files("#f-file", files=[{"name": "a.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}])
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/upload/*")
    assert faults(page) + (["too wide"] if is_too_wide(page) else []) == []


def test_the_menu_of_a_phone_opens_without_scripts_and_leads_on(open_as: OpenAs) -> None:
    page = open_as("visitor", "phone", scripts=False)
    page.goto("/")
    assert not page.locator(".public-nav").is_visible()
    page.locator(".menu > summary").press("Enter")
    page.locator(".menu-panel").get_by_role("link", name="成果库").press("Enter")
    page.wait_for_url("**/offers")


def test_the_menus_of_the_header_work_by_keyboard_and_close_again(
    open_as: OpenAs, faults: Callable[[Page], list[str]]
) -> None:
    page = open_as("desk")
    page.goto("/desk/")
    menu = page.locator(".nav-group", has_text="跟进")
    menu.locator("summary").press("Enter")
    assert faults(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator("a:focus").inner_text() == "引荐"
    page.keyboard.press("Escape")
    assert page.locator(".nav-group[open]").count() == 0
    assert "跟进" in page.locator(":focus").inner_text()
    page.locator(".nav-group", has_text="供需").locator("summary").click()
    menu.locator("summary").click()
    assert page.locator(".nav-group[open] > summary").all_inner_texts() == ["跟进"]
    page.locator(".foot p").click()
    assert page.locator(".nav-group[open]").count() == 0


def test_the_menus_of_the_header_open_without_scripts_and_lead_on(open_as: OpenAs) -> None:
    page = open_as("desk", scripts=False)
    page.goto("/desk/")
    page.locator(".nav-group", has_text="跟进").locator("summary").press("Enter")
    page.locator(".nav-group[open]").get_by_role("link", name="看板").press("Enter")
    page.wait_for_url("**/desk/board")
