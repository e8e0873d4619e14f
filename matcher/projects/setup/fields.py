"""The fields of a project and of a list (榜单), declared once for model, form, documents and pages."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from matcher.core.clock import SHANGHAI
from matcher.core.errors import Problem
from matcher.core.fields import Answers, Field, Kind, read_answers, shorten
from matcher.core.labels import Label
from matcher.core.vocabularies import IP_OWNERSHIP, REGION, TECH_FIELD, Vocabulary
from matcher.projects.lifecycle import MODE_LABELS, Mode

MODE = Vocabulary("project_mode", {mode.value: label for mode, label in MODE_LABELS.items()})
DECLARATION = Vocabulary(
    "declaration",
    {
        "not_in_house": Label("需求方无法依靠自身力量解决", "The need's owner cannot solve it in-house"),
        "funds_ready": Label("企业自筹资金已落实", "The enterprise's share is secured"),
        "not_funded": Label("未获其他财政资金支持", "No other public funds are given for it"),
        "no_secret": Label("内容不涉及国家秘密", "It holds no state secrets"),
    },
)
CALL_KIND = Vocabulary(
    "call_kind",
    {"government": Label("政府榜", "Government list"), "enterprise": Label("企业榜", "Enterprise list")},
)
LEAST_TEAMS, MOST_TEAMS = 2, 3

PROJECT_FIELDS: tuple[Field, ...] = (
    Field("title", Label("项目名称", "Title"), Kind.TEXT, required=True, max_length=80, group="what"),
    Field("mode", Label("组织方式", "Mode"), Kind.CODE, required=True, vocabulary=MODE, group="what",
          help=Label("揭榜挂帅选一个团队；赛马制同时支持两到三个；订单式已有承担团队。",
                     "A challenge takes one team, a race two or three in parallel; a commissioned project has its team.")),
    Field("teams", Label("赛马并行团队数", "Teams of a race"), Kind.INTEGER, minimum=1, maximum=MOST_TEAMS, group="what",
          help=Label("只用于赛马制：2 或 3。", "For a race only: 2 or 3.")),
    Field("tech_fields", Label("技术领域", "Technology fields"), Kind.CODES, required=True, vocabulary=TECH_FIELD, group="what"),
    Field("keywords", Label("技术关键词", "Keywords"), Kind.TAGS, group="what", help=Label("用分号隔开。", "Separate with semicolons.")),
    Field("region", Label("实施地区", "Region"), Kind.CODE, vocabulary=REGION, group="what"),
    Field("background", Label("需求背景", "Background"), Kind.LONG_TEXT, required=True, max_length=4000, group="problem",
          help=Label("将对外公示：不要写入未公开需求中的信息。", "It will be public: leave out what is known from needs that are not open.")),
    Field("goals", Label("技术目标与内容", "Goals and content"), Kind.LONG_TEXT, required=True, max_length=4000, group="problem"),
    Field("indicators", Label("考核指标", "Indicators of acceptance"), Kind.INDICATORS, required=True, group="problem",
          help=Label("验收时逐项对照。", "Acceptance goes through them one by one.")),
    Field("months", Label("完成时限（月）", "Months"), Kind.INTEGER, required=True, minimum=1, maximum=120, group="terms"),
    Field("ip_ownership", Label("知识产权归属", "Ownership of IP"), Kind.CODE, required=True, vocabulary=IP_OWNERSHIP, group="terms"),
    Field("enterprise_funds", Label("企业投入", "Enterprise's funds"), Kind.MONEY, required=True, group="terms",
          help=Label("只计现金，实物不计入。", "Money only; contributions in kind do not count.")),
    Field("government_funds", Label("财政资金", "Government's funds"), Kind.MONEY, required=True, group="terms"),
    Field("solver_funds", Label("其中揭榜方所得", "Part of it for the solver"), Kind.MONEY, group="terms",
          help=Label("财政资金中付给揭榜方的部分。", "What the solving team gets of the government's funds.")),
    Field("conditions", Label("揭榜方条件", "Who may bid"), Kind.LONG_TEXT, max_length=2000, group="terms"),
    Field("declared", Label("需求方声明", "Declared by the need's owner"), Kind.CODES, vocabulary=DECLARATION, group="terms"),
)  # fmt: skip
PROJECT_GROUPS = {
    "what": Label("基本信息", "What and where"),
    "problem": Label("问题与指标", "Problem and indicators"),
    "terms": Label("期限、资金与条件", "Time, money and conditions"),
}

_MOMENT_HELP = Label("北京时间，精确到秒，如 2027-03-01 09:00:00。", "China's time, to the second, such as 2027-03-01 09:00:00.")  # fmt: skip
CALL_FIELDS: tuple[Field, ...] = (
    Field("title", Label("榜单名称", "Title of the list"), Kind.TEXT, required=True, max_length=120, group="call"),
    Field("kind", Label("榜单类型", "Kind of list"), Kind.CODE, required=True, vocabulary=CALL_KIND, group="call"),
    Field("intro", Label("说明", "Introduction"), Kind.LONG_TEXT, max_length=4000, group="call"),
    Field("contact", Label("联系方式", "Contact"), Kind.TEXT, required=True, max_length=200, group="call"),
    Field("opens_at", Label("揭榜开始时间", "Bids are taken from"), Kind.TEXT, required=True, max_length=30, group="call", help=_MOMENT_HELP),
    Field("closes_at", Label("揭榜截止时间", "Bids are taken until"), Kind.TEXT, required=True, max_length=30, group="call", help=_MOMENT_HELP),
)  # fmt: skip
CALL_GROUPS = {"call": Label("榜单", "List")}

NOT_MOMENT = Label(
    "“{label}”应为日期和时间，如 2027-03-01 09:00:00，不能读懂“{given}”。",
    "“{label}” takes a date and a time such as 2027-03-01 09:00:00; “{given}” is not one.",
)
CLOSES_EARLY = Label("截止时间要晚于开始时间。", "Bids must end after they begin.")
RACE_NEEDS_TEAMS = Label(
    "赛马制要并行 2 到 3 个团队，请填写团队数。", "A race takes 2 or 3 teams in parallel; give their number."
)
ONE_TEAM = Label("只有赛马制可以并行多个团队；请改为赛马制或填 1。", "Only a race takes several teams; choose a race, or give 1.")  # fmt: skip
SOLVER_ABOVE = Label(
    "揭榜方所得（{solver} 万元）不能超过财政资金（{government} 万元）。",
    "The solver's part ({solver} × 10,000 yuan) cannot be above the government's funds ({government} × 10,000 yuan).",
)
_MOMENT = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?")


def wan(amount: Decimal | None) -> str:
    """Write yuan in 万元 for a message."""
    return f"{(amount or Decimal(0)) / 10_000:,.6f}".rstrip("0").rstrip(".")


def read_project(given: Mapping[str, Any], *, complete: bool) -> Answers:
    """Read the form of a project; with `complete` as it must be to be announced, else as a draft with title and mode."""
    answers = read_answers(PROJECT_FIELDS, given, complete=complete)
    values, problems = answers.values, answers.problems
    if not complete:
        must = [one for one in PROJECT_FIELDS if one.name in {"title", "mode"}]
        problems += [one for one in read_answers(must, given).problems if one not in problems]
    if values["mode"]:
        problems += _team_problems(Mode(values["mode"]), values["teams"])
    values["teams"] = values["teams"] or 1
    solver, government = values["solver_funds"], values["government_funds"]
    if solver is not None and solver > (government or 0):
        problems.append(Problem("solver_funds", SOLVER_ABOVE.format(solver=wan(solver), government=wan(government))))
    return answers


def _team_problems(mode: Mode, teams: int | None) -> list[Problem]:
    if mode is Mode.RACE:
        return [] if teams and LEAST_TEAMS <= teams <= MOST_TEAMS else [Problem("teams", RACE_NEEDS_TEAMS)]
    return [Problem("teams", ONE_TEAM)] if (teams or 1) > 1 else []


def read_call(given: Mapping[str, Any]) -> Answers:
    """Read the form of a list; its two moments become datetimes in UTC's sense."""
    answers = read_answers(CALL_FIELDS, given)
    for one in CALL_FIELDS:
        if one.name in ("opens_at", "closes_at") and answers.values[one.name]:
            answers.values[one.name] = _read_moment(one, answers.values[one.name], answers.problems)
    opens, closes = answers.values["opens_at"], answers.values["closes_at"]
    if opens and closes and closes <= opens:
        answers.problems.append(Problem("closes_at", CLOSES_EARLY))
    return answers


def _read_moment(field: Field, text: str, problems: list[Problem]) -> datetime | None:
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        if found is None:
            raise ValueError
        return datetime(*(int(part or 0) for part in found.groups()), tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]
    except ValueError:
        problems.append(Problem(field.name, NOT_MOMENT.format(label=field.label, given=shorten(text))))
        return None
