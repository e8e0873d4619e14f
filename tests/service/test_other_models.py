"""Another model by setting: a second encoder takes over when it has read everything, a cross-encoder reads again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matcher.app import Platform, open_platform
from matcher.core.outbox import Topic, put
from matcher.core.unit_of_work import UnitOfWork
from matcher.engine.cross_encoder import CrossEncoderFailed
from matcher.matching.doctor import examine
from matcher.matching.model import Pairing
from matcher.needs.model import Need
from matcher.settings import Settings
from matcher.worker import catch_up
from tests.factories import NeedFactory, OfferFactory
from tests.tiny_models import WIDTH, tiny_cross_encoder, tiny_encoder

TEXTS = ("柑橘内部糖度无损分选", "燃气管道第三方破坏预警", "氧化锆义齿瓷块的快速烧结")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    for name in ("first", "second"):
        tiny_encoder(folder / name)
    return folder


@contextmanager
def opened(settings: Settings, **changes: Any) -> Iterator[Platform]:
    platform = open_platform(settings.model_copy(update={"encoder_backend": "torch", **changes}))
    yield platform
    platform.engine.dispose()


@pytest.fixture
def texts(uow: UnitOfWork) -> list[Need]:
    needs = []
    for text in TEXTS:
        need, offer = NeedFactory(title=text), OfferFactory(title=text, summary=text)
        put(uow, Topic.INDEX, "need", need.id)
        put(uow, Topic.INDEX, "offer", offer.id)
        needs.append(need)
    uow.commit()
    return needs


def dimension_of(platform: Platform) -> int:
    catalogue = platform.matcher.index.catalogue("offer")
    assert catalogue is not None
    return catalogue.reference.dimension


def findings(platform: Platform) -> dict[str, Any]:
    uow = platform.quiet_uow()
    found = {finding.subject: finding for finding in examine(uow, platform.matcher)}
    uow.close()
    return found


@pytest.mark.usefixtures("texts")
def test_the_old_index_serves_until_an_encoder_of_another_dimension_has_read_everything(
    settings: Settings, models: Path, tiny: Path
) -> None:
    (settings.data / "models").symlink_to(models)
    with opened(settings, encoder_backend="auto") as before:
        catch_up(before)
        assert dimension_of(before) == 384
        old = before.matcher.index.encoder
        with opened(settings, encoder=str(tiny / "first")) as after:
            assert dimension_of(after) == 384, "nothing was read with the new one yet"
            assert before.matcher.find("offer", TEXTS[0], 3)
            after.matcher.sync()
            assert dimension_of(after) == WIDTH
            assert after.matcher.index.encoder != old
            assert {hit.id for hit in after.matcher.find("offer", TEXTS[0], 3)} == {1, 2, 3}
            after.matcher.match(everything=True)
            assert all(finding.is_well for finding in findings(after).values())
            uow = after.quiet_uow()
            assert old not in set(uow.session.scalars(select(Pairing.encoder)))
            uow.close()


@pytest.mark.usefixtures("texts")
def test_a_text_is_not_searched_with_vectors_of_another_encoder(settings: Settings, tiny: Path) -> None:
    with opened(settings, encoder=str(tiny / "first")) as before:
        catch_up(before)
    with opened(settings, encoder=str(tiny / "second")) as after:
        served = after.matcher.index
        assert served.catalogue("offer") is not None
        assert served.encoder == before.matcher.encoder().name != after.matcher.encoder().name
        hits = after.matcher.find("offer", TEXTS[0], 3)
        assert hits == before.matcher.find("offer", TEXTS[0], 3)


@pytest.fixture
def with_cross_encoder(settings: Settings, tiny: Path, tmp_path: Path) -> Callable[[str], Settings]:
    def named(name: str) -> Settings:
        changes = {"encoder": str(tiny / "first"), "encoder_backend": "torch", "cross_encoder": name}
        return settings.model_copy(update=changes)

    return named


def test_a_cross_encoder_reads_pairings_and_searches_again(
    uow: UnitOfWork, texts: list[Need], with_cross_encoder: Callable[[str], Settings], tmp_path: Path
) -> None:
    with opened(with_cross_encoder(str(tiny_cross_encoder(tmp_path / "cross")))) as platform:
        catch_up(platform)
        assert findings(platform)["cross-encoder"].is_well
        hits = platform.matcher.find("offer", TEXTS[1], 3)
        assert [hit.parts["rank"] for hit in hits] == sorted((hit.parts["rank"] for hit in hits), reverse=True)
        assert all("cross" in hit.parts for hit in hits)
    uow.rollback()
    for pairing in uow.session.scalars(select(Pairing)):
        assert "cross" in pairing.scores


def test_a_wrong_cross_encoder_is_told_by_doctor_and_on_use(
    texts: list[Need], with_cross_encoder: Callable[[str], Settings], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with opened(with_cross_encoder(str(tmp_path / "empty"))) as platform:
        platform.matcher.sync()
        finding = findings(platform)["cross-encoder"]
        assert not finding.is_well
        assert "MATCHER_CROSS_ENCODER" in finding.text
        with pytest.raises(CrossEncoderFailed):
            platform.matcher.find("offer", TEXTS[0], 3)
