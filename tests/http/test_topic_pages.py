"""Common problems in pages: ranked, looked at, arranged; each role sees what the table says."""

import pytest

from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.topics import demand
from matcher.projects.topics.demand_index import PARTS
from matcher.projects.topics.queries import members
from tests.factories import NeedFactory, OrganisationFactory
from tests.http.conftest import CountQueries, SignIn
from tests.topic_records import read, regroup, serve

PAGES = ("/topics/", "/topics/singles", "/topics/weights", "/topics/1")


@pytest.fixture
def grouped(uow: UnitOfWork) -> list[int]:
    """Group three needs, one of them closed to the public, and leave a fourth alone; return their ids."""
    serve(uow)
    made = []
    for subject, disclosure in ((1, "open"), (1, "closed"), (1, "open"), (2, "open")):
        leader = OrganisationFactory(honours=["chain_leader"])
        need = NeedFactory(
            title=f"机密{len(made)}" if disclosure == "closed" else f"课题{len(made)}", organisation=leader
        )
        need.disclosure = disclosure
        read(uow, need, subject, words=[f"词{subject}"])
        made.append(need.id)
    regroup(uow)
    return made


@pytest.mark.parametrize(
    ("role", "status"), [("government", 200), ("desk", 200), ("enterprise", 403), ("university", 403), ("admin", 403)]
)
def test_only_government_and_desk_open_the_pages(grouped: list[int], sign_in: SignIn, role: str, status: int) -> None:
    browser = sign_in(role)
    assert [browser.get(path).status_code for path in PAGES] == [status] * len(PAGES)


def test_the_list_ranks_with_every_part_and_hides_what_is_closed(grouped: list[int], sign_in: SignIn) -> None:
    browser = sign_in("government")
    page = browser.get("/topics/").text
    assert "3 条需求" in page
    assert "其中链主企业 3 家" in page
    assert all(part.label.zh in page for part in PARTS.values())
    detail = browser.get("/topics/1").text
    assert "另有 1 条不公开的需求" in detail
    assert "机密" not in page + detail
    assert "机密1" in sign_in("desk").get("/topics/1").text


def test_the_home_of_the_government_shows_the_highest(grouped: list[int], sign_in: SignIn) -> None:
    page = sign_in("government").get("/government/").text
    assert "需求指数最高的共性需求" in page
    assert 'href="/topics/1"' in page


def test_a_problem_is_named_divided_and_merged_again(grouped: list[int], sign_in: SignIn, uow: UnitOfWork) -> None:
    browser = sign_in("government")
    browser.get("/topics/1")
    assert browser.post("/topics/1", {"do": "rename", "name": "叶片孔隙", "seen_version": ""}).status_code == 302
    assert "叶片孔隙" in browser.get("/topics/").text
    answer = browser.post("/topics/1", {"do": "split", "needs": str(grouped[2])})
    assert answer.location == "/topics/2"
    answer = browser.post("/topics/2", {"do": "merge", "into": "1"})
    assert answer.location == "/topics/1"
    assert "前往" in browser.get("/topics/2").text
    answer = browser.post("/topics/1", {"do": "move", "need": f"xq{grouped[3]:06d}"})
    assert answer.status_code == 302
    assert members(uow) == {1: grouped}


@pytest.mark.parametrize(
    "wrong", [{"do": "rename", "name": ""}, {"do": "move", "need": "?"}, {"do": "split"}, {"do": "merge", "into": "1"}]
)
def test_what_is_wrong_is_told_on_the_page(grouped: list[int], sign_in: SignIn, wrong: dict[str, str]) -> None:
    answer = sign_in("desk").post("/topics/1", wrong)
    assert answer.status_code == 422
    assert "error-summary" in answer.text


def test_grouping_anew_is_asked_of_the_worker(grouped: list[int], sign_in: SignIn) -> None:
    browser = sign_in("government")
    assert browser.post("/topics/group").status_code == 302
    assert "正在重新归并" in browser.get("/topics/").text


def test_the_government_sets_weights_and_the_desk_reads_them(
    grouped: list[int], sign_in: SignIn, uow: UnitOfWork
) -> None:
    browser = sign_in("government")
    given = dict.fromkeys(PARTS, "10") | {"note": "按会议纪要"}
    assert browser.post("/topics/weights", given | {"gap": "abc"}).status_code == 422
    assert browser.post("/topics/weights", given).status_code == 302
    assert demand.weights(uow) == dict.fromkeys(PARTS, 10)
    desk = sign_in("desk")
    assert "按会议纪要" in desk.get("/topics/weights").text
    assert desk.post("/topics/weights", given).status_code == 403


def test_pages_ask_the_database_no_more_for_more_problems(
    grouped: list[int], sign_in: SignIn, uow: UnitOfWork, count_queries: CountQueries
) -> None:
    browser = sign_in("government")
    browser.get("/topics/")
    with count_queries() as few:
        browser.get("/topics/")
    for subject in range(3, 9):
        for _ in range(2):
            read(uow, NeedFactory(organisation=OrganisationFactory()), subject, words=[f"词{subject}"])
    regroup(uow)
    with count_queries() as more:
        browser.get("/topics/")
    assert len(members(uow)) == 7
    assert len(more) == len(few)


def test_the_pages_are_complete_in_english(grouped: list[int], sign_in: SignIn) -> None:
    browser = sign_in("government")
    assert "Group anew" in browser.get("/topics/", lang="en").text
    assert "Who asks" in browser.get("/topics/1").text
