"""What waits for whom in a task book: said on top of its page, each with the section in which it is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from matcher.core.labels import Label
from matcher.projects.delivery import acceptance
from matcher.projects.delivery.books import Dossier, Party
from matcher.projects.delivery.lifecycle import ChangeState, MilestoneState, PaymentState, TaskBookState
from matcher.projects.delivery.model import Acceptance, ChangeRequest, Milestone, Payment

OFFER = Label("核对无误后送签。", "Check the draft and offer it for signature.")
SIGN = Label("任务书等待贵方签署。", "The task book waits for your signature.")
ANSWER = Label("{count} 个里程碑已报告，等待确认。", "{count} reported milestones wait for your answer.")
CHANGE = Label("{count} 份变更申请等待审批。", "{count} changes wait for a decision.")
PAY = Label("{count} 笔款项可以拨付。", "{count} payments can be made.")
DECIDE = Label("团队已申请验收，等待结论。", "The team applied for acceptance; decide on it.")
LATE = Label(
    "{count} 个里程碑已逾期，请报告完成情况或申请变更。",
    "{count} milestones are overdue: report them or ask for a change.",
)
APPLY = Label("里程碑已全部确认，可以申请验收。", "All milestones are confirmed; you can apply for acceptance.")
REWORK = Label("验收要求整改，完成后请再次申请。", "Acceptance asked for rework; apply again when it is done.")
RESULT = Label(
    "验收已通过，可以把成果登记到成果库。", "Acceptance is passed; enter the result into the list of results."
)


@dataclass(frozen=True, slots=True)
class Todo:
    """Name one thing that waits for the reader, and the section of the page where it is done."""

    section: str
    text: Label


def is_finished(milestones: list[Milestone]) -> bool:
    """Say whether no milestone is open any more."""
    return not any(one.state in (MilestoneState.PLANNED, MilestoneState.REPORTED) for one in milestones)


def of_office(
    found: Dossier,
    milestones: list[Milestone],
    payments: list[Payment],
    changes: list[ChangeRequest],
    accepted: Acceptance | None,
) -> Iterator[Todo]:
    """Yield what waits for the office."""
    if found.book.state is TaskBookState.DRAFT:
        yield Todo("signatures", OFFER)
    if found.book.state is not TaskBookState.SIGNED:
        return
    if reported := sum(one.state is MilestoneState.REPORTED for one in milestones):
        yield Todo("milestones", ANSWER.format(count=reported))
    if asked := sum(one.state is ChangeState.ASKED for one in changes):
        yield Todo("changes", CHANGE.format(count=asked))
    if acceptance.is_open(accepted):
        yield Todo("acceptance", DECIDE)
    if released := sum(one.state is PaymentState.RELEASED for one in payments):
        yield Todo("payments", PAY.format(count=released))


def of_lead(
    found: Dossier, milestones: list[Milestone], accepted: Acceptance | None, has_result: bool, today: date
) -> Iterator[Todo]:
    """Yield what waits for the lead of the team."""
    if found.book.state is TaskBookState.COMPLETED and not has_result:
        yield Todo("results", RESULT)
    if found.book.state is not TaskBookState.SIGNED:
        return
    if late := sum(one.state is MilestoneState.PLANNED and one.due_on < today for one in milestones):
        yield Todo("milestones", LATE.format(count=late))
    if accepted is not None and accepted.verdict == "rework":
        yield Todo("acceptance", REWORK)
    elif accepted is None and is_finished(milestones):
        yield Todo("acceptance", APPLY)


def to_sign(found: Dossier, party: Party | None, parties: list[Party]) -> Iterator[Todo]:
    """Yield the signature that waits for the reader's party."""
    waits = party in parties and getattr(found.book, f"{party}_signed_at") is None
    if found.book.state is TaskBookState.SIGNING and waits:
        yield Todo("signatures", SIGN)
