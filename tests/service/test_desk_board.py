"""Many pairings at once, the board, what changed since a visit, and pairs made by hand; on both databases."""

import threading

import pytest
from sqlalchemy import func, select

from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.unit_of_work import UnitOfWork
from matcher.desk import bulk, changes
from matcher.desk.board import COLUMNS, BoardFilter, board
from matcher.desk.bulk import Act, Picked
from matcher.matching import answering, assignments, by_hand, claims, progress, review, suggestions
from matcher.matching.desk_model import KeptPairing
from matcher.matching.model import Decision, Pairing, PairingState, Verdict
from matcher.matching.suggestions import Proposal, Suggested
from matcher.needs.model import NeedState
from tests.factories import NeedFactory, OfferFactory, PairingFactory, day, organisation_of
from tests.introductions import NO, agree, introduce

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
OTHERS = ["enterprise", "university", "government", "admin", "visitor"]


@pytest.fixture
def five(uow, actors):
    made = [PairingFactory(score=0.9 - place / 10) for place in range(5)]
    uow.commit()
    return made


def picked(rows):
    return [Picked(one.id, one.version) for one in rows]


def states(uow, rows):
    uow.session.expire_all()
    return [uow.session.get_one(Pairing, one.id).state.value for one in rows]


def test_one_act_is_done_to_all_that_can_take_it_and_the_rest_is_named(uow, actors, five):
    rows = picked(five)
    with uow:
        claims.claim(uow, actors.colleague, five[1].id)
        review.decide(uow, actors.colleague, five[2].id, Verdict.ACCEPT)
    gone = five[3].id
    uow.session.delete(uow.session.get_one(Pairing, gone))
    uow.commit()
    outcomes = bulk.apply(uow, actors.desk, rows, Act(Verdict.DECLINE, "too_early", "都太早"))
    assert [one.problem is None for one in outcomes] == [True, False, False, False, True]
    assert actors.colleague.name in outcomes[1].problem.zh
    assert "正在评审" in outcomes[1].problem.zh
    assert "刚刚处理过" in outcomes[2].problem.zh
    assert [one.is_changed_meanwhile for one in outcomes] == [False, False, True, True, False]
    left = [five[0], five[1], five[2], five[4]]
    assert states(uow, left) == ["declined", "suggested", "shortlisted", "declined"]
    said = uow.session.scalars(select(Decision.note).where(Decision.verdict == Verdict.DECLINE)).all()
    assert said == ["都太早", "都太早"]


def test_many_are_accepted_deferred_and_handed_over(uow, actors, five):
    bulk.apply(uow, actors.desk, picked(five[:2]), Act(Verdict.ACCEPT))
    bulk.apply(uow, actors.desk, picked(five[2:4]), Act(Verdict.DEFER, defer_until=day(7)))
    outcomes = bulk.apply(uow, actors.desk, picked(five), Act(broker_id=actors.colleague.person_id))
    assert all(one.problem is None for one in outcomes)
    assert states(uow, five) == ["shortlisted", "shortlisted", "deferred", "deferred", "suggested"]
    assert {one.id for one in assignments.brokers_of(uow, [one.id for one in five]).values()} == {
        actors.colleague.person_id
    }


@pytest.mark.parametrize(
    ("act", "wrong"),
    [
        (Act(Verdict.DECLINE), "reason"),
        (Act(Verdict.DECLINE, "other"), "note"),
        (Act(Verdict.DEFER), "defer_until"),
        (Act(broker_id=999_999), "broker"),
    ],
)
def test_an_act_that_lacks_something_is_refused_before_anything_is_done(uow, actors, five, act, wrong):
    with pytest.raises(InvalidInput) as caught:
        bulk.apply(uow, actors.desk, picked(five), act)
    assert [problem.field for problem in caught.value.problems] == [wrong]
    assert set(states(uow, five)) == {"suggested"}
    with pytest.raises(InvalidInput):
        bulk.apply(uow, actors.desk, [], Act(Verdict.ACCEPT))


