"""The choices of the queue's filter with their counts, and how long ago something was."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from flask_babel import gettext, ngettext

from matcher.core.clock import local_date, utc_now
from matcher.core.vocabularies import Vocabulary
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.matching.model import PairingState
from matcher.matching.progress import STEPS
from matcher.web.language import t

Choice = tuple[str | int, str, int]


def named_counts(counts: Mapping[str, int], vocabulary: Vocabulary, chosen: str | None = None) -> list[Choice]:
    """Return the codes that occur, and the chosen one, with their names and counts."""
    codes = [*counts, *([chosen] if chosen and chosen not in counts else [])]
    return [(code, t(vocabulary.label(code)), counts.get(code, 0)) for code in codes]


def age_counts(counts: Mapping[int, int]) -> list[Choice]:
    """Return the ages to choose from."""
    return [(days, gettext("最近 %(days)s 天", days=days), count) for days, count in counts.items()]


def state_counts(counts: Mapping[PairingState, int]) -> list[Choice]:
    """Return every state but the one that waits for review, which is the queue's default."""
    states = (state for state in PairingState if state is not PairingState.SUGGESTED)
    return [(state.value, t(PAIRING_LIFECYCLE.labels[state]), counts.get(state, 0)) for state in states]


def age(moment: datetime) -> str:
    """Say how many days ago something was."""
    days = (local_date(utc_now()) - local_date(moment)).days
    return str(ngettext("%(num)s 天前", "%(num)s 天前", days)) if days > 0 else str(gettext("今天"))


def asks(actions: Iterable[str]) -> list[str]:
    """Return the actions that are taken with a form."""
    return [action for action in actions if STEPS[action].has_form]


def file_size(size: int) -> str:
    """Write a number of bytes as people read it."""
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"
