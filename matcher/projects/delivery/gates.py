"""The gates of a race: opened, evidence handed in, decided; the money of every contract follows what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.rows import IndicatorRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import queries as bid_queries
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.delivery import gate_letters, gate_plan, measuring, payments
from matcher.projects.delivery.lifecycle import (
    GATE_LIFECYCLE,
    MILESTONE_LIFECYCLE,
    TASK_BOOK_LIFECYCLE,
    GateState,
    MilestoneState,
)
from matcher.projects.delivery.model import Gate, GateEntry, Milestone, TaskBook
from matcher.projects.experts import panels, results
from matcher.projects.experts.model import Stage
from matcher.projects.lifecycle import BID_LIFECYCLE, MEMBER_LIFECYCLE, BidState, MemberState, ProjectState
from matcher.projects.setup.model import Project
from matcher.projects.setup.service import get as get_project

PASS, ELIMINATE, MERGE = "pass", "eliminate", "merge"
OUTCOME_LABELS = {
    PASS: Label("通过", "Pass"),
    ELIMINATE: Label("淘汰", "Eliminate"),
    MERGE: Label("并入他队", "Merge"),
}
NOT_UNDER_WAY = Label("项目实施中才能开始考核。", "Gates are opened while the project is under way.")
EARLIER_FIRST = Label("请先定完前面的节点“{title}”。", "Decide the gate “{title}” first.")
NO_TEAMS = Label("没有实施中的团队。", "No team is under way.")
TOO_LATE = Label("材料提交已于 {day} 截止。", "Evidence was taken until {day}.")
CLOSED = Label("这个节点现在不收材料。", "This gate takes no evidence now.")
NOT_OPEN = Label("这个节点不在考核中。", "This gate is not under review.")
NO_EVIDENCE = Label("请写明完成了什么，并指出附件。", "Say what was reached, and name the files.")
NOT_YET = Label("还有团队没有提交材料，截止是 {day}。", "Not every team has handed in; they have until {day}.")
SHEETS_MISSING = Label(
    "专家评分还没有交齐。请等交齐，或在“专家与评审”中写明原因结束评审。",
    "Not every expert has handed in. Wait for them, or close the panel with a reason.",
)
DECIDE_ALL = Label("请为每个团队作出决定。", "Decide on every team.")
SAY_WHY = Label("请写明理由，团队会看到。", "Say why; the team reads it.")
ONE_AT_LEAST = Label("至少要有一个团队通过。", "One team must pass at the least.")
TOO_MANY = Label("这个节点最多留 {limit} 个团队，现在是 {count} 个。", "{limit} teams may go on; these are {count}.")
INTO_WHOM = Label("请选择一个通过的团队。", "Choose a team that passes.")
BAD_SCORE = Label("得分应在 0 到 100 之间。", "A score lies between 0 and 100.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say what is decided on one team; `score` is the office's, where no panel gave one."""

    outcome: str
    reason: str = ""
    into: int | None = None
    score: float | None = None


def entries(uow: UnitOfWork, gate_id: int) -> dict[int, GateEntry]:
    """Return the entries of a gate by bid."""
    return {one.bid_id: one for one in uow.session.scalars(select(GateEntry).where(GateEntry.gate_id == gate_id))}


def open_gate(uow: UnitOfWork, actor: Actor, gate_id: int) -> Gate:
    """Open a gate for all teams that are under way; raises NotAllowed, NotFound, Conflict."""
    require(actor, "gate.manage")
    gate = gate_plan.gate_of(uow, gate_id)
    project = get_project(uow, gate.project_id)
    if project.state is not ProjectState.IMPLEMENTATION:
        raise Conflict(NOT_UNDER_WAY)
    for one in gate_plan.of_project(uow, project.id):
        if one.id == gate.id:
            break
        if one.state in (GateState.PLANNED, GateState.OPEN):
            raise Conflict(EARLIER_FIRST.format(title=one.title))
    teams = bid_queries.of_project(uow, project.id, [BidState.RUNNING])
    if not teams:
        raise Conflict(NO_TEAMS)
    GATE_LIFECYCLE.apply(uow, actor, gate, "open")
    for bid in teams:
        entry = GateEntry(gate_id=gate.id, bid_id=bid.id)
        uow.session.add(entry)
        uow.session.flush()
        gate_letters.opened(uow, project, gate, entry, bid)
    audit.record(uow, actor, "gate.open", "gate", gate.id, teams=len(teams))
    return gate


def entry_of(uow: UnitOfWork, entry_id: int) -> tuple[GateEntry, Gate, Bid]:
    """Return an entry with its gate and bid; raises NotFound. Asks no permission: callers do."""
    entry = uow.session.get(GateEntry, entry_id)
    if entry is None:
        raise NotFound(gate_plan.NO_GATE)
    return entry, uow.session.get_one(Gate, entry.gate_id), uow.session.get_one(Bid, entry.bid_id)


