"""What the office does with bids after the deadline: formal check, ranking, announcement, award, and when none qualifies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for
from matcher.projects.bids import queries
from matcher.projects.bids.model import Bid
from matcher.projects.bids.service import get
from matcher.projects.experts import office as experts
from matcher.projects.experts import panels
from matcher.projects.experts.model import Panel, Stage
from matcher.projects.experts.results import Result, is_complete, results
from matcher.projects.lifecycle import BID_LIFECYCLE, BidState, MemberState, Mode, ProjectState
from matcher.projects.setup import notices
from matcher.projects.setup import service as setup
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import rules_of

NEEDS_REASON = Label("请写明理由；揭榜方会看到。", "Give a reason; the bidder reads it.")
NEEDS_PUBLIC_REASON = Label("请写明公开的理由。", "Give a reason that everyone may read.")
NOT_NOW = Label("现在不在评审阶段，不能进行此操作。", "The project is not under evaluation, so this cannot be done.")
UNCHECKED = Label("还有 {count} 份申请没有做形式审查。", "{count} bids have not had their formal check.")
NO_MARKS = Label(
    "专家评分还没有交齐，请等评审完成。", "The experts have not handed in all marks yet; wait until they have."
)
CHOOSE_ONE = Label("揭榜挂帅请选定 1 家。", "Choose one bid of a challenge.")
CHOOSE_SEVERAL = Label("赛马制请选定 2 到 {most} 家。", "Choose 2 to {most} bids of a race.")
BELOW = Label("{number} 的得分 {score} 低于合格线 {mark}。", "{number} has {score}, below the pass mark of {mark}.")
DEVIATES = Label(
    "所选与排名不一致，请写明理由；理由会一并公示。",
    "The choice deviates from the ranking; give the reason, which is announced with it.",
)
NOT_AMONG = Label("请从通过形式审查的申请中选择。", "Choose among the admitted bids.")
NO_NOTICE = Label("找不到正在进行的拟揭榜公示。", "There is no award notice under way.")
STAYS_AWARDED = (BidState.AWARDED, BidState.RUNNING)

NOT_CHOSEN = Label("本次未能中榜", "Not chosen this time")
NOT_CHOSEN_BODY = Label(
    "感谢参与“{project}”揭榜。经评审，贵单位牵头的申请得分 {score}，在 {count} 份申请中列第 {place}，未能中榜。得分和名次也记在申请页面上。",
    "Thank you for your bid for “{project}”. It was marked {score} in the evaluation, place {place} of {count}, and was not chosen. Mark and place stand on the page of the bid too.",
)
AWARDED = Label("贵单位中榜", "You are awarded")
AWARDED_BODY = Label(
    "“{project}”的揭榜结果已确定，贵单位中榜。接下来签订任务书。",
    "You are awarded “{project}”. The task book is signed next.",
)
REJECTED = Label("揭榜申请不予受理", "Your bid was not admitted")
REJECTED_BODY = Label(
    "“{project}”的揭榜申请没有通过形式审查：{reason}",
    "Your bid for “{project}” did not pass the formal check: {reason}",
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Hold a bid with its marks; `place` counts from 1, equal totals share one, None where there is no mark."""

    bid: Bid
    result: Result | None
    place: int | None
    is_tied: bool = False
    passes: bool = False

    @property
    def score(self) -> float | None:
        """Return the weighted mean, 0 to 100."""
        return round(self.result.total, 2) if self.result else None


def admit(uow: UnitOfWork, actor: Actor, bid_id: int) -> Bid:
    """Let a bid pass the formal check, or admit a rejected one after all; raises NotAllowed, NotFound, Conflict."""
    bid, _ = _judged(uow, actor, bid_id)
    action = "reconsider" if bid.state is BidState.REJECTED else "admit"
    BID_LIFECYCLE.apply(uow, actor, bid, action)
    bid.verdict_note = ""
    audit.record(uow, actor, "bid.admit", "bid", bid.id)
    uow.session.flush()
    return bid


def reject(uow: UnitOfWork, actor: Actor, bid_id: int, reason: str) -> Bid:
    """Refuse a bid for its form, with a reason that its people are told; raises NotAllowed, InvalidInput, Conflict."""
    bid, project = _judged(uow, actor, bid_id)
    reason = reason_of(reason, NEEDS_REASON)
    BID_LIFECYCLE.apply(uow, actor, bid, "reject", reason)
    bid.verdict_note = reason
    audit.record(uow, actor, "bid.reject", "bid", bid.id, reason=reason)
    tell_members(uow, bid, "reject", Text(REJECTED, REJECTED_BODY.format(project=project.title, reason=reason)))
    uow.session.flush()
    return bid


def _judged(uow: UnitOfWork, actor: Actor, bid_id: int) -> tuple[Bid, Project]:
    require(actor, "bid.judge")
    bid = get(uow, bid_id)
    project = setup.get(uow, bid.project_id)
    if project.state is not ProjectState.EVALUATION:
        raise Conflict(NOT_NOW)
    return bid, project


