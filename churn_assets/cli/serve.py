"""`churn-assets serve`: the HTTP API of the settings."""

import typer

from churn_assets.settings import Settings


def serve_api(settings: Settings) -> None:
    """Say where the API is, and serve until told to stop."""
    from churn_assets.serving.server import serve

    address = f"http://{settings.api_host}:{settings.api_port}"
    typer.echo(f"The API listens on {address}, its documentation is {address}/docs", err=True)
    serve(settings)
