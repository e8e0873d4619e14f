"""Introductions: both sides are asked, each answers once, and nobody is named before both agree."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from matcher.core.people import Role
from matcher.core.permissions import View
from matcher.core.vocabularies import DECLINE_REASON
from matcher.matching import answering, introduction_view, introductions, progress
from matcher.matching.fair_words import FAIR_WORDS, fair_words
from matcher.matching.introduction_model import Introduction, IntroductionState, Party
from matcher.matching.lifecycle import AGREED_ON
from matcher.matching.model import Decision, Pairing, PairingState
from matcher.messages.model import Delivery, Message
from matcher.needs import service as needs
from matcher.needs.model import Need, NeedDisclosure
from matcher.needs.queries import NeedFilter, list_needs, needs_of
from matcher.offers.model import Offer
from tests.factories import NeedFactory, OfferFactory, PairingFactory, PersonFactory, day
from tests.introductions import NO, SECRET, YES, agree, introduce, introduction, make_pairing  # noqa: F401
from tests.service.test_review import at_once

CLOSED = ("redacted", "targeted", "closed")


def told(uow, actor):
    """Return the titles of a person's messages."""
    query = select(Message.title_zh).where(Message.person_id == actor.person_id).order_by(Message.id)
    return list(uow.session.scalars(query))


def pairing_of(uow, found):
    return uow.session.get_one(Pairing, found.pairing_id)


def test_both_sides_are_told_and_a_mail_waits_for_each(uow, actors, introduction):  # noqa: F811
    assert introduction.words == "两家都在成都"
    assert len(told(uow, actors.enterprise)) == len(told(uow, actors.university)) == 1
    people = uow.session.scalars(select(Delivery.person_id).where(Delivery.person_id.is_not(None))).all()
    assert set(people) == {actors.enterprise.person_id, actors.university.person_id}


def test_when_both_are_interested_they_are_named_to_each_other(uow, actors, introduction):  # noqa: F811
    with uow:
        answering.answer(uow, actors.university, introduction.id, YES)
    assert pairing_of(uow, introduction).state is PairingState.INTRODUCED
    assert told(uow, actors.enterprise)[-1] == "对方有意向，等您答复"
    with uow:
        answering.answer(uow, actors.enterprise, introduction.id, YES)
    assert pairing_of(uow, introduction).state is PairingState.INTERESTED
    assert introduction.state is IntroductionState.AGREED
    for side in (actors.enterprise, actors.university, actors.desk):
        assert any("双方都有意向" in title for title in told(uow, side))


@pytest.mark.parametrize("who", ["enterprise", "university"])
def test_one_no_ends_it_and_the_other_side_reads_fair_words(uow, actors, introduction, who):  # noqa: F811
    other = actors.university if who == "enterprise" else actors.enterprise
    with uow:
        answering.answer(uow, getattr(actors, who), introduction.id, NO)
    assert (pairing_of(uow, introduction).state, introduction.state) == ("declined", "declined")
    body = uow.session.scalars(
        select(Message.body_zh).where(Message.person_id == other.person_id).order_by(Message.id.desc())
    ).first()
    assert "预算与价格" in body
    assert "一半预算" not in body, "what a side says in its own words is for the desk"
    said = uow.session.scalars(select(Decision).order_by(Decision.id)).all()
    assert [(one.verdict, one.reason) for one in said] == [("accept", None), ("decline", "price")]
    party = Party.NEED if who == "enterprise" else Party.OFFER
    assert introduction_view.view(uow, other, introduction.id).ending == FAIR_WORDS["price"][0]
    own = introduction_view.view(uow, getattr(actors, who), introduction.id).ending
    assert own.zh.startswith("您已表示不合适"), (
        "who said no reads what the other side is told, not that the other side declined"
    )
    assert fair_words("price", party.other).zh in own.zh


def test_every_reason_has_fair_words():
    assert set(FAIR_WORDS) == set(DECLINE_REASON)


@pytest.mark.parametrize("role", ["other_enterprise", "other_university", "government", "admin", "visitor"])
def test_a_stranger_neither_sees_nor_answers(uow, actors, introduction, role):  # noqa: F811
    for act in (answering.get, lambda *args: answering.answer(*args, YES)):
        with pytest.raises((NotFound, NotAllowed)), uow:
            act(uow, getattr(actors, role), introduction.id)
    assert introduction.answers == []


def test_a_side_answers_once(uow, actors, introduction):  # noqa: F811
    with uow:
        answering.answer(uow, actors.university, introduction.id, YES)
    for given_ in (YES, NO):
        with pytest.raises(Conflict), uow:
            answering.answer(uow, actors.university, introduction.id, given_)
    assert len(introduction.answers) == 1


