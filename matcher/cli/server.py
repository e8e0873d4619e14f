"""`matcher demo`, `matcher serve`, `matcher worker`: the demo, the web server and the background work."""

import signal
import subprocess
import sys
from types import FrameType

import click

from matcher.cli.console import console, errors, platform, progress, step
from matcher.cli.database import ROOT, pending, upgrade
from matcher.settings import Settings


@click.command()
def demo() -> None:
    """Make the demo: database, data, reading, matching. Quick when there is nothing to do."""
    from matcher.projects.topics.refresh import refresh as group
    from matcher.seed_event import seed_event
    from matcher.seeding import seed_demo
    from matcher.seeding_desk import seed_desk
    from matcher.seeding_introductions import seed_introductions
    from matcher.seeding_projects import seed_projects

    with platform() as opened:
        with step("database"):
            upgrade(opened)
        with step("demo data"):
            written = seed_demo(opened)
            console.print("  " + ", ".join(f"{count} {what}" for what, count in written.items()))
        with step("reading needs and results"), progress("reading") as advance:
            opened.matcher.sync(advance)
        with step("proposing pairings"), progress("matching") as advance:
            opened.matcher.match(advance)
        with step("common problems"):
            group(opened.quiet_uow)
        with step("work of the desk"):
            done = seed_desk(opened)
            console.print("  " + ", ".join(f"{count} {what}" for what, count in done.items()))
        with step("an example event"):
            console.print(f"  {seed_event(opened)} written")
        with step("introductions"):
            console.print(f"  {seed_introductions(opened)} introductions")
        with step("an example list of projects"):
            console.print(f"  {seed_projects(opened)} projects")
        with step("what the projects added"), progress("reading and matching") as advance:
            opened.matcher.sync(advance)
            opened.matcher.match(advance)


def _tell_where(settings: Settings) -> None:
    from matcher.seeding import DEMO_PASSWORD, DEMO_PEOPLE

    console.print(f"\nOpen [bold]http://{settings.host}:{settings.port}/[/] (stop with Ctrl+C)")
    if settings.is_production:
        return
    console.print(f"Sign in with the password [bold]{DEMO_PASSWORD}[/] as")
    for person in DEMO_PEOPLE:
        console.print(f"  {person.email:28} {person.says}", markup=False)


@click.command()
def serve() -> None:
    """Run the web server and the background worker until interrupted."""
    settings = Settings()
    with platform() as opened:
        if pending(opened):
            errors.print("[red]✗[/] The database lacks migrations: run `python -m matcher db upgrade` (or `make run`).")
            sys.exit(2)
    web = [
        sys.executable, "-m", "gunicorn", "wsgi:app", "--chdir", str(ROOT), "--bind", f"{settings.host}:{settings.port}",
        "--workers", str(settings.workers), "--threads", "4", "--timeout", "120", "--log-level", "warning",
    ]  # fmt: skip
    _tell_where(settings)
    _run_together([web, [sys.executable, "-m", "matcher", "worker"]])


def _run_together(commands: list[list[str]]) -> None:
    """Run commands side by side; when one ends or we are told to stop, end them all."""
    processes = [subprocess.Popen(command) for command in commands]

    def stop(number: int, frame: FrameType | None) -> None:
        for process in processes:
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while all(process.poll() is None for process in processes):
        try:
            processes[0].wait(timeout=1)
        except subprocess.TimeoutExpired:
            continue
    stop(signal.SIGTERM, None)
    codes = [process.wait() for process in processes]
    sys.exit(max(0, *codes))


@click.command()
def worker() -> None:
    """Run the background work: read and match what changes, expire what is due."""
    from matcher.worker import run_worker

    with platform() as opened:
        run_worker(opened)
