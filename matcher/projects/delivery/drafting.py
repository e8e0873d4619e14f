"""Drafting task books: the office writes one from an awarded bid; money, milestones and the plan of payments."""

import calendar
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select

from matcher.core import audit
from matcher.core.clock import local_date
from matcher.core.errors import Conflict, InvalidInput, Problem
from matcher.core.fields import Field, Kind, read_answers, shorten
from matcher.core.labels import Label
from matcher.core.money import in_wan
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matcher.projects.bids import service as bids
from matcher.projects.bids.model import Bid
from matcher.projects.delivery import books, payments
from matcher.projects.delivery.lifecycle import GateState, MilestoneState, TaskBookState
from matcher.projects.delivery.model import Gate, Milestone, Payment, TaskBook
from matcher.projects.delivery.payments import Occasion, Part
from matcher.projects.lifecycle import BidState
from matcher.projects.setup import service as projects
from matcher.projects.setup.model import Project
from matcher.projects.setup.rules import rules_of

TASK_BOOK_FIELDS: tuple[Field, ...] = (
    Field("government_amount", Label("财政资金", "Government funds"), Kind.MONEY, required=True, public=False),
    Field("enterprise_amount", Label("企业资金", "Enterprise funds"), Kind.MONEY, required=True, public=False),
    Field("starts_on", Label("开始日期", "Starts on"), Kind.DATE, required=True, public=False),
    Field("ends_on", Label("结束日期", "Ends on"), Kind.DATE, required=True, public=False),
    Field("signing_share", Label("签约时拨付（%）", "Paid at signing (%)"), Kind.INTEGER, required=True, minimum=0, maximum=100, public=False),
    Field("milestones", Label("里程碑", "Milestones"), Kind.LONG_TEXT, required=True, max_length=4000, public=False,
          help=Label("每行一项：名称，日期，拨付比例（%），交付物。如：样件完成，2027-06-30，20，样件三套与测试报告。未安排的比例在验收后拨付。",
                     "One a line: title, date, share in per cent, deliverable. What is left of the money is paid at acceptance.")),
)  # fmt: skip
NOT_AWARDED = Label("只有中榜的揭榜申请才能拟任务书。", "Only an awarded bid gets a task book.")
HAS_BOOK = Label("这份申请已有任务书（{number}）。", "This bid has a task book already ({number}).")
NOT_DRAFT = Label("任务书已送签，请先撤回再修改。", "The task book was offered for signature; take it back first.")
BAD_LINE = Label("里程碑第 {line} 行不能读懂：“{given}”。", "Milestone {line} cannot be read: “{given}”.")
CROSSED = Label("结束日期必须晚于开始日期。", "The end must be later than the start.")
OUTSIDE = Label("里程碑“{title}”的日期不在执行期内。", "The date of the milestone “{title}” lies outside the term.")
TOO_MUCH_AT_SIGNING = Label("签约时最多拨付 {share}%。", "{share}% at most is paid at signing.")
BEYOND = Label(
    "各任务书的{source}合计超过项目的 {sum} 元。", "The {source} of all task books exceed the project's {sum} yuan."
)
NOTHING = Label("任务书的金额不能为 0。", "A task book needs an amount.")
NO_ROOM = Label(
    "任务书 {number} 已把 {own}% 安排给签约和里程碑，各节点合计 {gates}%，超过了 100%。请先修改这份任务书，减少里程碑的比例。",
    "The task book {number} gives {own}% to signing and milestones; with {gates}% for the gates that is more than 100%. Lower the shares of its milestones first.",
)
_LINE = re.compile(
    r"\s*([^,|]{1,120}?)\s*[,|]\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\s*[,|]\s*(\d{1,3})\s*%?\s*(?:[,|]\s*(.*?))?\s*"
)
LAST_SHARE = 10  # kept for acceptance where the bid's own milestones would take all


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one milestone as it is typed; `share` is in per cent of the contract."""

    title: str
    due_on: date
    share: int
    deliverable: str


def months_after(start: date, months: int) -> date:
    """Return the day so many months later, the last of the month if it has no such day."""
    year, month = divmod(start.month - 1 + months, 12)
    last = calendar.monthrange(start.year + year, month + 1)[1]
    return date(start.year + year, month + 1, min(start.day, last))


def suggestion(uow: UnitOfWork, bid: Bid) -> dict[str, Any]:
    """Return the answers with which the form of a new task book begins: from the project's funds and the bid's plan.

    Of the funds it takes an equal part of what is left for the teams without a book, to the fen: all parts add up to them.
    """
    project = projects.get(uow, bid.project_id)
    start = local_date(uow.clock())
    end = months_after(start, bid.months or project.months or 12)
    signing = rules_of(project.call).signing_share
    gates = sum(gate.share for gate in _gates(uow, project))
    steps = _from_bid(bid, start, end, max(0, 100 - signing - gates - LAST_SHARE))
    left = left_of(uow, project)
    running = [one for one in books.of_project(uow, project.id) if one.state is not TaskBookState.TERMINATED]
    teams = max(1, project.teams - len(running))
    return {
        "government_amount": in_wan(payments.split(left["government"], [1] * teams)[-1]),
        "enterprise_amount": in_wan(payments.split(left["enterprise"], [1] * teams)[-1]),
        "starts_on": start.isoformat(),
        "ends_on": end.isoformat(),
        "signing_share": str(signing),
        "milestones": typed_steps(steps),
    }


def typed(uow: UnitOfWork, book: TaskBook) -> dict[str, Any]:
    """Return a task book as the office typed it."""
    shares = dict(book.content.get("shares", {}))
    steps = [
        Step(m.title, m.due_on, int(shares.get(str(m.position), 0)), m.deliverable) for m in milestones(uow, book.id)
    ]
    return {
        "government_amount": in_wan(book.government_amount),
        "enterprise_amount": in_wan(book.enterprise_amount),
        "starts_on": book.starts_on.isoformat(),
        "ends_on": book.ends_on.isoformat(),
        "signing_share": str(shares.get("signing", 0)),
        "milestones": typed_steps(steps),
    }


def typed_steps(steps: Sequence[Step]) -> str:
    """Return milestones as lines of the form."""
    return "\n".join(f"{s.title}，{s.due_on.isoformat()}，{s.share}，{s.deliverable}" for s in steps)


def milestones(uow: UnitOfWork, book_id: int) -> list[Milestone]:
    """Return the milestones of a task book in their order."""
    query = select(Milestone).where(Milestone.task_book_id == book_id)
    return list(uow.session.scalars(query.order_by(Milestone.due_on, Milestone.position)))


def draft(uow: UnitOfWork, actor: Actor, bid_id: int, given: Mapping[str, Any]) -> TaskBook:
    """Write the task book of an awarded bid; raises NotAllowed, NotFound, Conflict, InvalidInput."""
    require(actor, "task_book.write")
    bid = bids.get(uow, bid_id)
    if bid.state is not BidState.AWARDED:
        raise Conflict(NOT_AWARDED)
    if known := books.of_bid(uow, bid_id):
        raise Conflict(HAS_BOOK.format(number=known.number))
    project = projects.get(uow, bid.project_id)
    values, steps = _checked(uow, project, given, None)
    now = uow.clock()
    book = TaskBook(project_id=project.id, bid_id=bid.id, state=TaskBookState.DRAFT, created_at=now, changed_at=now,
                    content={}, **_columns(values))  # fmt: skip
    uow.session.add(book)
    uow.session.flush()
    _lay_out(uow, book, project, values["signing_share"], steps)
    audit.record(uow, actor, "task_book.draft", "task_book", book.id, amount=str(book.amount))
    return book


def edit(
    uow: UnitOfWork, actor: Actor, book_id: int, given: Mapping[str, Any], seen_version: int | None = None
) -> TaskBook:
    """Change a task book that is not offered for signature; raises NotAllowed, NotFound, Conflict, InvalidInput."""
    require(actor, "task_book.write")
    found = books.get(uow, book_id)
    if found.book.state is not TaskBookState.DRAFT:
        raise Conflict(NOT_DRAFT)
    if seen_version is not None and seen_version != found.book.version:
        raise Conflict(CHANGED_MEANWHILE)
    values, steps = _checked(uow, found.project, given, found.book.id)
    for name, value in _columns(values).items():
        setattr(found.book, name, value)
    found.book.changed_at = uow.clock()
    _lay_out(uow, found.book, found.project, values["signing_share"], steps)
    audit.record(uow, actor, "task_book.edit", "task_book", book_id, amount=str(found.book.amount))
    return found.book


def left_of(uow: UnitOfWork, project: Project, own: int | None = None) -> dict[str, Decimal]:
    """Return what of a project's funds no task book takes, by source, in yuan; `own` is left out."""
    # Of a book that ended early, what was released stays in its amount.
    taken = [one for one in books.of_project(uow, project.id) if one.id != own]
    return {
        "government": (project.government_funds or Decimal(0)) - sum((b.government_amount for b in taken), Decimal(0)),
        "enterprise": (project.enterprise_funds or Decimal(0)) - sum((b.enterprise_amount for b in taken), Decimal(0)),
    }


