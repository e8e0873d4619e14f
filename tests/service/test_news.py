"""What is new: pairings for owners, items for saved searches; told once, by the rhythm that each person chose."""

import pytest
from sqlalchemy import select

from matcher.core.errors import InvalidInput, NotAllowed
from matcher.matching import saved
from matcher.matching.news import tell_new_pairings
from matcher.messages import preferences
from matcher.messages.model import Message
from tests.factories import NeedFactory, OfferFactory, PairingFactory, organisation_of


def told(uow, actor):
    query = select(Message).where(Message.person_id == actor.person_id).order_by(Message.id)
    return list(uow.session.scalars(query))


@pytest.fixture
def need(uow, actors):
    made = NeedFactory(organisation=organisation_of(actors.enterprise), title="叶片修复")
    uow.commit()
    return made


def news(uow):
    with uow:
        return tell_new_pairings(uow)


def test_new_results_for_a_need_are_told_together_and_once(uow, actors, need, clock):
    for score in (0.9, 0.7, 0.4):
        PairingFactory(need=need, score=score)
    uow.commit()
    assert [news(uow), news(uow)] == [1, 0]
    (message,) = told(uow, actors.enterprise)
    assert message.title_zh == "您的“叶片修复”有 2 项新成果可能合适"
    PairingFactory(need=need, score=0.8)
    uow.commit()
    assert news(uow) == 0, "one message an item and a day"
    clock.move(days=1)
    assert [news(uow), news(uow)] == [1, 0]
    assert "有 1 项" in told(uow, actors.enterprise)[-1].title_zh


def test_a_pairing_that_left_and_came_back_is_not_told_again(uow, actors, need, clock):
    pairing = PairingFactory(need=need, score=0.9)
    offer = pairing.offer
    uow.commit()
    assert news(uow) == 1
    with uow:
        uow.session.delete(pairing)
    PairingFactory(need=need, offer=offer, score=0.95)
    uow.commit()
    clock.move(days=2)
    assert news(uow) == 0


def test_who_chose_at_once_is_told_at_once(uow, actors, need):
    with uow:
        preferences.choose(uow, actors.enterprise, {"new_pairings": "at_once"})
    for _ in range(2):
        PairingFactory(need=need, score=0.9)
        uow.commit()
        assert news(uow) == 1
    assert all(message.delivery_id for message in told(uow, actors.enterprise))


@pytest.mark.parametrize(("disclosure", "count"), [("open", 1), ("redacted", 1), ("closed", 0)])
def test_new_needs_for_a_result_say_only_how_many(uow, actors, disclosure, count):
    offer = OfferFactory(organisation=organisation_of(actors.university))
    PairingFactory(need=NeedFactory(title="机密叶片", disclosure=disclosure), offer=offer, score=0.9)
    uow.commit()
    news(uow)
    messages = told(uow, actors.university)
    assert len(messages) == count
    assert not [m for m in messages if "机密" in m.title_zh + m.body_zh]


def no_ranking(uow, actor, search):
    return None


def check(uow):
    with uow:
        return saved.check_due(uow, no_ranking)


@pytest.fixture
def search(uow, actors):
    def make(what="needs", rhythm="at_once", text="", **choices):
        with uow:
            return saved.save(uow, actors.university, what, "我的搜索", rhythm, text=text, choices=choices)

    return make


def test_a_saved_search_tells_what_is_new_and_only_that(uow, actors, clock, search):
    NeedFactory(title="早就有的")
    uow.commit()
    clock.move(minutes=1)
    search(tech_field=["new_materials"])
    clock.move(minutes=1)
    NeedFactory(title="新来的")
    NeedFactory(title="别的领域", tech_fields=("aerospace",))
    NeedFactory(title="机密的", disclosure="redacted")
    NeedFactory(title="看不见的", disclosure="closed")
    uow.commit()
    clock.move(minutes=1)
    assert [check(uow), check(uow)] == [1, 0]
    (message,) = told(uow, actors.university)
    assert "2 条新需求" in message.title_zh
    assert "新来的" in message.body_zh
    for hidden in ("早就有的", "别的领域", "机密的", "看不见的"):
        assert hidden not in message.body_zh
    assert message.delivery_id is not None


@pytest.mark.parametrize(("rhythm", "days"), [("daily", 1), ("weekly", 7)])
def test_a_search_is_looked_at_by_its_rhythm(uow, actors, clock, search, rhythm, days):
    search("offers", rhythm)
    clock.move(minutes=1)
    OfferFactory()
    uow.commit()
    found = []
    for _ in range(days * 24 + 24):
        clock.move(hours=1)
        found.append(check(uow))
    assert sum(found) == 1
    assert len(told(uow, actors.university)) == 1


def test_what_a_ranking_leaves_out_and_finds_again_is_told_once(uow, actors, clock, search):
    search(text="叶片")
    clock.move(minutes=1)
    new = NeedFactory(title="叶片")
    uow.commit()
    found = []
    for ids in ((new.id,), (), (new.id,)):
        clock.move(minutes=5)
        with uow:
            found.append(saved.check_due(uow, lambda *_, ids=ids: ids))
    assert found == [1, 0, 0]


def test_what_search_by_meaning_reads_later_is_not_missed(uow, actors, clock, search):
    search(text="叶片")
    clock.move(minutes=1)
    late = NeedFactory(title="叶片")
    uow.commit()
    ids = []

    def rank(*_):
        return tuple(ids)

    clock.move(minutes=1)
    with uow:
        assert saved.check_due(uow, rank) == 0
    ids.append(late.id)
    clock.move(hours=5)
    with uow:
        assert saved.check_due(uow, rank) == 1


@pytest.mark.parametrize(
    ("name", "rhythm", "field"), [("", "daily", "name"), ("长" * 61, "daily", "name"), ("好", "hourly", "rhythm")]
)
def test_a_search_has_a_name_and_a_rhythm(uow, actors, name, rhythm, field):
    with pytest.raises(InvalidInput) as caught, uow:
        saved.save(uow, actors.desk, "needs", name, rhythm, text="", choices={})
    assert [problem.field for problem in caught.value.problems] == [field]
    with pytest.raises(NotAllowed), uow:
        saved.save(uow, actors.visitor, "needs", "好", "daily", text="", choices={})
