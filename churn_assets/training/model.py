"""The thing that is trained, judged, registered and served: features in, calibrated probabilities and reasons out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from churn_assets.errors import ArtifactError, FingerprintError
from churn_assets.features.schema import FeatureSchema
from churn_assets.training.arrays import Flags, Floats, Rows
from churn_assets.training.calibration import Calibration, calibration_from_json
from churn_assets.training.options import Target
from churn_assets.training.rungs import load_fitted
from churn_assets.training.rungs.rung import FittedRung

MODEL_FILE = "model.json"


@dataclass(frozen=True)
class ChurnModel:
    """A fitted rung with its calibration, its threshold and what it was trained on.

    `schema` describes every declared feature, `selected` names those the estimator reads. `threshold` is the
    calibrated probability with the best F1 on out-of-fold predictions. Everything about time is a UTC day.
    """

    rung: str
    schema: FeatureSchema
    selected: tuple[str, ...]
    fitted: FittedRung
    calibration: Calibration
    threshold: float
    trained_cutoffs: tuple[date, ...]
    target: Target
    horizon_days: int
    seed: int

    @property
    def last_label_day(self) -> date:
        """End of the newest label window used to fit, select or calibrate; honest tests start here or later."""
        return max(self.trained_cutoffs) + timedelta(days=self.horizon_days)

    @property
    def base_log_odds(self) -> float:
        """The raw score that `contributions` start from."""
        return self.fitted.base_log_odds

    def check(self, fingerprint: str) -> None:
        """Raise FingerprintError unless `fingerprint` is that of the features this model was trained on."""
        if fingerprint != self.schema.fingerprint:
            message = (
                f"This {self.rung} model was trained on features declared as {self.schema.fingerprint}, but is given "
                f"features declared as {fingerprint}: train and promote a model on today's declaration, or check out "
                "the code version that the model was trained with."
            )
            raise FingerprintError(message)

    def log_odds(self, frame: Rows) -> Floats:
        """Raw, uncalibrated log-odds, one a row of `frame`; FingerprintError if a declared feature is missing."""
        self._require(frame)
        return self.fitted.log_odds(frame) if len(frame) else np.zeros(0)

    def predict(self, frame: Rows) -> Floats:
        """Calibrated probability of the target within the horizon, one a row; FingerprintError if a feature lacks."""
        return self.calibration.apply(self.log_odds(frame))

    def predict_label(self, frame: Rows) -> Flags:
        """Whether the calibrated probability reaches the threshold, one flag a row."""
        return self.predict(frame) >= self.threshold

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """SHAP values in raw log-odds, rows x selected features; `base_log_odds` plus a row's sum is its raw score."""
        self._require(frame)
        features = frame[list(self.selected)]
        return self.fitted.contributions(features) if len(features) else features.astype(np.float64)

    def save(self, folder: Path) -> None:
        """Write the model into `folder` (made if missing) as JSON and the estimator's native format."""
        folder.mkdir(parents=True, exist_ok=True)
        self.fitted.save(folder)
        (folder / MODEL_FILE).write_text(json.dumps(self._to_json(), indent=1))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that `save` wrote; ArtifactError if a part of it is missing or foreign."""
        try:
            data = json.loads((folder / MODEL_FILE).read_text())
            return cls._from_json(data, load_fitted(data["rung"], folder))
        except (OSError, KeyError, TypeError, ValueError) as error:
            message = f"{folder} holds no complete model ({error}): save it again with ChurnModel.save."
            raise ArtifactError(message) from error

    def _require(self, frame: Rows) -> None:
        missing = [name for name in self.schema.names if name not in frame]
        if missing:
            message = (
                f"The frame lacks {len(missing)} of the {len(self.schema.names)} declared features "
                f"({', '.join(missing[:5])}): pass every column of `user_features`."
            )
            raise FingerprintError(message)

    def _to_json(self) -> dict[str, Any]:
        return {
            "rung": self.rung,
            "schema": self.schema.to_json(),
            "selected": self.selected,
            "calibration": self.calibration.to_json(),
            "threshold": self.threshold,
            "trained_cutoffs": [cutoff.isoformat() for cutoff in self.trained_cutoffs],
            "target": self.target,
            "horizon_days": self.horizon_days,
            "seed": self.seed,
        }

    @classmethod
    def _from_json(cls, data: Mapping[str, Any], fitted: FittedRung) -> Self:
        return cls(
            rung=data["rung"],
            schema=FeatureSchema.from_json(data["schema"]),
            selected=tuple(data["selected"]),
            fitted=fitted,
            calibration=calibration_from_json(data["calibration"]),
            threshold=data["threshold"],
            trained_cutoffs=tuple(date.fromisoformat(day) for day in data["trained_cutoffs"]),
            target=data["target"],
            horizon_days=data["horizon_days"],
            seed=data["seed"],
        )
