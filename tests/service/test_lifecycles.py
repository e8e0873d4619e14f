"""Lifecycles under random actions by random people: no state outside the table, one history row a change, no trace of a refusal.

The tables below are written out from the design, not read from the code.
"""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from matcher.core.audit import AuditRow
from matcher.core.errors import DomainError
from matcher.core.lifecycle import StateChange
from matcher.core.outbox import OutboxRow
from matcher.matching import review
from matcher.matching.lifecycle import PAIRING_LIFECYCLE
from matcher.matching.model import Decision, PairingState, Verdict
from matcher.needs import service as needs
from matcher.needs.model import NEED_LIFECYCLE, NeedState, NeedVersion
from matcher.offers import service as offers
from matcher.offers.model import OFFER_LIFECYCLE, OfferState
from tests.factories import NeedFactory, OfferFactory, PairingFactory, day, need_answers, offer_answers, organisation_of

NEED_TABLE = {
    "submit": {("draft", "submitted"), ("returned", "submitted")},
    "return": {("submitted", "returned")},
    "publish": {("submitted", "published")},
    "match": {("published", "matched")},
    "unmatch": {("matched", "published")},
    "solve": {("published", "solved"), ("matched", "solved")},
    "expire": {("published", "expired"), ("matched", "expired")},
    "withdraw": {(s, "withdrawn") for s in ("draft", "submitted", "returned", "published", "matched")},
    "renew": {("expired", "submitted"), ("withdrawn", "submitted")},
}
OFFER_TABLE = {
    "submit": {("draft", "submitted"), ("returned", "submitted")},
    "return": {("submitted", "returned")},
    "publish": {("submitted", "published")},
    "withdraw": {(s, "withdrawn") for s in ("draft", "submitted", "returned", "published")},
    "renew": {("withdrawn", "submitted")},
}
UNDER_WAY = ("shortlisted", "introduced", "interested", "meeting", "negotiating")
PAIRING_TABLE = {
    "accept": {("suggested", "shortlisted"), ("deferred", "shortlisted")},
    "introduce": {("shortlisted", "introduced")},
    "interest": {("introduced", "interested")},
    "withdraw": {("introduced", "shortlisted")},
    "meet": {("interested", "meeting")},
    "negotiate": {("interested", "negotiating"), ("meeting", "negotiating")},
    "step_back": {("meeting", "interested"), ("negotiating", "interested")},
    "contract": {("negotiating", "contracted")},
    "decline": {(s, "declined") for s in ("suggested", "deferred", *UNDER_WAY)},
    "defer": {(s, "deferred") for s in ("suggested", "deferred", *UNDER_WAY)},
    "reopen": {("declined", "suggested"), ("deferred", "suggested"), ("shortlisted", "suggested")},
}
LIFECYCLES = [
    pytest.param(NEED_LIFECYCLE, NeedState, NEED_TABLE, id="need"),
    pytest.param(OFFER_LIFECYCLE, OfferState, OFFER_TABLE, id="offer"),
    pytest.param(PAIRING_LIFECYCLE, PairingState, PAIRING_TABLE, id="pairing"),
]


@pytest.mark.parametrize(("lifecycle", "states", "table"), LIFECYCLES)
def test_the_lifecycle_allows_exactly_the_moves_of_the_design(lifecycle, states, table):
    possible = {action: set() for action in table}
    for transition in lifecycle.transitions:
        possible[transition.action] |= {(source.value, transition.target.value) for source in transition.sources}
    assert possible == table
    assert set(lifecycle.labels) == set(states)


ROLES = ("enterprise", "other_enterprise", "university", "other_university", "government", "desk", "admin", "visitor")
INSIDE = {"need": {"enterprise", "desk"}, "offer": {"university", "desk"}}
FEW = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    # All sequences of a test share its database, where each has a thing of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],  # sixteen steps are short enough to read; shrinking takes minutes
)

# What a person tries; the dates are ahead, so that only state and permission decide.
NEED_ACTS = {
    "submit": lambda uow, actor, id_: needs.submit(uow, actor, id_),
    "edit": lambda uow, actor, id_: needs.edit(uow, actor, id_, need_answers(valid_until=day(300).isoformat())),
    "edit and submit": lambda uow, actor, id_: needs.edit(
        uow, actor, id_, need_answers(valid_until=day(300).isoformat()), submit=True
    ),
    "publish": lambda uow, actor, id_: needs.publish(uow, actor, id_),
    "return": lambda uow, actor, id_: needs.return_for_repair(uow, actor, id_, "请补充"),
    "withdraw": lambda uow, actor, id_: needs.withdraw(uow, actor, id_),
    "solve": lambda uow, actor, id_: needs.solve(uow, actor, id_),
    "renew": lambda uow, actor, id_: needs.renew(uow, actor, id_),
    "expire": lambda uow, actor, id_: needs.expire_due(uow, actor),
}
OFFER_ACTS = {
    "submit": lambda uow, actor, id_: offers.submit(uow, actor, id_),
    "edit": lambda uow, actor, id_: offers.edit(uow, actor, id_, offer_answers()),
    "edit and submit": lambda uow, actor, id_: offers.edit(uow, actor, id_, offer_answers(), submit=True),
    "publish": lambda uow, actor, id_: offers.publish(uow, actor, id_),
    "return": lambda uow, actor, id_: offers.return_for_repair(uow, actor, id_, "请补充"),
    "withdraw": lambda uow, actor, id_: offers.withdraw(uow, actor, id_),
    "renew": lambda uow, actor, id_: offers.renew(uow, actor, id_),
}


