"""The short way to the routes for predictions, past the layers of the framework that do nothing for them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from churn_assets.serving.problem_answers import EXPECTED, expected_problem

Endpoint = Callable[[Request], Awaitable[Response]]


class Shortcut:
    """ASGI middleware, the innermost: answers `POST` to a path of `routes`, and leaves everything else to `app`.

    The routes' functions take the request itself and nothing that FastAPI would have to work out, so that what it does
    on the way to them (routers in routers, exit stacks, dependencies) is met cold by every request, and for nothing.
    Errors become the same answers as there (`problem_answers.py`). Below a path of a proxy (`root_path`) the way is the
    long one.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[Any]) -> None:
        self.app = app
        self.routes: Mapping[str, APIRoute] = {route.path: route for route in routes if route.methods == {"POST"}}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        route = self.routes.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if route is None:
            await self.app(scope, receive, send)
            return
        scope["route"] = route  # as the router would: the access log tells it
        response = await _answered(route.endpoint, Request(scope, receive))
        await response(scope, receive, send)


async def _answered(endpoint: Endpoint, request: Request) -> Response:
    try:
        return await endpoint(request)
    except tuple(EXPECTED) as error:
        return await expected_problem(request, error)
