"""Objections (异议) to public notices: filed by anybody while a notice runs, answered by the office, known by name to it alone."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any

from sqlalchemy import select, update

from matcher.core import audit
from matcher.core.clock import local_second
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, clean_text, read_answers
from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.permissions import require
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.kinds import MessageKind
from matcher.messages.service import Text, notify
from matcher.projects.lifecycle import OBJECTION_LIFECYCLE, ObjectionState
from matcher.projects.setup import notices
from matcher.projects.setup.letters import office_people
from matcher.projects.setup.model import Notice, Objection, Project
from matcher.projects.setup.service import get as get_project

OBJECTION_FIELDS: tuple[Field, ...] = (
    Field("name", Label("姓名", "Your name"), Kind.TEXT, required=True, max_length=60, public=False,
          help=Label("须实名；只有受理部门看得到。", "Objections need a name; only the office reads it.")),
    Field("organisation", Label("单位", "Organisation"), Kind.TEXT, max_length=120, public=False),
    Field("contact", Label("电话或邮箱", "Telephone or e-mail"), Kind.TEXT, required=True, max_length=120, public=False),
    Field("text", Label("异议内容", "Objection"), Kind.LONG_TEXT, required=True, max_length=4000, public=False,
          help=Label("对哪一点有异议，事实和理由是什么。", "To what you object, with facts and reasons.")),
)  # fmt: skip
ANSWER_LIMIT = 2000
#: How many are taken within the hour: of one contact for one notice, from one address, for one project from everybody
#: together. An office behind one address may send more than one person; the office that answers can read so much in an hour.
MOST_OF_CONTACT, MOST_OF_ADDRESS, MOST_OF_PROJECT, HOUR = 5, 10, 60, timedelta(hours=1)
OVER = Label(
    "公示期已于 {until} 结束，不再受理异议（服务器时间 {now}）。",
    "The notice ended at {until} and takes no more objections (server's time {now}).",
)
FLOODS = {
    "contact": Label(
        "这个联系方式一小时内已提交 {count} 份异议，这一份没有收下。请 {minutes} 分钟后再提交，或写在一份里。",
        "{count} objections came from this contact within the hour, and this one was not taken. Send it in {minutes} minutes, or write all in one.",
    ),
    "address": Label(
        "从您所在的网络一小时内已提交 {count} 份异议，这一份没有收下。请 {minutes} 分钟后再提交，或直接联系受理部门。",
        "{count} objections came from your network within the hour, and this one was not taken. Send it in {minutes} minutes, or call the office.",
    ),
    "project": Label(
        "这个项目一小时内收到的异议已有 {count} 份，这一份没有收下。请 {minutes} 分钟后再提交，或直接联系受理部门。",
        "{count} objections came to this project within the hour, and this one was not taken. Send it in {minutes} minutes, or call the office.",
    ),
}
NO_OBJECTION = Label("找不到这条异议。", "There is no such objection.")
ANSWER_NEEDED = Label("请写明答复，最多 {limit} 字。", "Write the answer, {limit} characters at most.")
NEW = (
    Label("{number} 收到一条异议", "An objection to {number}"),
    Label("请在公示期满后继续之前答复。", "Answer it before the project goes on."),
)
ANSWERED = (
    Label("您对 {number} 的异议已答复：{verdict}", "Your objection to {number} is answered: {verdict}"),
    Label("{answer}", "{answer}"),
)


def file(uow: UnitOfWork, actor: Actor, notice_id: int, given: Mapping[str, Any], *, sender: str = "") -> Objection:
    """Take an objection while the notice runs; the same text of the same contact sent twice is one objection.

    `sender` stands for the address of the client, as a keyed hash; empty where there is none. Raises NotFound, InvalidInput, Conflict after the last second or when too many come.
    """
    require(actor, "objection.file")
    notice = notices.get(uow, notice_id)
    now = uow.clock()
    if notice.ended_at is not None or now >= notice.closes_at:
        until = min(notice.ended_at or notice.closes_at, notice.closes_at)
        raise Conflict(OVER.format(until=local_second(until), now=local_second(now)))  # fmt: skip
    answers = read_answers(OBJECTION_FIELDS, given)
    if answers.problems:
        raise InvalidInput(answers.problems)
    values = answers.values
    if (twin := _twin(uow, notice, values)) is not None:
        return twin
    _refuse_floods(uow, notice, values["contact"], sender)
    objection = Objection(notice_id=notice.id, person_id=actor.person_id, filed_at=now, sender=sender, **values)
    uow.session.add(objection)
    uow.session.flush()
    audit.record(uow, actor, "objection.file", "objection", objection.id, notice=notice.id)
    project = get_project(uow, notice.project_id)
    title, body = NEW
    text = Text(title.format(number=project.number), body)
    notify(
        uow, office_people(uow, project), MessageKind.PROJECT, text,
        key=f"objection:{objection.id}:filed", link=f"/projects/{project.id}/objections",
    )  # fmt: skip
    return objection


def _twin(uow: UnitOfWork, notice: Notice, values: Mapping[str, Any]) -> Objection | None:
    query = select(Objection).where(
        Objection.notice_id == notice.id, Objection.contact == values["contact"], Objection.text == values["text"]
    )
    return uow.session.scalar(query.limit(1))


def _refuse_floods(uow: UnitOfWork, notice: Notice, contact: str, sender: str) -> None:
    """Raise Conflict, saying how long to wait, when one of the limits is reached; forget addresses that are counted no more."""
    since = uow.clock() - HOUR
    uow.session.execute(update(Objection).where(Objection.filed_at <= since, Objection.sender != "").values(sender=""))
    recent = select(Objection.filed_at).where(Objection.filed_at > since).order_by(Objection.filed_at.desc())
    of_project = recent.join(Notice, Notice.id == Objection.notice_id).where(Notice.project_id == notice.project_id)
    of_contact = recent.where(Objection.notice_id == notice.id, Objection.contact == contact)
    limits = [("contact", of_contact, MOST_OF_CONTACT), ("project", of_project, MOST_OF_PROJECT)]
    if sender:
        limits.append(("address", recent.where(Objection.sender == sender), MOST_OF_ADDRESS))
    for name, query, most in limits:
        # The oldest of the last that count: when it is an hour old, there is room for another.
        oldest = uow.session.scalar(query.offset(most - 1).limit(1))
        if oldest is not None:
            minutes = ceil((oldest + HOUR - uow.clock()).total_seconds() / 60)
            raise Conflict(FLOODS[name].format(count=most, minutes=minutes))


def of_project(uow: UnitOfWork, actor: Actor, project_id: int) -> list[tuple[Objection, Notice]]:
    """Return the objections to a project's notices with who raised them, the open ones first; for the office alone."""
    require(actor, "objection.answer")
    query = (
        select(Objection, Notice)
        .join(Notice, Notice.id == Objection.notice_id)
        .where(Notice.project_id == project_id)
        .order_by(Objection.state != ObjectionState.OPEN, Objection.filed_at)
    )
    return [(one, notice) for one, notice in uow.session.execute(query)]


