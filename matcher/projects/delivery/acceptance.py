"""Acceptance (验收): measured values against demand and commitment, the office's decision, closing, the result as an offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.labels import Label
from matcher.core.people import SYSTEM, Actor
from matcher.core.permissions import require
from matcher.core.rows import IndicatorRow
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.core.vocabularies import Vocabulary
from matcher.needs import service as needs
from matcher.needs.model import OPEN_STATES, Need
from matcher.offers import service as offers
from matcher.offers.model import OPEN_STATES as OPEN_OFFERS
from matcher.offers.model import Offer, OfferState
from matcher.projects.bids import queries as bid_queries
from matcher.projects.delivery import books, measuring, merging, payments, progress
from matcher.projects.delivery.books import Dossier, Party
from matcher.projects.delivery.lifecycle import TASK_BOOK_LIFECYCLE, GateState, MilestoneState, TaskBookState
from matcher.projects.delivery.model import Acceptance, Gate, MeasuredValue, Milestone, ProjectOffer
from matcher.projects.delivery.payments import Occasion
from matcher.projects.experts import panels, results
from matcher.projects.experts.model import Stage
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState, Mode, ProjectState
from matcher.projects.setup import service as projects
from matcher.projects.setup.model import Project, ProjectNeed

VERDICTS = Vocabulary(
    "acceptance_verdict",
    {
        "passed": Label("通过验收", "Passed"),
        "rework": Label("整改后再验收", "To be reworked"),
        "failed": Label("未通过验收", "Not passed"),
    },
)
GRADES = Vocabulary(
    "acceptance_grade",
    {
        "excellent": Label("优秀", "Excellent"),
        "good": Label("良好", "Good"),
        "passed": Label("合格", "Passed"),
        "failed": Label("不合格", "Failed"),
    },
)
NO_SUMMARY = Label("请写明完成情况。", "Say what was achieved.")
OPEN_MILESTONES = Label("还有 {count} 个里程碑没有确认，请先完成。", "{count} milestones are not confirmed yet.")
OPEN_GATES = Label("还有考核节点没有定，请先完成。", "A gate is not decided yet.")
SHARES_OPEN = Label(
    "合并后各单位的经费比例还没有确定，请先在“赛马考核”中确定。",
    "The shares after the merger are not settled yet; settle them among the gates first.",
)
UNDER_WAY = Label("验收申请已递交，正在等科技部门的意见。", "The application for acceptance waits for the office.")
SHEETS_MISSING = Label(
    "验收专家的评分还不够：已有 {sheets} 份，应有 {least} 份。请等交齐，或在“专家与评审”中写明原因结束评审。",
    "The experts have handed in {sheets} sheets of {least}. Wait for them, or close the panel with a reason.",
)
NO_APPLICATION = Label("还没有验收申请。", "Nobody applied for acceptance yet.")
NO_VERDICT = Label("请选择验收结论。", "Choose a verdict.")
NO_GRADE = Label("请选择与结论相符的等级。", "Choose a grade that fits the verdict.")
NO_COMMENT = Label("请写明理由。", "Give reasons.")
UNDECIDED = Label("还有任务书没有结论，不能结题。", "A task book is not decided yet.")
NO_WINNER = Label("请选出优胜团队。", "Name the winner.")
NO_OUTCOME = Label("请写明向公众说明的结果。", "Write what the public reads of the outcome.")
NOT_ACCEPTED = Label("通过验收后才能登记成果。", "A result can be entered once the project passed acceptance.")
APPLIED = Label("团队已申请验收。", "The team applied for acceptance.")
DECIDED = Label("验收结论：{verdict}。{comment}", "Acceptance: {verdict}. {comment}")


@dataclass(frozen=True, slots=True)
class Compared:
    """Hold one indicator: what was demanded, committed and measured, with the verdict against each."""

    demand: IndicatorRow
    commitment: IndicatorRow | None
    measured: IndicatorRow | None
    against_demand: str
    against_commitment: str


def get(uow: UnitOfWork, book_id: int) -> Acceptance | None:
    """Return the acceptance of a task book, once it was applied for."""
    return uow.session.scalars(select(Acceptance).where(Acceptance.task_book_id == book_id)).one_or_none()


def is_open(found: Acceptance | None) -> bool:
    """Say whether an application waits for the office."""
    return found is not None and not found.verdict


def measured(uow: UnitOfWork, acceptance: Acceptance | None) -> list[MeasuredValue]:
    """Return what was measured, in the order of the indicators."""
    if acceptance is None:
        return []
    query = select(MeasuredValue).where(MeasuredValue.acceptance_id == acceptance.id)
    return list(uow.session.scalars(query.order_by(MeasuredValue.position)))


def comparison(found: Dossier, values: Sequence[MeasuredValue]) -> list[Compared]:
    """Compare measured values with the indicators of a task book, in their order."""
    by_place = {one.position: one.row() for one in values}
    rows = []
    for place, one in enumerate(books.content_of(found)["indicators"]):
        demand = IndicatorRow(**one["demand"])
        commitment = IndicatorRow(**one["commitment"]) if one["commitment"] else None
        value = by_place.get(place)
        against = measuring.verdict(demand, value), measuring.verdict(commitment, value)
        rows.append(Compared(demand, commitment, value, *against))
    return rows


def apply(uow: UnitOfWork, actor: Actor, book_id: int, summary: str, values: Sequence[Mapping[str, str]]) -> Acceptance:
    """Apply for acceptance with a value or words for each indicator, for the lead.

    `values` has `value` and `text` for each indicator in order. Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    found = books.seen(uow, actor, book_id)
    books.require_lead(actor, found, "acceptance.apply")
    progress.require_in_force(found.book)
    acceptance = get(uow, book_id)
    _require_done(uow, found, acceptance)
    rows = _read(found, summary, values)
    if acceptance is None:
        acceptance = Acceptance(task_book_id=book_id, applied_at=uow.clock())
        uow.session.add(acceptance)
    acceptance.summary, acceptance.applied_at, acceptance.applied_by = summary.strip(), uow.clock(), actor.person_id
    acceptance.verdict = acceptance.grade = ""
    acceptance.decided_at = acceptance.decided_by = None
    uow.session.flush()
    uow.session.execute(delete(MeasuredValue).where(MeasuredValue.acceptance_id == acceptance.id))
    uow.session.add_all(
        MeasuredValue(acceptance_id=acceptance.id, position=place, indicator_id=known, **row.to_json())
        for place, (known, row) in enumerate(rows)
    )
    if found.project.state is ProjectState.IMPLEMENTATION:
        projects.move(uow, actor, found.project, "present")
    audit.record(uow, actor, "acceptance.apply", "task_book", book_id)
    books.tell(uow, actor, found, APPLIED, f"apply:{uow.clock():%Y%m%d%H%M%S}", Party.OFFICE, Party.OWNER)
    uow.session.flush()
    return acceptance


