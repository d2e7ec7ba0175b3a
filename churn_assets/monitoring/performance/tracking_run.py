"""A day's performance as MLflow shows it: one run, each metric a curve over the cut-offs, the table as a file."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_assets.cutoffs import epoch_day
from churn_assets.registry.artifact_store import reaching
from churn_assets.registry.tracking import MONITORING, Tracking

if TYPE_CHECKING:
    import pandas as pd

KIND = "performance"
MOST_METRICS = 1_000
"""MLflow takes no more metrics in one request."""


@dataclass(frozen=True)
class Logged:
    """What is logged: the rows of PERFORMANCE_REPORT of one day, the CSV file of them, and the tags of the run."""

    day: date
    rows: "pd.DataFrame"
    csv: Path
    tags: Mapping[str, str]


def log_report(tracking: Tracking, logged: Logged) -> str:
    """Keep the report as a finished run of the experiment `churn-monitoring`; its id.

    A metric is called after version, target, metric and kind; its steps are the cut-offs, in days from 1970-01-01.
    """
    from mlflow.entities import Metric

    client = tracking.client()
    tags = {"kind": KIND, "day": logged.day.isoformat(), **logged.tags}
    run = client.create_run(tracking.experiment_id(MONITORING), tags=tags, run_name=f"{KIND} {logged.day}")
    run_id = str(run.info.run_id)
    status = "FAILED"
    try:
        metrics = [Metric(name, value, run.info.start_time, step) for name, value, step in _metrics(logged.rows)]
        for start in range(0, len(metrics), MOST_METRICS):
            client.log_batch(run_id, metrics=metrics[start : start + MOST_METRICS])
        with reaching(tracking.artifact_root or tracking.name, "written"):
            client.log_artifact(run_id, str(logged.csv))
        status = "FINISHED"
    finally:
        client.set_terminated(run_id, status)
    return run_id


def _metrics(rows: "pd.DataFrame") -> Iterator[tuple[str, float, int]]:
    for row in rows.to_dict("records"):
        name = f"version_{row['model_version']}/{row['target']}/{row['metric']}"
        for field, value in _values(row):
            if value is not None and math.isfinite(value):
                yield f"{name}/{field}", value, epoch_day(row["cutoff"].date())


def _values(row: Mapping[Any, Any]) -> Iterator[tuple[str, float | None]]:
    kind = row["kind"]
    yield kind, row["value"]
    yield f"{kind}_low", row["low"]
    yield f"{kind}_high", row["high"]
    if kind == "realised":
        yield "estimator_error", row["estimator_error"]
