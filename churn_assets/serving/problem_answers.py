"""What went wrong as the answer to a request: which error gives which problem details, and what is logged of it."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from churn_assets.errors import StoreError, StoreUnreachableError
from churn_assets.serving.problem import MEDIA_TYPE, Kind, Problem, ProblemError
from churn_assets.serving.service import LOGGER
from churn_assets.serving.writer import named

Handler = Callable[[Request, Any], Awaitable[Response]]


def response(problem: Problem) -> Response:
    """A problem as an answer."""
    return Response(problem.body(), problem.code.value, problem.headers, MEDIA_TYPE)


async def _told(_: Request, error: ProblemError) -> Response:
    return response(error.problem)


async def _http_problem(_: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    return response(Problem(Kind.HTTP, f"{status.description or status.phrase}.", (), error.headers or {}, status))


async def _store_problem(_: Request, error: StoreError) -> Response:
    LOGGER.error("A prediction was not stored: %s", named(error))
    if not isinstance(error, StoreUnreachableError):
        detail = "The store refused the prediction, so it is not acknowledged; asking again would not help."
        return response(Problem(Kind.STORE_REFUSED, detail))
    detail = "The prediction could not be stored, so it is not acknowledged: ask again, under the same request id."
    return response(Problem(Kind.STORE_UNAVAILABLE, detail, headers={"Retry-After": "2"}))


async def internal_problem(_: Request, __: Exception) -> Response:
    """The answer to a defect of ours, which the server logs."""
    return response(Problem(Kind.INTERNAL, "Something went wrong that should not; the server's log says where."))


EXPECTED: Mapping[type[Exception], Handler] = {
    ProblemError: _told,
    HTTPException: _http_problem,
    StoreError: _store_problem,
}
"""What each error that may happen is answered with; its subclasses too."""


async def expected_problem(request: Request, error: Exception) -> Response:
    """The answer to one of the `EXPECTED` errors."""
    handler = next(EXPECTED[kind] for kind in type(error).__mro__ if kind in EXPECTED)
    return await handler(request, error)
