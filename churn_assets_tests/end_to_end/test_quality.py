"""How good the models are, beside the best possible: the simulator knows the truth."""

from collections.abc import Callable

import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from churn_assets.simulate import true_probabilities
from churn_assets.training.tables import MODEL_BACKTEST, TRAINING_SET
from churn_assets_tests.cli.console import Console
from churn_assets_tests.end_to_end.service import HELD_OUT, WORLD, Service


@pytest.fixture(scope="module")
def means(service: Service) -> pd.DataFrame:
    """Mean of each metric over the test cut-offs of the back-test: one row a rung."""
    measured = service.rows(MODEL_BACKTEST)
    churned = measured[measured["target"] == "churned"]
    return churned.pivot_table(index="rung", columns="metric", values="value")


@pytest.fixture(scope="module")
def known(service: Service) -> pd.DataFrame:
    """The rows of the back-test with their true probability over the horizon of the settings."""
    settings, rows = service.settings, service.rows(TRAINING_SET)
    cutoffs = [pd.Timestamp(cutoff).date() for cutoff in HELD_OUT]
    truth = true_probabilities(WORLD, cutoffs, horizon_days=settings.horizon_days, at_risk_days=settings.at_risk_days)
    return rows[rows["at_risk"]].merge(truth, on=["cutoff", "user_id"])


def best_possible(known: pd.DataFrame, metric: Callable[..., float]) -> float:
    """A metric of the truth itself, averaged over the cut-offs as the back-test's is."""
    parts = [part for _, part in known.groupby("cutoff")]
    return sum(metric(part["churned"], part["churn_probability"]) for part in parts) / len(parts)


def test_the_simulator_and_the_labels_agree_on_who_is_at_risk(known: pd.DataFrame, service: Service) -> None:
    rows = service.rows(TRAINING_SET)
    tested = rows[rows["at_risk"] & rows["cutoff"].astype(str).isin(HELD_OUT)]

    assert len(known) == pytest.approx(len(tested), rel=0.01)


def test_the_truth_beats_the_champion_and_the_champion_beats_the_base_rate(
    known: pd.DataFrame, means: pd.DataFrame, service: Service
) -> None:
    champion, loss = service.registry.champion().rung, means["log_loss"]

    assert best_possible(known, log_loss) < loss[champion] < loss["base_rate"]
    assert best_possible(known, roc_auc_score) > means["roc_auc"][champion] > 0.55


def test_every_metric_of_every_rung_is_possible(service: Service) -> None:
    measured = service.rows(MODEL_BACKTEST)
    shares = measured[measured["metric"].isin(["roc_auc", "average_precision", "accuracy", "brier"])].dropna()

    assert measured["rung"].nunique() == 7
    assert measured["cutoff"].nunique() == service.settings.backtest_cutoffs
    assert shares["value"].between(0, 1).all()
    assert (shares["low"] <= shares["value"] + 1e-9).all()
    assert (shares["value"] <= shares["high"] + 1e-9).all()


def test_the_true_probabilities_are_calibrated(known: pd.DataFrame) -> None:
    assert known["churn_probability"].mean() == pytest.approx(known["churned"].mean(), abs=0.05)


def test_the_summary_shows_the_rungs_the_best_possible_and_ten_listeners(service: Service, console: Console) -> None:
    said = console.call("summary")

    champion = service.registry.champion()
    first_cells = [line.split("│")[1].strip() for line in said.lines if line.startswith("│")]
    assert first_cells[:5] == ["base rate", "recency", "bgnbd", champion.rung, "best possible"]
    assert len(first_cells) == 5 + 10
    assert f"Champion version {champion.number}: {champion.rung}" in said.out
    assert f"promotion test at {' and '.join(HELD_OUT)}, roc_auc 0." in said.out
