"""What Dagster loads."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from churn_assets.definitions import build_defs, defs
from churn_assets.errors import SettingsError
from churn_assets.resources.lake_asset import OWNER
from churn_assets.serving.tables import SERVED_EVENTS
from churn_assets.settings import Settings

ROOT = Path(__file__).parents[2]
HEAVY = ("mlflow", "sklearn", "catboost", "shap", "evidently", "matplotlib", "scipy.stats", "pandera", "pandera.polars")
DEPENDENCIES = {
    "raw_logs": set(),
    "quarantined_lines": set(),
    "events": {"raw_logs"},
    "sessions": {"events"},
    "listener_days": {"events"},
    "listener_item_gaps": {"events"},
    "user_features": {"listener_days", "sessions", "listener_item_gaps"},
    "population": {"listener_days"},
    "churn_labels": {"population", "listener_days"},
    "training_set": {"user_features", "churn_labels"},
    "model_backtest": {"training_set"},
    "candidate_models": {"training_set"},
    "challenger_model": {"candidate_models"},
    "champion_model": {"training_set", "challenger_model"},
    "churn_scores": {"user_features", "population", "champion_model"},
    "retention_list": {"churn_scores", "user_features"},
    "performance_report": {"churn_scores", "churn_labels"},
    "drift_report": {"user_features", "population", "prediction_log", "champion_model"},
    "novelty_report": {"user_features", "population", "prediction_log", "champion_model"},
    "retraining_decision": {"champion_model", "drift_report", "novelty_report", "performance_report"},
    "prediction_log": set(),
    "served_events": set(),
}
GRAPH = defs.resolve_asset_graph()
EXPORT = dg.AssetKey(SERVED_EVENTS)
TABLES = GRAPH.get_all_asset_keys() - {EXPORT}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """A command in the repository root, without DAGSTER_HOME."""
    environment = {key: value for key, value in os.environ.items() if key not in ("DAGSTER_HOME", "PYTHONWARNINGS")}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", [("dagster", "definitions", "validate"), ("dg", "check", "defs")])
def test_dagsters_own_validation_passes(command: tuple[str, ...]) -> None:
    done = run(str(Path(sys.executable).parent / command[0]), *command[1:])

    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_definitions_loads_nothing_heavy() -> None:
    code = f"import sys, churn_assets.definitions; print([m for m in {HEAVY!r} if m in sys.modules])"

    done = run(sys.executable, "-c", code)

    assert done.stdout.strip() == "[]", done.stderr


def test_the_definitions_warn_of_nothing() -> None:
    done = run(sys.executable, "-W", "error::UserWarning", "-c", "import churn_assets.definitions")

    assert (done.returncode, done.stderr) == (0, "")


def test_assets_and_their_dependencies_are_these() -> None:
    nodes = [GRAPH.get(key) for key in GRAPH.get_all_asset_keys()]

    found = {node.key.to_user_string(): {parent.to_user_string() for parent in node.parent_keys} for node in nodes}

    assert found == DEPENDENCIES


@pytest.mark.parametrize("key", sorted(TABLES), ids=lambda key: key.to_user_string())
def test_every_table_says_what_it_is(key: dg.AssetKey) -> None:
    node = GRAPH.get(key)

    assert len(node.description or "") > 60
    assert node.owners == [OWNER]
    assert node.group_name not in (None, "default")
    assert node.kinds
    assert node.code_version
    schema = node.metadata["dagster/column_schema"]
    assert all(column.description for column in schema.columns)
    assert {check.name for check in node.check_keys} >= {"contract"}
    assert node.partitions_def is None or node.backfill_policy == dg.BackfillPolicy.single_run()


def test_the_export_is_no_table_and_says_what_it_is() -> None:
    node = GRAPH.get(EXPORT)

    assert "landing folder" in (node.description or "")
    assert (node.owners, node.group_name, node.partitions_def) == ([OWNER], "ingest", None)
    assert node.kinds == {"sql", "json"}


def test_contracts_and_leaks_block_what_is_downstream_and_warnings_do_not() -> None:
    blocking = {check.name for check in GRAPH.asset_check_keys if GRAPH.get_check_spec(check).blocking}
    warning = {check.name for check in GRAPH.asset_check_keys} - blocking

    assert blocking == {"contract", "leak_alarm"}
    assert warning == {"no_drift", "nothing_novel", "no_drop", "fair_draw"}


def test_arguments_of_the_definitions_can_be_replaced() -> None:
    marked = build_defs(Settings(_env_file=None), sensors=[], resources={"extra": 1})

    assert marked.sensors == []
    assert {"extra", "storage", "lake_io"} <= set(marked.resources or {})


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"lake": "nowhere://bucket/lake"}, "CHURN_LAKE is 'nowhere://bucket/lake'"),
        ({"lake": "memory://bucket/lake", "engine": "spark"}, "CHURN_ENGINE is 'spark' and CHURN_LAKE a bucket"),
    ],
)
def test_a_lake_that_nothing_can_work_with_is_refused_before_anything_is_made(told: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        build_defs(Settings(_env_file=None, **told))


SENSORS = {
    "landing_sensor": {"update_days", "update_cutoffs", "export_served_events"},
    "data_drift_sensor": {"retrain", "record_decision"},
    "performance_drop_sensor": {"retrain", "record_decision"},
    "novelty_sensor": {"retrain", "record_decision"},
    "monthly_refresh_sensor": {"retrain", "record_decision"},
    "retraining_failure_sensor": {"retrain", "record_decision"},
}


def test_every_sensor_runs_by_default_and_starts_these_jobs() -> None:
    found = {sensor.name: sensor for sensor in defs.get_repository_def().sensor_defs}

    assert {name: {target.job_name for target in sensor.targets} for name, sensor in found.items()} == SENSORS
    assert {sensor.default_status for sensor in found.values()} == {dg.DefaultSensorStatus.RUNNING}
