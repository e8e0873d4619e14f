from tests.http.conftest import Browser, SignIn


def test_home_opens(visitor: Browser, sign_in: SignIn) -> None:
    assert visitor.get("/").status_code == 200
    assert sign_in("desk").get("/desk/").status_code == 200
