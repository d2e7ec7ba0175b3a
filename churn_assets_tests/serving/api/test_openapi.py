"""The OpenAPI: its examples work, its page needs no network, and schemathesis finds nothing that it does not say."""

import json
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from churn_assets_tests.serving.api.test_routes import JSON

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ROUTES = [
    ("POST", "/predict"),
    ("POST", "/predict_batch"),
    ("GET", "/users/{user_id}"),
    ("GET", "/model"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]
ADDRESS = re.compile(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""")


@pytest.fixture(scope="module")
def openapi(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def send(client: TestClient, case: schemathesis.Case) -> Any:
    """Send a drawn request through the application that the other tests use."""
    drawn = case.as_transport_kwargs(base_url="http://testserver")
    content = json.dumps(drawn["json"]).encode() if "json" in drawn else drawn.get("data") or b""
    headers = {name: value.encode("latin-1", "replace") for name, value in drawn["headers"].items()}
    return client.request(drawn["method"], drawn["url"], params=drawn.get("params"), headers=headers, content=content)


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_one_that_the_openapi_describes(
    route: tuple[str, str], client: TestClient, openapi: dict[str, Any]
) -> None:
    """Of requests that schemathesis draws from the OpenAPI, and of others that it breaks on purpose."""
    method, path = route
    operation = schemathesis.openapi.from_dict(openapi)[path][method]
    statuses = set()

    @settings(max_examples=12)
    @given(
        st.one_of(operation.as_strategy(), operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))
    )
    def ask(case: schemathesis.Case) -> None:
        response = send(client, case)
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    ask()
    assert statuses


def test_the_examples_of_the_documentation_are_answered(client: TestClient, openapi: dict[str, Any]) -> None:
    asked = 0
    for path in ("/predict", "/predict_batch"):
        examples = openapi["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            assert client.post(path, json=example["value"], headers=JSON).status_code == 200
            asked += 1
    assert asked == 3


def test_every_reference_of_the_openapi_leads_somewhere(openapi: dict[str, Any]) -> None:
    references = set(re.findall(r"#/components/schemas/(\w+)", str(openapi)))

    assert references == set(openapi["components"]["schemas"])


def test_the_documentation_page_needs_no_network(client: TestClient) -> None:
    page = client.get("/docs")
    addresses = ADDRESS.findall(page.text)

    assert page.status_code == 200
    assert len(addresses) >= 4
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    for address in addresses:
        assert client.get(address).status_code == 200
    assert "SwaggerUIBundle" in client.get("/static/swagger-ui-bundle.js").text
