"""The local rules of a list (榜单): what an office sets for all projects on it, and what applies until it does."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from matcher.core.errors import Problem
from matcher.core.fields import Answers, Field, Kind, read_answers, shorten
from matcher.core.labels import Label
from matcher.core.vocabularies import Vocabulary
from matcher.projects.setup.model import Call

YES_NO = Vocabulary("rule_yes_no", {"yes": Label("是", "Yes"), "no": Label("否", "No")})
Criteria = tuple[dict[str, Any], ...]
_CRITERIA_HELP = Label(
    "每行一项：名称，权重；英文名可写在中间。如：产业带动，25 或 产业带动，Effect on industry，25",
    "One a line: name, weight; an English name may stand between them.",
)
MOST_CRITERIA = 12

RULE_FIELDS: tuple[Field, ...] = (
    Field("notice_days", Label("立项公示期（天）", "Days of the set-up notice"), Kind.INTEGER, required=True, minimum=1, maximum=60, group="periods",
          help=Label("常见 7 到 10 天。", "Commonly 7 to 10.")),
    Field("award_notice_days", Label("拟揭榜公示期（天）", "Days of the award notice"), Kind.INTEGER, required=True, minimum=1, maximum=60, group="periods"),
    Field("least_collection_days", Label("揭榜期至少（天）", "Days for bids at least"), Kind.INTEGER, required=True, minimum=1, maximum=180, group="periods",
          help=Label("常见两到四周。", "Commonly two to four weeks.")),
    Field("most_months", Label("完成时限最长（个月）", "Months to the end at most"), Kind.INTEGER, required=True, minimum=1, maximum=120, group="periods"),
    Field("budget_multiple", Label("总投入至少为财政资金的几倍", "Total budget, times the government's funds at least"), Kind.INTEGER, required=True, minimum=1, maximum=20, group="money"),
    Field("solver_share", Label("财政资金中揭榜方所得至少（%）", "Part of the government's funds for the solver at least (%)"), Kind.INTEGER, required=True, minimum=0, maximum=100, group="money"),
    Field("signing_share", Label("签约时最多拨付（%）", "Paid at signing at most (%)"), Kind.INTEGER, required=True, minimum=0, maximum=100, group="money"),
    Field("owner_may_lead", Label("需求方可以牵头揭榜", "The need's owner may lead a bid"), Kind.CODE, required=True, vocabulary=YES_NO, group="bidders"),
    Field("clean_record_years", Label("无不良信用记录（年）", "Years without a bad credit record"), Kind.INTEGER, required=True, minimum=0, maximum=20, group="bidders"),
    Field("least_bids", Label("有效揭榜至少（份）", "Valid bids at least"), Kind.INTEGER, required=True, minimum=1, maximum=20, group="bidders",
          help=Label("不足时流标。", "With fewer the bidding has failed.")),
    Field("is_blind", Label("专家盲评（隐去揭榜单位）", "Experts do not see who bids"), Kind.CODE, required=True, vocabulary=YES_NO, group="review"),
    Field("pass_mark", Label("评审合格线", "Pass mark"), Kind.INTEGER, required=True, minimum=0, maximum=100, group="review"),
    Field("least_experts", Label("每组专家至少（人）", "Experts of a panel at least"), Kind.INTEGER, required=True, minimum=0, maximum=30, group="review",
          help=Label("0 表示立项论证可以不请专家。", "0: a project may be set up without experts.")),
    Field("criteria_argument", Label("立项论证评分项", "Criteria of the set-up review"), Kind.LONG_TEXT, required=True, max_length=1500, group="criteria", help=_CRITERIA_HELP),
    Field("criteria_evaluation", Label("揭榜评审评分项", "Criteria of the evaluation of bids"), Kind.LONG_TEXT, required=True, max_length=1500, group="criteria", help=_CRITERIA_HELP),
    Field("criteria_acceptance", Label("验收评分项", "Criteria of acceptance"), Kind.LONG_TEXT, required=True, max_length=1500, group="criteria", help=_CRITERIA_HELP),
)  # fmt: skip
RULE_GROUPS = {
    "periods": Label("期限", "Periods"),
    "money": Label("资金", "Money"),
    "bidders": Label("揭榜方", "Bidders"),
    "review": Label("评审", "Review"),
    "criteria": Label("评分项", "Criteria"),
}
_FLAGS = ("owner_may_lead", "is_blind")
_CRITERIA = ("criteria_argument", "criteria_evaluation", "criteria_acceptance")
BAD_CRITERION = Label(
    "“{label}”第 {line} 行不能读懂：“{given}”。请写成“名称，权重”，权重为 1 到 100 的整数。",
    "Line {line} of “{label}” cannot be read: “{given}”. Write “name, weight” with a weight from 1 to 100.",
)
TOO_MANY_CRITERIA = Label("“{label}”最多 {limit} 项。", "“{label}” takes {limit} lines at most.")
_LINE = re.compile(r"\s*(?P<name>[^,|]{1,40}?)\s*[,|]\s*(?:(?P<en>[^,|]{1,60}?)\s*[,|]\s*)?(?P<weight>\d{1,3})\s*%?\s*")


def _criterion(name: str, en: str, weight: int) -> dict[str, Any]:
    return {"name": name, "en": en, "weight": weight}


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold the rules of a list; shares are per cent, criteria are rows of `name`, `en` and `weight`."""

    notice_days: int = 7
    award_notice_days: int = 7
    least_collection_days: int = 14
    most_months: int = 36
    budget_multiple: int = 4
    solver_share: int = 40
    signing_share: int = 40
    owner_may_lead: bool = False
    clean_record_years: int = 3
    least_bids: int = 1
    is_blind: bool = True
    pass_mark: int = 60
    least_experts: int = 3
    criteria_argument: Criteria = (
        _criterion("必要性", "Necessity", 30),
        _criterion("指标先进性与可考核性", "Indicators: ambitious and measurable", 30),
        _criterion("可行性", "Feasibility", 20),
        _criterion("产业带动", "Effect on industry", 20),
    )
    criteria_evaluation: Criteria = (
        _criterion("产业带动", "Effect on industry", 25),
        _criterion("研究基础", "Research foundation", 25),
        _criterion("技术指标", "Technical indicators", 30),
        _criterion("财务指标", "Financial indicators", 20),
    )
    criteria_acceptance: Criteria = (
        _criterion("考核指标完成情况", "Indicators reached", 50),
        _criterion("成果与知识产权", "Results and intellectual property", 20),
        _criterion("应用与产业化", "Use in industry", 20),
        _criterion("经费使用", "Use of funds", 10),
    )

    def to_json(self) -> dict[str, Any]:
        """Return the rules as a list stores them."""
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)}


