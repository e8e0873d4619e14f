"""`matcher sync`, `match`, `search`, `doctor`: the index and the pairings."""

import sys

import click

from matcher.cli.console import FOUND, console, errors, platform, print_json, progress, step
from matcher.core.people import SYSTEM
from matcher.matching.doctor import examine, repair
from matcher.matching.search import find_offers
from matcher.offers.model import Offer


@click.command()
def sync() -> None:
    """Read what changed: embed and index it."""
    with platform() as opened, step("reading what changed"), progress("reading") as advance:
        count = opened.matcher.sync(advance)
    console.print(f"{count} items read")


@click.command()
@click.option("--all", "everything", is_flag=True, help="Propose anew for every open need and offer.")
def match(everything: bool) -> None:
    """Propose pairings for what changed."""
    with platform() as opened:
        with step("reading what changed"), progress("reading") as advance:
            opened.matcher.sync(advance)
        with step("proposing pairings"), progress("matching") as advance:
            count = opened.matcher.match(advance, everything=everything)
    console.print(f"{count} items matched")


@click.command()
@click.argument("text")
@click.option("-k", "limit", default=10, show_default=True, help="How many results.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def search(text: str, limit: int, as_json: bool) -> None:
    """Find offers for a free text."""
    with platform() as opened:
        uow = opened.uow()
        found = find_offers(uow, opened.matcher, SYSTEM, text, limit)
        offers = [(hit, uow.session.get_one(Offer, hit.id)) for hit in found]
        if as_json:
            rows = [
                {
                    "id": o.id,
                    "number": o.number,
                    "title": o.title,
                    "organisation": o.organisation.name,
                    "score": hit.score,
                }
                for hit, o in offers
            ]
            print_json({"query": text, "results": rows})
        else:
            for hit, o in offers:
                console.print(
                    f"{hit.score:.2f}  {o.number}  {o.title}  ({o.organisation.name})", markup=False, soft_wrap=True
                )
        uow.close()


@click.command()
@click.option("--repair", "mend", is_flag=True, help="Rebuild what does not agree.")
def doctor(mend: bool) -> None:
    """Check settings, database, model, and the index against the database (exit code 1 when something is wrong)."""
    with platform() as opened:
        uow = opened.quiet_uow()
        findings = examine(uow, opened.matcher)
        for finding in findings:
            mark = "[green]✓[/]" if finding.is_well else "[red]✗[/]"
            console.print(f"{mark} {finding.subject}: {finding.text}")
        bad = [finding for finding in findings if not finding.is_well]
        if bad and mend:
            with step("rebuilding the index"):
                repair(uow, opened.matcher)
            bad = [finding for finding in examine(uow, opened.matcher) if not finding.is_well]
        elif bad:
            errors.print("Run `python -m matcher doctor --repair`.")
        uow.close()
        sys.exit(FOUND if bad else 0)
