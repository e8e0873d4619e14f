"""Reading, proposing and searching with the real encoder: what changed is matched, nothing is lost, and nobody meets themselves."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from matcher.app import Platform, open_platform
from matcher.core.errors import Conflict
from matcher.core.outbox import OutboxRow, Topic, put
from matcher.core.people import VISITOR, Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.doctor import examine, repair
from matcher.matching.explain import Explainer
from matcher.matching.model import Pairing, PairingState, StoredRecord, Verdict
from matcher.matching.propose import Proposer, match
from matcher.matching.review import decide
from matcher.matching.search import find_needs, find_offers
from matcher.matching.wishes import Wish
from matcher.needs import service as needs
from matcher.needs.model import Need, NeedState
from matcher.offers import service as offers
from matcher.offers.model import Offer
from matcher.settings import Settings
from matcher.worker import catch_up
from tests.conftest import Actors
from tests.databases import ROOT
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory

#: What is asked for, and what answers it, one pair a topic.
TOPICS = (
    ("叶片增材修复的孔隙率控制", "激光定向能量沉积修复叶片，熔池闭环控制孔隙"),
    ("污水厂深度脱氮少加碳源", "自养反硝化滤池深度脱氮，节省碳源"),
    ("柑橘内部糖度无损分选", "近红外在线检测柑橘糖度的分选装备"),
    ("燃气管道第三方破坏预警", "分布式光纤振动传感识别管道沿线施工"),
    ("氧化锆义齿瓷块的快速烧结", "高透氧化锆陶瓷短时烧结工艺"),
    ("地铁上盖物业的隔振", "建筑基底三维隔振支座"),
    ("脑电信号控制假肢的延迟", "无线脑机接口采集与低延迟解码芯片"),
    ("量子密钥分发设备小型化", "集成光学量子密钥分发芯片"),
)


@pytest.fixture
def settings(settings: Settings, models: Path) -> Settings:
    """Share the laid-out model: it is the same for every platform."""
    (settings.data / "models").symlink_to(models)
    return settings


def open_item(uow: UnitOfWork, item: Any) -> Any:
    """Leave the wish that publishing leaves."""
    put(uow, Topic.INDEX, "need" if isinstance(item, Need) else "offer", item.id)
    return item


@pytest.fixture
def topics(uow: UnitOfWork) -> list[tuple[Need, Offer]]:
    """Publish a need and a result for every topic."""
    made = []
    for asked, given in TOPICS:
        need = NeedFactory(title=asked, difficulties=f"{asked}，现有办法达不到要求。", content=asked, indicators=())
        offer = OfferFactory(title=given, summary=f"{given}，已完成样机。", indicators=())
        made.append((open_item(uow, need), open_item(uow, offer)))
    uow.commit()
    return made


def pairings(uow: UnitOfWork, **wanted: Any) -> list[Pairing]:
    uow.rollback()
    return list(uow.session.scalars(select(Pairing).filter_by(**wanted).order_by(Pairing.id)))


def waiting(uow: UnitOfWork) -> int:
    uow.rollback()
    return uow.session.scalar(select(func.count()).select_from(OutboxRow)) or 0


def best_offer(uow: UnitOfWork, need: Need) -> int:
    return max(pairings(uow, need_id=need.id), key=lambda pairing: pairing.score).offer_id


def is_well(platform: Platform) -> bool:
    uow = platform.quiet_uow()
    found = [finding for finding in examine(uow, platform.matcher) if not finding.is_well]
    uow.close()
    return not found


def test_every_need_meets_the_result_that_answers_it_with_its_reasons(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]]
) -> None:
    catch_up(platform)
    assert waiting(uow) == 0
    for need, offer in topics:
        assert best_offer(uow, need) == offer.id, need.title
        (pairing,) = pairings(uow, need_id=need.id, offer_id=offer.id)
        assert pairing.best_of_need
        assert pairing.best_of_offer
        assert pairing.explanation["sentences"]
        assert pairing.scores["evidence"] > 0
    assert is_well(platform)


def test_a_changed_text_is_matched_anew_and_loses_what_no_longer_fits(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]]
) -> None:
    catch_up(platform)
    (need, old), (_, other) = topics[0], topics[1]
    need.title = need.difficulties = need.content = TOPICS[1][0]
    open_item(uow, need)
    uow.commit()
    catch_up(platform)
    assert best_offer(uow, need) == other.id
    assert not any(pairing.best_of_need for pairing in pairings(uow, need_id=need.id, offer_id=old.id))


def test_the_same_text_is_computed_once(platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]]) -> None:
    catch_up(platform)
    first = topics[0][0]
    twin = NeedFactory(title=first.title, difficulties=first.difficulties, content=first.content, indicators=())
    twin.keywords, twin.background = first.keywords, first.background
    open_item(uow, twin)
    uow.commit()
    catch_up(platform)
    records = select(StoredRecord.text_hash, StoredRecord.content).where(
        StoredRecord.side == "need", StoredRecord.item_id.in_([first.id, twin.id])
    )
    assert len(set(uow.session.execute(records))) == 1


def test_what_is_withdrawn_leaves_the_queue_but_what_was_decided_stays(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]], actors: Actors
) -> None:
    catch_up(platform)
    need, offer = topics[0]
    (kept,) = pairings(uow, need_id=need.id, offer_id=offer.id)
    with uow:
        decide(uow, actors.desk, kept.id, Verdict.DECLINE, reason="price")
        needs.withdraw(uow, actors.desk, need.id)
    catch_up(platform)
    assert [pairing.id for pairing in pairings(uow, need_id=need.id)] == [kept.id]
    with uow:
        offers.withdraw(uow, actors.desk, topics[1][1].id)
    catch_up(platform)
    assert pairings(uow, offer_id=topics[1][1].id) == []
    assert is_well(platform)


def test_nobody_meets_themselves(platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]]) -> None:
    need, offer = topics[0]
    offer.organisation_id = need.organisation_id
    uow.commit()
    catch_up(platform)
    assert pairings(uow, need_id=need.id, offer_id=offer.id) == []


def test_a_targeted_need_meets_only_those_it_is_shown_to(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]]
) -> None:
    need, offer = topics[0]
    chosen = OrganisationFactory(kind="institute")
    their = OfferFactory(title=offer.title, summary=offer.summary, indicators=(), organisation=chosen)
    need.disclosure, need.targets = "targeted", [chosen.name]
    open_item(uow, their)
    uow.commit()
    catch_up(platform)
    assert {pairing.offer_id for pairing in pairings(uow, need_id=need.id)} == {their.id}


def test_a_free_text_finds_results_and_only_needs_that_the_person_may_read(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]], actors: Actors
) -> None:
    secret, open_one = topics[0][0], topics[1][0]
    secret.disclosure = "redacted"
    uow.commit()
    catch_up(platform)
    assert find_offers(uow, platform.matcher, VISITOR, "光纤感知燃气管线被挖断的危险")[0].id == topics[3][1].id

    def found(actor: Actor, text: str) -> list[int]:
        return [hit.id for hit in find_needs(uow, platform.matcher, actor, text)]

    assert secret.id not in found(actors.university, secret.title)
    assert found(actors.desk, secret.title)[0] == secret.id
    assert found(actors.university, open_one.title)[0] == open_one.id


def test_search_says_so_while_there_is_no_index(platform: Platform, uow: UnitOfWork) -> None:
    with pytest.raises(Conflict):
        find_offers(uow, platform.matcher, VISITOR, "轴承")
    assert find_offers(uow, platform.matcher, VISITOR, " \n") == []


def test_a_second_process_sees_what_the_first_one_wrote(
    platform: Platform, settings: Settings, uow: UnitOfWork, topics: list[tuple[Need, Offer]]
) -> None:
    catch_up(platform)
    other = open_platform(settings)
    text = "管道沿线第三方施工识别"
    assert other.matcher.find("offer", text, 5) == platform.matcher.find("offer", text, 5)
    new = OfferFactory(title="燃气管道第三方破坏的声波预警", summary="声波识别管道沿线挖掘。", indicators=())
    open_item(uow, new)
    uow.commit()
    catch_up(other)
    assert new.id in {hit.id for hit in platform.matcher.find("offer", text, 3)}
    other.engine.dispose()


PROGRAM = """
import sys
from matcher.app import open_platform
platform = open_platform()
getattr(platform.matcher, sys.argv[1])(lambda done, total: print(done, flush=True))
"""


def kill_in(step: str, platform: Platform) -> None:
    """Run a step in a process of its own and kill it at its first sign of life."""
    environment = os.environ | {"MATCHER_DATA": str(platform.settings.data), "DATABASE_URL": platform.settings.url}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, step], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "it wrote a batch"
        process.send_signal(signal.SIGKILL)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave many batches to be killed between."""
    global PROGRAM
    whole = PROGRAM
    PROGRAM = "from matcher.matching import propose, sync\npropose.BATCH = sync.BATCH = 3\n" + whole
    yield
    PROGRAM = whole


