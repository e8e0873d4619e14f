"""Both sides answer an introduction; who does not is reminded, and in the end the desk is asked to call."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from matcher.core import audit
from matcher.core.errors import Conflict, InvalidInput, NotFound, Problem
from matcher.core.fields import Field, Kind, clean_text, read_answers
from matcher.core.labels import Label
from matcher.core.people import SYSTEM, Actor
from matcher.core.permissions import allowed, require
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import DECLINE_REASON
from matcher.matching import introduction_texts as texts
from matcher.matching import introductions, review
from matcher.matching.introduction_model import (
    INTRODUCTION_LIFECYCLE,
    Introduction,
    IntroductionAnswer,
    IntroductionState,
    Party,
)
from matcher.matching.model import Pairing, Verdict
from matcher.messages.kinds import MessageKind

#: The three questions of first contact.
QUESTIONS: tuple[Field, ...] = (
    Field("cooperation", Label("您希望怎样合作？", "What cooperation do you want?"), Kind.LONG_TEXT, required=True, max_length=1000,
          help=Label("例如：先做一次技术诊断，再谈联合开发；或直接谈许可。",
                     "For example: a technical diagnosis first, then joint development; or a licence at once.")),
    Field("unclear", Label("还有什么不清楚的？", "What is unclear to you?"), Kind.LONG_TEXT, max_length=1000,
          help=Label("想请对方说明的指标、条件或时间。", "Figures, conditions or dates that the other side should explain.")),
    Field("about", Label("您是谁，为什么是您？", "Who are you, and why you?"), Kind.LONG_TEXT, required=True, max_length=1000,
          help=Label("一两句话介绍您的单位或团队，以及为此能投入什么。",
                     "A sentence or two on your organisation or team, and what it can bring to this.")),
)  # fmt: skip
REFUSAL: tuple[Field, ...] = (
    Field("reason", Label("主要原因", "Main reason"), Kind.CODE, required=True, vocabulary=DECLINE_REASON),
    Field("note", Label("补充说明", "In your own words"), Kind.LONG_TEXT, max_length=1000, public=False,
          help=Label("只给撮合人员看。转达给对方的是委婉的说法，不带您的单位名称。",
                     "Read by the desk only. The other side gets kind words, without your name.")),
)  # fmt: skip
HEARD: tuple[Field, ...] = (
    Field("heard", Label("怎样得知的", "How you know"), Kind.TEXT, required=True, max_length=300,
          help=Label("例如：11 月 20 日电话，张经理。", "For example: by telephone on 20 November, Mr Zhang.")),
)  # fmt: skip

NO_INTRODUCTION = Label("找不到这次引荐，或它与您的单位无关。", "There is no such introduction, or it is not yours.")
NOT_OPEN = Label(
    "这次引荐已经结束（{state}），不需要再答复。", "This introduction has ended ({state}); no answer is needed."
)
ANSWERED = Label("您的单位已经答复过了，请刷新页面查看。", "Your organisation has answered already; reload the page.")
SAY_YES_OR_NO = Label("请选择有意向或不合适。", "Say whether you are interested or not.")
CALL = Label("引荐久未答复，请电话联系", "Nobody answers an introduction: please call")
RAN_OUT = Label("引荐已到期", "An introduction has run out")
PARTIES = {Party.NEED: Label("需求方", "the asking side"), Party.OFFER: Label("成果方", "the offering side")}
REMINDERS = 2


def party_of(uow: UnitOfWork, actor: Actor, pairing: Pairing, action: str = "introduction.see") -> Party | None:
    """Return the side for which the actor may do something, None for everybody else."""
    found = introductions.both(uow, pairing)
    for party in Party:
        owner = found.item(party).organisation_id
        if owner == actor.organisation_id and allowed(actor, action, owner=owner):
            return party
    return None


def get(uow: UnitOfWork, actor: Actor, introduction_id: int, *, hold: bool = False) -> Introduction:
    """Return an introduction for its sides and the desk; a stranger learns nothing. With `hold`, others wait their turn."""
    require(actor, "introduction.see", owner=actor.organisation_id)
    found = uow.session.get(Introduction, introduction_id)
    pairing = uow.session.get(Pairing, found.pairing_id) if found else None
    if found is None or pairing is None:
        raise NotFound(NO_INTRODUCTION)
    if not allowed(actor, "introduction.see") and party_of(uow, actor, pairing) is None:
        raise NotFound(NO_INTRODUCTION)
    if hold:
        uow.session.refresh(pairing, with_for_update={"of": Pairing})
        query = select(Introduction).where(Introduction.id == found.id).options(selectinload(Introduction.answers))
        uow.session.scalars(query, execution_options={"populate_existing": True}).one()
    return found


def answer(
    uow: UnitOfWork, actor: Actor, introduction_id: int, given: Mapping[str, Any], *, party: Party | None = None
) -> Introduction:
    """Take the answer of one side: interested with the three questions answered, or not with a reason code.

    The desk answers for a `party` what it was told, and says how. When both are interested they are named to each other;
    one “no” ends it. Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    found = get(uow, actor, introduction_id, hold=True)
    pairing = uow.session.get_one(Pairing, found.pairing_id)
    by_desk = allowed(actor, "introduction.answer")
    side = party if by_desk else party_of(uow, actor, pairing, "introduction.answer")
    if side is None:
        raise NotFound(NO_INTRODUCTION)
    if found.state is not IntroductionState.OPEN:
        raise Conflict(NOT_OPEN.format(state=INTRODUCTION_LIFECYCLE.labels[found.state]))
    if found.answer_of(side) is not None:
        raise Conflict(ANSWERED)
    values = _read(given, by_desk=by_desk)
    found.answers.append(
        IntroductionAnswer(party=side, person_id=actor.person_id, by_desk=by_desk, at=uow.clock(), **values)
    )
    found.changed_at = uow.clock()
    audit.record(
        uow,
        actor,
        "introduction.answer",
        "introduction",
        found.id,
        party=side.value,
        interested=values["is_interested"],
    )
    uow.session.flush()
    _go_on(uow, actor, found, pairing, side)
    return found


