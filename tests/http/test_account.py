"""Sign-in, sign-up, approval, profile, the own organisation."""

import re

import pytest
from sqlalchemy import select

from matcher.accounts.brake import TRIES, TRIES_OF_ADDRESS, Brake, WrongTry
from matcher.accounts.model import Organisation, Person, PersonState
from matcher.core.people import Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.web.account.routes import safe_next
from tests.conftest import Actors, MovableClock
from tests.factories import PASSWORD, OrganisationFactory, PersonFactory, code
from tests.http.conftest import Browser, SignIn

SIGN_UP = {
    "name": "蓉城新材料有限公司",
    "kind": "enterprise",
    "uscc": code(900_001),
    "region": "510107",
    "industry": "C30",
    "address": "武侯区一路 1 号",
    "person_name": "何静",
    "email": "hejing@new.example",
    "phone": "028-8555-0199",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


def _email(uow: UnitOfWork, person_id: int | None) -> str:
    return uow.session.get_one(Person, person_id).email


def test_signing_in_leads_to_the_page_that_one_came_for(visitor: Browser, uow: UnitOfWork, actors: Actors) -> None:
    asked = visitor.get("/admin/people", x="1")
    assert asked.location == "/account/sign-in?next=/admin/people?x%3D1"
    form = visitor.get(asked.location).text
    assert 'name="next" value="/admin/people?x=1"' in form
    sent = {"email": _email(uow, actors.admin.person_id), "password": PASSWORD, "next": "/admin/people?x=1"}
    assert visitor.post("/account/sign-in", sent).location == "/admin/people?x=1"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb", "", None, "needs"],
)
def test_signing_in_never_leads_off_the_site(address: str | None) -> None:
    assert safe_next(address) is None


def test_a_wrong_password_keeps_the_email_and_says_so(visitor: Browser, uow: UnitOfWork) -> None:
    person = PersonFactory()
    uow.commit()
    answer = visitor.post("/account/sign-in", {"email": person.email, "password": "wrong"})
    assert answer.status_code == 422
    assert "邮箱或密码不正确" in answer.text
    assert f'value="{person.email}"' in answer.text
    assert 'value="wrong"' not in answer.text


def test_guessing_passwords_is_slowed_down(visitor: Browser, uow: UnitOfWork) -> None:
    person = PersonFactory()
    uow.commit()
    for _ in range(TRIES):
        visitor.post("/account/sign-in", {"email": person.email, "password": "wrong"})
    answer = visitor.post("/account/sign-in", {"email": person.email.upper(), "password": PASSWORD})
    assert answer.status_code == 429
    assert "15 分钟后再试" in answer.text


def test_the_brake_lets_go_after_a_while(uow: UnitOfWork, clock: MovableClock) -> None:
    brake = Brake("secret")
    for _ in range(TRIES):
        assert brake.wait(uow, "a@b.example", "10.0.0.1") == 0
        brake.failed(uow, "a@b.example", "10.0.0.1")
    assert brake.wait(uow, " A@b.example", "10.0.0.1") == 15
    assert brake.wait(uow, "a@b.example", "10.0.0.2") == 0
    clock.move(minutes=15)
    assert brake.wait(uow, "a@b.example", "10.0.0.1") == 0


def test_the_right_password_forgives_the_wrong_ones_of_this_person(uow: UnitOfWork) -> None:
    brake = Brake("secret")
    for _ in range(TRIES):
        brake.failed(uow, "a@b.example", "10.0.0.1")
    brake.succeeded(uow, "a@b.example", "10.0.0.1")
    assert brake.wait(uow, "a@b.example", "10.0.0.1") == 0


def test_one_address_has_a_limit_of_its_own_and_nobody_is_named(uow: UnitOfWork) -> None:
    brake = Brake("secret")
    for number in range(TRIES_OF_ADDRESS):
        brake.failed(uow, f"{number}@b.example", "10.0.0.1")
    assert brake.wait(uow, "new@b.example", "10.0.0.1") > 0
    assert not any("example" in key for key in uow.session.scalars(select(WrongTry.key)))


def test_signing_out_ends_the_session_and_needs_a_form(sign_in: SignIn) -> None:
    browser = sign_in("desk")
    assert browser.get("/account/sign-out").status_code == 405
    browser.post("/account/sign-out")
    assert browser.get("/desk/").status_code == 302


def test_whoever_signs_up_waits_is_approved_and_signs_in(visitor: Browser, sign_in: SignIn, uow: UnitOfWork) -> None:
    assert "管理员核对" in visitor.get(visitor.post("/account/sign-up", SIGN_UP).location).text
    credentials = {"email": SIGN_UP["email"], "password": PASSWORD}
    assert "等待管理员审核" in visitor.post("/account/sign-in", credentials).text
    admin = sign_in("admin")
    assert "蓉城新材料有限公司" in admin.get("/admin/").text
    person = uow.session.scalars(select(Person).where(Person.email == SIGN_UP["email"])).one()
    admin.post(f"/admin/accounts/{person.id}", {"decision": "approve"})
    assert visitor.post("/account/sign-in", credentials).location == "/enterprise/"


