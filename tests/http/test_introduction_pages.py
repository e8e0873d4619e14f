"""The pages of introductions: for each side, for the desk, and for nobody else."""

import pytest

from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import introductions
from matcher.matching.model import Pairing, PairingState
from matcher.needs.model import Need
from tests.introductions import NO, SECRET, YES, agree, introduce, introduction, make_pairing  # noqa: F401

DEAL = {"title": "叶片修复技术开发合同", "contract_type": "development", "amount": "120.5", "signed_on": "2026-01-15"}


def state_of(uow: UnitOfWork, found) -> PairingState:
    uow.session.expire_all()
    return uow.session.get_one(Pairing, found.pairing_id).state


@pytest.mark.parametrize("role", ["enterprise", "university", "desk"])
def test_an_introduction_is_shown_to_its_sides_and_the_desk(sign_in, introduction, role):  # noqa: F811
    browser = sign_in(role)
    page = browser.get(f"/introductions/{introduction.id}")
    assert page.status_code == 200
    assert introduction.number in page.text
    assert introduction.number in browser.get("/introductions/").text


@pytest.mark.parametrize("role", ["other_enterprise", "other_university", "government", "admin", "visitor"])
def test_nobody_else_sees_it(sign_in, introduction, role):  # noqa: F811
    browser = sign_in(role)
    expected = {"admin": 403, "visitor": 302}.get(role, 404)
    assert browser.get(f"/introductions/{introduction.id}").status_code == expected
    for act in ("answer", "step", "notes"):
        assert browser.post(f"/introductions/{introduction.id}/{act}", YES | {"action": "meet"}).status_code in (
            302,
            403,
            404,
            422,
        )
    assert introduction.answers == []


def test_both_say_yes_and_see_whom_to_call(sign_in, introduction, uow):  # noqa: F811
    university, enterprise = sign_in("university"), sign_in("enterprise")
    address = f"/introductions/{introduction.id}"
    university.get(address)
    assert university.post(f"{address}/answer", YES).status_code == 303
    assert "现在等对方答复" in university.get(address).text
    page = enterprise.get(address).text
    assert "联系方式</h2>" not in page
    assert YES["about"] in page, "the offering side is public anyway"
    assert enterprise.post(f"{address}/answer", YES).status_code == 303
    for browser in (university, enterprise):
        assert "可以直接联系了" in browser.get(address).text
        assert "联系方式</h2>" in browser.get(address).text
    assert state_of(uow, introduction) is PairingState.INTERESTED


def test_a_no_is_passed_on_in_fair_words_and_stands_on_the_owners_page(sign_in, introduction, uow, actors):  # noqa: F811
    university = sign_in("university")
    address = f"/introductions/{introduction.id}"
    university.get(address)
    university.post(f"{address}/answer", NO | {"reason": "no_capacity", "note": "我们太忙了"})
    enterprise = sign_in("enterprise")
    need = uow.session.get_one(Pairing, introduction.pairing_id).need_id
    for path in (address, f"/my/needs/{need}"):
        page = enterprise.get(path).text
        assert "对方团队近期没有精力承接" in page
        assert "我们太忙了" not in page
    assert "我们太忙了" in sign_in("desk").get(address).text


def test_an_incomplete_answer_comes_back_as_it_was_typed(sign_in, introduction):  # noqa: F811
    browser = sign_in("university")
    browser.get(f"/introductions/{introduction.id}")
    page = browser.post(f"/introductions/{introduction.id}/answer", {"interested": "yes", "unclear": "样件多大"})
    assert page.status_code == 422
    assert "样件多大" in page.text
    assert "请填写“您希望怎样合作？”" in page.text


