"""One commit at the edge: the only place that commits."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from matcher.core.clock import Clock, utc_now
from matcher.core.db import SessionFactory
from matcher.core.errors import Conflict
from matcher.core.labels import Label

CHANGED_MEANWHILE = Label(
    "有人刚刚修改了同一条记录，您的操作没有保存。请刷新页面查看最新内容后再试。",
    "Somebody has just changed the same record, so your action was not saved. Reload the page and try again.",
)


class Overtaken(Conflict):
    """Say that somebody else changed the same rows first; the action may be tried anew."""

    def __init__(self) -> None:
        super().__init__(CHANGED_MEANWHILE)


def _is_lost_race(error: BaseException) -> bool:
    """Say whether the database refused a change because somebody else was faster."""
    if isinstance(error, IntegrityError | StaleDataError):
        return True
    if not isinstance(error, OperationalError):
        return False
    # PostgreSQL: serialisation failure, deadlock; SQLite: the writer's lock was not free in time.
    return getattr(error.orig, "sqlstate", None) in {"40001", "40P01"} or "database is locked" in str(error.orig)


class UnitOfWork:
    """Gather what one action changes; leaving the `with` block commits it whole, an exception undoes it whole.

    The session stays open until `close`, so that what was loaded can be shown after the commit.
    When the action left a wish in the outbox, `wake` is called once after the commit.
    """

    def __init__(
        self, sessions: SessionFactory, clock: Clock = utc_now, wake: Callable[[], None] | None = None
    ) -> None:
        self._sessions = sessions
        self._session: Session | None = None
        self.clock = clock
        self._wake = wake
        self.has_wishes = False

    @property
    def session(self) -> Session:
        """Return the session, opened at first use."""
        if self._session is None:
            self._session = self._sessions()
        return self._session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.commit()
            return
        self.rollback()
        # A query inside the block writes what is pending, and may be the first to meet the faster colleague.
        if _is_lost_race(error):
            raise Overtaken from error

    def commit(self) -> None:
        """Commit everything; raises Overtaken when somebody else was faster."""
        if self._session is None:
            return
        try:
            self._session.commit()
        except (SQLAlchemyError, StaleDataError) as error:
            self.rollback()
            if _is_lost_race(error):
                raise Overtaken from error
            raise
        wishes, self.has_wishes = self.has_wishes, False
        if wishes and self._wake:
            self._wake()

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        self.has_wishes = False
        if self._session is not None:
            self._session.rollback()

    def close(self) -> None:
        """Close the session; what was not committed is gone."""
        if self._session is not None:
            self._session.close()
            self._session = None
