"""`matcher bench`: speed and scale beside the libraries that the engine could be replaced by."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from matcher.cli.console import WRONG, console, errors, print_json, step
from matcher.cli.database import ROOT
from matcher.engine.bench.report import write_between_marks
from matcher.engine.bench.run import QUICK_SIZES, SIZES, CannotMeasure, Options, measure
from matcher.engine.items import EngineError
from matcher.settings import Settings

ENVIRONMENT = ROOT / ".venv-bench"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quick", is_flag=True, help="5,000 items and few texts only, in less than a minute.")
@click.option(
    "--size", "sizes", multiple=True, type=click.IntRange(1000), help="Items of a collection; may be repeated."
)
@click.option(
    "--rivals-up-to", default=100_000, show_default=True, help="Largest collection that the others are given."
)
@click.option("--install", is_flag=True, help="Make the environment of the others first, where it is not there.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep collections and indexes in this folder."
)
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), help="Write the tables into this document.")
def bench(
    as_json: bool,
    quick: bool,
    sizes: tuple[int, ...],
    rivals_up_to: int,
    install: bool,
    keep: Path | None,
    write: Path | None,
) -> None:
    """Measure speed and scale beside txtai, sentence-transformers, bm25s and raw FAISS, in one run."""
    settings = Settings()
    if install:
        with step("environment of the others"):
            _make_environment()
    options = Options(
        models=settings.data / "models",
        model=settings.encoder,
        sizes=sizes or (QUICK_SIZES if quick else SIZES),
        rivals_up_to=rivals_up_to,
        rivals=_python() if _python().exists() else None,
        keep=keep,
        quick=quick,
    )
    try:
        with _telling() as advance:
            report = measure(options, advance)
    except (CannotMeasure, EngineError, OSError) as error:
        errors.print(f"[red]✗[/] {error}")
        sys.exit(WRONG)
    if write:
        write_between_marks(write, report.to_markdown())
    if as_json:
        print_json(report.to_json())
    else:
        console.print(report.to_markdown(), markup=False, soft_wrap=True)


def _python() -> Path:
    return ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def _make_environment() -> None:
    """Make the environment of the others and bring it up to date; says so where that is not possible."""
    commands = [[str(_python()), "-m", "pip", "install", "--quiet", "-r", str(ROOT / "requirements-bench.txt")]]
    if not _python().exists():
        commands.insert(0, [sys.executable, "-m", "venv", str(ENVIRONMENT)])
    for command in commands:
        if subprocess.run(command, check=False).returncode:
            errors.print(
                "[yellow]![/] The environment of the others could not be made; the rest is measured without them."
            )
            return


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Show what is being measured."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=not errors.is_terminal) as bar:
        task = bar.add_task("starting", total=None)

        def advance(text: str) -> None:
            bar.update(task, description=text)
            if not errors.is_terminal:
                errors.print(f"→ {text}")

        yield advance
