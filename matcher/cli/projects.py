"""`matcher topics`: common problems."""

import click

from matcher.cli.console import console, platform, step


@click.command()
def topics() -> None:
    """Group the open needs that ask for the same."""
    # Libraries of clustering take a second to load: only this command waits for them.
    from matcher.projects.topics.refresh import refresh

    with platform() as opened, step("grouping needs that ask for the same"):
        found = refresh(opened.quiet_uow)
    console.print(f"{found.needs} needs, {found.topics} common problems, {found.changed} memberships changed")
