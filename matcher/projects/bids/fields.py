"""The fields of a bid, declared once; plain rows of budget and milestones are lines of text that people paste and read."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from matcher.core.errors import Problem
from matcher.core.fields import Answers, Field, Kind, clean_text, read_answers, shorten
from matcher.core.labels import Label
from matcher.core.money import in_wan
from matcher.core.vocabularies import TECH_FIELD, TRL, Vocabulary

DECLARATION = Vocabulary(
    "bid_declaration",
    {
        "clean_record": Label("牵头单位和合作单位在榜单要求的年限内无不良信用记录", "Neither lead nor partners have a bad credit record in the years that the list names"),
        "no_double_funding": Label("同一内容没有从其他财政科技计划获得资助", "The same work is not funded by another public programme"),
        "true_statement": Label("所填内容和附件真实，不含国家秘密", "What is stated and attached is true and holds no state secret"),
    },
)  # fmt: skip

BID_FIELDS: tuple[Field, ...] = (
    Field("leader", Label("揭榜人", "Leader of the work"), Kind.TEXT, required=True, max_length=60, public=False, group="team"),
    Field("leader_title", Label("职称职务", "Title"), Kind.TEXT, max_length=60, public=False, group="team"),
    Field("phone", Label("联系电话", "Telephone"), Kind.PHONE, required=True, public=False, group="team"),
    Field("strengths", Label("团队优势", "Strengths of the team"), Kind.LONG_TEXT, required=True, max_length=825, public=False, group="team"),
    Field("approach", Label("技术方案", "Approach"), Kind.LONG_TEXT, required=True, max_length=825, public=False, group="solution",
          help=Label("准备怎样解决，关键在哪里。评审可能隐去单位，请不要在这里写出单位和人名。", "How you will solve it and what the key is. The review may be blind: name no organisation or person here.")),
    Field("reasons", Label("可行性依据", "Why it works"), Kind.LONG_TEXT, required=True, max_length=825, public=False, group="solution",
          help=Label("已有的试验、数据、样件或应用。", "Trials, figures, samples or uses there are.")),
    Field("plan", Label("实施计划", "Plan"), Kind.LONG_TEXT, required=True, max_length=1025, public=False, group="solution"),
    Field("trl", Label("目前成熟度", "Present readiness"), Kind.CODE, required=True, vocabulary=TRL, public=False, group="solution"),
    Field("tech_fields", Label("技术领域（最多 5 项）", "Fields (5 at most)"), Kind.CODES, required=True, vocabulary=TECH_FIELD, public=False, group="solution"),
    Field("references", Label("论文、专利与案例（最多 10 条）", "Papers, patents, cases (10 at most)"), Kind.NAMES, max_length=200, public=False, group="solution",
          help=Label("用分号隔开。", "Separate them by semicolons.")),
    Field("months", Label("完成时限（个月）", "Months to the end"), Kind.INTEGER, required=True, minimum=1, maximum=120, public=False, group="schedule"),
    Field("milestones", Label("进度安排", "Milestones"), Kind.LONG_TEXT, required=True, max_length=4000, public=False, group="schedule",
          help=Label("每行一个节点：名称，第几个月，交付物，拨款比例。如：样件，6，样件三件和检测报告，30。各节点比例合计 100。",
                     "One a line: title, month, deliverable, share in per cent. Such as: Sample, 6, three samples with test report, 30. The shares add up to 100.")),
    Field("price", Label("报价", "Price"), Kind.MONEY, required=True, public=False, group="money",
          help=Label("希望从榜单投入中得到的经费，以万元计。", "What you ask for of the funds of the list, in 10,000 yuan.")),
    Field("own_funds", Label("自筹经费", "Own funds"), Kind.MONEY, public=False, group="money"),
    Field("budget", Label("经费预算", "Budget"), Kind.LONG_TEXT, required=True, max_length=2000, public=False, group="money",
          help=Label("每行一项：科目，金额（万元）。如：设备费，50。合计应等于报价与自筹经费之和。",
                     "One a line: item, amount in 10,000 yuan. Such as: Equipment, 50. The sum is the price plus the own funds.")),
    Field("declared", Label("声明", "Declarations"), Kind.CODES, required=True, vocabulary=DECLARATION, public=False, group="declarations"),
)  # fmt: skip
GROUPS = {
    "solution": Label("方案", "Solution"),
    "schedule": Label("进度", "Schedule"),
    "money": Label("经费", "Money"),
    "team": Label("团队", "Team"),
    "declarations": Label("声明", "Declarations"),
}
ROW_FIELDS = ("budget", "milestones")
MOST_FIELDS, MOST_REFERENCES = 5, 10
LONGEST_DRAFT = 20_000

TOO_MANY = Label("“{label}”最多 {limit} 项，现在是 {count} 项。", "“{label}” takes {limit} at most; it has {count}.")
BAD_BUDGET = Label(
    "经费预算第 {line} 行不能读懂：“{given}”。请写成“科目，金额”，金额以万元计。",
    "Line {line} of the budget cannot be read: “{given}”. Write “item, amount” with the amount in 10,000 yuan.",
)
BAD_MILESTONE = Label(
    "进度安排第 {line} 行不能读懂：“{given}”。请写成“名称，第几个月，交付物，比例”。",
    "Line {line} of the milestones cannot be read: “{given}”. Write “title, month, deliverable, share”.",
)
_BUDGET = re.compile(r"\s*(?P<item>.{1,60}?)\s*[,|:]\s*(?P<amount>\d{1,9}(?:\.\d{1,6})?)\s*(?:万元|万)?\s*")
_MILESTONE = re.compile(
    r"\s*(?P<title>[^,|]{1,60}?)\s*[,|]\s*(?:第\s*)?(?P<month>\d{1,3})\s*(?:个?月)?\s*[,|]\s*(?P<deliverable>.{1,200}?)\s*[,|]\s*(?P<share>\d{1,3})\s*%?\s*"
)


def read_bid(given: Mapping[str, Any], *, complete: bool) -> Answers:
    """Read the answers of a bid: rows as lists, money in yuan; a text that is too long is a problem and still kept whole."""
    answers = read_answers(BID_FIELDS, given, complete=complete)
    values, problems = answers.values, answers.problems
    wrong = {problem.field for problem in problems}
    for one in BID_FIELDS:
        if one.kind is Kind.LONG_TEXT and one.name in wrong:
            values[one.name] = clean_text(given.get(one.name) or "")[:LONGEST_DRAFT]
    for name, limit in (("tech_fields", MOST_FIELDS), ("references", MOST_REFERENCES)):
        if len(values[name]) > limit:
            label = next(one.label for one in BID_FIELDS if one.name == name)
            problems.append(Problem(name, TOO_MANY.format(label=label, limit=limit, count=len(values[name]))))
    values["budget"] = _rows(values["budget"], "budget", problems)
    values["milestones"] = _rows(values["milestones"], "milestones", problems)
    return Answers(values, problems)


def _rows(text: str, name: str, problems: list[Problem]) -> list[dict[str, Any]]:
    """Read lines; one that cannot be read is kept as it stands under `raw`, so that a draft loses nothing."""
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        row = _budget_row(line) if name == "budget" else _milestone_row(line)
        if row is None:
            bad = BAD_BUDGET if name == "budget" else BAD_MILESTONE
            problems.append(Problem(name, bad.format(line=number, given=shorten(line))))
        rows.append(row or {"raw": line.strip()})
    return rows


def _plain(line: str) -> str:
    return unicodedata.normalize("NFKC", line).replace("、,", ",")


def _budget_row(line: str) -> dict[str, Any] | None:
    found = _BUDGET.fullmatch(_plain(line))
    if found is None:
        return None
    try:
        return {"item": found["item"], "amount": f"{Decimal(found['amount']) * 10_000:.2f}"}
    except InvalidOperation:
        return None


def _milestone_row(line: str) -> dict[str, Any] | None:
    found = _MILESTONE.fullmatch(_plain(line))
    if found is None or not 1 <= int(found["month"]) <= 120 or int(found["share"]) > 100:
        return None
    return {
        "title": found["title"], "month": int(found["month"]), "deliverable": found["deliverable"],
        "share": int(found["share"]),
    }  # fmt: skip


def budget_text(rows: list[dict[str, Any]]) -> str:
    """Return budget rows as people type them."""
    return "\n".join(str(row.get("raw") or f"{row['item']}，{in_wan(Decimal(row['amount']))}") for row in rows)


def milestones_text(rows: list[dict[str, Any]]) -> str:
    """Return milestones as people type them."""
    return "\n".join(
        str(row.get("raw") or f"{row['title']}，{row['month']}，{row['deliverable']}，{row['share']}") for row in rows
    )
