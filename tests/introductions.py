"""Introductions between the enterprise and the university of the tests, in any disclosure and state."""

import pytest

from matcher.matching import answering, introductions, progress
from matcher.matching.model import PairingState
from matcher.needs.model import NeedState
from tests.factories import NeedFactory, OfferFactory, PairingFactory, organisation_of

SECRET = ("机密叶片", "机密难点", "机密背景")
YES = {"interested": "yes", "cooperation": "先做技术诊断", "unclear": "样件尺寸", "about": "增材制造团队，十年经验"}
NO = {"interested": "no", "reason": "price", "note": "只有一半预算"}


def make_pairing(uow, actors, *, disclosure="open", state="shortlisted"):
    need = NeedFactory(
        organisation=organisation_of(actors.enterprise), created_by=actors.enterprise.person_id,
        state=NeedState.MATCHED, disclosure=disclosure,
        title="机密叶片修复", difficulties="机密难点：再结晶", background="机密背景",
    )  # fmt: skip
    offer = OfferFactory(organisation=organisation_of(actors.university), created_by=actors.university.person_id)
    pairing = PairingFactory(need=need, offer=offer, state=PairingState(state))
    uow.commit()
    return pairing


def introduce(uow, actors, **how):
    """Make a pairing and introduce its sides; returns the introduction."""
    pairing = make_pairing(uow, actors, **how)
    with uow:
        progress.move(uow, actors.desk, pairing.id, "introduce", note="两家都在成都")
    return introductions.open_introduction(uow, pairing.id)


def agree(uow, actors, introduction):
    """Let both sides say yes."""
    for actor in (actors.university, actors.enterprise):
        with uow:
            answering.answer(uow, actor, introduction.id, YES)


@pytest.fixture
def introduction(uow, actors):
    return introduce(uow, actors)
