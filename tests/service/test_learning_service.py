"""Learning from the desk's decisions: what counts, training, adoption, the way back, exposure."""

import pytest
from sqlalchemy import func, select

from matcher.app import Platform
from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, NotAllowed, NotFound
from matcher.core.outbox import OutboxRow, Topic
from matcher.core.unit_of_work import UnitOfWork
from matcher.core.vocabularies import DECLINE_REASON
from matcher.engine.reference import Reference
from matcher.engine.trial import Verdict as Outcome
from matcher.matching import exposure, learn
from matcher.matching.answers import REASON_WEIGHTS, collect, judge
from matcher.matching.learn_labels import effects_of, missing_words, outcome_words
from matcher.matching.model import Decision, PairingState, Verdict
from matcher.matching.ranker_model import Ranker, RankerState
from matcher.matching.ranking_in_use import in_use, ranking_of, version_of
from matcher.worker import train as train_in_background
from tests.conftest import Actors
from tests.factories import OfferFactory, PairingFactory
from tests.learned_decisions import DIMENSION, decide_on, scores, serve_nothing

S = PairingState


def said(verdict: Verdict, reason: str | None = None) -> Decision:
    return Decision(verdict=verdict, reason=reason, scores=scores(8.0, 0.0))


@pytest.fixture
def trained(uow: UnitOfWork, actors: Actors) -> learn.Training:
    """Train on decisions that follow a rule."""
    serve_nothing(uow)
    decide_on(uow, 40)
    with uow:
        return learn.train(uow, actors.desk)


# What counts


def test_every_reason_says_how_much_it_speaks_of_fit() -> None:
    assert set(REASON_WEIGHTS) == set(DECLINE_REASON)


@pytest.mark.parametrize(
    ("decisions", "state", "grade", "weight"),
    [
        ([said(Verdict.ACCEPT)], S.SHORTLISTED, 1.0, 1.0),
        ([said(Verdict.ACCEPT)], S.INTERESTED, 2.0, 1.0),
        ([said(Verdict.ACCEPT)], S.CONTRACTED, 3.0, 1.0),
        ([said(Verdict.DECLINE, "out_of_field")], S.DECLINED, 0.0, 1.0),
        ([said(Verdict.DECLINE, "already_solved")], S.DECLINED, 0.0, 0.0),
        ([said(Verdict.ACCEPT), said(Verdict.DECLINE, "no_capacity")], S.DECLINED, 1.0, 1.0),
        ([said(Verdict.ACCEPT), said(Verdict.DECLINE, "too_early")], S.DECLINED, 0.0, 1.0),
        ([said(Verdict.DECLINE, "price"), said(Verdict.REOPEN), said(Verdict.ACCEPT)], S.SHORTLISTED, 1.0, 1.0),
    ],
)
def test_the_last_word_on_the_fit_counts(
    decisions: list[Decision], state: PairingState, grade: float, weight: float
) -> None:
    told = judge(decisions, state)
    assert told is not None
    assert told[:2] == (grade, weight)


def test_what_was_taken_back_teaches_nothing() -> None:
    assert judge([said(Verdict.ACCEPT), said(Verdict.REOPEN)], S.SUGGESTED) is None


def test_decisions_without_the_features_of_their_time_are_counted_but_left_out(uow: UnitOfWork) -> None:
    decide_on(uow, 1)
    pairing = PairingFactory()
    uow.session.flush()
    uow.session.add(Decision(pairing_id=pairing.id, verdict=Verdict.ACCEPT, scores={"dense": 1.0}, at=uow.clock()))
    uow.commit()
    found = collect(uow)
    assert (len(found.answers), found.without_features) == (5, 1)


# Training


def test_a_better_version_is_adopted_and_everything_is_matched_anew(
    uow: UnitOfWork, trained: learn.Training, actors: Actors
) -> None:
    assert trained.adopted
    assert in_use(uow) == trained.version
    row = uow.session.get_one(Ranker, trained.version)
    assert row.effects["same_language"] < 0
    assert row.created_by == actors.desk.person_id
    assert uow.session.scalar(select(func.count()).where(OutboxRow.topic == Topic.MATCH))
    assert "ranker.train" in uow.session.scalars(select(AuditRow.action)).all()
    assert str(trained.version) in outcome_words(trained).zh
    assert not effects_of(row.effects)[0].raised


def test_the_adopted_version_ranks_in_every_process(uow: UnitOfWork, trained: learn.Training) -> None:
    ranking = ranking_of(uow, trained.version, Reference.neutral(DIMENSION), "test")
    assert version_of(ranking) == trained.version
    likes, dislikes = ranking.ranker.rank([scores(8.0, 0.0), scores(9.0, 1.0)])
    assert likes > dislikes