def _require_done(uow: UnitOfWork, found: Dossier, acceptance: Acceptance | None) -> None:
    if is_open(acceptance):
        raise Conflict(UNDER_WAY)
    open_states = (MilestoneState.PLANNED, MilestoneState.REPORTED)
    query = select(func.count()).select_from(Milestone)
    count = uow.session.scalar(query.where(Milestone.task_book_id == found.book.id, Milestone.state.in_(open_states)))
    if count:
        raise Conflict(OPEN_MILESTONES.format(count=count))
    query = select(func.count()).select_from(Gate)
    if uow.session.scalar(
        query.where(Gate.project_id == found.project.id, Gate.state.in_((GateState.PLANNED, GateState.OPEN)))
    ):
        raise Conflict(OPEN_GATES)
    if merging.unsettled(uow, [found.bid]):
        raise Conflict(SHARES_OPEN)


def _read(found: Dossier, summary: str, values: Sequence[Mapping[str, str]]) -> list[tuple[int | None, IndicatorRow]]:
    problems = [] if summary.strip() else [Problem("summary", NO_SUMMARY)]
    content = books.content_of(found)
    rows, wrong = measuring.read_values(measuring.demands_of(content), values, needed=True)
    if problems + wrong:
        raise InvalidInput(problems + wrong)
    return [(one["id"], rows[place]) for place, one in enumerate(content["indicators"])]


