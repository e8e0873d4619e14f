"""Chinese first, English by a switch."""

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

import matcher.web
from matcher.accounts.model import Person
from matcher.core.unit_of_work import UnitOfWork
from matcher.web.language import SOURCES, read_texts
from tests.conftest import Actors
from tests.http.conftest import Browser, SignIn

WEB = Path(matcher.web.__file__).parent


def test_pages_are_chinese_until_somebody_switches(visitor: Browser) -> None:
    assert '<html lang="zh-Hans">' in visitor.get("/").text
    english = visitor.get("/", lang="en").text
    assert '<html lang="en">' in english
    assert "Latest needs" in english
    assert "Latest needs" in visitor.get("/").text
    assert "最新需求" in visitor.get("/", lang="zh").text


def test_an_unknown_language_changes_nothing(visitor: Browser) -> None:
    assert '<html lang="zh-Hans">' in visitor.get("/", lang="<x>").text


def test_the_switch_keeps_the_page(visitor: Browser) -> None:
    page = visitor.get("/needs", tech_field="rail").text
    assert 'href="/needs?tech_field=rail&amp;lang=en"' in page


def test_the_choice_stays_with_the_person(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    sign_in("desk").get("/about", lang="en")
    uow.session.expire_all()
    assert uow.session.get_one(Person, actors.desk.person_id).language == "en"
    assert "Your account" in sign_in("desk").get("/account/profile").text


def test_errors_come_in_the_language_of_the_page(visitor: Browser) -> None:
    visitor.get("/", lang="en")
    assert "Page not found" in visitor.get("/nowhere").text
    answer = visitor.post("/account/sign-up", {"name": ""})
    assert "Fill in “Name”." in answer.text


def test_every_text_of_a_page_has_an_english_form() -> None:
    with (WEB / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(str(WEB), methods, options, keywords=keywords)
    texts = {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}
    english = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in read_texts(SOURCES) if m.id}
    assert sorted(texts - english.keys()) == []
    assert sorted(english.keys() - texts) == []
    assert [text for text, form in english.items() if not all([form] if isinstance(form, str) else form)] == []


def test_english_forms_keep_the_placeholders() -> None:
    for message in read_texts(SOURCES):
        assert list(message.check()) == [], message.id
