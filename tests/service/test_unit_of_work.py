"""One commit at the edge, wishes in the same transaction, one wake-up after it."""

import pytest
from sqlalchemy import select

from matcher.core import outbox
from matcher.core.errors import Conflict, InvalidInput
from matcher.core.outbox import OutboxRow, Topic
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import review
from matcher.matching.model import Verdict
from matcher.matching.own import OwnFilter, own_items
from matcher.needs import service as needs
from matcher.needs.model import Need
from tests.factories import PairingFactory, need_answers, organisation_of


class Bell:
    """Count how often it rings, and what was committed at that moment."""

    def __init__(self, platform):
        self.platform = platform
        self.seen = []

    def __call__(self):
        other = UnitOfWork(self.platform.sessions)
        self.seen.append(len(other.session.scalars(select(OutboxRow)).all()))
        other.close()


@pytest.fixture
def bell(platform):
    return Bell(platform)


@pytest.fixture
def ringing(platform, bell):
    opened = UnitOfWork(platform.sessions, wake=bell)
    yield opened
    opened.close()


def test_the_worker_is_woken_once_and_after_the_commit(ringing, bell, actors):
    with ringing:
        for number in range(3):
            needs.create(
                ringing,
                actors.desk,
                need_answers(ref=f"N-{number}"),
                owner_id=actors.enterprise.organisation_id,
                submit=True,
            )
        assert bell.seen == []
    assert bell.seen == [3]
    with ringing:  # what follows in the same unit has nothing for the worker
        needs.create(ringing, actors.enterprise, need_answers())
    assert bell.seen == [3]


def test_an_action_without_wishes_wakes_nobody(ringing, bell, actors):
    with ringing:
        needs.create(ringing, actors.enterprise, need_answers())
    with ringing:
        own_items(ringing, actors.enterprise, Need, OwnFilter())
    assert bell.seen == []


def test_what_is_undone_leaves_no_wish_and_wakes_nobody(ringing, bell, actors):
    def one_right_and_one_wrong():
        with ringing:
            needs.create(ringing, actors.desk, need_answers(), owner_id=actors.enterprise.organisation_id, submit=True)
            needs.create(ringing, actors.desk, need_answers(title=None), submit=True)

    with pytest.raises(InvalidInput):
        one_right_and_one_wrong()
    assert bell.seen == []
    assert not ringing.session.scalars(select(OutboxRow)).all()
    assert not ringing.session.scalars(select(Need)).all()
    with ringing:  # a later commit of the same unit does not ring for what was undone
        needs.create(ringing, actors.enterprise, need_answers())
    assert bell.seen == []


def test_a_commit_that_loses_the_race_wakes_nobody_and_says_conflict(platform, ringing, bell, uow, actors):
    pairing = PairingFactory()
    uow.commit()

    def a_colleague_is_faster():
        with ringing:
            review.get(ringing, pairing.id)
            with uow:
                review.decide(uow, actors.colleague, pairing.id, Verdict.DECLINE, reason="price")
            outbox.put(ringing, Topic.MATCH, "need", pairing.need_id)
            review.decide(ringing, actors.desk, pairing.id, Verdict.ACCEPT)

    with pytest.raises(Conflict):
        a_colleague_is_faster()
    assert bell.seen == []
    assert not ringing.session.scalars(select(OutboxRow)).all()


def test_two_writers_of_one_own_number_at_once_leave_one_need(platform, uow, actors):
    """The check of the number sees nothing yet; the database has the last word."""
    slow, fast = UnitOfWork(platform.sessions), UnitOfWork(platform.sessions)
    first = organisation_of(actors.enterprise)
    with fast:
        one = needs.create(fast, actors.enterprise, need_answers(ref="A"))
        other = needs.create(fast, actors.enterprise, need_answers(ref="B"))

    def the_check_passed_too_early():
        with slow:
            slow.session.get_one(Need, other.id).ref = "A"
            slow.session.scalars(select(Need)).all()  # a query inside the block writes it and meets the refusal

    with pytest.raises(Conflict):
        the_check_passed_too_early()
    slow.close()
    fast.close()
    refs = uow.session.scalars(select(Need.ref).where(Need.organisation_id == first.id).order_by(Need.id)).all()
    assert refs == ["A", "B"]
    assert one.id != other.id


def test_what_was_loaded_can_be_shown_after_the_commit(platform, actors):
    opened = UnitOfWork(platform.sessions)
    with opened:
        need = needs.create(opened, actors.enterprise, need_answers())
    opened.close()
    assert (need.title, need.organisation.name, need.tech_fields) == (
        "航空发动机叶片增材修复孔隙率控制",
        need.organisation.name,
        ["aerospace", "new_materials"],
    )


def test_the_platform_wakes_its_queue_when_something_waits(platform, actors):
    opened = platform.uow()
    with opened:
        needs.create(opened, actors.enterprise, need_answers())
    assert len(platform.queue) == 0
    with opened:
        needs.create(
            opened, actors.desk, need_answers(ref="2"), owner_id=actors.enterprise.organisation_id, submit=True
        )
    opened.close()
    assert len(platform.queue) == 1
