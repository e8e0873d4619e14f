"""The four ways in which a service says no; the outer rooms map them to HTTP and exit codes once."""

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.core.labels import Label


@dataclass(frozen=True, slots=True)
class Problem:
    """Name one thing wrong with an input: which field (empty: the whole), and what to do about it."""

    field: str
    message: Label


class DomainError(Exception):
    """Carry a message for the person who asked, in both languages."""

    def __init__(self, message: Label) -> None:
        super().__init__(message.en)
        self.message = message


class NotFound(DomainError):
    """The thing does not exist, or not for this person: the two are told alike."""


class NotAllowed(DomainError):
    """The person may not do this."""


class Conflict(DomainError):
    """The thing is no longer in the state that the action expects."""


class InvalidInput(DomainError):
    """The input is wrong; `problems` says where and what to do."""

    def __init__(self, problems: Sequence[Problem], message: Label | None = None) -> None:
        super().__init__(message or INVALID)
        self.problems = tuple(problems)


INVALID = Label("有内容需要修改，请看下面标出的各项。", "Some answers need a change; see the marked fields.")
