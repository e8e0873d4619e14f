"""The kinds of messages, what each is about, and how often it is mailed until a person says otherwise."""

from dataclasses import dataclass
from enum import StrEnum

from matcher.core.labels import Label
from matcher.core.people import Role

OWNERS = frozenset({Role.ENTERPRISE, Role.UNIVERSITY, Role.GOVERNMENT})
EVERYONE = frozenset(Role)


class MessageKind(StrEnum):
    """Name what a message is about."""

    INTRODUCTION = "introduction"
    PROGRESS = "progress"
    REMINDER = "reminder"
    NEW_PAIRINGS = "new_pairings"
    SAVED_SEARCH = "saved_search"
    DESK = "desk"
    PROJECT = "project"


class Rhythm(StrEnum):
    """Name how often something is mailed; the inbox always has it."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


RHYTHM_LABELS = {
    Rhythm.AT_ONCE: Label("即时", "At once"),
    Rhythm.DAILY: Label("每天一封汇总", "Once a day"),
    Rhythm.WEEKLY: Label("每周一封汇总", "Once a week"),
    Rhythm.NEVER: Label("不发邮件", "Never"),
}


@dataclass(frozen=True, slots=True)
class KindOf:
    """Describe one kind: its label, what it tells, who gets it, and its rhythm until a person chooses."""

    label: Label
    tells: Label
    roles: frozenset[Role]
    rhythm: Rhythm


KINDS: dict[MessageKind, KindOf] = {
    MessageKind.INTRODUCTION: KindOf(
        Label("引荐", "Introductions"),
        Label("有人愿意与您合作，或对方作了答复。", "Somebody may be the right partner, or the other side has answered."),
        OWNERS | {Role.DESK},
        Rhythm.AT_ONCE,
    ),
    MessageKind.PROGRESS: KindOf(
        Label("对接进展", "Progress"),
        Label("会谈、洽谈和签约有了新的记录。", "Something new on a meeting, a negotiation or a contract."),
        OWNERS | {Role.DESK},
        Rhythm.AT_ONCE,
    ),
    MessageKind.REMINDER: KindOf(
        Label("提醒", "Reminders"),
        Label("有事等您处理：待答复的引荐，当天到期的任务。", "Something waits for you: an introduction to answer, a task that falls due."),
        OWNERS | {Role.DESK},
        Rhythm.AT_ONCE,
    ),
    MessageKind.NEW_PAIRINGS: KindOf(
        Label("新的匹配", "New pairings"),
        Label("系统为您的需求找到了新成果，或为您的成果找到了新需求。", "New results for your need, new needs for your result."),
        OWNERS,
        Rhythm.DAILY,
    ),
    MessageKind.SAVED_SEARCH: KindOf(
        Label("订阅的搜索", "Saved searches"),
        Label("您保存的搜索有了新结果；每个搜索可以单独设置频率。", "What is new in your saved searches; each has a rhythm of its own."),
        EVERYONE,
        Rhythm.DAILY,
    ),
    MessageKind.DESK: KindOf(
        Label("需要撮合人员处理", "For the desk to act on"),
        Label("引荐久未答复、已到期，或需要电话联系。", "An introduction that nobody answers, that ran out, or that needs a call."),
        frozenset({Role.DESK}),
        Rhythm.AT_ONCE,
    ),
    MessageKind.PROJECT: KindOf(
        Label("立项与揭榜", "Projects and bids"),
        Label("与您有关的项目有了进展：公示、发榜、评审、中榜、任务书和验收。", "A project that concerns you moved on: notices, bids, reviews, awards, task books, acceptance."),
        OWNERS | {Role.DESK, Role.EXPERT},
        Rhythm.AT_ONCE,
    ),
}  # fmt: skip


def kinds_for(roles: frozenset[Role]) -> dict[MessageKind, KindOf]:
    """Return the kinds that people with these roles get."""
    return {kind: about for kind, about in KINDS.items() if about.roles & roles}
