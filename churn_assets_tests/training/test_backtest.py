import numpy as np
import pandas as pd
import pytest

from churn_assets.training.backtest import COLUMNS, backtest
from churn_assets.training.candidates import Study, fit_candidate
from churn_assets.training.evaluation import TARGETS
from churn_assets.training.examples import Examples
from churn_assets.training.metrics import METRICS
from churn_assets.training.rungs.base_rate import BaseRate
from churn_assets.training.rungs.logistic import Logistic
from churn_assets.training.rungs.recency import Recency
from churn_assets.training.split import rolling_origin
from churn_assets_tests.training.listeners import OPTIONS, SCHEMA, landed, mondays

RUNGS = (BaseRate(), Recency(), Logistic())


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> pd.DataFrame:
    """The newest two test cut-offs of nine."""
    return backtest(frame, SCHEMA, OPTIONS, rungs=RUNGS, splits=rolling_origin(mondays(9), landed(), newest=2))


def test_there_is_one_row_a_rung_cutoff_target_and_metric(table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    assert len(table) == len(RUNGS) * 2 * len(TARGETS) * len(METRICS)
    assert not table.duplicated(["rung", "cutoff", "target", "metric"]).any()


def test_only_the_newest_cutoffs_are_tested(table: pd.DataFrame) -> None:
    assert sorted(moment.date() for moment in table["cutoff"].unique()) == mondays(9)[-2:]


def test_values_lie_within_their_intervals(table: pd.DataFrame) -> None:
    known = table.dropna(subset=["value", "low", "high"])
    assert len(known) == len(table)
    assert (known["low"] <= known["value"] + 1e-12).all()
    assert (known["value"] <= known["high"] + 1e-12).all()


def test_rows_and_positives_are_those_of_the_at_risk_listeners(table: pd.DataFrame, frame: pd.DataFrame) -> None:
    for target in TARGETS:
        examples = Examples.of(frame, mondays(9)[-1:], target=target)
        chosen = table[(table["cutoff"] == table["cutoff"].max()) & (table["target"] == target)]
        assert set(chosen["n"]) == {len(examples.target)}
        assert set(chosen["positives"]) == {int(examples.target.sum())}


def test_the_base_rate_ranks_nobody_and_the_others_do(table: pd.DataFrame) -> None:
    auc = table[(table["metric"] == "roc_auc") & (table["target"] == "churned")].groupby("rung")["value"].mean()
    assert auc["base_rate"] == 0.5
    assert auc["recency"] > 0.55
    assert auc["logistic"] > auc["recency"]


def test_a_metric_is_that_of_a_model_trained_on_the_closed_cutoffs_alone(
    table: pd.DataFrame, frame: pd.DataFrame
) -> None:
    study = Study.of(frame, SCHEMA, OPTIONS, cutoffs=mondays(9)[:4])
    test = Examples.of(frame, mondays(9)[-1:], target="churned")
    probability = fit_candidate(Logistic(), study).model.predict(test.frame)
    expected = np.mean((probability - test.target) ** 2)
    chosen = table.query("rung == 'logistic' and metric == 'brier' and target == 'churned'")
    assert chosen.sort_values("cutoff")["value"].iloc[-1] == pytest.approx(expected)


def test_labels_that_were_open_at_the_test_cutoff_change_nothing_but_the_test(frame: pd.DataFrame) -> None:
    splits = rolling_origin(mondays(9), landed(), newest=1)
    still_open = frame["cutoff"].isin(pd.to_datetime(mondays(9)[4:8]))
    spoilt = frame.assign(churned=frame["churned"] ^ still_open)
    before, after = (backtest(rows, SCHEMA, OPTIONS, rungs=[Logistic()], splits=splits) for rows in (frame, spoilt))
    pd.testing.assert_frame_equal(before, after)


def test_a_test_cutoff_where_nobody_churned_has_null_ranks_and_known_losses(frame: pd.DataFrame) -> None:
    newest = frame["cutoff"] == pd.Timestamp(mondays(9)[-1])
    quiet = frame.assign(churned=frame["churned"] & ~newest, cancelled=frame["cancelled"] & ~newest)
    splits = rolling_origin(mondays(9), landed(), newest=1)
    table = backtest(quiet, SCHEMA, OPTIONS, rungs=[Recency()], splits=splits).set_index("metric")
    assert table.loc["roc_auc", "value"].isna().all()
    assert table.loc["log_loss", "value"].notna().all()
    assert (table["positives"] == 0).all()
    assert table["value"].dtype == np.float64
