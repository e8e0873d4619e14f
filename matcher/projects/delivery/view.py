"""What the pages of task books show, read at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from matcher.accounts.model import Person
from matcher.core.clock import local_date
from matcher.core.people import Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.offers.model import Offer
from matcher.projects import files
from matcher.projects.bids import queries as bid_queries
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import acceptance, books, changes, drafting, payments, progress, signing, todo
from matcher.projects.delivery.acceptance import Compared
from matcher.projects.delivery.books import Dossier, Party
from matcher.projects.delivery.lifecycle import MilestoneState
from matcher.projects.delivery.model import Acceptance, ChangeRequest, Milestone, Payment, Report, TaskBook
from matcher.projects.delivery.payments import Source, Sums
from matcher.projects.experts import panels, results
from matcher.projects.experts.model import Stage
from matcher.projects.experts.results import Result
from matcher.projects.files_model import ProjectFile
from matcher.projects.lifecycle import BidState
from matcher.projects.setup import service as projects
from matcher.projects.setup.model import Project

ENTITIES = ("task_book", "milestone", "report", "acceptance")


@dataclass(frozen=True, slots=True)
class SeenBook:
    """Hold one task book for its page."""

    found: Dossier
    party: Party | None
    is_office: bool
    is_lead: bool
    shows_money: bool
    todos: list[todo.Todo]
    today: date
    signers: dict[Party, str]
    milestones: list[Milestone]
    payments: list[Payment]
    sums: dict[Source, Sums]
    reports: list[Report]
    changes: list[ChangeRequest]
    acceptance: Acceptance | None
    compared: list[Compared]
    panel: Result | None
    results: list[Offer]
    files: dict[str, dict[int, list[ProjectFile]]]

    @property
    def is_finished(self) -> bool:
        """Say whether no milestone is open any more."""
        return todo.is_finished(self.milestones)

    def is_late(self, one: Milestone) -> bool:
        """Say whether a milestone is overdue."""
        return one.state is MilestoneState.PLANNED and one.due_on < self.today


@dataclass(frozen=True, slots=True)
class BookRow:
    """Hold one task book of a project for the office."""

    book: TaskBook
    bid: Bid
    sums: dict[Source, Sums]
    late: int
    acceptance: Acceptance | None


@dataclass(frozen=True, slots=True)
class SeenProject:
    """Hold what follows the award of a project, for staff."""

    project: Project
    rows: list[BookRow]
    to_draft: list[Bid]
    accepted: list[Bid]
    may_close: bool
    results: list[Offer]

    def total(self, source: payments.Source) -> payments.Sums:
        """Return the sums of all task books for one source."""
        every = [row.sums[source] for row in self.rows]
        zero = payments.Sums()
        return payments.Sums(
            sum((one.planned for one in every), zero.planned),
            sum((one.released for one in every), zero.released),
            sum((one.paid for one in every), zero.paid),
        )


def book(uow: UnitOfWork, actor: Actor, book_id: int) -> SeenBook:
    """Return one task book as the actor sees it; raises NotFound."""
    found = books.seen(uow, actor, book_id)
    # Who sees a task book without being staff is a party to it.
    shows_money = allowed(actor, "payment.see") or not allowed(actor, "project.see")
    steps, rows = drafting.milestones(uow, book_id), payments.of(uow, book_id)
    reports, accepted = progress.reports(uow, book_id), acceptance.get(uow, book_id)
    ids = {
        "task_book": [book_id],
        "milestone": [m.id for m in steps],
        "report": [r.id for r in reports],
        "acceptance": [accepted.id] if accepted else [],
    }
    party, today = signing.party_of(actor, found), local_date(uow.clock())
    is_office, is_lead = allowed(actor, "task_book.write"), books.is_lead(actor, found, "milestone.report")
    asked = changes.of_book(uow, book_id)
    entered = [offer for offer, bid_id in acceptance.results_of(uow, found.project.id) if bid_id == found.bid.id]
    todos = list(todo.to_sign(found, party, signing.parties(found)))
    if is_office:
        todos += todo.of_office(found, steps, rows, asked, accepted)
    if is_lead:
        todos += todo.of_lead(found, steps, accepted, bool(entered), today)
    return SeenBook(
        found=found, party=party, is_office=is_office, is_lead=is_lead, shows_money=shows_money, todos=todos,
        today=today, signers=signers(uow, found.book), milestones=steps,
        payments=rows if shows_money else [], sums=payments.sums(rows if shows_money else []), reports=reports,
        changes=asked, acceptance=accepted,
        compared=acceptance.comparison(found, acceptance.measured(uow, accepted)), panel=_panel(uow, found, accepted),
        results=entered,
        files={entity: files.of_many(uow, entity, one) if one else {} for entity, one in ids.items()},
    )  # fmt: skip


def signers(uow: UnitOfWork, book: TaskBook) -> dict[Party, str]:
    """Return the names of those who signed."""
    ids = {party: getattr(book, f"{party}_signed_by") for party in Party}
    query = select(Person.id, Person.name).where(Person.id.in_([one for one in ids.values() if one]))
    names = dict(uow.session.execute(query).all())
    return {party: names[one] for party, one in ids.items() if one in names}


def _panel(uow: UnitOfWork, found: Dossier, accepted: Acceptance | None) -> Result | None:
    panel = panels.panel_of(uow, found.project.id, Stage.ACCEPTANCE) if accepted is not None else None
    return results.results(uow, panel).get(found.bid.id) if panel is not None else None


def project(uow: UnitOfWork, actor: Actor, project_id: int) -> SeenProject:
    """Return what follows the award of a project, for staff; raises NotAllowed, NotFound."""
    require(actor, "project.see")
    found = projects.get(uow, project_id)
    rows = _rows(uow, books.of_project(uow, project_id))
    with_book = {row.bid.id for row in rows}
    awarded = bid_queries.of_project(uow, project_id, [BidState.AWARDED])
    return SeenProject(
        project=found,
        rows=rows,
        to_draft=[bid for bid in awarded if bid.id not in with_book],
        accepted=[row.bid for row in rows if row.bid.state is BidState.ACCEPTED],
        may_close=bool(rows)
        and found.state in ("implementation", "acceptance")
        and not acceptance.undecided(uow, found),
        results=[offer for offer, _ in acceptance.results_of(uow, project_id)],
    )


def _rows(uow: UnitOfWork, found: Sequence[TaskBook]) -> list[BookRow]:
    """Return the rows of task books, with as many statements for many as for one."""
    ids = [one.id for one in found]
    late = (
        select(Milestone.task_book_id, func.count())
        .where(
            Milestone.task_book_id.in_(ids),
            Milestone.state == MilestoneState.PLANNED,
            Milestone.due_on < local_date(uow.clock()),
        )
        .group_by(Milestone.task_book_id)
    )
    counts = dict(uow.session.execute(late).all())
    money: dict[int, list[Payment]] = {}
    for one in uow.session.scalars(select(Payment).where(Payment.task_book_id.in_(ids))):
        money.setdefault(one.task_book_id, []).append(one)
    of_bids = uow.session.scalars(select(Bid).where(Bid.id.in_([one.bid_id for one in found]))).unique()
    teams = {one.id: one for one in of_bids}
    applied = uow.session.scalars(select(Acceptance).where(Acceptance.task_book_id.in_(ids)))
    accepted = {one.task_book_id: one for one in applied}
    return [
        BookRow(
            one, teams[one.bid_id], payments.sums(money.get(one.id, ())), counts.get(one.id, 0), accepted.get(one.id)
        )
        for one in found
    ]


def archive(uow: UnitOfWork, actor: Actor, project_id: int) -> Sequence[SeenBook]:
    """Return all task books of a project in full, for the archive; raises NotAllowed, NotFound."""
    require(actor, "project.see")
    return [book(uow, actor, one.id) for one in books.of_project(uow, projects.get(uow, project_id).id)]


def may_open(uow: UnitOfWork, actor: Actor, entity: str, entity_id: int) -> bool:
    """Say whether the actor may open a file of a task book or of what hangs on it."""
    if entity not in ENTITIES:
        return False
    book_id = entity_id if entity == "task_book" else _book_of(uow, entity, entity_id)
    return book_id is not None and books.may_see(uow, actor, books.get(uow, book_id))


def _book_of(uow: UnitOfWork, entity: str, entity_id: int) -> int | None:
    found: Milestone | Report | Acceptance | None
    if entity == "milestone":
        found = uow.session.get(Milestone, entity_id)
    elif entity == "report":
        found = uow.session.get(Report, entity_id)
    else:
        found = uow.session.get(Acceptance, entity_id)
    return found.task_book_id if found is not None else None
