"""The list of scenario opportunities (场景机会清单) as a workbook, as far as the reader may see each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from matcher.core.labels import Label
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import REGION, TECH_FIELD
from matcher.exchange.writing import Cell, Line, Sheet, write_list
from matcher.projects.scenarios.queries import ScenarioRow, every_row

TITLE = Label("场景机会清单", "Scenario opportunities")
REDACTED = Label("脱敏公开", "shown in part")
IS_OPEN = Label("可以申请", "open for application")


@dataclass(frozen=True, slots=True)
class _Column:
    key: str
    header: Label
    width: int
    value: Callable[[ScenarioRow, str], Cell]


def _fields(row: ScenarioRow, language: str) -> str:
    return "；".join(TECH_FIELD.label(code).text(language) for code in row.need.tech_fields)


_COLUMNS = (
    _Column("number", Label("编号", "Number"), 12, lambda row, _: row.need.number),
    _Column("title", Label("场景名称", "Title"), 40, lambda row, lang: row.need.title or REDACTED.text(lang)),
    _Column("owner", Label("发布单位", "Published by"), 30, lambda row, _: row.need.organisation),
    _Column("region", Label("地区", "Region"), 16, lambda row, lang: REGION.label(row.need.region).text(lang)),
    _Column("fields", Label("技术领域", "Fields"), 24, _fields),
    _Column("tryable", Label("可以试什么", "What can be tried"), 60, lambda row, _: row.tryable),
    _Column("place", Label("试验地点", "Where"), 24, lambda row, _: row.place),
    _Column("apply_until", Label("申请截止", "Apply until"), 14, lambda row, _: row.apply_until or ""),
    _Column(
        "most_trials",
        Label("最多接纳", "Trials at most"),
        12,
        lambda row, _: "" if row.most_trials is None else Decimal(row.most_trials),
    ),
    _Column("admitted", Label("已接纳", "Admitted"), 10, lambda row, _: Decimal(row.admitted)),
    _Column("state", Label("申请状态", "Application"), 30, lambda row, lang: (row.closed or IS_OPEN).text(lang)),
)


def write(uow: UnitOfWork, actor: Actor, path: Path, *, language: str) -> int:
    """Write the scenarios that `actor` may see to a file, and return how many."""
    headers = [column.header.text(language) for column in _COLUMNS]
    sheet = Sheet(TITLE.text(language), headers, [column.width for column in _COLUMNS])
    return write_list(path, sheet, _lines(uow, actor, language))


def _lines(uow: UnitOfWork, actor: Actor, language: str) -> Iterator[Line]:
    for row in every_row(uow, actor):
        yield _line(row, language)


def _line(row: ScenarioRow, language: str) -> Line:
    values = {column.key: column.value(row, language) for column in _COLUMNS}
    cells: list[Cell] = list(values.values())
    return Line(lambda: cells, lambda: values)
