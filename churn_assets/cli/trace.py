"""`churn-assets trace`: where a prediction came from."""

import sys
from collections.abc import Mapping

import typer

from churn_assets.settings import Settings


def show_trace(settings: Settings, named: Mapping[str, str | None], *, is_whole: bool = False) -> None:
    """Print the trace of the prediction that is `named` by user, cut-off or request id."""
    from churn_assets.lineage.words import told
    from churn_assets.resources.tracing import trace

    found = trace(settings, **named)
    most = sys.maxsize
    typer.echo(told(found, most_files=most, most_spans=most) if is_whole else told(found))
