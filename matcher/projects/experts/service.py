"""The register of experts: who is on it, what is known of them, how busy they are."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from matcher.accounts.model import Membership, Organisation, Person, PersonState
from matcher.accounts.service import add_person
from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import REQUIRED, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor, Role
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.projects.experts.fields import EXPERT_FIELDS, PERSON_FIELDS
from matcher.projects.experts.model import Expert, Panel, Seat
from matcher.projects.lifecycle import SeatState

NO_EXPERT = Label("找不到这位专家。", "There is no such expert.")
NOT_AN_EXPERT = Label("您还不在专家库中，请联系科技部门。", "You are not on the register of experts; ask the office.")
ALREADY = Label("这个人已在专家库中。", "This person is on the register already.")
NO_ACCOUNT = Label(
    "这个账号还没有通过审核，不能加入专家库。", "This account is not approved and cannot join the register."
)
UNKNOWN_NAME = Label(
    "平台上没有登记“{name}”，请核对机构全称。", "“{name}” is not registered here; check the full name."
)
BUSY_STATES = (SeatState.INVITED, SeatState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Created:
    """Hold a new expert, and the one-time password where the person had no account before."""

    expert: Expert
    password: str | None


@dataclass(frozen=True, slots=True)
class Load:
    """Count an expert's seats: on open panels, invitations not answered, and all that were ever accepted."""

    open: int = 0
    unanswered: int = 0
    accepted: int = 0


def get(uow: UnitOfWork, expert_id: int) -> Expert:
    """Return an expert; raises NotFound."""
    found = uow.session.get(Expert, expert_id)
    if found is None:
        raise NotFound(NO_EXPERT)
    return found


def of_person(uow: UnitOfWork, actor: Actor) -> Expert | None:
    """Return the register's entry of the acting person, None where there is none."""
    if actor.person_id is None:
        return None
    return uow.session.scalar(select(Expert).where(Expert.person_id == actor.person_id))


def own(uow: UnitOfWork, actor: Actor) -> Expert:
    """Return the register's entry of the acting person; raises NotAllowed, NotFound."""
    require(actor, "panel.score")
    found = of_person(uow, actor)
    if found is None:
        raise NotFound(NOT_AN_EXPERT)
    return found


def register(uow: UnitOfWork, actor: Actor, *, tech_field: str = "", text: str = "") -> list[Expert]:
    """Return the experts with their organisations, active ones first, by name; filtered by field and by a part of the text."""
    require(actor, "expert.see")
    query = (
        select(Expert)
        .join(Person, Person.id == Expert.person_id)
        .options(joinedload(Expert.person).selectinload(Person.memberships))
        .order_by(Expert.is_active.desc(), Person.name, Expert.id)
    )
    wanted = text.strip().lower()
    return [
        one
        for one in uow.session.scalars(query)
        if (not tech_field or tech_field in one.tech_fields) and (not wanted or wanted in _text(one))
    ]


def _text(expert: Expert) -> str:
    organisation = organisation_of(expert)
    parts = (
        expert.person.name,
        organisation.name if organisation else "",
        expert.title,
        *expert.keywords,
        expert.profile,
    )
    return "\n".join(parts).lower()


def organisation_of(expert: Expert) -> Organisation | None:
    """Return the organisation that an expert belongs to."""
    memberships = expert.person.memberships
    return memberships[0].organisation if memberships else None


def loads(uow: UnitOfWork) -> dict[int, Load]:
    """Return how busy each expert is, by id; who never sat anywhere is left out."""
    query = (
        select(Seat.expert_id, Seat.state, Panel.closed_at.is_(None), func.count())
        .join(Panel, Panel.id == Seat.panel_id)
        .group_by(Seat.expert_id, Seat.state, Panel.closed_at.is_(None))
    )
    found: dict[int, Load] = {}
    for expert_id, state, is_open, count in uow.session.execute(query):
        before = found.get(expert_id, Load())
        found[expert_id] = Load(
            before.open + (count if is_open and state in BUSY_STATES else 0),
            before.unanswered + (count if is_open and state is SeatState.INVITED else 0),
            before.accepted + (count if state is SeatState.ACCEPTED else 0),
        )
    return found


def create(uow: UnitOfWork, actor: Actor, given: Mapping[str, Any]) -> Created:
    """Put a person on the register, with an account if they have none; raises InvalidInput."""
    require(actor, "expert.manage")
    person, about = read_answers(PERSON_FIELDS, given), read_answers(EXPERT_FIELDS, given)
    problems = [*person.problems, *about.problems]
    known = _person_by_email(uow, str(person.values["email"]))
    organisation = None
    if known is None:
        organisation, more = _organisation(uow, person.values)
        problems += more
    else:
        problems += _unfit(uow, known)
    avoids, more = _avoided(uow, about.values["avoids"])
    problems += more
    if problems:
        raise InvalidInput(problems)
    password = None
    if known is None:
        assert organisation is not None, "a problem was noted"
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        known = add_person(
            uow,
            organisation=organisation,
            email=person.values["email"],
            name=person.values["person_name"],
            phone=person.values["phone"],
            password=password,
            roles=(Role.EXPERT,),
        )
    else:
        _give_role(known)
    expert = add(uow, known, about.values | {"avoids": avoids})
    audit.record(uow, actor, "expert.create", "expert", expert.id, new_account=password is not None)
    return Created(expert, password)


