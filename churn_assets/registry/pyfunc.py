"""How plain MLflow loads and wraps a model: `mlflow.pyfunc.load_model("models:/churn@champion")`, without pickle."""

import logging
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from churn_assets.features.schema import FeatureSchema
from churn_assets.registry.artifact import Artifact

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from churn_assets.training.model import ChurnModel

FOLDER = "churn_model"
REQUIRED = ("numpy", "pandas", "pyarrow", "scikit-learn", "catboost", "shap")


class PyfuncModel:
    """What MLflow calls: a frame of declared features in, `churn_probability` and `churn_pred` out."""

    def __init__(self, model: "ChurnModel") -> None:
        self._model = model

    def predict(self, model_input: pd.DataFrame, params: object = None) -> pd.DataFrame:
        """One row a row of `model_input`, on its index; there are no `params`."""
        del params
        probability = self._model.predict(model_input)
        columns = {"churn_probability": probability, "churn_pred": probability >= self._model.threshold}
        return pd.DataFrame(columns, index=model_input.index)


def _load_pyfunc(path: str) -> PyfuncModel:
    """MLflow's entry point; ArtifactError, before anything is deserialised, unless every checksum holds."""
    return PyfuncModel(Artifact.open(Path(path)).model())


def wrap(packed: Path, folder: Path, *, model: "ChurnModel", **metadata: Any) -> None:
    """Write the MLflow model `folder` around the sealed folder `packed` (which must be called `churn_model`).

    `metadata` are fields of the MLmodel file: `model_id`, `run_id`, `artifact_path`.
    """
    # A virtual environment made by uv has no pip, which MLflow laments.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # MLflow warns of its own type hints when imported, and wants an example row, which would be a listener's.
        warnings.filterwarnings("ignore", ".*(AnyType|input example)")
        from mlflow.models import Model
        from mlflow.pyfunc import save_model

        save_model(
            path=str(folder),
            loader_module=__name__,
            data_path=str(packed),
            pip_requirements=requirements(),
            signature=signature(model.schema),
            mlflow_model=Model(**metadata),
        )


def requirements() -> list[str]:
    """Pinned libraries that loading and scoring need, as installed here; `churn_assets` itself is installed beside."""
    return [f"{name}=={version(name)}" for name in REQUIRED]


def signature(schema: FeatureSchema) -> "ModelSignature":
    """MLflow's view of the declared features: doubles and strings in, a probability and a decision out."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.string if column.is_categorical else DataType.double, column.name) for column in schema.columns
    ]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.double, "churn_probability"),
        ColSpec(DataType.boolean, "churn_pred"),
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))