def _read(given: Mapping[str, Any], *, by_desk: bool) -> dict[str, Any]:
    """Read an answer; the desk need not know all three answers, but must say how it knows."""
    if given.get("interested") not in ("yes", "no"):
        raise InvalidInput([Problem("interested", SAY_YES_OR_NO)])
    is_interested = given["interested"] == "yes"
    answers = read_answers(QUESTIONS if is_interested else REFUSAL, given, complete=not (by_desk and is_interested))
    problems, values = list(answers.problems), dict(answers.values)
    if by_desk:
        heard = read_answers(HEARD, given)
        problems += heard.problems
        values["note"] = "\n".join(part for part in (heard.values["heard"], values.get("note", "")) if part)
    if values.get("reason") == "other" and not clean_text(given.get("note") or ""):
        problems.append(Problem("note", review.NOTE_NEEDED))
    if problems:
        raise InvalidInput(problems)
    return {**values, "is_interested": is_interested}


def _go_on(uow: UnitOfWork, actor: Actor, found: Introduction, pairing: Pairing, side: Party) -> None:
    mine, theirs = found.answer_of(side), found.answer_of(side.other)
    assert mine is not None, "it was just given"
    if not mine.is_interested:
        review.shift(uow, actor, pairing, "decline", mine.note, reason=mine.reason)
        review.record_decision(uow, actor, pairing, Verdict.DECLINE, mine.reason, mine.note)
    elif theirs is not None:
        review.shift(uow, actor, pairing, "interest")
    else:
        both = introductions.both(uow, pairing)
        introductions.tell_party(uow, found, side.other, texts.interested(found), both, "other-interested")


def remind_due(uow: UnitOfWork, *, after_days: int, expire_days: int) -> int:
    """Remind the sides that have not answered, at most twice; with the second, the desk is asked to call. Returns how many."""
    now, count = uow.clock(), 0
    query = select(Introduction).where(
        Introduction.state == IntroductionState.OPEN,
        Introduction.reminders < REMINDERS,
        Introduction.opened_at <= now - timedelta(days=after_days),
    )
    for found in uow.session.scalars(query.order_by(Introduction.id)):
        if found.opened_at > now - timedelta(days=after_days * (found.reminders + 1)):
            continue
        both = introductions.both(uow, uow.session.get_one(Pairing, found.pairing_id))
        found.reminders += 1
        left = max(1, expire_days - (now - found.opened_at).days)
        for party in found.waits_for:
            text, event = texts.reminder(found, left), f"reminder-{found.reminders}"
            introductions.tell_party(uow, found, party, text, both, event, MessageKind.REMINDER)
        if found.reminders == REMINDERS:
            introductions.tell_desk(uow, found, CALL, both, _silent(found), "call")
        count += 1
    return count


def _silent(found: Introduction) -> Label:
    names = [PARTIES[party] for party in found.waits_for]
    body = Label("还没有答复的是：{zh}。", "No answer yet from {en}.")
    return Label(
        body.zh.format(zh="、".join(one.zh for one in names)), body.en.format(en=" and ".join(one.en for one in names))
    )


def expire_due(uow: UnitOfWork, *, expire_days: int) -> int:
    """End the introductions that nobody answered in time; their pairings are shortlisted again. Returns how many."""
    query = select(Introduction).where(
        Introduction.state == IntroductionState.OPEN,
        Introduction.opened_at <= uow.clock() - timedelta(days=expire_days),
    )
    due = list(uow.session.scalars(query.order_by(Introduction.id)))
    for found in due:
        pairing = uow.session.get_one(Pairing, found.pairing_id)
        both, silent = introductions.both(uow, pairing), _silent(found)
        introductions.end(uow, SYSTEM, found, "expire")
        review.shift(uow, SYSTEM, pairing, "withdraw", RAN_OUT.zh)
        for party in Party:
            introductions.tell_party(uow, found, party, texts.expired(found), both, "expired")
        introductions.tell_desk(uow, found, RAN_OUT, both, silent, "expired")
    return len(due)
