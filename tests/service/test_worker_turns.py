"""Two workers at once: what the calendar asks for is told once, nobody fails, and one step that fails holds up no other."""

import threading

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from matcher import worker
from matcher.core.clock import local_date
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import tasks
from matcher.matching import saved
from matcher.messages import preferences
from matcher.messages.kinds import MessageKind
from matcher.messages.model import Delivery, Message
from matcher.messages.service import notify
from tests.factories import NeedFactory, OfferFactory, PairingFactory, organisation_of
from tests.service.test_post import TEXT

WORKERS = 4
both_databases = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def at_once(platform, clock, monkeypatch):
    """Return what lets some workers take a step at the same moment, and one once more; whoever came too late leaves it be."""
    monkeypatch.setattr(platform.__class__, "uow", lambda self: UnitOfWork(self.sessions, clock=clock))

    def run(step):
        barrier = threading.Barrier(WORKERS)

        def work():
            barrier.wait()
            worker.do_all(platform, step)

        threads = [threading.Thread(target=work) for _ in range(WORKERS)]
        with capture_logs() as logs:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=60)
        assert [line for line in logs if line["event"] == "worker.failed"] == []
        step(platform)

    return run


def titles(uow):
    uow.session.expire_all()
    return list(uow.session.scalars(select(Message.title_zh).order_by(Message.id)))


@both_databases
def test_what_falls_due_is_told_once(uow, actors, clock, at_once):
    with uow:
        tasks.create(uow, actors.desk, "约看样件", local_date(uow.clock()))
    clock.move(hours=20)
    at_once(worker.remind_brokers)
    assert len(titles(uow)) == 1
    assert len(list(uow.session.scalars(select(Delivery)))) == 1


@both_databases
def test_a_digest_is_written_once(uow, actors, clock, at_once):
    with uow:
        preferences.choose(uow, actors.enterprise, {MessageKind.INTRODUCTION: "daily"})
        notify(uow, [actors.enterprise.person_id], MessageKind.INTRODUCTION, TEXT, key="one")
    clock.move(days=1)
    at_once(worker.digest)
    assert [one.subject for one in uow.session.scalars(select(Delivery))] == ["今日汇总：1 条新消息"]


@both_databases
def test_new_pairings_and_a_saved_search_are_told_once(uow, actors, clock, at_once):
    with uow:
        saved.save(uow, actors.university, "needs", "我的搜索", "at_once", text="", choices={})
    clock.move(minutes=1)
    PairingFactory(need=NeedFactory(organisation=organisation_of(actors.enterprise)), offer=OfferFactory(), score=0.9)
    uow.commit()
    clock.move(minutes=1)

    at_once(worker.tell_news)
    assert sorted(titles(uow)) == sorted(set(titles(uow)))
    assert sum("我的搜索" in title for title in titles(uow)) == 1


def test_a_step_that_fails_is_logged_and_holds_up_no_other(platform):
    done = []

    def fails(given):
        raise ZeroDivisionError

    worker.do_all(platform, fails, done.append)
    assert done == [platform]
