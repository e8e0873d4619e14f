"""Measure how quickly the queue is worked through by keyboard: `.venv/bin/python -m tools.bench_desk [--pause S] [--json]`.

It copies the demo aside (after `make demo`), starts server and worker on the copy, and decides on 60 pairings in Chromium with keys alone: accept, decline
with a reason, later, and now and then one step on and back. The time of a decision runs from the key that confirms it until the next pairing stands on the
screen and takes keys again, and is taken in the page by its own clock. `--pause` waits before each pairing as a reader would; 0 is a reader who reads nothing.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import connect
from statistics import median

import click
from playwright.sync_api import Page, sync_playwright

from matcher.seeding import DEMO_PASSWORD
from matcher.settings import Settings
from tools.screenshots import ARGUMENTS, CHROMIUM, ROOT

# Of ten pairings five are accepted, three declined with a reason, two put off; each ends with the key that is timed.
KEYS = {"accept": ("a",), "decline": ("d", "2", "Enter"), "later": ("s", "2")}
ROUND = ("accept", "decline", "accept", "later", "accept", "decline", "accept", "accept", "later", "decline")
# From the next key on: until another pairing is on the screen, its buttons work, and it has been painted.
WATCH = """() => {
  const shown = () => document.querySelector("[data-review]")?.dataset.review;
  const before = shown();
  window.took = new Promise((resolve) => {
    addEventListener("keydown", () => {
      const start = performance.now();
      const look = () => {
        const button = document.querySelector("#decide button");
        if (shown() && shown() !== before && button && !button.disabled) {
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
        } else setTimeout(look, 1);
      };
      look();
    }, { once: true, capture: true });
  });
}"""


@contextmanager
def served_copy() -> Iterator[str]:
    """Start server and worker on a copy of the demo and give the address."""
    source = Settings()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("matcher.sqlite", "queue.sqlite"):
            with closing(connect(source.data / name)) as old, closing(connect(f"{folder}/{name}")) as new:
                old.backup(new)
        (Path(folder) / "models").symlink_to((source.data / "models").absolute())
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        settings = {"MATCHER_DATA": folder, "MATCHER_PORT": str(port), "MATCHER_LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "matcher", "serve"]
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL)
        try:
            _wait_for(address)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(address: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/account/sign-in", timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise click.ClickException("the server did not start")


def timed(page: Page, keys: tuple[str, ...]) -> float:
    """Press keys, and return the milliseconds from the last one until another pairing is there."""
    *first, last = keys
    for key in first:
        page.keyboard.press(key)
        page.wait_for_timeout(30)  # the panel takes the focus with the next frame
    page.evaluate(WATCH)
    page.keyboard.press(last)
    return float(page.evaluate("window.took"))


def work_through(page: Page, count: int, pause: float) -> dict[str, list[float]]:
    """Decide on pairings one after the other; returns the milliseconds of each kind of step."""
    took: dict[str, list[float]] = {name: [] for name in ("step", *KEYS)}
    page.goto("/desk/queue")
    page.wait_for_selector("[data-review]")
    for place in range(count):
        page.wait_for_timeout(pause * 1000)
        if place % 5 == 4:
            took["step"] += [timed(page, ("j",)), timed(page, ("k",))]
        kind = ROUND[place % len(ROUND)]
        took[kind].append(timed(page, KEYS[kind]))
    return took


def figures(took: list[float]) -> dict[str, float]:
    """Return count, median, 95th percentile and longest of some milliseconds."""
    ordered = sorted(took)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"n": len(ordered), "p50": round(median(ordered)), "p95": round(p95), "longest": round(ordered[-1])}


@click.command()
@click.option("--count", default=60, help="How many pairings.")
@click.option("--pause", default=0.0, help="Seconds before each decision.")
@click.option("--json", "as_json", is_flag=True)
def main(count: int, pause: float, as_json: bool) -> None:
    """Work through the queue and tell how long each step took."""
    with served_copy() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_context(base_url=address, viewport={"width": 1440, "height": 900}).new_page()
        page.goto("/account/sign-in")
        page.fill("#f-email", "cuohe@demo.example")
        page.fill("#f-password", DEMO_PASSWORD)
        page.click("main form button.btn-primary")
        page.wait_for_url(lambda url: "/account/sign-in" not in url)
        start = time.monotonic()
        took = work_through(page, count, pause)
        whole = time.monotonic() - start
        chromium.close()
    decisions = [one for kind in KEYS for one in took[kind]]
    result = {name: figures(values) for name, values in {**took, "all decisions": decisions}.items() if values}
    if as_json:
        click.echo(json.dumps({"seconds": round(whole, 1), "pause": pause, "steps": result}))
        return
    for name, one in result.items():
        click.echo(
            f"{name:14} n {one['n']:3} p50 {one['p50']:5} ms p95 {one['p95']:5} ms longest {one['longest']:5} ms"
        )
    click.echo(f"{count} pairings in {whole:.1f} s, of which {count * pause:.0f} s reading")


if __name__ == "__main__":
    main()
