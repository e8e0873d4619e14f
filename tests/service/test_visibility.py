"""What each person sees of needs in lists and in pairings: never more than the need's own page shows them."""

import pytest
from sqlalchemy import select

from matcher.core.audit import AuditRow
from matcher.core.errors import NotAllowed, NotFound
from matcher.core.permissions import View
from matcher.matching import queries
from matcher.needs import service as needs
from matcher.needs.model import PUBLIC_STATES, Need, NeedState
from matcher.needs.queries import NeedFilter, list_needs, newest_needs
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory, PairingFactory, organisation_of

EVERYBODY = (
    "visitor",
    "enterprise",
    "other_enterprise",
    "university",
    "other_university",
    "government",
    "desk",
    "admin",
)


@pytest.fixture
def one_of_each(uow, actors):
    """Needs of one enterprise in every state and disclosure, targeted ones shown to one university."""
    owner = organisation_of(actors.enterprise)
    shown_to = organisation_of(actors.university).name
    made = [
        NeedFactory(
            organisation=owner,
            state=state,
            disclosure=disclosure,
            targets=[shown_to] if disclosure == "targeted" else [],
            title=f"秘密标题 {state.value} {disclosure}",
            difficulties="秘密难点",
            keywords=["秘密关键词"],
        )
        for state in NeedState
        for disclosure in ("open", "redacted", "targeted", "closed")
    ]
    uow.commit()
    return made


SECRETS = {
    "title": "秘密标题",
    "keywords": ["秘密关键词"],
    "background": "秘密背景",
    "difficulties": "秘密难点",
    "content": "秘密内容",
    "foundation": "秘密基础",
    "preferred_partners": "秘密伙伴",
    "payment": "秘密付款",
}


def everything_said(answers):
    return repr(answers)


def test_the_redacted_form_of_a_need_holds_nothing_of_what_it_hides(uow, actors):
    need = NeedFactory(
        disclosure="redacted", organisation=OrganisationFactory(name="秘密机构"), ref="秘密编号", **SECRETS
    )
    uow.commit()
    for role in ("visitor", "other_enterprise", "university", "government", "admin"):
        seen = needs.get(uow, getattr(actors, role), need.id)
        assert seen.view is View.REDACTED
        assert "秘密" not in everything_said(seen.answers), role
        assert "孔隙率" not in everything_said(seen.answers), "indicators are hidden too"
        assert seen.answers["industry"] == "C37"
    assert "秘密标题" in everything_said(needs.get(uow, actors.desk, need.id).answers)


def test_what_is_not_for_the_public_is_shown_to_owner_and_desk_only(uow, actors):
    need = NeedFactory(organisation=organisation_of(actors.enterprise), **SECRETS)
    uow.commit()
    private = {"ref", "preferred_partners", "payment", "targets"}
    for role, shown in (("enterprise", True), ("desk", True), ("university", False), ("visitor", False)):
        answers = needs.get(uow, getattr(actors, role), need.id).answers
        assert (private <= set(answers)) is shown, role
        assert bool(private & set(answers)) is shown, role


def test_every_look_at_a_confidential_need_by_others_is_written_down(uow, actors):
    chosen = organisation_of(actors.university)
    owner = organisation_of(actors.enterprise)
    targeted = NeedFactory(disclosure="targeted", targets=[chosen.name], organisation=owner)
    closed = NeedFactory(disclosure="closed", organisation=owner)
    redacted = NeedFactory(disclosure="redacted", organisation=owner)
    open_ = NeedFactory(organisation=owner)
    uow.commit()
    with uow:
        for need in (targeted, closed, redacted, open_):
            needs.get(uow, actors.enterprise, need.id)
            needs.get(uow, actors.desk, need.id)
        needs.get(uow, actors.university, targeted.id)
        needs.get(uow, actors.university, redacted.id)  # sees nothing confidential
    for need in (targeted, closed):
        with pytest.raises(NotFound), uow:
            needs.get(uow, actors.other_university, need.id)
    looks = uow.session.execute(
        select(AuditRow.person_id, AuditRow.entity_id).where(AuditRow.action == "need.look").order_by(AuditRow.id)
    )
    desk, university = actors.desk.person_id, actors.university.person_id
    assert {tuple(look) for look in looks} == {
        (desk, targeted.id),
        (desk, closed.id),
        (desk, redacted.id),
        (university, targeted.id),
    }


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_the_public_list_shows_each_person_what_the_pages_of_its_needs_show_them(uow, actors, one_of_each):
    for role in EVERYBODY:
        actor = getattr(actors, role)
        rows = [row for page in (1, 2, 3) for row in list_needs(uow, actor, NeedFilter(), page).rows]
        listed = {row.id: row for row in rows}
        expected = {need.id: needs.seen(uow, actor, need) for need in one_of_each if need.state in PUBLIC_STATES}
        assert set(listed) == {id_ for id_, seen in expected.items() if seen}, role
        for id_, row in listed.items():
            assert row.view is expected[id_].view
            if row.view is View.REDACTED:
                assert "秘密" not in repr(row)
                assert (row.organisation, row.organisation_id) == ("", None)


