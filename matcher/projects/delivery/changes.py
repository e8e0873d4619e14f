"""Change requests: a team asks for new dates, amounts, people or indicators; approval puts them into force, history stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from matcher.core import audit
from matcher.core.errors import InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, Unreadable, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.rows import IndicatorRow, format_indicators, read_indicators
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import Vocabulary
from matcher.projects.delivery import books, drafting, payments, progress
from matcher.projects.delivery.books import Dossier, Party
from matcher.projects.delivery.lifecycle import CHANGE_LIFECYCLE, ChangeState, MilestoneState, PaymentState
from matcher.projects.delivery.model import ChangeRequest

CHANGE_KINDS = Vocabulary(
    "project_change",
    {
        "schedule": Label("进度", "Schedule"),
        "budget": Label("经费", "Budget"),
        "team": Label("负责人", "Leader"),
        "indicator": Label("考核指标", "Indicators"),
    },
)
CHANGE_FIELDS: tuple[Field, ...] = (
    Field("kind", Label("变更内容", "What changes"), Kind.CODE, required=True, vocabulary=CHANGE_KINDS, public=False),
    Field("text", Label("理由", "Reason"), Kind.LONG_TEXT, required=True, max_length=3000, public=False),
    Field("ends_on", Label("新的结束日期", "New end"), Kind.DATE, public=False),
    Field("dates", Label("新的里程碑日期", "New dates of milestones"), Kind.LONG_TEXT, max_length=3000, public=False,
          help=Label("每行一项：序号，日期。如：2，2027-09-30", "One a line: number, date.")),
    Field("government_amount", Label("新的财政资金", "New government funds"), Kind.MONEY, public=False),
    Field("enterprise_amount", Label("新的企业资金", "New enterprise funds"), Kind.MONEY, public=False),
    Field("leader", Label("新的负责人", "New leader"), Kind.TEXT, max_length=60, public=False),
    Field("indicators", Label("新的考核指标", "New indicators"), Kind.LONG_TEXT, max_length=4000, public=False,
          help=Label("每行一项，写出全部指标，顺序与原来相同。", "One a line; all indicators, in the order they have now.")),
)  # fmt: skip
#: The fields of each kind of change.
OF_KIND = {
    "schedule": ("ends_on", "dates"),
    "budget": ("government_amount", "enterprise_amount"),
    "team": ("leader",),
    "indicator": ("indicators",),
}
NOTHING = Label("请填写变更后的内容。", "Enter what it should be.")
BAD_DATE = Label("“{given}”不能读懂，请写成“序号，日期”。", "“{given}” cannot be read; write “number, date”.")
NO_SUCH = Label("没有第 {number} 个未完成的里程碑。", "There is no open milestone {number}.")
TOO_EARLY = Label("结束日期早于未完成的里程碑。", "The end is before an open milestone.")
COUNT = Label("应有 {count} 项指标，顺序与原来相同。", "There must be {count} indicators, in the order they have now.")
NO_CHANGE = Label("找不到这份变更申请。", "There is no such request.")
ASKED = Label("有一份变更申请（{kind}）待审批。", "A change ({kind}) waits for a decision.")
DECIDED = {
    "approve": Label("变更申请（{kind}）已批准并生效。", "The change ({kind}) was approved and is in force."),
    "refuse": Label("变更申请（{kind}）未批准：{note}", "The change ({kind}) was refused: {note}"),
}
NO_REASON = Label("请写明不批准的原因。", "Say why it is refused.")


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """Hold one value of a request: what it replaces (empty until approved) and what it is to be; money is in yuan."""

    field: Field
    before: str | Decimal
    after: str | Decimal


def shown(change: ChangeRequest) -> list[ChangedValue]:
    """Return the values of a request in the order of the form."""
    before = change.wanted.get("before", {})
    rows = []
    for one in CHANGE_FIELDS:
        if one.name in change.wanted:
            kind = Decimal if one.kind is Kind.MONEY else str
            old = before.get(one.name)
            rows.append(ChangedValue(one, kind(old) if old else "", kind(change.wanted[one.name])))
    return rows


def ask(uow: UnitOfWork, actor: Actor, book_id: int, given: Mapping[str, Any]) -> ChangeRequest:
    """Ask for a change, for the lead; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    found = books.seen(uow, actor, book_id)
    books.require_lead(actor, found, "change.ask")
    progress.require_in_force(found.book)
    answers = read_answers(CHANGE_FIELDS, given)
    problems, wanted = list(answers.problems), {}
    if not problems:
        wanted = {
            name: _stored(answers.values[name])
            for name in OF_KIND[answers.values["kind"]]
            if answers.values[name] not in (None, "")
        }
        problems = _problems(uow, found, answers.values["kind"], wanted)
    if problems:
        raise InvalidInput(problems)
    kind = answers.values["kind"]
    for known in of_book(uow, book_id):
        if known.state is ChangeState.ASKED and (known.kind, known.text, known.wanted) == (
            kind, answers.values["text"], wanted,
        ):  # fmt: skip
            return known  # the form was sent twice
    found.book.changed_at = uow.clock()
    change = ChangeRequest(task_book_id=book_id, kind=kind, text=answers.values["text"], wanted=wanted,
                           asked_by=actor.person_id, asked_at=uow.clock())  # fmt: skip
    uow.session.add(change)
    uow.session.flush()
    audit.record(uow, actor, "change.ask", "task_book", book_id, change=change.id, kind=kind)
    books.tell(uow, actor, found, ASKED.format(kind=CHANGE_KINDS.label(kind)), f"change:{change.id}", Party.OFFICE)
    return change


