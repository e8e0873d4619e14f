"""What can be done with needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from matcher.accounts.model import Organisation
from matcher.accounts.service import organisation as get_organisation
from matcher.core import audit, outbox
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound, Problem
from matcher.core.fields import changed_fields, clean_text
from matcher.core.labels import Label
from matcher.core.lifecycle import StateChange
from matcher.core.money import in_wan
from matcher.core.people import Actor
from matcher.core.permissions import View, allowed, need_view, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.answers import answers_of as answers_of
from matcher.needs.answers import assign, write_version
from matcher.needs.answers import read as read
from matcher.needs.fields import NEED_FIELDS
from matcher.needs.model import (
    NEED_LIFECYCLE,
    OPEN_STATES,
    PUBLIC_STATES,
    Need,
    NeedDisclosure,
    NeedState,
    NeedVersion,
)

NO_NEED = Label("找不到这条需求，或它没有向您公开。", "There is no such need, or it is not shown to you.")
NO_OWNER = Label("请先说明这条需求属于哪个机构。", "Say first whose need it is.")
CLOSED = Label("这条需求已经结束，不能再修改。", "This need is closed and cannot be changed any more.")
RENEWABLE = (NeedState.EXPIRED, NeedState.WITHDRAWN)
AS_DRAFT = (NeedState.DRAFT, NeedState.RETURNED, *RENEWABLE)  # nobody else sees it: it may be incomplete
EDITABLE = (*AS_DRAFT, NeedState.SUBMITTED, *OPEN_STATES)

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


def create(
    uow: UnitOfWork, actor: Actor, given: Mapping[str, Any], *, owner_id: int | None = None, submit: bool = False
) -> Need:
    """Write a new need as a draft, or submit it at once.

    The desk names the owner; everybody else posts for their own organisation. Raises NotAllowed, InvalidInput.
    """
    (made,) = create_many(uow, actor, [(given, owner_id)], submit=submit)
    if isinstance(made, DomainError):
        raise made
    return made


def create_many(
    uow: UnitOfWork,
    actor: Actor,
    wanted: Sequence[tuple[Mapping[str, Any], int | None]],
    *,
    submit: bool = False,
    known_only: bool = True,
) -> list[Need | DomainError]:
    """Write new needs, each of (answers, owner), with few statements; what is refused is the error in its place."""
    require(actor, "need.create")
    with uow.session.no_autoflush:
        read_ones = [_read_new(uow, actor, *one, complete=submit, known_only=known_only) for one in wanted]
        holders = _holders(uow, [one[1]["ref"] for one in read_ones if not isinstance(one, DomainError)])
        made = [one if isinstance(one, DomainError) else _draft(uow, actor, *one, holders) for one in read_ones]
        drafts = [one for one in made if isinstance(one, Need)]
        uow.session.add_all(drafts)
        uow.session.flush()  # one statement a table: the numbers are needed below
        for need in drafts:
            audit.record(uow, actor, "need.create", "need", need.id)
            write_version(uow, actor, need)
            if submit:
                _submit(uow, actor, need)
    uow.session.flush()
    return made


def _read_new(
    uow: UnitOfWork, actor: Actor, given: Mapping[str, Any], owner_id: int | None, **how: bool
) -> tuple[Organisation, dict[str, Any]] | DomainError:
    try:
        return _owner(uow, actor, owner_id), _checked(uow, given, **how)
    except (NotFound, NotAllowed, InvalidInput) as error:
        return error


def _holders(uow: UnitOfWork, refs: Sequence[str]) -> dict[tuple[int, str], Need]:
    """Return who has the own numbers already, by owner and number."""
    given = [ref for ref in refs if ref]
    if not given:
        return {}
    found = uow.session.scalars(select(Need).where(Need.ref.in_(given)))
    return {(need.organisation_id, need.ref or ""): need for need in found}


def _draft(
    uow: UnitOfWork,
    actor: Actor,
    owner: Organisation,
    values: Mapping[str, Any],
    holders: Mapping[tuple[int, str], Need],
) -> Need | DomainError:
    holder = holders.get((owner.id, values["ref"])) if values["ref"] else None
    if holder is not None:
        return InvalidInput([Problem("ref", REF_TAKEN.format(ref=values["ref"], number=holder.number))])
    now = uow.clock()
    need = Need(
        organisation=owner,
        created_by=actor.person_id,
        created_at=now,
        changed_at=now,
        state=NeedState.DRAFT,
        versions=[],
    )
    assign(need, values)
    return need


def _owner(uow: UnitOfWork, actor: Actor, owner_id: int | None) -> Organisation:
    if owner_id is None:
        owner_id = actor.organisation_id
    if owner_id is None:
        raise InvalidInput([Problem("organisation", NO_OWNER)])
    if owner_id != actor.organisation_id and not allowed(actor, "need.review"):
        raise NotAllowed(NO_OWNER)
    return get_organisation(uow, owner_id)


def _checked(uow: UnitOfWork, given: Mapping[str, Any], *, complete: bool, known_only: bool = True) -> dict[str, Any]:
    answers = read(uow, given, complete=complete, known_only=known_only)
    if answers.problems:
        raise InvalidInput(answers.problems)
    return answers.values


def _check_ref(uow: UnitOfWork, owner_id: int, ref: str, own_id: int | None) -> None:
    with uow.session.no_autoflush:
        holder = find_by_ref(uow, owner_id, ref) if ref else None
    if holder is not None and holder.id != own_id:
        raise InvalidInput([Problem("ref", REF_TAKEN.format(ref=ref, number=holder.number))])


def edit(
    uow: UnitOfWork,
    actor: Actor,
    need_id: int,
    given: Mapping[str, Any],
    *,
    submit: bool = False,
    known_only: bool = True,
) -> Need:
    """Change a need, and hand it in (again) when asked to; what is public stays public, every earlier version is kept.

    Raises NotAllowed, Conflict, InvalidInput.
    """
    need = _get(uow, actor, need_id, "need.edit")
    if need.state not in EDITABLE:
        raise Conflict(CLOSED)
    values = _checked(uow, given, complete=submit or need.state not in AS_DRAFT, known_only=known_only)
    if values["ref"] != (need.ref or ""):
        _check_ref(uow, need.organisation_id, values["ref"], need.id)
    before = answers_of(need)
    assign(need, values)
    need.changed_at = uow.clock()
    audit.record(uow, actor, "need.edit", "need", need.id, fields=changed_fields(before, answers_of(need)))
    write_version(uow, actor, need)
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
    _checked(uow, _given_of(need), complete=True)
    _submit(uow, actor, need)
    return need


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
    _checked(uow, _given_of(need), complete=True)
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
        disclosed_to=_disclosed_to(uow, actor, need),
    )


def _disclosed_to(uow: UnitOfWork, actor: Actor, need: Need) -> tuple[int, ...]:
    """Return the actor's organisation when the need, not open to all, was disclosed to it."""
    if need.disclosure == "open" or actor.organisation_id is None:
        return ()
    found = uow.session.get(NeedDisclosure, (need.id, actor.organisation_id))
    return (found.organisation_id,) if found else ()


