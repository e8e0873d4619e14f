"""The header: what each role finds there, and which link is marked."""

import re

import pytest

from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.web import navigation
from tests.http.conftest import SignIn

HEADER = re.compile(r"<header.*?</header>", re.S)


def _header(page: str) -> str:
    found = HEADER.search(page)
    assert found
    return found[0]


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "desk", "admin"])
def test_every_link_of_a_role_opens_for_that_role(role: str, sign_in: SignIn) -> None:
    browser = sign_in(role)
    addresses = set(re.findall(r'<li><a href="([^"]+)"', _header(browser.get("/").text)))
    assert len(addresses) >= 4
    assert {path: browser.get(path).status_code for path in addresses} == dict.fromkeys(addresses, 200)


def test_the_page_in_sight_is_the_only_one_marked(sign_in: SignIn) -> None:
    header = _header(sign_in("enterprise").get("/my/needs/").text)
    marked = re.findall(r'<a href="([^"]+)" aria-current="true"', header)
    # once in the row of a wide screen, once in the menu of a phone
    assert marked == ["/my/needs/", "/my/needs/"]


def test_a_visitor_sees_no_work(sign_in: SignIn) -> None:
    assert "work-nav" not in sign_in("visitor").get("/").text


def test_a_link_shows_how_much_waits_behind_it(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = navigation.Link("desk.home", Label("撮合工作台", "Desk"), ("desk.",), count=lambda uow, actor: 120)
    monkeypatch.setitem(navigation.WORK, Role.DESK, (busy,))
    assert '<span class="waiting">99+<' in _header(sign_in("desk").get("/").text)
