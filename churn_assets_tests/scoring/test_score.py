import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churn_assets.errors import ContractError, FingerprintError
from churn_assets.features.schema import FeatureSchema
from churn_assets.registry.artifact import Artifact, pack
from churn_assets.registry.registry import LoadedModel, ModelVersion
from churn_assets.scoring.bands import RiskBands
from churn_assets.scoring.score import Moment, score
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.training.model import ChurnModel
from churn_assets_tests.registry.tiny import CATBOOST, ROOT, SCHEMA, listeners, parts, trained

BANDS = RiskBands(medium=0.2, high=0.5)
MOMENT = Moment(as_of=datetime(2026, 1, 6), inference_timestamp=datetime(2026, 6, 1, 12))  # noqa: DTZ001 - naive UTC


def load(folder: Path, model: ChurnModel) -> LoadedModel:
    pack(parts(model), folder / "packed")
    created = datetime(2026, 1, 1, tzinfo=UTC)
    version = ModelVersion("3", "run", "", "d", "abc123", model.rung, date(2026, 2, 4), created, ())
    artifact = Artifact.open(folder / "packed")
    return LoadedModel(version, artifact.model(), artifact)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return load(tmp_path_factory.mktemp("model"), trained())


def scored(frame: pd.DataFrame, loaded: LoadedModel) -> pd.DataFrame:
    return score(frame, loaded, schema=SCHEMA, bands=BANDS, moment=MOMENT)


def test_scores_have_the_columns_of_their_contract_in_order(loaded: LoadedModel) -> None:
    scores = scored(listeners(5), loaded)

    assert tuple(scores.columns) == CHURN_SCORES.names
    assert scores["user_id"].tolist() == ["00000", "00001", "00002", "00003", "00004"]
    assert scores["model_version"].unique().tolist() == ["3"]
    assert scores["as_of"].unique().tolist() == [pd.Timestamp("2026-01-06")]
    assert {str(scores[name].dtype) for name in ("cutoff", "as_of", "inference_timestamp")} == {"datetime64[ms]"}


@pytest.mark.parametrize("rung", ["logistic", "catboost"])
def test_probability_decision_and_band_agree_with_the_model(rung: str, tmp_path: Path) -> None:
    model = trained(CATBOOST) if rung == "catboost" else trained()
    frame = listeners(60)

    scores = scored(frame, load(tmp_path, model))

    np.testing.assert_array_equal(scores["churn_probability"], model.predict(frame))
    assert (scores["churn_pred"] == (scores["churn_probability"] >= 0.4)).all()
    assert scores["risk_band"].tolist() == BANDS.of(model.predict(frame)).tolist()


def test_the_longest_silence_is_the_first_reason_of_who_is_likely_to_leave(loaded: LoadedModel) -> None:
    silent = listeners(200).query("recency_days == 29")

    reasons = scored(silent, loaded)["reasons"]

    assert all("29 (typical" in row[0] and row[0].endswith("raises the risk") for row in reasons)


def test_the_order_of_rows_does_not_matter(loaded: LoadedModel) -> None:
    frame = listeners(20)

    pd.testing.assert_frame_equal(scored(frame, loaded), scored(frame.sample(frac=1, random_state=1), loaded))


def test_whoever_is_not_at_risk_is_marked(loaded: LoadedModel) -> None:
    frame = listeners(2).assign(at_risk=[True, False])

    assert scored(frame, loaded)["at_risk"].tolist() == [True, False]


def test_features_of_another_declaration_are_refused_with_what_to_do(loaded: LoadedModel) -> None:
    today = FeatureSchema(SCHEMA.columns, "another")

    with pytest.raises(FingerprintError, match="train and promote"):
        score(listeners(2), loaded, schema=today, bands=BANDS, moment=MOMENT)


def test_a_missing_feature_is_refused(loaded: LoadedModel) -> None:
    with pytest.raises(FingerprintError, match="device"):
        scored(listeners(2).drop(columns="device"), loaded)


def test_a_missing_key_is_refused(loaded: LoadedModel) -> None:
    with pytest.raises(ContractError, match="at_risk"):
        scored(listeners(2).drop(columns="at_risk"), loaded)


def test_nobody_to_score_gives_an_empty_table_of_the_same_columns(loaded: LoadedModel) -> None:
    scores = scored(listeners(3).iloc[:0], loaded)

    assert (len(scores), tuple(scores.columns)) == (0, CHURN_SCORES.names)


def test_the_modules_that_definitions_import_load_nothing_heavy() -> None:
    heavy = "{'mlflow', 'sklearn', 'catboost', 'shap', 'matplotlib', 'pandera', 'evidently', 'pandas'}"
    program = f"""
import sys
import churn_assets.scoring.tables, churn_assets.scoring.bands, churn_assets.scoring.score, churn_assets.scoring.reasons
sys.exit(str(sorted({heavy} & set(sys.modules))) if {heavy} & set(sys.modules) else 0)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr


def test_the_registry_loads_nothing_heavy_before_it_is_used() -> None:
    heavy = "{'mlflow', 'sklearn', 'catboost', 'shap', 'matplotlib', 'pandera', 'evidently', 'scipy'}"
    program = f"""
import sys
import churn_assets.registry.history, churn_assets.registry.evidence, churn_assets.registry.training_log
import churn_assets.registry.card
sys.exit(str(sorted({heavy} & set(sys.modules))) if {heavy} & set(sys.modules) else 0)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