def _plain(value: Any) -> Any:
    return [dict(row) for row in value] if isinstance(value, tuple) else value


def rules_of(call: Call | None) -> Rules:
    """Return the rules of a list; what it does not say, and a project without a list, go by the defaults."""
    known = {one.name for one in fields(Rules)}
    stored: dict[str, Any] = {name: value for name, value in (call.rules if call else {}).items() if name in known}
    stored |= {name: tuple(stored[name]) for name in _CRITERIA if name in stored}
    return Rules(**stored)


def read_rules(given: Mapping[str, Any]) -> Answers:
    """Read the form of the rules: flags become bool, criteria rows; problems say what cannot be read."""
    answers = read_answers(RULE_FIELDS, given)
    for name in _FLAGS:
        answers.values[name] = answers.values[name] == "yes"
    for one in RULE_FIELDS:
        if one.name in _CRITERIA:
            answers.values[one.name] = _read_criteria(one, answers.values[one.name], answers.problems)
    return answers


def _read_criteria(field: Field, text: str, problems: list[Problem]) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(unicodedata.normalize("NFKC", line).replace("、", ","))
        if found and 1 <= int(found["weight"]) <= 100:
            rows.append(_criterion(found["name"], found["en"] or "", int(found["weight"])))
        elif line.strip():
            problems.append(
                Problem(field.name, BAD_CRITERION.format(label=field.label, line=number, given=shorten(line)))
            )
    if len(rows) > MOST_CRITERIA:
        problems.append(Problem(field.name, TOO_MANY_CRITERIA.format(label=field.label, limit=MOST_CRITERIA)))
    return rows


def typed(rules: Rules) -> dict[str, Any]:
    """Return rules as people type them into the form."""
    given: dict[str, Any] = {one.name: str(getattr(rules, one.name)) for one in RULE_FIELDS}
    given |= {name: "yes" if getattr(rules, name) else "no" for name in _FLAGS}
    for name in _CRITERIA:
        rows = getattr(rules, name)
        given[name] = "\n".join("，".join(filter(None, (r["name"], r["en"], str(r["weight"])))) for r in rows)
    return given
