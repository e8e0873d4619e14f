"""Background work: what a commit leaves in the outbox is read and matched within seconds, and what the calendar asks for is done.

The queue only wakes the worker; what is to be done is in the outbox, or kept with an upload, so that a lost or doubled
wake-up harms nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from huey import SqliteHuey, crontab

from matcher.core.errors import Conflict
from matcher.core.people import SYSTEM
from matcher.desk.reminders import remind_of_tasks
from matcher.matching import learn
from matcher.matching.answering import expire_due as expire_due_introductions
from matcher.matching.answering import remind_due
from matcher.matching.news import tell_new_pairings
from matcher.matching.saved import check_due, ranked_by
from matcher.messages.digests import write_digests
from matcher.messages.post import deliver
from matcher.needs.service import expire_due
from matcher.projects.delivery.clock import alarm
from matcher.projects.experts.clock import remind as remind_of_reviews
from matcher.projects.setup.clock import tick as tick_projects
from matcher.projects.topics.wishes import is_waiting, wish_for_grouping
from matcher.settings import Settings

if TYPE_CHECKING:
    from matcher.app import Platform

log = structlog.get_logger()


def make_queue(settings: Settings) -> SqliteHuey:
    """Open the queue of the data folder."""
    return SqliteHuey("matcher", filename=str(settings.data / "queue.sqlite"), results=False)


def catch_up(platform: "Platform") -> None:
    """Read and match everything that waits; another process at it is left alone."""
    try:
        read = platform.matcher.sync()
        matched = platform.matcher.match()
    except Conflict as error:
        log.info("catch_up.busy", reason=error.message.en)
        return
    if read or matched:
        log.info("catch_up.done", read=read, matched=matched)
        tell_news(platform)


def group(platform: "Platform") -> None:
    """Group the needs anew when somebody asked for it, or the hour did."""
    uow = platform.quiet_uow()
    waits = is_waiting(uow)
    uow.close()
    if not waits:
        return
    # Libraries of clustering take a second to load: they are loaded where they are used.
    from matcher.projects.topics.refresh import refresh

    try:
        found = refresh(platform.quiet_uow)
    except Conflict as error:
        log.info("topics.busy", reason=error.message.en)
        return
    log.info("topics.grouped", needs=found.needs, topics=found.topics, changed=found.changed)


def ask_for_grouping(platform: "Platform") -> None:
    """Leave the wish to group the needs anew."""
    uow = platform.quiet_uow()
    with uow:
        wish_for_grouping(uow)
    uow.close()


def train(platform: "Platform") -> None:
    """Train the ranking when somebody asked for it; what is adopted wakes the matching."""
    uow = platform.uow()
    try:
        with uow:
            actor = learn.take_asked(uow)
        if actor is None:
            return
        with uow:
            done = learn.train(uow, actor)
    except Conflict as error:
        log.info("train.refused", reason=error.message.en)
        return
    finally:
        uow.close()
    log.info("train.done", verdict=done.trial.verdict.value, version=done.version)


def do_all(platform: "Platform", *steps: Callable[["Platform"], None]) -> None:
    """Do one step after the other; one that fails is logged and holds up no other.

    Two workers may find the same thing to tell: keys in the database let one of them write it, and the other leaves it be.
    """
    for step in steps:
        try:
            step(platform)
        except Conflict as error:
            log.info("worker.busy", step=step.__name__, reason=error.message.en)
        except Exception:
            log.exception("worker.failed", step=step.__name__)


def expire(platform: "Platform") -> None:
    """Take the needs off the list whose date has passed."""
    uow = platform.uow()
    with uow:
        count = expire_due(uow, SYSTEM)
    uow.close()
    if count:
        log.info("needs.expired", count=count)


def tick(platform: "Platform") -> None:
    """Open and close the bidding of projects whose time has come."""
    uow = platform.uow()
    with uow:
        moved = tick_projects(uow)
    uow.close()
    if moved:
        log.info("projects.moved", count=moved)


def remind(platform: "Platform") -> None:
    """Remind those who have not answered an introduction, and end what nobody answered in time."""
    settings, uow = platform.settings, platform.uow()
    with uow:
        expired = expire_due_introductions(uow, expire_days=settings.introduction_days)
        reminded = remind_due(uow, after_days=settings.remind_days, expire_days=settings.introduction_days)
    uow.close()
    if expired or reminded:
        log.info("introductions.tended", expired=expired, reminded=reminded)


def remind_brokers(platform: "Platform") -> None:
    """Remind brokers in the morning of what falls due."""
    uow = platform.uow()
    with uow:
        told = remind_of_tasks(uow)
    uow.close()
    if told:
        log.info("tasks.reminded", people=told)


def alarm_of_overdue(platform: "Platform") -> None:
    """Tell teams and offices of what is overdue in task books."""
    uow = platform.uow()
    with uow:
        told = alarm(uow)
    uow.close()
    if told:
        log.info("task_books.overdue", told=told)


def remind_experts(platform: "Platform") -> None:
    """Remind experts whose marks are due soon."""
    uow = platform.uow()
    with uow:
        told = remind_of_reviews(uow)
    uow.close()
    if told:
        log.info("experts.reminded", people=told)


def tell_news(platform: "Platform") -> None:
    """Tell owners of new pairings, and people of what is new in their saved searches."""
    uow = platform.uow()
    with uow:
        pairings = tell_new_pairings(uow)
    with uow:
        searches = check_due(uow, ranked_by(platform.matcher))
    uow.close()
    if pairings or searches:
        log.info("news.told", pairings=pairings, searches=searches)


def digest(platform: "Platform") -> None:
    """Write the digests that are due."""
    uow = platform.uow()
    with uow:
        count = write_digests(uow)
    uow.close()
    if count:
        log.info("digests.written", count=count)


def post(platform: "Platform") -> None:
    """Send the mails and calls that are due."""
    run = deliver(platform.quiet_uow, platform.senders())
    if run.sent or run.waiting or run.failed or run.unclear:
        log.info("post.done", sent=run.sent, waiting=run.waiting, failed=run.failed, unclear=run.unclear)


def save_uploads(platform: "Platform") -> None:
    """Save the uploaded lists that wait, or that a worker left in the middle."""
    for token in platform.uploads.unfinished():
        platform.uploads.save(token, platform.uow)


HOURLY = (
    expire, remind, remind_brokers, alarm_of_overdue, remind_experts, tell_news, digest, ask_for_grouping, group, train,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tasks:
    """Hold the tasks that others put into the queue."""

    catch_up: Any
    save_upload: Any


def register(queue: SqliteHuey, platform: "Platform") -> Tasks:
    """Declare the tasks on the queue; returns those that a commit or a page calls."""

    @queue.task(name="catch_up")  # type: ignore[untyped-decorator]  # huey has no types
    def catch_up_task() -> None:
        do_all(platform, tick, post, catch_up, group, train)

    @queue.task(name="save_upload")  # type: ignore[untyped-decorator]  # as above
    def save_upload_task(token: str) -> None:
        platform.uploads.save(token, platform.uow)

    @queue.periodic_task(crontab(minute="*"), name="every_minute")  # type: ignore[untyped-decorator]  # as above
    def every_minute() -> None:
        do_all(platform, tick, save_uploads, post, catch_up, group, train)

    @queue.periodic_task(crontab(minute="5"), name="every_hour")  # type: ignore[untyped-decorator]  # as above
    def every_hour() -> None:
        do_all(platform, *HOURLY)

    return Tasks(catch_up_task, save_upload_task)


def run_worker(platform: "Platform") -> None:
    """Consume the queue until told to stop; whatever waited while nobody ran is done first."""
    save_uploads(platform)
    catch_up(platform)
    # Two at once: a list is saved while what was saved before is read and matched.
    consumer = platform.queue.create_consumer(workers=2, periodic=True, initial_delay=0.1, max_delay=1.0)
    consumer.run()
