"""The reference page of the assets against the graph that it is made of."""

import re
from datetime import timedelta

import dagster as dg
import pytest

from churn_assets.contracts.contract import Contract
from churn_assets.definitions import build_defs
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.ingest.tables import EVENTS, QUARANTINED_LINES
from churn_assets.labels.tables import CHURN_LABELS
from churn_assets.monitoring.tables import DRIFT_REPORT
from churn_assets.resources.asset_page import asset_page
from churn_assets.settings import Settings

DEFS = build_defs(Settings.model_construct())
GRAPH = DEFS.resolve_asset_graph()
NAMES = sorted(key.to_user_string() for key in GRAPH.get_all_asset_keys())
FEATURES = [feature.name for feature in CATALOGUE.features]
PAGE = asset_page(DEFS, timedelta(days=7), FEATURES)
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def fact(asset: str, name: str) -> str:
    """What a section says of its asset."""
    found = re.search(rf"^\| {name} \| (.*) \|$", SECTIONS[asset], re.MULTILINE)
    assert found
    return found[1]


def columns(asset: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", SECTIONS[asset], re.MULTILINE)


def test_every_asset_has_a_line_in_the_list_and_a_section() -> None:
    listed = re.findall(r"^\| \w+ \| \[`(\w+)`\]\(#(\w+)\)", PAGE, re.MULTILINE)

    assert sorted(SECTIONS) == NAMES
    assert [name for name, _ in listed] == [anchor for _, anchor in listed] == list(SECTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_a_section_tells_description_group_checks_and_every_source(name: str) -> None:
    node = GRAPH.get(dg.AssetKey(name))

    assert node.description
    assert node.description in SECTIONS[name]
    assert fact(name, "group") == node.group_name
    assert set(re.findall(r"#(\w+)\)", fact(name, "made from"))) == {k.to_user_string() for k in node.parent_keys}
    assert all(key.name in fact(name, "checks") for key in node.check_keys)


def test_sources_are_told_with_the_days_that_a_partition_reads() -> None:
    assert fact("user_features", "made from").count("91 to 1 days before") == 3
    assert fact("events", "made from") == "[`raw_logs`](#raw_logs), the same partition"
    assert "the day to 34 days after" in fact("churn_labels", "made from")
    assert "[`prediction_log`](#prediction_log), 6 days before to the day itself" in fact("drift_report", "made from")
    assert fact("raw_logs", "made from") == "the landing folder"
    assert "[`champion_model`](#champion_model), only once it is done" in fact("churn_scores", "made from")


def test_the_flow_is_told_from_its_beginning_to_its_end() -> None:
    order = list(SECTIONS)
    flow = ["raw_logs", "events", "user_features", "churn_labels", "training_set", "champion_model", "churn_scores"]

    assert sorted(flow, key=order.index) == flow
    assert order.index("churn_scores") < order.index("drift_report") < order.index("retraining_decision")


@pytest.mark.parametrize("contract", [EVENTS, CHURN_LABELS, DRIFT_REPORT], ids=lambda contract: contract.table)
def test_every_column_of_a_table_is_told_in_order(contract: Contract) -> None:
    assert columns(contract.table) == list(contract.names)


def test_features_are_told_on_their_own_page() -> None:
    assert columns("user_features") == [name for name in USER_FEATURES.names if name not in FEATURES]
    assert "[Every declared feature](features.md)" in SECTIONS["user_features"]
    assert "features.md" not in SECTIONS["events"]


def test_blocking_checks_are_bold_and_personal_columns_are_marked() -> None:
    assert fact("challenger_model", "checks") == "**contract**, **leak_alarm**"
    assert fact("drift_report", "checks") == "**contract**, no_drift"
    assert SECTIONS[QUARANTINED_LINES.table].count("*personal*") == 1


def test_what_is_made_when_is_told() -> None:
    assert "only where the whole label window has landed" in fact("churn_labels", "partitions")
    assert "never made again by itself" in fact("churn_scores", "partitions")
    assert "`CHURN_REPORT_DAYS`" in fact("drift_report", "partitions")


def test_no_cell_breaks_its_table() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]

    assert {line.count("|") for line in rows} == {3, 5}
