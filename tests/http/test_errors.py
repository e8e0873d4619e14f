"""Errors are pages that say what to do; answers carry the headers that keep readers safe."""

import re

import pytest
from flask import Flask
from sqlalchemy import text

from matcher.app import Platform, open_platform
from matcher.settings import Settings
from matcher.web import configure_web
from tests.http.conftest import Browser


def test_an_unknown_address_says_where_to_look(visitor: Browser) -> None:
    answer = visitor.get("/nowhere")
    assert answer.status_code == 404
    assert "从需求清单或成果库重新查找" in answer.text


def test_a_form_without_its_token_changes_nothing_and_says_so(visitor: Browser) -> None:
    answer = visitor.post("/account/sign-up", {"name": "x"}, token="forged")
    assert answer.status_code == 400
    assert "刷新后再提交" in answer.text


def test_too_large_a_request_is_refused_with_the_limit(visitor: Browser, settings: Settings) -> None:
    visitor.get("/account/sign-up")
    answer = visitor.post("/account/sign-up", {"name": "x" * (settings.max_upload_mb + 2) * 1024 * 1024})
    assert answer.status_code == 413
    assert f"最多提交 {settings.max_upload_mb} MB" in answer.text


def test_a_text_of_a_hundred_thousand_characters_is_answered_by_the_field(visitor: Browser) -> None:
    answer = visitor.post("/account/sign-up", {"name": "长" * 100_000})
    assert answer.status_code == 422
    assert "最多 120 字，现在是 100000 字" in answer.text


def test_control_characters_and_emoji_do_no_harm(visitor: Browser) -> None:
    answer = visitor.post("/account/sign-up", {"name": "a\x00b\u202e😀\ud800".encode("utf-8", "replace").decode()})
    assert answer.status_code == 422


def test_a_broken_database_shows_a_plain_page_with_a_number(visitor: Browser, platform: Platform) -> None:
    with platform.engine.begin() as connection:
        connection.execute(text("ALTER TABLE needs RENAME TO gone"))
    answer = visitor.get("/")
    assert answer.status_code == 500
    assert "系统出错了" in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert "OperationalError" not in answer.text


def test_every_answer_carries_the_safety_headers(visitor: Browser) -> None:
    for path in ("/", "/nowhere", "/static/mark.svg"):
        headers = visitor.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_no_page_needs_inline_styles_or_scripts(visitor: Browser) -> None:
    for path in ("/", "/needs", "/account/sign-up", "/about"):
        page = visitor.get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert "onclick" not in page
        assert "http://" not in page.replace("http://localhost", "")
        assert "https://" not in page


@pytest.mark.parametrize(("environment", "secure"), [("development", False), ("production", True)])
def test_cookies_travel_over_https_only_in_production(settings: Settings, environment: str, secure: bool) -> None:
    platform = open_platform(settings.model_copy(update={"environment": environment}))
    app = Flask("matcher", static_folder=None)
    configure_web(app, platform)
    answer = app.test_client().get("/account/sign-up", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert ("Secure" in cookie) is secure
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Strict-Transport-Security" in answer.headers) is secure
    platform.engine.dispose()


def test_static_files_may_be_kept_for_a_year_and_change_their_address(visitor: Browser) -> None:
    address = re.search(r"/static/layout.css\?v=\w+", visitor.get("/").text)
    assert address
    assert "max-age=31536000" in visitor.get(address[0]).headers["Cache-Control"]
    assert visitor.get("/").headers["Cache-Control"] == "no-store"


def test_the_service_says_that_it_is_well(visitor: Browser) -> None:
    assert visitor.get("/healthz").json == {"database": "ok"}


@pytest.mark.parametrize("path", ["/needs/{}", "/offers/{}", "/organisations/{}"])
@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "0", "-1", "x"])
def test_a_number_that_nothing_has_is_not_found(path: str, number: str, visitor: Browser) -> None:
    assert visitor.get(path.format(number)).status_code == 404