@pytest.mark.parametrize(
    ("given_", "fields"),
    [
        ({}, {"interested"}),
        ({"interested": "perhaps"}, {"interested"}),
        ({"interested": "yes"}, {"cooperation", "about"}),
        (YES | {"about": "长" * 1001}, {"about"}),
        ({"interested": "no"}, {"reason"}),
        ({"interested": "no", "reason": "other"}, {"note"}),
        ({"interested": "no", "reason": "unheard_of"}, {"reason"}),
    ],
)
def test_an_incomplete_answer_says_what_is_missing(uow, actors, introduction, given_, fields):  # noqa: F811
    with pytest.raises(InvalidInput) as caught, uow:
        answering.answer(uow, actors.university, introduction.id, given_)
    assert {problem.field for problem in caught.value.problems} == fields
    assert introduction.answers == []


def test_the_desk_enters_what_it_was_told_and_says_how(uow, actors, introduction):  # noqa: F811
    with pytest.raises(InvalidInput) as caught, uow:
        answering.answer(uow, actors.desk, introduction.id, {"interested": "yes"}, party=Party.NEED)
    assert [problem.field for problem in caught.value.problems] == ["heard"]
    for party in Party:
        with uow:
            answering.answer(uow, actors.desk, introduction.id, {"interested": "yes", "heard": "今天电话"}, party=party)
    assert introduction.state is IntroductionState.AGREED
    assert all(answer.by_desk and answer.note == "今天电话" for answer in introduction.answers)


def test_the_desk_may_say_that_both_agreed_by_telephone(uow, actors, introduction):  # noqa: F811
    with uow:
        progress.move(uow, actors.desk, introduction.pairing_id, "interest", note="三方电话")
    assert introduction.state is IntroductionState.AGREED


@pytest.mark.parametrize("disclosure", CLOSED)
def test_a_need_that_is_not_open_is_disclosed_only_when_both_agree(uow, actors, disclosure):
    found = introduce(uow, actors, disclosure=disclosure)
    need = pairing_of(uow, found).need_id
    with uow:
        answering.answer(uow, actors.enterprise, found.id, YES)
    assert_hidden(uow, actors.university, need)
    with uow:
        answering.answer(uow, actors.university, found.id, YES)
    assert needs.get(uow, actors.university, need).view is View.FULL
    assert [row.title for row in list_needs(uow, actors.university, NeedFilter()).rows] == ["机密叶片修复"]
    assert needs_of(uow, actors.university, actors.enterprise.organisation_id)
    assert_hidden(uow, actors.other_university, need)
    disclosed = uow.session.scalars(select(AuditRow).where(AuditRow.action == "need.disclose")).one()
    assert disclosed.detail["to"] == actors.university.organisation_id


def assert_hidden(uow, actor, need_id):
    """Look everywhere where an outsider could learn what a need that is not open says."""
    need = uow.session.get_one(Need, need_id)
    seen = needs.seen(uow, actor, need)
    assert seen is None or (seen.view is View.REDACTED and "title" not in seen.answers)
    rows = list_needs(uow, actor, NeedFilter()).rows
    assert all(row.title == row.organisation == "" for row in rows if row.id == need_id)
    assert need_id not in {row.id for row in needs_of(uow, actor, need.organisation_id)}


@pytest.mark.parametrize("disclosure", CLOSED)
@pytest.mark.parametrize("ending", ["agree", "decline", "expire"])
def test_no_message_and_no_mail_says_what_is_confidential(uow, actors, clock, disclosure, ending):
    found = introduce(uow, actors, disclosure=disclosure)
    clock.move(days=7)
    with uow:
        answering.remind_due(uow, after_days=3, expire_days=14)
    if ending == "agree":
        agree(uow, actors, found)
        with uow:
            progress.move(uow, actors.desk, found.pairing_id, "meet")
    elif ending == "decline":
        with uow:
            answering.answer(uow, actors.enterprise, found.id, NO)
    else:
        clock.move(days=14)
        with uow:
            answering.expire_due(uow, expire_days=14)
    enterprise = uow.session.get_one(Need, pairing_of(uow, found).need_id).organisation
    texts = [t for row in uow.session.execute(select(Message.title_zh, Message.body_zh, Message.title_en)) for t in row]
    texts += [t for row in uow.session.execute(select(Delivery.subject, Delivery.body)) for t in row]
    assert texts
    for secret in (*SECRET, enterprise.name):
        assert not [text for text in texts if secret in text]


def test_a_side_that_keeps_silent_is_reminded_twice_then_the_desk_calls_then_it_runs_out(
    uow,
    actors,
    clock,
    introduction,  # noqa: F811
):
    with uow:
        answering.answer(uow, actors.university, introduction.id, YES)
    counts = []
    for _ in range(16):
        clock.move(days=1)
        for _again in range(2):  # the calendar may call twice
            with uow:
                reminded = answering.remind_due(uow, after_days=3, expire_days=14)
            with uow:
                counts.append((reminded, answering.expire_due(uow, expire_days=14)))
    assert counts == [(1, 0) if n in (4, 10) else (0, 1) if n == 26 else (0, 0) for n in range(32)]
    asked = [title for title in told(uow, actors.enterprise) if "还在等您的答复" in title]
    assert len(asked) == 2
    assert not [title for title in told(uow, actors.university) if "还在等您的答复" in title]
    assert any("请电话联系" in title for title in told(uow, actors.desk))
    assert (pairing_of(uow, introduction).state, introduction.state) == ("shortlisted", "expired")
    with pytest.raises(Conflict), uow:
        answering.answer(uow, actors.enterprise, introduction.id, YES)


