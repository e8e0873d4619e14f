"""One process at a time does a job; a process that died holds nobody up."""

import os
import socket
from datetime import timedelta

import psutil
from sqlalchemy import or_, update

from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.model import Lease

DURATION = timedelta(minutes=2)
BUSY = Label("另一个进程正在进行“{name}”，请稍后再试。", "Another process is doing “{name}”; try again later.")


def _me() -> str:
    # The start time tells a process from a later one with the same number.
    return f"{socket.gethostname()}:{os.getpid()}:{int(psutil.Process().create_time())}"


def _is_dead(holder: str) -> bool:
    """Say whether `holder` was a process of this host that runs no more."""
    host, _, rest = holder.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname():
        return False
    pid, started = int(rest), int(holder.rpartition(":")[2])
    try:
        return int(psutil.Process(pid).create_time()) != started
    except psutil.NoSuchProcess:
        return True


def hold(uow: UnitOfWork, name: str) -> Lease:
    """Take or renew the lease in the running transaction; raises Conflict when a living process has it.

    The row stays locked until the commit, so that what is written under it happens in the order of its counter.
    """
    session = uow.session
    if session.get(Lease, name) is None:
        session.add(Lease(name=name, counter=0))
        uow.commit()
    lease = session.get_one(Lease, name, populate_existing=True)
    mine, now = _me(), uow.clock()
    takeable = or_(Lease.holder.in_(("", mine)), Lease.until < now)
    if lease.holder and _is_dead(lease.holder):
        takeable = or_(takeable, Lease.holder == lease.holder)
    # An UPDATE takes the write lock on every database, where SQLite would pass over SELECT … FOR UPDATE.
    taken = session.execute(
        update(Lease)
        .where(Lease.name == name, takeable)
        .values(holder=mine, until=now + DURATION)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        uow.rollback()
        raise Conflict(BUSY.format(name=name))
    return session.get_one(Lease, name, populate_existing=True)


def release(uow: UnitOfWork, name: str) -> None:
    """Give the lease back."""
    lease = uow.session.get(Lease, name, populate_existing=True)
    if lease and lease.holder == _me():
        lease.holder = ""
        lease.until = None
