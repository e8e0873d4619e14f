"""Needs through their services, on both databases."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.lifecycle import StateChange
from matcher.core.outbox import OutboxRow
from matcher.core.people import SYSTEM
from matcher.core.permissions import View
from matcher.core.unit_of_work import UnitOfWork
from matcher.needs import service as needs
from matcher.needs.model import Need, NeedState, NeedVersion
from tests.factories import NeedFactory, day, need_answers, organisation_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def fields_with_problems(caught):
    return {problem.field for problem in caught.value.problems}


def reread(platform, need_id):
    """Return the need as another process sees it."""
    other = UnitOfWork(platform.sessions)
    found = other.session.get_one(Need, need_id)
    answers = needs.answers_of(found)
    other.close()
    return found, answers


def test_a_complete_need_is_kept_word_for_word(platform, uow, actors):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers())
    _, answers = reread(platform, need.id)
    assert answers["title"] == "航空发动机叶片增材修复孔隙率控制"
    assert answers["source"] == "enterprise"
    assert answers["tech_fields"] == ["aerospace", "new_materials"]
    assert answers["keywords"] == ["增材制造", "孔隙率", "单晶"]
    assert [(r.name, r.comparator, r.value, r.unit) for r in answers["indicators"]] == [
        ("孔隙率", "le", 0.5, "%"),
        ("室温抗拉强度", "ge", 980.0, "MPa"),
    ]
    assert answers["budget"] == Decimal(3_000_000)
    assert answers["valid_until"] == day(200)


@pytest.mark.parametrize(
    ("typed", "yuan"), [("0.000001", "0.01"), ("80.5", "805000"), ("333333.333333", "3333333333.33"), ("面议", "0")]
)
def test_money_is_exact_to_the_fen(platform, uow, actors, typed, yuan):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(budget=typed))
    assert reread(platform, need.id)[1]["budget"] == Decimal(yuan)


@pytest.mark.parametrize("typed", ["-1", "0.0000001", "1e99", "NaN", "三百", "1000000001"])
def test_money_that_cannot_be_is_refused(uow, actors, typed):
    with pytest.raises(InvalidInput) as caught, uow:
        needs.create(uow, actors.enterprise, need_answers(budget=typed))
    assert fields_with_problems(caught) == {"budget"}
    assert not uow.session.scalars(select(Need)).all()


def test_an_enterprise_hands_in_and_the_desk_publishes(uow, actors):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(), submit=True)
    assert need.state is NeedState.SUBMITTED
    with uow:
        needs.publish(uow, actors.desk, need.id)
    assert need.state is NeedState.PUBLISHED
    assert need.published_at == uow.clock()


def test_what_the_desk_hands_in_for_an_enterprise_is_public_at_once(uow, actors):
    with uow:
        need = needs.create(uow, actors.desk, need_answers(), owner_id=actors.enterprise.organisation_id, submit=True)
    assert need.state is NeedState.PUBLISHED
    assert need.organisation_id == actors.enterprise.organisation_id
    moves = uow.session.scalars(select(StateChange).order_by(StateChange.id)).all()
    assert [(m.action, m.source, m.target) for m in moves] == [
        ("submit", "draft", "submitted"),
        ("publish", "submitted", "published"),
    ]


@pytest.mark.parametrize("role", ["university", "admin", "visitor"])
def test_only_askers_and_the_desk_post_needs(uow, actors, role):
    with pytest.raises(NotAllowed), uow:
        needs.create(uow, getattr(actors, role), need_answers())


def test_nobody_posts_a_need_for_another_organisation_except_the_desk(uow, actors):
    with pytest.raises(NotAllowed), uow:
        needs.create(uow, actors.enterprise, need_answers(), owner_id=actors.other_enterprise.organisation_id)


def test_a_draft_keeps_incomplete_answers_and_is_not_taken_as_complete(platform, uow, actors):
    with uow:
        need = needs.create(uow, actors.enterprise, {"title": "只有标题"})
    found, answers = reread(platform, need.id)
    assert (found.state, answers["title"], answers["budget"]) == (NeedState.DRAFT, "只有标题", None)
    with pytest.raises(InvalidInput) as caught, uow:
        needs.submit(uow, actors.enterprise, need.id)
    assert {"source", "tech_fields", "difficulties"} > fields_with_problems(caught) >= {"tech_fields", "difficulties"}
    assert reread(platform, need.id)[0].state is NeedState.DRAFT


@pytest.mark.parametrize("name", ["valid_until", "deadline"])
def test_dates_of_the_past_are_refused_and_today_is_not(uow, actors, name):
    with pytest.raises(InvalidInput) as caught, uow:
        needs.create(uow, actors.enterprise, need_answers(**{name: day(-1).isoformat()}), submit=True)
    assert fields_with_problems(caught) == {name}
    with uow:
        assert needs.create(uow, actors.enterprise, need_answers(**{name: day(0).isoformat()}), submit=True).id


def test_today_is_the_day_in_china(uow, actors, clock):
    clock.move(hours=13)  # one in the morning in Chengdu, five in the afternoon of the day before in London
    yesterday_in_chengdu = day(-1)
    with pytest.raises(InvalidInput), uow:
        needs.create(uow, actors.enterprise, need_answers(valid_until=yesterday_in_chengdu.isoformat()), submit=True)


def test_texts_over_the_limit_are_refused_with_both_counts(uow, actors):
    with pytest.raises(InvalidInput) as caught, uow:
        needs.create(uow, actors.enterprise, need_answers(title="孔" * 81, difficulties="难" * 100_000))
    assert fields_with_problems(caught) == {"title", "difficulties"}
    told = {problem.field: problem.message.zh for problem in caught.value.problems}
    assert "80" in told["title"]
    assert "81" in told["title"]
    assert "100000" in told["difficulties"].replace(",", "")


def test_control_and_invisible_characters_are_dropped_and_emoji_kept(platform, uow, actors):
    with uow:
        need = needs.create(
            uow,
            actors.enterprise,
            need_answers(title="孔隙\x00率\x07\u200b控制 🚀", difficulties="一\r\n二\x1b[31m\ud800"),
        )
    answers = reread(platform, need.id)[1]
    assert answers["title"] == "孔隙率控制 🚀"
    assert answers["difficulties"] == "一\n二[31m"


def test_markup_is_kept_as_the_text_that_it_is(platform, uow, actors):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(title="<script>alert('1')</script>"))
    assert reread(platform, need.id)[1]["title"] == "<script>alert('1')</script>"


def test_targeted_needs_name_their_targets(uow, actors):
    with pytest.raises(InvalidInput) as caught, uow:
        needs.create(uow, actors.enterprise, need_answers(disclosure="targeted"), submit=True)
    assert fields_with_problems(caught) == {"targets"}


def test_an_own_number_is_used_once_in_an_organisation(uow, actors):
    with uow:
        first = needs.create(uow, actors.enterprise, need_answers(ref="A-1"))
        second = needs.create(uow, actors.enterprise, need_answers(ref="A-2"))
        needs.create(uow, actors.other_enterprise, need_answers(ref="A-1"))
        needs.create(uow, actors.enterprise, need_answers(ref=""))
        needs.create(uow, actors.enterprise, need_answers(ref=""))
    with pytest.raises(InvalidInput) as caught, uow:
        needs.create(uow, actors.enterprise, need_answers(ref="A-1"))
    assert fields_with_problems(caught) == {"ref"}
    assert first.number in caught.value.problems[0].message.zh
    with pytest.raises(InvalidInput) as caught, uow:
        needs.edit(uow, actors.enterprise, second.id, need_answers(ref="A-1"))
    assert fields_with_problems(caught) == {"ref"}
    with uow:  # keeping one's own is no clash
        needs.edit(uow, actors.enterprise, second.id, need_answers(ref="A-2", title="改了标题"))


def test_every_change_adds_a_version_and_no_change_adds_none(uow, actors):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(budget="80.5"))
    for changes in (
        {"budget": "80.5"},
        {"budget": "80.50"},
        {"title": "改一"},
        {"title": "改一"},
        {"indicators": ""},
        {},
    ):
        with uow:
            needs.edit(uow, actors.enterprise, need.id, need_answers(**({"budget": "80.5"} | changes)))
    uow.close()
    versions = uow.session.scalars(select(NeedVersion).order_by(NeedVersion.number)).all()
    assert [v.number for v in versions] == [1, 2, 3, 4]
    original = "航空发动机叶片增材修复孔隙率控制"
    assert [v.answers["title"] for v in versions] == [original, "改一", original, original]
    assert [len(v.answers["indicators"]) for v in versions] == [2, 2, 0, 2]
    assert {v.answers["budget"] for v in versions} == {"805000"}
    assert {v.changed_by for v in versions} == {actors.enterprise.person_id}


def test_a_version_holds_every_answer_that_was_given(uow, actors):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(targets="某某大学"))
    _, versions = needs.history(uow, actors.enterprise, need.id)
    said = versions[0].answers
    assert set(said) == set(needs.answers_of(need))
    empty = [name for name, value in said.items() if value in ("", None, [])]
    assert empty == []


def test_a_public_need_stays_public_when_it_is_changed_and_must_stay_complete(uow, actors):
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    uow.commit()
    with uow:
        needs.edit(uow, actors.enterprise, need.id, need_answers(title="新的标题"))
    assert (need.state, need.title) == (NeedState.PUBLISHED, "新的标题")
    with pytest.raises(InvalidInput), uow:
        needs.edit(uow, actors.enterprise, need.id, need_answers(difficulties=None))
    assert need.difficulties.startswith("修复层")


def test_a_need_goes_back_with_a_note_and_comes_again(uow, actors):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(), submit=True)
    with pytest.raises(InvalidInput), uow:
        needs.return_for_repair(uow, actors.desk, need.id, " \x00 \n")
    with uow:
        needs.return_for_repair(uow, actors.desk, need.id, "请补充\x00现有指标")
    assert (need.state, need.return_note) == (NeedState.RETURNED, "请补充现有指标")
    with uow:
        needs.edit(uow, actors.enterprise, need.id, need_answers(background="已补充"), submit=True)
    with uow:
        needs.publish(uow, actors.desk, need.id)
    assert (need.state, need.return_note) == (NeedState.PUBLISHED, "")


def test_a_need_expires_on_the_day_after_its_last_and_is_renewed_with_a_new_date(uow, actors, clock):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(valid_until=day(1).isoformat()), submit=True)
        needs.publish(uow, actors.desk, need.id)
    clock.move(days=1)
    assert needs.expire_due(uow, SYSTEM) == 0
    clock.move(days=1)
    with uow:
        assert needs.expire_due(uow, SYSTEM) == 1
    assert need.state is NeedState.EXPIRED
    with pytest.raises(InvalidInput) as caught, uow:
        needs.renew(uow, actors.enterprise, need.id)
    assert fields_with_problems(caught) == {"valid_until"}
    with uow:
        needs.edit(uow, actors.enterprise, need.id, need_answers(valid_until=day(90).isoformat()), submit=True)
    assert need.state is NeedState.SUBMITTED
    assert [move.action for move in needs.history(uow, actors.enterprise, need.id)[0]][-2:] == ["expire", "renew"]


def test_a_withdrawn_need_is_gone_for_others_and_can_be_handed_in_again(uow, actors):
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers(), submit=True)
        needs.publish(uow, actors.desk, need.id)
        needs.withdraw(uow, actors.enterprise, need.id)
    with pytest.raises(NotFound):
        needs.get(uow, actors.university, need.id)
    assert needs.get(uow, actors.enterprise, need.id).view is View.FULL
    with uow:
        needs.renew(uow, actors.enterprise, need.id)
    assert need.state is NeedState.SUBMITTED


def test_a_solved_need_stays_public_and_cannot_be_changed(uow, actors):
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    with uow:
        needs.solve(uow, actors.enterprise, need.id)
    assert needs.get(uow, actors.visitor, need.id).view is View.FULL
    for refused in (
        lambda: needs.edit(uow, actors.enterprise, need.id, need_answers()),
        lambda: needs.withdraw(uow, actors.enterprise, need.id),
        lambda: needs.solve(uow, actors.enterprise, need.id),
    ):
        with pytest.raises(Conflict), uow:
            refused()


@pytest.mark.parametrize("action", ["edit", "submit", "withdraw", "solve", "publish", "renew", "return", "history"])
def test_strangers_cannot_touch_a_need_and_do_not_learn_that_a_hidden_one_exists(uow, actors, action):
    hidden = [
        NeedFactory(state=NeedState.DRAFT),
        NeedFactory(disclosure="closed"),
        NeedFactory(disclosure="targeted", targets=["别的机构"]),
    ]
    shown = NeedFactory()
    uow.commit()

    def attempt(need_id):
        match action:
            case "edit":
                needs.edit(uow, actors.other_enterprise, need_id, need_answers())
            case "return":
                needs.return_for_repair(uow, actors.other_enterprise, need_id, "note")
            case _:
                getattr(needs, action)(uow, actors.other_enterprise, need_id)

    for need in hidden:
        with pytest.raises(NotFound), uow:
            attempt(need.id)
    with pytest.raises(NotFound), uow:
        attempt(999_999)
    with pytest.raises(NotAllowed), uow:
        attempt(shown.id)
    assert not uow.session.scalars(select(StateChange)).all()


def test_every_change_of_an_open_need_leaves_a_wish_and_of_a_hidden_one_none(uow, actors):
    def wishes():
        found = uow.session.scalars(select(OutboxRow.entity).where(OutboxRow.entity_id == need.id)).all()
        return len(found)

    counts = []
    with uow:
        need = needs.create(uow, actors.enterprise, need_answers())
    counts.append(wishes())
    for act in (
        lambda: needs.edit(uow, actors.enterprise, need.id, need_answers(title="改")),
        lambda: needs.submit(uow, actors.enterprise, need.id),
        lambda: needs.publish(uow, actors.desk, need.id),
        lambda: needs.edit(uow, actors.enterprise, need.id, need_answers(title="再改")),
        lambda: needs.withdraw(uow, actors.enterprise, need.id),
    ):
        with uow:
            act()
        counts.append(wishes())
    assert counts == [0, 0, 0, 1, 2, 3]


def test_the_desk_lists_what_waits_for_it_and_nobody_else_does(uow, actors):
    with uow:
        needs.create(uow, actors.enterprise, need_answers(), submit=True)
        needs.create(uow, actors.other_enterprise, need_answers(), submit=True)
    assert len(needs.to_review(uow, actors.desk)) == 2
    with pytest.raises(NotAllowed):
        needs.to_review(uow, actors.enterprise)
