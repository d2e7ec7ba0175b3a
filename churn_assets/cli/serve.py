"""`churn-assets serve`: the HTTP API of the settings."""

import typer

from churn_assets.settings import Settings


def serve_api(settings: Settings) -> None:
    """Say where the API is, and serve until told to stop."""
    from churn_assets.serving.server import serve
    from churn_assets.web.app import FACTORY

    address = f"http://{settings.api_host}:{settings.api_port}"
    typer.echo(f"Pages for analysts are on {address}/, the API is documented on {address}/docs", err=True)
    serve(settings, FACTORY)
