"""Experts: the register, conflicts of interest, and who is proposed."""

from datetime import timedelta

import pytest

from matcher.core.errors import InvalidInput, NotAllowed
from matcher.deals.model import Deal
from matcher.matching.model import PairingState
from matcher.projects.experts import candidates, office, service
from matcher.projects.experts.assignment import Limit
from matcher.projects.experts.conflicts import conflicts
from matcher.projects.experts.model import ExpertVector
from matcher.projects.lifecycle import BidState, ProjectState
from tests.experts import ExpertFactory, PanelFactory, WordEncoder, serve_characters
from tests.factories import (
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    PairingFactory,
    organisation_of,
)
from tests.projects import BidFactory, ProjectFactory

ABOUT = {"title": "教授", "tech_fields": ["rail"], "profile": "研究轨道车辆制动。", "most_panels": "3"}


def new_person(**changes):
    return ABOUT | {"email": "new@test.example", "person_name": "新专家"} | changes


def person_of(uow, actor):
    from matcher.accounts.model import Person

    return uow.session.get_one(Person, actor.person_id)


def reasons(uow, project, expert):
    return [reason.zh for reason in conflicts(uow, project, [expert]).get(expert.id, [])]


# the register


@pytest.mark.parametrize("role", ["enterprise", "university", "desk", "expert", "visitor"])
def test_only_the_office_and_the_administrator_keep_the_register(uow, actors, role):
    with pytest.raises(NotAllowed):
        service.create(uow, getattr(actors, role), new_person())
    with pytest.raises(NotAllowed):
        service.register(uow, getattr(actors, role))


def test_a_new_expert_gets_an_account_whose_password_opens_it_and_is_told_once(uow, actors):
    from matcher.accounts.service import sign_in

    organisation = OrganisationFactory(kind="university")
    made = service.create(uow, actors.government, new_person(organisation=organisation.name))
    assert made.password
    actor = sign_in(uow, "new@test.example", made.password).actor()
    assert service.own(uow, actor) is made.expert
    assert actor.organisation_id == organisation.id


def test_somebody_with_an_account_keeps_password_and_roles_and_becomes_an_expert_too(uow, actors):
    person = person_of(uow, actors.university)
    before = person.password_hash, person.actor().roles
    made = service.create(uow, actors.admin, ABOUT | {"email": person.email})
    assert made.password is None
    assert person.password_hash == before[0]
    assert person.actor().roles == before[1] | {"expert"}
    with pytest.raises(InvalidInput):
        service.create(uow, actors.admin, ABOUT | {"email": person.email})


def test_organisations_that_are_not_registered_are_named(uow, actors):
    with pytest.raises(InvalidInput) as caught:
        service.create(uow, actors.government, new_person(organisation="没有这家", avoids="也没有这家"))
    assert {problem.field for problem in caught.value.problems} == {"organisation", "avoids"}


def test_experts_edit_their_own_entry_and_nobody_elses(uow, actors):
    own, other = ExpertFactory(person=person_of(uow, actors.expert)), ExpertFactory()
    party = OrganisationFactory()
    service.edit(uow, actors.expert, own.id, ABOUT | {"avoids": party.name})
    assert (own.avoids, own.most_panels) == ([party.id], 3)
    with pytest.raises(NotAllowed):
        service.edit(uow, actors.expert, other.id, ABOUT)


# conflicts of interest


def test_owners_of_needs_the_office_bidders_and_partners_are_named(uow, actors):
    need = NeedFactory(organisation=organisation_of(actors.enterprise))
    project = ProjectFactory(state=ProjectState.EVALUATION, needs=(need,))
    bid = BidFactory(project=project, state=BidState.ADMITTED)
    for organisation, role in (
        (need.organisation, "需求方"),
        (project.organisation, "主管部门"),
        (bid.organisation, "揭榜方"),
    ):
        found = reasons(uow, project, ExpertFactory(organisation=organisation))
        assert len(found) == 1
        assert role in found[0]
        assert organisation.name in found[0]
    assert reasons(uow, project, ExpertFactory()) == []
    assert "声明回避" in reasons(uow, project, ExpertFactory(avoids=[bid.organisation.id]))[0]


def test_a_sealed_bid_is_not_given_away_by_a_conflict(uow):
    project = ProjectFactory(state=ProjectState.BIDDING)
    bid = BidFactory(project=project)
    assert reasons(uow, project, ExpertFactory(organisation=bid.organisation)) == []


