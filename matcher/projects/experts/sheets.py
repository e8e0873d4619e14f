"""Score sheets: what an expert reads of each subject, the marks they give, handed in once and changed until the panel closes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import clean_text, plain_number, shorten
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.rows import IndicatorRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects import files
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import gates, measuring
from matcher.projects.delivery.model import Acceptance, Gate, GateEntry, MeasuredValue, TaskBook
from matcher.projects.experts import panels, seats
from matcher.projects.experts.model import Panel, ScoreSheet, Stage
from matcher.projects.experts.results import VERDICTS
from matcher.projects.experts.seats import Task
from matcher.projects.files_model import ProjectFile
from matcher.projects.lifecycle import SeatState

MOST_COMMENT = 3000
LOW = 60  # marks below this are explained
ACCEPT_FIRST = Label("请先答复邀请。", "First answer the invitation.")
NO_SUBJECT = Label("找不到这份评审材料。", "There is nothing like this to review.")
MARK_NEEDED = Label("请为“{name}”打分。", "Give a mark for “{name}”.")
NOT_A_MARK = Label("“{name}”应为 0 到 100 的整数，不能读懂“{given}”。", "“{name}” takes a whole number from 0 to 100; “{given}” is none.")  # fmt: skip
VERDICT_NEEDED = Label("请选择总体意见。", "Choose your overall verdict.")
COMMENT_NEEDED = Label("有分项低于 60 分或不同意时，请写明理由。", "Give your reasons where a mark is below 60 or the verdict is no.")  # fmt: skip
COMMENT_LONG = Label("意见最多 {limit} 字。", "{limit} characters is the most that a comment takes.")
NOT_HANDED_IN = Label("团队还没有提交本节点的材料，截止 {day}；可以先存草稿。", "The team has not handed in for this gate; it has until {day}. You can keep a draft.")  # fmt: skip
NOT_APPLIED = Label(
    "团队还没有申请验收；可以先存草稿。", "The team has not applied for acceptance yet. You can keep a draft."
)
HIDDEN = "〔已隐去〕"


@dataclass(frozen=True, slots=True)
class Reached:
    """Hold one indicator with what a team reached of it, None where it said nothing, and what that means."""

    demand: IndicatorRow
    value: IndicatorRow | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Hold what an expert reads of one subject: the project itself, or a bid with `bid` for its facts.

    `texts` are headings and texts; of a blind bid they have no names in them and `names` is empty. `shown` is what the team
    showed at this stage, `measured` what it reached of every indicator.
    """

    bid_id: int | None
    code: str
    texts: Sequence[tuple[Label, str]]
    names: Sequence[str] = ()
    bid: Bid | None = None
    shown: Sequence[tuple[Label, str]] = ()
    measured: Sequence[Reached] = ()
    files: Sequence[ProjectFile] = ()  # of the gate or the acceptance; none where names are hidden


def subjects(uow: UnitOfWork, found: Task) -> list[Subject]:
    """Return what the expert of a seat judges, in a fixed order; nothing before they accepted."""
    if found.seat.state is not SeatState.ACCEPTED:
        return []
    if found.panel.stage is Stage.ARGUMENT:
        return [Subject(None, found.project.number, ())]
    bids = panels.subjects(uow, found.panel)
    return [_subject(uow, found.panel, bid, place) for place, bid in enumerate(bids, 1)]


def _subject(uow: UnitOfWork, panel: Panel, bid: Bid, place: int) -> Subject:
    texts = [
        (Label("技术路线", "Approach"), bid.approach),
        (Label("为什么可行", "Why it works"), bid.reasons),
        (Label("实施计划", "Plan"), bid.plan),
    ]
    shown, measured = _evidence(uow, panel, bid)
    if panel.is_blind:
        known = _names(bid)
        hidden, shown = ([(title, masked(text, known)) for title, text in one if text] for one in (texts, shown))
        return Subject(bid.id, bid.code or f"{place:02d}", hidden, (), bid, shown, measured)
    texts.insert(2, (Label("团队与条件", "Team and strengths"), bid.strengths))
    names = [bid.organisation.name, *(m.organisation.name for m in bid.members if not m.is_lead)]
    attached = _files(uow, panel, bid)
    texts = [one for one in texts if one[1]]
    return Subject(bid.id, bid.code or bid.number, texts, names, bid, shown, measured, attached)


