"""Migrations on both databases: they lead to the models, down to nothing, and up again."""

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from matcher.core.db import make_engine
from tests.databases import migrations

KINDS = ("sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def empty_engine(request, tmp_path):
    """Open a database without any table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql_databases").empty()
    engine = make_engine(url)
    yield engine
    engine.dispose()


def schema(engine):
    """Return tables, columns, indexes and constraints as plain values."""
    found = inspect(engine)
    return {
        table: (
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)),
            sorted((i["name"], tuple(i["column_names"]), i["unique"]) for i in found.get_indexes(table)),
            sorted((u["name"], tuple(u["column_names"])) for u in found.get_unique_constraints(table)),
            sorted((f["name"], f["referred_table"]) for f in found.get_foreign_keys(table)),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def upgrade(engine, to="head"):
    with migrations(engine) as config:
        command.upgrade(config, to)


def downgrade(engine, to):
    with migrations(engine) as config:
        command.downgrade(config, to)


def test_the_migrations_lead_to_what_the_models_say(empty_engine):
    upgrade(empty_engine)
    with migrations(empty_engine) as config:
        command.check(config)  # raises when a difference is found


def test_up_down_up_comes_back_to_the_same_tables(empty_engine):
    upgrade(empty_engine)
    first = schema(empty_engine)
    assert "needs" in first
    downgrade(empty_engine, "base")
    assert schema(empty_engine) == {}
    upgrade(empty_engine)
    assert schema(empty_engine) == first


def test_every_single_migration_goes_down_and_up(empty_engine):
    with migrations(empty_engine) as config:
        revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    for revision in revisions:
        upgrade(empty_engine, revision)
        downgrade(empty_engine, "-1")
        upgrade(empty_engine, revision)


def test_there_is_one_head(empty_engine):
    with migrations(empty_engine) as config:
        assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_every_constraint_has_a_name_so_that_a_later_migration_can_drop_it(empty_engine):
    upgrade(empty_engine)
    for table, (_, indexes, uniques, foreign) in schema(empty_engine).items():
        assert all(name for name, *_ in [*indexes, *uniques, *foreign]), table


def test_the_database_refuses_what_points_nowhere(platform):
    with platform.engine.connect() as connection, pytest.raises(Exception, match=r"(?i)foreign key"):
        connection.execute(text("INSERT INTO need_fields (need_id, code, position) VALUES (999999, 'optics', 0)"))
