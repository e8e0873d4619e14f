"""What organisations and people are called: names given in an answer, checked; names shown to others, where permitted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from sqlalchemy import or_, select

from matcher.accounts.model import Membership, Organisation, Person
from matcher.core.fields import SEPARATORS, shorten
from matcher.core.labels import Label
from matcher.core.people import ROLE_LABELS, Actor, Role
from matcher.core.unit_of_work import UnitOfWork

UNKNOWN = Label(
    "平台上没有登记“{given}”这个机构，请核对全称；对方注册后才能看到定向公开的内容。",
    "No organisation “{given}” is registered here; check the full name. It can be shown something only once it has signed up.",
)
UNKNOWN_BUT_NEAR = Label(
    "平台上没有登记“{given}”这个机构，是否指：{near}？请填写全称。",
    "No organisation “{given}” is registered here. Do you mean {near}? Give the full name.",
)
THE_SYSTEM = Label("系统", "The system")
MOST_COMPARED = 20_000
SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Named:
    """Hold the registered names of what was given, and what is wrong with the rest."""

    names: list[str]
    problems: list[Label]


def named_organisations(uow: UnitOfWork, given: Sequence[str]) -> Named:
    """Return the full names of organisations given by name, English name or unified social credit code.

    An entry that is no name as it stands, but several with separators between them, is taken as several.
    """
    parts = {entry: [part.strip() for part in SEPARATORS.split(entry) if part.strip()] for entry in given}
    known = _known(uow, {*given, *(part for several in parts.values() for part in several)})
    names: list[str] = []
    problems: list[Label] = []
    for entry, several in parts.items():
        found = [known.get(entry)] if entry in known else [known.get(part) for part in several]
        names += [name for name in found if name]
        missing = [entry] if not any(found) else [part for part, name in zip(several, found, strict=False) if not name]
        problems += [_told(uow, one) for one in missing]
    return Named(list(dict.fromkeys(names)) if not problems else list(given), problems)


def _known(uow: UnitOfWork, wanted: set[str]) -> dict[str, str]:
    columns = (Organisation.name, Organisation.name_en, Organisation.uscc)
    with uow.session.no_autoflush:
        rows = uow.session.execute(select(*columns).where(or_(*(column.in_(wanted) for column in columns)))).all()
    return {key: name for name, english, code in rows for key in (code, english, name) if key}


def _told(uow: UnitOfWork, given: str) -> Label:
    with uow.session.no_autoflush:
        names = list(uow.session.scalars(select(Organisation.name).limit(MOST_COMPARED)))
    near = [name for name in names if len(given) > 1 and given in name][:SUGGESTIONS]
    near = near or get_close_matches(given, names, SUGGESTIONS, 0.5)
    if not near:
        return UNKNOWN.format(given=shorten(given))
    return UNKNOWN_BUT_NEAR.format(given=shorten(given), near=Label("、".join(near), ", ".join(near)))


def called(uow: UnitOfWork, actor: Actor, person_ids: Iterable[int | None]) -> dict[int | None, Label]:
    """Return what people are called before `actor`: staff see names, others those of their own organisation.

    Of everybody else only the role is said; what no person did, the system did.
    """
    ids = {one for one in person_ids if one is not None}
    found: dict[int | None, Label] = {None: THE_SYSTEM}
    if not ids:
        return found
    query = select(Person.id, Person.name, Membership.organisation_id, Membership.role)
    query = query.join(Membership, Membership.person_id == Person.id, isouter=True).where(Person.id.in_(ids))
    for person_id, name, organisation_id, role in uow.session.execute(query.order_by(Membership.id.desc())):
        is_known = actor.roles & {Role.DESK, Role.ADMIN} or organisation_id == actor.organisation_id
        found[person_id] = Label(name, name) if is_known or role is None else ROLE_LABELS[role]
    return found
