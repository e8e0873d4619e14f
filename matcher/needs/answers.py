"""What a need says: read from what people give, checked, written into it, and kept version by version."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from matcher.accounts.naming import named_organisations
from matcher.core.clock import local_date
from matcher.core.errors import Problem
from matcher.core.fields import Answers, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.rows import IndicatorRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.fields import NEED_FIELDS
from matcher.needs.model import Need, NeedField, NeedIndicator, NeedVersion

VALID_UNTIL_PAST = Label(
    "有效期“{given}”已经过去，请填写今后的日期。", "The date “{given}” has passed; give one in the future."
)
DEADLINE_PAST = Label(
    "期望完成时限“{given}”已经过去，请填写今后的日期。", "The date “{given}” has passed; give one in the future."
)
TARGETS_NEEDED = Label("定向公开请填写公开对象的机构名称。", "Name the organisations that it is shown to.")
ROWS = ("tech_fields", "indicators")


def answers_of(need: Need) -> dict[str, Any]:
    """Return what a need says, by field name."""
    special: dict[str, Any] = {
        "ref": need.ref or "",
        "tech_fields": need.tech_fields,
        "indicators": [row.row() for row in need.indicator_rows],
    }
    return {f.name: special[f.name] if f.name in special else getattr(need, f.name) for f in NEED_FIELDS}


def read(uow: UnitOfWork, given: Mapping[str, Any], *, complete: bool, known_only: bool = True) -> Answers:
    """Read the answers for a need and check them against each other, against today and against the register.

    Without `known_only`, the organisations that it is shown to need not be registered yet.
    """
    answers = read_answers(NEED_FIELDS, given, complete=complete)
    values, problems = answers.values, answers.problems
    today = local_date(uow.clock())
    if not complete:
        return answers
    for name, message in (("valid_until", VALID_UNTIL_PAST), ("deadline", DEADLINE_PAST)):
        if values[name] and values[name] < today:
            problems.append(Problem(name, message.format(given=values[name].isoformat())))
    if values["disclosure"] == "targeted" and not values["targets"]:
        problems.append(Problem("targets", TARGETS_NEEDED))
    elif values["targets"]:
        found = named_organisations(uow, values["targets"])
        values["targets"] = found.names
        problems += [Problem("targets", told) for told in found.problems if known_only]
    return answers


def assign(need: Need, values: Mapping[str, Any]) -> None:
    """Write read answers into a need; rows that stay the same stay the same rows."""
    for name, value in values.items():
        if name not in ROWS:
            setattr(need, name, value)
    need.ref = values["ref"] or None
    need.source = values["source"] or "enterprise"
    need.disclosure = values["disclosure"] or "open"
    if need.tech_fields != values["tech_fields"]:
        kept = {row.code: row for row in need.field_rows}
        need.field_rows = [
            kept.get(code) or NeedField(code=code, position=place) for place, code in enumerate(values["tech_fields"])
        ]
    rows: list[IndicatorRow] = values["indicators"]
    if [row.row() for row in need.indicator_rows] != rows:
        need.indicator_rows = [NeedIndicator(position=place, **row.to_json()) for place, row in enumerate(rows)]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers as JSON values, for the stored versions."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        if name == "indicators":
            plain[name] = [row.to_json() for row in value]
        elif isinstance(value, Decimal):
            # 805000 and 805000.00 are one amount, and no change.
            plain[name] = f"{value.normalize():f}"
        else:
            plain[name] = value if isinstance(value, str | int | list | None) else str(value)
    return plain


def write_version(uow: UnitOfWork, actor: Actor, need: Need) -> None:
    """Keep what a need says now as its next version, if it says anything new."""
    answers = _plain(answers_of(need))
    last = need.versions[-1] if need.versions else None
    if last and last.answers == answers:
        return
    need.versions.append(
        NeedVersion(
            number=last.number + 1 if last else 1,
            answers=answers,
            changed_by=actor.person_id,
            changed_at=uow.clock(),
        )
    )
