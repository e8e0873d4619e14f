"""Every “no” reaches the owners with its reason in fair words, whoever says it, with whatever reason, at whatever stage."""

import pytest
from sqlalchemy import select

from matcher.core.vocabularies import DECLINE_REASON
from matcher.matching import answering, introduction_view, progress, queries, review
from matcher.matching.endings import endings
from matcher.matching.fair_words import fair_words
from matcher.matching.introduction_model import Party
from matcher.matching.model import Pairing, Verdict
from matcher.messages.model import Message
from matcher.needs.model import Need
from tests.factories import PairingFactory
from tests.introductions import YES, agree, introduce, make_pairing

PARTIES = {"enterprise": Party.NEED, "university": Party.OFFER}
NOTE = "只说给撮合人员听"


def told_no(uow, actor):
    """Return what a person's messages say of pairings that go no further."""
    query = select(Message).where(Message.person_id == actor.person_id, Message.title_zh.startswith("这次对接没有继续"))
    return [message.body_zh for message in uow.session.scalars(query)]


def reads(uow, actors, pairing, who):
    """Return what the page of a side's own item says of a declined pairing."""
    found = endings(uow, getattr(actors, who).organisation_id, PARTIES[who], [pairing.id])
    return found[pairing.id].zh


def decline(uow, actors, who, pairing, reason):
    with uow:
        progress.move(uow, getattr(actors, who), pairing.id, "decline", reason=reason, note=NOTE)


def answer_no(uow, actors, who, introduction, reason, *, by_desk=False):
    given = {"interested": "no", "reason": reason, "note": NOTE, "heard": "电话，周一"}
    actor, party = (actors.desk, PARTIES[who]) if by_desk else (getattr(actors, who), None)
    with uow:
        answering.answer(uow, actor, introduction.id, given, party=party)


def pairing_of(uow, introduction):
    return uow.session.get_one(Pairing, introduction.pairing_id)


def heard_by_the_other_side_alone(uow, actors, who, pairing, introduction, reason):
    """Check what both sides are told and read after one of them said no."""
    other = "university" if who == "enterprise" else "enterprise"
    fair = fair_words(reason, PARTIES[other]).zh
    (body,) = told_no(uow, getattr(actors, other))
    assert fair in body
    assert told_no(uow, getattr(actors, who)) == [], "nobody is told of their own no as if the other side had said it"
    assert reads(uow, actors, pairing, other) == fair
    own = reads(uow, actors, pairing, who)
    assert own.startswith("您已表示不合适")
    assert fair in own
    for side in (who, other):
        ending = introduction_view.view(uow, getattr(actors, side), introduction.id).ending.zh
        assert ending == reads(uow, actors, pairing, side)
        assert NOTE not in ending + body


@pytest.mark.parametrize("reason", DECLINE_REASON)
@pytest.mark.parametrize("who", PARTIES)
@pytest.mark.parametrize("by_desk", [False, True], ids=["itself", "told the desk"])
def test_an_answer_of_no(uow, actors, who, reason, by_desk):
    introduction = introduce(uow, actors)
    answer_no(uow, actors, who, introduction, reason, by_desk=by_desk)
    pairing = pairing_of(uow, introduction)
    heard_by_the_other_side_alone(uow, actors, who, pairing, introduction, reason)


@pytest.mark.parametrize("reason", DECLINE_REASON)
@pytest.mark.parametrize("who", PARTIES)
def test_a_side_that_steps_aside_after_both_agreed(uow, actors, who, reason):
    introduction = introduce(uow, actors)
    agree(uow, actors, introduction)
    pairing = pairing_of(uow, introduction)
    decline(uow, actors, who, pairing, reason)
    heard_by_the_other_side_alone(uow, actors, who, pairing, introduction, reason)


@pytest.mark.parametrize("reason", DECLINE_REASON)
@pytest.mark.parametrize("stage", ["before both are asked", "while both are asked", "after one said yes"])
def test_a_no_of_the_desk(uow, actors, stage, reason):
    if stage == "before both are asked":
        pairing = make_pairing(uow, actors, state="suggested")
        with uow:
            review.decide(uow, actors.desk, pairing.id, Verdict.DECLINE, reason=reason, note=NOTE)
    else:
        introduction = introduce(uow, actors)
        pairing = pairing_of(uow, introduction)
        if stage == "after one said yes":
            with uow:
                answering.answer(uow, actors.enterprise, introduction.id, YES)
        decline(uow, actors, "desk", pairing, reason)
    for who, party in PARTIES.items():
        fair = fair_words(reason, party).zh
        assert reads(uow, actors, pairing, who) == fair
        bodies = told_no(uow, getattr(actors, who))
        assert len(bodies) == (stage != "before both are asked")
        assert all(fair in body and NOTE not in body for body in bodies)


def test_what_was_opened_again_and_then_declined_by_the_desk_is_not_the_sides_no(uow, actors):
    introduction = introduce(uow, actors)
    answer_no(uow, actors, "enterprise", introduction, "price")
    pairing = pairing_of(uow, introduction)
    with uow:
        progress.move(uow, actors.desk, pairing.id, "reopen")
    decline(uow, actors, "desk", pairing, "out_of_field")
    assert reads(uow, actors, pairing, "enterprise") == fair_words("out_of_field", Party.NEED).zh


def test_a_no_is_not_crowded_out_by_many_better_pairings(uow, actors):
    pairing = make_pairing(uow, actors, state="suggested")
    pairing.score = 0.1
    need = uow.session.get_one(Need, pairing.need_id)
    for _ in range(21):
        PairingFactory(need=need, score=0.9)
    uow.commit()
    decline(uow, actors, "desk", pairing, "price")
    found = queries.for_need(uow, actors.enterprise, need)
    assert len(found) == 21, "twenty live ones, and the one that was declined"
    assert found[-1].pairing.id == pairing.id
