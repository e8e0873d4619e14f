"""The two workbooks of the seeds, through the page and through the command line: the same outcome."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from matcher.app import Platform, open_platform
from matcher.cli import main
from matcher.core.people import SYSTEM
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.exporting import export
from tests.http.conftest import SignIn

WORKBOOKS = Path(__file__).parents[2] / "seeds" / "workbooks"
MOMENT = re.compile(r'"published_at": "[^"]*"')
LISTS = {"offers": "results.xlsx", "needs": "needs.xlsx"}


def exported(uow: UnitOfWork, folder: Path) -> dict[str, str]:
    said = {}
    for what in LISTS:
        path = folder / f"{what}.jsonl"
        export(uow, SYSTEM, what, path, language="zh")
        said[what] = MOMENT.sub("", path.read_text("utf-8"))
    return said


def test_the_page_and_the_command_line_save_the_same(
    sign_in: SignIn,
    platform: Platform,
    uow: UnitOfWork,
    tmp_path: Path,
    sqlite_databases: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = sign_in("desk")
    for what, name in LISTS.items():
        sent = {"file": (BytesIO((WORKBOOKS / name).read_bytes()), name)}
        browser.get(f"/my/{what}/upload")
        address = browser.post(f"/my/{what}/upload", sent, content_type="multipart/form-data").location
        browser.get(address)
        browser.post(address)
        assert "导入结果" in browser.get(address).text
    by_page = exported(uow, tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("MATCHER_DATA", str(other))
    monkeypatch.setenv("DATABASE_URL", sqlite_databases.new(other))
    for what, name in LISTS.items():
        ran = CliRunner().invoke(main, ["import", what, str(WORKBOOKS / name)])
        assert ran.exit_code == 0, ran.output
    opened = open_platform()
    second = opened.uow()
    assert exported(second, other) == by_page
    assert by_page["needs"].count("\n") == 84
    second.close()
    opened.engine.dispose()
