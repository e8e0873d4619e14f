"""Inbox, message settings, saved searches, and the link that ends a kind of mail."""

import re

import pytest
from sqlalchemy import select

from matcher.core.labels import Label
from matcher.matching import saved
from matcher.matching.saved_model import SavedSearch
from matcher.messages import preferences
from matcher.messages.kinds import MessageKind, Rhythm
from matcher.messages.model import Message, MessagePreference
from matcher.messages.service import Text, notify
from tests.introductions import introduction  # noqa: F401

HELLO = Text(Label("有一项新成果", "A new result"), Label("理由写在页面上。", "The page says why."))


@pytest.fixture
def message(uow, actors):
    with uow:
        notify(uow, [actors.enterprise.person_id], MessageKind.PROGRESS, HELLO, key="k", link="/about")
    return uow.session.scalars(select(Message)).one()


def test_the_bell_counts_what_is_not_read_and_following_reads_it(sign_in, message):
    browser = sign_in("enterprise")
    page = browser.get("/inbox/").text
    assert "有一项新成果" in page
    assert re.search(r'class="waiting">1<', page)
    answer = browser.post(f"/inbox/{message.id}")
    assert (answer.status_code, answer.location) == (303, "/about")
    assert not re.search(r'class="waiting">1<', browser.get("/inbox/").text)


@pytest.mark.parametrize("role", ["university", "desk", "admin", "other_enterprise"])
def test_nobody_reads_the_messages_of_others(sign_in, message, role):
    browser = sign_in(role)
    assert "有一项新成果" not in browser.get("/inbox/").text
    assert browser.post(f"/inbox/{message.id}").status_code == 404
    assert browser.post("/inbox/read").status_code == 303
    assert message.read_at is None


def test_opening_the_page_reads_what_led_there(sign_in, introduction, uow, actors):  # noqa: F811
    browser = sign_in("enterprise")
    assert re.search(r'class="waiting">1<', browser.get("/about").text)
    browser.get(f"/introductions/{introduction.id}")
    uow.session.expire_all()
    own = select(Message).where(Message.person_id == actors.enterprise.person_id)
    assert all(one.read_at for one in uow.session.scalars(own))


def test_a_person_chooses_how_often_what_is_mailed(sign_in, uow, actors):
    browser = sign_in("enterprise")
    page = browser.get("/inbox/settings").text
    assert "需要撮合人员处理" not in page, "that is for the desk"
    assert browser.post("/inbox/settings", {"introduction": "weekly", "desk": "never"}).status_code == 303
    rows = uow.session.scalars(select(MessagePreference)).all()
    assert [(row.kind, row.rhythm) for row in rows] == [(MessageKind.INTRODUCTION, Rhythm.WEEKLY)]
    assert browser.post("/inbox/settings", {"introduction": "hourly"}).status_code == 422


def token(settings, person_id):
    return preferences.unsubscribe_token(settings.session_key, person_id, ["introduction", "reminder"])


def test_the_link_of_a_mail_ends_its_kinds_without_sign_in_and_only_by_a_button(visitor, settings, uow, actors):
    address = f"/inbox/unsubscribe/{token(settings, actors.enterprise.person_id)}"
    page = visitor.get(address)
    assert page.status_code == 200
    assert "引荐" in page.text
    assert not uow.session.scalars(select(MessagePreference)).all(), "a scanner that opens links changes nothing"
    # Mail programs post without cookies and without a token of the page (RFC 8058).
    assert visitor.client.post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    rows = uow.session.scalars(select(MessagePreference)).all()
    assert {(row.person_id, row.kind, row.rhythm) for row in rows} == {
        (actors.enterprise.person_id, "introduction", "never"),
        (actors.enterprise.person_id, "reminder", "never"),
    }


@pytest.mark.parametrize("change", [lambda t: t[:-2], lambda t: "x" + t, lambda t: "a.b.c", lambda t: t.split(".")[0]])
def test_a_forged_link_changes_nothing(visitor, settings, uow, actors, change):
    address = f"/inbox/unsubscribe/{change(token(settings, actors.enterprise.person_id))}"
    assert visitor.get(address).status_code == 404
    assert visitor.client.post(address).status_code == 404
    assert not uow.session.scalars(select(MessagePreference)).all()


def test_the_search_on_the_screen_is_saved_changed_and_deleted(sign_in, uow, actors):
    browser = sign_in("university")
    page = browser.get("/needs", tech_field="new_materials", region="510100")
    assert "订阅这个搜索" in page.text
    query = re.search(r'name="query" value="([^"]*)"', page.text)[1].replace("&amp;", "&")
    form = {"what": "needs", "query": query + "&nonsense=1&tech_field=unheard_of", "name": "新材料", "rhythm": "weekly"}
    answer = browser.post("/inbox/searches", form)
    assert answer.status_code == 303
    search = uow.session.scalars(select(SavedSearch)).one()
    assert search.choices == {"tech_field": ["new_materials"], "region": ["510100"]}
    assert browser.get(saved.address(search)).status_code == 200
    assert "新材料" in browser.get("/inbox/settings").text
    browser.post("/inbox/searches", form)
    assert len(uow.session.scalars(select(SavedSearch)).all()) == 1, "one name, one search"
    other = sign_in("enterprise")
    assert other.post(f"/inbox/searches/{search.id}", {"remove": "1"}).status_code == 404
    assert browser.post(f"/inbox/searches/{search.id}", {"rhythm": "never"}).status_code == 303
    assert browser.post(f"/inbox/searches/{search.id}", {"remove": "1"}).status_code == 303
    uow.session.expire_all()
    assert not uow.session.scalars(select(SavedSearch)).all()


def test_a_visitor_is_not_offered_to_save_a_search(visitor):
    assert "订阅这个搜索" not in visitor.get("/needs").text
