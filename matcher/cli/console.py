"""What the commands share: output, progress, and how errors end."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from matcher.app import Platform, open_platform
from matcher.core.errors import DomainError, InvalidInput
from matcher.core.labels import Label

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

#: Exit codes: everything well; a check found something; the input or the call was wrong.
OK, FOUND, WRONG = 0, 1, 2

Advance = Callable[[int, int], None]


def language() -> str:
    """Return the language of messages: that of the terminal, English where it says nothing."""
    return "zh" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh") else "en"


def say(label: Label) -> str:
    """Return a label in the terminal's language."""
    return label.text(language())


def print_json(value: Any) -> None:
    """Print a value as JSON, the only thing on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is done now and how long it took."""
    errors.print(f"[bold]→[/] {text}")
    started = perf_counter()
    yield
    errors.print(f"  [green]done[/] in {perf_counter() - started:.1f} s")


@contextmanager
def progress(text: str) -> Iterator[Advance]:
    """Show a bar; the callable that is given takes (done, total)."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=not errors.is_terminal) as bar:
        task = bar.add_task(text, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


@contextmanager
def told() -> Iterator[None]:
    """Turn what services refuse into a message and an exit code."""
    try:
        yield
    except InvalidInput as error:
        errors.print(f"[red]✗[/] {say(error.message)}")
        for problem in error.problems:
            if problem.message == error.message:
                continue
            errors.print(f"  {problem.field}: {say(problem.message)}")
        sys.exit(WRONG)
    except DomainError as error:
        errors.print(f"[red]✗[/] {say(error.message)}")
        sys.exit(WRONG)


@contextmanager
def platform() -> Iterator[Platform]:
    """Open the platform of the settings for one command, and close its database behind it."""
    opened = open_platform()
    try:
        with told():
            yield opened
    finally:
        opened.engine.dispose()
