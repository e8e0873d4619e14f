"""The post office: deliveries go out once, whatever breaks.

pending → claimed → handed → sent. Each arrow is a commit of its own. A worker that dies before it hands a mail over loses
nothing: the claim runs out and the mail waits again. One that dies while it hands over (or whose line breaks then) leaves
it `unclear`: whether it arrived cannot be known, and it is not sent twice; the inbox has the message anyway, and
`matcher mail --again` sends it with the same Message-ID. See docs/decisions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import func, select, update

from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.model import Channel, Delivery, DeliveryState
from matcher.messages.senders import Away, Refused, Sender, Unclear

CLAIM = timedelta(minutes=10)
#: How long a delivery waits after its first, second … failure; then always the last.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))
GIVE_UP = timedelta(days=5)
AT_MOST = 500  # in one run, so that other work gets its turn

NO_WAY = "not set up"

_S = DeliveryState
log = structlog.get_logger()


@dataclass(slots=True)
class Run:
    """Count what one run did."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0
    unclear: int = 0


def deliver(open_uow: Callable[[], UnitOfWork], senders: Mapping[Channel, Sender]) -> Run:
    """Send what is due, one after the other; a channel whose other end is away is left alone until the next run."""
    run, uow, open_channels = Run(), open_uow(), set(senders)
    try:
        _take_back(uow)
        _drop_without_way(uow, open_channels)
        for _ in range(AT_MOST):
            delivery = _claim(uow, open_channels)
            if delivery is None:
                break
            if not _send(uow, senders[delivery.channel], delivery, run):
                open_channels.discard(delivery.channel)
    finally:
        for sender in senders.values():
            sender.close()
        uow.close()
    return run


def _take_back(uow: UnitOfWork) -> None:
    """Free what a dead worker had claimed, and mark what it was handing over as unclear."""
    late = Delivery.claimed_until < uow.clock()
    for state, becomes in ((_S.CLAIMED, _S.PENDING), (_S.HANDED, _S.UNCLEAR)):
        uow.session.execute(update(Delivery).where(Delivery.state == state, late).values(state=becomes))
    uow.commit()


def _drop_without_way(uow: UnitOfWork, channels: set[Channel]) -> None:
    """End what has no way out (no robot is set), so that it does not all go out on the day when one is."""
    lost = update(Delivery).where(Delivery.state == _S.PENDING, Delivery.channel.not_in(channels))
    uow.session.execute(lost.values(state=_S.FAILED, error=NO_WAY))
    uow.commit()


def _claim(uow: UnitOfWork, channels: set[Channel]) -> Delivery | None:
    """Take the delivery that has been due longest, in one statement: of two workers one gets it."""
    now = uow.clock()
    next_due = (
        select(Delivery.id)
        .where(Delivery.state == _S.PENDING, Delivery.due_at <= now, Delivery.channel.in_(channels))
        .order_by(Delivery.due_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = uow.session.scalar(
        update(Delivery)
        .where(Delivery.id == next_due, Delivery.state == _S.PENDING)
        .values(state=_S.CLAIMED, claimed_until=now + CLAIM, attempts=Delivery.attempts + 1)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    uow.commit()
    return uow.session.get(Delivery, taken, populate_existing=True) if taken is not None else None


def _send(uow: UnitOfWork, sender: Sender, delivery: Delivery, run: Run) -> bool:
    """Send one delivery and write down how it went; returns False when the other end is away."""

    def handing_over() -> None:
        _write(uow, delivery, state=_S.HANDED)

    try:
        sender.send(delivery, handing_over)
    except Away as error:
        _wait(uow, delivery, str(error), run)
        return False
    except Refused as error:
        if error.for_good:
            _end(uow, delivery, _S.FAILED, str(error))
            run.failed += 1
        else:
            _wait(uow, delivery, str(error), run)
        return True
    except Unclear as error:
        _end(uow, delivery, _S.UNCLEAR, str(error))
        run.unclear += 1
        return True
    _write(uow, delivery, state=_S.SENT, sent_at=uow.clock(), claimed_until=None, error="")
    run.sent += 1
    return True


def _end(uow: UnitOfWork, delivery: Delivery, state: DeliveryState, error: str) -> None:
    log.warning("post.ended", delivery=delivery.id, channel=delivery.channel, state=state, error=error[:300])
    _write(uow, delivery, state=state, error=error[:300], claimed_until=None)


def _write(uow: UnitOfWork, delivery: Delivery, **values: object) -> None:
    """Write how a delivery stands, and commit: what follows may not be undone."""
    uow.session.execute(update(Delivery).where(Delivery.id == delivery.id).values(**values))
    uow.commit()


def _wait(uow: UnitOfWork, delivery: Delivery, error: str, run: Run) -> None:
    now = uow.clock()
    if now - delivery.created_at > GIVE_UP:
        _end(uow, delivery, _S.FAILED, error)
        run.failed += 1
        return
    due_at = now + WAITS[min(delivery.attempts, len(WAITS)) - 1]
    log.warning(
        "post.waits", delivery=delivery.id, channel=delivery.channel, until=f"{due_at:%F %T}", error=error[:300]
    )
    _write(uow, delivery, state=_S.PENDING, due_at=due_at, error=error[:300], claimed_until=None)
    run.waiting += 1


def counts(uow: UnitOfWork) -> dict[DeliveryState, int]:
    """Count the deliveries by state; without calls of a robot that nobody set up."""
    query = select(Delivery.state, func.count()).where(Delivery.error != NO_WAY).group_by(Delivery.state)
    rows = uow.session.execute(query)
    found: dict[DeliveryState, int] = dict(rows.all())
    return {state: found.get(state, 0) for state in DeliveryState}


def troubled(uow: UnitOfWork, limit: int = 50) -> list[Delivery]:
    """Return what waits after a failure, failed or is unclear, the latest first."""
    trouble = Delivery.state.in_((_S.UNCLEAR, _S.FAILED)) | ((Delivery.state == _S.PENDING) & (Delivery.error != ""))
    trouble &= Delivery.error != NO_WAY
    return list(uow.session.scalars(select(Delivery).where(trouble).order_by(Delivery.id.desc()).limit(limit)))


def send_again(uow: UnitOfWork, delivery_id: int) -> bool:
    """Let a failed or unclear delivery go out again, with the same Message-ID; returns False for any other."""
    query = update(Delivery).where(Delivery.id == delivery_id, Delivery.state.in_((_S.UNCLEAR, _S.FAILED)))
    now = uow.clock()
    changed = uow.session.scalar(
        query.values(state=_S.PENDING, due_at=now, created_at=now, attempts=0, error="").returning(Delivery.id)
    )
    uow.has_wishes = True
    return changed is not None
