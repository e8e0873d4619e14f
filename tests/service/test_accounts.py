"""Sign-up with approval, sign-in, organisations and what people change about themselves."""

import threading

import pytest
from sqlalchemy import select

from matcher.accounts import profile
from matcher.accounts import service as accounts
from matcher.accounts.model import Membership, Organisation, Person, PersonState
from matcher.core.audit import AuditRow
from matcher.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from matcher.core.people import Role
from matcher.core.unit_of_work import UnitOfWork
from tests.factories import PASSWORD, OrganisationFactory, PersonFactory, code, organisation_of

ORGANISATION = {"name": "锦江新材料有限公司", "kind": "enterprise", "uscc": code(777_777), "region": "510107"}
PERSON = {
    "person_name": "吴桐",
    "email": "Wu.Tong@Factory.example",
    "phone": "028-8555-0101",
    "password": "a good long one",
    "password_again": "a good long one",
}


def sign_up_answers(**changes):
    return ORGANISATION | PERSON | changes


def fields_with_problems(caught):
    return {problem.field for problem in caught.value.problems}


def test_a_newcomer_waits_for_the_administrator_and_then_signs_in(uow, actors):
    with uow:
        person = accounts.sign_up(uow, sign_up_answers())
    assert person.state is PersonState.PENDING
    with pytest.raises(NotAllowed) as caught, uow:
        accounts.sign_in(uow, PERSON["email"], PERSON["password"])
    assert caught.value.message == accounts.PENDING
    assert [p.id for p in accounts.waiting(uow, actors.admin)] == [person.id]
    with uow:
        accounts.decide_account(uow, actors.admin, person.id, approve=True)
    with uow:
        signed_in = accounts.sign_in(uow, "wu.tong@factory.EXAMPLE ", PERSON["password"])
    actor = signed_in.actor()
    assert (actor.roles, signed_in.last_seen_at) == (frozenset({Role.ENTERPRISE}), uow.clock())
    assert uow.session.get_one(Organisation, actor.organisation_id).uscc == ORGANISATION["uscc"]


def test_a_refused_newcomer_is_told_so(uow, actors):
    with uow:
        person = accounts.sign_up(uow, sign_up_answers())
        accounts.decide_account(uow, actors.admin, person.id, approve=False)
    with pytest.raises(NotAllowed) as caught, uow:
        accounts.sign_in(uow, PERSON["email"], PERSON["password"])
    assert caught.value.message == accounts.REFUSED
    assert accounts.person(uow, person.id) is None, "no session outlives the refusal"


@pytest.mark.parametrize("email", ["wu.tong@factory.example", "nobody@factory.example", "", "\x00", "' OR 1=1 --"])
def test_a_wrong_password_and_an_unknown_e_mail_are_told_alike(uow, actors, email):
    with uow:
        accounts.sign_up(uow, sign_up_answers())
    with pytest.raises(NotAllowed) as caught, uow:
        accounts.sign_in(uow, email, "not the password")
    assert caught.value.message == accounts.WRONG


def test_a_pending_account_is_not_betrayed_to_who_lacks_the_password(uow):
    with uow:
        accounts.sign_up(uow, sign_up_answers())
    with pytest.raises(NotAllowed) as caught, uow:
        accounts.sign_in(uow, PERSON["email"], "a guess of mine")
    assert caught.value.message == accounts.WRONG


def test_a_password_is_stored_as_an_argon2id_hash_only(uow):
    with uow:
        person = accounts.sign_up(uow, sign_up_answers())
    assert person.password_hash.startswith("$argon2id$")
    assert PERSON["password"] not in person.password_hash


