"""`matcher seed`, `matcher import`, `matcher export`: data in and out."""

import sys
from pathlib import Path

import click

from matcher.accounts.service import actor_by_email
from matcher.cli.console import OK, WRONG, console, errors, language, platform, progress, say, step
from matcher.core.people import SYSTEM, Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.exporting import export
from matcher.exchange.importing import check_list, save_list
from matcher.exchange.verdict import ListVerdict


@click.command()
def seed() -> None:
    """Fill the database with the demo's organisations, people, needs and results (never in production)."""
    from matcher.seeding import seed_demo

    with platform() as opened, step("filling in the demo data"):
        written = seed_demo(opened)
        console.print("  " + ", ".join(f"{count} {what}" for what, count in written.items()))


def _actor(uow: UnitOfWork, email: str | None) -> Actor:
    return actor_by_email(uow, email) if email else SYSTEM


def _print_rows(verdict: ListVerdict) -> None:
    """Tell what is wrong, and what is worth knowing, by row and column."""
    for label in verdict.warnings:
        errors.print(f"  {say(label)}", markup=False)
    for row in verdict.rows:
        for told in (*row.problems, *row.warnings):
            errors.print(f"  row {row.number}, {say(told.column)}: {say(told.message)}", markup=False, soft_wrap=True)


@click.command("import")
@click.argument("what", type=click.Choice(["needs", "offers"]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "email", metavar="EMAIL", help="The person who imports; without it the system does.")
@click.option("--check", is_flag=True, help="Only say what would happen.")
def import_items(what: str, file: Path, email: str | None, check: bool) -> None:
    """Take a list in (.xlsx, .xls, .csv, .jsonl). Rows with mistakes are told by row and column and left out (exit code 2)."""
    with platform() as opened:
        if not file.is_file():
            errors.print(f"[red]✗[/] {file} is not a file.")
            sys.exit(WRONG)
        uow = opened.uow()
        with uow, step(f"checking {file.name}"):
            actor = _actor(uow, email)
            verdict = check_list(uow, actor, what, file.name, file.read_bytes(), max_rows=opened.settings.max_rows)
        uow.close()
        if not check:
            with progress(f"importing {what}") as advance:
                verdict = save_list(opened.uow, actor, verdict, advance)
        _print_rows(verdict)
        console.print(say(verdict.summary(saved=not check)))
        sys.exit(WRONG if verdict.has_problems else OK)


@click.command("export")
@click.argument("what", type=click.Choice(["needs", "offers", "pairings"]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "email", metavar="EMAIL", help="The person who exports; without it the system does.")
def export_items(what: str, file: Path, email: str | None) -> None:
    """Write a list to a file; its ending (.xlsx, .csv, .jsonl) says in which form."""
    with platform() as opened:
        uow = opened.uow()
        with uow:
            count = export(uow, _actor(uow, email), what, file, language=language())
        uow.close()
        console.print(f"{count} {what} → {file}", markup=False)
