"""The routes: thin, so that what they do stands in `service.py`."""

from http import HTTPStatus
from typing import Any

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request, Response

from churn_assets.errors import LakeUnreachableError
from churn_assets.serving import answer, documentation
from churn_assets.serving.access_log import FACTS
from churn_assets.serving.answer import HealthAnswer
from churn_assets.serving.body import MEGABYTE, read_body
from churn_assets.serving.prediction import Answered
from churn_assets.serving.problem import Kind, refused
from churn_assets.serving.request import REQUEST_ID_HEADER, Asked
from churn_assets.serving.scores import newest_score
from churn_assets.serving.service import Service

JSON = "application/json"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter()


def service(request: Request) -> Service:
    """The service of the application that got the request."""
    found: Service = request.app.state.service
    return found


@router.post("/predict", **documentation.PREDICT)
async def predict(request: Request) -> Response:
    """Predict for one listener, from their raw events."""
    return await _predict(request, is_batch=False)


@router.post("/predict_batch", **documentation.PREDICT_BATCH)
async def predict_batch(request: Request) -> Response:
    """Predict for several listeners at once, from their raw events in any order."""
    return await _predict(request, is_batch=True)


@router.get("/users/{user_id:path}", **documentation.USER)
async def user(request: Request, user_id: str) -> Response:
    """The newest batch score of a listener, with its reasons."""
    try:
        found = await to_thread.run_sync(newest_score, service(request).lake, user_id)
    except LakeUnreachableError as error:
        raise refused(Kind.LAKE_UNAVAILABLE, "Scores cannot be read at the moment.", Retry_After="10") from error
    if found is None:
        raise refused(Kind.NOT_FOUND, "No cut-off has a score of this listener.")
    return Response(msgspec.json.encode(found), media_type=JSON)


@router.get("/model", **documentation.MODEL)
async def model(request: Request) -> Response:
    """The model that answers: its version, metrics and card."""
    body = await to_thread.run_sync(answer.model, service(request).champion())
    return Response(body, media_type=JSON)


@router.get("/healthz", **documentation.HEALTH)
async def healthz() -> Response:
    """Whether the process answers at all."""
    return Response(msgspec.json.encode(HealthAnswer("ok")), media_type=JSON)


@router.get("/readyz", **documentation.READY)
async def readyz(request: Request) -> Response:
    """Whether predictions can be made and kept, by which model, and how far the log has landed."""
    health = service(request).health()
    code = HTTPStatus.SERVICE_UNAVAILABLE if health.status == "unavailable" else HTTPStatus.OK
    return Response(msgspec.json.encode(health), code, media_type=JSON)


@router.get("/metrics", **documentation.METRICS)
async def metrics(request: Request) -> Response:
    """Counts of all workers, for Prometheus."""
    return Response(await to_thread.run_sync(service(request).metrics.text), media_type=PROMETHEUS)


async def _predict(request: Request, *, is_batch: bool) -> Response:
    serving = service(request)
    with serving.room() as claim:
        settings = serving.settings
        most_mb = settings.api_batch_body_mb if is_batch else settings.api_body_mb
        body = await read_body(request, most_mb * MEGABYTE, seconds=settings.api_body_s, claim=claim)
        answered, asked = await serving.answered(body, _told(request), is_batch=is_batch)
    _note(request, answered)
    return _Reply(answered, asked)


class _Reply(Response):
    """An answer that holds on to what was read for it until it is sent: forgetting 9,000 texts takes 0.2 ms."""

    def __init__(self, answered: Answered, asked: Asked) -> None:
        super().__init__(answered.answer, media_type=JSON, headers={REQUEST_ID_HEADER: answered.request_id})
        self.asked = asked


def _told(request: Request) -> dict[str, str]:
    """The options that query and headers give."""
    told = {name: request.query_params[name] for name in ("as_of", "explain") if name in request.query_params}
    request_id = request.headers.get(REQUEST_ID_HEADER)
    return told if request_id is None else told | {"request_id": request_id}


def _note(request: Request, answered: Answered) -> None:
    facts: dict[str, Any] = request.scope["state"][FACTS]
    facts |= {
        "model_version": answered.predictions[0].model_version,
        "listeners": len(answered.predictions),
        "events": sum(made.events for made in answered.predictions),
        "cold_starts": sum(made.is_cold_start for made in answered.predictions),
    }
