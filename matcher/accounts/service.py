"""What can be done with organisations and people."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, or_, select, update

from matcher.accounts.fields import ORGANISATION_FIELDS
from matcher.accounts.model import Membership, Organisation, Person, PersonState
from matcher.accounts.passwords import MIN_LENGTH, TOO_SHORT, hash_password, verify_password
from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from matcher.core.fields import Field, Kind, clean_text, read_answers
from matcher.core.labels import Label
from matcher.core.listing import PAGE_SIZE, Listing, like
from matcher.core.people import Actor, Role
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork

PERSON_FIELDS: tuple[Field, ...] = (
    Field("person_name", Label("您的姓名", "Your name"), Kind.TEXT, required=True, max_length=60),
    Field("email", Label("登录邮箱", "E-mail for sign-in"), Kind.EMAIL, required=True),
    Field("phone", Label("您的电话", "Your telephone"), Kind.PHONE),
)
SIGN_UP_ORGANISATION: tuple[Field, ...] = tuple(
    f for f in ORGANISATION_FIELDS if f.name in {"name", "kind", "uscc", "region", "industry", "address"}
)

EMAIL_TAKEN = Label(
    "这个邮箱已经注册。请直接登录，或换一个邮箱。", "This e-mail is registered already. Sign in, or use another one."
)
WRONG = Label("邮箱或密码不正确。", "E-mail or password is wrong.")
PENDING = Label("您的账号还在等待管理员审核，通过后即可登录。", "Your account waits for approval by the administrator.")
REFUSED = Label(
    "您的账号没有通过审核，请联系平台管理员。", "Your account was not approved; please ask the administrator."
)
NO_ORGANISATION = Label("找不到这个机构。", "There is no such organisation.")
NO_PERSON = Label("找不到这个账号。", "There is no such account.")
NOT_WAITING = Label("这个账号已经处理过了。", "This account has been dealt with already.")
USCC_NEEDED = Label(
    "境内机构请填写统一社会信用代码。", "Organisations in China fill in the unified social credit code."
)
USCC_TAKEN = Label(
    "这个统一社会信用代码属于另一个已登记的机构。", "This code belongs to another organisation that is registered here."
)
NAME_TAKEN = Label(
    "“{name}”是另一个已登记机构的名称；定向公开的内容按名称确认对象，因此不能使用。",
    "“{name}” is the name of another organisation that is registered here. What is shown to chosen organisations goes by name, so it cannot be taken.",
)
DO_NOT_MATCH = Label("两次输入的密码不一致。", "The two passwords differ.")

ROLE_OF_KIND = {
    "enterprise": Role.ENTERPRISE,
    "university": Role.UNIVERSITY,
    "institute": Role.UNIVERSITY,
    "government": Role.GOVERNMENT,
    "transfer_agency": Role.DESK,
    "platform_operator": Role.DESK,
    "fund": Role.ENTERPRISE,
}


def find_organisation(uow: UnitOfWork, *, uscc: str | None, name: str) -> Organisation | None:
    """Return the organisation with this code, else the one with exactly this name."""
    if uscc:
        found = uow.session.scalar(select(Organisation).where(Organisation.uscc == uscc))
        if found:
            return found
    found = uow.session.scalar(select(Organisation).where(Organisation.name == name).limit(1))
    # One name with two codes is two organisations.
    return None if found and uscc and found.uscc and found.uscc != uscc else found


def add_organisation(uow: UnitOfWork, values: Mapping[str, Any]) -> Organisation:
    """Write an organisation from values already read; no permission is asked: callers are services that did."""
    known = {f.name for f in ORGANISATION_FIELDS} | {"is_example", "seed_key"}
    organisation = Organisation(created_at=uow.clock(), **{k: v for k, v in values.items() if k in known})
    uow.session.add(organisation)
    uow.session.flush()
    return organisation


def sign_up(uow: UnitOfWork, given: Mapping[str, Any]) -> Person:
    """Register a person who waits for approval, with the organisation they speak for; raises InvalidInput."""
    person, organisation = read_answers(PERSON_FIELDS, given), read_answers(SIGN_UP_ORGANISATION, given)
    problems = person.problems + organisation.problems + password_problems(given)
    values = organisation.values
    if not problems and str(values["region"])[:1].isdigit() and not values["uscc"]:
        problems.append(Problem("uscc", USCC_NEEDED))
    email = str(person.values["email"]).lower()
    if email and uow.session.scalar(select(Person.id).where(Person.email == email)):
        problems.append(Problem("email", EMAIL_TAKEN))
    if problems:
        raise InvalidInput(problems)
    organisation_ = find_organisation(uow, uscc=values["uscc"], name=values["name"]) or add_organisation(uow, values)
    return add_person(
        uow,
        organisation=organisation_,
        email=email,
        name=person.values["person_name"],
        phone=person.values["phone"],
        password=str(given["password"]),
        # What a known organisation is follows from its record, not from what the newcomer says of it.
        roles=(ROLE_OF_KIND[organisation_.kind],),
        state=PersonState.PENDING,
    )


def password_problems(given: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a new password and its repetition."""
    password = str(given.get("password") or "")
    if len(password) < MIN_LENGTH:
        return [Problem("password", TOO_SHORT)]
    return [] if password == given.get("password_again") else [Problem("password_again", DO_NOT_MATCH)]


