"""The pages of scenarios: the public list, the workbook, and the whole way from attaching a scenario to its diary."""

from io import BytesIO

import openpyxl
import pytest

from matcher.core.unit_of_work import UnitOfWork
from matcher.needs.model import Need
from matcher.projects.scenarios import service, trials
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, organisation_of
from tests.http.conftest import SignIn


@pytest.fixture
def need(uow: UnitOfWork, actors: Actors) -> Need:
    owner = organisation_of(actors.enterprise)
    owner.honours = ["chain_leader"]
    made: Need = NeedFactory(organisation=owner, source="scenario", title="总装线视觉质检场景")
    uow.commit()
    return made


def test_from_the_scenario_to_the_diary_by_pages(uow: UnitOfWork, actors: Actors, need: Need, sign_in: SignIn) -> None:
    offer = OfferFactory(organisation=organisation_of(actors.university))
    uow.commit()
    owner, team = sign_in("enterprise"), sign_in("university")
    assert f"/scenarios/{need.id}/edit" in owner.get(f"/my/needs/{need.id}").text
    assert f"/scenarios/{need.id}/edit" in owner.get("/scenarios/own").text
    assert owner.get(f"/scenarios/{need.id}/edit").status_code == 200
    wrong = owner.post(f"/scenarios/{need.id}/edit", {"tryable": "", "apply_until": "明天"})
    assert wrong.status_code == 422
    assert "明天" in wrong.text
    saved = owner.post(f"/scenarios/{need.id}/edit", {"tryable": "在线视觉质检", "most_trials": "2"})
    assert saved.location == f"/scenarios/{need.id}"

    assert "总装线视觉质检场景" in sign_in("visitor").get("/scenarios/").text
    assert "递交申请" in team.get(f"/scenarios/{need.id}").text
    assert team.post(f"/scenarios/{need.id}", {"plan": ""}).status_code == 422
    applied = team.post(f"/scenarios/{need.id}", {"plan": "先离线后在线", "offer": str(offer.id)})
    assert applied.status_code == 303
    page = applied.location
    assert "先离线后在线" in owner.get(page).text
    assert owner.post(page, {"action": "refuse", "note": ""}).status_code == 422
    owner.post(page, {"action": "admit"})
    team.get(page)
    team.post(page, {"action": "entry", "text": "设备进场"})
    assert "设备进场" in owner.get(page).text
    assert sign_in("other_university").get(page).status_code == 404
    assert offer.title in sign_in("government").get(page).text
    assert "试验中" in sign_in("desk").get("/scenarios/own").text


def test_who_is_no_chain_leader_is_told_why(uow: UnitOfWork, need: Need, sign_in: SignIn) -> None:
    need.organisation.honours = []
    uow.commit()
    answer = sign_in("enterprise").get(f"/scenarios/{need.id}/edit")
    assert answer.status_code == 409
    assert "链主企业" in answer.text


def test_a_redacted_scenario_keeps_its_secret_on_page_and_in_the_workbook(
    uow: UnitOfWork, actors: Actors, need: Need, sign_in: SignIn
) -> None:
    service.save(uow, actors.enterprise, need.id, {"tryable": "秘密产线试验", "place": "秘密地点"})
    need.disclosure = "redacted"
    uow.commit()
    visitor = sign_in("visitor")
    for path in ("/scenarios/", f"/scenarios/{need.id}"):
        text = visitor.get(path).text
        for secret in ("秘密产线试验", "秘密地点", need.title, need.organisation.name):
            assert secret not in text, (path, secret)
    book = openpyxl.load_workbook(BytesIO(visitor.get("/scenarios/list.xlsx").data))
    cells = [cell for row in book.active.iter_rows(values_only=True) for cell in row]
    assert need.number in cells
    assert not {"秘密产线试验", "秘密地点", need.title, need.organisation.name} & set(cells)


def test_an_application_too_late_is_refused_with_the_day(
    uow: UnitOfWork, actors: Actors, need: Need, sign_in: SignIn
) -> None:
    scenario = service.save(uow, actors.enterprise, need.id, {"tryable": "质检", "most_trials": "1"})
    trial = trials.apply(uow, actors.other_university, need.id, {"plan": "先到先得"})
    trials.step(uow, actors.enterprise, trial.id, "admit")
    uow.commit()
    answer = sign_in("university").post(f"/scenarios/{need.id}", {"plan": "我们也想试"})
    assert answer.status_code == 409
    assert "名额已满" in answer.text
    assert scenario.most_trials == 1


@pytest.mark.parametrize("path", ["/scenarios/", "/scenarios/own"])
def test_pages_are_there_in_english(path: str, sign_in: SignIn, need: Need) -> None:
    browser = sign_in("enterprise")
    browser.post("/account/language", {"language": "en", "next": path})
    assert browser.get(path).status_code == 200