@pytest.mark.parametrize(("years", "found"), [(1, True), (4, False)])
def test_contracts_count_for_three_years(uow, years, found):
    expert = ExpertFactory()
    need = NeedFactory()
    project = ProjectFactory(needs=(need,))
    signed = uow.clock() - timedelta(days=365 * years)
    uow.session.add(
        Deal(
            buyer_id=need.organisation_id,
            seller_id=expert.person.memberships[0].organisation_id,
            title="合同",
            contract_type="development",
            amount=100,
            signed_on=signed.date(),
            created_at=signed,
            changed_at=signed,
        )
    )
    uow.session.flush()
    assert any("技术合同" in one for one in reasons(uow, project, expert)) is found


def test_pairings_that_were_talked_about_count_and_mere_suggestions_do_not(uow):
    expert, need = ExpertFactory(), NeedFactory()
    project = ProjectFactory(needs=(need,))
    offer = OfferFactory(organisation=expert.person.memberships[0].organisation)
    pairing = PairingFactory(need=need, offer=offer)
    assert reasons(uow, project, expert) == []
    pairing.state = PairingState.NEGOTIATING
    uow.session.flush()
    assert "对接" in reasons(uow, project, expert)[0]


def test_a_conflicted_expert_cannot_be_invited_and_nobody_else_of_the_list_is(uow, actors):
    project = ProjectFactory(state=ProjectState.EVALUATION)
    bid = BidFactory(project=project, state=BidState.ADMITTED)
    panel, free = PanelFactory(project=project), ExpertFactory()
    with pytest.raises(InvalidInput) as caught:
        office.invite(uow, actors.government, panel.id, [free.id, ExpertFactory(organisation=bid.organisation).id])
    assert bid.organisation.name in caught.value.problems[0].message.zh
    assert office.seats_of(uow, panel) == []


# suggestions and assignment


def test_the_expert_of_the_subject_comes_first_and_a_profile_is_read_once(uow, actors):
    near, far = ExpertFactory(), ExpertFactory(tech_fields=["food"], keywords=["泡菜"], profile="研究泡菜发酵菌种。")
    panel = PanelFactory(project=ProjectFactory(state=ProjectState.EVALUATION))
    serve_characters(uow)
    encoder = WordEncoder()
    rows = candidates.rows(uow, actors.government, panel, lambda: encoder)
    assert [row.expert for row in rows] == [near, far]
    assert rows[0].fit.fields == ("new_materials",)
    uow.session.flush()
    read = encoder.texts
    candidates.rows(uow, actors.government, panel, lambda: encoder)
    again = encoder.texts - read
    far.profile = "研究榨菜。"
    uow.session.flush()
    candidates.rows(uow, actors.government, panel, lambda: encoder)
    assert encoder.texts - read > 2 * again, "a changed profile is read again"
    assert uow.session.query(ExpertVector).count() == 2


def test_no_model_is_loaded_while_nothing_is_indexed(uow, actors):
    def none() -> WordEncoder:
        raise AssertionError("a model was asked for")

    panel, near = PanelFactory(project=ProjectFactory(state=ProjectState.EVALUATION)), ExpertFactory()
    [row] = candidates.rows(uow, actors.government, panel, none)
    assert (row.expert, row.fit.likeness, row.fit.score) == (near, None, 1.0)


def test_a_proposal_leaves_out_who_has_a_conflict(uow, actors):
    project = ProjectFactory(state=ProjectState.EVALUATION)
    bid = BidFactory(project=project, state=BidState.ADMITTED)
    free, conflicted = ExpertFactory(), ExpertFactory(organisation=bid.organisation)
    [proposal] = candidates.propose(uow, actors.government, [PanelFactory(project=project).id], WordEncoder)
    assert [row.expert for row in proposal.proposed] == [free]
    assert proposal.limit is Limit.PEOPLE
    assert conflicted not in [row.expert for row in proposal.proposed]


def test_who_is_far_from_the_field_is_not_proposed_but_may_be_asked(uow, actors):
    far = ExpertFactory(tech_fields=["food"], keywords=[], title="x", profile="zzz")
    panel = PanelFactory(project=ProjectFactory(state=ProjectState.EVALUATION), least=1)
    [proposal] = candidates.propose(uow, actors.government, [panel.id], WordEncoder)
    assert (list(proposal.proposed), proposal.limit) == ([], Limit.PEOPLE)
    assert len(office.invite(uow, actors.government, panel.id, [far.id])) == 1
