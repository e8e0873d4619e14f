"""Migrations keep what is stored: a table that SQLite rewrites loses none of the rows that hang on it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command

from matcher.core.db import make_engine
from tests.databases import migrations


def put(connection: sqlite3.Connection, table: str, **known: Any) -> None:
    """Insert a row that has something in every column that must have it."""
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    row = {name: 0 if "INT" in kind else "" for _, name, kind, needed, _, _ in columns if needed} | known
    marks = ", ".join("?" for _ in row)
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def test_the_seats_of_a_panel_are_there_after_its_table_was_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    with migrations(engine) as config:
        command.upgrade(config, "0012")
    with closing(sqlite3.connect(path)) as old:
        put(old, "panels", id=1)
        put(old, "panel_seats", id=1, panel_id=1)
        put(old, "score_sheets", id=1, seat_id=1)
        old.commit()
    with migrations(engine) as config:
        command.upgrade(config, "head")
    with engine.connect() as now:
        for table in ("panels", "panel_seats", "score_sheets"):
            assert now.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 1, table
        assert now.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1, "the connection guards its keys again"
    engine.dispose()
