"""Where people find a drift report again: as CSV and page in a folder, and both in MLflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from churn_assets.monitoring.drift.page import DriftPage
from churn_assets.monitoring.drift.report import would_retrain
from churn_assets.monitoring.files import ReportFiles
from churn_assets.monitoring.tables import DRIFT, NOT_ENOUGH_DATA
from churn_assets.registry.training_run import TrainingRun, report_run

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.tracking import Tracking


@dataclass(frozen=True)
class Published:
    """A day's report once it is published: its CSV file and its MLflow run."""

    csv: Path
    run: TrainingRun


@dataclass(frozen=True)
class Publisher:
    """Publishes drift reports of one run of Dagster."""

    files: ReportFiles
    tracking: "Tracking"
    dagster_run_id: str

    def page(self, day: date, page: DriftPage) -> Path:
        """The page of a day: rendered, which takes ten seconds, unless an earlier day's page shows the very same.

        Cut-offs are days apart, so that most days look at the same window as the day before.
        """
        same = self.files.ending_with(page.mark)
        return self.files.page(day, page.html() if same is None else same.read_text())

    def publish(self, day: date, report: "pd.DataFrame", page: Path | None) -> Published:
        """Keep the report of a day (rows of DRIFT_REPORT) as CSV, and in an MLflow run with its page and its counts."""
        csv = self.files.csv(day, report)
        version = str(report["model_version"].iloc[0])
        tags = {"churn.report": "drift", "churn.day": day.isoformat(), "churn.model_version": version}
        with report_run(self.tracking, f"drift {day}", tags, dagster_run_id=self.dagster_run_id) as run:
            run.metrics(counts(report))
            run.file(csv.name, csv.read_bytes())
            if page is not None:
                run.file(page.name, page.read_bytes())
        return Published(csv, run)


def counts(report: "pd.DataFrame") -> Mapping[str, int]:
    """What a report comes to, in whole numbers; `would_retrain` is 0 or 1."""
    is_drift, is_calendar = report["verdict"] == DRIFT, report["is_calendar"].astype(bool)
    return {
        "features": len(report),
        "drifted": int((is_drift & ~is_calendar).sum()),
        "drifted_calendar": int((is_drift & is_calendar).sum()),
        "undecided": int((report["verdict"] == NOT_ENOUGH_DATA).sum()),
        "n_reference": int(report["n_reference"].max()),
        "n_window": int(report["n_window"].max()),
        "would_retrain": int(would_retrain(report)),
    }
