"""`matcher db`: bring the database to the state of the program, or look whether it is."""

import sys
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from matcher.app import Platform
from matcher.cli.console import FOUND, errors, platform, step

ROOT = Path(__file__).resolve().parents[2]


def alembic_config() -> Config:
    """Return the configuration of the migrations, wherever the program is started."""
    return Config(ROOT / "alembic.ini")


def upgrade(opened: Platform, revision: str = "head") -> None:
    """Migrate the platform's database."""
    config = alembic_config()
    with opened.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def pending(opened: Platform) -> bool:
    """Say whether the database lacks migrations."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with opened.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() != head


@click.group()
def db() -> None:
    """Bring the database up to date, or check it."""


@db.command("upgrade")
def upgrade_command() -> None:
    """Create or migrate the database."""
    with platform() as opened, step("bringing the database up to date"):
        upgrade(opened)


@db.command("check")
def check_command() -> None:
    """Check that the database is up to date and that models and migrations agree (exit code 1 when not)."""
    with platform() as opened:
        if pending(opened):
            errors.print("[red]✗[/] The database lacks migrations: run `python -m matcher db upgrade`.")
            sys.exit(FOUND)
        config = alembic_config()
        with opened.engine.connect() as connection:
            config.attributes["connection"] = connection
            try:
                command.check(config)
            except CommandError as error:
                errors.print(f"[red]✗[/] {error}")
                sys.exit(FOUND)