def reason_of(text: str, missing: Label) -> str:
    """Return a reason as it is kept; raises InvalidInput with `missing` when there is none."""
    plain = text.strip()[:1000]
    if not plain:
        raise InvalidInput([Problem("reason", missing)])
    return plain


def ranking(uow: UnitOfWork, project: Project, panel: Panel | None = None) -> list[Ranked]:
    """Return the bids that were judged, the best first; equal totals (to two decimals) share a place.

    A team that dropped out keeps its place, so that everybody's stays as it was told.
    """
    panel = panel or panels.panel_of(uow, project.id, Stage.EVALUATION)
    known: Mapping[int | None, Result] = results(uow, panel) if panel else {}
    states = (BidState.ADMITTED, BidState.PROPOSED, BidState.NOT_CHOSEN, BidState.LAPSED, *STAYS_AWARDED)
    bids = queries.of_project(uow, project.id, states)
    totals = {bid.id: round(known[bid.id].total, 2) for bid in bids if bid.id in known}
    mark = rules_of(project.call).pass_mark
    bids.sort(key=lambda bid: (-totals.get(bid.id, -1.0), bid.code, bid.id))
    found = []
    for bid in bids:
        total = totals.get(bid.id)
        place = 1 + sum(other > total for other in totals.values()) if total is not None else None
        is_tied = total is not None and list(totals.values()).count(total) > 1
        found.append(Ranked(bid, known.get(bid.id), place, is_tied, total is not None and total >= mark))
    return found


def announce(uow: UnitOfWork, actor: Actor, project_id: int, bid_ids: Collection[int], reason: str = "") -> None:
    """Announce whom the office proposes; a choice against the ranking needs a reason, which everyone reads.

    Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    require(actor, "bid.judge")
    project = setup.get(uow, project_id)
    if project.state is not ProjectState.EVALUATION:
        raise Conflict(NOT_NOW)
    rows = _ready(uow, project)
    chosen = _chosen(project, rows, bid_ids, reason.strip())
    for row in rows:
        row.bid.score, row.bid.place = row.score, row.place
        if row in chosen:
            BID_LIFECYCLE.apply(uow, actor, row.bid, "propose", reason.strip())
    days = rules_of(project.call).award_notice_days
    notices.open_notice(uow, project, "award", days, _content(chosen, reason.strip()))
    setup.step(uow, actor, project, "announce", reason.strip())


def _ready(uow: UnitOfWork, project: Project) -> list[Ranked]:
    unchecked = queries.count(uow, project.id, (BidState.SUBMITTED,))
    if unchecked:
        raise Conflict(UNCHECKED.format(count=unchecked))
    panel = panels.panel_of(uow, project.id, Stage.EVALUATION)
    if panel is None or not is_complete(uow, panel):
        raise Conflict(NO_MARKS)
    return [row for row in ranking(uow, project, panel) if row.bid.state is BidState.ADMITTED]


def _chosen(project: Project, rows: list[Ranked], bid_ids: Collection[int], reason: str) -> list[Ranked]:
    chosen = [row for row in rows if row.bid.id in set(bid_ids)]
    if len(chosen) != len(set(bid_ids)):
        raise InvalidInput([Problem("bids", NOT_AMONG)])
    most = max(project.teams, 2) if project.mode is Mode.RACE else 1
    if project.mode is Mode.RACE and not 2 <= len(chosen) <= most:
        raise InvalidInput([Problem("bids", CHOOSE_SEVERAL.format(most=most))])
    if project.mode is not Mode.RACE and len(chosen) != 1:
        raise InvalidInput([Problem("bids", CHOOSE_ONE)])
    mark = rules_of(project.call).pass_mark
    below = [row for row in chosen if not row.passes]
    if below:
        problems = [
            Problem("bids", BELOW.format(number=r.bid.number, score=f"{r.score or 0:.2f}", mark=mark)) for r in below
        ]
        raise InvalidInput(problems)
    worst = min(row.score or 0 for row in chosen)
    if any((row.score or 0) > worst for row in rows if row not in chosen) and not reason:
        raise InvalidInput([Problem("reason", DEVIATES)])
    return chosen


def _content(chosen: list[Ranked], reason: str) -> dict[str, Any]:
    teams = [
        {
            "number": row.bid.number, "lead": row.bid.organisation.name, "leader": row.bid.leader,
            "partners": [
                m.organisation.name for m in row.bid.members if not m.is_lead and m.state is MemberState.AGREED
            ],
            "score": row.score, "place": row.place,
        }
        for row in chosen
    ]  # fmt: skip
    return {"teams": teams, "reason": reason}


def award(uow: UnitOfWork, actor: Actor, project_id: int) -> list[Bid]:
    """Award the proposed bids once the notice has run without hindrance; everybody is told, the others with their place.

    Raises NotAllowed, NotFound, Conflict.
    """
    require(actor, "bid.judge")
    project = setup.get(uow, project_id)
    notice = notices.current(uow, project_id, "award")
    if project.state is not ProjectState.AWARD_NOTICE or notice is None:
        raise Conflict(NO_NOTICE)
    hindrance = notices.hindrance(uow, notice)
    if hindrance is not None:
        raise Conflict(hindrance)
    notices.end(uow, notice)
    setup.step(uow, actor, project, "award")
    winners = queries.of_project(uow, project_id, (BidState.PROPOSED,))
    for bid in winners:
        BID_LIFECYCLE.apply(uow, actor, bid, "award")
        tell_members(uow, bid, "award", Text(AWARDED, AWARDED_BODY.format(project=project.title)))
    _pass_over(uow, actor, project, winners)
    uow.session.flush()
    return winners


def _pass_over(uow: UnitOfWork, actor: Actor, project: Project, winners: list[Bid]) -> None:
    others = queries.of_project(uow, project.id, (BidState.ADMITTED,))
    count = len(others) + len(winners)
    for bid in others:
        BID_LIFECYCLE.apply(uow, actor, bid, "pass_over")
        score = f"{bid.score:.2f}" if bid.score is not None else "—"
        body = NOT_CHOSEN_BODY.format(project=project.title, score=score, place=bid.place or "—", count=count)
        tell_members(uow, bid, "pass_over", Text(NOT_CHOSEN, body))


def reconsider(uow: UnitOfWork, actor: Actor, project_id: int, reason: str) -> None:
    """Take an announcement back, with a reason; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    require(actor, "bid.judge")
    project = setup.get(uow, project_id)
    notice = notices.current(uow, project_id, "award")
    if project.state is not ProjectState.AWARD_NOTICE or notice is None:
        raise Conflict(NO_NOTICE)
    reason = reason_of(reason, NEEDS_PUBLIC_REASON)
    notices.end(uow, notice)
    for bid in queries.of_project(uow, project_id, (BidState.PROPOSED,)):
        BID_LIFECYCLE.apply(uow, actor, bid, "reconsider", reason)
    setup.step(uow, actor, project, "reconsider", reason)


