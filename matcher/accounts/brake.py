"""A brake on guessing passwords: few wrong tries per e-mail and address, then a wait, whichever process is asked.

What is stored names nobody: the keys of e-mail and address are kept as keyed hashes, and only for the length of the wait.
"""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Index, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, BigInt
from matcher.core.keyed import keyed_hash
from matcher.core.unit_of_work import UnitOfWork

TRIES = 5  # per e-mail and address
TRIES_OF_ADDRESS = 30  # an office behind one address may mistype more
WINDOW = timedelta(minutes=15)


class WrongTry(Base):
    """Remember one wrong password under one key."""

    __tablename__ = "wrong_tries"
    __table_args__ = (Index(None, "key", "at"),)

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)


class Brake:
    """Count wrong tries in the database; the caller commits."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def wait(self, uow: UnitOfWork, email: str, address: str) -> int:
        """Return how many minutes to wait before the next try; 0: go on."""
        limits = dict(self._limits(email, address))
        recent = select(WrongTry.key, WrongTry.at).where(WrongTry.key.in_(limits), WrongTry.at > uow.clock() - WINDOW)
        tries: dict[str, list[datetime]] = {key: [] for key in limits}
        for key, at in uow.session.execute(recent.order_by(WrongTry.at)):
            tries[key].append(at)
        # The oldest of the last tries that count: when it is forgotten, there is room for another.
        full = [tries[key][-limit] for key, limit in limits.items() if len(tries[key]) >= limit]
        return max((ceil((at + WINDOW - uow.clock()).total_seconds() / 60) for at in full), default=0)

    def failed(self, uow: UnitOfWork, email: str, address: str) -> None:
        """Count a wrong try, and forget those that are over."""
        now = uow.clock()
        uow.session.execute(delete(WrongTry).where(WrongTry.at <= now - WINDOW))
        uow.session.add_all(WrongTry(key=key, at=now) for key, _ in self._limits(email, address))

    def succeeded(self, uow: UnitOfWork, email: str, address: str) -> None:
        """Forget the wrong tries of this person at this address."""
        uow.session.execute(delete(WrongTry).where(WrongTry.key == self._key(email.strip().lower(), address)))

    def _limits(self, email: str, address: str) -> tuple[tuple[str, int], ...]:
        return (self._key(email.strip().lower(), address), TRIES), (self._key(address), TRIES_OF_ADDRESS)

    def _key(self, *parts: str) -> str:
        return keyed_hash(self._secret, *parts)