def test_an_account_is_decided_once(sign_in: SignIn, uow: UnitOfWork) -> None:
    person = PersonFactory(state=PersonState.PENDING)
    uow.commit()
    admin = sign_in("admin")
    assert admin.post(f"/admin/accounts/{person.id}", {"decision": "refuse"}).status_code == 302
    assert admin.post(f"/admin/accounts/{person.id}", {"decision": "approve"}).status_code == 409
    assert admin.post("/admin/accounts/999999", {"decision": "approve"}).status_code == 404


def test_a_wrong_sign_up_shows_what_was_typed_and_what_to_mend(visitor: Browser, uow: UnitOfWork) -> None:
    wrong = {
        "name": "<b>蓉城</b>\"'",
        "uscc": "91510100XXXXXXXXXX",
        "region": "510107",
        "email": "no address",
        "phone": "call me",
        "password": "short",
    }
    answer = visitor.post("/account/sign-up", SIGN_UP | wrong)
    assert answer.status_code == 422
    assert 'value="&lt;b&gt;蓉城&lt;/b&gt;&#34;&#39;"' in answer.text
    assert 'value="91510100XXXXXXXXXX"' in answer.text
    assert 'value="no address"' in answer.text
    assert 'value="call me"' in answer.text
    assert '<option value="510107" selected>' in answer.text
    for field in ("uscc", "email", "phone", "password"):
        assert f'<a href="#f-{field}">' in answer.text
        assert f'id="error-{field}"' in answer.text
    assert "short" not in answer.text.replace('class="form-control short"', "")
    assert uow.session.scalar(select(Person).where(Person.email == "no address")) is None


def test_a_code_that_is_no_option_is_shown_back(visitor: Browser) -> None:
    answer = visitor.post("/account/sign-up", SIGN_UP | {"region": "火星", "kind": "<i>"})
    assert '<option value="火星" selected>火星</option>' in answer.text
    assert '<option value="&lt;i&gt;" selected>' in answer.text


def test_a_new_password_ends_the_other_sessions(sign_in: SignIn) -> None:
    here, elsewhere = sign_in("university"), sign_in("university")
    wrong = here.post(
        "/account/password", {"current_password": "x", "password": "a new password", "password_again": "a new password"}
    )
    assert wrong.status_code == 422
    assert "现在的密码不正确" in wrong.text
    new = {"current_password": PASSWORD, "password": "a new password", "password_again": "a new password"}
    assert here.post("/account/password", new).status_code == 302
    assert here.get("/account/profile").status_code == 200
    assert elsewhere.get("/account/profile").status_code == 302


def test_the_administrator_resets_a_forgotten_password(sign_in: SignIn, visitor: Browser, uow: UnitOfWork) -> None:
    person = PersonFactory(role=Role.UNIVERSITY)
    uow.commit()
    page = sign_in("admin").post(f"/admin/people/{person.id}/password").text
    password = re.search(r"新密码是 ([0-9a-f-]{19})", page)
    assert password
    credentials = {"email": person.email, "password": PASSWORD}
    assert visitor.post("/account/sign-in", credentials).status_code == 422
    assert visitor.post("/account/sign-in", credentials | {"password": password[1]}).status_code == 302
    assert sign_in("desk").post(f"/admin/people/{person.id}/password").status_code == 403


def test_the_profile_is_changed(sign_in: SignIn) -> None:
    browser = sign_in("university")
    bad = browser.post("/account/profile", {"name": "", "phone": "x"})
    assert bad.status_code == 422
    assert 'value="x"' in bad.text
    browser.post("/account/profile", {"name": "新名字", "phone": "028-8555-0100"})
    assert "新名字" in browser.get("/account/profile").text


def test_an_organisation_is_edited_by_its_members(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    browser = sign_in("enterprise")
    page = browser.get("/account/organisation").text
    assert "仅本机构和工作人员可见" in page
    given = {
        "name": "改名后的公司",
        "kind": "enterprise",
        "region": "510112",
        "registered_capital": "8000.5",
        "honours": ["high_tech", "listed"],
    }
    assert browser.post("/account/organisation", given | {"registered_capital": "很多"}).status_code == 422
    answer = browser.post("/account/organisation", given | {"registered_capital": "很多"})
    assert 'value="很多"' in answer.text
    assert 'value="listed" checked' in answer.text
    browser.post("/account/organisation", given)
    assert "改名后的公司" in browser.get(f"/organisations/{actors.enterprise.organisation_id}").text
    again = browser.get("/account/organisation").text
    assert 'value="8000.5"' in again
    assert 'value="high_tech" checked' in again


def test_an_organisation_cannot_take_the_code_of_another(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    other = OrganisationFactory()
    uow.commit()
    given = {"name": "甲", "kind": "enterprise", "region": "510112", "uscc": other.uscc}
    assert sign_in("enterprise").post("/account/organisation", given).status_code in (409, 422)
    uow.session.expire_all()
    assert uow.session.get_one(Organisation, actors.enterprise.organisation_id).name != "甲"
