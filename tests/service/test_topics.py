"""Common problems over the database: groups go on, people's choices stand, hidden texts stay hidden, everyone may what the table says."""

import pytest
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.people import SYSTEM
from matcher.needs import service as needs_service
from matcher.needs.model import NEED_LIFECYCLE
from matcher.projects.topics import arrange, demand
from matcher.projects.topics import queries as topic_queries
from matcher.projects.topics.demand_index import DEFAULT_WEIGHTS, PARTS
from matcher.projects.topics.model import Topic, TopicMember
from tests.factories import NeedFactory, OrganisationFactory, PairingFactory
from tests.topic_records import read, regroup, serve

REFUSED = ("enterprise", "university", "admin", "visitor")


@pytest.fixture
def asked(uow):
    """Publish three needs of one subject and two of another, each of an organisation of its own, and one alone."""
    serve(uow)
    made = []
    for subject in (1, 1, 1, 2, 2, 3):
        need = NeedFactory(title=f"课题{subject}的需求{len(made)}", organisation=OrganisationFactory())
        read(uow, need, subject, words=[f"词{subject}甲", f"词{subject}乙"])
        made.append(need)
    return made


def topics(uow):
    """Return the needs of each topic that is open, by its id."""
    return topic_queries.members(uow)


def topic_of(uow, need):
    return uow.session.scalar(select(TopicMember.topic_id).where(TopicMember.need_id == need.id))


def ids(*needs):
    return [need.id for need in needs]


def test_needs_of_one_subject_become_a_common_problem_named_after_one_of_them(uow, asked, actors):
    found = regroup(uow)
    assert (found.needs, found.topics) == (6, 2)
    assert sorted(topics(uow).values()) == [ids(*asked[:3]), ids(*asked[3:5])]
    page = topic_queries.list_topics(uow, actors.government)
    assert {row.name for row in page.rows} <= {need.title for need in asked}


def test_a_second_run_changes_nothing(uow, asked):
    regroup(uow)
    before = {one.id: (one.name, one.version) for one in uow.session.scalars(select(Topic))}
    assert regroup(uow).changed == 0
    assert {one.id: (one.name, one.version) for one in uow.session.scalars(select(Topic))} == before


def test_a_new_need_joins_the_group_that_asks_for_the_same(uow, asked):
    regroup(uow)
    known = topic_of(uow, asked[3])
    newcomer = NeedFactory(organisation=OrganisationFactory())
    read(uow, newcomer, 2, words=["词2甲", "词2乙"])
    assert regroup(uow).changed == 1
    assert topic_of(uow, newcomer) == known


def test_a_group_whose_needs_are_all_closed_is_closed_and_kept(uow, asked):
    regroup(uow)
    topic = uow.session.get(Topic, topic_of(uow, asked[3]))
    for need in asked[3:5]:
        NEED_LIFECYCLE.apply(uow, SYSTEM, need, "solve")
    regroup(uow)
    assert topic.closed_at is not None
    assert topic.id not in topics(uow)


def test_a_name_that_a_person_gave_is_kept(uow, asked, actors):
    regroup(uow)
    topic_id = topic_of(uow, asked[0])
    arrange.rename(uow, actors.government, topic_id, "  叶片  孔隙 ")
    regroup(uow)
    topic = uow.session.get(Topic, topic_id)
    assert (topic.name, topic.named_by) == ("叶片 孔隙", actors.government.person_id)


def test_merged_problems_stay_merged(uow, asked, actors):
    regroup(uow)
    first, second = topic_of(uow, asked[0]), topic_of(uow, asked[3])
    arrange.merge(uow, actors.desk, second, first)
    assert regroup(uow).changed == 0
    assert topics(uow) == {first: ids(*asked[:5])}
    assert uow.session.get(Topic, second).merged_into == first
    with pytest.raises(Conflict):
        arrange.rename(uow, actors.desk, second, "已经并走的")


def test_divided_problems_stay_divided(uow, asked, actors):
    regroup(uow)
    old = topic_of(uow, asked[0])
    fresh = arrange.split(uow, actors.desk, old, ids(asked[2]))
    regroup(uow)
    assert topics(uow)[old] == ids(*asked[:2])
    assert topics(uow)[fresh.id] == ids(asked[2])


def test_a_moved_need_stays_where_it_was_put(uow, asked, actors):
    regroup(uow)
    target = topic_of(uow, asked[0])
    arrange.move(uow, actors.desk, asked[5].id, target)
    regroup(uow)
    assert topic_of(uow, asked[5]) == target


def test_a_need_that_is_closed_cannot_be_moved(uow, asked, actors):
    regroup(uow)
    NEED_LIFECYCLE.apply(uow, SYSTEM, asked[5], "solve")
    with pytest.raises(Conflict):
        arrange.move(uow, actors.desk, asked[5].id, topic_of(uow, asked[0]))


def test_what_cannot_be_done_is_told_and_changes_nothing(uow, asked, actors):
    regroup(uow)
    topic_id = topic_of(uow, asked[0])
    for act in (
        lambda: arrange.rename(uow, actors.desk, topic_id, " x "),
        lambda: arrange.rename(uow, actors.desk, topic_id, "长" * 81),
        lambda: arrange.merge(uow, actors.desk, topic_id, topic_id),
        lambda: arrange.split(uow, actors.desk, topic_id, []),
        lambda: arrange.split(uow, actors.desk, topic_id, ids(*asked[:3])),
        lambda: arrange.split(uow, actors.desk, topic_id, ids(asked[4])),
    ):
        with pytest.raises(InvalidInput):
            act()
    with pytest.raises(NotFound):
        arrange.merge(uow, actors.desk, topic_id, 999)
    with pytest.raises(Conflict):
        arrange.rename(uow, actors.desk, topic_id, "别人更快", seen_version=99)


