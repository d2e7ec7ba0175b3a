"""The rows of the table."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_assets.contracts.validation import judge
from churn_assets.lake.engine import Engine
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.performance.production import Production
from churn_assets.monitoring.performance.report import report
from churn_assets.monitoring.performance.watch import Watch
from churn_assets.monitoring.tables import PERFORMANCE_REPORT
from churn_assets.resources.lake_io import _split, _write_table
from churn_assets_tests.monitoring.performance.cohorts import (
    LATER,
    SCHEDULE,
    cohort,
    drawn,
    jury,
    probabilities,
    production,
)

SAID = probabilities(300)
MIXED = np.random.default_rng(9).permutation(SAID)
MATURE = SCHEDULE.matures_on(LATER[1]) - timedelta(days=1)
"""The first day on which two of the three cut-offs are mature."""
KEY = ["model_version", "cutoff", "target", "metric"]


@pytest.fixture(scope="module")
def watch() -> Watch:
    """Two cut-offs with labels that went against the probabilities, one without."""
    parts = [cohort(SAID, drawn(MIXED, seed=place), cutoff=LATER[place]) for place in range(2)]
    return Watch([*parts, cohort(SAID, cutoff=LATER[2])], {"1": production()}, jury())


@pytest.fixture(scope="module")
def rows(watch: Watch) -> pd.DataFrame:
    return report(watch, [MATURE])


def one(rows: pd.DataFrame, metric: str, kind: str, cutoff: date = LATER[0]) -> "pd.Series[object]":
    """The row of a metric of the model's own target."""
    wanted = (rows["metric"] == metric) & (rows["kind"] == kind) & (rows["cutoff"] == pd.Timestamp(cutoff))
    (_, row), *others = rows[wanted & (rows["target"] == "churned")].iterrows()
    assert not others
    return row


def test_the_rows_keep_the_contract(rows: pd.DataFrame, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for key, part in _split(PERFORMANCE_REPORT, rows, [MATURE.isoformat()]):
        _write_table(lake, PERFORMANCE_REPORT, key, part)

    verdict = judge(lake.scan(PERFORMANCE_REPORT), Engine(1, "500MB", tmp_path / "spill"))

    assert verdict.is_kept, verdict.broken
    assert verdict.rows == len(rows) == 3 * 10 + 2 * 2 * 10


def test_a_day_without_an_honest_cutoff_has_no_rows_but_all_columns(watch: Watch) -> None:
    nothing = report(watch, [date(2026, 1, 5)])

    assert nothing.empty
    assert tuple(nothing.columns) == PERFORMANCE_REPORT.names


def test_estimated_and_realised_stand_side_by_side_with_the_estimators_error(rows: pd.DataFrame) -> None:
    guess, truth = one(rows, "roc_auc", "estimated"), one(rows, "roc_auc", "realised")

    assert guess["estimator_error"] == truth["estimator_error"] == pytest.approx(guess["value"] - truth["value"])
    assert guess["estimator_error"] > 0.1
    assert guess["is_estimate_off"] is truth["is_estimate_off"] is True
    assert (guess["positives"] is pd.NA, truth["positives"] > 0) == (True, True)


def test_before_the_labels_are_mature_there_is_an_estimate_and_no_error(rows: pd.DataFrame) -> None:
    waiting = rows[rows["cutoff"] == pd.Timestamp(LATER[2])]

    assert set(waiting["kind"]) == {"estimated"}
    assert waiting["estimator_error"].isna().all()
    assert waiting["is_estimate_off"].isna().all()
    assert set(waiting["matures_on"]) == {pd.Timestamp(SCHEDULE.matures_on(LATER[2]))}


def test_an_estimate_that_holds_is_not_off() -> None:
    parts = [cohort(SAID, drawn(SAID, seed=3), cutoff=LATER[0])]
    rows = report(Watch(parts, {"1": production()}, jury()), [MATURE])

    assert one(rows, "roc_auc", "estimated")["is_estimate_off"] is False


def test_production_stands_beside_every_metric_that_it_has(rows: pd.DataFrame) -> None:
    promised = production().get("churned", "log_loss")
    row = one(rows, "log_loss", "realised")

    assert (row["production"], row["production_low"], row["production_high"]) == tuple(vars(promised).values())
    assert np.isnan(one(rows, "f1", "realised")["production"])


def test_p_values_are_given_for_what_the_verdict_looked_at_alone(watch: Watch, rows: pd.DataFrame) -> None:
    (state,) = watch.states(MATURE)
    assert state.decline is not None
    tested = rows[rows["p_value"].notna()]

    assert set(tested["metric"]) == {"roc_auc", "log_loss", "base_rate"}
    assert set(tested["kind"]) == {"realised"}
    assert set(tested["target"]) == {"churned"}
    assert set(tested["cutoff"].dt.date) == set(state.decline.cutoffs)
    assert set(tested[tested["metric"] == "roc_auc"]["p_value"]) == {state.decline.trials["roc_auc"].p_value}


def test_the_verdict_is_on_every_row_of_the_version(rows: pd.DataFrame) -> None:
    assert set(rows["verdict"]) == {"drop"}


def test_a_day_in_between_does_not_know_what_came_later(watch: Watch) -> None:
    both = report(watch, [MATURE - timedelta(days=1), MATURE])
    early, late = (both[both["day"] == pd.Timestamp(MATURE - timedelta(days=n))] for n in (1, 0))

    assert early.groupby("cutoff")["kind"].nunique().tolist() == [2, 1, 1]
    assert late.groupby("cutoff")["kind"].nunique().tolist() == [2, 2, 1]
    assert set(early["verdict"]) == {"not enough data"}
    same = early.merge(late, on=[*KEY, "kind"])
    assert same["value_x"].equals(same["value_y"])


def test_the_same_knowledge_makes_the_same_rows_in_the_order_of_the_contract(watch: Watch) -> None:
    again = Watch(list(reversed(watch.cohorts)), watch.productions, watch.jury)

    one_way, other = report(watch, [MATURE]), report(again, [MATURE])

    pd.testing.assert_frame_equal(one_way, other)
    assert one_way.equals(one_way.sort_values(list(PERFORMANCE_REPORT.order), ignore_index=True))


def test_two_versions_are_reported_beside_each_other(watch: Watch) -> None:
    second: Production = replace(production(version="2"), last_label_day=LATER[3])
    parts = [*watch.cohorts, cohort(SAID, cutoff=LATER[3], version="2")]

    rows = report(Watch(parts, {"1": production(), "2": second}, jury()), [MATURE])

    assert rows.groupby("model_version")["verdict"].first().to_dict() == {"1": "replaced", "2": "not enough data"}
