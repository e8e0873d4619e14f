"""Bids: written as drafts, joined by partners, handed in to the second, sealed until the evaluation, judged and awarded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from matcher.app import Platform
from matcher.core.clock import local_second
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.people import Actor, Role
from matcher.core.unit_of_work import UnitOfWork
from matcher.projects.bids import bidding, commitments, consortium, queries, service
from matcher.projects.bids.clock import tend
from matcher.projects.lifecycle import BidState, MemberState, ProjectState
from tests.bids import bid_answers, closed, handed_in, written
from tests.conftest import Actors, MovableClock
from tests.factories import NeedFactory, OrganisationFactory, PersonFactory, organisation_of
from tests.projects import BidFactory, ProjectFactory


def test_a_draft_is_kept_with_everything_that_is_wrong_with_it(uow: UnitOfWork, actors: Actors) -> None:
    bid = bidding.start(uow, actors.university, ProjectFactory().id)
    long = "长" * 826
    problems = bidding.save(
        uow, actors.university, bid.id, bid_answers(approach=long, budget="设备费，120\n大概二十万", trl="")
    )
    assert {one.field for one in problems} == {"approach", "budget"}
    assert bid.approach == long
    assert bidding.given_of(bid)["budget"] == "设备费，120\n大概二十万"
    with pytest.raises(InvalidInput) as refused:
        bidding.submit(uow, actors.university, bid.id)
    assert {"approach", "budget", "trl"} <= {one.field for one in refused.value.problems}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"milestones": "样件，6，样件，40\n验收，24，报告，50"}, "milestones"),
        ({"milestones": "样件，6，样件，40\n验收，30，报告，60"}, "milestones"),
        ({"months": "36"}, "months"),
        ({"budget": "设备费，120"}, "budget"),
        ({"price": "1201", "budget": "设备费，1251"}, "price"),
        ({"declared": ["clean_record"]}, "declared"),
        ({"leader": ""}, "leader"),
    ],
)
def test_what_does_not_add_up_is_not_handed_in(
    uow: UnitOfWork, actors: Actors, changes: dict[str, Any], field: str
) -> None:
    bid = written(uow, actors.university, ProjectFactory(), **changes)
    with pytest.raises(InvalidInput) as refused:
        bidding.submit(uow, actors.university, bid.id)
    assert {one.field for one in refused.value.problems} == {field}
    assert bid.state is BidState.DRAFT


def test_commitments_start_from_the_demand_and_weaker_ones_are_marked(uow: UnitOfWork, actors: Actors) -> None:
    project = ProjectFactory()
    bid = written(uow, actors.university, project)
    porosity, strength = project.indicator_rows
    assert [row.verdict for row in commitments.rows(bid, project)] == ["met", "met"]
    bidding.save(
        uow, actors.university, bid.id,
        bid_answers() | {"commitments": {porosity.id: {"value": "0.9"}, strength.id: {"value": ""}}},
    )  # fmt: skip
    rows = commitments.rows(bid, project)
    assert rows[0].is_weaker
    assert rows[1].verdict == ""
    with pytest.raises(InvalidInput) as refused:
        bidding.submit(uow, actors.university, bid.id)
    assert [one.field for one in refused.value.problems] == ["commitments"]


def test_the_owner_of_the_need_may_join_but_not_lead(uow: UnitOfWork, actors: Actors) -> None:
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    project = ProjectFactory(needs=(need,))
    with pytest.raises(Conflict):
        bidding.start(uow, actors.enterprise, project.id)
    bid = written(uow, actors.university, project)
    consortium.invite(uow, actors.university, bid.id, actors.enterprise.organisation_id or 0)
    member = consortium.answer(uow, actors.enterprise, bid.id, "agree")
    assert member.state is MemberState.AGREED


def test_an_organisation_leads_one_bid_of_a_project(uow: UnitOfWork, actors: Actors) -> None:
    project = ProjectFactory()
    first = bidding.start(uow, actors.university, project.id)
    assert bidding.start(uow, actors.university, project.id).id == first.id


def test_nothing_is_handed_in_before_a_partner_has_answered_and_shares_add_up(uow: UnitOfWork, actors: Actors) -> None:
    bid = written(uow, actors.university, ProjectFactory())
    partner = consortium.invite(uow, actors.university, bid.id, actors.enterprise.organisation_id or 0, share=30)
    with pytest.raises(InvalidInput):
        bidding.submit(uow, actors.university, bid.id)
    consortium.answer(uow, actors.enterprise, bid.id, "agree")
    lead = next(m for m in bid.members if m.is_lead)
    shares = {lead.id: {"share": "70", "task": "工艺"}, partner.id: {"share": "30", "task": "验证"}}
    bidding.save(uow, actors.university, bid.id, bid_answers() | {"members": shares})
    assert bidding.submit(uow, actors.university, bid.id).state is BidState.SUBMITTED
    consortium.answer(uow, actors.enterprise, bid.id, "leave")
    assert bid.state is BidState.DRAFT, "what one partner was to do is no longer covered"
    assert not service.may_read(uow, actors.enterprise, bid)


def test_a_bid_is_taken_back_withdrawn_and_resumed_until_the_deadline(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    project = ProjectFactory()
    bid = handed_in(uow, actors.university, project)
    bidding.recall(uow, actors.university, bid.id)
    bidding.withdraw(uow, actors.university, bid.id)
    bidding.resume(uow, actors.university, bid.id)
    bidding.submit(uow, actors.university, bid.id)
    clock.moment = project.closes_at + timedelta(seconds=1)
    for action in (bidding.recall, bidding.withdraw):
        with pytest.raises(Conflict, match="closed at"):
            action(uow, actors.university, bid.id)
    assert bid.state is BidState.SUBMITTED


def test_a_bid_after_the_deadline_is_refused_with_the_servers_time(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    project = ProjectFactory()
    bid = written(uow, actors.university, project)
    clock.moment = project.closes_at + timedelta(milliseconds=1)
    with pytest.raises(Conflict) as refused:
        bidding.submit(uow, actors.university, bid.id)
    assert local_second(clock.moment) in refused.value.message.zh
    clock.moment = project.closes_at
    assert bidding.submit(uow, actors.university, bid.id).submitted_at == project.closes_at


def test_bids_before_the_opening_stay_drafts(uow: UnitOfWork, actors: Actors, clock: MovableClock) -> None:
    project = ProjectFactory(state=ProjectState.PUBLISHED, opens_at=clock() + timedelta(days=1))
    bid = written(uow, actors.university, project)
    with pytest.raises(Conflict):
        bidding.submit(uow, actors.university, bid.id)
    clock.move(days=1)
    tend(uow)
    assert project.state is ProjectState.BIDDING
    bidding.submit(uow, actors.university, bid.id)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_twenty_bids_of_the_last_second_are_all_in_and_one_after_it_is_refused(
    uow: UnitOfWork, platform: Platform, actors: Actors
) -> None:
    project = ProjectFactory()
    teams = [
        PersonFactory(organisation=OrganisationFactory(kind="university"), role=Role.UNIVERSITY).actor()
        for _ in range(21)
    ]
    drafts = [written(uow, team, project) for team in teams]
    uow.commit()
    assert project.closes_at is not None
    last, ready = project.closes_at - timedelta(milliseconds=500), Barrier(21)

    def hand_in(team: Actor, bid_id: int, arrived: datetime) -> str:
        mine = UnitOfWork(platform.sessions, clock=lambda: arrived)
        ready.wait()
        try:
            with mine:
                bidding.submit(mine, team, bid_id)
            return "in"
        except Conflict as refused:
            return refused.message.zh
        finally:
            mine.close()

    moments = [last] * 20 + [project.closes_at + timedelta(seconds=1)]
    with ThreadPoolExecutor(21) as pool:
        found = list(pool.map(hand_in, teams, [bid.id for bid in drafts], moments))
    assert found[:20] == ["in"] * 20
    assert local_second(moments[20]) in found[20]
    assert queries.count(uow, project.id, (BidState.SUBMITTED,)) == 20


def test_a_bid_that_waited_for_the_lock_past_the_deadline_is_in(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    project = ProjectFactory()
    bid = written(uow, actors.university, project)
    arrived = project.closes_at - timedelta(milliseconds=1)
    clock.moment = project.closes_at + timedelta(seconds=20)
    assert tend(uow) == 0, "evaluation does not begin while such a bid may still wait"
    assert bidding.submit(uow, actors.university, bid.id, arrived=arrived).submitted_at == arrived


def test_closing_voids_drafts_and_draws_codes(uow: UnitOfWork, actors: Actors, clock: MovableClock) -> None:
    project = ProjectFactory()
    draft = written(uow, actors.other_university, project)
    bids = [BidFactory(project=project) for _ in range(3)]
    closed(uow, clock, project)
    assert draft.state is BidState.VOID
    assert sorted(bid.code for bid in bids) == ["方案A", "方案B", "方案C"]
    assert draft.code == ""


READERS = {
    "before": {"university": True, "enterprise": False, "other_university": False, "other_enterprise": False,
               "government": False, "desk": False, "admin": False, "expert": False, "visitor": False},
    "after": {"university": True, "enterprise": True, "other_university": False, "other_enterprise": False,
              "government": True, "desk": False, "admin": False, "expert": False, "visitor": False},
}  # fmt: skip


@pytest.mark.parametrize("when", READERS)
def test_who_reads_a_bid(uow: UnitOfWork, actors: Actors, clock: MovableClock, when: str) -> None:
    """The enterprise owns the need; the other university has a bid of its own."""
    project = ProjectFactory(needs=(NeedFactory(organisation=organisation_of(actors.enterprise)),))
    bid = handed_in(uow, actors.university, project)
    handed_in(uow, actors.other_university, project)
    if when == "after":
        closed(uow, clock, project)
    found = {role: service.may_read(uow, getattr(actors, role), bid) for role in READERS[when]}
    assert found == READERS[when]
    for role, may in found.items():
        if not may:
            with pytest.raises(NotFound):
                service.seen(uow, getattr(actors, role), bid.id)


def test_an_owner_of_the_need_who_bids_with_others_reads_no_rival(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    project = ProjectFactory(needs=(NeedFactory(organisation=organisation_of(actors.enterprise)),))
    joined = written(uow, actors.university, project)
    rival = handed_in(uow, actors.other_university, project)
    consortium.invite(uow, actors.university, joined.id, actors.enterprise.organisation_id or 0)
    consortium.answer(uow, actors.enterprise, joined.id, "agree")
    bidding.save(
        uow, actors.university, joined.id,
        bid_answers() | {"members": {m.id: {"share": "50", "task": "攻关"} for m in joined.members}},
    )  # fmt: skip
    bidding.submit(uow, actors.university, joined.id)
    closed(uow, clock, project)
    assert not service.may_read(uow, actors.enterprise, rival)
    assert service.may_read(uow, actors.enterprise, joined)


def test_only_the_lead_writes_and_strangers_learn_nothing(uow: UnitOfWork, actors: Actors) -> None:
    bid = written(uow, actors.university, ProjectFactory())
    for role in ("other_university", "other_enterprise", "government", "desk", "admin", "expert", "visitor"):
        with pytest.raises(NotFound):
            bidding.save(uow, getattr(actors, role), bid.id, bid_answers())
    consortium.invite(uow, actors.university, bid.id, actors.enterprise.organisation_id or 0)
    with pytest.raises(NotAllowed):
        bidding.save(uow, actors.enterprise, bid.id, bid_answers())
