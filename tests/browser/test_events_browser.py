"""Meeting days in a browser: no serious fault, nothing sticks out, and an outcome takes two taps on a phone without scripts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from matcher.core.clock import local_date
from matcher.core.unit_of_work import UnitOfWork
from matcher.events import planning, service
from matcher.events.model import Event
from matcher.events.service import Answer, Invitation, Side
from matcher.matching import portfolio
from tests.browser.conftest import SIZES, Colours, OpenAs, is_too_wide
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory, organisation_of


@pytest.fixture
def event(uow: UnitOfWork, actors: Actors) -> Event:
    """A running event with one meeting to come and a timetable to look at."""
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    PairingFactory(need=need, offer=OfferFactory(organisation=organisation_of(actors.university)))
    PairingFactory(offer=OfferFactory(organisation=organisation_of(actors.other_university)))
    day = local_date(uow.clock()) + timedelta(days=3)
    given = {
        "title": "先进制造对接会", "place": "科创岛", "first_day": day.isoformat(), "days": "1", "opens": "09:00",
        "closes": "12:00", "slot_minutes": "25", "rooms": "一号厅，6，6", "least": "2", "most": "4",
        "self_scheduling": "yes",
    }  # fmt: skip
    made = service.create(uow, actors.desk, given)
    wanted = ((actors.enterprise, Side.DEMAND), (actors.university, Side.SUPPLY))
    found = service.invite(uow, actors.desk, made.id, [Invitation(a.organisation_id or 0, s) for a, s in wanted])
    for one in found:
        service.answer(uow, actors.desk, one.id, Answer(coming=True, people="张工"))
    planning.deploy(uow, actors.desk, planning.propose(uow, actors.desk, made.id).id)
    planning.propose(uow, actors.desk, made.id)
    service.step(uow, actors.desk, made.id, "start")
    portfolio.propose(uow, actors.desk, {name: str(value) for name, value in portfolio.DEFAULTS.items()})
    uow.commit()
    return made


PAGES = {
    "desk": (
        "/events/", "/events/new", "/events/1", "/events/1?by=person", "/events/1/people", "/events/1/plans/1",
        "/events/1/plans/2", "/events/1/edit", "/events/meetings/1",
        "/desk/portfolio/", "/desk/portfolio/1",
    ),
    "enterprise": ("/events/", "/events/1", "/events/invitations/1", "/events/meetings/1"),
}  # fmt: skip


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("role", PAGES)
def test_pages_of_events_have_no_serious_fault_and_fit_the_screen(
    role: str, colours: Colours, open_as: OpenAs, faults: Callable[[Page], list[str]], event: Event
) -> None:
    found = {}
    for size in SIZES:
        page = open_as(role, size, colours=colours)
        for path in PAGES[role]:
            page.goto(path)
            found[path, size] = faults(page) + (["too wide"] if is_too_wide(page) else [])
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


def test_an_outcome_takes_two_taps_on_a_phone_without_scripts(open_as: OpenAs, event: Event) -> None:
    page = open_as("university", "phone", scripts=False)
    page.goto(f"/events/{event.id}")
    page.get_by_role("link", name="记录结果").click()
    page.get_by_role("button", name="继续谈").click()
    assert "已记录会谈结果" in page.inner_text("main")


def test_one_mistaken_tap_does_not_cancel_a_day_of_meetings(open_as: OpenAs, event: Event) -> None:
    page = open_as("enterprise", "phone")
    page.goto("/events/invitations/1")
    page.get_by_text("取消参加", exact=True).click()
    assert page.url.endswith("/events/invitations/1")
    page.get_by_role("button", name="确认取消参加").click()
    assert "临时取消" in page.inner_text("main")


def test_a_timetable_is_printed_with_one_click(open_as: OpenAs, event: Event) -> None:
    for role in ("desk", "enterprise"):
        page = open_as(role)
        page.add_init_script("window.print = () => { document.title = 'printed'; }")
        page.goto(f"/events/{event.id}")
        page.get_by_role("button", name="打印").click()
        assert page.title() == "printed"
