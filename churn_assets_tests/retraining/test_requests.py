"""What the one run of a retraining holds."""

from churn_assets.resources.planning import AssetState
from churn_assets.resources.retraining_runs import DECISION, LABELLED, TRAINED, recording, retraining
from churn_assets.resources.retrainings import decision_config, decision_tags, recording_tags
from churn_assets.retraining.decision import Decision
from churn_assets_tests.retraining.causes import cause, retrained

WEEKS = tuple(f"2026-05-{day:02d}" for day in (4, 11, 18, 25))
MATURE = WEEKS[:2]
DECIDED = retrained(outcome=None)


def states(**missing: tuple[str, ...]) -> list[AssetState]:
    """States of the cut-offs' tables of which some partitions are missing."""
    tables = (*LABELLED, "churn_scores")
    keys = {table: MATURE if table == "churn_labels" else WEEKS for table in tables}
    lacking = {table: missing.get(table, ()) for table in tables}
    there = {table: tuple(key for key in keys[table] if key not in lacking[table]) for table in tables}
    return [AssetState(t, "cutoff", keys[t], there[t], lacking[t], {}) for t in tables]


def test_where_nothing_is_missing_it_trains_compares_and_records() -> None:
    request = retraining(DECIDED, states())

    assert tuple(request.assets) == (*TRAINED, DECISION)
    assert "dagster/asset_partition_range_start" not in request.tags


def test_newly_mature_cutoffs_are_refreshed_first() -> None:
    request = retraining(DECIDED, states(churn_labels=(MATURE[1],), user_features=WEEKS[2:]))

    assert tuple(request.assets) == (*LABELLED, *TRAINED, DECISION)
    assert request.tags["dagster/asset_partition_range_start"] == MATURE[1]
    assert request.tags["dagster/asset_partition_range_end"] == MATURE[1]


def test_a_gap_between_cutoffs_is_made_again_with_them() -> None:
    request = retraining(DECIDED, states(churn_labels=(MATURE[1],), population=(MATURE[0],)))

    assert request.tags["dagster/asset_partition_range_start"] == MATURE[0]
    assert request.tags["dagster/asset_partition_range_end"] == MATURE[1]


def test_cutoffs_that_were_never_scored_are_scored_after_the_promotion() -> None:
    request = retraining(DECIDED, states(churn_scores=(WEEKS[0], *WEEKS[2:])))

    assert tuple(request.assets) == (*TRAINED, "churn_scores", DECISION)
    assert request.tags["dagster/asset_partition_range_start"] == WEEKS[2]


def test_scores_are_left_to_the_landing_sensor_where_labels_come_first() -> None:
    request = retraining(DECIDED, states(churn_scores=WEEKS[2:], churn_labels=MATURE))

    assert "churn_scores" not in request.assets
    assert request.tags["dagster/asset_partition_range_end"] == MATURE[1]


def test_the_run_carries_its_decision_and_leads_to_the_report() -> None:
    request = retraining(DECIDED, states())

    told = request.config["ops"]["retraining_decision"]["config"]["decision"]
    assert Decision.from_json(told) == DECIDED
    assert request.tags["churn_assets/trigger"] == "data_drift"
    assert request.tags["churn_assets/report_run"] == "run-of-the-report"
    assert request.tags["churn_assets/report_day"] == "2026-06-07"


def test_a_decision_that_starts_nothing_is_recorded_alone() -> None:
    request = recording(DECIDED)

    assert tuple(request.assets) == (DECISION,)
    assert (request.tags, request.config) == (recording_tags(DECIDED), decision_config(DECIDED))
    assert "churn_assets/verdict" not in request.tags


def test_cutoffs_without_features_are_not_scored() -> None:
    request = retraining(DECIDED, states(churn_scores=WEEKS[2:], user_features=WEEKS[3:]))

    assert request.tags["dagster/asset_partition_range_start"] == WEEKS[2]
    assert request.tags["dagster/asset_partition_range_end"] == WEEKS[2]


def test_a_decision_without_a_report_has_no_tag_of_one() -> None:
    asked = retrained(cause("asked_for"), outcome=None, evidence={"why": "because"})

    assert set(decision_tags(asked)) == {"churn_assets/trigger", "churn_assets/verdict"}
