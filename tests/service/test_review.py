"""What the desk decides of pairings, on both databases, alone and against a colleague."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.lifecycle import StateChange
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import review
from matcher.matching.model import Decision, Pairing, PairingState, Verdict
from matcher.needs import service as needs
from matcher.needs.model import Need, NeedState
from matcher.offers.model import OfferState
from tests.factories import NeedFactory, OfferFactory, PairingFactory, day

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def pairing(uow, actors):
    made = PairingFactory()
    uow.commit()
    return made


def fields_with_problems(caught):
    return {problem.field for problem in caught.value.problems}


def test_an_accepted_pairing_is_shortlisted_and_its_need_is_matched(uow, actors, pairing):
    with uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.ACCEPT, note="很合适")
    assert pairing.state is PairingState.SHORTLISTED
    assert uow.session.get_one(Need, pairing.need_id).state is NeedState.MATCHED
    decision = uow.session.scalars(select(Decision)).one()
    assert (decision.verdict, decision.note, decision.person_id) == (Verdict.ACCEPT, "很合适", actors.desk.person_id)
    assert decision.scores == pairing.scores, "the ranking learns from the scores of the moment"
    assert uow.session.scalars(select(AuditRow.action).where(AuditRow.entity == "pairing")).all() == ["pairing.accept"]


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "admin", "visitor"])
@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_the_desk_decides(uow, actors, pairing, role, verdict):
    with pytest.raises(NotAllowed), uow:
        review.decide(uow, getattr(actors, role), pairing.id, verdict, reason="price", defer_until=day(3))
    assert not uow.session.scalars(select(Decision)).all()


@pytest.mark.parametrize("reason", [None, "", "unheard_of"])
def test_a_decline_names_one_of_the_reasons(uow, actors, pairing, reason):
    with pytest.raises(InvalidInput) as caught, uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.DECLINE, reason=reason)
    assert fields_with_problems(caught) == {"reason"}
    assert pairing.state is PairingState.SUGGESTED


@pytest.mark.parametrize("note", ["", "  ", "\x00\u200b"])
def test_another_reason_is_told_in_words(uow, actors, pairing, note):
    with pytest.raises(InvalidInput) as caught, uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.DECLINE, reason="other", note=note)
    assert fields_with_problems(caught) == {"note"}
    with uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.DECLINE, reason="other", note="客户已\x00搬迁")
    assert uow.session.scalars(select(Decision)).one().note == "客户已搬迁"


def test_a_note_has_an_end(uow, actors, pairing):
    with pytest.raises(InvalidInput) as caught, uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.ACCEPT, note="长" * 2001)
    assert fields_with_problems(caught) == {"note"}


@pytest.mark.parametrize("ahead", [None, -1, 0, 367])
def test_a_pairing_is_deferred_to_a_day_ahead_within_a_year(uow, actors, pairing, ahead):
    until = None if ahead is None else day(ahead)
    with pytest.raises(InvalidInput) as caught, uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.DEFER, defer_until=until)
    assert fields_with_problems(caught) == {"defer_until"}
    with uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.DEFER, defer_until=day(1))
    assert (pairing.state, pairing.defer_until) == (PairingState.DEFERRED, day(1))


def test_a_declined_pairing_is_reopened_with_its_whole_record(uow, actors, pairing):
    with uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.DECLINE, reason="too_early")
    with uow:
        review.decide(uow, actors.colleague, pairing.id, Verdict.REOPEN)
    assert pairing.state is PairingState.SUGGESTED
    said = uow.session.scalars(select(Decision).order_by(Decision.id)).all()
    assert [(d.verdict, d.reason) for d in said] == [(Verdict.DECLINE, "too_early"), (Verdict.REOPEN, None)]
    moves = uow.session.scalars(select(StateChange).order_by(StateChange.id)).all()
    assert [(m.source, m.target) for m in moves] == [("suggested", "declined"), ("declined", "suggested")]


def test_a_need_is_matched_as_long_as_one_of_its_pairings_is_under_way(uow, actors):
    need = NeedFactory()
    first, second = PairingFactory(need=need), PairingFactory(need=need)
    uow.commit()
    states = []
    for pairing, verdict in (
        (first, Verdict.ACCEPT),
        (second, Verdict.ACCEPT),
        (first, Verdict.DECLINE),
        (second, Verdict.DEFER),
        (second, Verdict.ACCEPT),
        (second, Verdict.DECLINE),
    ):
        with uow:
            review.decide(uow, actors.desk, pairing.id, verdict, reason="price", defer_until=day(7))
        states.append(need.state.value)
    assert states == ["matched", "matched", "matched", "published", "matched", "published"]


def test_what_the_table_forbids_is_refused_and_leaves_no_trace(uow, actors, pairing):
    with pytest.raises(Conflict), uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.REOPEN)
    with uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.ACCEPT)
    with pytest.raises(Conflict), uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.ACCEPT)
    assert len(uow.session.scalars(select(Decision)).all()) == 1


def test_a_pairing_that_does_not_exist_is_not_found(uow, actors):
    with pytest.raises(NotFound), uow:
        review.decide(uow, actors.desk, 999_999, Verdict.ACCEPT)


@pytest.mark.parametrize("side", ["need", "offer"])
def test_what_is_no_longer_open_is_not_accepted_but_may_be_declined(uow, actors, side):
    if side == "need":
        pairing = PairingFactory(need=NeedFactory(state=NeedState.WITHDRAWN))
    else:
        pairing = PairingFactory(offer=OfferFactory(state=OfferState.WITHDRAWN))
    uow.commit()
    with pytest.raises(Conflict), uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.ACCEPT)
    with uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.DECLINE, reason="already_solved")
    assert pairing.state is PairingState.DECLINED


def test_a_screen_that_is_older_than_a_colleagues_decision_decides_nothing(uow, actors, pairing):
    on_screen = pairing.version
    with uow:
        review.decide(uow, actors.colleague, pairing.id, Verdict.DEFER, defer_until=day(5))
    with pytest.raises(Conflict), uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.ACCEPT, seen_version=on_screen)
    assert pairing.state is PairingState.DEFERRED


def test_a_deferred_pairing_can_be_deferred_again_and_accepted(uow, actors, pairing):
    for days in (3, 9):
        with uow:
            review.decide(uow, actors.desk, pairing.id, Verdict.DEFER, defer_until=day(days))
    with uow:
        review.decide(uow, actors.desk, pairing.id, Verdict.ACCEPT)
    assert (pairing.state, pairing.defer_until) == (PairingState.SHORTLISTED, None)


def at_once(platform, *acts):
    """Run each act in a thread and a session of its own, all loaded before any of them writes; return the outcomes."""
    barrier = threading.Barrier(len(acts))
    outcomes = [None] * len(acts)

    def run(place, act):
        uow = UnitOfWork(platform.sessions)
        try:
            with uow:
                act(uow, barrier.wait)
            outcomes[place] = "done"
        except Conflict:
            outcomes[place] = "Conflict"
        except Exception as error:
            outcomes[place] = type(error).__name__
        finally:
            uow.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def decision(actor, pairing_id, verdict):
    def act(uow, wait):
        uow.session.get_one(Pairing, pairing_id)  # what the page showed
        wait()
        review.decide(
            uow, actor, pairing_id, verdict, reason="price", defer_until=uow.clock().date() + timedelta(days=9)
        )

    return act


@pytest.mark.parametrize("verdicts", [(Verdict.ACCEPT, Verdict.DECLINE), (Verdict.ACCEPT, Verdict.ACCEPT)])
def test_of_two_brokers_on_one_pairing_one_wins_and_the_other_is_told(platform, uow, actors, pairing, verdicts):
    outcomes = at_once(
        platform,
        decision(actors.desk, pairing.id, verdicts[0]),
        decision(actors.colleague, pairing.id, verdicts[1]),
    )
    assert sorted(outcomes) == ["Conflict", "done"]
    uow.close()
    winner = verdicts[outcomes.index("done")]
    after = uow.session.get_one(Pairing, pairing.id)
    assert after.state is (PairingState.SHORTLISTED if winner is Verdict.ACCEPT else PairingState.DECLINED)
    assert [d.verdict for d in uow.session.scalars(select(Decision))] == [winner]
    assert len(uow.session.scalars(select(StateChange).where(StateChange.entity == "pairing")).all()) == 1


@pytest.mark.parametrize("_attempt", range(3))
def test_two_brokers_on_two_pairings_of_one_need_leave_its_state_true(platform, uow, actors, _attempt):
    need = NeedFactory()
    first, second = PairingFactory(need=need), PairingFactory(need=need)
    with uow:
        review.decide(uow, actors.desk, first.id, Verdict.ACCEPT)
    assert need.state is NeedState.MATCHED
    outcomes = at_once(
        platform,
        decision(actors.desk, first.id, Verdict.DECLINE),
        decision(actors.colleague, second.id, Verdict.ACCEPT),
    )
    assert outcomes[1] == "done" or outcomes[0] == "done"
    uow.close()
    states = {p.id: p.state for p in uow.session.scalars(select(Pairing))}
    is_under_way = PairingState.SHORTLISTED in states.values()
    expected = NeedState.MATCHED if is_under_way else NeedState.PUBLISHED
    assert uow.session.get_one(Need, need.id).state is expected, (outcomes, states)


def test_an_owner_who_withdraws_while_a_broker_accepts_leaves_no_withdrawn_need_matched(platform, uow, actors, pairing):
    def withdraw(other, wait):
        other.session.get_one(Need, pairing.need_id)
        wait()
        needs.withdraw(other, actors.desk, pairing.need_id)

    outcomes = at_once(platform, withdraw, decision(actors.colleague, pairing.id, Verdict.ACCEPT))
    assert "done" in outcomes
    assert set(outcomes) <= {"done", "Conflict"}
    uow.close()
    need, after = uow.session.get_one(Need, pairing.need_id), uow.session.get_one(Pairing, pairing.id)
    moves = uow.session.scalars(select(StateChange.target).where(StateChange.entity == "need")).all()
    assert need.state.value == moves[-1]
    if outcomes[0] == "done":
        assert need.state is NeedState.WITHDRAWN
    if outcomes[1] != "done":
        assert after.state is PairingState.SUGGESTED
