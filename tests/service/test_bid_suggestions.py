"""Projects that are suggested to teams: from the stored pairings of the needs behind them, without a search."""

from typing import Any

import pytest
from sqlalchemy import event

from matcher.app import Platform
from matcher.core.unit_of_work import UnitOfWork
from matcher.matching.model import PairingState
from matcher.offers.model import OfferState
from matcher.projects.bids import suggestions
from matcher.projects.setup.model import Project
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory, organisation_of
from tests.projects import ProjectFactory


def paired(actors: Actors, score: float, **changes: Any) -> Project:
    """Make an open project whose need is paired with a result of the university."""
    offer = OfferFactory(
        organisation=organisation_of(actors.university),
        state=changes.pop("offer_state", OfferState.PUBLISHED),
        **({"title": changes.pop("title")} if "title" in changes else {}),
    )
    need = NeedFactory()
    PairingFactory(need=need, offer=offer, score=score, **changes)
    made: Project = ProjectFactory(needs=(need,))
    return made


def test_the_best_stored_pairing_of_a_projects_needs_is_named(uow: UnitOfWork, actors: Actors) -> None:
    first, second = NeedFactory(), NeedFactory()
    project = ProjectFactory(needs=(first, second))
    for need, score, title in ((first, 0.4, "熔池监测"), (second, 0.7, "闭环控制"), (second, 0.5, "路径规划")):
        offer = OfferFactory(organisation=organisation_of(actors.university), title=title)
        PairingFactory(need=need, offer=offer, score=score)
    PairingFactory(need=first, score=0.99)  # a result of somebody else
    fit = suggestions.fitting(uow, actors.university.organisation_id or 0, [project])[project.id]
    assert (fit.title, fit.score, fit.words.en) == ("闭环控制", 0.7, "Very likely")


@pytest.mark.parametrize(
    ("score", "changes"),
    [
        (0.29, {}),
        (0.9, {"state": PairingState.DECLINED}),
        (0.9, {"offer_state": OfferState.WITHDRAWN}),
        (0.9, {"offer_state": OfferState.DRAFT}),
    ],
)
def test_weak_declined_and_unpublished_ones_do_not_fit(
    uow: UnitOfWork, actors: Actors, score: float, changes: dict[str, Any]
) -> None:
    project = paired(actors, score, **changes)
    assert suggestions.fitting(uow, actors.university.organisation_id or 0, [project]) == {}


def test_the_office_sees_the_teams_of_the_stored_pairings_with_their_best_results(
    uow: UnitOfWork, actors: Actors
) -> None:
    first, second = NeedFactory(), NeedFactory()
    project = ProjectFactory(needs=(first, second))
    results = [OfferFactory(organisation=organisation_of(actors.university), title=f"成果{n}") for n in range(4)]
    for place, offer in enumerate(results):
        PairingFactory(need=first, offer=offer, score=0.4 + place / 10)
    PairingFactory(need=second, offer=results[3], score=0.65)
    other = OfferFactory(organisation=organisation_of(actors.other_university))
    PairingFactory(need=second, offer=other, score=0.9)
    PairingFactory(need=second, offer=OfferFactory(), score=0.2)
    PairingFactory(need=second, offer=OfferFactory(organisation=first.organisation), score=0.95)  # the owner
    found = suggestions.teams(uow, project)
    assert [(team.score, [one.title for one in team.offers]) for team in found] == [
        (0.9, [other.title]), (0.7, ["成果3", "成果2", "成果1"]),
    ]  # fmt: skip
    assert [team.organisation.id for team in suggestions.teams(uow, project, limit=1)] == [other.organisation_id]


def test_the_owner_of_a_need_is_not_led_to_a_project_that_it_may_not_lead(uow: UnitOfWork, actors: Actors) -> None:
    own = NeedFactory(organisation=organisation_of(actors.university))
    other = NeedFactory()
    offer = OfferFactory(organisation=organisation_of(actors.university))
    PairingFactory(need=other, offer=offer, score=0.8)
    project = ProjectFactory(needs=(own, other))
    organisation = actors.university.organisation_id or 0
    assert suggestions.fitting(uow, organisation, [project]) == {}
    project.call.rules = {"owner_may_lead": True}
    assert list(suggestions.fitting(uow, organisation, [project])) == [project.id]


def test_many_projects_cost_one_query(uow: UnitOfWork, actors: Actors, platform: Platform) -> None:
    projects = [paired(actors, 0.8) for _ in range(5)]
    uow.session.flush()
    sent: list[str] = []
    event.listen(platform.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    found = suggestions.fitting(uow, actors.university.organisation_id or 0, projects)
    assert len(found) == 5
    assert len(sent) == 1
