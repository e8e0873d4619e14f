"""Who is signed in: Flask-Login over `accounts`, sessions that end when the password changes."""

import hashlib

from flask import Flask
from flask_login import LoginManager, UserMixin

from matcher.accounts import service
from matcher.accounts.model import Person
from matcher.web.context import current_uow


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """Wrap a person for Flask-Login."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.actor = person.actor()
        self.session_id = f"{person.id}-{_fingerprint(person)}"

    def get_id(self) -> str:
        """Return what the session remembers: the person, and a fingerprint of the password."""
        return self.session_id


def _fingerprint(person: Person) -> str:
    return hashlib.sha256(person.password_hash.encode()).hexdigest()[:16]


def _load(session_id: str) -> SignedIn | None:
    number, _, _ = session_id.partition("-")
    person = service.person(current_uow(), int(number)) if number.isdigit() else None
    found = SignedIn(person) if person else None
    return found if found and found.session_id == session_id else None


def configure_sign_in(app: Flask) -> None:
    """Let Flask-Login find the person of a session."""
    manager = LoginManager()
    manager.user_loader(_load)
    manager.init_app(app)
