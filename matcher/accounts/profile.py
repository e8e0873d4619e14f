"""What people change about themselves."""

import secrets
from collections.abc import Mapping
from typing import Any

from matcher.accounts.model import Person
from matcher.accounts.passwords import hash_password, verify_password
from matcher.accounts.service import NO_PERSON, password_problems
from matcher.core import audit
from matcher.core.errors import InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork

PROFILE_FIELDS: tuple[Field, ...] = (
    Field("name", Label("您的姓名", "Your name"), Kind.TEXT, required=True, max_length=60),
    Field("phone", Label("您的电话", "Your telephone"), Kind.PHONE, public=False),
)
WRONG_PASSWORD = Label("现在的密码不正确。", "The present password is wrong.")


def _self(uow: UnitOfWork, actor: Actor) -> Person:
    found = uow.session.get(Person, actor.person_id) if actor.person_id is not None else None
    if found is None:
        raise NotFound(NO_PERSON)
    return found


def edit_profile(uow: UnitOfWork, actor: Actor, given: Mapping[str, Any]) -> Person:
    """Change the actor's own name and telephone; raises InvalidInput."""
    person, answers = _self(uow, actor), read_answers(PROFILE_FIELDS, given)
    if answers.problems:
        raise InvalidInput(answers.problems)
    person.name, person.phone = answers.values["name"], answers.values["phone"]
    audit.record(uow, actor, "profile.edit", "person", person.id)
    return person


def change_password(uow: UnitOfWork, actor: Actor, given: Mapping[str, Any]) -> Person:
    """Give the actor a new password, which ends all their sessions; raises InvalidInput."""
    person = _self(uow, actor)
    if not verify_password(person.password_hash, str(given.get("current_password") or "")):
        raise InvalidInput([Problem("current_password", WRONG_PASSWORD)])
    problems = password_problems(given)
    if problems:
        raise InvalidInput(problems)
    person.password_hash = hash_password(str(given["password"]))
    audit.record(uow, actor, "profile.password", "person", person.id)
    return person


def reset_password(uow: UnitOfWork, actor: Actor, person_id: int) -> tuple[Person, str]:
    """Give somebody who forgot theirs a new random password, which is returned once and stored nowhere."""
    require(actor, "account.approve")
    person = uow.session.get(Person, person_id)
    if person is None:
        raise NotFound(NO_PERSON)
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    person.password_hash = hash_password(password)
    audit.record(uow, actor, "account.password", "person", person.id)
    return person, password


def set_language(uow: UnitOfWork, actor: Actor, language: str) -> Person:
    """Remember the language in which the actor reads."""
    person = _self(uow, actor)
    person.language = language
    return person
