"""Who may ask: keys where the API is reached from elsewhere."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from churn_assets.errors import SettingsError
from churn_assets.serving.app import create_app
from churn_assets.serving.keys import Keys, is_loopback
from churn_assets.settings import Settings
from churn_assets_tests.serving.api.champions import Home

FIRST, SECOND = "first-key-0123456789", "second-key-0123456789"


@pytest.fixture(scope="module")
def guarded(shared_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = shared_home.copied(tmp_path_factory.mktemp("guarded") / "home")
    settings = home.settings(api_host="0.0.0.0", api_keys=SecretStr(f"{FIRST}, {SECOND}"))
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": f"Basic {FIRST}"}, 401),
        ({"Authorization": "Bearer wrong"}, 403),
        ({"Authorization": f"Bearer {FIRST}x"}, 403),
        ({"X-API-Key": "naïve".encode()}, 403),
        ({"Authorization": f"Bearer {FIRST}"}, 200),
        ({"X-API-Key": SECOND}, 200),
    ],
)
def test_a_key_opens_the_api(guarded: TestClient, headers: dict[str, str | bytes], status: int) -> None:
    response = guarded.get("/model", headers=headers)

    assert response.status_code == status
    if status != 200:
        assert response.headers["content-type"] == "application/problem+json"
    assert ("www-authenticate" in response.headers) == (status == 401)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json", "/static/swagger-ui.css"])
def test_health_and_documentation_are_open(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/users/1", "/nothing", "/healthz/x", "/static", "//healthz"])
def test_everything_else_is_not(guarded: TestClient, path: str) -> None:
    assert guarded.get(path).status_code == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "churn.example.org"])
def test_beyond_loopback_nothing_starts_without_keys(host: str) -> None:
    with pytest.raises(SettingsError, match=f"would listen on {host} and answer anybody: set CHURN_API_KEYS"):
        Keys.of(Settings(api_host=host))


def test_short_keys_are_refused_without_showing_them() -> None:
    with pytest.raises(SettingsError, match="shorter than 16 characters") as caught:
        Keys.of(Settings(api_keys=SecretStr(f"{FIRST},short")))

    assert "short," not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    assert is_loopback(host)
    assert Keys.of(Settings(api_host=host)).digests == ()
