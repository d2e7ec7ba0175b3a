"""The model version behind a prediction: what it was trained on, by which code, and whether it knew the listener."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from churn_assets.lake.lake import WHOLE
from churn_assets.lineage.materialisation import EventLog, Materialisation
from churn_assets.registry.registry import (
    CODE_VERSION,
    TRAINING_SET_RUN,
    TRAINING_SET_VERSION,
    LoadedModel,
    ModelRegistry,
    ModelVersion,
)
from churn_assets.training.tables import TRAINING_SET

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.lineage.said import Said


@dataclass(frozen=True)
class Trained:
    """A model version and its training set.

    `cutoffs` are those that it was trained on, with `rows` rows of `listeners` listeners; `of_listener` are those of
    them with a row of the traced listener. `data_version` is the hash of the training set, `dagster_run` the run that
    made it; `training_set` is its newest materialisation, which may be a later one.
    """

    version: ModelVersion
    tags: Mapping[str, str]
    cutoffs: tuple[date, ...]
    rows: int
    listeners: int
    of_listener: tuple[date, ...]
    training_set: Materialisation | None
    loaded: LoadedModel = field(repr=False)

    @property
    def code_version(self) -> str | None:
        """Version of our code that it was trained with."""
        return self.tags.get(CODE_VERSION)

    @property
    def data_version(self) -> str | None:
        """Hash of the training set that it was trained on; None for versions that were registered without one."""
        return self.tags.get(TRAINING_SET_VERSION) or None

    @property
    def dagster_run(self) -> str | None:
        """The Dagster run that made that training set."""
        return self.tags.get(TRAINING_SET_RUN)

    @property
    def is_training_set_there(self) -> bool:
        """Whether the lake's training set still is the one that it was trained on."""
        return self.training_set is not None and self.training_set.data_version == self.data_version


def trained(registry: ModelRegistry, number: str, user: str, log: EventLog) -> Trained:
    """Version `number` of the model; RegistryError if there is none any more, ArtifactError if it was changed."""
    loaded = registry.load(registry.version(number))
    version, reference = loaded.version, loaded.artifact.reference()
    of_listener = reference.loc[reference["user_id"] == user, "cutoff"]
    return Trained(
        version=version,
        tags=registry.tags(version),
        cutoffs=tuple(sorted(moment.date() for moment in reference["cutoff"].unique())),
        rows=len(reference),
        listeners=int(reference["user_id"].nunique()),
        of_listener=tuple(sorted(moment.date() for moment in of_listener)),
        training_set=log.newest(TRAINING_SET.table, [WHOLE]).get(WHOLE),
        loaded=loaded,
    )


def made_again(model: Trained, said: "Said", features: "pd.Series") -> float:
    """The probability that the model gives for these features, with the prior of an answer blended in.

    FingerprintError if one of the features that it was trained on is not among them.
    """
    import pandas as pd

    row = pd.DataFrame([dict(features)])
    own = model.loaded.model.predict(row)
    if said.knowledge >= 1:
        return float(own[0])
    from churn_assets.serving.champion import Champion
    from churn_assets.serving.prior import NEVER_HEARD, blended, knowledge

    champion = Champion.of(model.loaded, model.loaded.model.schema)
    if features.isna().all():
        return champion.prior.of_segment(NEVER_HEARD)
    return float(blended(own, champion.prior.of(row), knowledge(row))[0])
