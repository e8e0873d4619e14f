"""My needs and my results: forms, lists, details, actions."""

import pytest

from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need, NeedState
from matcher.offers.model import Offer, OfferState
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory, organisation_of
from tests.http.conftest import Browser, SignIn

SCRIPT = "<script>alert(1)</script>"
NEED = {
    "title": "叶片修复孔隙率控制",
    "source": "enterprise",
    "tech_fields": ["aerospace", "new_materials"],
    "difficulties": "修复层孔隙率为 1.2 %，热处理后出现再结晶。",
    "disclosure": "open",
    "indicators-0-name": "孔隙率",
    "indicators-0-comparator": "le",
    "indicators-0-value": "0.5",
    "indicators-0-unit": "%",
}
OFFER = {
    "title": "激光定向能量沉积修复",
    "tech_fields": ["aerospace"],
    "summary": "熔池在线监测与闭环控制。",
    "ip-0-kind": "invention",
    "ip-0-number": "ZL202110000001.2",
    "ip-0-status": "granted",
}
WHO = {
    "needs": {"enterprise", "government", "desk"},
    "offers": {"enterprise", "university", "desk"},
}
EXPLANATION = {
    "terms": [{"term": "孔隙率", "contribution": 1.0}],
    "sentences": [
        {"need": "需求里最要紧的一句。", "offer": "成果里对应的一句。", "similarity": 0.8, "contribution": 0.6}
    ],
}


def the_need(uow: UnitOfWork) -> Need:
    uow.session.expire_all()
    return uow.session.query(Need).one()


def the_offer(uow: UnitOfWork) -> Offer:
    uow.session.expire_all()
    return uow.session.query(Offer).one()


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "desk", "admin"])
@pytest.mark.parametrize("what", WHO)
@pytest.mark.parametrize("page", ["", "new", "upload", "template.xlsx"])
def test_only_those_who_ask_or_offer_open_the_pages_of_owners(role: str, what: str, page: str, sign_in: SignIn) -> None:
    assert sign_in(role).get(f"/my/{what}/{page}").status_code == (200 if role in WHO[what] else 403)


def test_a_need_is_posted_and_waits_for_the_desk(sign_in: SignIn, uow: UnitOfWork) -> None:
    browser = sign_in("enterprise")
    answer = browser.post("/my/needs/new", NEED | {"do": "submit"})
    need = the_need(uow)
    assert (answer.status_code, answer.location) == (303, f"/my/needs/{need.id}")
    assert need.state is NeedState.SUBMITTED
    assert need.indicator_rows[0].row().value == 0.5
    page = browser.get(f"/my/needs/{need.id}").text
    assert "已提交，审核后发布" in page
    assert "待审核" in page


def test_a_result_is_listed_with_its_rights_under_a_warning_of_state_secrets(sign_in: SignIn, uow: UnitOfWork) -> None:
    browser = sign_in("university")
    assert "涉及国家秘密的成果不得" in browser.get("/my/offers/new").text
    assert browser.post("/my/offers/new", OFFER | {"do": "submit"}).status_code == 303
    offer = the_offer(uow)
    assert offer.state is OfferState.SUBMITTED
    assert offer.ip_rows[0].number == "ZL202110000001.2"
    assert "ZL202110000001.2" in browser.get(f"/my/offers/{offer.id}").text


def test_a_draft_is_kept_however_little_it_says(sign_in: SignIn, uow: UnitOfWork) -> None:
    browser = sign_in("enterprise")
    assert browser.post("/my/needs/new", {"keywords": "钛合金", "do": "draft"}).status_code == 303
    need = the_need(uow)
    assert need.state is NeedState.DRAFT
    assert "（未命名的需求）" in browser.get("/my/needs/").text
    assert "钛合金" in browser.get(f"/my/needs/{need.id}/edit").text


