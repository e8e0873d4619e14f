"""A brake on guessing passwords: few wrong tries per e-mail and address, then a wait.

It counts in the memory of one process: with several, somebody gets as many times the tries, which still makes guessing
hopeless, and a restart forgives.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

TRIES = 5  # per e-mail and address
TRIES_OF_ADDRESS = 30  # an office behind one address may mistype more
WINDOW = 15 * 60.0  # seconds
MOST_KEYS = 20_000

Key = tuple[str, ...]


class Brake:
    """Remember wrong tries for a while."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._tries: OrderedDict[Key, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, email: str, address: str) -> int:
        """Return how many minutes to wait before the next try; 0: go on."""
        with self._lock:
            waits = [self._wait_of(key, limit) for key, limit in _keys(email, address)]
        return max(waits)

    def failed(self, email: str, address: str) -> None:
        """Count a wrong try."""
        with self._lock:
            for key, limit in _keys(email, address):
                self._tries[key] = [*self._recent(key), self._now()][-limit:]
                self._tries.move_to_end(key)
            while len(self._tries) > MOST_KEYS:
                self._tries.popitem(last=False)

    def succeeded(self, email: str, address: str) -> None:
        """Forget the wrong tries of this person at this address."""
        with self._lock:
            self._tries.pop((email.strip().lower(), address), None)

    def _recent(self, key: Key) -> list[float]:
        return [moment for moment in self._tries.get(key, []) if moment > self._now() - WINDOW]

    def _wait_of(self, key: Key, limit: int) -> int:
        recent = self._recent(key)
        return 1 + int((recent[0] + WINDOW - self._now()) // 60) if len(recent) >= limit else 0


def _keys(email: str, address: str) -> tuple[tuple[Key, int], ...]:
    return ((email.strip().lower(), address), TRIES), ((address,), TRIES_OF_ADDRESS)