def _files(uow: UnitOfWork, panel: Panel, bid: Bid) -> list[ProjectFile]:
    """Return what a team attached to its entry at the gate, or to its application for acceptance."""
    if panel.stage is Stage.GATE:
        entry = _entry(uow, panel, bid.id)
        return files.of(uow, "gate_entry", entry.id) if entry else []
    if panel.stage is Stage.ACCEPTANCE and (accepted := _acceptance(uow, bid.id)) is not None:
        return files.of(uow, "acceptance", accepted.id)
    return []


def _entry(uow: UnitOfWork, panel: Panel, bid_id: int) -> GateEntry | None:
    query = select(GateEntry).where(GateEntry.gate_id == panel.gate_id, GateEntry.bid_id == bid_id)
    return uow.session.scalar(query)


def _acceptance(uow: UnitOfWork, bid_id: int) -> Acceptance | None:
    query = select(Acceptance).join(TaskBook, TaskBook.id == Acceptance.task_book_id)
    return uow.session.scalar(query.where(TaskBook.bid_id == bid_id))


def open_file(uow: UnitOfWork, actor: Actor, seat_id: int, file_id: int) -> ProjectFile:
    """Return a file of what the expert of a seat judges; raises NotFound for any other, and where names are hidden."""
    shown = {one.id for subject in subjects(uow, seats.task(uow, actor, seat_id)) for one in subject.files}
    if file_id not in shown:
        raise NotFound(files.NO_FILE)
    return files.open_file(uow, actor, file_id, lambda *_: True)


def _evidence(uow: UnitOfWork, panel: Panel, bid: Bid) -> tuple[list[tuple[Label, str]], list[Reached]]:
    """Return what a team showed at the gate, or at acceptance, with what it reached of every indicator."""
    if panel.stage is Stage.GATE and (entry := _entry(uow, panel, bid.id)) is not None and entry.handed_in_at:
        reported = {
            one["place"]: IndicatorRow(**{k: v for k, v in one.items() if k != "place"}) for one in entry.reported
        }
        return [(Label("本节点提交的材料", "Handed in for this gate"), entry.evidence)], _reached(uow, bid, reported)
    if panel.stage is Stage.ACCEPTANCE and (accepted := _acceptance(uow, bid.id)) is not None:
        query = select(MeasuredValue).where(MeasuredValue.acceptance_id == accepted.id)
        values = {one.position: one.row() for one in uow.session.scalars(query)}
        return [(Label("验收申请", "Application for acceptance"), accepted.summary)], _reached(uow, bid, values)
    return [], []


def _reached(uow: UnitOfWork, bid: Bid, values: Mapping[int, IndicatorRow]) -> list[Reached]:
    demands = gates.demands(uow, bid)
    return [
        Reached(one, values.get(place), measuring.verdict(one, values.get(place))) for place, one in enumerate(demands)
    ]


def _names(bid: Bid) -> list[str]:
    """Return every name that would tell who bids, also without the part in brackets and the legal form."""
    organisations = [bid.organisation, *(m.organisation for m in bid.members)]
    names = {bid.leader, *(o.name for o in organisations), *(o.name_en for o in organisations)}
    names |= {re.sub(r"[（(][^（）()]*[）)]", "", name).strip() for name in names}
    names |= {re.sub(r"(股份|集团)?(有限)?(责任)?公司$", "", name) for name in names}
    return sorted((name for name in names if len(name) >= 2), key=lambda name: (-len(name), name))


def masked(text: str, names: Sequence[str]) -> str:
    """Return a text without the names, whatever their case."""
    for name in names:
        text = re.sub(re.escape(name), HIDDEN, text, flags=re.IGNORECASE)
    return text


def own_sheets(uow: UnitOfWork, found: Task) -> dict[int | None, ScoreSheet]:
    """Return the sheets of a seat by bid; nobody reads another's."""
    rows = uow.session.scalars(select(ScoreSheet).where(ScoreSheet.seat_id == found.seat.id))
    return {sheet.bid_id: sheet for sheet in rows}


