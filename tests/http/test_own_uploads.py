"""Lists by upload: a verdict on every row first, then the good rows are saved."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from werkzeug.test import TestResponse

from matcher.app import Platform
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need
from matcher.settings import Settings
from matcher.web.own.uploads import SAVED_AT_ONCE
from matcher.worker import save_uploads
from tests.http.conftest import Browser, SignIn

SEED = Path(__file__).parents[2] / "seeds" / "workbooks" / "needs.xlsx"


def send(browser: Browser, content: bytes, name: str, what: str = "needs") -> TestResponse:
    return browser.post(f"/my/{what}/upload", {"file": (BytesIO(content), name)}, content_type="multipart/form-data")


def test_the_desk_sees_the_verdict_on_the_seed_workbook_before_anything_is_saved(
    sign_in: SignIn, uow: UnitOfWork
) -> None:
    browser = sign_in("desk")
    answer = send(browser, SEED.read_bytes(), "needs.xlsx")
    assert answer.status_code == 303, answer.text
    verdict = browser.get(answer.location)
    assert "现在还没有保存任何内容" in verdict.text
    assert uow.session.query(Need).count() == 0
    saved = browser.post(answer.location)
    assert saved.status_code == 303
    result = browser.get(answer.location).text
    assert "导入结果" in result
    count = uow.session.query(Need).count()
    assert count >= 80
    browser.post(answer.location)
    assert uow.session.query(Need).count() == count
    again = browser.get(send(browser, SEED.read_bytes(), "needs.xlsx").location).text
    assert f"没有变化 {count}" in again
    assert "保存 " not in again


def test_a_row_that_is_wrong_says_where_and_is_left_out(sign_in: SignIn, uow: UnitOfWork) -> None:
    script = "<script>alert(1)</script>"
    lines = [
        "需求名称,需求来源,技术领域,主要技术难点,公开方式,预期投入",
        f"{script},企业需求,航空航天,难点,公开,很多钱",
    ]
    browser = sign_in("enterprise")
    page = browser.get(send(browser, "\n".join(lines).encode(), "needs.csv").location).text
    assert "有误" in page
    assert "预期投入" in page
    assert "很多钱" in page
    assert script not in page
    assert uow.session.query(Need).count() == 0


@pytest.mark.parametrize(("name", "content"), [("a.xlsx", b"no workbook"), ("a.docx", b"PK\x03\x04"), ("a.xlsx", b"")])
def test_a_file_of_the_wrong_kind_is_refused_with_a_message(name: str, content: bytes, sign_in: SignIn) -> None:
    answer = send(sign_in("enterprise"), content, name)
    assert answer.status_code == 422
    assert 'id="error-file"' in answer.text


def test_no_file_is_asked_for(sign_in: SignIn) -> None:
    answer = sign_in("university").post("/my/offers/upload", {}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "请先选择要上传的文件" in answer.text


def test_a_file_too_large_is_refused_with_the_limit(sign_in: SignIn, settings: Settings) -> None:
    browser = sign_in("enterprise")
    browser.get("/my/needs/upload")
    announced = {"CONTENT_LENGTH": str((settings.max_upload_mb + 5) * 1024 * 1024)}
    answer = browser.post("/my/needs/upload", {}, content_type="multipart/form-data", environ_overrides=announced)
    assert answer.status_code == 413
    assert f"{settings.max_upload_mb} MB" in answer.text


def test_an_upload_belongs_to_the_person_and_the_list(sign_in: SignIn) -> None:
    mine = sign_in("desk")
    address = send(mine, SEED.read_bytes(), "needs.xlsx").location
    assert mine.get(address).status_code == 200
    assert sign_in("colleague").get(address).status_code == 404
    assert sign_in("enterprise").post(address).status_code == 404
    assert mine.get(address.replace("needs", "offers")).status_code == 404
    assert mine.get("/my/needs/upload/..%2f..%2fsecret-key").status_code == 404


@pytest.mark.parametrize("what", ["needs", "offers"])
def test_the_template_can_be_downloaded_and_read(what: str, sign_in: SignIn) -> None:
    answer = sign_in("enterprise").get(f"/my/{what}/template.xlsx")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert openpyxl.load_workbook(BytesIO(answer.data)).active.max_column > 10


def test_a_long_list_is_saved_in_the_background_with_a_page_that_shows_how_far_it_is(
    sign_in: SignIn, uow: UnitOfWork, platform: Platform
) -> None:
    lines = ["自编号,需求名称,需求来源,技术领域,主要技术难点,公开方式"]
    lines += [f"R{n},题目{n},企业需求,航空航天,难点,公开" for n in range(SAVED_AT_ONCE + 1)]
    browser = sign_in("enterprise")
    address = send(browser, "\n".join(lines).encode(), "long.csv").location
    assert browser.post(address).location == address
    waiting = browser.get(address).text
    assert "排队等待中，共 301 行" in waiting
    assert 'data-refresh="2"' in waiting
    assert uow.session.query(Need).count() == 0
    assert browser.post(address).status_code == 303, "pressing twice asks once"
    assert sign_in("other_enterprise").get(address).status_code == 404
    save_uploads(platform)
    assert "新增 301" in browser.get(address).text
    assert uow.session.query(Need).count() == 301
