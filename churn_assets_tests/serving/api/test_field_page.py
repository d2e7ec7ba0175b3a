"""The reference page of routes and fields against the OpenAPI that it is made of."""

import re

import pytest

from churn_assets.serving.app import create_app
from churn_assets.serving.field_page import field_page
from churn_assets.settings import Settings

OPENAPI = create_app(Settings.model_construct()).openapi()
OBJECTS = OPENAPI["components"]["schemas"]
ROUTES = [f"{method.upper()} {path}" for path, methods in OPENAPI["paths"].items() for method in methods]
PAGE = field_page(OPENAPI)
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def small(schema: dict[str, object]) -> str:
    """How the page tells the values of one field."""
    page = field_page({"paths": {}, "components": {"schemas": {"Thing": {"properties": {"field": schema}}}}})
    found = re.search(r"^\| `field` \| (.*), optional \|", page, re.MULTILINE)
    assert found
    return found[1]


def test_every_route_and_every_object_has_a_section() -> None:
    assert list(SECTIONS) == [*ROUTES, *OBJECTS]


@pytest.mark.parametrize("name", OBJECTS)
def test_every_field_is_told_with_its_meaning_and_whether_it_may_be_missing(name: str) -> None:
    schema = OBJECTS[name]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", SECTIONS[name], re.MULTILINE))

    assert list(rows) == list(schema["properties"])
    assert {field for field, row in rows.items() if ", optional |" not in row} == set(schema.get("required", ()))
    assert all(about.get("description", "") in rows[field] for field, about in schema["properties"].items())


@pytest.mark.parametrize("route", ROUTES)
def test_every_status_of_a_route_is_told(route: str) -> None:
    method, path = route.split()
    statuses = OPENAPI["paths"][path][method.lower()]["responses"]

    assert re.findall(r"^\| (\d+) \|", SECTIONS[route], re.MULTILINE) == sorted(statuses)


def test_bodies_and_answers_are_links_to_their_objects() -> None:
    assert "The body is [PredictionRequest](#predictionrequest)." in SECTIONS["POST /predict"]
    assert "| 200 | [PredictionAnswer](#predictionanswer) |" in SECTIONS["POST /predict"]
    assert "| 200 | text/plain | Prometheus" in SECTIONS["GET /metrics"]
    assert "| `logs` | array of [Event](#event) |" in SECTIONS["PredictionRequest"]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "boolean"}, "boolean"),
        ({"type": ["number", "null"], "minimum": 0}, "number or null from 0"),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "integer from 1 to 9"),
        ({"type": "string", "minLength": 1}, "string at least 1 characters"),
        ({"type": "string", "pattern": "^a$"}, "string like `^a$`"),
        ({"type": "array", "items": {"type": "string"}}, "array of strings"),
        ({"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Thing"}]}, "string or [Thing](#thing)"),
    ],
)
def test_values_are_told_in_words(schema: dict[str, object], words: str) -> None:
    assert small(schema) == words
