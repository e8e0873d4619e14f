"""Alembic's environment: the database of the settings, or the connection that the caller hands over."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from matcher.core.db import Money, UTCDateTime, make_engine
from matcher.models import Base
from matcher.settings import Settings


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our column types by the name under which migrations import them."""
    if kind == "type" and isinstance(item, Money | UTCDateTime):
        autogen_context.imports.add("from matcher.core.db import Money, UTCDateTime")
        return f"{type(item).__name__}()"
    return False


def keep_rows(connection: Connection, *, keep: bool) -> None:
    """Let SQLite rewrite tables without losing the rows that hang on them: a batch drops the old table, and the drop cascades."""
    if connection.dialect.name != "sqlite":
        return
    cursor = connection.connection.cursor()  # outside any transaction, where alone the switch works
    cursor.execute(f"PRAGMA foreign_keys = {'OFF' if keep else 'ON'}")
    cursor.execute("PRAGMA foreign_keys")
    if cursor.fetchone()[0] == keep:
        raise RuntimeError("a transaction is open: migrations need a connection of their own")
    cursor.close()


def run(connection: Connection) -> None:
    """Migrate over one connection."""
    keep_rows(connection, keep=True)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=True,
        compare_server_default=True,
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        keep_rows(connection, keep=False)


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    settings = Settings()
    settings.data.mkdir(parents=True, exist_ok=True)
    with make_engine(settings.url).connect() as opened:
        run(opened)
