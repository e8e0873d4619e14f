"""The platform on a Milvus server: what is read is found and matched there; while it is away nothing is lost and pages go on."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from matcher.app import Platform, open_platform
from matcher.core.errors import Conflict
from matcher.core.outbox import OutboxRow, Topic, put
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import lease
from matcher.matching.doctor import examine, repair
from matcher.matching.model import Pairing, StoredRecord
from matcher.matching.shared_index import LEASE, Server, SharedIndex
from matcher.needs.model import Need, NeedState
from matcher.offers.model import Offer
from matcher.settings import Settings
from matcher.worker import catch_up
from tests.contract.servers import LiteServer
from tests.factories import NeedFactory, OfferFactory
from tests.service.test_matching import TOPICS


@pytest.fixture
def settings(settings: Settings, models: Path) -> Settings:
    (settings.data / "models").symlink_to(models)
    return settings


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    server = LiteServer(tmp_path_factory.mktemp("milvus"))
    yield server
    server.stop()


@pytest.fixture
def platform(settings: Settings, lite: LiteServer) -> Iterator[Platform]:
    opened = on(lite.url, settings)
    yield opened
    for side in ("need", "offer"):
        if catalogue := opened.matcher.index.catalogue(side):
            catalogue.clear()  # one server for all tests
    opened.engine.dispose()


def on(url: str, settings: Settings) -> Platform:
    """Open the platform with its index at an address; machines that run tests are slow."""
    opened = open_platform(settings)
    opened.matcher.index = SharedIndex(Server(url, timeout=60), opened.quiet_uow)
    return opened


@pytest.fixture
def topics(uow: UnitOfWork) -> list[tuple[Need, Offer]]:
    made = []
    for asked, given in TOPICS:
        need = NeedFactory(title=asked, difficulties=f"{asked}，现有办法达不到要求。", content=asked, indicators=())
        offer = OfferFactory(title=given, summary=f"{given}，已完成样机。", indicators=())
        put(uow, Topic.INDEX, "need", need.id)
        put(uow, Topic.INDEX, "offer", offer.id)
        made.append((need, offer))
    uow.commit()
    return made


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def best_offer(uow: UnitOfWork, need: Need) -> int:
    uow.rollback()
    found = uow.session.scalars(select(Pairing).filter_by(need_id=need.id))
    return max(found, key=lambda pairing: pairing.score).offer_id


def count(uow: UnitOfWork, *what: object) -> int:
    uow.rollback()
    return uow.session.scalar(select(func.count()).select_from(what[0]).where(*what[1:])) or 0


def wrong(platform: Platform) -> list[str]:
    uow = platform.quiet_uow()
    found = [f"{finding.subject}: {finding.text}" for finding in examine(uow, platform.matcher) if not finding.is_well]
    uow.close()
    return found


def test_the_setting_puts_the_index_on_the_server(settings: Settings) -> None:
    opened = open_platform(settings.model_copy(update={"milvus_url": "http://127.0.0.1:1"}))
    assert isinstance(opened.matcher.index, SharedIndex)
    opened.engine.dispose()


def test_what_is_read_is_matched_and_found_by_every_process(
    platform: Platform, settings: Settings, lite: LiteServer, uow: UnitOfWork, topics: list[tuple[Need, Offer]]
) -> None:
    catch_up(platform)
    assert count(uow, OutboxRow) == 0
    for need, offer in topics:
        assert best_offer(uow, need) == offer.id, need.title
    assert wrong(platform) == []
    other = on(lite.url, settings)
    assert other.matcher.find("offer", TOPICS[1][0], 1)[0].id == topics[1][1].id
    need = topics[0][0]
    need.state = NeedState.WITHDRAWN
    put(uow, Topic.INDEX, "need", need.id)
    uow.commit()
    catch_up(platform)
    assert need.id not in [hit.id for hit in other.matcher.find("need", TOPICS[0][1], 9)]
    other.engine.dispose()


def test_while_the_server_is_away_everything_waits_and_goes_on_when_it_is_back(
    settings: Settings, lite: LiteServer, uow: UnitOfWork, topics: list[tuple[Need, Offer]], closed_port: int
) -> None:
    away = on(f"http://127.0.0.1:{closed_port}", settings)
    catch_up(away)
    assert count(uow, StoredRecord) == 2 * len(TOPICS)  # read and kept
    assert count(uow, OutboxRow, OutboxRow.topic == Topic.MATCH) == 2 * len(TOPICS)  # waiting
    with pytest.raises(Conflict, match="search server"):
        away.matcher.find("offer", TOPICS[0][0], 3)
    assert any(f"127.0.0.1:{closed_port}" in text for text in wrong(away))
    away.engine.dispose()
    back = on(lite.url, settings)
    catch_up(back)
    assert count(uow, OutboxRow) == 0
    assert best_offer(uow, topics[2][0]) == topics[2][1].id
    for side in ("need", "offer"):
        back.matcher.index.catalogue(side).clear()
    back.engine.dispose()


def test_only_the_process_that_holds_the_lease_writes(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = platform.quiet_uow()
    with monkeypatch.context() as patch:
        patch.setattr(lease, "_me", lambda: "elsewhere:1:1")
        lease.hold(other, LEASE)
        other.commit()
    platform.matcher.sync()
    assert len(platform.matcher.index.catalogue("offer")) == 0
    with monkeypatch.context() as patch:
        patch.setattr(lease, "_me", lambda: "elsewhere:1:1")
        lease.release(other, LEASE)
        other.commit()
    other.close()
    platform.matcher.match()
    assert len(platform.matcher.index.catalogue("offer")) == len(TOPICS)


def test_what_is_missing_on_the_server_is_seen_and_mended(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]]
) -> None:
    catch_up(platform)
    platform.matcher.index.catalogue("offer").delete([topics[0][1].id])
    assert wrong(platform) == ["index of offers: 1 missing"]
    mending = platform.quiet_uow()
    repair(mending, platform.matcher)
    mending.close()
    assert wrong(platform) == []
