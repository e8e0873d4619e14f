"""Claims: nobody reviews what a colleague has open, on both databases, alone and at once."""

import threading

import pytest
from sqlalchemy import func, select

from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, NotAllowed, NotFound
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import assignments, claims, queue, review
from matcher.matching.claims import Claimed
from matcher.matching.desk_model import Claim
from matcher.matching.model import Decision, PairingState, Verdict
from matcher.matching.queue import QueueFilter
from tests.factories import PairingFactory, day

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def pairing(uow, actors):
    made = PairingFactory(score=0.9)
    uow.commit()
    return made


@pytest.fixture
def three(uow, actors):
    made = [PairingFactory(score=score) for score in (0.9, 0.8, 0.7)]
    uow.commit()
    return made


def take(uow, actor, pairing_id):
    with uow:
        return claims.claim(uow, actor, pairing_id)


def test_opening_a_pairing_claims_it_and_a_colleague_is_told_who_has_it(uow, actors, pairing, clock):
    assert take(uow, actors.desk, pairing.id) is None
    holder = take(uow, actors.colleague, pairing.id)
    assert (holder.person_id, holder.name) == (actors.desk.person_id, actors.desk.name)
    assert holder.until == clock() + claims.DURATION


def test_a_claim_runs_out_unless_it_is_renewed(uow, actors, pairing, clock):
    take(uow, actors.desk, pairing.id)
    clock.move(minutes=4)
    assert take(uow, actors.desk, pairing.id) is None
    clock.move(minutes=4)
    assert take(uow, actors.colleague, pairing.id).person_id == actors.desk.person_id
    clock.move(minutes=1)
    assert take(uow, actors.colleague, pairing.id) is None
    assert take(uow, actors.desk, pairing.id).person_id == actors.colleague.person_id


def test_opening_the_next_lets_go_of_the_last_but_renewing_does_not(uow, actors, three):
    first, second, _ = (one.id for one in three)
    take(uow, actors.desk, first)
    take(uow, actors.desk, second)
    assert take(uow, actors.colleague, first) is None
    with uow:
        claims.claim(uow, actors.colleague, three[2].id, only=False)
    assert set(claims.holders(uow, [first, three[2].id])) == {first, three[2].id}


def test_leaving_gives_a_pairing_back(uow, actors, pairing):
    take(uow, actors.desk, pairing.id)
    with uow:
        claims.release(uow, actors.colleague, pairing.id)
    assert claims.held_by_other(uow, actors.colleague, pairing.id)
    with uow:
        claims.release(uow, actors.desk, pairing.id)
    assert take(uow, actors.colleague, pairing.id) is None


def test_the_queue_passes_over_what_a_colleague_has_open_but_lists_it_with_their_name(uow, actors, three):
    first, second, third = (one.id for one in three)
    take(uow, actors.desk, second)
    everything = QueueFilter()
    assert queue.next_in_queue(uow, actors.colleague, everything, three[0]) == third
    assert queue.previous_in_queue(uow, actors.colleague, everything, three[2]) == first
    assert queue.next_in_queue(uow, actors.desk, everything, three[0]) == second
    take(uow, actors.desk, first)
    assert queue.first_in_queue(uow, actors.colleague, everything) == second
    rows = queue.queue(uow, actors.colleague, everything).rows
    assert [(row.id, row.holder) for row in rows] == [(first, actors.desk.name), (second, None), (third, None)]


@pytest.mark.parametrize("verdict", [Verdict.ACCEPT, Verdict.DECLINE, Verdict.DEFER])
def test_what_a_colleague_has_open_is_not_decided_unless_it_is_taken_over(uow, actors, pairing, verdict):
    take(uow, actors.desk, pairing.id)
    with pytest.raises(Claimed) as caught, uow:
        review.decide(uow, actors.colleague, pairing.id, verdict, reason="ip", defer_until=day(3))
    assert actors.desk.name in caught.value.message.zh
    assert pairing.state is PairingState.SUGGESTED
    with uow:
        claims.take_over(uow, actors.colleague, pairing.id)
    with pytest.raises(Claimed), uow:
        review.decide(uow, actors.desk, pairing.id, verdict, reason="ip", defer_until=day(3))
    with uow:
        review.decide(uow, actors.colleague, pairing.id, verdict, reason="ip", defer_until=day(3))
    taken = uow.session.scalars(select(AuditRow).where(AuditRow.action == "pairing.take_over")).one()
    assert (taken.person_id, taken.detail) == (actors.colleague.person_id, {"of": actors.desk.person_id})