def outcome(uow: UnitOfWork) -> dict[str, Any]:
    rows = pairings(uow)
    return {
        "pairings": [(p.need_id, p.offer_id, p.state, p.best_of_need, p.best_of_offer) for p in rows],
        "records": uow.session.execute(
            select(StoredRecord.side, StoredRecord.item_id, StoredRecord.is_open).order_by(
                StoredRecord.side, StoredRecord.item_id
            )
        ).all(),
    }


@pytest.mark.usefixtures("small_batches", "topics")
def test_killed_while_reading_and_while_matching_nothing_is_lost_or_doubled(
    platform: Platform, uow: UnitOfWork
) -> None:
    everything = waiting(uow)
    kill_in("sync", platform)
    assert 0 < uow.session.scalar(select(func.count()).select_from(StoredRecord)) < everything
    platform.matcher.sync()
    kill_in("match", platform)
    uow.rollback()
    left = uow.session.scalar(select(func.count()).where(OutboxRow.topic == Topic.MATCH)) or 0
    assert 0 < left < everything
    catch_up(platform)
    assert waiting(uow) == 0
    assert is_well(platform)
    after_kills = outcome(uow)
    platform.matcher.match(everything=True)
    assert sorted(outcome(uow)["pairings"]) == sorted(after_kills["pairings"]), "as if it had run once"
    assert len(after_kills["records"]) == everything