def add_person(
    uow: UnitOfWork,
    *,
    organisation: Organisation,
    email: str,
    name: str,
    password: str,
    roles: tuple[Role, ...],
    phone: str = "",
    state: PersonState = PersonState.ACTIVE,
) -> Person:
    """Write a person with their roles in one organisation."""
    person = Person(
        email=email.lower(),
        name=name,
        phone=phone,
        password_hash=hash_password(password),
        state=state,
        created_at=uow.clock(),
        memberships=[Membership(organisation=organisation, role=role) for role in roles],
    )
    uow.session.add(person)
    uow.session.flush()
    return person


def sign_in(uow: UnitOfWork, email: str, password: str) -> Person:
    """Return the person with this e-mail and password; raises NotAllowed with the reason."""
    person = uow.session.scalar(select(Person).where(Person.email == clean_text(email).lower()))
    if not verify_password(person.password_hash if person else None, password) or person is None:
        raise NotAllowed(WRONG)
    if person.state is not PersonState.ACTIVE:
        raise NotAllowed(PENDING if person.state is PersonState.PENDING else REFUSED)
    person.last_seen_at = uow.clock()
    audit.record(uow, person.actor(), "sign-in", "person", person.id)
    return person


def person(uow: UnitOfWork, person_id: int) -> Person | None:
    """Return an active person, for the session."""
    found = uow.session.get(Person, person_id)
    return found if found and found.state is PersonState.ACTIVE else None


def waiting(uow: UnitOfWork, actor: Actor) -> list[Person]:
    """Return the people who wait for approval, the longest first."""
    require(actor, "account.approve")
    query = select(Person).where(Person.state == PersonState.PENDING).order_by(Person.created_at)
    return list(uow.session.scalars(query))


def people(uow: UnitOfWork, actor: Actor, text: str = "", page: int = 1) -> Listing[Person]:
    """Return one page of the people who may sign in or were refused, the newest first; `text` is part of a name or e-mail."""
    require(actor, "account.approve")
    conditions = [Person.state != PersonState.PENDING]
    if text:
        pattern = like(text)
        conditions.append(or_(Person.name.like(pattern, escape="\\"), Person.email.like(pattern, escape="\\")))
    total = uow.session.scalar(select(func.count(Person.id)).where(*conditions)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = select(Person).where(*conditions).order_by(Person.created_at.desc(), Person.id.desc())
    found = uow.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return Listing(list(found), total, page, {})


def decide_account(uow: UnitOfWork, actor: Actor, person_id: int, *, approve: bool) -> Person:
    """Let a waiting person in, or refuse them; raises Conflict when somebody has already decided."""
    require(actor, "account.approve")
    found = uow.session.get(Person, person_id)
    if found is None:
        raise NotFound(NO_PERSON)
    # One statement looks and writes, so that of two administrators at once only one decides, on every database.
    decided = uow.session.execute(
        update(Person)
        .where(Person.id == person_id, Person.state == PersonState.PENDING)
        .values(state=PersonState.ACTIVE if approve else PersonState.REFUSED)
        .returning(Person.id)
    ).scalar()
    if decided is None:
        raise Conflict(NOT_WAITING)
    audit.record(uow, actor, "account.approve" if approve else "account.refuse", "person", found.id)
    return found


def organisation(uow: UnitOfWork, organisation_id: int) -> Organisation:
    """Return an organisation; raises NotFound."""
    found = uow.session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound(NO_ORGANISATION)
    return found


def edit_organisation(uow: UnitOfWork, actor: Actor, organisation_id: int, given: Mapping[str, Any]) -> Organisation:
    """Change what is known of an organisation; raises NotAllowed, InvalidInput."""
    found = organisation(uow, organisation_id)
    require(actor, "organisation.edit", owner=found.id)
    answers = read_answers(ORGANISATION_FIELDS, given)
    if answers.problems:
        raise InvalidInput(answers.problems)
    uscc = answers.values["uscc"]
    if uscc and uow.session.scalar(
        select(Organisation.id).where(Organisation.uscc == uscc, Organisation.id != found.id)
    ):
        raise InvalidInput([Problem("uscc", USCC_TAKEN)])
    taken = select(Organisation.id).where(Organisation.name == answers.values["name"], Organisation.id != found.id)
    if answers.values["name"] != found.name and uow.session.scalar(taken.limit(1)):
        raise InvalidInput([Problem("name", NAME_TAKEN.format(name=answers.values["name"]))])
    for name, value in answers.values.items():
        setattr(found, name, value)
    audit.record(uow, actor, "organisation.edit", "organisation", found.id)
    return found


def counts_by_kind(uow: UnitOfWork) -> dict[str, int]:
    """Return how many organisations of each kind there are."""
    rows = uow.session.execute(select(Organisation.kind, func.count()).group_by(Organisation.kind))
    return dict(rows)


def actor_by_email(uow: UnitOfWork, email: str) -> Actor:
    """Return the acting person with this e-mail, for the command line; raises NotFound."""
    found = uow.session.scalar(select(Person).where(Person.email == email.lower(), Person.state == PersonState.ACTIVE))
    if found is None:
        raise NotFound(NO_PERSON)
    return found.actor()
