"""The stage of a long path: one browser for each person, and the platform's time in the test's hand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from matcher import worker
from matcher.app import Platform
from matcher.core.clock import local_date
from tests.browser.conftest import sign_in_page
from tests.conftest import MovableClock

#: Where pages say that something could not be done.
REFUSALS = "#error-summary, main .notice-warning[role=alert], main > [role=status] :is(.notice-error, .notice-warning)"


@dataclass
class Stage:
    """Hold who plays: `emails` by the name of a part; every part has a browser of its own, opened when it first acts."""

    chromium: Browser
    address: str
    platform: Platform
    clock: MovableClock
    emails: dict[str, str]
    _open: dict[str, tuple[BrowserContext, Page]] = field(default_factory=dict)

    def page_of(self, who: str) -> Page:
        """Return the page at which a part stands."""
        if who not in self._open:
            context = self.chromium.new_context(base_url=self.address, viewport={"width": 1440, "height": 900})
            context.set_default_timeout(15_000)
            page = context.new_page()
            self._open[who] = (context, page)
            if who in self.emails:
                sign_in_page(page, self.emails[who])
        return self._open[who][1]

    def day(self, ahead: int) -> date:
        """Return the day so many days from the stage's today."""
        return local_date(self.clock()) + timedelta(days=ahead)

    def wait(self, days: float) -> None:
        """Let time pass; the worker does what its minute does by the clock."""
        self.clock.move(days=days)
        worker.tick(self.platform)
        worker.alarm_of_overdue(self.platform)
        worker.remind_experts(self.platform)

    def read_and_group(self) -> None:
        """Let the worker read, match and group what was published."""
        worker.catch_up(self.platform)
        worker.group(self.platform)

    def close(self) -> None:
        """Close all browsers."""
        for context, _ in self._open.values():
            context.close()


def _moves(page: Page, act: Callable[[], None]) -> None:
    """Do something that loads a page, and see that the page is one that people want."""
    with page.expect_event(
        "response", lambda one: one.request.is_navigation_request() and not 300 <= one.status < 400
    ) as loaded:
        act()
    page.wait_for_load_state()
    assert loaded.value.ok, f"{page.url}: {loaded.value.status} {page.inner_text('main')[:600]}"
    refused = page.locator(REFUSALS)
    texts = [one.inner_text() for one in refused.all()]
    assert not texts, f"{page.url}: {texts}"
    assert page.locator("main h1").count(), f"{page.url} has no heading: {page.inner_text('body')[:400]}"


def press(where: Page | Locator, name: str) -> None:
    """Press a button by its name and wait for the page that it leads to."""
    page = where if isinstance(where, Page) else where.page
    _moves(page, where.get_by_role("button", name=name, exact=True).click)


def follow(where: Page | Locator, name: str | re.Pattern[str]) -> None:
    """Follow a link of the page by its name."""
    page = where if isinstance(where, Page) else where.page
    where = page.locator("main") if isinstance(where, Page) else where
    _moves(page, where.get_by_role("link", name=name, exact=isinstance(name, str)).first.click)


def go(page: Page, link: str, menu: str = "") -> None:
    """Choose a link of the header, in a menu if one is named."""
    header = page.locator("header")
    if menu:
        header.locator("summary", has_text=menu).first.click()
    _moves(page, header.locator("a:visible", has_text=link).first.click)


def tab(page: Page, name: str) -> None:
    """Choose a tab of a project."""
    _moves(page, page.locator("main nav.tabs").get_by_role("link", name=name, exact=True).click)


def unfold(where: Page | Locator, name: str) -> None:
    """Open what is folded under a name."""
    where.locator("summary", has_text=name).first.click()


def box(where: Page | Locator, label: str) -> Locator:
    """Return a box by its label, whether it is optional or not."""
    return (
        where.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*(选填|通过时填写)?\s*$"))
        .locator("visible=true")
        .first
    )


def fill(where: Page | Locator, answers: Mapping[str, str]) -> None:
    """Type answers into the boxes with these labels."""
    for label, answer in answers.items():
        box(where, label).fill(answer)


def tick(where: Page | Locator, *labels: str) -> None:
    """Tick boxes, or choose among several, by label."""
    for label in labels:
        where.get_by_label(label, exact=True).locator("visible=true").first.check()


def reads(page: Page, *texts: str) -> None:
    """See that the page says these things."""
    shown = page.inner_text("main")
    for text in texts:
        assert text in shown, f"{page.url} does not say {text}: {shown[:1500]}"
