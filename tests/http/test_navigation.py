"""The header: what each role finds there, and which link is marked."""

import re

import pytest

from matcher.core.labels import Label
from matcher.core.people import Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from matcher.web import navigation
from tests.conftest import Actors
from tests.experts import PanelFactory
from tests.http.conftest import SignIn
from tests.projects import BidFactory, ProjectFactory, TaskBookFactory

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


def test_a_menu_shows_what_waits_behind_all_its_links(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    board, tasks = (
        navigation.Link(endpoint, Label(name, name), count=lambda uow, actor, waiting=waiting: waiting)
        for endpoint, name, waiting in (("desk.show_board", "A", 2), ("desk.show_tasks", "B", 3))
    )
    group = navigation.Group(Label("跟进", "Follow up"), (board, tasks))
    monkeypatch.setitem(navigation.WORK, Role.DESK, (group,))
    header = _header(sign_in("desk").get("/").text)
    assert re.search(r'<summary>跟进<span class="waiting">5<', header)
    assert re.search(r'>A<span class="waiting">2<.*>B<span class="waiting">3<', header, re.S)


def test_the_menu_of_the_page_in_sight_is_marked_too(sign_in: SignIn) -> None:
    header = _header(sign_in("desk").get("/desk/board").text)
    assert re.findall(r'<summary class="is-current">(.*?)<', header) == ["跟进"]
    assert re.findall(r'<a href="([^"]+)" aria-current="true"', header) == ["/desk/board", "/desk/board"]


def test_every_page_of_a_project_is_under_projects_for_the_office(
    uow: UnitOfWork, actors: Actors, sign_in: SignIn
) -> None:
    project = ProjectFactory(mode=Mode.RACE, state=ProjectState.EVALUATION)
    bid = BidFactory(project=project, state=BidState.ADMITTED)
    book, panel = TaskBookFactory(bid=bid), PanelFactory(project=project)
    uow.commit()
    office, one = sign_in("government"), project.id
    pages = (
        f"/projects/{one}", f"/experts/projects/{one}", f"/experts/projects/{one}/new?stage=evaluation",
        f"/experts/panels/{panel.id}/choose", f"/experts/panels/{panel.id}/edit", f"/bids/project/{one}", f"/bids/{bid.id}",
        f"/delivery/projects/{one}", f"/delivery/{book.id}", f"/gates/projects/{one}", f"/gates/projects/{one}/plan",
    )  # fmt: skip
    for page in pages:
        header = _header(office.get(page).text)
        assert re.findall(r'<a href="([^"]+)" aria-current="true"', header) == ["/projects/", "/projects/"], page
        assert re.findall(r'<summary class="is-current">(.*?)<', header) == ["立题"], page
    register = _header(office.get("/experts/register").text)
    assert re.findall(r'<a href="([^"]+)" aria-current="true"', register) == ["/experts/register"] * 2


def test_a_menu_of_one_link_is_that_link(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(navigation.WORK, Role.DESK, (navigation.Group(Label("配对", "Pairing"), (navigation.FIND,)),))
    header = _header(sign_in("desk").get("/").text)
    assert "nav-group" not in header
    assert header.count('href="/desk/search"') == 2


def test_two_roles_share_their_menus_and_see_every_link_once() -> None:
    roles = (Role.ENTERPRISE, Role.UNIVERSITY, Role.DESK)
    merged = navigation._merged(entry for role in roles for entry in navigation.WORK[role])
    links = [link.endpoint for entry in merged for link in navigation._links(entry)]
    menus = [entry.label for entry in merged if isinstance(entry, navigation.Group)]
    assert len(links) == len(set(links))
    assert set(links) == {
        link.endpoint for role in roles for entry in navigation.WORK[role] for link in navigation._links(entry)
    }
    assert len(menus) == len(set(menus))


@pytest.mark.parametrize("role", list(navigation.WORK))
def test_the_header_of_a_role_stays_one_short_row(role: Role) -> None:
    assert len(navigation.WORK[role]) <= 8
    assert all(2 <= len(entry.links) <= 8 for entry in navigation.WORK[role] if isinstance(entry, navigation.Group))
