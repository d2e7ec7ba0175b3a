"""Generated pages: written from the code, and checked against it."""

from collections.abc import Mapping
from pathlib import Path

import typer

from churn_assets.errors import ChurnAssetsError
from churn_assets.features.dictionary import dictionary
from churn_assets.settings import settings_page

DOCS = Path("docs")


def generated_pages() -> Mapping[Path, str]:
    """Every generated page by its path."""
    return {DOCS / "features.md": dictionary(), DOCS / "settings.md": settings_page()}


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
