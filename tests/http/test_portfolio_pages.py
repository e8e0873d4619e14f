"""The pages of balanced portfolios."""

import pytest

from matcher.core.unit_of_work import UnitOfWork
from tests.factories import PairingFactory
from tests.http.conftest import SignIn

GIVEN = {"per_need": "2", "per_team": "1", "share": "100", "least": "0"}


def test_a_portfolio_is_worked_out_looked_at_put_into_force_and_undone(sign_in: SignIn, uow: UnitOfWork) -> None:
    PairingFactory()
    uow.commit()
    desk = sign_in("desk")
    assert desk.post("/desk/portfolio/", GIVEN | {"per_need": "many"}).status_code == 422
    address = desk.post("/desk/portfolio/", GIVEN).location
    assert "达到要求的成果不够多" in desk.get(address).text
    desk.post(address, {"action": "deploy"})
    assert "整批撤销" in desk.get(address).text
    desk.post(address, {"action": "undo"})
    assert "已撤销" in desk.get(address).text
    assert address in desk.get("/desk/portfolio/").text


@pytest.mark.parametrize("role", ["enterprise", "university", "government", "admin", "visitor"])
def test_portfolios_are_closed_to_others(role: str, sign_in: SignIn) -> None:
    assert sign_in(role).get("/desk/portfolio/").status_code in (302, 401, 403)
