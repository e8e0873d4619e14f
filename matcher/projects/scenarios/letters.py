"""What is told to those concerned about a trial; titles of needs stay out of it, for messages may leave the house."""

from matcher.accounts.model import Organisation
from matcher.core.labels import Label
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify, people_for
from matcher.needs.model import Need
from matcher.projects.scenarios.model import Trial

KIND = MessageKind.PROJECT

APPLIED = Label("{team}申请在场景 {number} 中试验", "{team} applies to try in scenario {number}")
APPLIED_BODY = Label("请阅读试验方案，并答复是否接纳。", "Please read the plan and answer.")
TO_TEAM = {
    "admit": Label("您在场景 {number} 的试验申请已入选", "Your trial in scenario {number} is admitted"),
    "refuse": Label("您在场景 {number} 的试验申请这次没有入选", "Your trial in scenario {number} was not chosen this time"),
    "start": Label("您在场景 {number} 的试验已开始", "Your trial in scenario {number} has started"),
    "succeed": Label("您在场景 {number} 的试验通过了", "Your trial in scenario {number} passed"),
    "fail": Label("您在场景 {number} 的试验没有达到要求", "Your trial in scenario {number} did not reach what was asked"),
    "adopt": Label("场景 {number} 决定推广应用您的试验成果", "What you tried in scenario {number} is adopted"),
}  # fmt: skip
BODIES = {
    "admit": Label("场景方接纳了您的方案，请与对方商定开始时间。", "The owner admits your plan; please agree on a date to begin."),
    "refuse": Label("场景方的说明：{note}", "The owner says: {note}"),
    "start": Label("试验过程请记入试验日志，双方都能看到。", "Please keep the diary of the trial; both sides read it."),
    "succeed": Label("结果：{note}", "Outcome: {note}"),
    "fail": Label("结果：{note} 感谢您的投入，记录会保留下来。", "Outcome: {note} Thank you for the work; the record is kept."),
    "adopt": Label("请与场景方商定后续采购或推广的安排。", "Please agree with the owner on what follows."),
}  # fmt: skip
WITHDRAWN = Label("{team}撤回了在场景 {number} 的试验", "{team} takes back its trial in scenario {number}")
WITHDRAWN_BODY = Label("说明：{note}", "It says: {note}")
NO_NOTE = Label("没有另作说明。", "Nothing more was said.")
ENTRY = Label("场景 {number} 的试验日志有新记录", "A new entry in the diary of the trial in scenario {number}")
ENTRY_BODY = Label("{side}写了一条记录。", "{side} wrote an entry.")


def _tell(uow: UnitOfWork, trial: Trial, people: list[int], title: Label, body: Label, key: str) -> None:
    notify(uow, people, KIND, Text(title, body), key=f"trial:{trial.id}:{key}", link=f"/scenarios/trials/{trial.id}")


def _owner(uow: UnitOfWork, trial: Trial) -> tuple[Need, list[int]]:
    need = uow.session.get_one(Need, trial.need_id)
    return need, people_for(uow, need.organisation_id)


def _team(uow: UnitOfWork, trial: Trial) -> str:
    return uow.session.get_one(Organisation, trial.organisation_id).name


def applied(uow: UnitOfWork, trial: Trial) -> None:
    """Tell the owner of the scenario that a team applies."""
    need, people = _owner(uow, trial)
    title = APPLIED.format(team=_team(uow, trial), number=need.number)
    _tell(uow, trial, people, title, APPLIED_BODY, f"applied:{trial.version}")


def stepped(uow: UnitOfWork, trial: Trial, action: str, note: str) -> None:
    """Tell the team what the owner decided."""
    need = uow.session.get_one(Need, trial.need_id)
    people = people_for(uow, trial.organisation_id, first=trial.person_id)
    key = f"{action}:{trial.version}"
    _tell(uow, trial, people, TO_TEAM[action].format(number=need.number), BODIES[action].format(note=note), key)


def withdrawn(uow: UnitOfWork, trial: Trial, note: str) -> None:
    """Tell the owner that a team takes its trial back."""
    need, people = _owner(uow, trial)
    title = WITHDRAWN.format(team=_team(uow, trial), number=need.number)
    body = WITHDRAWN_BODY.format(note=note) if note else NO_NOTE
    _tell(uow, trial, people, title, body, f"withdraw:{trial.version}")


def entry_written(uow: UnitOfWork, trial: Trial, entry_id: int, writer: int | None) -> None:
    """Tell the other side that the diary has a new entry; `writer` is the organisation that wrote."""
    need, owners = _owner(uow, trial)
    by_team = writer == trial.organisation_id
    people = owners if by_team else people_for(uow, trial.organisation_id, first=trial.person_id)
    side = _team(uow, trial) if by_team else uow.session.get_one(Organisation, need.organisation_id).name
    _tell(uow, trial, people, ENTRY.format(number=need.number), ENTRY_BODY.format(side=side), f"entry:{entry_id}")