@pytest.mark.parametrize("action", ["withdraw", "defer"])
def test_what_the_desk_takes_back_needs_no_answer_and_can_be_opened_again(uow, actors, introduction, action):  # noqa: F811
    pairing = pairing_of(uow, introduction)
    with uow:
        progress.move(uow, actors.desk, pairing.id, action, note="再等等", on=day(9))
    assert introduction.state is IntroductionState.CLOSED
    with uow:
        if action == "defer":
            progress.move(uow, actors.desk, pairing.id, "accept")
        progress.move(uow, actors.desk, pairing.id, "introduce")
    again = introductions.open_introduction(uow, pairing.id)
    assert again.id != introduction.id
    agree(uow, actors, again)
    assert pairing.state is PairingState.INTERESTED


def test_a_side_without_an_account_is_called_by_the_desk(uow, actors):
    pairing = PairingFactory(need=NeedFactory(), offer=OfferFactory(), state=PairingState.SHORTLISTED)
    uow.commit()
    with uow:
        progress.move(uow, actors.desk, pairing.id, "introduce")
    bodies = uow.session.scalars(select(Message.body_zh).where(Message.person_id == actors.desk.person_id)).all()
    assert len([body for body in bodies if "没有账号" in body]) == 2


def test_an_expert_who_works_there_is_told_nothing_and_counts_as_nobody_to_answer(uow, actors):
    pairing = PairingFactory(need=NeedFactory(), offer=OfferFactory(), state=PairingState.SHORTLISTED)
    lab = uow.session.get_one(Offer, pairing.offer_id).organisation
    expert = PersonFactory(organisation=lab, role=Role.EXPERT)
    uow.commit()
    with uow:
        progress.move(uow, actors.desk, pairing.id, "introduce")
    bodies = uow.session.scalars(select(Message.body_zh).where(Message.person_id == actors.desk.person_id)).all()
    assert any("成果方在平台上没有账号" in body for body in bodies)
    assert told(uow, expert.actor()) == []


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_two_sides_that_answer_at_once_both_count_or_one_is_told_to_try_again(platform, uow, actors):
    found = introduce(uow, actors)

    def act(actor):
        def run(other, wait):
            other.session.get_one(Introduction, found.id)
            wait()
            answering.answer(other, actor, found.id, YES)

        return run

    outcomes = at_once(platform, act(actors.enterprise), act(actors.university))
    assert "done" in outcomes
    assert set(outcomes) <= {"done", "Conflict", "Overtaken"}
    for actor, outcome in zip((actors.enterprise, actors.university), outcomes, strict=True):
        if outcome != "done":
            uow.close()
            with uow:
                answering.answer(uow, actor, found.id, YES)
    uow.close()
    assert uow.session.get_one(Pairing, found.pairing_id).state is PairingState.INTERESTED


STEPS = (
    "introduce",
    "withdraw",
    "interest",
    "meet",
    "negotiate",
    "step_back",
    "contract",
    "decline",
    "defer",
    "reopen",
    "accept",
)
PEOPLE = ("enterprise", "university", "desk", "other_university", "other_enterprise", "government")


@settings(
    max_examples=25, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    disclosure=st.sampled_from(("open", *CLOSED)),
    acts=st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from((*STEPS, "yes", "no", "expire"))), max_size=14),
)
def test_no_sequence_of_steps_names_anybody_before_both_agreed(uow, actors, disclosure, acts):
    pairing = make_pairing(uow, actors, disclosure=disclosure)
    agreed = False
    for who, act in acts:
        actor = getattr(actors, who)
        try:
            with uow:
                _act(uow, actor, pairing, act)
        except DomainError:
            continue
        found = introductions.latest(uow, pairing.id)
        yes = found is not None and all((a := found.answer_of(p)) and a.is_interested for p in Party)
        agreed = agreed or yes or (act == "interest" and who == "desk")
        assert (pairing.state not in AGREED_ON) or agreed
        assert introductions.was_disclosed(uow, pairing.id) == agreed
        is_hidden = disclosure != "open" and not agreed
        assert (uow.session.get(NeedDisclosure, (pairing.need_id, actors.university.organisation_id)) is None) == (
            is_hidden or disclosure == "open"
        )
        if is_hidden:
            assert_hidden(uow, actors.university, pairing.need_id)
        is_open = introductions.open_introduction(uow, pairing.id) is not None
        assert is_open == (pairing.state is PairingState.INTRODUCED)


def _act(uow, actor, pairing, act):
    found = introductions.latest(uow, pairing.id)
    if act in ("yes", "no"):
        party = Party.NEED if pairing.version % 2 else Party.OFFER
        answers = (YES if act == "yes" else NO) | {"heard": "电话"}
        answering.answer(uow, actor, found.id if found else 0, answers, party=party)
    elif act == "expire":
        answering.expire_due(uow, expire_days=0)
    else:
        progress.move(uow, actor, pairing.id, act, note="说明", reason="price", on=day(9) if act == "defer" else None)