def test_an_account_is_decided_once(uow, actors):
    person = PersonFactory(state=PersonState.PENDING)
    with uow:
        accounts.decide_account(uow, actors.admin, person.id, approve=True)
    with pytest.raises(Conflict), uow:
        accounts.decide_account(uow, actors.admin, person.id, approve=False)
    assert person.state is PersonState.ACTIVE
    with pytest.raises(NotFound), uow:
        accounts.decide_account(uow, actors.admin, 999_999, approve=True)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_of_two_administrators_at_once_one_decides(platform, uow, actors):
    person = PersonFactory(state=PersonState.PENDING)
    uow.commit()
    barrier, outcomes = threading.Barrier(2), {}

    def decide(approve):
        other = UnitOfWork(platform.sessions)
        try:
            with other:
                other.session.get_one(Person, person.id)
                barrier.wait()
                accounts.decide_account(other, actors.admin, person.id, approve=approve)
            outcomes[approve] = "done"
        except Conflict:
            outcomes[approve] = "conflict"
        finally:
            other.close()

    threads = [threading.Thread(target=decide, args=(approve,)) for approve in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes.values()) == ["conflict", "done"]
    uow.close()
    state = uow.session.get_one(Person, person.id).state
    assert state is (PersonState.ACTIVE if outcomes[True] == "done" else PersonState.REFUSED)
    assert len(uow.session.scalars(select(AuditRow).where(AuditRow.entity == "person")).all()) == 1


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "desk", "visitor"])
def test_only_the_administrator_sees_and_approves_accounts(uow, actors, role):
    person = PersonFactory(state=PersonState.PENDING)
    uow.commit()
    for act in (
        lambda actor: accounts.waiting(uow, actor),
        lambda actor: accounts.people(uow, actor),
        lambda actor: accounts.decide_account(uow, actor, person.id, approve=True),
        lambda actor: profile.reset_password(uow, actor, person.id),
    ):
        with pytest.raises(NotAllowed), uow:
            act(getattr(actors, role))
    assert person.state is PersonState.PENDING


def test_an_e_mail_signs_up_once_however_it_is_written(uow):
    with uow:
        accounts.sign_up(uow, sign_up_answers())
    with pytest.raises(InvalidInput) as caught, uow:
        accounts.sign_up(uow, sign_up_answers(email="WU.TONG@factory.example", uscc=code(777_778)))
    assert fields_with_problems(caught) == {"email"}
    assert len(uow.session.scalars(select(Organisation)).all()) == 1


def test_colleagues_meet_in_one_organisation_by_its_code(uow):
    with uow:
        first = accounts.sign_up(uow, sign_up_answers())
        second = accounts.sign_up(uow, sign_up_answers(email="second@factory.example", name="锦江新材料"))
    assert first.actor().organisation_id == second.actor().organisation_id
    assert second.memberships[0].organisation.name == ORGANISATION["name"], "a newcomer renames nobody"


@pytest.mark.parametrize("kind", ["platform_operator", "transfer_agency", "government"])
def test_a_newcomer_to_a_known_enterprise_gets_its_role_whatever_they_claim(uow, kind):
    with uow:
        accounts.sign_up(uow, sign_up_answers())
        second = accounts.sign_up(uow, sign_up_answers(email="second@factory.example", kind=kind))
    assert second.actor().roles == frozenset({Role.ENTERPRISE})


def test_one_name_with_two_codes_is_two_organisations(uow):
    with uow:
        first = accounts.sign_up(uow, sign_up_answers())
        second = accounts.sign_up(uow, sign_up_answers(email="second@factory.example", uscc=code(777_778)))
    assert first.actor().organisation_id != second.actor().organisation_id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"uscc": ""}, "uscc"),
        ({"uscc": ORGANISATION["uscc"][:-1] + ("0" if ORGANISATION["uscc"][-1] != "0" else "1")}, "uscc"),
        ({"uscc": "91510100"}, "uscc"),
        ({"region": "999999"}, "region"),
        ({"kind": "monastery"}, "kind"),
        ({"email": "not an address"}, "email"),
        ({"password": "short", "password_again": "short"}, "password"),
        ({"password_again": "another one"}, "password_again"),
        ({"person_name": ""}, "person_name"),
        ({"name": "长" * 121}, "name"),
        ({"phone": "<script>"}, "phone"),
    ],
)
def test_what_is_wrong_at_sign_up_is_told_by_field_and_nothing_is_kept(uow, changes, field):
    with pytest.raises(InvalidInput) as caught, uow:
        accounts.sign_up(uow, sign_up_answers(**changes))
    assert fields_with_problems(caught) == {field}
    assert not uow.session.scalars(select(Person)).all()
    assert not uow.session.scalars(select(Organisation)).all()