def test_wrong_input_comes_back_as_typed_with_what_is_wrong(sign_in: SignIn, uow: UnitOfWork) -> None:
    wrong = NEED | {"title": "", "budget": "很多钱", "deadline": "明年", "background": "现状说明", "do": "submit"}
    answer = sign_in("enterprise").post("/my/needs/new", wrong)
    assert answer.status_code == 422
    for kept in ("很多钱", 'value="明年"', "现状说明", 'value="孔隙率"', 'href="#f-budget"', 'href="#f-title"'):
        assert kept in answer.text
    assert uow.session.query(Need).count() == 0


@pytest.mark.parametrize("path", ["/my/needs/new", "/my/offers/new"])
def test_rows_are_added_and_removed_without_a_script(path: str, sign_in: SignIn) -> None:
    browser = sign_in("enterprise")
    more = browser.post(path, NEED | {"add_row": "indicators"})
    assert more.status_code == 200
    assert 'name="indicators-1-name"' in more.text
    assert 'value="孔隙率"' in more.text
    less = browser.post(path, NEED | {"remove_row": "indicators-0"})
    assert 'value="孔隙率"' not in less.text
    assert str(NEED["title"]) in less.text


def test_script_in_any_field_is_shown_as_text(sign_in: SignIn, uow: UnitOfWork) -> None:
    texts = dict.fromkeys(
        ("title", "difficulties", "background", "content", "foundation", "keywords", "payment", "preferred_partners"),
        SCRIPT,
    )
    browser = sign_in("enterprise")
    hostile = (
        NEED | texts | {"indicators-0-name": SCRIPT, "industry": SCRIPT, "tech_fields": [SCRIPT], "budget": SCRIPT}
    )
    assert SCRIPT not in browser.post("/my/needs/new", hostile | {"do": "submit"}).text
    assert browser.post("/my/needs/new", NEED | texts | {"indicators-0-unit": SCRIPT}).status_code == 303
    need = the_need(uow)
    for path in ("", f"{need.id}", f"{need.id}/edit"):
        assert SCRIPT not in browser.get(f"/my/needs/{path}").text