def go_on_without(uow: UnitOfWork, actor: Actor, project: Project, reason: str) -> None:
    """Go on after a team dropped out: start when all others signed; without any other, go back to the ranking.

    In a race the others go on as they are; a made-to-order project has no ranking to go back to.
    """
    if project.state is not ProjectState.AWARDED or start_when_signed(uow, actor, project):
        return
    if project.mode is Mode.COMMISSIONED or queries.count(uow, project.id, STAYS_AWARDED):
        return
    for other in queries.of_project(uow, project.id, (BidState.NOT_CHOSEN,)):
        BID_LIFECYCLE.apply(uow, actor, other, "reconsider", reason)
    setup.move(uow, actor, project, "lapse", reason)


def start_when_signed(uow: UnitOfWork, actor: Actor, project: Project) -> bool:
    """Start a project when none of its awarded bids waits for a signature and one runs; say whether it did."""
    if project.state is not ProjectState.AWARDED:
        return False
    uow.session.flush()
    if queries.count(uow, project.id, [BidState.AWARDED]) or not queries.count(uow, project.id, [BidState.RUNNING]):
        return False
    setup.move(uow, actor, project, "start")
    return True


def fail(uow: UnitOfWork, actor: Actor, project_id: int, reason: str) -> None:
    """Declare the bidding failed (流标) with a public reason; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    require(actor, "bid.judge")
    project = setup.get(uow, project_id)
    if project.state not in (ProjectState.EVALUATION, ProjectState.AWARD_NOTICE):
        raise Conflict(NOT_NOW)
    reason = reason_of(reason, NEEDS_PUBLIC_REASON)
    notice = notices.current(uow, project_id, "award")
    if notice is not None:
        notices.end(uow, notice)
    project.outcome = reason
    setup.step(uow, actor, project, "fail", reason)
    experts.end_panels(uow, actor, project)
    for bid in queries.of_project(uow, project_id, (BidState.SUBMITTED, BidState.ADMITTED, BidState.PROPOSED)):
        BID_LIFECYCLE.apply(uow, actor, bid, "void" if bid.state is BidState.SUBMITTED else "pass_over", reason)
        bid.verdict_note = reason
    uow.session.flush()


def tell_members(uow: UnitOfWork, bid: Bid, action: str, text: Text) -> None:
    """Write to everybody of a consortium."""
    people: set[int] = set()
    for member in bid.members:
        if member.state is MemberState.AGREED:
            people.update(people_for(uow, member.organisation_id))
    key = f"bid:{bid.id}:{action}:{uow.clock():%Y%m%d%H%M%S}"
    notify(uow, sorted(people), MessageKind.PROJECT, text, key=key, link=f"/bids/{bid.id}")
