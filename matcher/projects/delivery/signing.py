"""Signing task books: offered by the office, signed by each party on the page, in force when all have."""

from datetime import datetime

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import REFUSED, allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids.office import go_on_without, start_when_signed
from matcher.projects.delivery import books, payments
from matcher.projects.delivery.books import Dossier, Party
from matcher.projects.delivery.lifecycle import TASK_BOOK_LIFECYCLE, TaskBookState
from matcher.projects.delivery.model import TaskBook
from matcher.projects.delivery.payments import Occasion
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState

OFFERED = Label("任务书已送签，请核对后签署。", "The task book is offered for signature; please check and sign it.")
TAKEN_BACK = Label("任务书已撤回修改，原有签署作废。", "The task book was taken back; its signatures no longer count.")
IN_FORCE = Label("任务书各方已签署，开始执行。", "All parties signed the task book; it is in force.")
NOT_SIGNING = Label("这份任务书现在不需要签署。", "This task book is not to be signed now.")
OTHER_TEXT = Label(
    "任务书在您打开页面之后修改过并重新送签，没有签署。请核对下面的内容再签署。",
    "The task book was changed and offered anew since you opened the page, so nothing was signed. Check what it says now, then sign.",
)
ALREADY = Label("贵方已经签署。", "Your side signed already.")
TERMINATED = Label("任务书已终止。原因：{note}", "The task book was terminated. Reason: {note}")
NO_REASON = Label("请写明原因。", "Give a reason.")


def offer(uow: UnitOfWork, actor: Actor, book_id: int) -> TaskBook:
    """Offer a task book for signature: what it says now is what is signed."""
    require(actor, "task_book.write")
    found = books.get(uow, book_id)
    TASK_BOOK_LIFECYCLE.apply(uow, actor, found.book, "offer")
    # The version names this offer: who signs must have read it, and no earlier one.
    found.book.content = {**found.book.content, **books.snapshot(found), "offer": found.book.version}
    audit.record(uow, actor, "task_book.offer", "task_book", book_id)
    books.tell(uow, actor, found, OFFERED, f"offer:{uow.clock():%Y%m%d%H%M%S}", Party.LEAD, Party.OWNER)
    return found.book


def take_back(uow: UnitOfWork, actor: Actor, book_id: int, note: str = "") -> TaskBook:
    """Take a task book back to change it; the signatures are void."""
    require(actor, "task_book.write")
    found = books.get(uow, book_id)
    TASK_BOOK_LIFECYCLE.apply(uow, actor, found.book, "take_back", note)
    for party in Party:
        setattr(found.book, f"{party}_signed_at", None)
        setattr(found.book, f"{party}_signed_by", None)
    found.book.content = {"shares": found.book.content.get("shares", {})}
    audit.record(uow, actor, "task_book.take_back", "task_book", book_id, note=note)
    books.tell(uow, actor, found, TAKEN_BACK, f"back:{uow.clock():%Y%m%d%H%M%S}", Party.LEAD, Party.OWNER)
    return found.book


def party_of(actor: Actor, found: Dossier) -> Party | None:
    """Return for which party the actor may sign."""
    if allowed(actor, "task_book.write"):
        return Party.OFFICE
    if allowed(actor, "task_book.sign", owner=found.bid.organisation_id):
        return Party.LEAD
    if found.owner is not None and allowed(actor, "task_book.sign", owner=found.owner.id):
        return Party.OWNER
    return None


def parties(found: Dossier) -> list[Party]:
    """Return who must sign."""
    return [Party.OFFICE, Party.LEAD, *([Party.OWNER] if found.owner is not None else [])]


def signed_at(book: TaskBook, party: Party) -> datetime | None:
    """Return when a party signed."""
    moment: datetime | None = getattr(book, f"{party}_signed_at")
    return moment


def sign(uow: UnitOfWork, actor: Actor, book_id: int, seen_offer: int | None = None) -> TaskBook:
    """Sign for one's party; with the last signature the bid runs, the money of the signing is released, the project starts.

    `seen_offer` is the offer that was read; one that was taken back and offered anew is not signed unread.
    """
    found = books.seen(uow, actor, book_id)
    party = party_of(actor, found)
    if party is None or actor.person_id is None:
        raise NotAllowed(REFUSED)
    if found.book.state is not TaskBookState.SIGNING:
        raise Conflict(NOT_SIGNING)
    if signed_at(found.book, party) is not None:
        raise Conflict(ALREADY)
    if seen_offer is not None and seen_offer != found.book.content.get("offer", 0):
        raise Conflict(OTHER_TEXT)
    setattr(found.book, f"{party}_signed_at", uow.clock())
    setattr(found.book, f"{party}_signed_by", actor.person_id)
    audit.record(uow, actor, "task_book.sign", "task_book", book_id, party=party.value)
    if all(signed_at(found.book, one) is not None for one in parties(found)):
        _put_in_force(uow, actor, found)
    uow.session.flush()
    return found.book


def _put_in_force(uow: UnitOfWork, actor: Actor, found: Dossier) -> None:
    TASK_BOOK_LIFECYCLE.apply(uow, actor, found.book, "sign")
    BID_LIFECYCLE.apply(uow, actor, found.bid, "sign")
    payments.release(uow, found.book.id, Occasion.SIGNING, actor=actor)
    books.tell(uow, actor, found, IN_FORCE, "in_force", *Party)
    uow.session.flush()
    start_when_signed(uow, actor, found.project)


def terminate(uow: UnitOfWork, actor: Actor, book_id: int, note: str) -> TaskBook:
    """End a task book before its time, with a reason; what is planned is not paid, what was released stays owed."""
    require(actor, "task_book.write")
    if not note.strip():
        raise InvalidInput([Problem("note", NO_REASON)])
    found = books.get(uow, book_id)
    TASK_BOOK_LIFECYCLE.apply(uow, actor, found.book, "terminate", note)
    if found.bid.state in (BidState.AWARDED, BidState.RUNNING):
        BID_LIFECYCLE.apply(uow, actor, found.bid, "terminate", note)
    payments.cancel_open(uow, found.book, actor=actor, note=note)
    audit.record(uow, actor, "task_book.terminate", "task_book", book_id, note=note)
    books.tell(uow, actor, found, TERMINATED.format(note=note), "terminated", *Party)
    go_on_without(uow, actor, found.project, note)
    return found.book
