"""Passwords: argon2 hashes and what a password must be."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from matcher.core.labels import Label

MIN_LENGTH = 10
TOO_SHORT = Label("密码至少 {limit} 位。", "A password has {limit} characters at least.").format(limit=MIN_LENGTH)

_hasher = PasswordHasher()
# Verified against when there is no such person, so that the answer takes as long.
_NOBODY = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Say whether `password` belongs to the stored hash; takes as long when there is none."""
    try:
        return _hasher.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
