"""Versions of the model as a notebook holds them: card, metrics, features, and predictions for frames of features."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from churn_assets.errors import NoChampionError
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.registry.tracking import prepare, tracking_of
from churn_assets.settings import Settings
from churn_assets.workspace.card import Card

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.history import History
    from churn_assets.registry.registry import LoadedModel, ModelRegistry, ModelVersion
    from churn_assets.serving.champion import Champion
    from churn_assets.training.evaluation import Evaluation

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """One version of the model, verified byte by byte when it was loaded."""

    _loaded: "LoadedModel"
    _fingerprint: str

    @property
    def version(self) -> str:
        """Its number in the registry, as text."""
        return self._loaded.version.number

    @property
    def aliases(self) -> tuple[str, ...]:
        """`champion`, `challenger`, both or none, when it was loaded."""
        return self._loaded.version.aliases

    @property
    def threshold(self) -> float:
        """Probability from which churn is predicted."""
        return self._loaded.model.threshold

    @cached_property
    def _evaluation(self) -> "Evaluation":
        from churn_assets.training.evaluation import Evaluation

        return Evaluation.from_json(self._loaded.artifact.evaluation)

    @property
    def metrics(self) -> "pd.DataFrame":
        """Its promotion test, on cut-offs it never saw: a row a metric, with 95 % intervals over listeners."""
        rows = {name: measured.to_json() for name, measured in self._evaluation.headline().items()}
        return _listing(rows, ["value", "low", "high", "n", "positives"])

    @property
    def segments(self) -> "pd.DataFrame":
        """The same for every target, cut-off and segment: columns target, segment, metric, value, low, high, n."""
        return self._evaluation.table()

    @property
    def features(self) -> "pd.DataFrame":
        """The features that it reads, the weightiest first: mean |SHAP| in log-odds, and what each means."""
        model, weights = self._loaded.model, dict(self._evaluation.importance)
        rows = {
            name: {"importance": weights.get(name), "description": model.schema.descriptions[name]}
            for name in sorted(model.selected, key=lambda name: -weights.get(name, 0.0))
        }
        return _listing(rows, ["importance", "description"])

    @property
    def plots(self) -> "Mapping[str, Picture]":
        """The pictures of its promotion test by name: `roc`, `calibration`, `importance` and others."""
        return {name: Picture(png, name.replace("_", " ")) for name, png in self._loaded.artifact.plots().items()}

    def card(self) -> Card:
        """Its model card: Markdown text that shows as a page in a notebook."""
        return Card(self._loaded.artifact.card)

    def predict(self, frame: "pd.DataFrame") -> "pd.Series[float]":
        """Calibrated probability of leaving for each row of `user_features`, with the frame's index.

        FingerprintError if a declared feature is missing, or if features are declared otherwise than in its training.
        """
        import pandas as pd

        self._loaded.model.check(self._fingerprint)
        return pd.Series(self._loaded.model.predict(frame), index=frame.index, name="churn_probability")

    def contributions(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """SHAP values in log-odds for each row of `user_features`: a column a feature that it reads."""
        self._loaded.model.check(self._fingerprint)
        return self._loaded.model.contributions(frame)

    def reference(self) -> "pd.DataFrame":
        """The rows that it was trained on: `user_id`, `cutoff` and every declared feature."""
        return self._loaded.artifact.reference()

    def __repr__(self) -> str:
        version, measured = self._loaded.version, self._evaluation.headline()
        said = [
            f"{name} {one.value:.3f}" for name, one in measured.items() if name in HEADLINE and one.value is not None
        ]
        called = f" ({', '.join(self.aliases)})" if self.aliases else ""
        return (
            f"<Model {version.number}{called}: {version.rung.replace('_', ' ')}, {len(self._loaded.model.selected)} "
            f"features, labels up to {version.last_label_day}; promotion test: {', '.join(said)}. "
            "Try .card(), .metrics, .features, .predict(frame)>"
        )


HEADLINE = ("roc_auc", "average_precision", "log_loss")


@dataclass(frozen=True, repr=False)
class Picture:
    """A PNG that shows itself in a notebook."""

    png: bytes
    name: str

    def _repr_png_(self) -> bytes:
        return self.png

    def __repr__(self) -> str:
        return f"<Picture of {self.name}, {len(self.png):,} bytes of PNG>"


@dataclass(frozen=True, eq=False)
class Models:
    """The registry of some settings, opened when it is first asked; models are loaded once a version."""

    settings: Settings
    _loaded: dict[str, "LoadedModel"] = field(default_factory=dict)
    _ready: dict[str, "Champion"] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """That of the features as they are declared today."""
        return CATALOGUE.schema(self.settings.lookback_days).fingerprint

    @property
    def registry(self) -> "ModelRegistry":
        """The registry; NoChampionError if nothing was ever trained. It makes no store."""
        from churn_assets.registry.registry import ModelRegistry

        tracking = tracking_of(self.settings)
        if not tracking.is_there():
            raise NoChampionError(
                f"No model has been trained in {self.settings.home} yet: `churn-assets run` trains and promotes one "
                "once enough labels are mature. ws.assets() shows what there is."
            )
        _load_mlflow()
        # A store that was moved is made to speak of where it lies now, where that may be written.
        is_ours = tracking.database is None or os.access(tracking.folder, os.W_OK)
        return ModelRegistry(prepare(tracking) if is_ours else tracking)

    def history_if_any(self) -> "History | None":
        """The decisions about the champion; None if nothing was ever trained."""
        from churn_assets.registry.history import History

        try:
            return History(self.registry)
        except NoChampionError:
            return None

    def named(self, version: "str | int | None") -> Model:
        """A version by number or alias, the champion if None; NoChampionError or RegistryError if there is none."""
        return Model(self._load(self._find(str(version or CHAMPION))), self.fingerprint)

    def _find(self, version: str) -> "ModelVersion":
        registry = self.registry
        match version:
            case "champion":
                return registry.champion()
            case "challenger":
                return registry.challenger()
            case _:
                return registry.version(version)

    def _load(self, version: "ModelVersion") -> "LoadedModel":
        known = self._loaded.get(version.digest)
        if known is None:
            known = self._loaded[version.digest] = self.registry.load(version)
        # Aliases move; files do not.
        return replace(known, version=version)

    def serving(self) -> "Champion":
        """The champion as the API has it, with priors and wording; it is made ready once."""
        from churn_assets.serving.champion import Champion

        version = self.registry.champion()
        if version.digest not in self._ready:
            loaded = self._load(version)
            self._ready[version.digest] = Champion.of(loaded, CATALOGUE.schema(self.settings.lookback_days))
        return self._ready[version.digest]


def _listing(rows: Mapping[str, Mapping[str, Any]], columns: list[str]) -> "pd.DataFrame":
    from churn_assets.workspace.listing import Listing

    return Listing([[row[name] for name in columns] for row in rows.values()], index=list(rows), columns=columns)


def _load_mlflow() -> None:
    """Load MLflow, which brings a progress bar that misses widgets in a kernel; nothing here shows it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "IProgress not found")
        import mlflow  # noqa: F401 — loaded for the others