@pytest.mark.parametrize("role", OTHERS)
def test_only_the_desk_sees_the_board_acts_on_many_and_pairs(uow, actors, five, role):
    actor = getattr(actors, role)
    acts = (
        lambda: bulk.apply(uow, actor, picked(five), Act(Verdict.ACCEPT)),
        lambda: board(uow, actor, BoardFilter()),
        lambda: changes.visit(uow, actor),
        lambda: changes.since(uow, actor, uow.clock()),
        lambda: by_hand.pair(uow, None, actor, five[0].need_id, five[1].offer_id),
    )
    for act in acts:
        with pytest.raises(NotAllowed), uow:
            act()
    assert set(states(uow, five)) == {"suggested"}


def test_two_brokers_who_act_on_the_same_rows_at_once_leave_one_decision_each(platform, uow, actors, five):
    rows = picked(five)
    outcomes = [None, None]

    def run(place, actor, act):
        own = UnitOfWork(platform.sessions)
        try:
            outcomes[place] = bulk.apply(own, actor, rows, act)
        finally:
            own.close()

    threads = [
        threading.Thread(target=run, args=(0, actors.desk, Act(Verdict.ACCEPT))),
        threading.Thread(target=run, args=(1, actors.colleague, Act(Verdict.DECLINE, "ip"))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    uow.close()
    for first, second in zip(*outcomes, strict=True):
        assert (first.problem is None) != (second.problem is None)
    assert uow.session.scalar(select(func.count()).select_from(Decision)) == 5


def test_the_board_has_a_column_a_state_and_says_what_each_card_may_do(uow, actors, five, clock):
    with uow:
        review.decide(uow, actors.desk, five[0].id, Verdict.ACCEPT)
    clock.move(minutes=1)
    with uow:
        review.decide(uow, actors.colleague, five[1].id, Verdict.ACCEPT)
        progress.move(uow, actors.colleague, five[1].id, "introduce")
    columns = board(uow, actors.desk, BoardFilter())
    assert [column.state for column in columns] == list(COLUMNS)
    by_state = {column.state: [card.row.id for card in column.cards] for column in columns}
    assert by_state[PairingState.SUGGESTED] == [one.id for one in five[2:]]
    assert by_state[PairingState.SHORTLISTED] == [five[0].id]
    card = next(column.cards[0] for column in columns if column.state is PairingState.SHORTLISTED)
    assert card.targets["introduced"] == "introduce"
    assert card.row.broker == actors.desk.name
    mine = board(uow, actors.desk, BoardFilter(broker=actors.colleague.person_id))
    assert {column.state for column in mine if column.total} == {PairingState.INTRODUCED}
    one = board(uow, actors.desk, BoardFilter(state=PairingState.INTRODUCED))
    assert [len(column.cards) for column in one if column.cards] == [1]


def test_a_broker_is_told_what_happened_while_they_were_away(uow, actors, five, clock):
    with uow:
        review.decide(uow, actors.desk, five[0].id, Verdict.ACCEPT)
        progress.move(uow, actors.desk, five[0].id, "introduce")
        first = changes.visit(uow, actors.desk)
    clock.move(hours=2)
    with uow:
        assert changes.visit(uow, actors.desk) > first
    clock.move(days=1)
    PairingFactory(score=0.99)
    uow.commit()
    with uow:
        progress.move(uow, actors.colleague, five[0].id, "decline", reason="price", note="谈不拢")
        review.decide(uow, actors.colleague, five[1].id, Verdict.ACCEPT)
    with uow:
        told = changes.since(uow, actors.desk, changes.visit(uow, actors.desk))
    assert told.suggestions == 1
    assert [(one.person, one.action, one.note) for one in told.by_colleagues] == [
        (actors.colleague.name, "decline", "谈不拢")
    ]
    assert told.answered == 0
    with uow:
        changes.seen_all(uow, actors.desk)
        assert changes.since(uow, actors.desk, changes.visit(uow, actors.desk)).is_empty


def test_the_answer_of_a_side_is_told_to_the_desk(uow, actors, clock):
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    pairing = PairingFactory(need=need, offer=OfferFactory(organisation=organisation_of(actors.university)))
    with uow:
        changes.visit(uow, actors.desk)
        review.decide(uow, actors.desk, pairing.id, Verdict.ACCEPT)
        progress.move(uow, actors.desk, pairing.id, "introduce")
    clock.move(hours=3)
    with uow:
        progress.move(uow, actors.enterprise, pairing.id, "decline", reason="already_solved")
    told = changes.since(uow, actors.desk, changes.visit(uow, actors.desk))
    assert [(one.person, one.target) for one in told.answers] == [(actors.enterprise.name, PairingState.DECLINED)]
    assert told.decided == 0


def test_an_answer_to_an_introduction_is_told_once(uow, actors, clock):
    with uow:
        changes.visit(uow, actors.desk)
    introduction = introduce(uow, actors)
    clock.move(hours=3)
    with uow:
        answering.answer(uow, actors.university, introduction.id, NO)
    told = changes.since(uow, actors.desk, changes.visit(uow, actors.desk))
    assert [one.is_interested for one in told.replies] == [False]
    assert (told.answers, told.answered) == ([], 0)


def test_several_steps_with_one_pairing_are_one_piece_of_news(uow, actors, clock):
    with uow:
        changes.visit(uow, actors.desk)
    introduction = introduce(uow, actors)
    agree(uow, actors, introduction)
    clock.move(hours=3)
    for action in ("meet", "negotiate"):
        with uow:
            progress.move(uow, actors.enterprise, introduction.pairing_id, action)
    told = changes.since(uow, actors.desk, changes.visit(uow, actors.desk))
    assert [one.target for one in told.answers] == [PairingState.NEGOTIATING]
    assert told.answered == 1


class EngineStandIn:
    """Score every pair the same; the real engine is tried in the tests of matching."""

    def pair(self, uow, need_id, offer_id):
        made = Suggested(need_id, offer_id, 0.02, {"rank": 0.02}, {"sentences": []})
        return suggestions.write_by_hand(uow, made, "stand-in")


def test_a_pair_made_by_hand_is_marked_and_never_taken_back(uow, actors):
    need, offer = NeedFactory(), OfferFactory()
    uow.commit()
    with uow:
        made = by_hand.pair(uow, EngineStandIn(), actors.desk, need.id, offer.id)
    assert made.is_new
    assert made.pairing.state is PairingState.SUGGESTED
    kept = uow.session.scalars(select(KeptPairing)).one()
    assert (kept.pairing_id, kept.made_by_id) == (made.pairing.id, actors.desk.person_id)
    with uow:
        suggestions.write(uow, [Proposal("need", need.id, True, ()), Proposal("offer", offer.id, True, ())], "other")
    assert uow.session.get(Pairing, made.pairing.id) is not None
    with uow:
        again = by_hand.pair(uow, EngineStandIn(), actors.colleague, need.id, offer.id)
    assert (again.is_new, again.pairing.id) == (False, made.pairing.id)


@pytest.mark.parametrize("closed", ["need", "offer"])
def test_what_is_closed_or_unknown_is_not_paired(uow, actors, closed):
    need = NeedFactory(state=NeedState.WITHDRAWN if closed == "need" else NeedState.PUBLISHED)
    offer = OfferFactory(state="withdrawn" if closed == "offer" else "published")
    uow.commit()
    with pytest.raises(Conflict), uow:
        by_hand.pair(uow, EngineStandIn(), actors.desk, need.id, offer.id)
    for pair in ((999_999, offer.id), (need.id, 999_999)):
        with pytest.raises(NotFound), uow:
            by_hand.pair(uow, EngineStandIn(), actors.desk, *pair)
