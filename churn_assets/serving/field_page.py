"""The reference page of the API's routes and fields, generated from its OpenAPI: `docs/reference/api-fields.md`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

HEADER = """# Routes and fields of the API

Generated from the API's OpenAPI by `make docs`. [The HTTP API](../api.md) says how to use it; a running server shows
the same under `/docs` and `/openapi.json`.
"""
Schema = Mapping[str, Any]

UNTOLD: Schema = {}
"""What FastAPI adds to a route that says only its own media type: JSON of which nothing is known."""
HEAD = ("| field | type | what it is |", "|---|---|---|")


def field_page(openapi: Mapping[str, Any]) -> str:
    """The page as Markdown: what each route takes and answers, then every object's fields."""
    objects = openapi["components"]["schemas"]
    routes = (
        _route(f"{method.upper()} {path}", operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    )
    return HEADER + "".join(routes) + "".join(_object(name, schema) for name, schema in objects.items())


def _route(name: str, operation: Mapping[str, Any]) -> str:
    lines = ["", f"## {name}", "", operation["summary"], ""]
    parameters = operation.get("parameters", ())
    if parameters:
        lines += ["| parameter | where | type | what it is |", "|---|---|---|---|", *map(_parameter, parameters), ""]
    body = operation.get("requestBody")
    if body:
        lines += [f"The body is {_content(body)}.", ""]
    answers = [f"| {status} | {_content(answer)} | {answer['description']} |" for status, answer in _answers(operation)]
    return "\n".join([*lines, "| status | body | when |", "|---|---|---|", *answers, ""])


def _answers(operation: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    return sorted(operation["responses"].items())


def _parameter(parameter: Mapping[str, Any]) -> str:
    about = parameter.get("description", "")
    return f"| `{parameter['name']}` | {parameter['in']} | {_kind(parameter['schema'])} | {about} |"


def _content(holder: Mapping[str, Any]) -> str:
    """What a body holds, as a link to its object, or its media type where it is no JSON object of ours."""
    media = {kind: about.get("schema") for kind, about in holder["content"].items()}
    return ", ".join(_kind(schema) if schema else kind for kind, schema in media.items() if schema != UNTOLD)


def _object(name: str, schema: Schema) -> str:
    needed = set(schema.get("required", ()))
    rows = [
        f"| `{field}` | {_kind(about)}{'' if field in needed else ', optional'} | {about.get('description', '')} |"
        for field, about in schema["properties"].items()
    ]
    about = [schema["description"], ""] if "description" in schema else []
    return "\n".join(["", f"## {name}", "", *about, *HEAD, *rows, ""])


def _kind(schema: Schema) -> str:
    """The values of a schema in words; an object as a link to its section."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        return " or ".join(_kind(choice) for choice in choices)
    kinds = schema.get("type", "anything")
    words = kinds if isinstance(kinds, str) else " or ".join(kinds)
    return _array(schema["items"]) if words == "array" else words + "".join(_limits(schema))


def _array(items: Schema) -> str:
    return f"array of {_kind(items)}" + ("" if "$ref" in items else "s")


def _limits(schema: Schema) -> Iterator[str]:
    names = {"minimum": "from", "maximum": "to", "minLength": "at least"}
    for key, word in names.items():
        if key in schema:
            yield f" {word} {schema[key]}" + (" characters" if key == "minLength" else "")
    if "pattern" in schema:
        yield f" like `{schema['pattern']}`"