def own(uow: UnitOfWork, actor: Actor, notice_id: int) -> list[Objection]:
    """Return the objections that a signed-in person filed to a notice."""
    if actor.person_id is None:
        return []
    query = select(Objection).where(Objection.notice_id == notice_id, Objection.person_id == actor.person_id)
    return list(uow.session.scalars(query.order_by(Objection.filed_at)))


def answer(uow: UnitOfWork, actor: Actor, objection_id: int, *, upheld: bool, text: str) -> Objection:
    """Uphold or dismiss an objection with an answer; raises NotAllowed, NotFound, InvalidInput, Conflict."""
    require(actor, "objection.answer")
    objection = _get(uow, objection_id)
    cleaned = clean_text(text)
    if not cleaned or len(cleaned) > ANSWER_LIMIT:
        raise InvalidInput([Problem("answer", ANSWER_NEEDED.format(limit=ANSWER_LIMIT))])
    OBJECTION_LIFECYCLE.apply(uow, actor, objection, "uphold" if upheld else "dismiss")
    objection.answer, objection.answered_by, objection.answered_at = cleaned, actor.person_id, uow.clock()
    audit.record(uow, actor, "objection.answer", "objection", objection.id, upheld=upheld)
    project = project_of(uow, objection)
    title, body = ANSWERED
    verdict = OBJECTION_LIFECYCLE.labels[objection.state]
    if objection.person_id is not None:
        told = Text(title.format(number=project.number, verdict=verdict), body.format(answer=cleaned))
        link = f"/calls/notices/{objection.notice_id}"
        notify(
            uow, [objection.person_id], MessageKind.PROJECT, told, key=f"objection:{objection.id}:answered", link=link
        )
    uow.session.flush()
    return objection


def withdraw(uow: UnitOfWork, actor: Actor, objection_id: int) -> Objection:
    """Take one's own objection back before it is answered; raises NotFound for everybody else's."""
    objection = _get(uow, objection_id)
    if actor.person_id is None or objection.person_id != actor.person_id:
        raise NotFound(NO_OBJECTION)
    OBJECTION_LIFECYCLE.apply(uow, actor, objection, "withdraw")
    audit.record(uow, actor, "objection.withdraw", "objection", objection.id)
    uow.session.flush()
    return objection


def project_of(uow: UnitOfWork, objection: Objection) -> Project:
    """Return the project whose notice an objection is about."""
    return get_project(uow, notices.get(uow, objection.notice_id).project_id)


def _get(uow: UnitOfWork, objection_id: int) -> Objection:
    found = uow.session.get(Objection, objection_id)
    if found is None:
        raise NotFound(NO_OBJECTION)
    return found