def test_a_version_of_another_encoder_serves_without_its_memory(uow: UnitOfWork, trained: learn.Training) -> None:
    ranking = ranking_of(uow, trained.version, Reference.neutral(DIMENSION), "another")
    assert version_of(ranking) == trained.version
    assert ranking.recall is not None
    assert not len(ranking.recall.residuals)


def test_a_damaged_version_leaves_the_formula_in_use(uow: UnitOfWork, trained: learn.Training, actors: Actors) -> None:
    with uow:
        uow.session.get_one(Ranker, trained.version).model = b"{}"
    assert version_of(ranking_of(uow, trained.version, Reference.neutral(DIMENSION), "test")) == 0
    with pytest.raises(Conflict), uow:
        learn.adopt(uow, actors.admin, trained.version or 0)


def test_with_few_decisions_it_says_how_many_more_are_needed(uow: UnitOfWork, actors: Actors) -> None:
    serve_nothing(uow)
    decide_on(uow, 3)
    with uow:
        done = learn.train(uow, actors.desk)
    assert (done.trial.verdict, done.version) == (Outcome.TOO_FEW, None)
    assert "35" in outcome_words(done).zh
    assert missing_words(done.readiness) == outcome_words(done)
    assert uow.session.scalar(select(func.count()).select_from(Ranker)) == 0


def test_what_is_not_better_is_kept_and_not_adopted(uow: UnitOfWork, trained: learn.Training, actors: Actors) -> None:
    decide_on(uow, 20, seed=2)
    with uow:
        again = learn.train(uow, actors.desk)
    assert again.trial.verdict is Outcome.NOT_BETTER
    assert uow.session.get_one(Ranker, again.version).state is RankerState.REJECTED
    assert in_use(uow) == trained.version


def test_nothing_is_trained_before_anything_was_read(uow: UnitOfWork, actors: Actors) -> None:
    with pytest.raises(Conflict), uow:
        learn.train(uow, actors.desk)


def test_a_training_asked_for_is_done_in_the_background(platform: Platform, uow: UnitOfWork, actors: Actors) -> None:
    serve_nothing(uow)
    decide_on(uow, 40)
    with uow:
        learn.ask(uow, actors.desk)
    with pytest.raises(Conflict), uow:
        learn.ask(uow, actors.desk)
    train_in_background(platform)
    train_in_background(platform)
    uow.rollback()
    (row,) = uow.session.scalars(select(Ranker)).all()
    assert row.created_by == actors.desk.person_id
    assert learn.overview(uow, actors.desk).waits_since is None


# The way back


def test_the_way_back_and_forth_is_one_step(uow: UnitOfWork, trained: learn.Training, actors: Actors) -> None:
    with uow:
        learn.back_to_formula(uow, actors.admin)
    assert in_use(uow) is None
    with pytest.raises(Conflict), uow:
        learn.back_to_formula(uow, actors.admin)
    with uow:
        learn.adopt(uow, actors.admin, trained.version or 0)
    assert in_use(uow) == trained.version
    with pytest.raises(NotFound), uow:
        learn.adopt(uow, actors.admin, 999)


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "visitor"])
def test_others_see_and_change_nothing(uow: UnitOfWork, actors: Actors, role: str) -> None:
    actor = getattr(actors, role)
    for attempt in (
        lambda: learn.overview(uow, actor),
        lambda: learn.ask(uow, actor),
        lambda: learn.train(uow, actor),
        lambda: learn.adopt(uow, actor, 1),
        lambda: learn.back_to_formula(uow, actor),
        lambda: exposure.exposures(uow, actor),
    ):
        with pytest.raises(NotAllowed), uow:
            attempt()


def test_the_desk_trains_but_does_not_choose_the_version(
    uow: UnitOfWork, trained: learn.Training, actors: Actors
) -> None:
    with pytest.raises(NotAllowed), uow:
        learn.back_to_formula(uow, actors.desk)
    with pytest.raises(NotAllowed), uow:
        learn.adopt(uow, actors.desk, trained.version or 0)
    assert learn.overview(uow, actors.desk).in_use is not None


# Exposure


def test_exposure_counts_what_is_shown_and_accepted_by_institution(uow: UnitOfWork, actors: Actors) -> None:
    shown, hidden = OfferFactory(), OfferFactory()
    PairingFactory(offer=shown, state=S.SHORTLISTED, explored=True)
    PairingFactory(offer=shown)
    uow.commit()
    found = exposure.exposures(uow, actors.desk)
    by_name = {row.organisation_id: row for row in found.rows}
    assert (by_name[shown.organisation_id].shown, by_name[shown.organisation_id].accepted) == (2, 1)
    assert by_name[hidden.organisation_id].neglected
    assert found.gini > 0
    assert (found.explored, found.explored_decided, found.explored_accepted) == (1, 1, 1)
