"""`matcher mail`: what went out, what waits, and what needs a decision."""

import sys

import click

from matcher.cli.console import FOUND, console, errors, platform, print_json
from matcher.messages import post
from matcher.messages.model import Delivery, DeliveryState


@click.command()
@click.option("--again", type=int, metavar="ID", help="Send a failed or unclear delivery again, with its Message-ID.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mail(again: int | None, as_json: bool) -> None:
    """Show the state of mails and robot calls (exit code 1 when some failed or are unclear)."""
    with platform() as opened:
        uow = opened.uow()
        if again is not None:
            with uow:
                sent = post.send_again(uow, again)
            if not sent:
                errors.print(f"[red]✗[/] Delivery {again} is neither failed nor unclear.")
                sys.exit(FOUND)
        counts, troubled = post.counts(uow), post.troubled(uow)
        if as_json:
            print_json({"counts": counts, "troubled": [_plain(one) for one in troubled]})
        else:
            console.print(", ".join(f"{count} {state}" for state, count in counts.items()))
            for one in troubled:
                console.print(
                    f"  {one.id:6} {one.state:8} {one.channel:8} tries {one.attempts}: {one.error}", markup=False
                )
        uow.close()
    if counts[DeliveryState.UNCLEAR] or counts[DeliveryState.FAILED]:
        sys.exit(FOUND)


def _plain(one: Delivery) -> dict[str, object]:
    return {"id": one.id, "state": one.state, "channel": one.channel, "attempts": one.attempts, "error": one.error}
