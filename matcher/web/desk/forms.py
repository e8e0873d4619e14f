"""What the desk's addresses and forms say, read into filters and decisions; anything odd is as if it were not there."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from matcher.core.fields import clean_text
from matcher.core.vocabularies import REGION, TECH_FIELD
from matcher.matching.model import PairingState, Verdict
from matcher.matching.queue import AGES, QueueFilter
from matcher.matching.review import NOTE_LIMIT


@dataclass(frozen=True, slots=True)
class GivenDecision:
    """Hold a decision as it was sent: `verdict` is None when no button says which."""

    verdict: Verdict | None = None
    reason: str | None = None
    note: str = ""
    until: str = ""
    seen_version: int | None = None
    seen_decision: int = 0

    @property
    def until_date(self) -> date | None:
        """Return the date to which it is deferred, None where none can be read."""
        try:
            return date.fromisoformat(self.until)
        except ValueError:
            return None


def read_number(text: str | None) -> int | None:
    """Read an id or a version; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def read_filter(args: MultiDict[str, str]) -> QueueFilter:
    """Read the filter of the queue from an address."""
    field, region, state = args.get("field"), args.get("region"), args.get("state")
    age = read_number(args.get("age"))
    return QueueFilter(
        field=field if field in TECH_FIELD else None,
        region=region if region in REGION else None,
        max_age_days=age if age in AGES else None,
        state=PairingState(state) if state in set(PairingState) else None,
        need_id=read_number(args.get("need")),
        offer_id=read_number(args.get("offer")),
    )


def filter_args(wanted: QueueFilter) -> dict[str, Any]:
    """Write a filter as it stands in an address."""
    given = {
        "field": wanted.field,
        "region": wanted.region,
        "age": wanted.max_age_days,
        "state": wanted.state.value if wanted.state else None,
        "need": wanted.need_id,
        "offer": wanted.offer_id,
    }
    return {name: value for name, value in given.items() if value is not None}


def queue_address(wanted: QueueFilter, **more: Any) -> str:
    """Return the address of the queue under a filter; what is None in `more` is left out."""
    return url_for("desk.queue", **filter_args(wanted), **{k: v for k, v in more.items() if v is not None})


def read_decision() -> GivenDecision:
    """Read the decision that was sent."""
    form = request.form
    verdict = form.get("verdict", "")
    return GivenDecision(
        verdict=Verdict(verdict) if verdict in set(Verdict) else None,
        reason=form.get("reason") or None,
        note=clean_text(form.get("note", ""))[: 10 * NOTE_LIMIT],
        until=form.get("pick") or form.get("until", ""),
        seen_version=read_number(form.get("seen_version")),
        seen_decision=read_number(form.get("seen_decision")) or 0,
    )
