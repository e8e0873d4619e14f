"""What can be done with needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from matcher.accounts.model import Organisation
from matcher.accounts.service import organisation as get_organisation
from matcher.core import audit, outbox
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from matcher.core.fields import Answers, clean_text, read_answers
from matcher.core.labels import Label
from matcher.core.lifecycle import StateChange
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, need_view, require
from matcher.core.rows import IndicatorRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.fields import NEED_FIELDS
from matcher.needs.model import (
    NEED_LIFECYCLE,
    OPEN_STATES,
    PUBLIC_STATES,
    Need,
    NeedField,
    NeedIndicator,
    NeedState,
    NeedVersion,
)

NO_NEED = Label("找不到这条需求，或它没有向您公开。", "There is no such need, or it is not shown to you.")
NO_OWNER = Label("请先说明这条需求属于哪个机构。", "Say first whose need it is.")
VALID_UNTIL_PAST = Label(
    "有效期“{given}”已经过去，请填写今后的日期。", "The date “{given}” has passed; give one in the future."
)
DEADLINE_PAST = Label(
    "期望完成时限“{given}”已经过去，请填写今后的日期。", "The date “{given}” has passed; give one in the future."
)
TARGETS_NEEDED = Label("定向公开请填写公开对象的机构名称。", "Name the organisations that it is shown to.")
CLOSED = Label("这条需求已经结束，不能再修改。", "This need is closed and cannot be changed any more.")
RENEWABLE = (NeedState.EXPIRED, NeedState.WITHDRAWN)
AS_DRAFT = (NeedState.DRAFT, NeedState.RETURNED, *RENEWABLE)  # nobody else sees it: it may be incomplete
EDITABLE = (*AS_DRAFT, NeedState.SUBMITTED, *OPEN_STATES)
ROWS = ("tech_fields", "indicators")

REF_TAKEN = Label(
    "自编号“{ref}”已用于需求 {number}。请换一个编号，或去修改那条需求。",
    "Your own number “{ref}” belongs to need {number}. Use another one, or change that need.",
)


@dataclass(frozen=True, slots=True)
class SeenNeed:
    """A need as one person sees it: `answers` holds only what may be shown to them."""

    need: Need
    view: View
    answers: dict[str, Any]


def answers_of(need: Need) -> dict[str, Any]:
    """Return what a need says, by field name."""
    special: dict[str, Any] = {
        "ref": need.ref or "",
        "tech_fields": need.tech_fields,
        "indicators": [row.row() for row in need.indicator_rows],
    }
    return {f.name: special[f.name] if f.name in special else getattr(need, f.name) for f in NEED_FIELDS}


def read(uow: UnitOfWork, given: Mapping[str, Any], *, complete: bool) -> Answers:
    """Read the answers for a need and check them against each other and against today."""
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
    return answers


def _assign(need: Need, values: Mapping[str, Any]) -> None:
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


def _write_version(uow: UnitOfWork, actor: Actor, need: Need) -> None:
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


def create(
    uow: UnitOfWork, actor: Actor, given: Mapping[str, Any], *, owner_id: int | None = None, submit: bool = False
) -> Need:
    """Write a new need as a draft, or submit it at once.

    The desk names the owner; everybody else posts for their own organisation. Raises NotAllowed, InvalidInput.
    """
    require(actor, "need.create")
    owner = _owner(uow, actor, owner_id)
    values = _checked(uow, given, complete=submit)
    _check_ref(uow, owner.id, values["ref"], None)
    need = Need(
        organisation=owner,
        created_by=actor.person_id,
        created_at=uow.clock(),
        changed_at=uow.clock(),
        state=NeedState.DRAFT,
    )
    with uow.session.no_autoflush:
        _assign(need, values)
    uow.session.add(need)
    uow.session.flush()
    audit.record(uow, actor, "need.create", "need", need.id)
    _write_version(uow, actor, need)
    if submit:
        _submit(uow, actor, need)
    return need


def _owner(uow: UnitOfWork, actor: Actor, owner_id: int | None) -> Organisation:
    if owner_id is None:
        owner_id = actor.organisation_id
    if owner_id is None:
        raise InvalidInput([Problem("organisation", NO_OWNER)])
    if owner_id != actor.organisation_id and not allowed(actor, "need.review"):
        raise NotAllowed(NO_OWNER)
    return get_organisation(uow, owner_id)


def _checked(uow: UnitOfWork, given: Mapping[str, Any], *, complete: bool) -> dict[str, Any]:
    answers = read(uow, given, complete=complete)
    if answers.problems:
        raise InvalidInput(answers.problems)
    return answers.values


def _check_ref(uow: UnitOfWork, owner_id: int, ref: str, own_id: int | None) -> None:
    with uow.session.no_autoflush:
        holder = find_by_ref(uow, owner_id, ref) if ref else None
    if holder is not None and holder.id != own_id:
        raise InvalidInput([Problem("ref", REF_TAKEN.format(ref=ref, number=holder.number))])


def edit(uow: UnitOfWork, actor: Actor, need_id: int, given: Mapping[str, Any], *, submit: bool = False) -> Need:
    """Change a need, and hand it in (again) when asked to; what is public stays public, every earlier version is kept.

    Raises NotAllowed, Conflict, InvalidInput.
    """
    need = _get(uow, actor, need_id, "need.edit")
    if need.state not in EDITABLE:
        raise Conflict(CLOSED)
    values = _checked(uow, given, complete=submit or need.state not in AS_DRAFT)
    _check_ref(uow, need.organisation_id, values["ref"], need.id)
    _assign(need, values)
    need.changed_at = uow.clock()
    audit.record(uow, actor, "need.edit", "need", need.id)
    _write_version(uow, actor, need)
    if submit and need.state in AS_DRAFT:
        _submit(uow, actor, need, "renew" if need.state in RENEWABLE else "submit")
    elif need.state in OPEN_STATES:
        outbox.put(uow, outbox.Topic.INDEX, "need", need.id)
    return need


def _submit(uow: UnitOfWork, actor: Actor, need: Need, action: str = "submit") -> None:
    NEED_LIFECYCLE.apply(uow, actor, need, action)
    # Whoever reviews needs has nobody to wait for.
    if allowed(actor, "need.review"):
        _publish(uow, actor, need)


def _publish(uow: UnitOfWork, actor: Actor, need: Need) -> None:
    NEED_LIFECYCLE.apply(uow, actor, need, "publish")
    need.published_at = need.published_at or uow.clock()
    need.return_note = ""
    outbox.put(uow, outbox.Topic.INDEX, "need", need.id)


def submit(uow: UnitOfWork, actor: Actor, need_id: int) -> Need:
    """Hand a draft in; raises InvalidInput when it is not complete."""
    need = _get(uow, actor, need_id, "need.submit")
    _checked(uow, answers_of(need) | {"budget": _wan(need.budget)}, complete=True)
    _submit(uow, actor, need)
    return need


def _wan(amount: Any) -> str:
    return "" if amount is None else str(amount / 10_000)


def publish(uow: UnitOfWork, actor: Actor, need_id: int) -> Need:
    """Publish a submitted need, so that it is matched."""
    need = _get(uow, actor, need_id, "need.review")
    _publish(uow, actor, need)
    return need


def return_for_repair(uow: UnitOfWork, actor: Actor, need_id: int, note: str) -> Need:
    """Send a submitted need back with a note that says what to mend; raises InvalidInput without a note."""
    need = _get(uow, actor, need_id, "need.review")
    note = clean_text(note)[:2000]
    if not note:
        raise InvalidInput([Problem("note", Label("请写明需要修改什么。", "Say what has to be mended."))])
    NEED_LIFECYCLE.apply(uow, actor, need, "return", note)
    need.return_note = note
    return need


def withdraw(uow: UnitOfWork, actor: Actor, need_id: int) -> Need:
    """Take a need off the list."""
    return _close(uow, actor, need_id, "withdraw", "need.withdraw")


def solve(uow: UnitOfWork, actor: Actor, need_id: int) -> Need:
    """Mark a need as solved."""
    return _close(uow, actor, need_id, "solve", "need.solve")


def _close(uow: UnitOfWork, actor: Actor, need_id: int, action: str, permission: str) -> Need:
    need = _get(uow, actor, need_id, permission)
    NEED_LIFECYCLE.apply(uow, actor, need, action)
    outbox.put(uow, outbox.Topic.INDEX, "need", need.id)
    return need


def renew(uow: UnitOfWork, actor: Actor, need_id: int) -> Need:
    """Hand an expired or withdrawn need in again; raises InvalidInput when its dates have passed."""
    need = _get(uow, actor, need_id, "need.submit")
    _checked(uow, answers_of(need) | {"budget": _wan(need.budget)}, complete=True)
    _submit(uow, actor, need, "renew")
    return need


def expire_due(uow: UnitOfWork, actor: Actor) -> int:
    """Expire every open need whose date has passed; returns how many."""
    today = local_date(uow.clock())
    query = select(Need).where(Need.state.in_(OPEN_STATES), Need.valid_until < today)
    due = list(uow.session.scalars(query))
    for need in due:
        NEED_LIFECYCLE.apply(uow, actor, need, "expire")
        outbox.put(uow, outbox.Topic.INDEX, "need", need.id)
    return len(due)


def _get(uow: UnitOfWork, actor: Actor, need_id: int, permission: str) -> Need:
    need = uow.session.get(Need, need_id)
    # A stranger learns nothing, not even that the need exists.
    if need is None or view_for(uow, actor, need) is View.NONE:
        raise NotFound(NO_NEED)
    require(actor, permission, owner=need.organisation_id)
    return need


def view_for(uow: UnitOfWork, actor: Actor, need: Need) -> View:
    """Decide how much of `need` the actor sees."""
    targets: list[int] = []
    if need.disclosure == "targeted" and actor.organisation_id is not None and need.targets:
        targets = list(uow.session.scalars(select(Organisation.id).where(Organisation.name.in_(need.targets))))
    return need_view(
        actor,
        disclosure=need.disclosure,
        owner=need.organisation_id,
        targets=targets,
        public_state=need.state in PUBLIC_STATES,
    )


def seen(uow: UnitOfWork, actor: Actor, need: Need) -> SeenNeed | None:
    """Return the need as the actor sees it, or None when it is hidden from them."""
    view = view_for(uow, actor, need)
    if view is View.NONE:
        return None
    inside = allowed(actor, "need.confidential", owner=need.organisation_id)
    hidden = {f.name for f in NEED_FIELDS if (f.redacted and view is View.REDACTED) or (not f.public and not inside)}
    answers = {name: value for name, value in answers_of(need).items() if name not in hidden}
    return SeenNeed(need, view, answers)


def get(uow: UnitOfWork, actor: Actor, need_id: int) -> SeenNeed:
    """Return one need as the actor sees it; every look at a confidential one is in the audit log. Raises NotFound."""
    need = uow.session.get(Need, need_id)
    found = seen(uow, actor, need) if need else None
    if need is None or found is None:
        raise NotFound(NO_NEED)
    if need.disclosure != "open" and found.view is View.FULL and actor.organisation_id != need.organisation_id:
        audit.record(uow, actor, "need.look", "need", need.id, disclosure=need.disclosure)
    return found


def mine(uow: UnitOfWork, actor: Actor) -> list[Need]:
    """Return the needs of the actor's organisation, the latest changed first."""
    query = (
        select(Need)
        .where(Need.organisation_id == actor.organisation_id)
        .order_by(Need.changed_at.desc(), Need.id.desc())
    )
    return list(uow.session.scalars(query)) if actor.organisation_id else []


def to_review(uow: UnitOfWork, actor: Actor) -> list[Need]:
    """Return the submitted needs that wait for the desk, the longest waiting first."""
    require(actor, "need.review")
    return list(uow.session.scalars(select(Need).where(Need.state == NeedState.SUBMITTED).order_by(Need.changed_at)))


def history(uow: UnitOfWork, actor: Actor, need_id: int) -> tuple[list[StateChange], list[NeedVersion]]:
    """Return the moves and the versions of a need, for its owner and the desk."""
    need = _get(uow, actor, need_id, "need.confidential")
    moves = (
        select(StateChange)
        .where(StateChange.entity == "need", StateChange.entity_id == need.id)
        .order_by(StateChange.id)
    )
    return list(uow.session.scalars(moves)), list(need.versions)


def find_by_ref(uow: UnitOfWork, owner_id: int, ref: str) -> Need | None:
    """Return the need that an organisation knows by its own number."""
    query = select(Need).where(Need.organisation_id == owner_id, Need.ref == ref).options(selectinload(Need.versions))
    return uow.session.scalar(query)
