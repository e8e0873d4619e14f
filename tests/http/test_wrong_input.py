"""Pages of 立题 and 破题 given nonsense by every role: nobody gets a crash, and what was typed is not lost."""

import re
from datetime import date
from io import BytesIO

import pytest
from flask import Flask

from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.delivery import gate_plan, payments
from matcher.projects.delivery.model import Milestone, TaskBook
from matcher.projects.experts.model import Stage
from matcher.projects.lifecycle import BidState, Mode, ProjectState
from matcher.web.guard import is_guarded_elsewhere
from tests.conftest import Actors
from tests.experts import ExpertFactory, PanelFactory, SeatFactory
from tests.factories import NeedFactory, organisation_of
from tests.http.conftest import SignIn
from tests.projects import BidFactory, NoticeFactory, ProjectFactory, TaskBookFactory
from tests.service.test_experts import person_of
from tests.service.test_gates import form

ROLES = ("government", "enterprise", "university", "other_university", "desk", "admin", "expert")
ROOMS = ("delivery", "gates", "experts", "scenarios", "projects", "calls")
NONSENSE = ("", "-5", "九十九万", "1e999", "2020-01-01", "0", "150", "<b>x</b>" * 40, "99999999999999999999")


@pytest.fixture
def everything(uow: UnitOfWork, actors: Actors) -> TaskBook:
    """A race with something in every room, each with number 1 where there can be one."""
    project = ProjectFactory(mode=Mode.RACE, state=ProjectState.AWARDED, needs=(NeedFactory(source="scenario"),))
    gate_plan.save(uow, actors.government, project.id, form(uow))
    bid = BidFactory(project=project, organisation=organisation_of(actors.university), state=BidState.RUNNING)
    book: TaskBook = TaskBookFactory(bid=bid)
    due = date(2027, 1, 1)
    uow.session.add(Milestone(task_book_id=book.id, title="样件", due_on=due, deliverable="三套"))
    payments.plan(uow, book, [payments.Part(payments.Occasion.SIGNING, 40)])
    payments.release(uow, book.id, payments.Occasion.SIGNING)
    project.state = ProjectState.IMPLEMENTATION
    NoticeFactory(project=project)
    panel = PanelFactory(project=project, stage=Stage.ACCEPTANCE)
    SeatFactory(panel=panel, expert=ExpertFactory(person=person_of(uow, actors.expert)))
    uow.commit()
    return book


@pytest.mark.parametrize("role", ROLES)
def test_no_page_and_no_form_crashes_whoever_sends_whatever(
    role: str, app: Flask, sign_in: SignIn, everything: TaskBook
) -> None:
    browser = sign_in(role)
    failed = []
    for rule in app.url_map.iter_rules():
        if is_guarded_elsewhere(rule.endpoint) or rule.endpoint.split(".")[0] not in ROOMS:
            continue
        path = rule.build(dict.fromkeys(rule.arguments, "1"))[1]  # type: ignore[index]
        names: set[str] = set()
        if "GET" in (rule.methods or ()):
            page = browser.get(path)
            names = set(re.findall(r'name="([^"]+)"', page.text)) - {"csrf_token"} if page.is_json is False and page.mimetype == "text/html" else set()  # fmt: skip
            failed += [(path, "GET")] if page.status_code >= 500 else []
        if "POST" in (rule.methods or ()):
            for typed in NONSENSE[:: 3 if role != "government" else 1]:
                given = dict.fromkeys(names | KNOWN, typed) | {"file": (BytesIO(b"MZ\x90"), "病毒.exe")}
                answer = browser.post(path, given)
                failed += [(path, typed)] if answer.status_code >= 500 else []
    assert failed == []


KNOWN = {
    "title", "evidence", "due_on", "criteria", "share", "reason", "action", "do", "note", "answer", "report", "paid_on",
    "reference", "government_amount", "enterprise_amount", "milestones", "starts_on", "ends_on", "signing_share", "kind",
    "text", "spent", "dates", "leader", "indicators", "summary", "measured-0-value", "measured-0-text", "verdict", "grade",
    "comment", "winner", "outcome", "organisation", "office", "seen_version", "version", "call", "money_into", "outcome-1",
    "score-1", "into-1", "reason-1", "share-1", "least", "is_blind", "expert", "seat", "declared", "score-0", "objection",
}  # fmt: skip


def test_what_was_typed_into_a_refused_form_of_the_office_is_still_there(
    uow: UnitOfWork, sign_in: SignIn, everything: TaskBook
) -> None:
    office, project = sign_in("government"), everything.project_id
    typed = "很长的一段理由，写了十分钟。"
    due = "2020-01-01"
    for path, given in (
        (f"/delivery/projects/{project}/close", {"outcome": typed}),
        ("/experts/register/new", {"profile": typed, "email": "nobody"}),
        (f"/experts/projects/{project}/new?stage=gate&gate=1", {"criteria": typed, "due_on": due}),
    ):
        answer = office.post(path, given)
        assert answer.status_code in (409, 422), path
        assert typed in answer.text, path
