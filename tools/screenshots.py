"""Take the pictures of the guide: `.venv/bin/python -m tools.screenshots [NAME…]`, after `make demo`.

It copies the demo's database aside, serves it on a free port, opens every page of SCENES in Chromium at two widths and writes
docs/guide/images/NAME-WIDTH.png in few colours. The demo itself stays as it is.
"""

import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from sqlite3 import connect

import click
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from matcher.app import create_app
from matcher.seeding import DEMO_PASSWORD
from matcher.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "guide" / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZES = {1440: 900, 390: 844}
COLOURS = 96
TALLEST = 2200
MARGIN = 24
MAIL = "{}@demo.example"
WRONG_LIST = (
    "自编号,需求名称,需求来源,技术领域,主要技术难点,公开方式,预期投入,期望完成时限\n"
    "A-01,薄壁铝合金舱段铣削变形的在线补偿,企业需求,航空航天,装夹释放后变形超差，靠人工反复校形,公开,120,2027-12-31\n"
    "A-02,发动机孔探图像的自动判读,企业需求,航天航空,漏判率高，复核耗时,公开,80,2027-06-30\n"
    "A-03,高温合金切削液的长寿命配方,企业需求,新材料,三个月即变质,公开,很多,2020-01-01\n"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Name a picture: who opens which page, and what they do there first."""

    name: str
    who: str
    path: str
    act: Callable[[Page], None] | None = None
    whole: bool = True  # False: what stands in the window, for pages that scroll in parts
    part: str = ""  # the selector of the one part that is shown, of a page that is long


def _open_menu(page: Page) -> None:
    menu = page.locator(".menu > summary")
    if menu.is_visible():
        menu.click()


def _send_incomplete(page: Page) -> None:
    page.fill("#f-title", "薄壁铝合金舱段铣削变形的在线补偿")
    page.fill("#f-budget", "一百万左右")
    page.locator("main form button[name=do][value=submit]").click()


def _upload(page: Page) -> None:
    file = {"name": "2026年技术需求.csv", "mimeType": "text/csv", "buffer": WRONG_LIST.encode("utf-8-sig")}
    page.set_input_files("#f-file", files=[file])
    page.locator("main form button.btn-primary").last.click()
    page.wait_for_url("**/upload/*")


def _open_reason(page: Page) -> None:
    reasons = page.locator("details.why > summary")
    if reasons.count():
        reasons.first.click()


def _open_first(page: Page) -> None:
    page.locator("main .list-row-title a").first.click()


def _begin_bid(page: Page) -> None:
    begin = page.get_by_role("button", name="开始填写")
    if begin.count():
        begin.click()
    else:
        page.get_by_role("link", name="继续填写").click()
    page.wait_for_url("**/edit")


SCENES = (
    Scene("visitor-home", "", "/"),
    Scene("visitor-menu", "", "/", _open_menu),
    Scene("visitor-needs", "", "/needs?tech_field=new_materials"),
    Scene("visitor-need", "", "/needs/2"),
    Scene("visitor-redacted", "", "/needs/3"),
    Scene("visitor-offers", "", "/offers"),
    Scene("visitor-offer", "", "/offers/2"),
    Scene("visitor-organisation", "", "/organisations/17"),
    Scene("visitor-about", "", "/about"),
    Scene("visitor-calls", "", "/calls/"),
    Scene("visitor-project", "", "/calls/projects/1"),
    Scene("visitor-scenarios", "", "/scenarios/"),
    Scene("visitor-sign-up", "", "/account/sign-up"),
    Scene("visitor-sign-in", "", "/account/sign-in"),
    Scene("enterprise-home", "qiye", "/enterprise/"),
    Scene("enterprise-needs", "qiye", "/my/needs/"),
    Scene("enterprise-need", "qiye", "/my/needs/2", _open_reason),
    Scene("enterprise-form", "qiye", "/my/needs/new"),
    Scene("enterprise-form-errors", "qiye", "/my/needs/new", _send_incomplete),
    Scene("enterprise-upload", "qiye", "/my/needs/upload"),
    Scene("enterprise-verdict", "qiye", "/my/needs/upload", _upload),
    Scene("enterprise-event", "qiye", "/events/1"),
    Scene("enterprise-invitation", "qiye", "/events/invitations/2"),
    Scene("enterprise-introductions", "qiye", "/introductions/"),
    Scene("enterprise-introduction", "qiye", "/introductions/", _open_first),
    Scene("enterprise-messages", "qiye", "/inbox/"),
    Scene("enterprise-message-settings", "qiye", "/inbox/settings"),
    Scene("enterprise-profile", "qiye", "/account/profile"),
    Scene("enterprise-organisation", "qiye", "/account/organisation"),
    Scene("university-home", "gaoxiao", "/university/"),
    Scene("university-offers", "gaoxiao", "/my/offers/"),
    Scene("university-offer", "gaoxiao", "/my/offers/2"),
    Scene("university-form", "gaoxiao", "/my/offers/new"),
    Scene("university-upload", "gaoxiao", "/my/offers/upload"),
    Scene("university-bids", "gaoxiao", "/bids/"),
    Scene("university-bid", "gaoxiao", "/bids/new/1", _begin_bid),
    Scene("government-home", "keji", "/government/"),
    Scene("government-gaps", "keji", "/government/gaps"),
    Scene("government-topics", "keji", "/topics/"),
    Scene("government-topic", "keji", "/topics/1"),
    Scene("government-weights", "keji", "/topics/weights"),
    Scene("government-needs", "keji", "/my/needs/"),
    Scene("government-projects", "keji", "/projects/"),
    Scene("government-project", "keji", "/projects/3"),
    Scene("government-call", "keji", "/projects/calls/1"),
    Scene("government-bids", "keji", "/bids/project/1"),
    Scene("government-ranking", "keji", "/bids/project/9"),
    Scene("government-task-book", "keji", "/delivery/2"),
    Scene("government-board", "keji", "/gates/projects/7"),
    Scene("government-acceptance", "keji", "/delivery/6", part="#acceptance"),
    Scene("government-archive", "keji", "/delivery/projects/5/archive"),
    Scene("university-task-book", "gaoxiao", "/delivery/2", part="#milestones"),
    Scene("university-gate", "gaoxiao", "/gates/entries/4"),
    Scene("expert-home", "zhuanjia", "/experts/"),
    Scene("expert-gate", "zhuanjia", "/experts/seats/48/sheets/6"),
    Scene("visitor-archive", "", "/calls/archive"),
    Scene("desk-home", "cuohe", "/desk/"),
    Scene("desk-queue", "cuohe", "/desk/queue", whole=False),
    Scene("desk-board", "cuohe", "/desk/board"),
    Scene("desk-list", "cuohe", "/desk/list"),
    Scene("desk-events", "cuohe", "/events/"),
    Scene("desk-event", "cuohe", "/events/1"),
    Scene("desk-event-people", "cuohe", "/events/1/people"),
    Scene("desk-learning", "cuohe", "/learning/"),
    Scene("desk-deals", "cuohe", "/deals/"),
    Scene("desk-entered", "cuohe", "/my/needs/"),
    Scene("desk-form", "cuohe", "/my/needs/new"),
    Scene("desk-upload", "cuohe", "/my/offers/upload"),
    Scene("admin-accounts", "admin", "/admin/"),
    Scene("admin-people", "admin", "/admin/people"),
    Scene("admin-audit", "admin", "/admin/audit"),
    Scene("admin-mail", "admin", "/admin/mail"),
)


@contextmanager
def demo_server() -> Iterator[str]:
    """Serve a copy of the demo and give its address."""
    source = Settings()
    with tempfile.TemporaryDirectory() as folder:
        with (
            closing(connect(source.data / "matcher.sqlite")) as old,
            closing(connect(f"{folder}/matcher.sqlite")) as new,
        ):
            old.backup(new)
        (Path(folder) / "models").symlink_to((source.data / "models").absolute())
        app = create_app(Settings(data=Path(folder), log_level="ERROR"))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _page(chromium: Browser, address: str, who: str, width: int) -> Page:
    """Open a browser of one width in which one person of the demo is signed in."""
    context = chromium.new_context(base_url=address, viewport={"width": width, "height": SIZES[width]}, locale="zh-CN")
    page = context.new_page()
    if who:
        page.goto("/account/sign-in")
        page.fill("#f-email", MAIL.format(who))
        page.fill("#f-password", DEMO_PASSWORD)
        page.click("main form button.btn-primary")
        page.wait_for_url(lambda url: "/account/sign-in" not in url)
    return page


def take(page: Page, scene: Scene, width: int) -> None:
    """Open the page of a scene, do what belongs to it, and write the picture."""
    page.goto(scene.path)
    if scene.act:
        scene.act(page)
    page.wait_for_load_state("networkidle")
    tall = int(page.evaluate("document.documentElement.scrollHeight")) if scene.whole else SIZES[width]
    height = min(TALLEST, tall)
    clip = {"x": 0, "y": 0, "width": width, "height": max(height, SIZES[width])}
    if scene.part:
        place = page.locator(scene.part).bounding_box()
        assert place, scene.part
        clip |= {"y": max(0, place["y"] - MARGIN), "height": min(TALLEST, place["height"] + 2 * MARGIN)}
    picture = Image.open(BytesIO(page.screenshot(full_page=True, clip=clip))).convert("RGB")
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{scene.name}-{width}.png", optimize=True)


def main(names: list[str]) -> None:
    """Take all pictures, or those named."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    IMAGES.mkdir(parents=True, exist_ok=True)
    wanted = [scene for scene in SCENES if not names or scene.name in names]
    with demo_server() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for who in dict.fromkeys(scene.who for scene in wanted):
            for width in SIZES:
                page = _page(chromium, address, who, width)
                for scene in wanted:
                    if scene.who == who:
                        take(page, scene, width)
                        click.echo(f"{scene.name}-{width}.png")
                page.context.close()
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1:])
