"""Pages of bids, from the list of open projects to the award."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from matcher.core.clock import local_second, utc_now
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import consortium, queries
from matcher.projects.lifecycle import BidState, MemberState, Mode, ProjectState
from matcher.projects.setup.model import Project
from tests.bids import bid_answers, handed_in, marked, written
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, organisation_of
from tests.http.conftest import SignIn
from tests.projects import BidFactory, NoticeFactory, ProjectFactory, TaskBookFactory


@pytest.fixture
def project(uow: UnitOfWork) -> Project:
    made: Project = ProjectFactory()
    uow.commit()
    return made


def commitments(project: Project) -> dict[str, str]:
    return {f"commitment-{row.id}-value": str(row.value) for row in project.indicator_rows}


def members(uow: UnitOfWork, project: Project, organisation: int | None) -> dict[str, str]:
    bid = queries.own(uow, project.id, organisation)
    assert bid is not None
    return {f"member-{m.id}-share": "100" for m in bid.members}


def test_who_may_not_lead_is_told_so_instead_of_being_let_begin(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors
) -> None:
    project = ProjectFactory(needs=[NeedFactory(organisation=organisation_of(actors.enterprise))])
    uow.commit()
    page = sign_in("enterprise").get(f"/bids/new/{project.id}").text
    assert "不能牵头揭榜" in page
    assert "开始填写" not in page


def test_a_bid_goes_from_the_list_to_the_office_and_nobody_sees_it_before(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    university = sign_in("university")
    assert project.title in university.get("/bids/").text
    assert "开始填写" in university.get(f"/bids/new/{project.id}").text
    edit = university.post(f"/bids/new/{project.id}").location
    page = university.get(edit)
    assert "没有人能看到" in page.text
    bid = queries.own(uow, project.id, actors.university.organisation_id)
    assert bid is not None
    form: dict[str, Any] = bid_answers() | commitments(project) | {f"member-{m.id}-share": "100" for m in bid.members}
    kept = university.post(edit, form | {"budget": "大概二十万", "submit": "1"})
    assert kept.status_code == 422
    assert "大概二十万" in kept.text
    assert "双波长测温" in university.get(f"/bids/{bid.id}").text, "the draft is kept in spite of what is wrong"
    done = university.post(edit, form | {"submit": "1"})
    assert done.status_code == 303, done.text
    assert "已于" in university.get(done.location).text
    for role in ("enterprise", "other_university", "government"):
        other = sign_in(role)
        assert other.get(f"/bids/{bid.id}").status_code == 404
        if role != "government":
            assert bid.number not in other.get("/bids/").text
    sealed = sign_in("government").get(f"/bids/project/{project.id}")
    assert "密封" in sealed.text
    assert "共收到" not in sealed.text


def test_a_partner_is_asked_and_answers(sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project) -> None:
    bid = written(uow, actors.university, project)
    uow.commit()
    partner = organisation_of(actors.enterprise)
    lead = sign_in("university")
    assert partner.name in lead.get(f"/bids/{bid.id}/edit", partner=partner.name).text
    lead.post(f"/bids/{bid.id}/partners", {"organisation": str(partner.id)})
    enterprise = sign_in("enterprise")
    assert "联合揭榜邀请" in enterprise.get("/bids/").text
    assert enterprise.post(f"/bids/{bid.id}/answer/agree").status_code == 303
    assert "退出联合体" in enterprise.get(f"/bids/{bid.id}").text
    assert enterprise.post(f"/bids/{bid.id}/edit", bid_answers()).status_code == 403
    assert sign_in("other_enterprise").post(f"/bids/{bid.id}/answer/agree").status_code == 404


def test_files_of_a_bid_are_given_to_its_readers_only(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    bid = written(uow, actors.university, project)
    uow.commit()
    lead = sign_in("university")
    lead.post(f"/bids/{bid.id}/files", {"file": (BytesIO(b"%PDF-1.7 x"), "report.pdf")})
    page = lead.get(f"/bids/{bid.id}/edit").text
    assert "report.pdf" in page
    address = page.split('href="/bids/files/')[1].split('"')[0]
    assert lead.get(f"/bids/files/{address}").data == b"%PDF-1.7 x"
    for role in ("government", "enterprise", "other_university"):
        assert sign_in(role).get(f"/bids/files/{address}").status_code == 404


def test_the_office_checks_bids_on_its_page(sign_in: SignIn, uow: UnitOfWork, project: Project) -> None:
    bid = BidFactory(project=project)
    project.state = ProjectState.EVALUATION
    uow.commit()
    office, address = sign_in("government"), f"/bids/project/{project.id}"
    page = office.get(address).text
    assert bid.organisation.name in page
    assert "共收到 1 份申请" in page
    office.post(f"{address}/check/{bid.id}", {"verdict": "reject", "reason": ""})
    assert "请写明理由" in office.get(address).text
    office.post(f"{address}/check/{bid.id}", {"verdict": "admit"})
    uow.session.refresh(bid)
    assert bid.state is BidState.ADMITTED
    assert "评审排名" in office.get(address).text
    office.post(f"{address}/announce", {"bids": str(bid.id)})
    assert "还没有交齐" in office.get(address).text
    office.post(f"{address}/fail", {"reason": "没有合格的申请"})
    uow.session.refresh(project)
    assert project.state is ProjectState.FAILED


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "admin", "expert"])
def test_only_the_office_opens_its_page(sign_in: SignIn, project: Project, role: str) -> None:
    assert sign_in(role).get(f"/bids/project/{project.id}").status_code == 403


def test_results_of_the_consortium_are_offered_as_a_basis(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    own = OfferFactory(organisation=organisation_of(actors.university), title="自有的熔池监测成果")
    bid = written(uow, actors.university, project)
    uow.commit()
    lead = sign_in("university")
    form = bid_answers() | {"offers": str(own.id)} | members(uow, project, actors.university.organisation_id)
    assert lead.post(f"/bids/{bid.id}/edit", form | {"save": "1"}).status_code == 303
    assert own.title in lead.get(f"/bids/{bid.id}").text


def test_pages_of_bids_are_in_english_too(sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project) -> None:
    bid = handed_in(uow, actors.university, project)
    consortium.search(uow, bid, "x")
    uow.commit()
    browser = sign_in("university")
    browser.client.set_cookie("language", "en")
    assert "Handed in" in browser.get(f"/bids/{bid.id}", lang="en").text


def test_the_office_brings_in_the_next_of_a_race_on_its_page(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    first, second, third = (BidFactory(project=project, state=state) for state in RACE)
    project.mode, project.teams, project.state = Mode.RACE, 2, ProjectState.AWARDED
    NoticeFactory(project=project, kind="award", content={"teams": [{}, {}]}, ended_at=uow.clock())
    marked(uow, actors, project, {first.id: 90, second.id: 80, third.id: 70})
    uow.commit()
    office, address = sign_in("government"), f"/bids/project/{project.id}"
    assert "bring-in" not in office.get(address).text
    office.post(f"{address}/lapse/{first.id}", {"reason": "主动放弃"})
    assert f"{address}/bring-in/{third.id}" in office.get(address).text
    office.post(f"{address}/bring-in/{third.id}", {"reason": "第一名放弃"})
    uow.session.refresh(third)
    assert third.state is BidState.AWARDED
    assert "bring-in" not in office.get(address).text


RACE = (BidState.AWARDED, BidState.AWARDED, BidState.NOT_CHOSEN)


def test_boxes_of_the_ranking_belong_to_the_form_under_it(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    bid = BidFactory(project=project, state=BidState.ADMITTED)
    project.state = ProjectState.EVALUATION
    marked(uow, actors, project, {bid.id: 90})
    uow.commit()
    office, address = sign_in("government"), f"/bids/project/{project.id}"
    page = office.get(address).text
    assert 'id="announce"' in page
    assert f'form="announce" class="form-check-input" type="checkbox" name="bids" value="{bid.id}"' in page
    office.post(f"{address}/announce", {"bids": str(bid.id)})
    uow.session.refresh(bid)
    assert bid.state is BidState.PROPOSED


def test_pages_of_a_bid_lead_its_bidders_and_the_owner_to_the_timeline(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors
) -> None:
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    project = ProjectFactory(needs=(need,), state=ProjectState.IMPLEMENTATION)
    bid = BidFactory(project=project, organisation=organisation_of(actors.university), state=BidState.RUNNING)
    book = TaskBookFactory(bid=bid)
    uow.commit()
    for role in ("university", "enterprise"):
        browser = sign_in(role)
        for address in (f"/bids/{bid.id}", f"/delivery/{book.id}"):
            page = browser.get(address)
            assert f"/projects/{project.id}/timeline" in page.text, (role, address, page.status)
        assert browser.get(f"/projects/{project.id}/timeline").status_code == 200


def test_a_team_bids_again_on_the_page_after_a_relaunch(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    old = BidFactory(
        project=project, organisation=organisation_of(actors.university), state=BidState.FORMER,
        approach="上一轮写的方案", score=55.0, place=2, verdict_note="未达到合格线",
    )  # fmt: skip
    uow.commit()
    university = sign_in("university")
    page = university.get(f"/bids/{old.id}").text
    assert "上一轮写的方案" in page
    assert "55.00" in page
    assert f"/bids/new/{project.id}" in page
    assert old.number in university.get(f"/bids/new/{project.id}").text
    edit = university.post(f"/bids/new/{project.id}").location
    assert edit != f"/bids/{old.id}/edit"
    assert "上一轮写的方案" in university.get(edit).text
    assert f'href="/bids/{old.id}"' in university.get(edit.removesuffix("/edit")).text
    assert university.get(f"/bids/{old.id}/edit").location == f"/bids/{old.id}"


def whole_form(page: str) -> dict[str, Any]:
    """Return what a browser would send of the form of a bid, with the version that it shows."""
    found = re.search(r'name="seen_version" value="(\d+)"', page)
    assert found is not None
    return bid_answers() | {"seen_version": found[1]}


def test_searching_asking_and_removing_partners_keep_what_was_typed(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    bid = written(uow, actors.university, project)
    partner = organisation_of(actors.enterprise)
    uow.commit()
    lead, address = sign_in("university"), f"/bids/{bid.id}"
    page = lead.get(f"{address}/edit").text
    assert f'form="bid" formaction="{address}/find"' in page
    found = lead.post(f"{address}/find", whole_form(page) | {"approach": "第一稿", "partner": partner.name})
    page = lead.get(found.location.partition("#")[0]).text
    assert f'value="{partner.id}" formaction="{address}/partners"' in page
    assert "第一稿" in page
    lead.post(f"{address}/partners", whole_form(page) | {"approach": "第二稿", "organisation": str(partner.id)})
    page = lead.get(f"{address}/edit").text
    assert "第二稿" in page
    uow.session.refresh(bid)
    joined = next(m for m in bid.members if m.organisation_id == partner.id)
    assert f'formaction="{address}/partners/{joined.id}/remove"' in page
    unread = whole_form(page) | {"approach": "第三稿", "price": "大约一百", f"member-{joined.id}-task": "验证试验"}
    answer = lead.post(f"{address}/partners/{joined.id}/remove", unread)
    assert answer.status_code == 422, "done, and the form says what it could not read"
    assert "大约一百" in answer.text
    uow.session.refresh(bid)
    uow.session.refresh(joined)
    assert (bid.approach, joined.state) == ("第三稿", MemberState.LEFT)


def test_an_older_version_of_the_form_overwrites_nothing_and_loses_nothing(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    bid = written(uow, actors.university, project)
    uow.commit()
    lead, address = sign_in("university"), f"/bids/{bid.id}/edit"
    first = whole_form(lead.get(address).text)
    assert lead.post(address, first | {"approach": "同事写的"}).status_code == 303
    typed = {"approach": "我写的", "offers": "", f"commitment-{project.indicator_rows[0].id}-value": "0.123"}
    typed |= {f"member-{bid.members[0].id}-task": "我的任务"}
    for button in ("save", "submit"):
        late = lead.post(address, first | typed | {button: "1"})
        assert late.status_code == 409
        for text in ("我写的", "0.123", "我的任务", "没有丢失"):
            assert text in late.text
    uow.session.refresh(bid)
    assert (bid.approach, bid.state) == ("同事写的", BidState.DRAFT)
    again = lead.post(address, whole_form(late.text) | typed | {"save": "1"})
    assert again.status_code == 303, "the page that was shown anew can be saved"
    uow.session.refresh(bid)
    assert bid.approach == "我写的"


@pytest.mark.parametrize("path", ["edit", "find", "partners", "files"])
def test_after_the_deadline_the_form_says_the_servers_time_and_keeps_what_was_typed(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project, path: str
) -> None:
    bid = written(uow, actors.university, project)
    project.closes_at = utc_now() - timedelta(seconds=5)
    uow.commit()
    lead = sign_in("university")
    before = utc_now()
    late = lead.post(
        f"/bids/{bid.id}/{path}", bid_answers(approach="最后一刻写的") | {"submit": "1", "seen_version": "1"}
    )
    assert late.status_code == 409
    assert "最后一刻写的" in late.text
    assert f"已于 {local_second(project.closes_at)} 截止" in late.text
    said = re.search(r"收到您的请求的时间是 ([\d :-]+)，", late.text)
    assert said is not None
    assert local_second(before) <= said[1] <= local_second(utc_now())
    uow.session.refresh(bid)
    assert (bid.state, bid.approach) == (BidState.DRAFT, bid_answers()["approach"])


def test_a_chosen_file_is_kept_whichever_button_is_pressed(
    sign_in: SignIn, uow: UnitOfWork, actors: Actors, project: Project
) -> None:
    bid = written(uow, actors.university, project)
    uow.commit()
    lead, address = sign_in("university"), f"/bids/{bid.id}"
    sent = whole_form(lead.get(f"{address}/edit").text) | {"file": (BytesIO(b"%PDF-1.7 x"), "方案.pdf"), "save": "1"}
    assert lead.post(f"{address}/edit", sent).status_code == 303
    page = lead.get(f"{address}/edit").text
    assert "方案.pdf" in page
    nothing = lead.post(f"{address}/files", whole_form(page) | {"approach": "没选文件"})
    assert nothing.status_code == 422
    assert "没选文件" in nothing.text