def footprint(uow):
    """Count every row that an action may write."""
    return [
        uow.session.scalar(select(func.count()).select_from(model))
        for model in (StateChange, AuditRow, OutboxRow, NeedVersion, Decision)
    ]


def history(uow, entity, id_):
    rows = select(StateChange).where(StateChange.entity == entity, StateChange.entity_id == id_)
    return list(uow.session.scalars(rows.order_by(StateChange.id)))


def check_history(moves, table, first, last):
    """Every move is in the table and starts where the one before it ended."""
    here = first
    for move in moves:
        assert move.source == here
        assert (move.source, move.target) in table[move.action]
        here = move.target
    assert here == last


def attempt(uow, thing, act):
    """Try an act in a unit of work; return whether it was done. A refusal must leave nothing behind."""
    before, state = footprint(uow), thing.state
    version = thing.version
    try:
        with uow:
            act()
    except DomainError:
        assert (footprint(uow), thing.state, thing.version) == (before, state, version)
        return False
    return True


def in_turn(acts):
    return st.lists(st.tuples(st.sampled_from(sorted(acts)), st.sampled_from(ROLES)), min_size=4, max_size=16)


@FEW
@given(steps=in_turn(NEED_ACTS))
def test_no_sequence_of_people_brings_a_need_out_of_its_lifecycle(uow, actors, steps):
    need = NeedFactory(
        state=NeedState.DRAFT, ref=None, source="enterprise", organisation=organisation_of(actors.enterprise)
    )
    uow.commit()
    for name, role in steps:
        moves, state = len(history(uow, "need", need.id)), need.state
        done = attempt(uow, need, lambda n=name, r=role: NEED_ACTS[n](uow, getattr(actors, r), need.id))
        if done and name != "expire":
            assert role in INSIDE["need"], f"{role} could {name}"
        added = history(uow, "need", need.id)[moves:]
        # The desk has nobody to wait for: what it submits is published in the same act.
        assert len(added) == {True: 1, False: 0}[need.state is not state] or [m.target for m in added] == [
            "submitted",
            "published",
        ]
        if need.ref:
            with uow:
                need.ref = None  # the next sequence of this test starts in the same organisation
    check_history(history(uow, "need", need.id), NEED_TABLE, "draft", need.state.value)


@FEW
@given(steps=in_turn(OFFER_ACTS))
def test_no_sequence_of_people_brings_an_offer_out_of_its_lifecycle(uow, actors, steps):
    offer = OfferFactory(state=OfferState.DRAFT, ref=None, organisation=organisation_of(actors.university))
    uow.commit()
    for name, role in steps:
        done = attempt(uow, offer, lambda n=name, r=role: OFFER_ACTS[n](uow, getattr(actors, r), offer.id))
        if done:
            assert role in INSIDE["offer"], f"{role} could {name}"
        if offer.ref:
            with uow:
                offer.ref = None
    check_history(history(uow, "offer", offer.id), OFFER_TABLE, "draft", offer.state.value)


@FEW
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(list(Verdict)), st.sampled_from(ROLES + ("desk",) * 8), st.integers(0, 1), st.booleans()
        ),
        min_size=4,
        max_size=16,
    )
)
def test_no_sequence_of_decisions_brings_pairing_or_need_out_of_their_lifecycles(uow, actors, clock, steps):
    need = NeedFactory()
    pairings = [PairingFactory(need=need), PairingFactory(need=need)]
    uow.commit()
    made = 0
    for verdict, role, which, reasoned in steps:
        pairing = pairings[which]
        until = clock().date() + timedelta(days=10)
        done = attempt(
            uow,
            pairing,
            lambda p=pairing, v=verdict, r=role, why=reasoned, day_=until: review.decide(
                uow, getattr(actors, r), p.id, v, reason="ip" if why else None, defer_until=day_ if why else None
            ),
        )
        if done:
            made += 1
            assert role == "desk"
    all_moves = [history(uow, "pairing", pairing.id) for pairing in pairings]
    assert sum(map(len, all_moves)) == made
    for pairing, moves in zip(pairings, all_moves, strict=True):
        check_history(moves, PAIRING_TABLE, "suggested", pairing.state.value)
    check_history(history(uow, "need", need.id), NEED_TABLE, "published", need.state.value)
    is_under_way = any(pairing.state.value in UNDER_WAY for pairing in pairings)
    assert (need.state is NeedState.MATCHED) is is_under_way