def money_problems(uow: UnitOfWork, project: Project, own: int | None, amounts: Mapping[str, Decimal]) -> list[Problem]:
    """Return what is wrong with the amounts of a task book: more than the project's funds, or nothing at all."""
    left, problems = left_of(uow, project, own), []
    for source, label in payments.SOURCE_LABELS.items():
        if amounts[source] > left[source]:
            whole = f"{getattr(project, f'{source}_funds') or 0:,.2f}"
            problems.append(Problem(f"{source}_amount", BEYOND.format(source=label, sum=whole)))
    if not sum(amounts.values()):
        problems.append(Problem("government_amount", NOTHING))
    return problems


def _checked(
    uow: UnitOfWork, project: Project, given: Mapping[str, Any], own: int | None
) -> tuple[dict[str, Any], list[Step]]:
    answers = read_answers(TASK_BOOK_FIELDS, given)
    problems, values = list(answers.problems), answers.values
    steps = read_steps(values["milestones"] or "", problems)
    if not problems:
        amounts = {source.value: values[f"{source}_amount"] for source in payments.Source}
        problems += money_problems(uow, project, own, amounts)
        problems += _term_problems(values, steps)
        most = rules_of(project.call).signing_share
        if values["signing_share"] > most:
            problems.append(Problem("signing_share", TOO_MUCH_AT_SIGNING.format(share=most)))
        whole = values["signing_share"] + sum(s.share for s in steps) + sum(g.share for g in _gates(uow, project))
        if whole > 100:
            problems.append(Problem("milestones", payments.TOO_MUCH.format(sum=whole)))
    if problems:
        raise InvalidInput(problems)
    return values, steps


