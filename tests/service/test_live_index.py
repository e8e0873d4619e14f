"""The index of a process and its snapshots on disk: damaged ones are rebuilt and told, a full disk costs nothing but time."""

import errno
import logging
from pathlib import Path
from typing import Any

import pytest

from matcher.app import Platform, open_platform
from matcher.core.outbox import Topic, put
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.catalogue import Catalogue
from matcher.matching import index
from matcher.matching.doctor import examine
from matcher.settings import Settings
from matcher.worker import catch_up
from tests.factories import NeedFactory, OfferFactory
from tests.tiny_models import tiny_encoder

TEXTS = ("柑橘内部糖度无损分选", "燃气管道第三方破坏预警", "氧化锆义齿瓷块的快速烧结")


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    tiny = {"encoder": str(tiny_encoder(tmp_path / "tiny")), "encoder_backend": "torch"}
    return settings.model_copy(update=tiny)


@pytest.fixture
def filled(platform: Platform, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """Give a platform that has written a snapshot of three needs and three results."""
    monkeypatch.setattr(index, "SNAPSHOT_AFTER", 1)
    for text in TEXTS:
        put(uow, Topic.INDEX, "need", NeedFactory(title=text).id)
        put(uow, Topic.INDEX, "offer", OfferFactory(title=text, summary=text).id)
    uow.commit()
    catch_up(platform)
    assert platform.matcher.find("offer", TEXTS[0], 3)
    return platform


def is_well(platform: Platform) -> bool:
    uow = platform.quiet_uow()
    found = examine(uow, platform.matcher)
    uow.close()
    return all(finding.is_well for finding in found)


def test_a_restarted_process_takes_the_snapshot(filled: Platform, settings: Settings, monkeypatch: Any) -> None:
    opened: list[Path] = []
    as_before = Catalogue.open.__func__
    monkeypatch.setattr(Catalogue, "open", classmethod(lambda cls, path: opened.append(path) or as_before(cls, path)))
    again = open_platform(settings)
    assert again.matcher.find("offer", TEXTS[0], 3) == filled.matcher.find("offer", TEXTS[0], 3)
    assert {path.name for path in opened} == {"need", "offer"}
    again.engine.dispose()


def test_a_damaged_snapshot_is_rebuilt_from_the_database_and_told(
    filled: Platform, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    files = [path for path in (settings.data / "index").rglob("*") if path.suffix in {".bin", ".npy", ".npz"}]
    assert files
    for path in files:
        path.write_bytes(path.read_bytes()[:-3])
    again = open_platform(settings)
    with caplog.at_level(logging.WARNING):
        assert again.matcher.find("offer", TEXTS[0], 3) == filled.matcher.find("offer", TEXTS[0], 3)
    assert "is built anew" in caplog.text
    assert is_well(again)
    again.engine.dispose()


def test_a_disk_that_is_full_costs_the_snapshot_and_nothing_else(
    filled: Platform, uow: UnitOfWork, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(self: Catalogue, folder: Path, note: object = None) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr(Catalogue, "snapshot", full)
    put(uow, Topic.INDEX, "offer", OfferFactory(title="管道沿线声波识别", summary="管道沿线声波识别").id)
    uow.commit()
    with caplog.at_level(logging.WARNING):
        catch_up(filled)
        assert len(filled.matcher.find("offer", TEXTS[1], 9)) == 4
    assert "No space left on device" in caplog.text
    assert is_well(filled)
