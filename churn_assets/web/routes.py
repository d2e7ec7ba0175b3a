"""The pages: thin, so that what they show stands in the modules beside."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pyarrow import ArrowException

from churn_assets.errors import LakeError
from churn_assets.serving.routes import service
from churn_assets.web.champion import ChampionView
from churn_assets.web.listener import Bands, listener
from churn_assets.web.rendering import Pages
from churn_assets.web.shelf import Shelf
from churn_assets.web.shortlist import UNKNOWN, Wanted, shortlist
from churn_assets.web.watch import Report, drift, last_decision, novelty, performance

READ = ["GET", "HEAD"]
LONGEST_ID = 512
UNREADABLE = (LakeError, OSError, ArrowException)
RETRY = "What is shown cannot be read at the moment: the lake does not answer as it should. Try again shortly."

LOGGER = logging.getLogger("churn_assets.serving")

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=READ)
async def overview(request: Request) -> Response:
    """Champion, reports and the retention list."""
    return await to_thread.run_sync(_overview, request)


@router.api_route("/listener", methods=READ)
async def one_listener(request: Request) -> Response:
    """The page of the listener whose id the query gives."""
    return await to_thread.run_sync(_listener, request)


def _overview(request: Request) -> Response:
    serving, shelf, pages = service(request), _shelf(request), _pages(request)
    champion = serving.champions.current
    try:
        values: dict[str, Any] = {
            "champion": None if champion is None else ChampionView.of(champion.loaded),
            "trouble": serving.champions.open_trouble,
            "reports": _reports(shelf, serving.settings.target),
            "decision": last_decision(shelf),
            "shortlist": shortlist(shelf, Wanted.of(request.query_params)),
            "unknown": UNKNOWN,
        }
    except UNREADABLE as error:
        return _unreadable(request, error)
    return pages.answer(request, "overview.html", **values)


def _reports(shelf: Shelf, target: str) -> Sequence[Report]:
    found = drift(shelf), novelty(shelf), performance(shelf, target)
    return [report for report in found if report is not None]


def _listener(request: Request) -> Response:
    settings, pages = service(request).settings, _pages(request)
    user_id = request.query_params.get("id", "").strip()
    if not user_id:
        detail = "Which listener? Give an id in the field above."
        return pages.answer(request, "problem.html", status=HTTPStatus.NOT_FOUND, title="No listener", detail=detail)
    try:
        found = listener(_shelf(request), user_id, Bands(settings.medium_risk, settings.high_risk))
    except UNREADABLE as error:
        return _unreadable(request, error)
    if found is None:
        return pages.answer(request, "unknown.html", status=HTTPStatus.NOT_FOUND, user_id=user_id[:LONGEST_ID])
    return pages.answer(request, "listener.html", listener=found)


def _unreadable(request: Request, error: Exception) -> Response:
    LOGGER.warning("A page could not be made (%s).", type(error).__name__)
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return _pages(request).answer(request, "problem.html", status=status, title=status.phrase, detail=RETRY)


def _shelf(request: Request) -> Shelf:
    found: Shelf = request.app.state.shelf
    return found


def _pages(request: Request) -> Pages:
    found: Pages = request.app.state.pages
    return found
