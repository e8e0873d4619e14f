"""Measure every page: `.venv/bin/python -m tools.bench_pages`, after `make demo`; prints the table of docs/performance-pages.md.

It copies the demo's database aside and opens each page in this process, signed in as its role: templates and database included, no network. Processor time
is what the page costs when nothing else runs; the clock's time beside it holds only on a quiet machine.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import connect
from statistics import median

import click
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from matcher.app import create_app
from matcher.seeding import DEMO_PASSWORD
from matcher.settings import Settings

CALLS = 7
# An address that ends in * stands for the first link of that form on the page before it.
PAGES = {
    "": (
        "/", "/needs", "/needs?tech_field=new_materials&region=510100", "/needs?page=3", "/offers", "/offers?page=5", "/needs/2", "/needs/3",
        "/offers/2", "/organisations/17", "/about", "/calls/", "/calls/projects/5", "/calls/archive", "/account/sign-in", "/account/sign-up",
    ),
    "qiye": (
        "/enterprise/", "/my/needs/", "/my/needs/new", "/my/needs/2", "/my/needs/2/edit", "/my/needs/upload", "/my/needs/template.xlsx", "/my/offers/",
        "/my/offers/11", "/introductions/", "/introductions/*", "/inbox/", "/inbox/settings", "/events/", "/events/1", "/events/invitations/2", "/deals/",
        "/account/profile", "/account/organisation",
    ),
    "gaoxiao": ("/university/", "/my/offers/", "/my/offers/new", "/my/offers/2", "/my/offers/2/edit", "/introductions/", "/introductions/*", "/events/", "/bids/", "/delivery/2", "/gates/own"),
    "keji": ("/government/", "/government/gaps", "/topics/", "/topics/*", "/topics/singles", "/topics/weights", "/my/needs/", "/my/needs/6", "/events/1",
        "/projects/", "/bids/project/1", "/bids/project/9", "/experts/projects/5", "/delivery/projects/7", "/delivery/2", "/gates/projects/7"),
    "zhuanjia": ("/experts/", "/experts/seats/*"),
    "cuohe": (
        "/desk/", "/desk/queue", "/desk/board", "/desk/board?state=introduced", "/desk/pairings/*", "/desk/list", "/desk/tasks?who=all", "/desk/workload",
        "/desk/intake", "/desk/decisions", "/introductions/", "/introductions/*", "/events/", "/events/1", "/events/1/people", "/events/new",
        "/desk/portfolio/", "/deals/", "/deals/*", "/topics/", "/learning/", "/inbox/", "/my/needs/", "/my/offers/", "/my/needs/new",
    ),
    "admin": ("/admin/", "/admin/people", "/admin/audit", "/admin/mail", "/admin/audit?page=5", "/learning/"),
}  # fmt: skip
NAMES = {
    "": "visitor",
    "qiye": "enterprise",
    "gaoxiao": "university",
    "keji": "government",
    "zhuanjia": "expert",
    "cuohe": "desk",
    "admin": "administrator",
}


@contextmanager
def demo_copy() -> Iterator[Flask]:
    """Give the application on a copy of the demo."""
    source = Settings()
    with tempfile.TemporaryDirectory() as folder:
        with (
            closing(connect(source.data / "matcher.sqlite")) as old,
            closing(connect(f"{folder}/matcher.sqlite")) as new,
        ):
            old.backup(new)
        (Path(folder) / "models").symlink_to((source.data / "models").absolute())
        yield create_app(Settings(data=Path(folder), log_level="ERROR"))


def signed_in(app: Flask, who: str) -> FlaskClient:
    """Return a browser in which a person of the demo is signed in."""
    browser = app.test_client()
    if who:
        form = browser.get("/account/sign-in").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token
        sent = {"csrf_token": token[1], "email": f"{who}@demo.example", "password": DEMO_PASSWORD}
        assert browser.post("/account/sign-in", data=sent).status_code == 302
    return browser


def measure(browser: FlaskClient, path: str, sent: list[str]) -> tuple[float, float, int, float, str]:
    """Return processor and clock milliseconds (medians), statements, KB and the text of a page; `sent` collects the statements."""
    busy, clock = [], []
    for _ in range(CALLS + 1):
        sent.clear()
        started, began = time.process_time(), time.perf_counter()
        answer = browser.get(path, buffered=True)
        busy.append((time.process_time() - started) * 1000)
        clock.append((time.perf_counter() - began) * 1000)
    if answer.status_code != 200:
        raise click.ClickException(f"{path}: {answer.status_code}")
    text = answer.text if answer.mimetype == "text/html" else ""
    return median(busy[1:]), median(clock[1:]), len(sent), len(answer.data) / 1024, text


def address_of(path: str, before: str) -> str | None:
    """Return the address that a path stands for, or None when the page before it links to none."""
    if not path.endswith("*"):
        return path
    found = re.search(rf'href="({re.escape(path[:-1])}\d+)', before.partition("<main")[2])
    return found[1] if found else None


@click.command()
def main() -> None:
    """Print the table."""
    sent: list[str] = []
    event.listen(Engine, "before_cursor_execute", lambda c, cursor, statement, *more: sent.append(statement))
    click.echo("| role | page | processor ms | ms | statements | KB |\n|---|---|---|---|---|---|")
    with demo_copy() as app:
        for who, paths in PAGES.items():
            browser, text = signed_in(app, who), ""
            for path in paths:
                address = address_of(path, text)
                if address is None:
                    click.echo(f"| {NAMES[who]} | `{path}` | the demo has none | | | |")
                    continue
                busy, clock, statements, size, text = measure(browser, address, sent)
                click.echo(f"| {NAMES[who]} | `{address}` | {busy:.0f} | {clock:.0f} | {statements} | {size:.0f} |")


if __name__ == "__main__":
    main()
