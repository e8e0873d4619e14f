"""The workbooks of the seeds say what the seeds say, and import whole."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import pytest
from sqlalchemy import func, select

from matcher.app import Platform
from matcher.core.clock import SHANGHAI
from matcher.core.fields import read_answers
from matcher.core.people import SYSTEM, Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.cells import prepare
from matcher.exchange.columns import Headers, columns_of
from matcher.exchange.importing import check_list, save_list
from matcher.exchange.reading import read_table
from matcher.exchange.sides import NEEDS, OFFERS, Side
from matcher.exchange.verdict import Action
from matcher.seeding import WRITTEN_ON
from tools.write_seed_workbooks import FILES, WORKBOOKS, seed_values

SIDES = pytest.mark.parametrize("side", [NEEDS, OFFERS], ids=["needs", "results"])


def content_of(side: Side) -> tuple[str, bytes]:
    name = FILES[side.what][1]
    return name, (WORKBOOKS / name).read_bytes()


@pytest.fixture
def open_uow(platform: Platform) -> Callable[[], UnitOfWork]:
    """Open units of work on the day as of which the seeds are written."""
    day = datetime.combine(WRITTEN_ON, time(12), SHANGHAI)
    return lambda: UnitOfWork(platform.sessions, clock=lambda: day)


@SIDES
def test_the_workbook_says_what_the_seeds_say(side: Side) -> None:
    columns = columns_of(side)
    table = read_table(*content_of(side), Headers(columns), max_rows=5000)
    rows: list[dict[str, Any]] = []
    for row in table.rows:
        values = {}
        for column in columns:
            given = {column.field.name: prepare(column.field, row.cells[column.key])}
            answers = read_answers([column.field], given)
            assert not answers.problems
            values[column.key] = answers.values[column.field.name]
        rows.append(values)
    assert rows == seed_values(side), "run tools/write_seed_workbooks.py"


@SIDES
@pytest.mark.parametrize("who", ["system", "desk"])
def test_the_seed_workbook_imports_without_a_problem_and_a_second_time_changes_nothing(
    side: Side, who: str, open_uow: Callable[[], UnitOfWork], request: pytest.FixtureRequest
) -> None:
    actor: Actor = SYSTEM if who == "system" else request.getfixturevalue("actors").desk
    name, content = content_of(side)
    uow = open_uow()
    verdict = check_list(uow, actor, side.what, name, content, max_rows=5000)
    assert [(row.number, row.problems) for row in verdict.rows if row.problems] == []
    assert verdict.count(Action.NEW) == len(verdict.rows)
    assert uow.session.scalar(select(func.count()).select_from(side.model)) == 0, "a check saves nothing"
    saved = save_list(open_uow, actor, verdict)
    assert saved.count(Action.NEW) == len(verdict.rows)
    states = set(uow.session.scalars(select(side.model.state).distinct()))
    assert {str(state) for state in states} == {"published"}
    uow.close()
    again = open_uow()
    second = check_list(again, actor, side.what, name, content, max_rows=5000)
    again.close()
    assert {row.action for row in second.rows} == {Action.UNCHANGED}
    # Whom a targeted need is shown to comes with the other workbook.
    assert {warning.column.en for row in second.rows for warning in row.warnings} <= {"Organisations it is shown to"}


@pytest.mark.postgresql
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@SIDES
def test_the_seed_workbook_imports_into_postgresql_as_well(side: Side, open_uow: Callable[[], UnitOfWork]) -> None:
    for action in (Action.NEW, Action.UNCHANGED):
        uow = open_uow()
        verdict = check_list(uow, SYSTEM, side.what, *content_of(side), max_rows=5000)
        uow.close()
        assert {row.action for row in verdict.rows} == {action}
        save_list(open_uow, SYSTEM, verdict)
