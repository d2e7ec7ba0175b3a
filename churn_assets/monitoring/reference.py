"""What reports compare with: the rows that the champion was trained on."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from churn_assets.cutoffs import midnight
from churn_assets.errors import ReportError
from churn_assets.features.schema import FeatureSchema
from churn_assets.monitoring.window import ONE_DAY, Window

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.registry import ModelRegistry


@dataclass(frozen=True, eq=False)
class Reference:
    """The training rows of a model version: `user_id`, `cutoff` and every feature of `schema`."""

    version: str
    schema: FeatureSchema
    rows: "pd.DataFrame"

    @classmethod
    def of_champion(cls, registry: "ModelRegistry", schema: FeatureSchema) -> "Reference":
        """That of today's champion; nothing is deserialised for it.

        NoChampionError before the first promotion; ReportError if the champion was trained on other declarations.
        """
        version = registry.champion()
        if version.fingerprint != schema.fingerprint:
            message = (
                f"The champion (version {version.number}) was trained on features declared as {version.fingerprint}, "
                f"today's are declared as {schema.fingerprint}, and the two cannot be compared: reports wait until a "
                "model of today's declaration is promoted (`churn-assets run` trains one), or go back to the code that "
                "the champion was trained with."
            )
            raise ReportError(message)
        return cls(version.number, schema, registry.open(version).reference())

    @cached_property
    def cutoffs(self) -> tuple[date, date]:
        """The first and the newest cut-off that the model was trained on."""
        return self.rows["cutoff"].min().date(), self.rows["cutoff"].max().date()

    @property
    def newest_cutoff(self) -> date:
        """The newest cut-off that the model was trained on."""
        return self.cutoffs[1]

    def at(self, cutoff: date) -> "pd.DataFrame":
        """The rows of one training cut-off."""
        return self.rows[self.rows["cutoff"] == midnight(cutoff)]

    def newest(self, days: int) -> "pd.DataFrame":
        """The last `days` days of training, each listener once: cut out as a report's window is.

        The latest row of every listener of the whole training would be another crowd: those who left meanwhile stay in
        it with their last row before they left, and no later window holds such rows in that number.
        """
        return Window(self.newest_cutoff - ONE_DAY, days).rows(self.rows)