def answer(uow: UnitOfWork, actor: Actor, change_id: int, action: str, note: str = "") -> ChangeRequest:
    """Approve a change, which puts it into force, or refuse it with a reason; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    require(actor, "change.answer")
    change = get(uow, change_id)
    found = books.get(uow, change.task_book_id)
    action = "approve" if action == "approve" else "refuse"
    if action == "refuse" and not note.strip():
        raise InvalidInput([Problem("answer", NO_REASON)])
    CHANGE_LIFECYCLE.apply(uow, actor, change, action, note)
    if action == "approve":
        progress.require_in_force(found.book)
        if problems := _problems(uow, found, change.kind, change.wanted):
            raise InvalidInput(problems)
        change.wanted = {**change.wanted, "before": _before(uow, found, change.kind)}
        _put_in_force(uow, found, change.kind, change.wanted)
        found.book.changed_at = uow.clock()
    change.answer, change.answered_by, change.answered_at = note.strip(), actor.person_id, uow.clock()
    audit.record(uow, actor, f"change.{action}", "task_book", found.book.id, change=change.id, note=note)
    body = DECIDED[action].format(kind=CHANGE_KINDS.label(change.kind), note=note)
    books.tell(uow, actor, found, body, f"change:{change.id}:{action}", Party.LEAD, Party.OWNER)
    uow.session.flush()
    return change


def withdraw(uow: UnitOfWork, actor: Actor, change_id: int) -> ChangeRequest:
    """Take a request back, for the lead."""
    change = get(uow, change_id)
    found = books.seen(uow, actor, change.task_book_id)
    books.require_lead(actor, found, "change.ask")
    CHANGE_LIFECYCLE.apply(uow, actor, change, "withdraw")
    audit.record(uow, actor, "change.withdraw", "task_book", found.book.id, change=change.id)
    return change


def get(uow: UnitOfWork, change_id: int) -> ChangeRequest:
    """Return a request; raises NotFound."""
    change = uow.session.get(ChangeRequest, change_id)
    if change is None:
        raise NotFound(NO_CHANGE)
    return change


def of_book(uow: UnitOfWork, book_id: int) -> list[ChangeRequest]:
    """Return the requests of a task book, the latest first."""
    query = select(ChangeRequest).where(ChangeRequest.task_book_id == book_id).order_by(ChangeRequest.id.desc())
    return list(uow.session.scalars(query))


def _stored(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _problems(uow: UnitOfWork, found: Dossier, kind: str, wanted: Mapping[str, Any]) -> list[Problem]:
    if not wanted:
        return [Problem(OF_KIND[kind][0], NOTHING)]
    if kind == "schedule":
        return _schedule_problems(uow, found, wanted)
    if kind == "budget":
        return _budget_problems(uow, found, wanted)
    if kind == "indicator":
        return _indicator_problems(found, wanted["indicators"])
    return []


def _dates(text: str) -> dict[int, date]:
    """Read lines of number and date; raises ValueError with the line that cannot be read."""
    found = {}
    for line in filter(str.strip, text.splitlines()):
        number, _, day = line.replace("，", ",").partition(",")
        try:
            found[int(number)] = date.fromisoformat(day.strip())
        except ValueError as error:
            raise ValueError(line) from error
    return found


def _schedule_problems(uow: UnitOfWork, found: Dossier, wanted: Mapping[str, Any]) -> list[Problem]:
    try:
        dates = _dates(wanted.get("dates", ""))
    except ValueError as error:
        return [Problem("dates", BAD_DATE.format(given=str(error)[:60]))]
    rows = drafting.milestones(uow, found.book.id)
    still = {
        place: m for place, m in enumerate(rows, 1) if m.state in (MilestoneState.PLANNED, MilestoneState.REPORTED)
    }
    wrong = [Problem("dates", NO_SUCH.format(number=number)) for number in dates if number not in still]
    end = date.fromisoformat(wanted["ends_on"]) if "ends_on" in wanted else found.book.ends_on
    if any(dates.get(place, m.due_on) > end for place, m in still.items()) or end <= found.book.starts_on:
        wrong.append(Problem("ends_on", TOO_EARLY))
    return wrong


def _amounts(found: Dossier, wanted: Mapping[str, Any]) -> dict[str, Decimal]:
    return {
        source.value: Decimal(wanted.get(f"{source}_amount", getattr(found.book, f"{source}_amount")))
        for source in payments.Source
    }


def _budget_problems(uow: UnitOfWork, found: Dossier, wanted: Mapping[str, Any]) -> list[Problem]:
    amounts = _amounts(found, wanted)
    problems = drafting.money_problems(uow, found.project, found.book.id, amounts)
    for source, sums in payments.balance(uow, found.book).items():
        if amounts[source] < sums.released + sums.paid:
            fixed = f"{sums.released + sums.paid:,.2f}"
            problems.append(Problem(f"{source}_amount", payments.BELOW_RELEASED.format(sum=fixed)))
    return problems


def _indicator_problems(found: Dossier, text: str) -> list[Problem]:
    now = books.content_of(found)["indicators"]
    try:
        count = len(read_indicators(text))
    except Unreadable as error:
        return [Problem("indicators", error.message)]
    return [] if count == len(now) else [Problem("indicators", COUNT.format(count=len(now)))]


def _before(uow: UnitOfWork, found: Dossier, kind: str) -> dict[str, str]:
    """Return what a change replaces."""
    book = found.book
    if kind == "schedule":
        lines = [f"{place}，{m.due_on.isoformat()}" for place, m in enumerate(drafting.milestones(uow, book.id), 1)]
        return {"ends_on": book.ends_on.isoformat(), "dates": "\n".join(lines)}
    if kind == "budget":
        return {"government_amount": str(book.government_amount), "enterprise_amount": str(book.enterprise_amount)}
    if kind == "team":
        return {"leader": str(books.content_of(found)["leader"])}
    rows = [_row(one) for one in books.content_of(found)["indicators"]]
    return {"indicators": format_indicators(rows)}


def _row(one: Mapping[str, Any]) -> IndicatorRow:
    return IndicatorRow(**one["demand"])


def _put_in_force(uow: UnitOfWork, found: Dossier, kind: str, wanted: Mapping[str, Any]) -> None:
    book = found.book
    if kind == "schedule":
        _move(uow, found, wanted)
    elif kind == "budget":
        amounts = _amounts(found, wanted)
        payments.resize(uow, book, amounts["government"], amounts["enterprise"])
    elif kind == "team":
        book.content = {**book.content, "leader": wanted["leader"]}
    else:
        rows = read_indicators(wanted["indicators"])
        now = book.content["indicators"]
        changed = [{**one, "demand": row.to_json()} for one, row in zip(now, rows, strict=True)]
        book.content = {**book.content, "indicators": changed}


def _move(uow: UnitOfWork, found: Dossier, wanted: Mapping[str, Any]) -> None:
    book, planned = found.book, [p for p in payments.of(uow, found.book.id) if p.state is PaymentState.PLANNED]
    rows = drafting.milestones(uow, book.id)
    for number, day in _dates(wanted.get("dates", "")).items():
        rows[number - 1].due_on = day
        for payment in planned:
            if payment.milestone_id == rows[number - 1].id:
                payment.planned_on = day
    if "ends_on" in wanted:
        book.ends_on = date.fromisoformat(wanted["ends_on"])
        for payment in planned:
            if payment.occasion == payments.Occasion.ACCEPTANCE:
                payment.planned_on = book.ends_on
