"""Pages of projects in a browser: axe finds no serious fault in light and dark, and nothing sticks out on a phone."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from matcher.accounts.model import Person
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.delivery import gate_plan, gates
from matcher.projects.experts.model import Stage
from matcher.projects.lifecycle import BidState, Mode, ProjectState, SeatState
from matcher.projects.scenarios import service, trials
from tests.bids import handed_in, marked, written
from tests.browser.conftest import SIZES, Colours, OpenAs, is_too_wide
from tests.conftest import Actors
from tests.experts import ExpertFactory, PanelFactory, SeatFactory
from tests.factories import NeedFactory, OfferFactory, day, organisation_of
from tests.projects import BidFactory, CallFactory, NoticeFactory, ProjectFactory
from tests.service.test_delivery import signed


@dataclass(frozen=True)
class Met:
    """Hold the numbers that stand in the addresses of the pages."""

    numbers: dict[str, int]

    def address(self, path: str) -> str:
        """Return an address with its number in place of the name."""
        return path.format(**self.numbers)


def _judged(uow: UnitOfWork, actors: Actors) -> dict[str, int]:
    """Write a project under evaluation with two ranked bids and one that waits for its check."""
    project = ProjectFactory()
    bid = handed_in(uow, actors.university, project)
    other = BidFactory(project=project, state=BidState.ADMITTED, code="方案B")
    BidFactory(project=project, code="方案C")
    bid.code, bid.state, project.state = "方案A", BidState.ADMITTED, ProjectState.EVALUATION
    marked(uow, actors, project, {bid.id: 90, other.id: 55})
    return {"judged": project.id, "handed_in": bid.id}


def _argued(uow: UnitOfWork, actors: Actors) -> dict[str, int]:
    """Write a project that an expert is asked to argue, and one bid of another that an expert judges."""
    expert = ExpertFactory(person=uow.session.get_one(Person, actors.expert.person_id))
    argued = ProjectFactory(state=ProjectState.ARGUED, call=None, needs=[NeedFactory()])
    panel = PanelFactory(project=argued, stage=Stage.ARGUMENT)
    evaluated = ProjectFactory(state=ProjectState.EVALUATION)
    shown, judged = BidFactory(project=evaluated, state=BidState.ADMITTED), PanelFactory(project=evaluated)
    seat = SeatFactory(panel=judged, expert=expert)
    ExpertFactory(organisation=argued.organisation)
    asked = SeatFactory(panel=panel, expert=expert, state=SeatState.INVITED)
    return {"argued": argued.id, "panel": panel.id, "asked": asked.id, "seat": seat.id, "shown": shown.id}


def _race(uow: UnitOfWork, actors: Actors) -> dict[str, int]:
    """Write a race at its gate."""
    project = ProjectFactory(mode=Mode.RACE, state=ProjectState.PUBLISHED)
    given = {
        "title": "样件考核", "due_on": str(day(30)), "evidence": "样件与检测报告", "criteria": "技术指标，70\n成本，30",
        "share": "20", "survivors": "1",
    }  # fmt: skip
    gate = gate_plan.save(uow, actors.government, project.id, given)
    project.state = ProjectState.IMPLEMENTATION
    for lead in (actors.university, actors.other_university):
        BidFactory(project=project, organisation=organisation_of(lead), state=BidState.RUNNING)
    gates.open_gate(uow, actors.government, gate.id)
    entry = min(one.id for one in gates.entries(uow, gate.id).values())
    return {"race": project.id, "gate": gate.id, "entry": entry}


def _scenario(uow: UnitOfWork, actors: Actors) -> dict[str, int]:
    """Write a scenario opportunity with a trial under way."""
    owner = organisation_of(actors.enterprise)
    owner.honours = ["chain_leader"]
    need = NeedFactory(organisation=owner, source="scenario", title="总装线视觉质检场景")
    service.save(uow, actors.enterprise, need.id, {"tryable": "在线视觉质检", "most_trials": "2"})
    OfferFactory(organisation=organisation_of(actors.university))
    trial = trials.apply(uow, actors.university, need.id, {"plan": "先离线后在线"})
    return {"scenario": need.id, "trial": trial.id}


@pytest.fixture
def met(uow: UnitOfWork, actors: Actors) -> Met:
    """Projects in every stage of their way."""
    open_for_bids = ProjectFactory(call=CallFactory())
    numbers = {"open": open_for_bids.id, "call": open_for_bids.call_id}
    numbers["draft"] = written(uow, actors.university, open_for_bids).id
    numbers["notice"] = NoticeFactory().id
    ProjectFactory(state=ProjectState.CLOSED, ended_at=uow.clock(), outcome="指标全部达到。")
    numbers |= _argued(uow, actors) | _judged(uow, actors) | _race(uow, actors) | _scenario(uow, actors)
    book = signed(uow, actors)
    numbers |= {"book": book.id, "running": book.project_id}
    uow.commit()
    return Met(numbers)


PAGES = {
    "government": (
        "/projects/", "/projects/{argued}", "/projects/{open}", "/projects/{judged}", "/projects/new", "/projects/calls",
        "/projects/calls/{call}", "/projects/calls/new", "/projects/{running}/timeline", "/experts/register",
        "/experts/register/new", "/experts/projects/{argued}", "/experts/projects/{judged}", "/experts/panels/{panel}/choose",
        "/experts/balance?panel={panel}", "/bids/project/{open}", "/bids/project/{judged}", "/bids/{handed_in}",
        "/delivery/projects/{running}", "/delivery/projects/{running}/archive", "/delivery/{book}", "/gates/projects/{race}",
        "/gates/{gate}", "/scenarios/own",
    ),
    "university": (
        "/bids/", "/bids/new/{open}", "/bids/{draft}", "/bids/{draft}/edit", "/delivery/", "/delivery/{book}", "/gates/own",
        "/gates/entries/{entry}", "/scenarios/{scenario}", "/scenarios/own", "/scenarios/trials/{trial}",
    ),
    "enterprise": ("/delivery/", "/scenarios/own", "/scenarios/{scenario}/edit", "/scenarios/trials/{trial}"),
    "expert": ("/experts/", "/experts/seats/{asked}", "/experts/seats/{seat}/sheets/{shown}", "/experts/profile"),
    "visitor": (
        "/calls/", "/calls/{call}", "/calls/projects/{open}", "/calls/notices", "/calls/notices/{notice}", "/calls/awards",
        "/calls/archive", "/projects/notices/{notice}/object", "/scenarios/", "/scenarios/{scenario}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("role", PAGES)
def test_pages_of_projects_have_no_serious_fault_and_fit_the_screen(
    role: str, colours: Colours, open_as: OpenAs, faults: Callable[[Page], list[str]], met: Met
) -> None:
    found = {}
    # Dark colours are the same at both sizes.
    for size in SIZES if colours == "light" else ["desktop"]:
        page = open_as(role, size, colours=colours)
        for path in PAGES[role]:
            answer = page.goto(met.address(path))
            assert answer is not None
            for summary in page.locator("main summary").all():
                summary.evaluate("one => one.parentElement.open = true")
            wrong = [] if answer.ok else [str(answer.status)]
            found[path, size] = wrong + faults(page) + (["too wide"] if is_too_wide(page) else [])
    assert {where: wrong for where, wrong in found.items() if wrong} == {}
