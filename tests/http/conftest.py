"""The real application over a fresh database, and browsers without a screen: visitors and people of every role."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from matcher.accounts.model import Person
from matcher.app import Platform
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.settings import Settings
from matcher.web import configure_web
from tests.conftest import Actors, MovableClock
from tests.factories import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """Open pages and send forms as a browser does: with cookies, and with the token of the page that was open last."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._token = ""

    def get(self, path: str, **arguments: Any) -> TestResponse:
        return self._remember(self.client.get(path, query_string=arguments or None, buffered=True))

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, token: str | None = None, **more: Any
    ) -> TestResponse:
        """Send a form; the token comes from the last page with a form, or from the sign-in page."""
        if token is None and not self._token:
            self.get("/account/sign-up")
        form = {"csrf_token": self._token if token is None else token} | (data or {})
        return self._remember(self.client.post(path, data=form, buffered=True, **more))

    def _remember(self, response: TestResponse) -> TestResponse:
        if response.mimetype == "text/html":
            found = _TOKEN.search(response.text)
            self._token = html.unescape(found[1]) if found else self._token
        return response


SignIn = Callable[[str], Browser]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock.of_pages()


@pytest.fixture
def app(platform: Platform, settings: Settings) -> Flask:
    built = Flask("matcher", static_folder=None)
    configure_web(built, platform)
    # Crashes are answered as in production: a page, not a traceback.
    built.config.update(TESTING=False)
    return built


@pytest.fixture
def visitor(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def sign_in(app: Flask, actors: Actors, uow: UnitOfWork) -> SignIn:
    """Return a browser in which one of `actors` (by field name: "desk") is signed in."""

    def browser(role: str) -> Browser:
        actor: Actor = getattr(actors, role)
        opened = Browser(app.test_client())
        if actor.person_id is None:
            return opened
        person = uow.session.get_one(Person, actor.person_id)
        answer = opened.post("/account/sign-in", {"email": person.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        opened._token = ""
        return opened

    return browser


CountQueries = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def count_queries(platform: Platform) -> CountQueries:
    """Return a context manager that gathers the statements sent to the database inside it."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            sent.append(statement)

        event.listen(platform.engine, "before_cursor_execute", note)
        yield sent
        event.remove(platform.engine, "before_cursor_execute", note)

    return counting
