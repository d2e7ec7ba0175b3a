"""CatBoost: gradient boosting of symmetric trees that reads categories and nulls as they are."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from churn_assets.errors import ArtifactError
from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import NO_TEXT, Flags, Floats, Rows, Texts, numbers, texts

FILE = "catboost.cbm"
FEW_ROWS = 50
"""Up to so many rows CatBoost reads lists faster than frames, which cost it milliseconds to take apart."""


@dataclass(frozen=True)
class FittedCatBoost:
    """A CatBoost classifier; the names and kinds of its features are kept inside the `.cbm` file."""

    estimator: Any

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features, in the order of the trees."""
        return tuple(self.estimator.feature_names_)

    @cached_property
    def categorical(self) -> tuple[str, ...]:
        """The features that hold categories."""
        return tuple(self.names[position] for position in self.estimator.get_cat_feature_indices())

    @cached_property
    def base_log_odds(self) -> float:
        """Expected score of the training rows, as TreeSHAP counts it."""
        row = pd.DataFrame({name: [NO_TEXT if name in self.categorical else np.nan] for name in self.names})
        return float(self._shap(row)[0, -1])

    def log_odds(self, features: Rows) -> Floats:
        """Sum of the trees."""
        if len(features) > FEW_ROWS:
            pool: Any = _pool(features, self.names, self.categorical)
        else:
            pool = _rows(_columns(features, self.names, self.categorical))
        raw = self.estimator.predict(pool, prediction_type="RawFormulaVal", thread_count=1)
        return np.asarray(raw, dtype=np.float64)

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """TreeSHAP as CatBoost computes it (Lundberg et al. 2018)."""
        return pd.DataFrame(self._shap(features)[:, :-1], index=features.index, columns=list(self.names))

    def save(self, folder: Path) -> None:
        """Write CatBoost's own binary format."""
        self.estimator.save_model(str(folder / FILE), format="cbm")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read CatBoost's own binary format; ArtifactError if it is none."""
        from catboost import CatBoostClassifier, CatBoostError

        try:
            return cls(CatBoostClassifier().load_model(str(folder / FILE), format="cbm"))
        except CatBoostError as error:
            message = f"{folder / FILE} is not a CatBoost model ({error}): register the model again."
            raise ArtifactError(message) from error

    def _shap(self, features: pd.DataFrame) -> Floats:
        pool = _pool(features, self.names, self.categorical)
        return np.asarray(self.estimator.get_feature_importance(pool, type="ShapValues"), dtype=np.float64)


@dataclass(frozen=True)
class CatBoost:
    """Class-weighted CatBoost of a fixed size; small, damped trees because a listener's rows repeat each other."""

    threads: int = 2
    trees: int = 200
    depth: int = 4
    learning_rate: float = 0.05
    leaf_penalty: float = 10.0
    name: str = "catboost"
    is_candidate: bool = True

    def inputs(self, selected: tuple[str, ...]) -> tuple[str, ...]:
        """Whatever selection kept."""
        return selected

    def fit(self, features: pd.DataFrame, target: Flags, *, schema: FeatureSchema, seed: int) -> FittedCatBoost:
        """Grow the trees."""
        from catboost import CatBoostClassifier

        estimator = CatBoostClassifier(
            iterations=self.trees,
            depth=self.depth,
            learning_rate=self.learning_rate,
            l2_leaf_reg=self.leaf_penalty,
            auto_class_weights="Balanced",
            boosting_type="Plain",
            border_count=64,
            one_hot_max_size=8,
            max_ctr_complexity=1,
            bootstrap_type="Bernoulli",
            subsample=0.8,
            random_seed=seed,
            thread_count=self.threads,
            allow_writing_files=False,
            verbose=False,
        )
        estimator.fit(_pool(features, schema.names, schema.categorical, target=target))
        return FittedCatBoost(estimator)


def _columns(features: Rows, names: tuple[str, ...], categorical: tuple[str, ...]) -> dict[str, Texts | Floats]:
    return {name: texts(features[name]) if name in categorical else numbers(features[name]) for name in names}


def _rows(columns: dict[str, Texts | Floats]) -> list[list[Any]]:
    return [list(row) for row in zip(*(values.tolist() for values in columns.values()), strict=True)]


def _pool(features: Rows, names: tuple[str, ...], categorical: tuple[str, ...], *, target: Flags | None = None) -> Any:
    from catboost import Pool

    label = None if target is None else target.astype(np.int64)
    return Pool(pd.DataFrame(_columns(features, names, categorical)), label, cat_features=list(categorical))
