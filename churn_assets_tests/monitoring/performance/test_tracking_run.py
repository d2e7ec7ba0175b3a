"""The report in MLflow, and as a file."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from churn_assets.cutoffs import epoch_day
from churn_assets.monitoring.performance.csv_file import write_csv
from churn_assets.monitoring.performance.report import report
from churn_assets.monitoring.performance.tracking_run import Logged, log_report
from churn_assets.monitoring.performance.watch import Watch
from churn_assets.registry.tracking import MONITORING, Tracking, prepare, tracking_below
from churn_assets_tests.monitoring.performance.cohorts import (
    LATER,
    SCHEDULE,
    cohort,
    drawn,
    jury,
    probabilities,
    production,
)

SAID = probabilities(200)
DAY = SCHEDULE.matures_on(LATER[1]) - timedelta(days=1)


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    return prepare(tracking_below(tmp_path_factory.mktemp("mlflow")))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    parts = [cohort(SAID, drawn(SAID, seed=n), cutoff=LATER[n]) for n in range(2)]
    return report(Watch([*parts, cohort(SAID, cutoff=LATER[2])], {"1": production()}, jury()), [DAY])


def test_the_file_holds_the_rows_and_is_replaced_whole(rows: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "reports" / f"{DAY}.csv"
    write_csv(rows.head(3), path)
    write_csv(rows, path)

    read = pd.read_csv(path, dtype={"model_version": str})

    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert read["cutoff"].tolist() == rows["cutoff"].dt.strftime("%Y-%m-%d").tolist()
    assert read["value"].to_numpy() == pytest.approx(rows["value"].to_numpy(), nan_ok=True)
    assert read["verdict"].tolist() == rows["verdict"].tolist()


def test_metrics_become_curves_over_the_cutoffs(tracking: Tracking, rows: pd.DataFrame, tmp_path: Path) -> None:
    csv = write_csv(rows, tmp_path / f"{DAY}.csv")
    run_id = log_report(tracking, Logged(DAY, rows, csv, {"verdict": "ok", "dagster_run_id": "abc"}))
    client = tracking.client()

    run = client.get_run(run_id)
    curve = client.get_metric_history(run_id, "version_1/churned/roc_auc/estimated")

    own = rows[(rows["metric"] == "roc_auc") & (rows["kind"] == "estimated")]
    assert [point.value for point in curve] == own["value"].tolist()
    assert [point.step for point in curve] == [epoch_day(moment.date()) for moment in own["cutoff"]]
    assert len(client.get_metric_history(run_id, "version_1/churned/roc_auc/realised")) == 2
    assert len(client.get_metric_history(run_id, "version_1/churned/roc_auc/estimator_error")) == 2
    assert (run.info.status, run.data.tags["day"], run.data.tags["kind"]) == ("FINISHED", str(DAY), "performance")
    assert run.data.tags["dagster_run_id"] == "abc"
    assert [file.path for file in client.list_artifacts(run_id)] == [csv.name]


def test_a_report_that_cannot_be_kept_is_a_failed_run(tracking: Tracking, rows: pd.DataFrame, tmp_path: Path) -> None:
    client = tracking.client()
    experiment = tracking.experiment_id(MONITORING)
    before = {run.info.run_id for run in client.search_runs([experiment])}

    with pytest.raises((OSError, MlflowException)):
        log_report(tracking, Logged(DAY, rows, tmp_path / "missing.csv", {}))

    (run,) = [run for run in client.search_runs([experiment]) if run.info.run_id not in before]
    assert run.info.status == "FAILED"


def test_an_empty_day_is_a_run_without_metrics(tracking: Tracking, rows: pd.DataFrame, tmp_path: Path) -> None:
    csv = write_csv(rows.head(0), tmp_path / "empty.csv")

    run = tracking.client().get_run(log_report(tracking, Logged(DAY, rows.head(0), csv, {})))

    assert run.data.metrics == {}
    assert run.info.status == "FINISHED"