def check_open(uow: UnitOfWork, gate: Gate, bid: Bid) -> None:
    """Raise Conflict unless a team may hand in now; the due date counts to its end."""
    if gate.state is not GateState.OPEN or bid.state is not BidState.RUNNING:
        raise Conflict(CLOSED)
    if local_date(uow.clock()) > gate.due_on:
        raise Conflict(TOO_LATE.format(day=gate.due_on.isoformat()))


def demands(uow: UnitOfWork, bid: Bid) -> list[IndicatorRow]:
    """Return the indicators that a team works to: those of its task book, else those of the project."""
    book = uow.session.scalars(select(TaskBook).where(TaskBook.bid_id == bid.id)).one_or_none()
    if book is not None and "indicators" in book.content:
        return measuring.demands_of(book.content)
    return [one.row() for one in get_project(uow, bid.project_id).indicator_rows]


def hand_in(
    uow: UnitOfWork, actor: Actor, entry_id: int, text: str, values: Sequence[Mapping[str, str]] = ()
) -> GateEntry:
    """Hand in what a team shows, by its lead; may be replaced until the date.

    `values` has `value` and `text` for each indicator in order; empty where nothing is reported yet. Raises NotAllowed,
    Conflict, InvalidInput.
    """
    entry, gate, bid = entry_of(uow, entry_id)
    require(actor, "gate.hand_in", owner=bid.organisation_id)
    check_open(uow, gate, bid)
    text = clean_text(text)[:8000]
    rows, problems = measuring.read_values(demands(uow, bid), values, needed=False)
    if not text:
        problems.insert(0, Problem("evidence", NO_EVIDENCE))
    if problems:
        raise InvalidInput(problems)
    entry.evidence, entry.handed_in_at = text, uow.clock()
    entry.reported = [{"place": place, **row.to_json()} for place, row in rows.items()]
    uow.session.flush()
    audit.record(uow, actor, "gate.hand_in", "gate", gate.id, bid=bid.id)
    return entry


def panel_scores(uow: UnitOfWork, gate: Gate) -> dict[int | None, float] | None:
    """Return the experts' mean scores by bid; None without a panel, Conflict while an open one lacks sheets.

    A panel that was closed early, for a reason, counts with what it has: the gate goes on.
    """
    panel = panels.panel_of(uow, gate.project_id, Stage.GATE, gate.id)
    if panel is None:
        return None
    if panel.closed_at is None and not results.is_complete(uow, panel):
        raise Conflict(SHEETS_MISSING)
    return {bid_id: one.total for bid_id, one in results.results(uow, panel).items()}


def hindrance(uow: UnitOfWork, gate: Gate) -> Label | None:
    """Return why a gate cannot be decided now: it is not open, or waits for a team or for the experts; None: it can."""
    if gate.state is not GateState.OPEN:
        return NOT_OPEN
    handed_in = [one.handed_in_at is not None for one in entries(uow, gate.id).values()]
    if local_date(uow.clock()) <= gate.due_on and not all(handed_in):
        return NOT_YET.format(day=gate.due_on.isoformat())
    try:
        panel_scores(uow, gate)
    except Conflict as error:
        return error.message
    return None


def _close_panel(uow: UnitOfWork, gate: Gate) -> None:
    panel = panels.panel_of(uow, gate.project_id, Stage.GATE, gate.id)
    if panel is not None and panel.closed_at is None:
        panel.closed_at = uow.clock()


def decide(
    uow: UnitOfWork, actor: Actor, gate_id: int, verdicts: Mapping[int, Verdict], money_into: int | None = None
) -> Gate:
    """Decide on every team under way, and let the money follow.

    A team that passes has this gate's payment released; open payments of one that is eliminated are cancelled, and stand
    with `money_into` where that is given; those of one that merges move with it. Raises NotAllowed, Conflict, InvalidInput.
    """
    require(actor, "gate.manage")
    gate = gate_plan.gate_of(uow, gate_id)
    project = get_project(uow, gate.project_id)
    teams = {bid.id: bid for bid in bid_queries.of_project(uow, project.id, [BidState.RUNNING])}
    shown = entries(uow, gate.id)
    if reason := hindrance(uow, gate):
        raise Conflict(reason)
    scores = panel_scores(uow, gate)
    problems = _problems(gate, set(teams), verdicts, money_into)
    if problems:
        raise InvalidInput(problems)
    GATE_LIFECYCLE.apply(uow, actor, gate, "decide")
    gate.decided_at = uow.clock()
    _close_panel(uow, gate)
    for bid_id in teams:
        one = verdicts[bid_id]
        entry = shown.get(bid_id) or GateEntry(gate_id=gate.id, bid_id=bid_id)
        entry.outcome, entry.reason, entry.decided_by = one.outcome, clean_text(one.reason)[:1500], actor.person_id
        entry.into_bid_id = one.into if one.outcome == MERGE else None
        entry.score = one.score if scores is None else scores.get(bid_id, one.score)
        shown[bid_id] = entry
        uow.session.add(entry)
    uow.session.flush()
    _follow(uow, actor, gate, teams, shown, money_into)
    _tell(uow, project, gate, teams, shown)
    audit.record(uow, actor, "gate.decide", "gate", gate.id, outcomes={k: v.outcome for k, v in verdicts.items()})
    return gate


