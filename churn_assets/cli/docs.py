"""Generated pages: written from the code, and checked against it."""

from collections.abc import Mapping
from pathlib import Path

import typer

from churn_assets.cli.command_page import command_page
from churn_assets.cli.settings_page import settings_page
from churn_assets.errors import ChurnAssetsError
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.dictionary import dictionary
from churn_assets.settings import Settings

REFERENCE = Path("docs/reference")


def generated_pages() -> Mapping[Path, str]:
    """Every generated page by its path."""
    pages = {
        "features": dictionary(),
        "settings": settings_page(),
        "cli": _commands(),
        "assets": _assets(),
        "api-fields": _fields(),
    }
    return {REFERENCE / f"{name}.md": text for name, text in pages.items()}


def _commands() -> str:
    from churn_assets.cli.app import app

    return command_page(app)


def _assets() -> str:
    from churn_assets.definitions import build_defs
    from churn_assets.resources.asset_page import asset_page

    defaults = _defaults()
    return asset_page(build_defs(defaults), defaults.cutoffs.step, (feature.name for feature in CATALOGUE.features))


def _fields() -> str:
    from churn_assets.serving.app import create_app
    from churn_assets.serving.field_page import field_page

    return field_page(create_app(_defaults()).openapi())


def _defaults() -> Settings:
    """The settings of a fresh clone, whatever the environment says."""
    return Settings.model_construct()


def write_docs() -> None:
    """Write every generated page."""
    for path, text in generated_pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        typer.echo(f"wrote {path}")


def check_docs() -> None:
    """Raise ChurnAssetsError if a generated page is not what the code says."""
    stale = [path for path, text in generated_pages().items() if not path.exists() or path.read_text() != text]
    if stale:
        message = f"{', '.join(map(str, stale))} no longer match the code: run `make docs` and commit the pages."
        raise ChurnAssetsError(message)
