"""Who has a pairing open: nobody reviews what a colleague is reading.

A claim is one statement in the database, so that of two brokers who open a pairing at the same moment one gets it. It
runs out by itself, is renewed while the page is open, and can be taken over by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select

from matcher.accounts.model import Person
from matcher.core import audit
from matcher.core.db import insert_or
from matcher.core.errors import Conflict, NotFound
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.desk_model import Claim
from matcher.matching.model import Pairing, PairingState

DURATION = timedelta(minutes=5)
#: What is open to review; elsewhere a claim says nothing.
REVIEWABLE = (PairingState.SUGGESTED, PairingState.DEFERRED)
CLAIMED = Label(
    "{person} 正在评审这个匹配对，您的意见没有保存。可以先看下一个；确需由您决定时，请按“接手评审”。",
    "{person} is reviewing this pairing, so your decision was not saved. "
    "Go on with the next one, or press “Take over” if it is you who must decide.",
)
NO_PAIRING = Label("找不到这个匹配对。", "There is no such pairing.")


class Claimed(Conflict):
    """A colleague has the pairing open; `holder` says who."""

    def __init__(self, holder: "Holder") -> None:
        super().__init__(CLAIMED.format(person=holder.name))
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Holder:
    """Name who has a pairing open, and until when."""

    pairing_id: int
    person_id: int
    name: str
    until: datetime


def claim(uow: UnitOfWork, actor: Actor, pairing_id: int, *, only: bool = True) -> Holder | None:
    """Take or renew a pairing for `actor`; returns the colleague who has it, None when it is theirs now.

    With `only`, whatever else the person had open is let go: nobody reads two at once. Raises NotAllowed, NotFound.
    """
    require(actor, "pairing.decide")
    if only:
        release(uow, actor, keep=pairing_id)
    _write(uow, actor, pairing_id, or_(Claim.person_id == actor.person_id, Claim.until <= uow.clock()))
    return held_by_other(uow, actor, pairing_id)


def take_over(uow: UnitOfWork, actor: Actor, pairing_id: int) -> None:
    """Take a pairing from whoever has it open; who took it from whom is in the audit log."""
    require(actor, "pairing.decide")
    before = held_by_other(uow, actor, pairing_id)
    release(uow, actor, keep=pairing_id)
    _write(uow, actor, pairing_id, None)
    if before:
        audit.record(uow, actor, "pairing.take_over", "pairing", pairing_id, of=before.person_id)


def _write(uow: UnitOfWork, actor: Actor, pairing_id: int, takeable: ColumnElement[bool] | None) -> None:
    """Insert or move the claim in one statement, if it is `takeable`; whoever comes second changes nothing."""
    state = uow.session.scalar(select(Pairing.state).where(Pairing.id == pairing_id))
    if state is None:
        raise NotFound(NO_PAIRING)
    if state not in REVIEWABLE:
        return
    now = uow.clock()
    values = {"person_id": actor.person_id, "since": now, "until": now + DURATION}
    statement = insert_or(uow.session, Claim).values(pairing_id=pairing_id, **values)
    uow.session.execute(statement.on_conflict_do_update(index_elements=[Claim.pairing_id], set_=values, where=takeable))


def release(uow: UnitOfWork, actor: Actor, pairing_id: int | None = None, *, keep: int | None = None) -> None:
    """Let go of one pairing, or of all that the person has open but `keep`."""
    require(actor, "pairing.decide")
    query = delete(Claim).where(Claim.person_id == actor.person_id)
    if pairing_id is not None:
        query = query.where(Claim.pairing_id == pairing_id)
    if keep is not None:
        query = query.where(Claim.pairing_id != keep)
    uow.session.execute(query.execution_options(synchronize_session=False))


def holders(uow: UnitOfWork, pairing_ids: Iterable[int]) -> dict[int, Holder]:
    """Return who has which of the pairings open now."""
    query = (
        select(Claim.pairing_id, Claim.person_id, Person.name, Claim.until)
        .join(Person, Person.id == Claim.person_id)
        .where(Claim.pairing_id.in_(list(pairing_ids)), Claim.until > uow.clock())
    )
    return {row[0]: Holder(*row) for row in uow.session.execute(query)}


def held_by_other(uow: UnitOfWork, actor: Actor, pairing_id: int) -> Holder | None:
    """Return the colleague who has a pairing open now."""
    found = holders(uow, [pairing_id]).get(pairing_id)
    return found if found and found.person_id != actor.person_id else None


def check(uow: UnitOfWork, actor: Actor, pairing_id: int) -> None:
    """Raise Claimed when a colleague has the pairing open; the system passes."""
    holder = None if actor.is_system else held_by_other(uow, actor, pairing_id)
    if holder is not None:
        raise Claimed(holder)


def forget(uow: UnitOfWork, pairing_id: int) -> None:
    """Remove the claim on a pairing that has been decided."""
    query = delete(Claim).where(Claim.pairing_id == pairing_id)
    uow.session.execute(query.execution_options(synchronize_session=False))


def free_for(uow: UnitOfWork, actor: Actor) -> ColumnElement[bool]:
    """Return the condition that no colleague of `actor` has a pairing open."""
    now = uow.clock()
    held = select(Claim.pairing_id).where(Claim.person_id != actor.person_id, Claim.until > now)
    return Pairing.id.not_in(held)
