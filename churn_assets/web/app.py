"""What `churn-assets serve` starts: the API, and the pages for analysts on top of it."""

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from churn_assets.lake.lake import Lake
from churn_assets.serving.app import create_app
from churn_assets.serving.service import Service
from churn_assets.settings import Settings
from churn_assets.web.problem_pages import ProblemPages
from churn_assets.web.rendering import STATIC, STATIC_FOLDER, Pages
from churn_assets.web.routes import router
from churn_assets.web.shelf import Shelf

FACTORY = "churn_assets.web.app:site_of_environment"


def create_site(settings: Settings, open_service: Callable[[Settings], Service] = Service.open) -> FastAPI:
    """The API of these settings with its pages; SettingsError if it would be open beyond loopback."""
    app = create_app(settings, open_service)
    pages = Pages.fresh()
    app.state.pages = pages
    app.state.shelf = Shelf(Lake.of(settings))
    app.mount(STATIC.rstrip("/"), StaticFiles(directory=STATIC_FOLDER), name="pages")
    app.include_router(router)
    app.add_middleware(ProblemPages, pages=pages, is_guarded=settings.api_keys is not None)
    return app


def site_of_environment() -> FastAPI:
    """The site of the settings in the environment: what every worker calls."""
    return create_site(Settings())
