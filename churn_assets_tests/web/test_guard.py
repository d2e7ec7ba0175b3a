"""Who may open the pages, and under which address."""

import base64
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from churn_assets.web.app import create_site
from churn_assets_tests.serving.api.champions import Home

KEY = "first-key-0123456789"
BROWSER = {"Accept": "text/html"}


def basic(password: str, name: str = "anna") -> dict[str, str]:
    """Headers of a browser that was given a password."""
    return BROWSER | {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture(scope="module")
def guarded(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    copy = home.copied(tmp_path_factory.mktemp("guarded") / "home")
    settings = copy.settings(api_host="0.0.0.0", api_keys=SecretStr(f"{KEY},second-key-0123456789"))
    with TestClient(create_site(settings), base_url="http://churn.example.org") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/listener?id=3000", "/pages/style.css", "/nowhere", "/users/3000"])
def test_a_browser_without_a_key_is_asked_for_one(path: str, guarded: TestClient) -> None:
    page = guarded.get(path, headers=BROWSER)

    assert page.status_code == 401
    assert page.headers["www-authenticate"].startswith("Basic realm=")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "one of this API&#39;s keys as the password" in page.text


@pytest.mark.parametrize("name", ["", "anna", "ü"])
def test_a_key_as_the_password_opens_the_pages_whatever_the_name(name: str, guarded: TestClient) -> None:
    assert guarded.get("/", headers=basic(KEY, name)).status_code == 200
    assert guarded.get("/listener?id=3000", headers=basic("second-key-0123456789")).status_code == 200


def test_a_wrong_password_is_asked_for_again(guarded: TestClient) -> None:
    page = guarded.get("/", headers=basic(f"{KEY}x"))

    assert page.status_code == 401
    assert page.headers["www-authenticate"].startswith("Basic")
    assert "not one of this API&#39;s" in page.text


@pytest.mark.parametrize("token", ["", "%%%", "YQ==", base64.b64encode(b"\xff\xfe:\xff").decode()])
def test_what_is_no_basic_token_is_no_key(token: str, guarded: TestClient) -> None:
    assert guarded.get("/", headers=BROWSER | {"Authorization": f"Basic {token}"}).status_code == 401


def test_programs_are_told_of_bearer_keys_and_refused_as_before(guarded: TestClient) -> None:
    none = guarded.get("/model", headers={"Accept": "*/*"})
    wrong = guarded.get("/model", headers={"Accept": "*/*", "Authorization": "Bearer wrong"})

    assert (none.status_code, none.headers["www-authenticate"]) == (401, "Bearer")
    assert wrong.status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "[::1]:8000", "[::1]"])
def test_without_keys_the_pages_are_open_under_addresses_of_this_machine(host: str, client: TestClient) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "0.0.0.0", ""])
def test_a_name_of_the_internet_that_points_here_shows_nothing(host: str, client: TestClient) -> None:
    page = client.get("/", headers={"Host": host})

    assert page.status_code == 421
    assert "for this machine only" in page.text
    assert "3000" not in page.text