def _term_problems(values: Mapping[str, Any], steps: Sequence[Step]) -> list[Problem]:
    start, end = values["starts_on"], values["ends_on"]
    if end <= start:
        return [Problem("ends_on", CROSSED)]
    return [Problem("milestones", OUTSIDE.format(title=s.title)) for s in steps if not start <= s.due_on <= end]


def read_steps(text: str, problems: list[Problem]) -> list[Step]:
    """Read the lines of the milestones; what cannot be read is added to the problems."""
    steps = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(unicodedata.normalize("NFKC", line))
        try:
            if found:
                due = date(int(found[2]), int(found[3]), int(found[4]))
                steps.append(Step(found[1], due, int(found[5]), found[6] or ""))
                continue
        except ValueError:
            pass
        if line.strip():
            problems.append(Problem("milestones", BAD_LINE.format(line=number, given=shorten(line))))
    return sorted(steps, key=lambda one: one.due_on)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("government_amount", "enterprise_amount", "starts_on", "ends_on")}


def _lay_out(uow: UnitOfWork, book: TaskBook, project: Project, signing: int, steps: Sequence[Step]) -> None:
    """Write milestones and payments anew."""
    uow.session.execute(delete(Payment).where(Payment.task_book_id == book.id))
    uow.session.execute(delete(Milestone).where(Milestone.task_book_id == book.id))
    rows = [
        Milestone(task_book_id=book.id, position=place, title=s.title, due_on=s.due_on, deliverable=s.deliverable,
                  state=MilestoneState.PLANNED)
        for place, s in enumerate(steps)
    ]  # fmt: skip
    uow.session.add_all(rows)
    uow.session.flush()
    book.content = {"shares": {"signing": signing} | {str(place): s.share for place, s in enumerate(steps)}}
    _plan_payments(uow, book, project)


def _plan_payments(uow: UnitOfWork, book: TaskBook, project: Project) -> None:
    """Plan the payments of a draft by the shares of its signing and milestones and of the gates of its project."""
    shares = book.content["shares"]
    parts = [Part(Occasion.SIGNING, int(shares["signing"]), book.starts_on)]
    for one in milestones(uow, book.id):
        parts.append(Part(Occasion.MILESTONE, int(shares[str(one.position)]), one.due_on, milestone_id=one.id))
    parts += [Part(Occasion.GATE, gate.share, gate.due_on, gate_id=gate.id) for gate in _gates(uow, project)]
    payments.plan(uow, book, parts)
    uow.session.flush()


def follow_gates(uow: UnitOfWork, project: Project) -> int:
    """Plan the payments of all drafts of a race anew when its gates change; returns how many there are.

    Raises InvalidInput (field `share`) naming a draft whose signing and milestones leave no room for the gates.
    """
    drafts = [book for book in books.of_project(uow, project.id) if book.state is TaskBookState.DRAFT]
    gates = sum(gate.share for gate in _gates(uow, project))
    for book in drafts:
        own = sum(int(share) for share in book.content["shares"].values())
        if own + gates > 100:
            raise InvalidInput([Problem("share", NO_ROOM.format(number=book.number, own=own, gates=gates))])
        _plan_payments(uow, book, project)
    return len(drafts)


def _gates(uow: UnitOfWork, project: Project) -> list[Gate]:
    query = select(Gate).where(Gate.project_id == project.id, Gate.state != GateState.CANCELLED)
    return list(uow.session.scalars(query.order_by(Gate.position)))


def _from_bid(bid: Bid, start: date, end: date, share: int) -> list[Step]:
    """Return the milestones of a bid with dates; their shares are scaled to the `share` of the contract that they get."""
    rows = [row for row in bid.milestones if str(row.get("title", "")).strip()]
    if not rows:
        return [Step("项目完成", end, 0, "总结报告")]
    given = [Decimal(str(row.get("share") or 0)) for row in rows]
    whole = sum(given)
    steps = []
    for row, one in zip(rows, given, strict=True):
        due = min(months_after(start, int(row.get("month") or 0)), end)
        part = int(one * share / whole) if whole > share else int(one)
        steps.append(Step(_plain(row["title"]), due, part, _plain(row.get("deliverable") or "")))
    return sorted(steps, key=lambda one: one.due_on)


def _plain(text: object) -> str:
    """Return a text without what separates the parts of a line."""
    return str(text).strip().replace("，", "、").replace(",", "、").replace("|", "/").replace("\n", " ")
