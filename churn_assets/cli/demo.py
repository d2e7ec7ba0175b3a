"""`churn-assets demo`: from nothing to a champion and its scores, on a service whose truth is known."""

import typer

from churn_assets.cli.run import run_everything
from churn_assets.cli.simulate import simulate_logs, truth_folder, world_of
from churn_assets.cli.summary import show_summary
from churn_assets.errors import LandingError
from churn_assets.settings import Settings

LISTENERS = 2_000
NEXT = """
What next:
  make up                          the Dagster UI on http://127.0.0.1:3000
  make serve                       whom to call, on http://127.0.0.1:8000, and the API behind it
  churn-assets status              what is materialised, stale and missing
  churn-assets model card          how the champion was made and judged
  docs/reference/features.md       what every feature means
(activate the environment first: . .venv/bin/activate)"""


def run_demo(settings: Settings) -> None:
    """Simulate what is not simulated yet, materialise what is not materialised yet, and show what came out."""
    truth = truth_folder(settings) / "truth.parquet"
    if truth.exists():
        typer.echo(f"Using the logs in {settings.landing_url}.")
    else:
        _refuse_foreign_logs(settings)
        world = world_of(settings, listeners=LISTENERS, days=None, first_day=settings.first_day, seed=None)
        done = simulate_logs(settings, world)
        typer.echo(f"{done.events:,} events of {done.listeners:,} listeners, {done.broken_lines} broken lines.")
    run_everything(settings)
    show_summary(settings, truth)
    typer.echo(NEXT)


def _refuse_foreign_logs(settings: Settings) -> None:
    from churn_assets.ingest.delivery import holds_anything

    if holds_anything(settings.landing_url):
        message = (
            f"{settings.landing_url} holds logs that the demo did not simulate, and it does not mix them with its own: "
            "set CHURN_HOME to an empty folder for the demo, or run `churn-assets run` for your logs."
        )
        raise LandingError(message)
