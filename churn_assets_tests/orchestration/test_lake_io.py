"""What the IO manager writes, reads and reports."""

import base64
import re
from pathlib import Path

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest

from churn_assets.contracts.contract import Contract, integer, text
from churn_assets.features.tables import CUTOFF
from churn_assets.ingest.tables import RAW_LOGS
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake, Scan
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import LAKE_IO, Table, lake_asset
from churn_assets.resources.lake_io import LakeIOManager, Product
from churn_assets.resources.metadata import column_schema, markdown_table
from churn_assets.resources.plots import MAX_BYTES
from churn_assets.resources.storage import EngineResource, LakeResource
from churn_assets_tests.orchestration.tiny import MATURE_CUTOFFS, Site

SCORES = Contract(
    "scores", "a score", (CUTOFF, text("user_id", "Who."), integer("score", "How much.")), ("user_id",), (), "cutoff"
)
TOTALS = Contract("totals", "a total", (integer("total", "Sum of the scores."),))
WEEKS = dg.TimeWindowPartitionsDefinition(
    start="2024-01-01", end="2024-01-15", cron_schedule="0 0 * * 1", fmt="%Y-%m-%d"
)


def table(contract: Contract) -> Table:
    """A table of the test."""
    return Table(contract, "test", "1", "A table of the test.")


def assets() -> tuple[dg.AssetsDefinition, dg.AssetsDefinition]:
    """Scores of two weeks, and their total."""

    @lake_asset(table(SCORES), WEEKS)
    def scores(context: dg.AssetExecutionContext) -> Product:
        cutoffs = pd.to_datetime(list(context.partition_keys))
        frame = pd.DataFrame({"user_id": ["2", "1"], "cutoff": cutoffs, "score": [20, 10]})
        return Product(frame, lambda landed: {landed.scan.files[-1][0]: {"newest": dg.MetadataValue.bool(value=True)}})

    @lake_asset(table(TOTALS))
    def totals(*, scores: Scan) -> Product:
        return Product(pa.table({"total": [int(read_frame(scores)["score"].sum())]}))

    return scores, totals


def materialised(folder: Path) -> dg.ExecuteInProcessResult:
    """Both assets in one run, the weeks first."""
    storage, computing = (
        LakeResource(root=str(folder)),
        EngineResource(threads=1, memory_limit="500MB", spill=str(folder)),
    )
    resources = {
        "storage": storage,
        "computing": computing,
        LAKE_IO: LakeIOManager(storage=storage, computing=computing),
    }
    scores, totals = assets()
    checks = [contract_check(SCORES, WEEKS), contract_check(TOTALS)]
    tags = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-01-08"}
    with dg.DagsterInstance.ephemeral() as instance:
        first = dg.materialize([scores, *checks[:1]], resources=resources, instance=instance, tags=tags)
        assert first.success
        return dg.materialize([scores, totals, *checks], selection=["totals"], resources=resources, instance=instance)


def test_a_frame_is_split_by_its_partition_column(tmp_path: Path) -> None:
    materialised(tmp_path)

    frame = read_frame(Lake(tmp_path).scan(SCORES))

    assert frame[["cutoff", "user_id", "score"]].astype(str).to_numpy().tolist() == [
        ["2024-01-01", "2", "20"],
        ["2024-01-08", "1", "10"],
    ]


def test_a_table_without_partitions_reads_every_partition_upstream(tmp_path: Path) -> None:
    done = materialised(tmp_path)

    assert read_frame(Lake(tmp_path).scan(TOTALS))["total"].tolist() == [30]
    (event,) = done.get_asset_materialization_events()
    tags = event.materialization.tags or {}
    assert tags["dagster/data_version"] == event.materialization.metadata["sha256"].value
    assert "dagster/input_event_pointer/scores" in tags


def test_previews_mask_names_and_say_what_is_left_out(made_site: Site) -> None:
    told = made_site.metadata("raw_logs", "2024-01-01")

    assert "Beeblebrox" not in str(told)
    assert "and 10 more columns" in told["preview"]
    assert told["preview"].count("\n| ") == 6


@pytest.mark.parametrize(
    "asset", ["raw_logs", "events", "listener_days", "user_features", "population", "churn_labels"]
)
def test_charts_are_small_and_shown_once_a_run(made_site: Site, asset: str) -> None:
    plots = [event.metadata["plot"].value for event in made_site.events_of(asset) if "plot" in event.metadata]

    assert len(plots) == 1
    image = re.search(r"base64,(.*)\)", str(plots[0]))
    assert image is not None
    assert base64.b64decode(image[1]).startswith(b"\x89PNG")
    assert len(str(plots[0])) < MAX_BYTES


def test_rows_bytes_and_hash_are_reported_for_each_partition(made_site: Site) -> None:
    told = made_site.metadata("churn_labels", MATURE_CUTOFFS[0])

    assert told["rows"] == told["dagster/row_count"] > 0
    assert told["bytes"] > 0
    assert len(told["sha256"]) == 64


def test_the_columns_tab_shows_types_rules_and_keys() -> None:
    schema = column_schema(RAW_LOGS)

    by_name = {column.name: column for column in schema.columns}
    assert by_name["line"].type == "int64"
    assert by_name["line"].constraints.other == [">= 1"]
    assert by_name["level"].constraints.nullable
    assert schema.constraints is not None
    assert schema.constraints.other == ["unique: file, line"]


def test_values_cannot_break_a_markdown_table() -> None:
    shown = markdown_table(["a"], [["x|y\n<b>" + "z" * 50], [None], [1.23456789]])

    assert shown.splitlines() == ["| a |", "| --- |", f"| x\\|y &lt;b>{'z' * 28}… |", "|  |", "| 1.23457 |"]