def _problems(gate: Gate, teams: set[int], verdicts: Mapping[int, Verdict], money_into: int | None) -> list[Problem]:
    if set(verdicts) != teams or any(one.outcome not in OUTCOME_LABELS for one in verdicts.values()):
        return [Problem("", DECIDE_ALL)]
    passed = {bid_id for bid_id, one in verdicts.items() if one.outcome == PASS}
    problems = [] if passed else [Problem("", ONE_AT_LEAST)]
    if gate.survivors is not None and len(passed) > gate.survivors:
        problems.append(Problem("", TOO_MANY.format(limit=gate.survivors, count=len(passed))))
    for bid_id, one in verdicts.items():
        if one.outcome != PASS and not clean_text(one.reason):
            problems.append(Problem(f"reason-{bid_id}", SAY_WHY))
        if one.outcome == MERGE and one.into not in passed:
            problems.append(Problem(f"into-{bid_id}", INTO_WHOM))
        if one.score is not None and not 0 <= one.score <= 100:
            problems.append(Problem(f"score-{bid_id}", BAD_SCORE))
    if money_into is not None and money_into not in passed:
        problems.append(Problem("money_into", INTO_WHOM))
    return problems


def _follow(
    uow: UnitOfWork,
    actor: Actor,
    gate: Gate,
    teams: Mapping[int, Bid],
    shown: Mapping[int, GateEntry],
    money_into: int | None,
) -> None:
    """Move bids, task books and money by what was decided; who passes first, so that money moves to contracts that go on."""
    books = {one.bid_id: one for one in uow.session.scalars(select(TaskBook).where(TaskBook.bid_id.in_(list(teams))))}
    for bid_id in teams:
        if shown[bid_id].outcome == PASS and bid_id in books:
            payments.release(uow, books[bid_id].id, payments.Occasion.GATE, gate_id=gate.id, actor=actor)
    for bid_id, bid in teams.items():
        entry = shown[bid_id]
        if entry.outcome == PASS:
            continue
        target = entry.into_bid_id if entry.outcome == MERGE else money_into
        BID_LIFECYCLE.apply(uow, actor, bid, entry.outcome, entry.reason)
        if bid_id in books:
            into = books.get(target) if target else None
            payments.cancel_open(uow, books[bid_id], into, actor=actor, note=gate.title)
            _end_book(uow, actor, books[bid_id], entry.reason)
        if entry.outcome == MERGE and target:
            _join(uow, actor, bid, teams[target])
    uow.session.flush()


def _end_book(uow: UnitOfWork, actor: Actor, book: TaskBook, reason: str) -> None:
    still = (MilestoneState.PLANNED, MilestoneState.REPORTED)
    query = select(Milestone).where(Milestone.task_book_id == book.id, Milestone.state.in_(still))
    for milestone in uow.session.scalars(query):
        MILESTONE_LIFECYCLE.apply(uow, actor, milestone, "cancel")
    TASK_BOOK_LIFECYCLE.apply(uow, actor, book, "terminate", reason)


def _join(uow: UnitOfWork, actor: Actor, bid: Bid, into: Bid) -> None:
    """Let the members of a team that merges join the consortium of the other; their shares are settled in `merging`."""
    known = {one.organisation_id: one for one in into.members}
    now = uow.clock()
    for member in (one for one in bid.members if one.state is MemberState.AGREED):
        row = known.get(member.organisation_id)
        if row is None:
            row = BidMember(
                bid_id=into.id, organisation_id=member.organisation_id, state=MemberState.INVITED,
                task=member.task, share=0, invited_at=now,
            )  # fmt: skip
            into.members.append(row)
            uow.session.flush()
        elif row.state in (MemberState.DECLINED, MemberState.LEFT):
            MEMBER_LIFECYCLE.apply(uow, actor, row, "invite")
        if row.state is MemberState.INVITED:
            MEMBER_LIFECYCLE.apply(uow, actor, row, "agree")
            row.answered_at = now


def _tell(
    uow: UnitOfWork, project: Project, gate: Gate, teams: Mapping[int, Bid], shown: Mapping[int, GateEntry]
) -> None:
    for bid_id, bid in teams.items():
        entry = shown[bid_id]
        into = teams[entry.into_bid_id] if entry.into_bid_id else None
        name = into.organisation.name if into else ""
        gate_letters.decided(uow, project, gate, entry, bid, what=entry.outcome, into=name)
        if into is not None:
            other, joins = shown[into.id], bid.organisation.name
            gate_letters.decided(uow, project, gate, other, into, what="joined", into=joins)
    gate_letters.owners(uow, project, gate, sum(one.outcome == PASS for one in shown.values()))
