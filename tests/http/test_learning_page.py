"""The page of learning: who sees it, what it says, train, adopt, back."""

import pytest
from sqlalchemy import select

from matcher.core.outbox import OutboxRow, Topic
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import learn
from matcher.matching.ranking_in_use import in_use
from tests.conftest import Actors
from tests.http.conftest import SignIn
from tests.learned_decisions import decide_on, serve_nothing


@pytest.fixture
def version(uow: UnitOfWork, actors: Actors) -> int:
    serve_nothing(uow)
    decide_on(uow, 40)
    with uow:
        return learn.train(uow, actors.desk).version or 0


@pytest.mark.parametrize(
    ("role", "status"), [("desk", 200), ("admin", 200), ("enterprise", 403), ("university", 403), ("government", 403)]
)
def test_desk_and_administrator_see_what_was_learned(sign_in: SignIn, version: int, role: str, status: int) -> None:
    page = sign_in(role).get("/learning/")
    assert page.status_code == status
    if status == 200:
        assert f"第 {version} 版" in page.text
        assert "语言相同" in page.text
        assert ("启用这一版" in page.text or "恢复初始公式" in page.text) == (role == "admin")


def test_without_decisions_the_page_says_what_is_missing(sign_in: SignIn) -> None:
    page = sign_in("desk").get("/learning/").text
    assert "至少还需要 50 条" in page
    assert "还没有训练过" in page


def test_training_is_left_to_the_background(sign_in: SignIn, uow: UnitOfWork) -> None:
    desk = sign_in("desk")
    desk.get("/learning/")
    assert desk.post("/learning/train").status_code == 303
    assert uow.session.scalars(select(OutboxRow.topic)).all() == [Topic.TRAIN]
    assert "训练正在等待" in desk.get("/learning/").text
    desk.post("/learning/train")
    assert "训练已经安排" in desk.get("/learning/").text


def test_the_administrator_goes_back_to_the_formula_and_forth(sign_in: SignIn, uow: UnitOfWork, version: int) -> None:
    admin = sign_in("admin")
    admin.get("/learning/")
    admin.post("/learning/formula")
    uow.rollback()
    assert in_use(uow) is None
    admin.get("/learning/")
    admin.post(f"/learning/versions/{version}/adopt")
    uow.rollback()
    assert in_use(uow) == version
    assert admin.post("/learning/versions/99/adopt").status_code == 404


def test_the_desk_may_not_choose_the_version(sign_in: SignIn, version: int) -> None:
    desk = sign_in("desk")
    desk.get("/learning/")
    assert desk.post("/learning/formula").status_code == 403
    assert desk.post(f"/learning/versions/{version}/adopt").status_code == 403


def test_the_page_is_complete_in_english(sign_in: SignIn, version: int) -> None:
    admin = sign_in("admin")
    admin.get("/learning/")
    page = admin.get("/learning/", lang="en").text
    assert "What it has learned" in page
