from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pytest

from churn_assets.monitoring.performance.production import Production
from churn_assets.training.bootstrap import Resampling
from churn_assets.training.evaluation import Evaluation, evaluate
from churn_assets_tests.registry.tiny import listeners, trained

TEST_CUTOFFS = (date(2026, 3, 2), date(2026, 3, 9))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """The same 200 listeners at two cut-offs, some of whom cancel."""
    frames = [listeners(200, seed=n).assign(cutoff=pd.Timestamp(day)) for n, day in enumerate(TEST_CUTOFFS)]
    return pd.concat(frames, ignore_index=True).assign(cancelled=lambda frame: frame.index % 7 == 0)


@pytest.fixture(scope="module")
def evaluation(rows: pd.DataFrame) -> Evaluation:
    """What the registry would keep of a real model, read back from JSON."""
    judged = evaluate(trained(), rows, resampling=Resampling(replicates=40))
    return Evaluation.from_json(judged.to_json())


@pytest.fixture(scope="module")
def production(evaluation: Evaluation) -> Production:
    return Production.of("3", evaluation, last_label_day=date(2026, 2, 4))


def test_metrics_and_intervals_are_those_of_the_promotion_test(production: Production, evaluation: Evaluation) -> None:
    headline: Mapping[str, object] = evaluation.headline()
    for metric in ("roc_auc", "log_loss", "f1"):
        found, expected = production.get("churned", metric), headline[metric]
        assert vars(found).items() <= vars(expected).items()
    assert production.tested == TEST_CUTOFFS
    assert production.get("churned_or_cancelled", "roc_auc") != production.get("churned", "roc_auc")


def test_the_rates_are_what_was_said_and_what_happened(production: Production, rows: pd.DataFrame) -> None:
    said = trained().predict(rows)

    assert production.expected_rate == pytest.approx(said.mean())
    assert production.get("churned", "base_rate").value == pytest.approx(rows["churned"].mean())
    either = rows["churned"] | rows["cancelled"]
    assert production.get("churned_or_cancelled", "base_rate").value == pytest.approx(either.mean())


def test_the_error_of_the_rate_takes_a_listener_for_one_whatever_the_cutoffs(
    production: Production, rows: pd.DataFrame
) -> None:
    said = trained().predict(rows)
    by_listener = (rows["churned"] - said).groupby(rows["user_id"]).sum()
    clustered = float(np.sqrt((by_listener**2).sum())) / len(rows)

    assert production.rate_error == pytest.approx(np.sqrt(np.mean((rows["churned"] - said) ** 2) / 200))
    assert production.rate_error > clustered


def test_the_standard_error_is_read_from_the_interval(production: Production) -> None:
    found = production.get("churned", "log_loss")
    assert found.low is not None
    assert found.high is not None
    assert production.error("log_loss") == pytest.approx((found.high - found.low) / 3.92, rel=1e-3)


def test_what_was_never_measured_is_null_without_error(production: Production) -> None:
    assert production.get("churned", "unheard_of").value is None
    assert production.error("unheard_of") == 0.0
