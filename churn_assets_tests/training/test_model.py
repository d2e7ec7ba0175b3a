import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_assets.errors import ArtifactError, FingerprintError
from churn_assets.training.candidates import Candidate
from churn_assets.training.model import MODEL_FILE, ChurnModel
from churn_assets_tests.training.listeners import SCHEMA, mondays

RUNGS = ("base_rate", "recency", "bgnbd", "logistic", "forest", "boosting", "catboost")
every_rung = pytest.mark.parametrize("rung", RUNGS)


@pytest.fixture
def model(candidates: Mapping[str, Candidate]) -> ChurnModel:
    """A small CatBoost model."""
    return candidates["catboost"].model


@every_rung
def test_predictions_survive_saving_to_the_last_bit(
    rung: str, candidates: Mapping[str, Candidate], frame: pd.DataFrame, tmp_path: Path
) -> None:
    model = candidates[rung].model
    model.save(tmp_path / "model")
    restored = ChurnModel.load(tmp_path / "model")
    assert np.array_equal(restored.predict(frame), model.predict(frame))
    assert replace(restored, fitted=model.fitted) == model


@every_rung
def test_probabilities_are_strictly_between_zero_and_one(
    rung: str, candidates: Mapping[str, Candidate], frame: pd.DataFrame
) -> None:
    probability = candidates[rung].model.predict(frame)
    assert probability.shape == (len(frame),)
    assert 0.0 < probability.min() <= probability.max() < 1.0


@every_rung
def test_the_raw_score_is_the_base_and_the_contributions(
    rung: str, candidates: Mapping[str, Candidate], frame: pd.DataFrame
) -> None:
    model, rows = candidates[rung].model, frame.head(30)
    contributions = model.contributions(rows)
    assert tuple(contributions.columns) == model.selected
    raw = model.base_log_odds + contributions.sum(axis=1).to_numpy()
    assert raw == pytest.approx(model.log_odds(rows), abs=1e-6)


def test_probability_never_falls_as_the_raw_score_rises(model: ChurnModel, frame: pd.DataFrame) -> None:
    order = np.argsort(model.log_odds(frame))
    assert (np.diff(model.predict(frame)[order]) >= 0).all()


def test_the_label_is_whether_the_probability_reaches_the_threshold(model: ChurnModel, frame: pd.DataFrame) -> None:
    labels = model.predict_label(frame)
    assert np.array_equal(labels, model.predict(frame) >= model.threshold)
    assert labels.any()
    assert not labels.all()


def test_the_order_of_columns_and_further_columns_do_not_matter(model: ChurnModel, frame: pd.DataFrame) -> None:
    turned = frame[frame.columns[::-1]].drop(columns=["churned", "cancelled"])
    assert np.array_equal(model.predict(turned), model.predict(frame))


def test_a_missing_feature_is_refused_by_name(model: ChurnModel, frame: pd.DataFrame) -> None:
    with pytest.raises(FingerprintError, match=r"lacks 2 of the 14 declared features \(freq_7d, device\)"):
        model.predict(frame.drop(columns=["freq_7d", "device"]))


def test_no_rows_have_no_predictions(model: ChurnModel, frame: pd.DataFrame) -> None:
    assert model.predict(frame.head(0)).shape == (0,)
    assert model.contributions(frame.head(0)).shape == (0, len(model.selected))


def test_features_of_the_same_declaration_are_accepted(model: ChurnModel) -> None:
    model.check(SCHEMA.fingerprint)


def test_features_of_another_declaration_are_refused_with_what_to_do(model: ChurnModel) -> None:
    with pytest.raises(FingerprintError, match=r"declared as f0f0, but is given .* abcd: train and promote"):
        model.check("abcd")


def test_the_last_label_day_is_the_end_of_the_newest_label_window(model: ChurnModel) -> None:
    assert model.trained_cutoffs == tuple(mondays(3))
    assert model.last_label_day == date(2026, 2, 16).replace(month=3, day=18)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="holds no complete model"):
        ChurnModel.load(tmp_path)


def test_a_model_without_its_estimator_is_refused(candidates: Mapping[str, Candidate], tmp_path: Path) -> None:
    candidates["forest"].model.save(tmp_path)
    (tmp_path / "forest.json").unlink()
    with pytest.raises(ArtifactError, match="holds no complete model"):
        ChurnModel.load(tmp_path)


@pytest.mark.parametrize("content", ["not json", "[]", '{"rung": "logistic"}', '"text"'])
def test_a_spoilt_description_is_refused(content: str, model: ChurnModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    (tmp_path / MODEL_FILE).write_text(content)
    with pytest.raises(ArtifactError):
        ChurnModel.load(tmp_path)


def test_the_description_of_a_model_is_readable_json(model: ChurnModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    described = json.loads((tmp_path / MODEL_FILE).read_text())
    assert described["rung"] == "catboost"
    assert described["trained_cutoffs"] == ["2026-02-02", "2026-02-09", "2026-02-16"]
    assert described["schema"]["fingerprint"] == "f0f0"