def add(uow: UnitOfWork, person: Person, values: Mapping[str, Any]) -> Expert:
    """Write an expert from values already read, `avoids` as ids; no permission is asked: callers are services that did."""
    expert = Expert(person=person, created_at=uow.clock(), changed_at=uow.clock(), **values)
    uow.session.add(expert)
    uow.session.flush()
    return expert


def _person_by_email(uow: UnitOfWork, email: str) -> Person | None:
    return uow.session.scalar(select(Person).where(Person.email == email.lower())) if email else None


def _unfit(uow: UnitOfWork, person: Person) -> list[Problem]:
    if uow.session.scalar(select(Expert.id).where(Expert.person_id == person.id)) is not None:
        return [Problem("email", ALREADY)]
    return [] if person.state is PersonState.ACTIVE and person.memberships else [Problem("email", NO_ACCOUNT)]


def _give_role(person: Person) -> None:
    """Add the role in the organisation for which the person acts."""
    first = person.memberships[0]
    if not any(m.role is Role.EXPERT and m.organisation_id == first.organisation_id for m in person.memberships):
        person.memberships.append(Membership(organisation=first.organisation, role=Role.EXPERT))


def _organisation(uow: UnitOfWork, values: Mapping[str, Any]) -> tuple[Organisation | None, list[Problem]]:
    """Return the organisation of a new person, and what is missing of either."""
    labels = {field.name: field.label for field in PERSON_FIELDS}
    missing = [
        Problem(name, REQUIRED.format(label=labels[name]))
        for name in ("person_name", "organisation")
        if not values[name]
    ]
    if not values["organisation"]:
        return None, missing
    found = uow.session.scalar(select(Organisation).where(Organisation.name == values["organisation"]).limit(1))
    if found is None:
        missing.append(Problem("organisation", UNKNOWN_NAME.format(name=values["organisation"])))
    return found, missing


def _avoided(uow: UnitOfWork, names: Sequence[str]) -> tuple[list[int], list[Problem]]:
    """Return the ids of organisations by their names, and a problem for each that is not known."""
    rows = uow.session.execute(select(Organisation.name, Organisation.id).where(Organisation.name.in_(list(names))))
    known = dict(rows.all())
    problems = [Problem("avoids", UNKNOWN_NAME.format(name=name)) for name in names if name not in known]
    return sorted({known[name] for name in names if name in known}), problems


def edit(
    uow: UnitOfWork, actor: Actor, expert_id: int, given: Mapping[str, Any], *, seen_version: int | None = None
) -> Expert:
    """Change an entry, by the office or by the expert; raises NotFound, NotAllowed, InvalidInput, Conflict."""
    expert = get(uow, expert_id)
    if expert.person_id != actor.person_id:
        require(actor, "expert.manage")
    answers = read_answers(EXPERT_FIELDS, given)
    avoids, problems = _avoided(uow, answers.values["avoids"])
    if answers.problems or problems:
        raise InvalidInput([*answers.problems, *problems])
    if seen_version is not None and seen_version != expert.version:
        raise Conflict(CHANGED_MEANWHILE)
    for name, value in (answers.values | {"avoids": avoids}).items():
        setattr(expert, name, value)
    expert.changed_at = uow.clock()
    audit.record(uow, actor, "expert.edit", "expert", expert.id)
    return expert


def set_active(uow: UnitOfWork, actor: Actor, expert_id: int, *, active: bool) -> Expert:
    """Take an expert off the lists from which panels are made, or put them back; seats that they have stay."""
    require(actor, "expert.manage")
    expert = get(uow, expert_id)
    expert.is_active = active
    expert.changed_at = uow.clock()
    audit.record(uow, actor, "expert.activate" if active else "expert.deactivate", "expert", expert.id)
    return expert


def values_of(uow: UnitOfWork, expert: Expert) -> dict[str, Any]:
    """Return the stored answers of an expert by field, with the names of the organisations to stay clear of."""
    names = uow.session.scalars(
        select(Organisation.name).where(Organisation.id.in_(expert.avoids)).order_by(Organisation.name)
    )
    return {field.name: getattr(expert, field.name) for field in EXPERT_FIELDS} | {"avoids": list(names)}