def decide(
    uow: UnitOfWork, actor: Actor, book_id: int, verdict: str, grade: str, comment: str, seen_version: int | None = None
) -> Acceptance:
    """Decide on an acceptance: passed, rework or failed; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    require(actor, "acceptance.decide")
    found, acceptance = books.get(uow, book_id), get(uow, book_id)
    if acceptance is None or acceptance.verdict:
        raise Conflict(NO_APPLICATION)
    if seen_version is not None and seen_version != acceptance.version:
        raise Conflict(CHANGED_MEANWHILE)
    _check_verdict(verdict, grade, comment)
    _require_sheets(uow, found)
    progress.require_in_force(found.book)
    acceptance.verdict, acceptance.comment = verdict, comment.strip()
    acceptance.grade = "" if verdict == "rework" else "failed" if verdict == "failed" else grade
    acceptance.decided_by, acceptance.decided_at = actor.person_id, uow.clock()
    uow.session.flush()
    if verdict == "passed":
        TASK_BOOK_LIFECYCLE.apply(uow, actor, found.book, "complete", comment)
        BID_LIFECYCLE.apply(uow, actor, found.bid, "accept", comment)
        payments.release(uow, book_id, Occasion.ACCEPTANCE, actor=actor)
    elif verdict == "failed":
        TASK_BOOK_LIFECYCLE.apply(uow, actor, found.book, "terminate", comment)
        BID_LIFECYCLE.apply(uow, actor, found.bid, "fail", comment)
        payments.cancel_open(uow, found.book, actor=actor, note=comment)
    elif not _others_wait(uow, found):
        projects.move(uow, actor, found.project, "rework", comment)
    audit.record(uow, actor, f"acceptance.{verdict}", "task_book", book_id, grade=acceptance.grade, comment=comment)
    body = DECIDED.format(verdict=VERDICTS.label(verdict), comment=comment)
    books.tell(uow, actor, found, body, f"decide:{uow.clock():%Y%m%d%H%M%S}", Party.LEAD, Party.OWNER)
    uow.session.flush()
    return acceptance


def _require_sheets(uow: UnitOfWork, found: Dossier) -> None:
    """Raise Conflict while an open panel has fewer sheets on this team than it needs."""
    panel = panels.panel_of(uow, found.project.id, Stage.ACCEPTANCE)
    if panel is None or panel.closed_at is not None:
        return
    result = results.results(uow, panel).get(found.bid.id)
    if (result.sheets if result else 0) < panel.least:
        raise Conflict(SHEETS_MISSING.format(sheets=result.sheets if result else 0, least=panel.least))


def _check_verdict(verdict: str, grade: str, comment: str) -> None:
    problems = [] if verdict in VERDICTS else [Problem("verdict", NO_VERDICT)]
    if verdict == "passed" and grade not in ("excellent", "good", "passed"):
        problems.append(Problem("grade", NO_GRADE))
    if verdict != "passed" and not comment.strip():
        problems.append(Problem("comment", NO_COMMENT))
    if problems:
        raise InvalidInput(problems)


def _others_wait(uow: UnitOfWork, found: Dossier) -> bool:
    rows = [get(uow, one.id) for one in books.of_project(uow, found.project.id) if one.id != found.book.id]
    return any(is_open(row) for row in rows)


def undecided(uow: UnitOfWork, project: Project) -> bool:
    """Say whether a task book of a project, or an awarded team, still waits for its end."""
    ends = (TaskBookState.COMPLETED, TaskBookState.TERMINATED)
    still = any(book.state not in ends for book in books.of_project(uow, project.id))
    return still or bool(bid_queries.count(uow, project.id, [BidState.AWARDED, BidState.RUNNING]))


def close(uow: UnitOfWork, actor: Actor, project_id: int, outcome: str, winner_id: int | None = None) -> Project:
    """Close a project whose task books are all decided: outcome for the public, the winner of a race, needs solved.

    Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    require(actor, "acceptance.decide")
    project = projects.get(uow, project_id)
    if undecided(uow, project):
        raise Conflict(UNDECIDED)
    accepted = bid_queries.of_project(uow, project_id, [BidState.ACCEPTED])
    winner = next((bid for bid in accepted if bid.id == winner_id), None)
    problems = [] if outcome.strip() else [Problem("outcome", NO_OUTCOME)]
    if project.mode is Mode.RACE and accepted and winner is None:
        problems.append(Problem("winner", NO_WINNER))
    if problems:
        raise InvalidInput(problems)
    for bid in accepted:
        bid.is_winner = bid is winner or project.mode is not Mode.RACE
    project.outcome = outcome.strip()
    if project.state is ProjectState.IMPLEMENTATION:  # every team left before acceptance
        projects.move(uow, actor, project, "present")
    projects.move(uow, actor, project, "close")
    if accepted:
        solve_needs(uow, project)
    uow.session.flush()
    return project