def test_an_organisation_abroad_has_no_chinese_code(uow):
    with uow:
        person = accounts.sign_up(uow, sign_up_answers(name="Severn Works", uscc="", region="GB"))
    assert person.memberships[0].organisation.uscc is None


def test_a_person_acts_for_their_first_organisation_with_its_roles_only(uow):
    mine, other = OrganisationFactory(), OrganisationFactory()
    person = PersonFactory(organisation=mine, role=Role.ENTERPRISE)
    uow.session.add(Membership(person_id=person.id, organisation=other, role=Role.DESK))
    uow.commit()
    uow.close()
    actor = uow.session.get_one(Person, person.id).actor()
    assert (actor.organisation_id, actor.roles) == (mine.id, frozenset({Role.ENTERPRISE}))


def test_members_edit_their_own_organisation_and_the_desk_any(uow, actors):
    own = organisation_of(actors.enterprise)
    given = {"name": own.name, "kind": "enterprise", "region": "510700", "uscc": own.uscc, "staff": "180"}
    for role in ("enterprise", "desk", "admin"):
        with uow:
            accounts.edit_organisation(uow, getattr(actors, role), own.id, given)
    assert (own.region, own.staff) == ("510700", 180)
    for role in ("other_enterprise", "university", "government", "visitor"):
        with pytest.raises(NotAllowed), uow:
            accounts.edit_organisation(uow, getattr(actors, role), own.id, given)
    with pytest.raises(NotFound), uow:
        accounts.edit_organisation(uow, actors.admin, 999_999, given)


def test_an_organisation_cannot_take_the_code_of_another(uow, actors):
    own, other = organisation_of(actors.enterprise), organisation_of(actors.university)
    with pytest.raises(InvalidInput) as caught, uow:
        accounts.edit_organisation(
            uow,
            actors.enterprise,
            own.id,
            {"name": own.name, "kind": own.kind, "region": own.region, "uscc": other.uscc},
        )
    assert fields_with_problems(caught) == {"uscc"}


def test_nobody_takes_the_name_of_another_to_read_what_is_shown_to_it(uow, actors):
    own, other = organisation_of(actors.enterprise), organisation_of(actors.university)
    given = {"name": other.name, "kind": own.kind, "region": own.region, "uscc": own.uscc}
    with pytest.raises(InvalidInput) as caught, uow:
        accounts.edit_organisation(uow, actors.enterprise, own.id, given)
    assert fields_with_problems(caught) == {"name"}


def test_a_password_is_changed_by_who_knows_the_present_one(uow, actors):
    given = {"current_password": PASSWORD, "password": "quite another 1", "password_again": "quite another 1"}
    with pytest.raises(InvalidInput) as caught, uow:
        profile.change_password(uow, actors.enterprise, given | {"current_password": "wrong"})
    assert fields_with_problems(caught) == {"current_password"}
    with uow:
        person = profile.change_password(uow, actors.enterprise, given)
    with uow:
        assert accounts.sign_in(uow, person.email, "quite another 1") is person
    with pytest.raises(NotAllowed), uow:
        accounts.sign_in(uow, person.email, PASSWORD)


def test_a_forgotten_password_is_replaced_by_the_administrator(uow, actors):
    with uow:
        person, password = profile.reset_password(uow, actors.admin, actors.enterprise.person_id)
    with uow:
        assert accounts.sign_in(uow, person.email, password) is person
    written = uow.session.scalars(select(AuditRow).where(AuditRow.action == "account.password")).one()
    assert password not in repr(written.detail)


def test_sign_ins_and_decisions_on_accounts_are_in_the_audit_log(uow, actors):
    person = PersonFactory(state=PersonState.PENDING)
    with uow:
        accounts.decide_account(uow, actors.admin, person.id, approve=True)
        accounts.sign_in(uow, person.email, PASSWORD)
    rows = uow.session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert [(row.action, row.person_id, row.entity_id) for row in rows] == [
        ("account.approve", actors.admin.person_id, person.id),
        ("sign-in", person.id, person.id),
    ]