@pytest.mark.parametrize("word", ["秘密难点", "秘密标题", "秘密关键词"])
def test_a_search_does_not_betray_what_a_redacted_need_hides(uow, actors, one_of_each, word):
    for role in ("visitor", "university", "admin"):
        found = list_needs(uow, getattr(actors, role), NeedFilter(text=word))
        assert found.total > 0
        assert {row.view for row in found.rows} == {View.FULL}, role


def test_the_name_of_the_owner_does_not_find_its_redacted_needs(uow, actors):
    owner = OrganisationFactory(name="隐名制造有限公司")
    NeedFactory(organisation=owner, disclosure="redacted")
    uow.commit()
    assert list_needs(uow, actors.visitor, NeedFilter(text="隐名制造")).total == 0
    assert list_needs(uow, actors.desk, NeedFilter(text="隐名制造")).total == 1


def test_the_newest_needs_of_the_home_page_are_redacted_like_the_list(uow, actors, one_of_each):
    for row in newest_needs(uow, actors.visitor, 50):
        assert row.view in {View.FULL, View.REDACTED}
        assert row.view is View.FULL or "秘密" not in repr(row)


def test_the_owner_of_a_result_sees_its_pairings_without_the_secrets_of_needs(uow, actors):
    offer = OfferFactory(organisation=organisation_of(actors.university))
    enterprise = organisation_of(actors.enterprise)
    chosen, somebody = organisation_of(actors.university).name, organisation_of(actors.other_university).name
    pairings = {
        name: PairingFactory(
            offer=offer,
            need=NeedFactory(organisation=enterprise, title="秘密标题", difficulties="秘密难点", **what),
        )
        for name, what in {
            "open": {"disclosure": "open"},
            "redacted": {"disclosure": "redacted"},
            "for them": {"disclosure": "targeted", "targets": [chosen]},
            "for others": {"disclosure": "targeted", "targets": [somebody]},
            "closed": {"disclosure": "closed"},
        }.items()
    }
    uow.commit()
    seen = {own.pairing.id: own for own in queries.for_offer(uow, actors.university, offer)}
    assert set(seen) == {pairings[name].id for name in ("open", "redacted", "for them")}
    redacted = seen[pairings["redacted"].id]
    assert redacted.explanation == {}, "the reasons quote the need"
    assert "秘密" not in repr(redacted.need.answers)
    assert "秘密难点" in repr(seen[pairings["open"].id].explanation)
    assert "秘密难点" in repr(seen[pairings["for them"].id].explanation)


def test_owners_see_their_own_pairings_only(uow, actors):
    need = NeedFactory(organisation=organisation_of(actors.enterprise), disclosure="closed")
    offer = OfferFactory(organisation=organisation_of(actors.university))
    pairing = PairingFactory(need=need, offer=offer)
    uow.commit()
    assert [own.pairing.id for own in queries.for_need(uow, actors.enterprise, need)] == [pairing.id]
    for role in ("other_enterprise", "university", "other_university", "government", "admin", "visitor"):
        with pytest.raises(NotAllowed):
            queries.for_need(uow, getattr(actors, role), need)
    for role in ("enterprise", "other_university", "government", "admin", "visitor"):
        with pytest.raises(NotAllowed):
            queries.for_offer(uow, getattr(actors, role), offer)


def test_a_pairing_leaves_the_owners_lists_with_either_side(uow, actors):
    offer = OfferFactory(organisation=organisation_of(actors.university))
    for state in NeedState:
        PairingFactory(offer=offer, need=NeedFactory(state=state))
    uow.commit()
    shown = {own.pairing.need.state for own in queries.for_offer(uow, actors.university, offer)}
    assert shown == {NeedState.PUBLISHED, NeedState.MATCHED}


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "admin", "visitor"])
def test_only_the_desk_opens_pairings(uow, actors, role):
    pairing = PairingFactory()
    uow.commit()
    for act in (queries.pairing, queries.look, queries.last_said):
        with pytest.raises(NotAllowed):
            act(uow, getattr(actors, role), pairing.id)
    with pytest.raises(NotAllowed):
        queries.record(uow, getattr(actors, role))


def test_the_desks_look_at_a_pairing_of_a_confidential_need_is_written_down(uow, actors):
    secret, plain = PairingFactory(need=NeedFactory(disclosure="closed")), PairingFactory()
    uow.commit()
    with uow:
        opened = queries.look(uow, actors.desk, secret.id)
        queries.look(uow, actors.desk, plain.id)
    assert opened.need.id == secret.need_id
    looks = uow.session.scalars(select(AuditRow).where(AuditRow.action == "need.look")).all()
    assert [(row.person_id, row.entity_id) for row in looks] == [(actors.desk.person_id, secret.need_id)]


def test_the_states_of_this_test_are_all_states(one_of_each, uow):
    assert len(uow.session.scalars(select(Need)).all()) == len(NeedState) * 4
