"""The administrator's page of mail: what did not arrive, why, and sending it again."""

import pytest
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages import post
from matcher.messages.kinds import MessageKind
from matcher.messages.model import Delivery, DeliveryState
from matcher.messages.service import Text, call_robot, notify
from tests.conftest import Actors
from tests.http.conftest import CountQueries, SignIn

TEXT = Text(Label("有新成果", "A new result"), Label("见页面", "See the page"))


@pytest.fixture
def mail(uow: UnitOfWork, actors: Actors) -> Delivery:
    """A mail that the other end refused for good."""
    with uow:
        assert actors.enterprise.person_id is not None
        notify(uow, [actors.enterprise.person_id], MessageKind.INTRODUCTION, TEXT, key="one")
    made = uow.session.scalars(select(Delivery)).one()
    made.state, made.error, made.attempts = DeliveryState.FAILED, "550 no such mailbox", 1
    uow.commit()
    return made


def test_the_page_says_what_did_not_arrive_and_why(sign_in: SignIn, mail: Delivery) -> None:
    page = sign_in("admin").get("/admin/mail").text
    assert mail.address in page
    assert "550 no such mailbox" in page
    assert '发信<span class="waiting">1<' in page


def test_it_is_sent_again_once_and_the_record_says_who_did_it(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, mail: Delivery
) -> None:
    browser, address = sign_in("admin"), f"/admin/mail/{mail.id}"
    assert browser.post(address).location == "/admin/mail"
    assert "已重新排队" in browser.get("/admin/mail").text
    browser.post(address)
    assert "已经重新发出" in browser.get("/admin/mail").text, "a second click is told, and changes nothing"
    uow.session.expire_all()
    assert uow.session.get_one(Delivery, mail.id).state is DeliveryState.PENDING
    rows = uow.session.scalars(select(AuditRow).where(AuditRow.entity == "delivery")).all()
    assert [(row.person_id, row.entity_id) for row in rows] == [(actors.admin.person_id, mail.id)]


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "desk", "expert"])
def test_nobody_else_sees_whom_the_platform_writes_to(role: str, sign_in: SignIn, mail: Delivery) -> None:
    assert sign_in(role).get("/admin/mail").status_code == 403
    assert sign_in(role).post(f"/admin/mail/{mail.id}").status_code == 403


def test_calls_of_a_robot_that_nobody_set_up_are_no_trouble(sign_in: SignIn, uow: UnitOfWork) -> None:
    with uow:
        call_robot(uow, MessageKind.DESK, TEXT, key="x")
    post.deliver(lambda: uow, {})
    page = sign_in("admin").get("/admin/mail").text
    assert "没有发不出的消息" in page


def test_the_page_sends_as_many_statements_for_many_mails_as_for_one(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, mail: Delivery, count_queries: CountQueries
) -> None:
    browser = sign_in("admin")
    browser.get("/admin/mail")
    with count_queries() as few:
        browser.get("/admin/mail")
    with uow:
        for number in range(9):
            call_robot(uow, MessageKind.DESK, TEXT, key=str(number))
        for one in uow.session.scalars(select(Delivery)):
            one.state, one.error = DeliveryState.UNCLEAR, "reset by peer"
    with count_queries() as many:
        browser.get("/admin/mail")
    assert len(many) <= len(few)
