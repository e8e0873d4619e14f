"""Brokers are reminded of what falls due in the morning of that day, once, by message and by mail; on both databases."""

import pytest
from sqlalchemy import select

from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import tasks
from matcher.desk.reminders import remind_of_tasks
from matcher.messages import preferences
from matcher.messages.digests import write_digests
from matcher.messages.kinds import MessageKind
from matcher.messages.model import Delivery, Message
from matcher.worker import remind_brokers
from tests.factories import day

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def remind(uow):
    def run():
        with uow:
            return remind_of_tasks(uow)

    return run


def messages(uow, actor):
    query = select(Message).where(Message.person_id == actor.person_id).order_by(Message.id)
    return list(uow.session.scalars(query))


def add(uow, actor, title, ahead, **more):
    with uow:
        return tasks.create(uow, actor, title, day(ahead), **more)


def test_one_message_in_the_morning_lists_what_falls_due(uow, actors, clock, remind):
    add(uow, actors.desk, "约看样件", 1)
    add(uow, actors.desk, "回访企业", 1)
    add(uow, actors.desk, "写纪要", 2)
    clock.move(hours=18.9)
    assert remind() == 0, "06:54 is not yet the morning"
    clock.move(hours=0.2)
    assert remind() == 1
    assert remind() == 0
    clock.move(hours=10)
    assert remind() == 0
    (message,) = messages(uow, actors.desk)
    assert (message.title_zh, message.link) == ("今天有 2 项任务到期", "/desk/tasks")
    assert message.body_zh.splitlines() == ["· 约看样件（今天到期）", "· 回访企业（今天到期）"]
    assert message.body_en.splitlines() == ["· 约看样件 (due today)", "· 回访企业 (due today)"]
    mail = uow.session.get_one(Delivery, message.delivery_id)
    assert mail.address
    assert "约看样件" in mail.body


def test_every_day_has_its_own_message_and_names_what_is_late(uow, actors, clock, remind):
    add(uow, actors.desk, "约看样件", 1)
    add(uow, actors.desk, "写纪要", 3)
    clock.move(hours=19.1)
    assert remind() == 1
    clock.move(days=1)
    assert remind() == 0, "nothing new has fallen due: nobody is told again"
    clock.move(days=1)
    assert remind() == 1
    latest = messages(uow, actors.desk)[-1]
    assert latest.title_zh == "今天到期：写纪要"
    assert latest.body_zh.splitlines() == ["· 写纪要（今天到期）", "· 约看样件（已过期 2 天）"]


def test_a_morning_without_a_worker_is_made_up_for(uow, actors, clock, remind):
    add(uow, actors.desk, "约看样件", 1)
    clock.move(days=2, hours=4)
    assert remind() == 1
    (message,) = messages(uow, actors.desk)
    assert message.title_zh == "已过期：约看样件"
    assert message.body_zh == "· 约看样件（昨天到期）"


def test_what_is_done_or_moved_is_not_told_and_what_was_moved_is_told_on_its_new_day(uow, actors, clock, remind):
    done, moved = add(uow, actors.desk, "做完的", 1), add(uow, actors.desk, "改期的", 1)
    with uow:
        tasks.finish(uow, actors.colleague, done.id)
    clock.move(hours=19.1)
    assert remind() == 1
    with uow:
        tasks.change(uow, actors.desk, moved.id, day(3), actors.desk.person_id)
    clock.move(days=2)
    assert remind() == 0
    clock.move(days=1)
    assert remind() == 1
    assert [one.title_zh for one in messages(uow, actors.desk)] == ["今天到期：改期的"] * 2


def test_each_broker_hears_of_their_own(uow, actors, clock, remind):
    add(uow, actors.desk, "我的", 1)
    add(uow, actors.colleague, "同事的", 1)
    clock.move(hours=20)
    assert remind() == 2
    assert [one.title_zh for one in messages(uow, actors.desk)] == ["今天到期：我的"]
    assert [one.title_zh for one in messages(uow, actors.colleague)] == ["今天到期：同事的"]


def test_a_task_from_a_colleague_is_told_at_once_but_ones_own_is_not(uow, actors):
    task = add(uow, actors.colleague, "整理纪要", 3, person_id=actors.desk.person_id)
    add(uow, actors.desk, "自己的", 3)
    (message,) = messages(uow, actors.desk)
    assert message.title_zh == f"{actors.colleague.name}交给您一项任务：整理纪要"
    with uow:
        tasks.change(uow, actors.desk, task.id, day(5), actors.desk.person_id)
    assert messages(uow, actors.colleague) == [], "another day alone is no news"
    with uow:
        tasks.change(uow, actors.desk, task.id, day(5), actors.colleague.person_id)
    assert len(messages(uow, actors.colleague)) == 1


@pytest.mark.parametrize(
    ("rhythm", "mails_at_once", "in_the_digest"), [("never", 0, 0), ("daily", 0, 1), ("at_once", 1, 0)]
)
def test_the_mail_follows_what_the_broker_chose(uow, actors, clock, remind, rhythm, mails_at_once, in_the_digest):
    with uow:
        preferences.choose(uow, actors.desk, {MessageKind.REMINDER: rhythm})
    add(uow, actors.desk, "约看样件", 1)
    clock.move(hours=19.1)
    assert remind() == 1
    assert len(list(uow.session.scalars(select(Delivery)))) == mails_at_once
    clock.move(hours=1)
    with uow:
        assert write_digests(uow) == in_the_digest, "the digest of the same morning has it"
    assert len(messages(uow, actors.desk)) == 1


def test_the_worker_reminds_and_says_so_once(uow, actors, platform, clock, monkeypatch):
    add(uow, actors.desk, "约看样件", 1)
    clock.move(hours=20)
    monkeypatch.setattr(platform.__class__, "uow", lambda self: UnitOfWork(self.sessions, clock=clock))
    remind_brokers(platform)
    remind_brokers(platform)
    assert [one.title_zh for one in messages(uow, actors.desk)] == ["今天到期：约看样件"]
