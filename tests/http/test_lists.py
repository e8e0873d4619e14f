"""The two public lists and what they lead to."""

import pytest

from matcher.accounts.model import Organisation
from matcher.core.people import VISITOR
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import NeedState
from matcher.needs.queries import named_needs
from matcher.offers.model import OfferState
from matcher.offers.queries import named_offers
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory
from tests.http.conftest import Browser, CountQueries, SignIn

MOST_QUERIES = 20


def test_a_list_says_how_many_filtered_by_what_and_sorted_by_what(visitor: Browser, uow: UnitOfWork) -> None:
    NeedFactory(title="钛合金精密铸造", tech_fields=("aerospace",))
    NeedFactory(title="奶粉冲调性", tech_fields=("food",))
    uow.commit()
    page = visitor.get("/needs", tech_field="aerospace").text
    assert "1 条需求" in page
    assert "钛合金精密铸造" in page
    assert "奶粉冲调性" not in page
    assert "去掉筛选</span>航空航天" in page
    assert "按发布时间排序" in page


def test_facets_of_one_kind_are_alternatives_and_of_several_kinds_all_hold(visitor: Browser, uow: UnitOfWork) -> None:
    abroad = OrganisationFactory(region="DE", uscc=None, kind="university")
    OfferFactory(title="甲", tech_fields=("rail",))
    OfferFactory(title="乙", tech_fields=("bci",), organisation=abroad)
    OfferFactory(title="丙", tech_fields=("food",))
    uow.commit()
    assert "2 项成果" in visitor.get("/offers", tech_field=["rail", "bci"]).text
    page = visitor.get("/offers", tech_field=["rail", "bci"], region="DE").text
    assert "1 项成果" in page
    assert ">乙</a>" in page


def test_the_counties_of_a_city_count_as_the_city(visitor: Browser, uow: UnitOfWork) -> None:
    for region in ("510107", "510112", "510700", "500112"):
        NeedFactory(organisation=OrganisationFactory(region=region))
    uow.commit()
    assert "2 条需求" in visitor.get("/needs", region="510100").text
    assert "1 条需求" in visitor.get("/needs", region="500000").text


def test_every_facet_of_an_offer_filters(visitor: Browser, uow: UnitOfWork) -> None:
    OfferFactory(trl="9", cooperation=["equity"], industries=["C37", "I65"], language="de")
    OfferFactory(trl="3", cooperation=["service"], industries=["A01"], language="zh")
    uow.commit()
    for facet, code in {"trl": "9", "cooperation": "equity", "industry": "I", "language": "de"}.items():
        assert "1 项成果" in visitor.get("/offers", **{facet: code}).text, facet


def test_every_facet_of_a_need_filters(visitor: Browser, uow: UnitOfWork) -> None:
    NeedFactory(
        expected_trl="9", long_cooperation=["equity"], industry="I65", source="scenario", state=NeedState.MATCHED
    )
    NeedFactory(expected_trl="3", long_cooperation=["licence"], industry="A01")
    uow.commit()
    codes = {"trl": "9", "cooperation": "equity", "industry": "I", "source": "scenario", "state": "matched"}
    for facet, code in codes.items():
        assert "1 条需求" in visitor.get("/needs", **{facet: code}).text, facet


def test_words_are_found_whatever_signs_they_hold(visitor: Browser, uow: UnitOfWork) -> None:
    OfferFactory(title="转化率 99_5% 的催化剂", keywords=["催化\\还原"])
    OfferFactory(title="转化率 99x50 的催化剂")
    uow.commit()
    assert "1 项成果" in visitor.get("/offers", q="99_5%").text
    assert "1 项成果" in visitor.get("/offers", q="催化\\还原").text
    assert "2 项成果" in visitor.get("/offers", q="转化率 催化剂").text


def test_an_empty_list_says_what_to_do(visitor: Browser) -> None:
    page = visitor.get("/offers", q="没有这种东西").text
    assert "没有符合条件的成果" in page
    assert "作为需求发布出来" in page


def test_odd_arguments_do_no_harm(visitor: Browser, uow: UnitOfWork) -> None:
    NeedFactory()
    uow.commit()
    for arguments in (
        {"page": "-1"},
        {"page": "x"},
        {"page": "99999"},
        {"tech_field": "nowhere"},
        {"q": "%" * 3000},
        {"state": "draft"},
    ):
        assert visitor.get("/needs", **arguments).status_code == 200
    assert "1 条需求" in visitor.get("/needs", state="draft", tech_field="nowhere").text


def test_a_long_list_has_pages_that_keep_the_filter(visitor: Browser, uow: UnitOfWork) -> None:
    for _ in range(23):
        NeedFactory(tech_fields=("optics",))
    uow.commit()
    first = visitor.get("/needs", tech_field="optics").text
    assert "第 1 页，共 2 页" in first
    assert "/needs?tech_field=optics&amp;page=2" in first
    second = visitor.get("/needs", tech_field="optics", page="2").text
    assert second.count('class="list-row"') == 3


@pytest.mark.parametrize("path", ["/needs", "/offers", "/"])
def test_the_number_of_queries_does_not_grow_with_the_list(
    path: str, sign_in: SignIn, uow: UnitOfWork, count_queries: CountQueries
) -> None:
    browser = sign_in("university")
    NeedFactory()
    NeedFactory(disclosure="redacted")
    OfferFactory()
    uow.commit()
    with count_queries() as few:
        browser.get(path)
    for _ in range(19):
        NeedFactory(disclosure="redacted")
        OfferFactory()
    uow.commit()
    with count_queries() as many:
        browser.get(path)
    assert len(many) == len(few) <= MOST_QUERIES