def disclose(uow: UnitOfWork, actor: Actor, need: Need, organisation_id: int) -> None:
    """Let an organisation see all of a need from now on; asks no permission: callers saw both sides agree."""
    if uow.session.get(NeedDisclosure, (need.id, organisation_id)) is None:
        uow.session.add(NeedDisclosure(need_id=need.id, organisation_id=organisation_id, disclosed_at=uow.clock()))
        audit.record(uow, actor, "need.disclose", "need", need.id, to=organisation_id, disclosure=need.disclosure)


def seen(uow: UnitOfWork, actor: Actor, need: Need) -> SeenNeed | None:
    """Return the need as the actor sees it, or None when it is hidden from them."""
    view = view_for(uow, actor, need)
    return None if view is View.NONE else seen_as(actor, need, view)


def seen_as(actor: Actor, need: Need, view: View) -> SeenNeed:
    """Return the need in a view, full or redacted, that the caller has decided on."""
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
    write_look(uow, actor, found)
    return found


def write_look(uow: UnitOfWork, actor: Actor, found: SeenNeed) -> None:
    """Write down that somebody else than its owner reads a need that is not open."""
    need = found.need
    if need.disclosure != "open" and found.view is View.FULL and actor.organisation_id != need.organisation_id:
        audit.record(uow, actor, "need.look", "need", need.id, disclosure=need.disclosure)


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


def _given_of(need: Need) -> dict[str, Any]:
    """Return the answers of a need as a form would give them."""
    return answers_of(need) | {"budget": "" if need.budget is None else in_wan(need.budget)}
