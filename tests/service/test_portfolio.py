"""Balanced portfolios: proposed, looked at, put into force, undone as a whole; for the desk only."""

import pytest
from sqlalchemy import select

from matcher.core.errors import Conflict, InvalidInput, NotAllowed
from matcher.core.people import Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching import assignments, portfolio, progress, review
from matcher.matching.model import Decision, Pairing, PairingState, Verdict
from matcher.matching.portfolio_model import RunState
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory

GIVEN = {"per_need": "2", "per_team": "1", "share": "100", "least": "30"}


@pytest.fixture
def pairings(uow: UnitOfWork) -> list[Pairing]:
    """Two needs that want the same good team, one with another chance, and one that nothing answers."""
    wanted, other = OfferFactory(team="名队"), OfferFactory(team="另一队")
    first, second, third = NeedFactory(), NeedFactory(), NeedFactory()
    made = [
        PairingFactory(need=first, offer=wanted, score=0.9),
        PairingFactory(need=second, offer=wanted, score=0.8),
        PairingFactory(need=first, offer=other, score=0.5),
        PairingFactory(need=third, offer=other, score=0.1),
    ]
    uow.commit()
    return made


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "admin", "visitor"])
def test_portfolios_are_for_the_desk(role: str, uow: UnitOfWork, actors: Actors, pairings: list[Pairing]) -> None:
    actor: Actor = getattr(actors, role)
    run = portfolio.propose(uow, actors.desk, GIVEN)
    for action in (
        lambda: portfolio.propose(uow, actor, GIVEN),
        lambda: portfolio.lots(uow, actor, run.id),
        lambda: portfolio.deploy(uow, actor, run.id),
        lambda: portfolio.undo(uow, actor, run.id),
        lambda: portfolio.runs(uow, actor),
    ):
        with pytest.raises(NotAllowed):
            action()


def test_a_proposal_changes_nothing_and_says_what_binds(
    uow: UnitOfWork, actors: Actors, pairings: list[Pairing]
) -> None:
    run = portfolio.propose(uow, actors.desk, GIVEN)
    assert {one.state for one in pairings} == {PairingState.SUGGESTED}
    found = {lot.need_id: lot for lot in portfolio.lots(uow, actors.desk, run.id)}
    third = found[pairings[3].need_id]
    assert (third.lines, third.reasons) == ([], [["no_offer", []]])
    assert [line.pairing for line in found[pairings[1].need_id].lines] == [pairings[1]]
    assert [line.pairing for line in found[pairings[2].need_id].lines] == [pairings[2]]
    assert found[pairings[2].need_id].reasons[0][0] == "team_full"
    assert "名队" in found[pairings[2].need_id].reasons[0][1][0]


def test_a_whole_batch_comes_into_force_with_its_brokers_and_is_undone(
    uow: UnitOfWork, actors: Actors, pairings: list[Pairing]
) -> None:
    run = portfolio.propose(uow, actors.desk, GIVEN)
    assert portfolio.deploy(uow, actors.desk, run.id) == 0
    assert (pairings[1].state, pairings[2].state) == (PairingState.SHORTLISTED, PairingState.SHORTLISTED)
    brokers = {assignments.broker_of(uow, one.id).id for one in (pairings[1], pairings[2])}
    assert brokers == {actors.desk.person_id, actors.colleague.person_id}
    with pytest.raises(Conflict):
        portfolio.deploy(uow, actors.desk, run.id)
    assert portfolio.undo(uow, actors.desk, run.id) == 0
    assert {one.state for one in pairings} == {PairingState.SUGGESTED}
    assert assignments.broker_of(uow, pairings[1].id) is None
    assert run.state is RunState.UNDONE


def test_a_batch_teaches_the_ranking_nothing_until_a_broker_introduces(
    uow: UnitOfWork, actors: Actors, pairings: list[Pairing]
) -> None:
    def said() -> list[tuple[int, Verdict]]:
        return [(one.pairing_id, one.verdict) for one in uow.session.scalars(select(Decision).order_by(Decision.id))]

    run = portfolio.propose(uow, actors.desk, GIVEN)
    portfolio.deploy(uow, actors.desk, run.id)
    assert said() == []
    progress.move(uow, actors.desk, pairings[1].id, "introduce")
    assert said() == [(pairings[1].id, Verdict.ACCEPT)]
    assert portfolio.undo(uow, actors.desk, run.id) == 1
    assert said() == [(pairings[1].id, Verdict.ACCEPT)]
    review.decide(uow, actors.desk, pairings[2].id, Verdict.ACCEPT)
    progress.move(uow, actors.desk, pairings[2].id, "introduce")
    assert said()[1:] == [(pairings[2].id, Verdict.ACCEPT)], "a yes is written down once"


def test_who_looks_after_a_pairing_keeps_it_when_the_batch_is_undone(
    uow: UnitOfWork, actors: Actors, pairings: list[Pairing]
) -> None:
    assignments.assign(uow, actors.desk, actors.colleague.person_id, pairing_id=pairings[1].id)
    run = portfolio.propose(uow, actors.desk, GIVEN)
    portfolio.deploy(uow, actors.desk, run.id)
    portfolio.undo(uow, actors.desk, run.id)
    broker = assignments.broker_of(uow, pairings[1].id)
    assert broker is not None
    assert broker.id == actors.colleague.person_id


def test_what_a_colleague_decided_meanwhile_stays(uow: UnitOfWork, actors: Actors, pairings: list[Pairing]) -> None:
    run = portfolio.propose(uow, actors.desk, GIVEN)
    review.decide(uow, actors.colleague, pairings[1].id, Verdict.DECLINE, reason="price")
    assert portfolio.deploy(uow, actors.desk, run.id) == 1
    assert pairings[1].state is PairingState.DECLINED
    review.decide(uow, actors.desk, pairings[2].id, Verdict.DECLINE, reason="price")
    assert portfolio.undo(uow, actors.desk, run.id) == 1
    assert pairings[2].state is PairingState.DECLINED


def test_parameters_out_of_range_are_told(uow: UnitOfWork, actors: Actors) -> None:
    with pytest.raises(InvalidInput):
        portfolio.propose(uow, actors.desk, GIVEN | {"per_team": "0"})