def test_a_redacted_need_shows_field_industry_city_and_size_only(visitor: Browser, uow: UnitOfWork) -> None:
    owner = OrganisationFactory(name="绝密叶片公司", region="510107", staff=310)
    need = NeedFactory(organisation=owner, disclosure="redacted", title="某型叶片裂纹", keywords=["裂纹"])
    uow.commit()
    for path in ("/needs", f"/needs/{need.id}", "/"):
        page = visitor.get(path).text
        assert "脱敏需求：新材料" in page, path
        assert "中型企业" in page, path
        for secret in (
            "绝密叶片公司",
            "某型叶片裂纹",
            "裂纹",
            "单晶叶片",
            "武侯区",
            "310",
            f"/organisations/{owner.id}",
        ):
            assert secret not in page, (path, secret)


def test_a_redacted_need_is_not_found_by_what_it_hides(visitor: Browser, uow: UnitOfWork) -> None:
    owner = OrganisationFactory(name="绝密叶片公司")
    NeedFactory(organisation=owner, disclosure="redacted", title="某型叶片裂纹")
    uow.commit()
    assert "0 条需求" in visitor.get("/needs", q="裂纹").text
    assert "脱敏需求" not in visitor.get(f"/organisations/{owner.id}").text


def test_a_targeted_need_is_shown_to_the_named_and_to_nobody_else(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors
) -> None:
    friend = uow.session.get_one(Organisation, actors.university.organisation_id)
    friend.name = '西部"百分%_理工\\大学'
    need = NeedFactory(title="只给熟人看的需求", disclosure="targeted", targets=[friend.name, "别的大学"])
    uow.commit()
    for role, shown in {"university": True, "other_university": False, "visitor": False, "desk": True}.items():
        browser = sign_in(role)
        assert ("只给熟人看的需求" in browser.get("/needs").text) is shown, role
        assert browser.get(f"/needs/{need.id}").status_code == (200 if shown else 404), role


@pytest.mark.parametrize("state", [NeedState.DRAFT, NeedState.SUBMITTED, NeedState.WITHDRAWN])
def test_what_is_not_published_is_on_no_public_page(state: NeedState, sign_in: SignIn, uow: UnitOfWork) -> None:
    need = NeedFactory(state=state, title="还没有发布的需求")
    offer = OfferFactory(state=OfferState.DRAFT, title="还没有发布的成果")
    uow.commit()
    browser = sign_in("other_enterprise")
    for path in ("/", "/needs", "/offers", f"/organisations/{need.organisation_id}"):
        assert "还没有发布" not in browser.get(path).text
    assert browser.get(f"/needs/{need.id}").status_code == 404
    assert browser.get(f"/offers/{offer.id}").status_code == 404


def test_contacts_are_shown_to_the_desk_and_the_owner_only(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    owner = uow.session.get_one(Organisation, actors.enterprise.organisation_id)
    owner.contact_name, owner.contact_phone, owner.contact_email = "车以恒", "028-8555-0121", "che@blade.example"
    uow.commit()
    for role, shown in {"desk": True, "admin": True, "enterprise": True, "university": False, "visitor": False}.items():
        page = sign_in(role).get(f"/organisations/{owner.id}").text
        assert ("车以恒" in page) is ("028-8555-0121" in page) is ("che@blade.example" in page) is shown, role


def test_a_look_at_a_confidential_need_is_written_down(sign_in: SignIn, uow: UnitOfWork) -> None:
    need = NeedFactory(disclosure="closed")
    uow.commit()
    assert sign_in("desk").get(f"/needs/{need.id}").status_code == 200
    assert "need.look" in sign_in("admin").get("/admin/audit").text


def test_markup_in_a_field_is_shown_as_text(visitor: Browser, uow: UnitOfWork) -> None:
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    owner = OrganisationFactory(name=bad, products=bad)
    need = NeedFactory(organisation=owner, title=bad, difficulties=bad, keywords=[bad])
    offer = OfferFactory(organisation=owner, title=bad, summary=bad, team=bad, keywords=[bad], ipc=[bad])
    uow.commit()
    for path in ("/", "/needs", "/offers", f"/needs/{need.id}", f"/offers/{offer.id}", f"/organisations/{owner.id}"):
        page = visitor.get(path).text
        assert "&lt;script&gt;" in page, path
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
    assert "<script>alert" not in visitor.get("/needs", q=bad).text


def test_items_are_called_by_number_and_by_organisation(uow: UnitOfWork, actors: Actors) -> None:
    owner = OrganisationFactory(name="绝密叶片公司")
    hidden = NeedFactory(organisation=owner, disclosure="redacted")
    shown = NeedFactory(organisation=owner)
    offer = OfferFactory(organisation=owner)
    NeedFactory()
    OfferFactory()
    assert named_needs(uow, VISITOR, "绝密叶片公司", 9) == [shown.id]
    assert named_needs(uow, VISITOR, hidden.number, 9) == [hidden.id]
    assert sorted(named_needs(uow, actors.desk, "绝密叶片公司", 9)) == [hidden.id, shown.id]
    assert named_offers(uow, "绝密", 9) == [offer.id]
    assert named_offers(uow, offer.number.lower(), 9) == [offer.id]
    assert named_offers(uow, "²", 9) == []
