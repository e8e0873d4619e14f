"""Lifecycles: states change only through a declared table, and each change leaves a history row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from matcher.core.db import Base, BigInt
from matcher.core.errors import Conflict
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork

State = TypeVar("State", bound=StrEnum)


class StateChange(Base):
    """Record one move of one thing from a state to another."""

    __tablename__ = "state_changes"
    __table_args__ = (Index(None, "entity", "entity_id"),)

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    entity: Mapped[str] = mapped_column(String(20))
    entity_id: Mapped[int]
    action: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[int | None]
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True, slots=True)
class Transition(Generic[State]):
    """Allow `action` to move a thing from any of `sources` to `target`."""

    action: str
    sources: tuple[State, ...]
    target: State


@dataclass(frozen=True)
class Lifecycle(Generic[State]):
    """Hold the table of one kind of thing; `labels` name the states on pages."""

    entity: str
    transitions: Sequence[Transition[State]]
    labels: dict[State, Label]

    def target(self, state: State, action: str) -> State | None:
        """Return where `action` leads from `state`, or None when the table forbids it."""
        for transition in self.transitions:
            if transition.action == action and state in transition.sources:
                return transition.target
        return None

    def actions(self, state: State) -> tuple[str, ...]:
        """Return the actions that the table allows from `state`."""
        return tuple(t.action for t in self.transitions if state in t.sources)

    def apply(self, uow: UnitOfWork, actor: Actor, thing: Any, action: str, note: str = "") -> None:
        """Move `thing` by `action` and write its history; raises Conflict when the table forbids it."""
        source: State = thing.state
        target = self.target(source, action)
        if target is None:
            raise Conflict(
                Label(
                    "当前状态为“{state}”，不能进行此操作。请刷新页面。",
                    "Not possible in the state “{state}”. Reload the page.",
                ).format(state=self.labels[source])
            )
        thing.state = target
        uow.session.add(
            StateChange(
                entity=self.entity,
                entity_id=thing.id,
                action=action,
                source=source.value,
                target=target.value,
                person_id=actor.person_id,
                at=uow.clock(),
                note=note,
            )
        )
