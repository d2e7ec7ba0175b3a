"""What went wrong with a request, as problem details (RFC 9457): which event, which field, never a value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any

import msgspec

from churn_assets.errors import RequestError

MEDIA_TYPE = "application/problem+json"
MOST_COMPLAINTS = 20


class Kind(Enum):
    """Kinds of problems: the last part of the `type` URI, and the status that goes with it."""

    MALFORMED_JSON = "malformed-json", HTTPStatus.BAD_REQUEST
    INVALID_REQUEST = "invalid-request", HTTPStatus.UNPROCESSABLE_ENTITY
    INVALID_EVENTS = "invalid-events", HTTPStatus.UNPROCESSABLE_ENTITY
    SEVERAL_LISTENERS = "several-listeners", HTTPStatus.UNPROCESSABLE_ENTITY
    TOO_LARGE = "too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    TOO_MANY_REQUESTS = "too-many-requests", HTTPStatus.TOO_MANY_REQUESTS
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    NO_KEY = "no-key", HTTPStatus.UNAUTHORIZED
    WRONG_KEY = "wrong-key", HTTPStatus.FORBIDDEN
    REUSED_REQUEST_ID = "reused-request-id", HTTPStatus.CONFLICT
    NOT_FOUND = "not-found", HTTPStatus.NOT_FOUND
    NO_MODEL = "no-model", HTTPStatus.SERVICE_UNAVAILABLE
    STORE_UNAVAILABLE = "store-unavailable", HTTPStatus.SERVICE_UNAVAILABLE
    LAKE_UNAVAILABLE = "lake-unavailable", HTTPStatus.SERVICE_UNAVAILABLE
    STORE_REFUSED = "store-refused", HTTPStatus.INTERNAL_SERVER_ERROR
    SLOW_BODY = "slow-body", HTTPStatus.REQUEST_TIMEOUT
    CLIENT_GONE = "client-gone", HTTPStatus.BAD_REQUEST
    HTTP = "http", HTTPStatus.BAD_REQUEST
    INTERNAL = "internal", HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def status(self) -> HTTPStatus:
        """HTTP status of the kind."""
        return self.value[1]

    @property
    def uri(self) -> str:
        """The `type` of problem details."""
        return f"urn:churn-assets:problem:{self.value[0]}"


@dataclass(frozen=True)
class Complaint:
    """One fault of a request: where (a JSON pointer, and the event's index from 0 and field, if any) and what."""

    pointer: str
    code: str
    detail: str
    event: int | None = None
    field: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data; what does not apply is left out."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Problem:
    """Problem details; `status` is that of the kind, if None."""

    kind: Kind
    detail: str
    complaints: Sequence[Complaint] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    status: HTTPStatus | None = None

    @property
    def code(self) -> HTTPStatus:
        """HTTP status of the answer."""
        return self.status or self.kind.status

    def body(self) -> bytes:
        """The JSON of the answer; of many complaints the first `MOST_COMPLAINTS` are told."""
        told = [complaint.to_json() for complaint in self.complaints[:MOST_COMPLAINTS]]
        data: dict[str, Any] = {
            "type": self.kind.uri,
            "title": self.code.phrase,
            "status": self.code.value,
            "detail": self.detail,
        }
        return msgspec.json.encode(data | ({"errors": told} if told else {}))


class ProblemError(RequestError):
    """A request that is answered with problem details."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def refused(kind: Kind, detail: str, *complaints: Complaint, **headers: str) -> ProblemError:
    """The error for a request that cannot be answered; underscores of header names become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ProblemError(Problem(kind, detail, complaints, named))