def opened(uow: UnitOfWork, actor: Actor, seat_id: int, bid_id: int | None) -> tuple[Task, Subject]:
    """Return a seat of one's own and one of its subjects; raises NotFound, Conflict before the invitation is accepted."""
    found = seats.task(uow, actor, seat_id)
    if found.seat.state is not SeatState.ACCEPTED:
        raise Conflict(ACCEPT_FIRST)
    subject = next((one for one in subjects(uow, found) if one.bid_id == bid_id), None)
    if subject is None:
        raise NotFound(NO_SUBJECT)
    return found, subject


def save(
    uow: UnitOfWork, actor: Actor, seat_id: int, bid_id: int | None, given: Mapping[str, Any], *, submit: bool
) -> ScoreSheet:
    """Keep a sheet as a draft or hand it in; one that was handed in must stay complete.

    `given` has `score-0`, `score-1` … in the order of the criteria, `verdict` and `comment`. Raises NotFound, Conflict,
    InvalidInput.
    """
    found, _ = opened(uow, actor, seat_id, bid_id)
    if found.panel.closed_at is not None:
        raise Conflict(seats.CLOSED)
    sheet = own_sheets(uow, found).get(bid_id)
    must = submit or (sheet is not None and sheet.submitted_at is not None)
    scores, verdict, comment = _read(found.panel, given, complete=must)
    if must and (hindrance := _not_there_yet(uow, found.panel, bid_id)):
        raise InvalidInput([Problem("", hindrance)])
    if sheet is None:
        sheet = ScoreSheet(seat_id=seat_id, bid_id=bid_id)
        uow.session.add(sheet)
    sheet.scores, sheet.verdict, sheet.comment, sheet.changed_at = scores, verdict, comment, uow.clock()
    if must and sheet.submitted_at is None:
        sheet.submitted_at = uow.clock()
    uow.session.flush()
    audit.record(uow, actor, "sheet.submit" if must else "sheet.save", "panel", found.panel.id, sheet=sheet.id)
    return sheet


def _not_there_yet(uow: UnitOfWork, panel: Panel, bid_id: int | None) -> Label | None:
    """Return why a sheet cannot be handed in yet: the team still has time to show something, and has not."""
    if panel.stage is Stage.GATE and bid_id is not None:
        entry, gate = _entry(uow, panel, bid_id), uow.session.get_one(Gate, panel.gate_id)
        handed_in = entry is not None and entry.handed_in_at is not None
        if not handed_in and local_date(uow.clock()) <= gate.due_on:
            return NOT_HANDED_IN.format(day=gate.due_on.isoformat())
    if panel.stage is Stage.ACCEPTANCE and bid_id is not None and _acceptance(uow, bid_id) is None:
        return NOT_APPLIED
    return None


def _read(panel: Panel, given: Mapping[str, Any], *, complete: bool) -> tuple[dict[str, int], str, str]:
    problems: list[Problem] = []
    scores: dict[str, int] = {}
    for place, one in enumerate(panel.criteria):
        name, text = str(one["name"]), clean_text(given.get(f"score-{place}") or "")
        label = Label(name, str(one.get("en") or name))
        number = plain_number(text)
        if not text:
            problems += [Problem(f"score-{place}", MARK_NEEDED.format(name=label))] if complete else []
        elif number is None or not number.isdigit() or int(number) > 100:
            problems.append(Problem(f"score-{place}", NOT_A_MARK.format(name=label, given=shorten(text))))
        else:
            scores[name] = int(number)
    verdict, comment = str(given.get("verdict") or ""), clean_text(given.get("comment") or "")
    verdict = verdict if verdict in VERDICTS else ""
    if complete and not verdict:
        problems.append(Problem("verdict", VERDICT_NEEDED))
    if complete and not comment and (verdict == "no" or any(score < LOW for score in scores.values())):
        problems.append(Problem("comment", COMMENT_NEEDED))
    if len(comment) > MOST_COMMENT:
        problems.append(Problem("comment", COMMENT_LONG.format(limit=MOST_COMMENT)))
    if problems:
        raise InvalidInput(problems)
    return scores, verdict, comment
