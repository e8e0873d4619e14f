"""Rounds of bidding: a failed project is relaunched, and teams that had bid may bid again without losing what they had."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from matcher.accounts.model import Person
from matcher.core.errors import Conflict, InvalidInput, NotFound
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.model import Message
from matcher.projects import files
from matcher.projects.bids import bidding, commitments, consortium, office, queries, rounds, service
from matcher.projects.bids.clock import GRACE, tend
from matcher.projects.bids.fields import BID_FIELDS
from matcher.projects.bids.letters import ASKED
from matcher.projects.bids.model import Bid, BidOffer
from matcher.projects.experts import office as office_of_panels
from matcher.projects.experts import panels, seats
from matcher.projects.experts.model import Expert, Panel, Stage
from matcher.projects.files_model import ProjectFile
from matcher.projects.lifecycle import BidState, MemberState, ProjectState
from matcher.projects.setup import deciding
from matcher.projects.setup.model import Project, ProjectIndicator
from matcher.projects.setup.timeline import timeline
from tests.bids import bid_answers, handed_in, marked, written
from tests.conftest import Actors, MovableClock
from tests.factories import OfferFactory, organisation_of
from tests.projects import BidFactory, CallFactory, ProjectFactory


def close(uow: UnitOfWork, clock: MovableClock, project: Project) -> None:
    assert project.closes_at is not None
    clock.moment = project.closes_at + GRACE + timedelta(seconds=1)
    tend(uow)


def take_bids(uow: UnitOfWork, clock: MovableClock, project: Project) -> None:
    """Bring a relaunched project to the point at which it takes bids, as after its argument and notice."""
    clock.move(days=1)
    project.call = CallFactory()
    project.opens_at, project.closes_at = clock(), clock() + timedelta(days=20)
    project.published_at, project.state = clock(), ProjectState.PUBLISHED
    tend(uow)
    assert project.state is ProjectState.BIDDING


@pytest.fixture
def failed(uow: UnitOfWork, actors: Actors, clock: MovableClock) -> tuple[Project, Bid]:
    """A project whose bidding failed, with a bid of the university that the enterprise had joined, marked 55."""
    project = ProjectFactory()
    bid = written(uow, actors.university, project)
    consortium.invite(uow, actors.university, bid.id, actors.enterprise.organisation_id or 0)
    consortium.answer(uow, actors.enterprise, bid.id, "agree")
    lead, partner = bid.members
    shares = {lead.id: {"share": "70", "task": "工艺"}, partner.id: {"share": "30", "task": "验证"}}
    porosity = project.indicator_rows[0]
    own = OfferFactory(organisation=organisation_of(actors.university))
    more = {"members": shares, "commitments": {porosity.id: {"value": "0.2", "text": "CT 检测"}}, "offers": [own.id]}
    assert not bidding.save(uow, actors.university, bid.id, bid_answers() | more)
    uow.session.add(
        ProjectFile(entity="bid", entity_id=bid.id, name="报告.pdf", size=1, content_hash="0" * 64, at=uow.clock())
    )
    bidding.submit(uow, actors.university, bid.id)
    close(uow, clock, project)
    office.admit(uow, actors.government, bid.id)
    marked(uow, actors, project, {bid.id: 55})
    office.fail(uow, actors.government, project.id, "未达到合格线")
    return project, bid


def test_a_team_bids_again_with_all_that_it_had_written(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, failed: Any
) -> None:
    project, old = failed
    before = {field.name: getattr(old, field.name) for field in BID_FIELDS}
    deciding.relaunch(uow, actors.government, project.id)
    with pytest.raises(Conflict):
        bidding.start(uow, actors.university, project.id)
    take_bids(uow, clock, project)
    assert bidding.may_begin_again(old, project)
    new = bidding.start(uow, actors.university, project.id)
    assert (new.id != old.id, new.state, new.round) == (True, BidState.DRAFT, 2)
    kept = {field.name: getattr(new, field.name) for field in BID_FIELDS}
    assert kept == before | {"declared": []}, "declarations are made for each round"
    assert [(m.task, m.share) for m in new.members] == [("工艺", 70), ("验证", 30)]
    assert [m.state for m in new.members] == [MemberState.AGREED, MemberState.INVITED]
    assert [row.commitment.value for row in commitments.rows(new, project) if row.commitment] == [0.2, 980.0]
    assert [one.name for one in files.of(uow, "bid", new.id)] == ["报告.pdf"]
    assert bidding.linked(uow, new) == bidding.linked(uow, old) != []
    assert bidding.start(uow, actors.university, project.id) is new, "one bid a round"


def test_nothing_of_the_former_bid_is_lost(uow: UnitOfWork, actors: Actors, clock: MovableClock, failed: Any) -> None:
    project, old = failed
    columns = [column.key for column in Bid.__table__.columns if column.key not in ("state", "version")]
    before = {name: getattr(old, name) for name in columns}
    members = [(m.id, m.state, m.task, m.share) for m in old.members]
    deciding.relaunch(uow, actors.government, project.id)
    take_bids(uow, clock, project)
    new = bidding.start(uow, actors.university, project.id)
    bidding.save(uow, actors.university, new.id, bid_answers(approach="换一条路线", price="90", budget="设备费，140"))
    uow.session.expire_all()
    assert {name: getattr(old, name) for name in columns} == before
    assert [(m.id, m.state, m.task, m.share) for m in old.members] == members
    assert old.state is BidState.FORMER
    assert files.of(uow, "bid", old.id)
    assert uow.session.scalars(select(BidOffer).where(BidOffer.bid_id == old.id)).all()
    assert rounds.former(uow, new) == [old]
    assert {bid.id for bid, _ in queries.of_organisation(uow, actors.university.organisation_id or 0)} == {
        old.id,
        new.id,
    }


def test_partners_are_asked_anew_and_hold_up_nothing_else(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, failed: Any
) -> None:
    project, _ = failed
    deciding.relaunch(uow, actors.government, project.id)
    take_bids(uow, clock, project)
    new = bidding.start(uow, actors.university, project.id)
    told = list(uow.session.scalars(select(Message).where(Message.person_id == actors.enterprise.person_id)))
    asked = ASKED.format(lead=new.organisation.name).zh
    assert [one.link for one in told if one.title_zh == asked].count(f"/bids/{new.id}") == 1
    bidding.save(uow, actors.university, new.id, {"declared": bid_answers()["declared"]})
    with pytest.raises(InvalidInput) as refused:
        bidding.submit(uow, actors.university, new.id)
    assert {one.field for one in refused.value.problems} == {"members"}, "only the partner's answer is missing"
    consortium.answer(uow, actors.enterprise, new.id, "agree")
    assert bidding.submit(uow, actors.university, new.id).state is BidState.SUBMITTED


def test_the_new_bid_is_sealed_and_the_office_keeps_what_it_had_opened(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, failed: Any
) -> None:
    project, old = failed
    deciding.relaunch(uow, actors.government, project.id)
    take_bids(uow, clock, project)
    new = bidding.start(uow, actors.university, project.id)
    readers = {
        role: (service.may_read(uow, getattr(actors, role), old), service.may_read(uow, getattr(actors, role), new))
        for role in ("university", "enterprise", "other_university", "government", "desk", "admin", "expert", "visitor")
    }
    assert readers == {
        "university": (True, True), "enterprise": (True, True), "other_university": (False, False),
        "government": (True, False), "desk": (False, False), "admin": (False, False), "expert": (False, False),
        "visitor": (False, False),
    }  # fmt: skip
    with pytest.raises(NotFound):
        service.seen(uow, actors.government, new.id)


def test_a_former_round_counts_for_nothing_in_the_new_one(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, failed: Any
) -> None:
    project, old = failed
    deciding.relaunch(uow, actors.government, project.id)
    take_bids(uow, clock, project)
    other = handed_in(uow, actors.other_university, project)
    close(uow, clock, project)
    assert queries.of_project(uow, project.id) == [other]
    office.admit(uow, actors.government, other.id)
    with pytest.raises(Conflict):  # marks of the former round are no marks of this one
        office.announce(uow, actors.government, project.id, [other.id])
    marked(uow, actors, project, {other.id: 88})
    assert [row.bid for row in office.ranking(uow, project)] == [other]
    assert not service.is_rival(uow, actors.university, other)
    counted = [
        one.what.en for one in timeline(uow, actors.government, project.id).entries if "handed in" in one.what.en
    ]
    assert counted == ["Bidding closed with 1 bids handed in"] * 2
    assert old.state is BidState.FORMER


def test_a_new_round_wants_new_panels_whose_experts_are_checked_against_the_new_bidders(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, failed: Any
) -> None:
    project, _ = failed
    judge = uow.session.get_one(Person, actors.expert.person_id)
    old = uow.session.scalars(select(Panel)).one()
    deciding.relaunch(uow, actors.government, project.id)
    assert (old.is_former, old.closed_at is not None) == (True, True)
    assert panels.panel_of(uow, project.id, Stage.EVALUATION) is None
    assert office_of_panels.hindrance_to_reopen(uow, old) is office_of_panels.FORMER
    take_bids(uow, clock, project)
    own_house = handed_in(uow, actors.other_university, project)
    judge.memberships[0].organisation = own_house.organisation
    uow.session.flush()
    close(uow, clock, project)
    office.admit(uow, actors.government, own_house.id)
    old.is_blind = False
    assert not service.may_read(uow, actors.expert, own_house), "a seat of the former round opens no bid of this one"
    due = (clock() + timedelta(days=5)).date().isoformat()
    given = office_of_panels.defaults(uow, project, Stage.EVALUATION) | {"due_on": due}
    new = office_of_panels.open_panel(uow, actors.government, project.id, Stage.EVALUATION, given)
    expert = uow.session.scalars(select(Expert)).one()
    with pytest.raises(InvalidInput) as refused:
        office_of_panels.invite(uow, actors.government, new.id, [expert.id])
    assert "同属一个机构" in refused.value.problems[0].message.zh


def test_an_open_panel_ends_with_the_bidding_that_failed_and_its_experts_are_told(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    project = ProjectFactory()
    bid = handed_in(uow, actors.university, project)
    close(uow, clock, project)
    office.admit(uow, actors.government, bid.id)
    panel = marked(uow, actors, project, {})
    assert seats.waiting(uow, actors.expert) == 1
    office.fail(uow, actors.government, project.id, "没有合格的申请。")
    assert panel.closed_at == clock()
    assert seats.waiting(uow, actors.expert) == 0
    told = uow.session.scalars(select(Message.title_zh).where(Message.person_id == actors.expert.person_id)).all()
    assert [one for one in told if "不再进行" in one]


def test_drafts_and_withdrawn_bids_of_a_former_round_begin_again_too(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    project = ProjectFactory()
    draft = written(uow, actors.university, project, approach="还没写完")
    withdrawn = written(uow, actors.other_university, project, approach="撤回过")
    bidding.withdraw(uow, actors.other_university, withdrawn.id)
    BidFactory(project=project)
    close(uow, clock, project)
    office.fail(uow, actors.government, project.id, "没有合格的申请")
    deciding.relaunch(uow, actors.government, project.id)
    assert not service.may_read(uow, actors.government, withdrawn), "what was never handed in stays sealed"
    take_bids(uow, clock, project)
    for actor, old in ((actors.university, draft), (actors.other_university, withdrawn)):
        new = bidding.start(uow, actor, project.id)
        assert (new.id != old.id, new.approach) == (True, old.approach)


def test_commitments_follow_the_indicators_of_the_new_round(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, failed: Any
) -> None:
    project, _ = failed
    deciding.relaunch(uow, actors.government, project.id)
    project.indicator_rows = [
        ProjectIndicator(position=0, name="孔隙率", comparator="le", value=0.3, unit="%"),
        ProjectIndicator(position=1, name="延伸率", comparator="ge", value=12.0, unit="%"),
    ]
    uow.session.flush()
    take_bids(uow, clock, project)
    new = bidding.start(uow, actors.university, project.id)
    found = [(row.name, row.commitment.value) for row in commitments.rows(new, project) if row.commitment]
    assert found == [("孔隙率", 0.2), ("延伸率", 12.0)]


def test_former_bidders_are_told_when_the_project_is_published_anew(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, failed: Any
) -> None:
    project, _ = failed
    deciding.relaunch(uow, actors.government, project.id)
    project.state = ProjectState.NOTICED
    deciding.step(uow, actors.government, project, "publish")
    told = uow.session.scalars(select(Message).where(Message.person_id == actors.university.person_id))
    assert any("已发榜" in one.body_zh for one in told)