@pytest.mark.parametrize("role", REFUSED)
def test_only_government_and_desk_see_and_arrange_common_problems(uow, asked, actors, role):
    regroup(uow)
    actor, topic_id = getattr(actors, role), topic_of(uow, asked[0])
    for act in (
        lambda: topic_queries.list_topics(uow, actor),
        lambda: topic_queries.list_singles(uow, actor),
        lambda: topic_queries.look(uow, actor, topic_id),
        lambda: topic_queries.open_topics(uow, actor),
        lambda: arrange.rename(uow, actor, topic_id, "名称"),
        lambda: arrange.merge(uow, actor, topic_id, topic_of(uow, asked[3])),
        lambda: arrange.split(uow, actor, topic_id, ids(asked[0])),
        lambda: arrange.move(uow, actor, asked[5].id, topic_id),
        lambda: demand.history(uow, actor),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_hidden_needs_count_but_their_texts_are_not_told(uow, asked, actors):
    asked[0].disclosure, asked[1].disclosure = "closed", "redacted"
    regroup(uow)
    topic_id = topic_of(uow, asked[0])
    seen = topic_queries.look(uow, actors.government, topic_id)
    assert seen.name == asked[2].title
    assert (len(seen.needs), seen.hidden_needs, len(seen.askers), seen.hidden_askers) == (2, 1, 1, 2)
    assert {row.title for row in seen.needs} == {"", asked[2].title}
    assert [one.needs for one in seen.ranges] == [{asked[2].id}]
    row = next(row for row in topic_queries.list_topics(uow, actors.government).rows if row.id == topic_id)
    assert (row.needs, row.organisations) == (3, 3)


def test_a_name_is_not_told_when_its_need_is_closed_to_the_public_afterwards(uow, asked, actors):
    regroup(uow)
    topic = uow.session.get(Topic, topic_of(uow, asked[0]))
    uow.session.get(type(asked[0]), topic.named_after).disclosure = "closed"
    assert topic_queries.look(uow, actors.government, topic.id).name == ""
    assert topic.name not in str(topic_queries.open_topics(uow, actors.government))


def test_the_look_of_the_desk_at_a_confidential_need_is_written_down(uow, asked, actors):
    asked[0].disclosure = "closed"
    regroup(uow)
    topic_queries.look(uow, actors.desk, topic_of(uow, asked[0]))
    looks = list(uow.session.scalars(select(AuditRow).where(AuditRow.action == "need.look")))
    assert [(look.entity_id, look.person_id) for look in looks] == [(asked[0].id, actors.desk.person_id)]


def test_what_exists_already_is_shown_with_what_it_lacks(uow, asked, actors):
    pairing = PairingFactory(need=asked[0], score=0.9)
    PairingFactory(need=asked[1], offer=pairing.offer, score=0.3)
    pairing.explanation = {
        "indicators": [
            {
                "name": "孔隙率",
                "verdict": "not_met",
                "shortfall": 0.4,
                "demand": "≤ 0.5 %",
                "demand_phrase": "",
                "claim": "≤ 0.7 %",
            }
        ]
    }
    regroup(uow)
    (answer,) = topic_queries.look(uow, actors.government, topic_of(uow, asked[0])).answers
    assert (answer.offer.id, answer.fits) == (pairing.offer_id, 2)
    assert answer.score == pytest.approx(0.4)
    assert [(one.name, one.shortfall) for one in answer.shortfalls] == [("孔隙率", 0.4)]


def test_the_higher_index_stands_first_and_single_needs_have_one_too(uow, asked, actors):
    regroup(uow)
    rows = topic_queries.list_topics(uow, actors.government).rows
    assert [row.needs for row in rows] == [3, 2]
    assert rows[0].index > rows[1].index
    assert [row.place.rank for row in rows] == [1, 2]
    singles = topic_queries.list_singles(uow, actors.government).rows
    assert [row.need.id for row in singles] == [asked[5].id]


def test_weights_are_set_by_the_government_with_a_reason_and_kept(uow, actors):
    given = dict.fromkeys(PARTS, "0") | {"gap": "100", "note": "先补缺口"}
    demand.set_weights(uow, actors.government, given)
    assert demand.weights(uow)["gap"] == 100
    past = demand.history(uow, actors.government)
    assert [one.note for one in past] == ["先补缺口", ""]
    assert past[-1].weights == DEFAULT_WEIGHTS


@pytest.mark.parametrize(
    "change", [{"note": ""}, {"gap": "101"}, {"gap": "-1"}, {"gap": "x"}, dict.fromkeys(PARTS, "0")]
)
def test_weights_that_cannot_be_used_are_refused(uow, actors, change):
    given = {name: str(value) for name, value in DEFAULT_WEIGHTS.items()} | {"note": "理由"}
    with pytest.raises(InvalidInput):
        demand.set_weights(uow, actors.government, given | change)
    assert demand.weights(uow) == DEFAULT_WEIGHTS


@pytest.mark.parametrize("role", [*REFUSED, "desk"])
def test_nobody_else_sets_weights(uow, actors, role):
    with pytest.raises(NotAllowed):
        demand.set_weights(uow, getattr(actors, role), dict.fromkeys(PARTS, "5") | {"note": "理由"})


def test_a_withdrawn_need_leaves_its_problem(uow, asked, actors):
    regroup(uow)
    topic_id = topic_of(uow, asked[0])
    needs_service.withdraw(uow, actors.desk, asked[0].id)
    regroup(uow)
    assert topics(uow)[topic_id] == ids(*asked[1:3])
