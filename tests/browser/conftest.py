"""A real browser on the real application, at two sizes, with and without scripts."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from matcher.accounts.model import Person
from matcher.app import Platform
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.settings import Settings
from matcher.web import configure_web
from tests.conftest import Actors, MovableClock
from tests.factories import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
Colours = Literal["light", "dark"]


class OpenAs(Protocol):
    """Open a browser in which one of `actors` (by field name) is signed in."""

    def __call__(
        self, role: str, size: str = "desktop", *, scripts: bool = True, colours: Colours = "light"
    ) -> Page: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock.of_pages()


@pytest.fixture
def address(platform: Platform, settings: Settings) -> Iterator[str]:
    """Serve the application and return its address."""
    app = Flask("matcher", static_folder=None)
    configure_web(app, platform)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = False  # closing waits for what still answers, so that no file is left open
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_as(chromium: Browser, address: str, uow: UnitOfWork, actors: Actors) -> Iterator[OpenAs]:
    opened = []

    def open_page(role: str, size: str = "desktop", *, scripts: bool = True, colours: Colours = "light") -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            color_scheme=colours,
        )
        opened.append(context)
        page = context.new_page()
        actor: Actor = getattr(actors, role)
        if actor.person_id is not None:
            sign_in_page(page, uow.session.get_one(Person, actor.person_id).email)
        return page

    yield open_page
    for context in opened:
        context.close()


def sign_in_page(page: Page, email: str) -> None:
    """Sign a person of the factories in."""
    page.goto("/account/sign-in")
    page.fill("#f-email", email)
    page.fill("#f-password", PASSWORD)
    page.click("main form button.btn-primary")
    page.wait_for_url(lambda url: "/account/sign-in" not in url)


@pytest.fixture
def faults() -> Callable[[Page], list[str]]:
    """Return what finds the serious faults of a page, each with the rule and the first place."""

    def find(page: Page) -> list[str]:
        found = Axe().run(page).response["violations"]
        return [f"{f['id']} {f['nodes'][0]['target']}" for f in found if f["impact"] in {"serious", "critical"}]

    return find


def is_too_wide(page: Page) -> bool:
    """Say whether a page has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