class Interrupting(Explainer):
    """Explain as usual, but let something happen in between, as it does while a batch is being searched."""

    happening: Callable[[], None] | None = None

    def explain(self, need: Any, offer: Any) -> dict[str, Any]:
        if self.happening:
            happening, self.happening = self.happening, None
            happening()
        return super().explain(need, offer)


def test_needs_with_few_good_results_are_explored_too_but_not_those_without_any(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]]
) -> None:
    lonely = open_item(
        uow, NeedFactory(title="川菜泡菜", difficulties="老坛泡菜发酵起花。", content="泡菜", indicators=())
    )
    uow.commit()
    catch_up(platform)
    asked, given = platform.matcher.index.catalogue("need"), platform.matcher.index.catalogue("offer")
    assert asked
    assert given
    assert platform.matcher.index.encoder
    proposer = Proposer(asked, given, platform.matcher.index.encoder, Explainer(given), 10, 0.1, exploration=0.5)
    found = proposer.find(uow, [Wish("need", need.id, ()) for need in [*(need for need, _ in topics), lonely]])
    explored = [pair for proposal in found for pair in proposal.pairs if pair.explored]
    good = [pair for proposal in found for pair in proposal.pairs if not pair.explored]
    assert 0 < len(explored) <= len(good)
    assert min(pair.score for pair in good) >= 0.1 > max(pair.score for pair in explored)
    assert found[-1].pairs == ()


def test_a_decision_made_while_its_pairing_is_matched_anew_is_kept(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]], actors: Actors
) -> None:
    catch_up(platform)
    need, offer = topics[0]
    (pairing,) = pairings(uow, need_id=need.id, offer_id=offer.id)
    need.difficulties += "返修率高。"
    open_item(uow, need)
    uow.commit()
    platform.matcher.sync()

    def broker_decides() -> None:
        colleague = platform.quiet_uow()
        with colleague:
            decide(colleague, actors.desk, pairing.id, Verdict.ACCEPT, seen_version=pairing.version)
        colleague.close()

    catalogues = platform.matcher.index.catalogue("need"), platform.matcher.index.catalogue("offer")
    assert catalogues[0]
    assert catalogues[1]
    assert platform.matcher.index.encoder
    explainer = Interrupting(catalogues[1])
    explainer.happening = broker_decides
    match(
        platform.quiet_uow,
        Proposer(catalogues[0], catalogues[1], platform.matcher.index.encoder, explainer, 10, 0.05),
    )
    uow.session.expire_all()
    (pairing,) = pairings(uow, need_id=need.id, offer_id=offer.id)
    assert pairing.state is PairingState.SHORTLISTED
    assert uow.session.get_one(Need, need.id).state is NeedState.MATCHED
    assert waiting(uow) == 0


def test_doctor_finds_and_mends_what_is_damaged_or_missing(
    platform: Platform, uow: UnitOfWork, topics: list[tuple[Need, Offer]]
) -> None:
    catch_up(platform)
    records = uow.session.scalars(select(StoredRecord).where(StoredRecord.side == "offer").limit(2)).all()
    records[0].content = b"damaged"
    uow.session.delete(records[1])
    uow.commit()
    assert not is_well(platform)
    mending = platform.quiet_uow()
    repair(mending, platform.matcher)
    mending.close()
    assert is_well(platform)
    for need, offer in topics:
        assert best_offer(uow, need) == offer.id


def test_pages_and_decisions_need_no_model(
    platform: Platform, settings: Settings, uow: UnitOfWork, topics: list[tuple[Need, Offer]], actors: Actors
) -> None:
    catch_up(platform)
    web = open_platform(settings)
    with uow:
        decide(uow, actors.desk, pairings(uow)[0].id, Verdict.ACCEPT)
    assert web.matcher.index.catalogue("offer") is not None
    web.matcher.sync()
    assert not web.matcher.is_encoder_loaded
    web.engine.dispose()
