"""The number of statements of a page does not grow with what it lists."""

import pytest

from matcher.accounts.model import Organisation
from matcher.core.unit_of_work import UnitOfWork
from tests.conftest import Actors
from tests.factories import NeedFactory, OfferFactory, PairingFactory
from tests.http.conftest import CountQueries, SignIn
from tests.introductions import agree, introduce

#: What the header of a person counts: messages, introductions, invitations, tasks.
HEADER = 4
CAPS = {
    ("enterprise", "/enterprise/"): 20,
    ("enterprise", "/my/needs/"): 9,
    ("university", "/university/"): 14,
    ("university", "/my/offers/"): 11,
    ("government", "/government/"): 22,
    ("government", "/government/gaps"): 16,
    ("desk", "/my/needs/"): 9,
    ("admin", "/admin/people"): 7,
    ("admin", "/admin/audit"): 6,
    ("visitor", "/needs"): 12,
    ("visitor", "/offers"): 11,
}


@pytest.mark.parametrize(("role", "path"), CAPS, ids=lambda one: one)
def test_a_page_sends_a_fixed_number_of_statements(
    role: str, path: str, sign_in: SignIn, uow: UnitOfWork, actors: Actors, count_queries: CountQueries
) -> None:
    asker = uow.session.get_one(Organisation, actors.enterprise.organisation_id)
    lab = uow.session.get_one(Organisation, actors.university.organisation_id)
    for _ in range(12):
        PairingFactory(need=NeedFactory(organisation=asker), offer=OfferFactory(organisation=lab))
        NeedFactory(organisation=asker, state="draft")
    uow.commit()
    browser = sign_in(role)
    browser.get(path)
    with count_queries() as sent:
        assert browser.get(path).status_code == 200
    most = CAPS[role, path] + (0 if role == "visitor" else HEADER)
    assert len(sent) <= most, "\n".join(sent)


@pytest.mark.parametrize("path", ["/introductions/", "/inbox/", "/deals/"])
@pytest.mark.parametrize("role", ["desk", "enterprise"])
def test_a_list_of_what_became_of_pairings_sends_as_many_statements_for_many_rows_as_for_few(
    role: str, path: str, sign_in: SignIn, uow: UnitOfWork, actors: Actors, count_queries: CountQueries
) -> None:
    agree(uow, actors, introduce(uow, actors))
    browser = sign_in(role)
    browser.get(path)
    with count_queries() as few:
        assert browser.get(path).status_code == 200
    for _ in range(6):
        agree(uow, actors, introduce(uow, actors))
        introduce(uow, actors)
    with count_queries() as many:
        assert browser.get(path).status_code == 200
    assert len(many) <= len(few), "\n".join(many)
