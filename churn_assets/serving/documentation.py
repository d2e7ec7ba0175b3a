"""What the OpenAPI says of each route: the schemas of `answer.py`, and examples that work on the demo's data."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from churn_assets.serving.answer import BatchAnswer, HealthAnswer, ModelAnswer, PredictionAnswer, ScoreAnswer
from churn_assets.serving.problem import MEDIA_TYPE

JSON = "application/json"
COMPONENTS = "#/components/schemas/{name}"
EVENT_EXAMPLE = {
    "ts": 1779235207854,
    "userId": "3001",
    "sessionId": 50494,
    "page": "NextSong",
    "auth": "Logged In",
    "method": "PUT",
    "status": 200,
    "level": "paid",
    "itemInSession": 6,
    "location": "Seattle-Tacoma-Bellevue, WA",
    "userAgent": '"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit/537.78.2 (KHTML, like Gecko) '
    'Version/7.0.6 Safari/537.78.2"',
    "registration": 1767315724943,
    "gender": "F",
    "artist": "Lonely Hearts",
    "song": "Golden Monday",
    "length": 283.73237,
}
SHORT_EXAMPLE = {
    "ts": "2026-05-20T00:05:36Z",
    "userId": "3001",
    "sessionId": 50494,
    "itemInSession": 7,
    "page": "Thumbs Up",
    "level": "paid",
    "device": "Desktop",
}
OTHER_EXAMPLE = SHORT_EXAMPLE | {"userId": "1372", "sessionId": 50392, "itemInSession": 99, "level": "free"}
TEXT_OR_NULL: Mapping[str, Any] = {"type": ["string", "null"]}
EVENT: Mapping[str, Any] = {
    "type": "object",
    "description": "One line of the log, as the log has it. Unknown keys are ignored, nulls are missing values.",
    "required": ["ts", "userId", "sessionId", "itemInSession", "page"],
    "properties": {
        "ts": {
            "description": "Epoch milliseconds, or ISO 8601 text (UTC unless it says otherwise).",
            "oneOf": [
                {"type": "integer", "minimum": 946_684_800_000, "maximum": 4_102_444_799_999},
                {"type": "string", "format": "date-time"},
            ],
        },
        "userId": {"type": "string", "description": "Empty for logged-out visitors, whose rows are left out."},
        "sessionId": {"type": "integer", "minimum": 0, "maximum": 2**53},
        "itemInSession": {"type": "integer", "minimum": 0, "maximum": 2**53},
        "page": {"type": "string", "minLength": 1},
        "level": TEXT_OR_NULL,
        "artist": TEXT_OR_NULL,
        "song": TEXT_OR_NULL,
        "length": {"type": ["number", "null"], "minimum": 0, "description": "Seconds."},
        "gender": TEXT_OR_NULL,
        "location": TEXT_OR_NULL,
        "userAgent": TEXT_OR_NULL,
        "device": {"type": ["string", "null"], "description": "`Desktop`, `Mobile` or `Tablet` without a `userAgent`."},
        "registration": {"type": ["number", "null"], "minimum": 946_684_800_000, "maximum": 4_102_444_799_999},
    },
}
REQUEST: Mapping[str, Any] = {
    "type": "object",
    "required": ["logs"],
    "properties": {
        "logs": {"type": "array", "minItems": 1, "items": {"$ref": COMPONENTS.format(name="Event")}},
        "as_of": {
            "type": "string",
            "format": "date-time",
            "description": "The cut-off, rounded up to midnight UTC. By default the first midnight after the last day "
            "that landed or, where the listener's newest event is later, after that.",
        },
        "explain": {"type": "boolean", "description": "Whether to give reasons in words."},
        "request_id": {
            "type": "string",
            "pattern": "^[!-~]{1,128}$",
            "description": "The same id and request again give the same answer, and are stored once.",
        },
    },
}
COMPLAINT: Mapping[str, Any] = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer into the body."},
        "event": {"type": "integer", "description": "Index of the event, from 0."},
        "field": {"type": "string"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": COMPLAINT},
    },
}
PROBLEMS: Mapping[int, str] = {
    400: "The body is not JSON.",
    401: "A key is needed.",
    403: "The key is a wrong one.",
    404: "There is no such thing.",
    405: "The route does not take this method.",
    408: "The body came too slowly.",
    409: "The request id was used for another request.",
    413: "The body, a listener's events or the listeners are too many.",
    415: "The body is not declared as JSON, or is compressed.",
    422: "An event or an option cannot be used; `errors` says which and why.",
    429: "Too many requests, or too long ones, are being worked on.",
    500: "The store refused the prediction.",
    503: "No model has been promoted, or the store cannot be reached.",
}


def components() -> dict[str, Any]:
    """The schemas that the routes refer to."""
    answers = [PredictionAnswer, BatchAnswer, ScoreAnswer, ModelAnswer, HealthAnswer]
    _, found = msgspec.json.schema_components(answers, ref_template=COMPONENTS)
    return {"Event": EVENT, "PredictionRequest": REQUEST, "Problem": PROBLEM, **found}


def _content(name: str, media_type: str = JSON) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": COMPONENTS.format(name=name)}}}


def _route(summary: str, answer: str, *statuses: int, **extra: Any) -> dict[str, Any]:
    responses: dict[int | str, Any] = {200: {"description": summary, "content": _content(answer)}}
    responses |= {s: {"description": PROBLEMS[s], "content": _content("Problem", MEDIA_TYPE)} for s in statuses}
    return {"summary": summary, "responses": responses, "openapi_extra": extra}


def _examples(**examples: Any) -> dict[str, Any]:
    named = {name: {"summary": name.replace("_", " "), "value": value} for name, value in examples.items()}
    schema = {"$ref": COMPONENTS.format(name="PredictionRequest")}
    return {"required": True, "content": {JSON: {"schema": schema, "examples": named}}}


def _options() -> Iterator[dict[str, Any]]:
    properties = REQUEST["properties"]
    for name in ("as_of", "explain"):
        schema = {key: value for key, value in properties[name].items() if key != "description"}
        yield {"name": name, "in": "query", "schema": schema, "description": properties[name]["description"]}
    schema = {"type": "string", "pattern": properties["request_id"]["pattern"]}
    yield {"name": "X-Request-ID", "in": "header", "schema": schema, "description": "`request_id` as a header."}


PREDICTING = (400, 401, 403, 408, 409, 413, 415, 422, 429, 500, 503)
PREDICT = _route(
    "The prediction for one listener.",
    "PredictionAnswer",
    *PREDICTING,
    parameters=list(_options()),
    requestBody=_examples(
        as_the_log_has_it={"logs": [EVENT_EXAMPLE], "explain": True},
        the_least_that_is_needed={"logs": [SHORT_EXAMPLE]},
    ),
)
PREDICT_BATCH = _route(
    "The predictions for several listeners, in order of their first event.",
    "BatchAnswer",
    *PREDICTING,
    parameters=list(_options()),
    requestBody=_examples(two_listeners={"logs": [EVENT_EXAMPLE, OTHER_EXAMPLE]}),
)
USER = _route("The newest batch score of a listener.", "ScoreAnswer", 401, 403, 404, 503)
MODEL = _route("The model that answers.", "ModelAnswer", 401, 403, 503)
HEALTH = _route("The process answers.", "HealthAnswer")
READY = _route("Predictions can be made.", "HealthAnswer")
READY["responses"][503] = {"description": "Predictions cannot be made.", "content": _content("HealthAnswer")}
METRICS: dict[str, Any] = {
    "summary": "Counts for Prometheus.",
    "responses": {200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}},
}
