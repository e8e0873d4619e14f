"""One process at a time: a living holder is left alone, a dead one is succeeded."""

import subprocess
import sys

import pytest

from matcher.core.errors import Conflict
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import lease
from matcher.matching.model import Lease
from tests.databases import ROOT

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)

#: Takes the lease as soon as it can, says so, holds it for a moment, gives it back; `forever` holds it until killed.
HOLDER = """
import sys, time
from matcher import models
from matcher.core.db import make_engine, make_session_factory
from matcher.core.errors import Conflict
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import lease
url, forever = sys.argv[1], sys.argv[2] == "forever"
uow = UnitOfWork(make_session_factory(make_engine(url)))
turns = 0
while turns < (1 if forever else 5):
    try:
        held = lease.hold(uow, "sync")
    except Conflict:
        time.sleep(0.005)
        continue
    before = held.counter
    held.counter = before + 1
    uow.commit()
    print("in", flush=True)
    time.sleep(60 if forever else 0.01)
    held = lease.hold(uow, "sync")
    assert held.counter == before + 1, "somebody wrote in between"
    lease.release(uow, "sync")
    uow.commit()
    turns += 1
"""


def start(url, how):
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, how], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def living(database_url):
    """Start a process that holds the lease until it is killed."""
    process = start(database_url, "forever")
    assert process.stdout.readline() == "in\n", process.stderr.read()
    yield process
    process.kill()
    process.communicate()


def test_a_living_holder_is_left_alone_and_a_killed_one_is_succeeded_at_once(platform, living):
    uow = UnitOfWork(platform.sessions)
    with pytest.raises(Conflict):
        lease.hold(uow, "sync")
    assert lease.hold(uow, "match"), "another job has a lease of its own"
    uow.commit()
    living.kill()
    living.wait()
    taken = lease.hold(uow, "sync")
    assert taken.holder.split(":")[1] != str(living.pid)
    assert taken.counter == 1, "what the dead process wrote stands"
    uow.commit()
    uow.close()


def test_a_holder_that_does_not_renew_in_time_is_succeeded(platform, uow, clock, living):
    clock.move(hours=30)  # the holder's clock is the real one
    assert lease.hold(uow, "sync").holder.split(":")[1] != str(living.pid)
    uow.commit()


def test_a_holder_on_another_host_is_believed_until_its_time_is_over(uow, clock):
    lease.hold(uow, "sync")
    held = uow.session.get_one(Lease, "sync")
    held.holder = "another-host:1:1"
    uow.commit()
    with pytest.raises(Conflict):
        lease.hold(uow, "sync")
    clock.move(minutes=3)
    assert lease.hold(uow, "sync")
    uow.commit()


def test_two_processes_never_hold_the_lease_together(platform, database_url):
    workers = [start(database_url, "in turn") for _ in range(2)]
    outcomes = [worker.communicate(timeout=60) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outcomes
    uow = UnitOfWork(platform.sessions)
    final = uow.session.get_one(Lease, "sync")
    assert (final.counter, final.holder) == (10, "")
    uow.close()


def test_a_lease_that_was_given_back_is_free(uow):
    lease.hold(uow, "sync")
    uow.commit()
    lease.release(uow, "sync")
    uow.commit()
    assert (uow.session.get_one(Lease, "sync").holder, uow.session.get_one(Lease, "sync").until) == ("", None)