def test_the_desk_names_the_owner_and_publishes_at_once(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    owner, browser = organisation_of(actors.enterprise), sign_in("desk")
    for given, told in (("", "请填写所属机构"), ("没有这家公司", "没有这家公司")):
        answer = browser.post("/my/needs/new", NEED | {"organisation": given, "do": "submit"})
        assert answer.status_code == 422
        assert told in answer.text
    assert browser.post("/my/needs/new", NEED | {"organisation": owner.name, "do": "submit"}).status_code == 303
    need = the_need(uow)
    assert (need.organisation_id, need.state) == (owner.id, NeedState.PUBLISHED)


def test_nobody_else_opens_or_changes_what_is_ones_own(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    need = NeedFactory(organisation=organisation_of(actors.enterprise), state=NeedState.DRAFT, title="秘密的草稿")
    uow.commit()
    stranger = sign_in("other_enterprise")
    for path in (f"/my/needs/{need.id}", f"/my/needs/{need.id}/edit"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/my/needs/{need.id}", {"action": "withdraw"}).status_code == 404
    assert stranger.post(f"/my/needs/{need.id}/edit", NEED).status_code == 404
    assert "秘密的草稿" not in stranger.get("/my/needs/").text


def test_a_published_need_of_others_is_no_need_of_mine(sign_in: SignIn, uow: UnitOfWork) -> None:
    need = NeedFactory()
    uow.commit()
    assert sign_in("enterprise").get(f"/my/needs/{need.id}").status_code == 403


def test_a_change_makes_a_version_that_names_what_changed(sign_in: SignIn, uow: UnitOfWork) -> None:
    browser = sign_in("enterprise")
    browser.post("/my/needs/new", NEED | {"do": "draft"})
    need = the_need(uow)
    assert browser.post(f"/my/needs/{need.id}/edit", NEED | {"budget": "80", "do": "draft"}).status_code == 303
    page = browser.get(f"/my/needs/{need.id}").text
    assert "第 2 版" in page
    assert "修改了：预期投入" in page


def test_a_change_of_a_colleague_is_not_overwritten_unseen(sign_in: SignIn, uow: UnitOfWork) -> None:
    browser = sign_in("enterprise")
    browser.post("/my/needs/new", NEED | {"do": "draft"})
    need = the_need(uow)
    seen = need.version
    changed = NEED | {"title": "同事改过的标题", "seen_version": str(seen), "do": "draft"}
    assert browser.post(f"/my/needs/{need.id}/edit", changed).status_code == 303
    late = browser.post(f"/my/needs/{need.id}/edit", NEED | {"title": "迟到", "seen_version": str(seen), "do": "draft"})
    assert late.status_code == 409
    assert 'value="迟到"' in late.text
    assert the_need(uow).title == "同事改过的标题"


def test_the_state_decides_what_can_be_done(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    uow.commit()
    browser, path = sign_in("enterprise"), f"/my/needs/{need.id}"
    assert "标记为已解决" in browser.get(path).text
    assert browser.post(path, {"action": "withdraw"}).status_code == 303
    assert "重新提交" in browser.get(path).text
    assert browser.post(path, {"action": "renew"}).status_code == 303
    assert the_need(uow).state is NeedState.SUBMITTED
    assert browser.post(path, {"action": "solve"}).status_code == 303
    assert the_need(uow).state is NeedState.SUBMITTED
    assert browser.post(path, {"action": "publish"}).status_code == 404


def test_submitting_an_incomplete_draft_opens_the_form_with_what_is_missing(sign_in: SignIn, uow: UnitOfWork) -> None:
    browser = sign_in("enterprise")
    browser.post("/my/needs/new", {"title": "只有标题", "do": "draft"})
    answer = browser.post(f"/my/needs/{the_need(uow).id}", {"action": "submit"})
    assert answer.status_code == 422
    assert 'href="#f-difficulties"' in answer.text
    assert "只有标题" in answer.text


def test_a_returned_need_shows_what_to_mend(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    own = organisation_of(actors.enterprise)
    need = NeedFactory(organisation=own, state=NeedState.RETURNED, return_note="请写明指标")
    uow.commit()
    browser = sign_in("enterprise")
    for path in ("", f"{need.id}", f"{need.id}/edit"):
        assert "请写明指标" in browser.get(f"/my/needs/{path}").text


def test_the_pairings_of_a_need_say_why(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    offer = OfferFactory(title="闭环修复工艺")
    PairingFactory(need=need, offer=offer, explanation=EXPLANATION)
    uow.commit()
    browser = sign_in("enterprise")
    assert "1 个匹配" in browser.get("/my/needs/").text
    page = browser.get(f"/my/needs/{need.id}").text
    for shown in ("很可能合适", "闭环修复工艺", offer.organisation.name, "共同用词：孔隙率", "需求里最要紧的一句。"):
        assert shown in page


def test_a_redacted_need_is_not_quoted_to_the_owner_of_a_result(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors
) -> None:
    offer = OfferFactory(organisation=organisation_of(actors.university))
    need = NeedFactory(title="不能外传的标题", disclosure="redacted")
    PairingFactory(need=need, offer=offer, explanation=EXPLANATION)
    uow.commit()
    page = sign_in("university").get(f"/my/offers/{offer.id}").text
    assert "脱敏需求" in page
    for hidden in ("不能外传的标题", need.organisation.name, "共同用词", "需求里最要紧的一句。"):
        assert hidden not in page


def test_the_home_of_an_audience_shows_the_latest_of_ones_own(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    NeedFactory(organisation=organisation_of(actors.enterprise), title="我的一条需求")
    OfferFactory(organisation=organisation_of(actors.university), title="我的一项成果")
    uow.commit()
    assert "我的一条需求" in sign_in("enterprise").get("/enterprise/").text
    assert "我的一项成果" in sign_in("university").get("/university/").text


def test_the_pages_are_in_english_too(visitor: Browser, sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    uow.commit()
    browser = sign_in("enterprise")
    browser.get("/", lang="en")
    assert "Post a need" in browser.get("/my/needs/new").text
    assert "Upload and check" in browser.get("/my/needs/upload").text
    assert "What was filled in" in browser.get(f"/my/needs/{need.id}").text