def solve_needs(uow: UnitOfWork, project: Project) -> int:
    """Mark the needs behind a project as solved; returns how many were open still."""
    query = select(Need).join(ProjectNeed, ProjectNeed.need_id == Need.id)
    rows = list(uow.session.scalars(query.where(ProjectNeed.project_id == project.id, Need.state.in_(OPEN_STATES))))
    for need in rows:
        needs.solve(uow, SYSTEM, need.id)  # follows from the acceptance, whoever owns the need
    return len(rows)


def enter_result(uow: UnitOfWork, actor: Actor, book_id: int) -> Offer:
    """Write the result of an accepted task book as a draft offer of the lead, linked to the project.

    Raises NotAllowed, NotFound, Conflict.
    """
    found = books.seen(uow, actor, book_id)
    books.require_lead(actor, found, "acceptance.apply")
    if found.book.state is not TaskBookState.COMPLETED:
        raise Conflict(NOT_ACCEPTED)
    for known, bid_id in results_of(uow, found.project.id):
        if bid_id == found.bid.id and known.state is OfferState.DRAFT and known.changed_at == known.created_at:
            return known  # entered a moment ago and not touched yet: the button was pressed twice
    found.book.changed_at = uow.clock()
    acceptance, content = get(uow, book_id), books.content_of(found)
    values = measured(uow, acceptance)
    given = {
        "title": str(content["title"])[:120],
        "tech_fields": list(found.project.tech_fields),
        "keywords": list(found.project.keywords),
        "team": str(content["leader"])[:200],
        "year": str(uow.clock().year),
        "summary": (acceptance.summary if acceptance else "")[:4000],
        "innovation": str(content["approach"])[:2000],
        "indicators": [one.row() for one in values],
        "trl": found.bid.trl or "",
        "origin": "",
    }
    offer = offers.create(uow, actor, given)
    uow.session.add(ProjectOffer(project_id=found.project.id, offer_id=offer.id, bid_id=found.bid.id))
    audit.record(uow, actor, "project.result", "project", found.project.id, offer=offer.id)
    uow.session.flush()
    return offer


def results_of(uow: UnitOfWork, project_id: int) -> list[tuple[Offer, int | None]]:
    """Return the results of a project with the bid that each came from."""
    query = select(Offer, ProjectOffer.bid_id).join(ProjectOffer, ProjectOffer.offer_id == Offer.id)
    found = uow.session.execute(query.where(ProjectOffer.project_id == project_id).order_by(Offer.id))
    return [(offer, bid_id) for offer, bid_id in found.unique()]


def public_results(uow: UnitOfWork, project_id: int) -> list[Offer]:
    """Return the results of a project that are published, for everybody."""
    return [offer for offer, _ in results_of(uow, project_id) if offer.state in OPEN_OFFERS]


def require_application(acceptance: Acceptance | None) -> Acceptance:
    """Return an acceptance; raises NotFound when nobody applied."""
    if acceptance is None:
        raise NotFound(NO_APPLICATION)
    return acceptance
