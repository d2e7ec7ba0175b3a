"""The check that warns of a drop, on reports in a lake."""

from datetime import datetime
from pathlib import Path

import dagster as dg

from churn_assets.monitoring.performance.assets import _no_drop
from churn_assets.monitoring.tables import PERFORMANCE_REPORT
from churn_assets.resources.partitions import calendar
from churn_assets.resources.storage import LakeResource
from churn_assets_tests.retraining.watched import Watched, keep

FELL = {"model_version": "1", "metric": "roc_auc", "kind": "realised", "p_value": 0.001, "verdict": "drop"}
DAYS = ("2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04")


def test_every_day_of_the_run_is_looked_at_and_those_that_fell_are_named(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    for day, verdict in zip(DAYS, ("drop", "drop", "ok", "ok"), strict=True):
        keep(watched.lake, PERFORMANCE_REPORT, day, {**FELL, "day": datetime.fromisoformat(day), "verdict": verdict})

    found = checked(watched, DAYS[1], DAYS[3])

    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert found.description == "Version 1 got worse on 2026-06-02."
    assert checked(watched, DAYS[2], DAYS[3]).passed


def checked(watched: Watched, first: str, last: str) -> dg.AssetCheckEvaluation:
    """What the check says after a run of the days from `first` to `last`."""
    check = _no_drop(calendar(watched.settings), 0.05)
    job = dg.define_asset_job("look", dg.AssetSelection.checks(check))
    defs = dg.Definitions(
        asset_checks=[check], jobs=[job], resources={"storage": LakeResource(root=str(watched.lake.root))}
    )
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    (found,) = defs.resolve_job_def("look").execute_in_process(tags=tags).get_asset_check_evaluations()
    return found
