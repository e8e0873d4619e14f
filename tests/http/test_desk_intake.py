"""Intake: what was submitted is read, published or sent back."""

from typing import Any

import pytest
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.outbox import OutboxRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need, NeedState
from matcher.offers.model import OfferState
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory
from tests.http.conftest import SignIn


@pytest.fixture(params=["needs", "offers"])
def submitted(request: pytest.FixtureRequest, uow: UnitOfWork, actors: Actors) -> tuple[str, Any]:
    """A submitted need or result, with the address of its page."""
    if request.param == "needs":
        thing = NeedFactory(state=NeedState.SUBMITTED, indicators=(), disclosure="redacted")
    else:
        thing = OfferFactory(state=OfferState.SUBMITTED, indicators=())
    uow.commit()
    return f"/desk/intake/{request.param}/{thing.id}", thing


def state(uow: UnitOfWork, thing: Any) -> str:
    uow.session.expire_all()
    return str(uow.session.get_one(type(thing), thing.id).state)


def test_the_list_says_what_is_missing(sign_in: SignIn, submitted: tuple[str, Any]) -> None:
    page = sign_in("desk").get("/desk/intake").text
    assert submitted[0] in page
    assert submitted[1].title in page
    assert "还缺：" in page


def test_the_page_shows_every_field_and_proposes_a_note(sign_in: SignIn, submitted: tuple[str, Any]) -> None:
    page = sign_in("desk").get(submitted[0]).text
    assert submitted[1].organisation.name in page
    assert "请补充：" in page
    assert "没有填写" in page


def test_publishing_starts_the_matching(sign_in: SignIn, uow: UnitOfWork, submitted: tuple[str, Any]) -> None:
    browser = sign_in("desk")
    browser.get(submitted[0])
    answer = browser.post(submitted[0], {"answer": "publish"})
    assert answer.location == "/desk/intake"
    assert "已发布" in browser.get(answer.location).text
    assert state(uow, submitted[1]) == "published"
    assert [row.entity_id for row in uow.session.scalars(select(OutboxRow))] == [submitted[1].id]


def test_sending_back_needs_a_note(sign_in: SignIn, uow: UnitOfWork, submitted: tuple[str, Any]) -> None:
    browser = sign_in("desk")
    browser.get(submitted[0])
    answer = browser.post(submitted[0], {"answer": "return", "note": "  "})
    assert answer.status_code == 422
    assert "请写明需要修改什么" in answer.text
    assert state(uow, submitted[1]) == "submitted"
    browser.post(submitted[0], {"answer": "return", "note": "请写明指标"})
    assert state(uow, submitted[1]) == "returned"
    assert uow.session.get_one(type(submitted[1]), submitted[1].id).return_note == "请写明指标"


def test_what_a_colleague_has_dealt_with_is_told(sign_in: SignIn, uow: UnitOfWork, submitted: tuple[str, Any]) -> None:
    first, second = sign_in("desk"), sign_in("colleague")
    first.get(submitted[0])
    second.get(submitted[0])
    first.post(submitted[0], {"answer": "publish"})
    answer = second.post(submitted[0], {"answer": "return", "note": "再想想"})
    assert answer.location == "/desk/intake"
    assert "不能进行此操作" in second.get("/desk/intake").text
    assert state(uow, submitted[1]) == "published"
    assert "已经处理过了" in second.get(submitted[0]).text


def test_reading_a_confidential_need_is_written_down(sign_in: SignIn, uow: UnitOfWork, actors: Actors) -> None:
    need: Need = NeedFactory(state=NeedState.SUBMITTED, disclosure="closed")
    uow.commit()
    sign_in("desk").get(f"/desk/intake/needs/{need.id}")
    look = uow.session.scalars(select(AuditRow).where(AuditRow.action == "need.look")).one()
    assert (look.person_id, look.entity_id) == (actors.desk.person_id, need.id)


@pytest.mark.parametrize("path", ["/desk/intake/needs/999", "/desk/intake/offers/999"])
def test_what_does_not_exist_is_not_found(path: str, sign_in: SignIn, actors: Actors) -> None:
    assert sign_in("desk").get(path).status_code == 404


def test_an_empty_intake_says_so(sign_in: SignIn, actors: Actors) -> None:
    page = sign_in("desk").get("/desk/intake").text
    assert "没有等待发布的需求" in page
    assert "没有等待发布的成果" in page
