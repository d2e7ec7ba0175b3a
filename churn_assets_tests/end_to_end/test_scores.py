"""The champion and what it says of the listeners."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import POPULATION
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets_tests.end_to_end.service import CUTOFFS, Service

NEWEST = CUTOFFS[-1]
KEY = ["cutoff", "user_id"]


@pytest.fixture(scope="module")
def scores(service: Service) -> pd.DataFrame:
    """Every score of every cut-off."""
    return service.rows(CHURN_SCORES)


def loaded(service: Service, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The champion, by MLflow's own means."""
    import mlflow

    url = service.registry.tracking.url
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", url)
    return mlflow.pyfunc.load_model("models:/churn@champion")


# MLflow warns of its own type hints when imported.
@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")
def test_a_champion_that_plain_mlflow_loaded_is_still_itself(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(service, monkeypatch)

    registry = service.registry

    assert registry.load(registry.champion()).model.rung == registry.champion().rung


# MLflow warns of its own type hints when imported.
@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")
def test_plain_mlflow_gives_the_scores_of_the_newest_cutoff(
    service: Service, scores: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion, features = loaded(service, monkeypatch), service.rows(USER_FEATURES, NEWEST)
    said = scores[scores["cutoff"] == NEWEST].set_index("user_id")

    rows = features.set_index("user_id").loc[said.index]
    predicted = champion.predict(rows[champion.metadata.get_input_schema().input_names()])

    assert predicted["churn_probability"].to_numpy() == pytest.approx(said["churn_probability"].to_numpy(), abs=1e-12)
    assert predicted["churn_pred"].tolist() == said["churn_pred"].tolist()


def test_exactly_the_listeners_at_risk_are_scored(service: Service, scores: pd.DataFrame) -> None:
    population = service.rows(POPULATION)
    at_risk = population[population["at_risk"]]

    assert set(scores[KEY].itertuples(index=False)) == set(at_risk[KEY].itertuples(index=False))
    assert scores["at_risk"].all()
    assert len(at_risk) < len(population)


def test_scores_are_probabilities_that_differ(scores: pd.DataFrame) -> None:
    assert scores["churn_probability"].between(0, 1).all()
    assert scores["churn_probability"].nunique() > len(scores) / 4


def test_bands_are_cut_where_the_settings_say(service: Service, scores: pd.DataFrame) -> None:
    settings, probability = service.settings, scores["churn_probability"]
    expected = np.where(
        probability >= settings.high_risk, "high", np.where(probability >= settings.medium_risk, "medium", "low")
    )

    assert scores["risk_band"].tolist() == expected.tolist()
    assert set(scores["risk_band"]) >= {"low", "medium"}


def test_every_listener_has_reasons_in_words(scores: pd.DataFrame) -> None:
    reasons = scores["reasons"].map(list)

    assert reasons.map(len).min() >= 1
    assert all(isinstance(text, str) and len(text) > 10 for texts in reasons for text in texts)
    assert reasons.map(tuple).nunique() > 20


def test_scores_carry_version_and_both_clocks(service: Service, scores: pd.DataFrame) -> None:
    assert set(scores["model_version"]) == {service.registry.champion().number}
    assert set(scores["as_of"].dt.strftime("%Y-%m-%d")) == {"2026-02-11"}
    assert (scores["inference_timestamp"] > scores["as_of"]).all()