def test_a_decision_ends_the_claim_and_what_nobody_has_open_can_be_decided(uow, actors, three):
    take(uow, actors.desk, three[0].id)
    with uow:
        review.decide(uow, actors.desk, three[0].id, Verdict.DEFER, defer_until=day(3))
        review.decide(uow, actors.desk, three[1].id, Verdict.ACCEPT)
    assert uow.session.scalar(select(func.count()).select_from(Claim)) == 0


def test_what_is_not_open_to_review_is_not_claimed(uow, actors):
    under_way = PairingFactory(state=PairingState.MEETING)
    uow.commit()
    assert take(uow, actors.desk, under_way.id) is None
    assert take(uow, actors.colleague, under_way.id) is None


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "admin", "visitor"])
def test_only_the_desk_claims(uow, actors, pairing, role):
    actor = getattr(actors, role)
    for act in (claims.claim, claims.take_over, claims.release):
        with pytest.raises(NotAllowed), uow:
            act(uow, actor, pairing.id)


def test_what_does_not_exist_is_not_claimed(uow, actors):
    with pytest.raises(NotFound), uow:
        claims.claim(uow, actors.desk, 999_999)


def test_a_suggestion_that_is_taken_back_takes_its_claim_along(uow, actors, pairing):
    take(uow, actors.desk, pairing.id)
    uow.session.delete(pairing)
    uow.commit()
    assert uow.session.scalar(select(func.count()).select_from(Claim)) == 0


def test_whoever_accepts_what_nobody_looks_after_becomes_its_broker(uow, actors, three):
    with uow:
        assignments.assign(uow, actors.desk, actors.colleague.person_id, need_id=three[1].need_id)
        review.decide(uow, actors.desk, three[0].id, Verdict.ACCEPT)
        review.decide(uow, actors.desk, three[1].id, Verdict.ACCEPT)
    found = assignments.brokers_of(uow, [one.id for one in three])
    assert {key: one.name for key, one in found.items()} == {
        three[0].id: actors.desk.name,
        three[1].id: actors.colleague.name,
    }


def at_once(platform, acts):
    """Run each act in a thread and a session of its own, started together; return what each gave or raised."""
    barrier, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        uow = UnitOfWork(platform.sessions)
        try:
            barrier.wait()
            with uow:
                found = act(uow)
            outcomes[place] = found
        except Conflict as error:
            outcomes[place] = error
        finally:
            uow.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


@pytest.mark.parametrize("_attempt", range(5))
def test_of_two_brokers_who_open_one_pairing_at_once_one_gets_it_and_the_other_is_told(
    platform, uow, actors, pairing, _attempt
):
    both = (actors.desk, actors.colleague)
    outcomes = at_once(platform, [lambda own, who=who: claims.claim(own, who, pairing.id) for who in both])
    assert sorted(one is None for one in outcomes) == [False, True]
    uow.session.rollback()
    winner = both[outcomes.index(None)]
    assert uow.session.scalars(select(Claim.person_id)).all() == [winner.person_id]
    told = next(one for one in outcomes if one is not None)
    assert told.name == winner.name


def test_a_claim_that_ran_out_is_taken_by_one_of_two(platform, uow, actors, pairing, clock):
    clock.move(hours=-2)
    take(uow, actors.desk, pairing.id)
    both = (actors.desk, actors.colleague)
    outcomes = at_once(platform, [lambda own, who=who: claims.claim(own, who, pairing.id) for who in both])
    assert sorted(one is None for one in outcomes) == [False, True]


def test_a_decision_and_a_take_over_at_once_leave_one_decision_and_no_lost_one(platform, uow, actors, pairing):
    take(uow, actors.desk, pairing.id)
    uow.close()
    seen = pairing.version

    def decide(own):
        return review.decide(own, actors.desk, pairing.id, Verdict.ACCEPT, seen_version=seen)

    def take_over_and_decide(own):
        claims.take_over(own, actors.colleague, pairing.id)
        return review.decide(own, actors.colleague, pairing.id, Verdict.DECLINE, reason="ip", seen_version=seen)

    outcomes = at_once(platform, [decide, take_over_and_decide])
    lost = [one for one in outcomes if isinstance(one, Conflict)]
    assert len(lost) == 1, outcomes
    assert uow.session.scalar(select(func.count()).select_from(Decision)) == 1
