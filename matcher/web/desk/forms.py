"""What the desk's addresses and forms say, read into filters and decisions; anything odd is as if it were not there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from matcher.core.errors import DomainError, InvalidInput, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.vocabularies import REGION, TECH_FIELD
from matcher.matching.model import PairingState, Verdict
from matcher.matching.queue import AGES, QueueFilter
from matcher.matching.review import NOTE_LIMIT
from matcher.web.context import current_actor
from matcher.web.forms import read_number


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


@dataclass(frozen=True, slots=True)
class GivenForm:
    """Hold one form of a page as it was sent, when it is shown again; `name` says which of the page's forms it is."""

    name: str = ""
    values: MultiDict[str, str] = field(default_factory=MultiDict)
    problems: Sequence[Problem] = ()
    message: Label | None = None

    def of(self, name: str) -> "GivenForm":
        """Return this form if it is the one called `name`, else an empty one."""
        return self if self.name == name else GivenForm()

    def value(self, name: str, default: str = "") -> str:
        """Return what was typed."""
        return self.values.get(name, default)

    def errors(self, name: str) -> list[Label]:
        """Return what is wrong with one box."""
        return [problem.message for problem in self.problems if problem.field == name]


def given_form(name: str, error: DomainError) -> GivenForm:
    """Return the form of this request, to be shown again with what is wrong."""
    if isinstance(error, InvalidInput):
        return GivenForm(name, request.form, error.problems)
    return GivenForm(name, request.form, (), error.message)


def read_day(text: str | None) -> date | None:
    """Read a date as the browser sends it; None for anything else."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def read_broker(text: str | None) -> int | None:
    """Read whose pairings are wanted: a person's id, `me`, 0 for nobody's; None for everybody's."""
    if text == "me":
        return current_actor().person_id
    return read_number(text)


def read_filter(args: MultiDict[str, str]) -> QueueFilter:
    """Read the filter of the queue from an address."""
    tech_field, region, state = args.get("field"), args.get("region"), args.get("state")
    age = read_number(args.get("age"))
    return QueueFilter(
        field=tech_field if tech_field in TECH_FIELD else None,
        region=region if region in REGION else None,
        max_age_days=age if age in AGES else None,
        state=PairingState(state) if state in set(PairingState) else None,
        need_id=read_number(args.get("need")),
        offer_id=read_number(args.get("offer")),
        broker=read_broker(args.get("broker")),
        explored=args.get("explored") == "1",
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
        "broker": wanted.broker,
        "explored": 1 if wanted.explored else None,
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
