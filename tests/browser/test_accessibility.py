"""Every page can be read and used by everyone: axe finds no serious fault, and nothing sticks out on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from matcher.accounts.model import PersonState
from matcher.core.unit_of_work import UnitOfWork
from tests.browser.conftest import SIZES, Colours, OpenAs, is_too_wide
from tests.factories import NeedFactory, OfferFactory, PersonFactory

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
    "enterprise": ("/enterprise/", "/account/profile", "/account/organisation", "/desk/"),
    "university": ("/university/",),
    "government": ("/government/",),
    "desk": ("/desk/",),
    "admin": ("/admin/", "/admin/people", "/admin/audit"),
}


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("role", PAGES)
def test_pages_have_no_serious_fault_and_fit_the_screen(
    role: str, colours: Colours, open_as: OpenAs, faults: Callable[[Page], list[str]], uow: UnitOfWork
) -> None:
    NeedFactory(expected_trl="7")
    OfferFactory()
    PersonFactory(state=PersonState.PENDING)
    uow.commit()
    found = {}
    for size in SIZES:
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
