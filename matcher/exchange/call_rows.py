"""A list (榜单) as rows of names and values: the one order and wording of its Word and Excel forms."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from matcher.core.clock import local_second
from matcher.core.labels import Label
from matcher.core.rows import format_indicator
from matcher.core.vocabularies import IP_OWNERSHIP, REGION, TECH_FIELD, Vocabulary
from matcher.projects.lifecycle import MODE_LABELS
from matcher.projects.setup.fields import CALL_FIELDS, PROJECT_FIELDS
from matcher.projects.setup.model import Call, Project

FIELDS = {field.name: field for field in PROJECT_FIELDS}
LIST_FIELDS = {field.name: field for field in CALL_FIELDS}
NUMBER, MODE = Label("项目编号", "Number"), Label("组织方式", "Mode")
OFFICE, FUNDS = Label("发榜单位", "Issued by"), Label("资金投入（万元）", "Funds (10,000 yuan)")
OPENS, CLOSES = Label("开始揭榜", "Bids from"), Label("截止时间", "Bids until")


@dataclass(frozen=True, slots=True)
class Column:
    """Name one thing that a list says of each project, with its width in a workbook; `value` returns text or an amount in 万元."""

    label: Label
    width: int
    value: Callable[[Project, str], str | Decimal]


def wan(amount: Decimal | None) -> str | Decimal:
    """Turn yuan to 万元; nothing where nothing is given."""
    return "" if amount is None else amount / 10_000


def names(vocabulary: Vocabulary, codes: Any, language: str) -> str:
    """Write codes by their labels."""
    listed = codes if isinstance(codes, list) else [codes] if codes else []
    return ("、" if language == "zh" else ", ").join(vocabulary.label(code).text(language) for code in listed)


def _field(name: str, width: int, value: Callable[[Project, str], str | Decimal]) -> Column:
    return Column(FIELDS[name].label, width, value)


COLUMNS: tuple[Column, ...] = (
    Column(NUMBER, 12, lambda project, language: project.number),
    _field("title", 36, lambda project, language: project.title),
    Column(MODE, 12, lambda project, language: MODE_LABELS[project.mode].text(language)),
    Column(OFFICE, 24, lambda project, language: project.organisation.name),
    _field("tech_fields", 20, lambda project, language: names(TECH_FIELD, project.tech_fields, language)),
    _field("background", 50, lambda project, language: project.background),
    _field("goals", 50, lambda project, language: project.goals),
    _field(
        "indicators",
        36,
        lambda project, language: "\n".join(format_indicator(one.row()) for one in project.indicator_rows),
    ),
    _field("months", 10, lambda project, language: str(project.months or "")),
    _field("ip_ownership", 14, lambda project, language: names(IP_OWNERSHIP, project.ip_ownership, language)),
    _field("enterprise_funds", 16, lambda project, language: wan(project.enterprise_funds)),
    _field("government_funds", 16, lambda project, language: wan(project.government_funds)),
    _field("conditions", 40, lambda project, language: project.conditions),
    _field("region", 14, lambda project, language: names(REGION, project.region, language)),
    _field("keywords", 24, lambda project, language: "；".join(project.keywords)),
    Column(OPENS, 20, lambda project, language: local_second(project.opens_at)),
    Column(CLOSES, 20, lambda project, language: local_second(project.closes_at)),
)


def heading(call: Call, language: str) -> list[tuple[str, str]]:
    """Return what a list says of itself, as names and values."""
    from_, until = local_second(call.opens_at), local_second(call.closes_at)
    return [
        (OFFICE.text(language), call.organisation.name),
        (OPENS.text(language), from_),
        (CLOSES.text(language), until),
        (LIST_FIELDS["contact"].label.text(language), call.contact),
    ]
