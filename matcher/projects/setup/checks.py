"""The local rules of a list, checked on a project: each message says the rule, the figure, and what to do."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from matcher.core.clock import local_second
from matcher.core.errors import Problem
from matcher.core.labels import Label
from matcher.core.money import in_wan
from matcher.core.rows import IndicatorRow
from matcher.projects.lifecycle import Mode
from matcher.projects.setup.fields import PROJECT_FIELDS, read_project, wan
from matcher.projects.setup.model import Call, Project
from matcher.projects.setup.rules import Rules

BUDGET = Label(
    "总投入应不低于财政资金的 {multiple} 倍，现在是 {total} 万元，财政资金 {government} 万元。请把企业投入增加到至少 {enterprise} 万元，或减少财政资金。",
    "The total budget must be {multiple} times the government's funds at least; it is {total} × 10,000 yuan with {government} from the government. Raise the enterprise's funds to {enterprise} at least, or lower the government's.",
)  # fmt: skip
SOLVER = Label(
    "财政资金中揭榜方所得应不低于 {share}%，现在是 {now}%。请改为至少 {least} 万元。",
    "The solver gets {share} % of the government's funds at least; it is {now} %. Make it {least} × 10,000 yuan at least.",
)
MONTHS = Label(
    "完成时限最长 {most} 个月，现在是 {months} 个月。请缩短，或分期立项。",
    "A project takes {most} months at most; this one takes {months}. Shorten it, or divide it into two projects.",
)
NOT_IN_HOUSE = Label(
    "需求必须是需求方无法自行解决的。请在“需求方声明”中确认这一项。",
    "The need must be one that its owner cannot solve in-house. Confirm it among the declarations.",
)
NO_CALL = Label("请先把项目放入一个榜单。", "Put the project on a list first.")
OVER = Label(
    "揭榜截止时间 {closes} 已过，请先修改榜单的时间。",
    "The time for bids ended at {closes}; change the dates of the list first.",
)
SHORT = Label(
    "揭榜期至少 {least} 天，从 {start} 到 {closes} 只有 {days} 天。请推迟榜单的截止时间。",
    "Bids are taken for {least} days at least; from {start} to {closes} there are {days}. Put off the end of the list.",
)
COMMISSIONED = Label(
    "订单式项目已有承担团队，不发榜；公示期满后直接签订任务书。",
    "A commissioned project has its team and is not put on a list; its task book follows the notice.",
)
_DAY = 86_400


def values_of(project: Project) -> dict[str, Any]:
    """Return a project's answers by field name."""
    values: dict[str, Any] = {
        one.name: getattr(project, one.name) for one in PROJECT_FIELDS if one.name != "indicators"
    }
    values["mode"] = project.mode.value
    values["indicators"] = [row.row() for row in project.indicator_rows]
    return values


def given_of(project: Project) -> dict[str, Any]:
    """Return a project's answers as `read_project` takes them: money in 万元, rows as plain values."""
    return {name: _given(value) for name, value in values_of(project).items()}


def _given(value: Any) -> Any:
    match value:
        case Decimal():
            return in_wan(value)
        case [IndicatorRow(), *_]:
            return [row.to_json() for row in value]
    return value


def missing(project: Project) -> list[Problem]:
    """Return what a project lacks to be argued and announced."""
    return read_project(given_of(project), complete=True).problems


def broken(values: Mapping[str, Any], rules: Rules) -> list[Problem]:
    """Return the rules that the answers to a project's form break; what is not answered breaks none."""
    problems = []
    government, enterprise = values["government_funds"], values["enterprise_funds"]
    if government and enterprise is not None and government + enterprise < government * rules.budget_multiple:
        problems.append(
            Problem(
                "enterprise_funds",
                BUDGET.format(
                    multiple=rules.budget_multiple,
                    total=wan(government + enterprise),
                    government=wan(government),
                    enterprise=wan(government * (rules.budget_multiple - 1)),
                ),
            )
        )
    if government and (least := government * rules.solver_share / 100) > (values["solver_funds"] or 0):
        now = (values["solver_funds"] or Decimal(0)) * 100 / government
        problems.append(
            Problem("solver_funds", SOLVER.format(share=rules.solver_share, now=f"{now:.1f}", least=wan(least)))
        )
    if values["months"] and values["months"] > rules.most_months:
        problems.append(Problem("months", MONTHS.format(most=rules.most_months, months=values["months"])))
    if values["mode"] != Mode.COMMISSIONED and "not_in_house" not in values["declared"]:
        problems.append(Problem("declared", NOT_IN_HOUSE))
    return problems


def period(call: Call | None, rules: Rules, now: datetime) -> list[Problem]:
    """Return what keeps a list from taking bids from `now` on: no list, its end has passed, or too few days are left."""
    if call is None:
        return [Problem("call", NO_CALL)]
    if call.closes_at <= now:
        return [Problem("closes_at", OVER.format(closes=local_second(call.closes_at)))]
    start = max(call.opens_at, now)
    seconds = (call.closes_at - start).total_seconds()
    if seconds < rules.least_collection_days * _DAY:
        days = f"{int(seconds * 10 / _DAY) / 10:g}"
        text = SHORT.format(
            least=rules.least_collection_days, start=local_second(start), closes=local_second(call.closes_at), days=days
        )
        return [Problem("closes_at", text)]
    return []
