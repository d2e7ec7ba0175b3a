"""What is logged of a request: route, status, time, sizes; nothing that says who somebody is.

Neither paths nor queries are logged (they hold ids of listeners), nor what a client chose (user agents, request ids).
"""

import json
import logging
import time
import traceback
from types import TracebackType
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from churn_assets.cutoffs import SECOND
from churn_assets.serving.keys import Keys
from churn_assets.serving.metrics import Metrics
from churn_assets.serving.problem import MEDIA_TYPE, Problem

LOGGER = logging.getLogger("churn_assets.access")
UNKNOWN_ROUTE = "unknown"
FACTS = "churn_facts"
"""Where a route leaves what the log should tell beside status and time."""
METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})


class Gate:
    """ASGI middleware around every route: checks the key, counts, and writes the one line of the access log."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app = app
        self.keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, seen = time.perf_counter(), {"status": 500}
        scope.setdefault("state", {})[FACTS] = {}

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            await send(message)

        try:
            problem = self.keys.problem(scope["path"], Headers(scope=scope))
            if problem is None:
                await self.app(scope, receive, noting)
            else:
                await _tell(problem, noting)
        finally:
            _note(scope, seen["status"], time.perf_counter() - started)


async def _tell(problem: Problem, send: Send) -> None:
    headers = {"content-type": MEDIA_TYPE, **problem.headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.code.value, "headers": raw})
    await send({"type": "http.response.body", "body": problem.body()})


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    metrics: Metrics = scope["app"].state.service.metrics
    metrics.requests.labels(route, method, str(status)).inc()
    metrics.seconds.labels(route).observe(seconds)
    facts = {"method": method, "route": route, "status": status, "ms": round(seconds * SECOND, 2)}
    LOGGER.info("", extra={"facts": facts | scope["state"][FACTS]})


class JsonLines(logging.Formatter):
    """A log record as one JSON object; of an exception its type and where it was raised, never its words."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        line: dict[str, Any] = {"at": self.formatTime(record), "level": record.levelname, "log": record.name}
        facts = getattr(record, "facts", None)
        if facts is not None:
            line |= facts
        else:
            line["message"] = record.getMessage()
        if record.exc_info and record.exc_info[0]:
            line["error"], line["where"] = record.exc_info[0].__name__, _frames(record.exc_info[2])
        return json.dumps(line)


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)[-8:]]


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": f"{__name__}.JsonLines", "datefmt": "%Y-%m-%dT%H:%M:%S%z"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "loggers": {
        name: {"handlers": ["stderr"], "level": "INFO", "propagate": False}
        for name in ("uvicorn", "churn_assets.access", "churn_assets.serving")
    },
}
"""Configuration of the server's logs."""
