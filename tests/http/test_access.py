"""Who may open which address."""

import pytest
from flask import Flask

from matcher.core.people import Role
from matcher.web.guard import EVERYONE, access_of, is_guarded_elsewhere
from tests.http.conftest import Browser, SignIn

# An address joins this list only when everyone in the world may open it.
PUBLIC = {
    "public.home",
    "public.needs",
    "public.need",
    "public.offers",
    "public.offer",
    "public.organisation",
    "public.about",
    "calls.index",
    "calls.call",
    "calls.as_document",
    "calls.as_workbook",
    "calls.project",
    "calls.project_zip",
    "calls.notices",
    "calls.notice",
    "calls.awards",
    "calls.archive",
    "calls.feed",
    "scenarios.index",
    "scenarios.show",
    "scenarios.workbook",
    "account.sign_in",
    "account.sign_in_post",
    "account.sign_out",
    "account.sign_up",
    "account.sign_up_post",
    "account.signed_up",
    "projects.object",
    "projects.object_post",
    "inbox.unsubscribe",
    "inbox.unsubscribe_post",
    "health.check",
}
HOMES = {
    "enterprise": "/enterprise/",
    "university": "/university/",
    "government": "/government/",
    "desk": "/desk/",
    "admin": "/admin/",
    "expert": "/experts/",
}


def _pages(app: Flask) -> dict[str, frozenset[Role] | None]:
    return {name: access_of(view) for name, view in app.view_functions.items() if not is_guarded_elsewhere(name)}


def test_every_view_says_who_may_open_it(app: Flask) -> None:
    assert [name for name, access in _pages(app).items() if access is None] == []


def test_only_listed_views_are_open_to_everyone(app: Flask) -> None:
    assert {name for name, access in _pages(app).items() if access == EVERYONE} == PUBLIC


def test_a_visitor_is_asked_to_sign_in_at_every_other_address(app: Flask, visitor: Browser) -> None:
    for rule in app.url_map.iter_rules():
        if is_guarded_elsewhere(rule.endpoint) or rule.endpoint in PUBLIC:
            continue
        path = rule.build(dict.fromkeys(rule.arguments, "1"))[1]  # type: ignore[index]
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        answer = visitor.get(path) if method == "GET" else visitor.post(path)
        assert answer.status_code == 302, (method, path)
        assert answer.location.startswith("/account/sign-in"), (method, path)


def test_a_view_without_a_mark_is_refused(app: Flask, sign_in: SignIn) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert sign_in("admin").get("/forgotten").status_code == 403


@pytest.mark.parametrize("role", HOMES)
def test_each_role_opens_its_own_home_and_no_other(role: str, sign_in: SignIn) -> None:
    browser = sign_in(role)
    for owner, path in HOMES.items():
        assert browser.get(path).status_code == (200 if owner == role else 403), path


@pytest.mark.parametrize("role", [*HOMES, "visitor"])
@pytest.mark.parametrize("path", ["/", "/needs", "/offers", "/about", "/healthz"])
def test_everyone_opens_the_public_pages(role: str, path: str, sign_in: SignIn) -> None:
    assert sign_in(role).get(path).status_code == 200


def test_the_header_leads_each_role_to_its_work_only(sign_in: SignIn) -> None:
    page = sign_in("enterprise").get("/").text
    assert "企业工作台" in page
    assert "撮合工作台" not in page
    assert "账号管理" not in page