@pytest.mark.parametrize("disclosure", ["redacted", "targeted", "closed"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_shows_what_is_confidential_before_both_agree(sign_in, uow, actors, disclosure, language):
    found = introduce(uow, actors, disclosure=disclosure)
    pairing = uow.session.get_one(Pairing, found.pairing_id)
    owner, offer = uow.session.get_one(Need, pairing.need_id).organisation.name, pairing.offer_id
    university, enterprise = sign_in("university"), sign_in("enterprise")
    address = f"/introductions/{found.id}"
    enterprise.get(address)
    enterprise.post(f"{address}/answer", YES | {"about": "我们是机密叶片公司"})
    pages = (address, "/introductions/", "/inbox/", f"/my/offers/{offer}", "/needs", "/university/", "/deals/")
    for path in pages:
        page = university.get(path, lang=language)
        assert page.status_code == 200, path
        for secret in (*SECRET, owner):
            assert secret not in page.text, (path, secret)
    university.post(f"{address}/answer", YES)
    page = university.get(address).text
    for told in ("机密叶片修复", "机密难点", "我们是机密叶片公司", owner):
        assert told in page


def test_a_refused_step_says_why_and_keeps_the_words(sign_in, introduction, uow, actors):  # noqa: F811
    agree(uow, actors, introduction)
    browser = sign_in("desk")
    address = f"/introductions/{introduction.id}"
    browser.get(address)
    page = browser.post(f"{address}/step", {"action": "decline", "step_note": "价格谈不拢"})
    assert page.status_code == 422
    assert "价格谈不拢" in page.text
    assert browser.post(f"{address}/step", {"action": "meet", "seen_version": "1"}).status_code == 409
    assert browser.post(f"{address}/step", {"action": "meet"}).status_code == 303
    assert state_of(uow, introduction) is PairingState.MEETING


def test_from_agreement_to_contract(sign_in, introduction, uow, actors):  # noqa: F811
    agree(uow, actors, introduction)
    enterprise, address = sign_in("enterprise"), f"/introductions/{introduction.id}"
    enterprise.get(address)
    for action in ("meet", "negotiate"):
        assert enterprise.post(f"{address}/step", {"action": action}).status_code == 303
    note = {"on": "2026-01-05", "who": "双方技术负责人", "agreed": "先做三件样品"}
    assert enterprise.post(f"{address}/notes", note).status_code == 303
    assert "先做三件样品" in sign_in("university").get(address).text
    form = f"/deals/new/{introduction.pairing_id}"
    assert enterprise.get(form).status_code == 200
    assert enterprise.post(form, DEAL | {"amount": "很多"}).status_code == 422
    answer = enterprise.post(form, DEAL | {"solved": "1"})
    assert answer.status_code == 303
    assert state_of(uow, introduction) is PairingState.CONTRACTED
    for role in ("enterprise", "university", "desk", "government", "admin"):
        browser = sign_in(role)
        assert "叶片修复技术开发合同" in browser.get("/deals/").text, role
        assert browser.get(answer.location).status_code == 200, role
    other = sign_in("other_enterprise")
    assert "叶片修复技术开发合同" not in other.get("/deals/").text
    assert other.get(answer.location).status_code == 404
    assert enterprise.post(form, DEAL).status_code == 409
    corrected = enterprise.post(answer.location, DEAL | {"amount": "130", "seen_version": "1"})
    assert corrected.status_code == 303
    assert "130" in enterprise.get(answer.location).text


def test_notes_of_the_desk_stay_at_the_desk(sign_in, introduction, uow, actors):  # noqa: F811
    agree(uow, actors, introduction)
    desk, address = sign_in("desk"), f"/introductions/{introduction.id}"
    desk.get(address)
    note = {"on": "2026-01-05", "agreed": "甲方预算吃紧", "for_desk": "1"}
    assert desk.post(f"{address}/notes", note).status_code == 303
    assert "甲方预算吃紧" in desk.get(address).text
    enterprise = sign_in("enterprise")
    assert "甲方预算吃紧" not in enterprise.get(address).text
    assert enterprise.post(f"{address}/notes", note).status_code == 403


def test_the_desk_enters_what_it_heard_by_telephone(sign_in, introduction, uow):  # noqa: F811
    desk, address = sign_in("desk"), f"/introductions/{introduction.id}"
    desk.get(address)
    heard = {"interested": "yes", "party": "need", "heard": "今天电话，张经理"}
    assert desk.post(f"{address}/answer", heard | {"heard": ""}).status_code == 422
    assert desk.post(f"{address}/answer", heard).status_code == 303
    assert desk.post(f"{address}/answer", heard | {"party": "offer"}).status_code == 303
    assert state_of(uow, introduction) is PairingState.INTERESTED


@pytest.mark.parametrize("role", ["enterprise", "university", "desk"])
def test_every_page_reads_in_english(sign_in, introduction, uow, actors, role):  # noqa: F811
    browser, address = sign_in(role), f"/introductions/{introduction.id}"
    browser.get("/inbox/", lang="en")
    assert "Why it may fit" in browser.get(address).text
    agree(uow, actors, introduction)
    for path in (address, "/introductions/", "/inbox/", "/inbox/settings", "/deals/"):
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize(("role", "home"), [("enterprise", "/enterprise/"), ("university", "/university/")])
def test_the_first_page_says_what_waits_for_an_answer_until_it_is_given(sign_in, introduction, role, home):  # noqa: F811
    browser, address = sign_in(role), f"/introductions/{introduction.id}"
    assert "1 次引荐等您答复" in browser.get(home).text
    assert "Introductions that wait for your answer: 1" in browser.get(home, lang="en").text
    browser.get(address, lang="zh")
    assert browser.post(f"{address}/answer", YES).status_code == 303
    assert "等您答复" not in browser.get(home).text


def test_the_desk_adds_a_word_to_both_sides_when_it_introduces_them(sign_in, uow, actors):
    pairing = make_pairing(uow, actors)
    desk, address = sign_in("desk"), f"/desk/pairings/{pairing.id}"
    assert "附一句话给双方" in desk.get(address).text
    said = {"action": "introduce", "note": "先看样件", "seen_version": pairing.version}
    late = desk.post(f"{address}/step", said | {"seen_version": pairing.version - 1})
    assert late.status_code == 409
    assert "先看样件</textarea>" in late.text, "what was typed stays when a colleague was faster"
    assert desk.post(f"{address}/step", said).status_code == 303
    uow.session.expire_all()
    opened = introductions.open_introduction(uow, pairing.id)
    for role in ("enterprise", "university"):
        assert "先看样件" in sign_in(role).get(f"/introductions/{opened.id}").text


def test_the_list_of_the_desk_says_who_has_not_answered(sign_in, introduction):  # noqa: F811
    desk = sign_in("desk")
    assert "还没有答复：需求方、成果方" in desk.get("/introductions/").text
    university = sign_in("university")
    university.get(f"/introductions/{introduction.id}")
    assert university.post(f"/introductions/{introduction.id}/answer", YES).status_code == 303
    page = desk.get("/introductions/").text
    assert "还没有答复：需求方" in page
    assert "、成果方" not in page
    assert "还没有答复" not in university.get("/introductions/").text
