"""Whatever anybody does in whatever order: no state that the table forbids, no bid lost, and no sealed one shown."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from matcher.accounts.model import Membership
from matcher.core.errors import DomainError
from matcher.core.lifecycle import Lifecycle, StateChange
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.messages.model import Message
from matcher.projects.bids import bidding, commitments, consortium, office, queries, service, succession
from matcher.projects.bids.clock import GRACE, tend
from matcher.projects.bids.model import Bid, BidMember
from matcher.projects.lifecycle import (
    BID_LIFECYCLE,
    PROJECT_LIFECYCLE,
    SEALED_STATES,
    BidState,
    MemberState,
    Mode,
    ProjectState,
)
from matcher.projects.setup import deciding
from matcher.projects.setup.model import Project
from matcher.projects.setup.timeline import Kind, may_see, timeline
from tests.bids import bid_answers, marked
from tests.conftest import Actors, MovableClock
from tests.factories import NeedFactory, organisation_of
from tests.projects import CallFactory, ProjectFactory

ROLES = (
    "university", "other_university", "enterprise", "other_enterprise", "government", "desk", "admin", "expert", "visitor"
)  # fmt: skip
#: Mostly who may, so that the sequences get somewhere; in between everybody else.
BIDDER = st.sampled_from(("lead",) * 4 + ROLES)
OFFICE = st.sampled_from(("government",) * 4 + ROLES)
JUDGING = ("admit", "reject", "lapse", "bring_in")
PLACE = st.integers(0, 5)
STANDING = (MemberState.INVITED, MemberState.AGREED)
#: How far the ordinary way goes before everybody tries everything, and the state of the project then.
STAGES = {
    "bidding": ProjectState.BIDDING, "evaluation": ProjectState.EVALUATION, "judged": ProjectState.EVALUATION,
    "award_notice": ProjectState.AWARD_NOTICE, "awarded": ProjectState.AWARDED, "failed": ProjectState.FAILED,
    "second_round": ProjectState.BIDDING,
}  # fmt: skip
NEVER_IN = {BidState.DRAFT, BidState.WITHDRAWN, BidState.VOID, BidState.FORMER}


class Bidding(RuleBasedStateMachine):
    """A race for which two universities bid, whose need is the enterprise's; everybody tries everything."""

    def __init__(self, uow: UnitOfWork, actors: Actors, clock: MovableClock) -> None:
        super().__init__()
        self.uow, self.actors, self.clock = uow, actors, clock
        with uow:
            need = NeedFactory(organisation=organisation_of(actors.enterprise))
            project = ProjectFactory(
                needs=(need,), mode=Mode.RACE, teams=2,
                call=CallFactory(opens_at=clock(), closes_at=clock() + timedelta(days=3)),
            )  # fmt: skip
        self.project_id = project.id
        self.written: dict[int, str] = {}  # what each bid must say: the last text of its lead
        self.in_time: set[int] = set()  # what must be in when bidding closes

    @initialize(stage=st.sampled_from(list(STAGES)))
    def the_ordinary_way(self, stage: str) -> None:
        """Go some way as it should go, so that what is tried afterwards is tried in every stage."""
        for number, role in enumerate(("university", "other_university")):
            self.start(role)
            self.save(0, "lead", "甲乙"[number])
            self.invite(0, "lead", "other_enterprise")
            self.answer(0, "other_enterprise", "agree")
            self.save(0, "lead", "丙丁"[number])
            self.submit(0, "lead")
        assert len(self.in_time) == 2
        steps: dict[str, Callable[[], object]] = {
            "bidding": lambda: None,
            "evaluation": self.the_deadline_comes,
            "judged": self.all_are_admitted_and_marked,
            "award_notice": lambda: self.decide("government", "announce"),
            "awarded": lambda: (self.time_passes(24 * 9), self.decide("government", "award")),
            "failed": lambda: (self.decide("government", "reconsider"), self.decide("government", "fail")),
            "second_round": self.there_is_a_second_round,
        }
        for name in STAGES:
            if name != "awarded" or stage == "awarded":
                steps[name]()
            if name == stage:
                break
        assert self.project.state is STAGES[stage]

    def all_are_admitted_and_marked(self) -> None:
        for place in range(2):
            self.judge(place, "government", "admit")
        self.experts_hand_in_their_marks()

    def there_is_a_second_round(self) -> None:
        self.decide("government", "relaunch")
        self.published_anew()
        self.the_worker_looks()
        self.start("university")
        self.save(0, "lead", "戊")
        self.answer(0, "other_enterprise", "agree")
        self.submit(0, "lead")

    # what there is

    @property
    def project(self) -> Project:
        return self.uow.session.get_one(Project, self.project_id)

    def bids(self) -> list[Bid]:
        query = select(Bid).where(Bid.project_id == self.project_id).order_by(Bid.id)
        return list(self.uow.session.scalars(query).unique())

    def actor(self, role: str, bid: Bid | None = None) -> Actor:
        if role == "lead":
            leads = (self.actors.university, self.actors.other_university)
            return next((a for a in leads if bid and a.organisation_id == bid.organisation_id), leads[0])
        found: Actor = getattr(self.actors, role)
        return found

    def does(self, act: Callable[[], object]) -> bool:
        """Try something as a request does: all of it or nothing; say whether it was let through."""
        try:
            with self.uow:
                act()
        except DomainError:
            return False
        return True

    def lets_write(self, bid: Bid) -> bool:
        project = self.project
        return project.state in bidding.TAKES_BIDS and self.clock() <= (project.closes_at or self.clock())

    # bidders

    @rule(role=st.sampled_from(("university", "other_university") * 3 + ROLES))
    def start(self, role: str) -> None:
        actor, known = self.actor(role), {bid.id for bid in self.bids()}
        if self.does(lambda: bidding.start(self.uow, actor, self.project_id)):
            made = queries.own(self.uow, self.project_id, actor.organisation_id)
            assert made is not None
            if made.id not in known:
                assert role in ("university", "other_university", "other_enterprise"), "the need's owner may not lead"
                self.written[made.id] = made.approach

    @rule(place=PLACE, role=BIDDER, text=st.text("甲乙丙丁", min_size=1, max_size=6))
    def save(self, place: int, role: str, text: str) -> None:
        if bid := self.pick(place):
            actor, agreed = self.actor(role, bid), [m for m in bid.members if m.state is MemberState.AGREED]
            shares = {m.id: {"share": str(100 // len(agreed)), "task": "攻关"} for m in agreed}
            shares[agreed[0].id]["share"] = str(100 - (len(agreed) - 1) * (100 // len(agreed)))
            given = bid_answers(approach=text) | {"members": shares}
            was_draft, open_now = bid.state is BidState.DRAFT, self.lets_write(bid)
            if self.does(lambda: bidding.save(self.uow, actor, bid.id, given)):
                assert was_draft
                assert open_now
                assert actor.organisation_id == bid.organisation_id
                self.written[bid.id] = text

    @rule(place=PLACE, role=BIDDER)
    def submit(self, place: int, role: str) -> None:
        if bid := self.pick(place):
            actor, open_now = self.actor(role, bid), self.lets_write(bid)
            if self.does(lambda: bidding.submit(self.uow, actor, bid.id)):
                assert open_now
                assert actor.organisation_id == bid.organisation_id
                assert all(row.commitment for row in commitments.rows(bid, self.project))
                self.in_time.add(bid.id)

    @rule(place=PLACE, role=BIDDER, action=st.sampled_from(("recall", "withdraw", "resume")))
    def take_back(self, place: int, role: str, action: str) -> None:
        if bid := self.pick(place):
            actor, open_now = self.actor(role, bid), self.lets_write(bid)
            if self.does(lambda: getattr(bidding, action)(self.uow, actor, bid.id)):
                assert open_now
                assert actor.organisation_id == bid.organisation_id
                self.in_time.discard(bid.id)

    @rule(
        place=PLACE,
        role=BIDDER,
        asked=st.sampled_from(("enterprise", "other_enterprise", "other_university", "expert")),
    )
    def invite(self, place: int, role: str, asked: str) -> None:
        if bid := self.pick(place):
            actor, organisation = self.actor(role, bid), self.actor(asked).organisation_id or 0
            if self.does(lambda: consortium.invite(self.uow, actor, bid.id, organisation)):
                assert actor.organisation_id == bid.organisation_id
                assert bid.state is BidState.DRAFT

    @rule(place=PLACE, role=st.sampled_from(ROLES), action=st.sampled_from(("agree", "agree", "decline", "leave")))
    def answer(self, place: int, role: str, action: str) -> None:
        if bid := self.pick(place):
            actor, open_now = self.actor(role), self.lets_write(bid)
            was_in = self.stands_in(actor, bid)
            if self.does(lambda: consortium.answer(self.uow, actor, bid.id, action)):
                assert open_now
                assert was_in
                if action == "leave":
                    self.in_time.discard(bid.id)

    @rule(place=PLACE, role=BIDDER, member=PLACE)
    def remove(self, place: int, role: str, member: int) -> None:
        if bid := self.pick(place):
            actor, one = self.actor(role, bid), bid.members[member % len(bid.members)].id
            if self.does(lambda: consortium.remove(self.uow, actor, bid.id, one)):
                assert actor.organisation_id == bid.organisation_id

    # the office

    @rule(place=PLACE, role=OFFICE, action=st.sampled_from(("next",) * 4 + JUDGING), number=PLACE)
    def judge(self, place: int, role: str, action: str, number: int = 0) -> None:
        if bid := self.pick(place):
            actor, sealed = self.actor(role), self.project.state in SEALED_STATES
            acts: dict[str, Callable[[], object]] = {
                "admit": lambda: office.admit(self.uow, actor, bid.id),
                "reject": lambda: office.reject(self.uow, actor, bid.id, "缺少承诺书"),
                "lapse": lambda: succession.lapse(self.uow, actor, bid.id, "主动放弃"),
                "bring_in": lambda: succession.bring_in(self.uow, actor, bid.id, "按名次递补"),
            }
            possible = [one for one in JUDGING if BID_LIFECYCLE.target(bid.state, one)] or JUDGING
            if self.does(acts[possible[number % len(possible)] if action == "next" else action]):
                assert role == "government"
                assert not sealed

    @precondition(lambda self: self.project.state is ProjectState.EVALUATION)
    @rule()
    def experts_hand_in_their_marks(self) -> None:
        with self.uow:
            admitted = queries.of_project(self.uow, self.project_id, (BidState.ADMITTED,))
            marked(self.uow, self.actors, self.project, {bid.id: 95 - 5 * n for n, bid in enumerate(admitted)})

    @rule(
        role=OFFICE, action=st.sampled_from(("announce", "award", "award", "reconsider", "fail", "relaunch", "cancel"))
    )
    def decide(self, role: str, action: str) -> None:
        actor, before = self.actor(role), self.project.state
        admitted = [bid.id for bid in queries.of_project(self.uow, self.project_id, (BidState.ADMITTED,))][:2]
        acts: dict[str, Callable[[], object]] = {
            "announce": lambda: office.announce(self.uow, actor, self.project_id, admitted, "见排名"),
            "award": lambda: office.award(self.uow, actor, self.project_id),
            "reconsider": lambda: office.reconsider(self.uow, actor, self.project_id, "异议成立"),
            "fail": lambda: office.fail(self.uow, actor, self.project_id, "没有合格的申请"),
            "relaunch": lambda: deciding.relaunch(self.uow, actor, self.project_id),
            # Rare, since nothing follows it.
            "cancel": lambda: deciding.cancel(self.uow, actor, self.project_id, "不再需要，另行安排") if before is
            ProjectState.EVALUATION else None,
        }  # fmt: skip
        if self.does(acts[action]) and self.project.state is not before:
            assert role == "government"

    @precondition(lambda self: self.project.state is ProjectState.DRAFT)
    @rule()
    def published_anew(self) -> None:
        """Stand in for argument, notice and publication, which other tests cover."""
        with self.uow:
            project, now = self.project, self.clock()
            for action in ("argue", "notice", "publish"):
                PROJECT_LIFECYCLE.apply(self.uow, self.actors.government, project, action)
            project.call = CallFactory(opens_at=now, closes_at=now + timedelta(days=3))
            project.published_at, project.opens_at, project.closes_at = now, now, now + timedelta(days=3)
        self.in_time.clear()

    # the clock

    @rule(hours=st.sampled_from((1, 24, 24, 24 * 9)))
    def time_passes(self, hours: int) -> None:
        self.clock.move(hours=hours)

    @precondition(lambda self: self.project.state in bidding.TAKES_BIDS and self.in_time)
    @rule()
    def the_deadline_comes(self) -> None:
        if self.project.state in bidding.TAKES_BIDS and self.project.closes_at is not None:
            self.clock.moment = max(self.clock(), self.project.closes_at + GRACE)
            self.the_worker_looks()

    @rule()
    def the_worker_looks(self) -> None:
        was_sealed = self.project.state in SEALED_STATES
        with self.uow:
            tend(self.uow)
        if was_sealed and self.project.state is ProjectState.EVALUATION:
            found = {bid.id for bid in queries.of_project(self.uow, self.project_id, (BidState.SUBMITTED,))}
            assert found == self.in_time, "exactly what was handed in and not taken back is evaluated"

    # what always holds

    def pick(self, place: int) -> Bid | None:
        found = self.bids()
        return found[-1 - place % len(found)] if found else None

    def stands_in(self, actor: Actor, bid: Bid) -> bool:
        rows = self.uow.session.scalars(select(BidMember).where(BidMember.bid_id == bid.id))
        return any(m.organisation_id == actor.organisation_id and m.state in STANDING for m in rows)

    @invariant()
    def every_state_was_reached_by_the_table(self) -> None:
        self.follows(BID_LIFECYCLE, [(bid.id, bid.state.value) for bid in self.bids()], BidState.DRAFT.value)
        first = ProjectState.BIDDING.value
        self.follows(PROJECT_LIFECYCLE, [(self.project_id, self.project.state.value)], first)

    def follows(self, table: Lifecycle[Any], things: Sequence[tuple[int, str]], first: str) -> None:
        steps = {(s.value, t.action, t.target.value) for t in table.transitions for s in t.sources}
        ids = [one for one, _ in things]
        query = select(StateChange).where(StateChange.entity == table.entity, StateChange.entity_id.in_(ids))
        now = dict.fromkeys(ids, first)
        for change in self.uow.session.scalars(query.order_by(StateChange.id)):
            assert (change.source, change.action, change.target) in steps
            assert change.source == now[change.entity_id], "each step begins where the last one ended"
            now[change.entity_id] = change.target
        assert now == dict(things), "no state was changed past the table"

    @invariant()
    def no_bid_is_lost(self) -> None:
        assert {bid.id: bid.approach for bid in self.bids()} == self.written

    @invariant()
    def sealed_bids_are_shown_to_nobody_outside(self) -> None:
        sealed = self.project.state in SEALED_STATES
        bids = self.bids()
        for role in ROLES:
            actor = self.actor(role)
            own = {bid.id for bid in bids if self.stands_in(actor, bid)}
            read = {bid.id for bid in bids if service.may_read(self.uow, actor, bid)}
            assert own <= read
            self.reads_only_what_is_open(role, read - own, sealed, bids, own)
            listed = {bid.id for bid, _ in queries.of_organisation(self.uow, actor.organisation_id or 0)}
            assert {bid.id for bid in bids} & listed <= own
            if sealed and may_see(self.uow, actor, self.project):
                entries = timeline(self.uow, actor, self.project_id).entries
                assert not [one for one in entries if one.kind is Kind.BID], f"the timeline tells {role} of bids"

    def reads_only_what_is_open(
        self, role: str, foreign: set[int], sealed: bool, bids: list[Bid], own: set[int]
    ) -> None:
        states = {bid.id: bid.state for bid in bids}
        assert all(states[one] not in NEVER_IN - {BidState.FORMER} for one in foreign), f"{role} reads what is not in"
        present = {one for one in foreign if states[one] is not BidState.FORMER}
        assert not (sealed and present), f"{role} reads a sealed bid"
        if role in ("desk", "admin", "visitor", "other_enterprise"):
            assert not foreign, f"{role} has nothing to read in bids of others"
        if role != "government":
            assert foreign == present, f"{role} reads a bid of a former round"
        if any(states[one] not in (BidState.VOID, BidState.FORMER) for one in own):
            assert not foreign, f"{role} bids and reads a rival"

    @invariant()
    def letters_of_a_bid_go_to_its_consortium(self) -> None:
        for bid in self.bids():
            asked = select(BidMember.organisation_id).where(BidMember.bid_id == bid.id)
            people = select(Membership.person_id).where(Membership.organisation_id.in_(asked))
            query = select(Message.id).where(Message.link == f"/bids/{bid.id}", Message.person_id.not_in(people))
            assert self.uow.session.scalars(query).first() is None


def test_nothing_anybody_does_breaks_the_table_loses_a_bid_or_opens_a_seal(
    uow: UnitOfWork, actors: Actors, clock: MovableClock
) -> None:
    run_state_machine_as_test(
        lambda: Bidding(uow, actors, clock),
        settings=settings(
            max_examples=20, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
