"""The application: routes, problems, documentation that needs no network, and what lives as long as a worker."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from churn_assets.serving.access_log import Gate
from churn_assets.serving.documentation import components
from churn_assets.serving.keys import OPEN_FOLDER, Keys
from churn_assets.serving.problem_answers import EXPECTED, internal_problem
from churn_assets.serving.routes import router
from churn_assets.serving.service import Service
from churn_assets.serving.shortcut import Shortcut
from churn_assets.settings import Settings

TITLE = "churn_assets"
VERSION = "1"
DESCRIPTION = (
    "Which listeners of a music service are about to leave, and why. Send a listener's raw log events; the features "
    "are those of the batch path, the model is the promoted one. An answer is given only once it is stored."
)


def create_app(settings: Settings, open_service: Callable[[Settings], Service] = Service.open) -> FastAPI:
    """The API of these settings; SettingsError if it would be open beyond loopback."""
    keys = Keys.of(settings)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = await asyncio.to_thread(open_service, settings)
        # What start-up made lives as long as the worker: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        following = asyncio.create_task(app.state.service.keep_fresh())
        following.add_done_callback(app.state.service.note_end)
        yield
        following.cancel()
        await asyncio.to_thread(app.state.service.close)

    handlers: dict[Any, Any] = {**EXPECTED, Exception: internal_problem}
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        lifespan=living,
        docs_url=None,
        redoc_url=None,
        exception_handlers=handlers,
    )
    app.add_middleware(Shortcut, routes=router.routes)
    app.add_middleware(Gate, keys=keys)
    app.include_router(router)
    _document(app, has_keys=bool(keys.digests))
    return app


def app_of_environment() -> FastAPI:
    """The API of the settings in the environment: what every worker calls."""
    return create_app(Settings())


def _document(app: FastAPI, *, has_keys: bool) -> None:
    """The OpenAPI page from files of a package, since FastAPI's own page loads them from the internet."""
    import fastapi_offline

    static = Path(fastapi_offline.__file__).parent / "static"
    app.mount(OPEN_FOLDER.rstrip("/"), StaticFiles(directory=static), name="static")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=TITLE,
            swagger_js_url=f"{OPEN_FOLDER}swagger-ui-bundle.js",
            swagger_css_url=f"{OPEN_FOLDER}swagger-ui.css",
            swagger_favicon_url=f"{OPEN_FOLDER}favicon.png",
        )

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=TITLE, version=VERSION, description=DESCRIPTION, routes=app.routes)
            made.setdefault("components", {})["schemas"] = components()
            for methods in made["paths"].values():
                for operation in methods.values():
                    _forget_validation(operation["responses"])
            if has_keys:
                made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
                made["security"] = [{"key": []}]
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _forget_validation(responses: dict[str, Any]) -> None:
    """Leave out the answer that FastAPI documents for arguments of its own: ours are read by `request.py`."""
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
