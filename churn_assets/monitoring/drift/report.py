"""The drift report: every feature of a window against the reference, and whether the model should be trained again."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from churn_assets.features.schema import FeatureColumn, FeatureSchema
from churn_assets.monitoring.causes import causes, has_drifted
from churn_assets.monitoring.drift.discovery import adjusted
from churn_assets.monitoring.drift.ks import ks_p_value, ks_statistic, ordered
from churn_assets.monitoring.drift.psi import Levels, psi, psi_p_value
from churn_assets.monitoring.tables import DRIFT, DRIFT_REPORT, NOT_ENOUGH_DATA, OK

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.training.arrays import Floats, Integers

NUMERIC, CATEGORICAL = "numeric", "categorical"


@dataclass(frozen=True)
class Rule:
    """When a feature has drifted: its distance exceeds `ks` or `psi`, and is no chance at `level` over all features.

    Below `least_rows` listeners there is no verdict.
    """

    ks: float = 0.2
    psi: float = 0.25
    least_rows: int = 50
    level: float = 0.01
    seed: int = 7


@dataclass(frozen=True)
class Measured:
    """One feature measured: distance and p-value; None where there is too little to say."""

    feature: str
    kind: str
    statistic: float | None
    p_value: float | None
    is_calendar: bool
    adjusted_p_value: float | None = None


@dataclass(frozen=True, eq=False)
class Baseline:
    """The reference made ready for many windows; `rows` hold each listener once."""

    rows: "pd.DataFrame"
    schema: FeatureSchema
    rule: Rule

    @cached_property
    def numbers(self) -> "dict[str, Floats]":
        """Every numeric feature in order."""
        return {name: ordered(self.rows[name]) for name in self.schema.numeric}

    @cached_property
    def categories(self) -> "dict[str, tuple[Levels, Integers]]":
        """Levels and their counts of every categorical feature."""
        levels = {name: Levels.of(self.rows[name]) for name in self.schema.categorical}
        return {name: (known, known.counts(self.rows[name])) for name, known in levels.items()}

    def compare(self, window: "pd.DataFrame", calendar: Collection[str]) -> "pd.DataFrame":
        """The columns of DRIFT_REPORT but day and version, a row a feature; `window` holds each listener once.

        The features of `calendar` move by themselves. Their p-values are adjusted apart from the others', since sure
        discoveries would make chance ones among the others easier.
        """
        enough = min(len(self.rows), len(window)) >= self.rule.least_rows
        measured = [
            self._measure(number, column, window[column.name], is_calendar=column.name in calendar)
            if enough
            else Measured(column.name, _kind(column), None, None, column.name in calendar)
            for number, column in enumerate(self.schema.columns)
        ]
        rows = [*_adjusted(measured, is_calendar=False), *_adjusted(measured, is_calendar=True)]
        return self._table(rows, len(window))

    def _measure(self, number: int, column: FeatureColumn, values: "pd.Series[Any]", *, is_calendar: bool) -> Measured:
        if column.is_categorical:
            statistic, p_value = self._categorical(number, column.name, values)
        else:
            statistic = ks_statistic(self.numbers[column.name], ordered(values))
            p_value = ks_p_value(statistic, len(self.rows), len(values))
        return Measured(column.name, _kind(column), statistic, p_value, is_calendar)

    def _categorical(self, number: int, name: str, values: "pd.Series[str]") -> tuple[float | None, float | None]:
        levels, reference = self.categories[name]
        window = levels.counts(values)
        if window.sum() < self.rule.least_rows:
            return None, None
        return psi(reference, window), psi_p_value(reference, window, seed=self.rule.seed + number)

    def _table(self, measured: list[Measured], n_window: int) -> "pd.DataFrame":
        import pandas as pd

        names = [name for name in DRIFT_REPORT.names if name not in ("day", "model_version")]
        frame = pd.DataFrame(
            {
                **vars(found),
                "test": "psi" if found.kind == CATEGORICAL else "ks",
                "threshold": self._threshold(found),
                "n_reference": len(self.rows),
                "n_window": n_window,
                "verdict": self._verdict(found),
            }
            for found in measured
        )
        numbers = {"statistic": "float64", "p_value": "float64", "adjusted_p_value": "float64"}
        return frame[names].astype(numbers).sort_values("feature", ignore_index=True)

    def _threshold(self, found: Measured) -> float:
        return self.rule.psi if found.kind == CATEGORICAL else self.rule.ks

    def _verdict(self, found: Measured) -> str:
        if found.statistic is None or found.adjusted_p_value is None:
            return NOT_ENOUGH_DATA
        is_drift = found.statistic > self._threshold(found) and found.adjusted_p_value <= self.rule.level
        return DRIFT if is_drift else OK


def would_retrain(report: "pd.DataFrame") -> bool:
    """Whether a report (rows of DRIFT_REPORT) is a cause to retrain: something drifted that no calendar explains."""
    return not causes(report, has_drifted).empty


def _kind(column: FeatureColumn) -> str:
    return CATEGORICAL if column.is_categorical else NUMERIC


def _adjusted(measured: list[Measured], *, is_calendar: bool) -> Iterator[Measured]:
    family = [found for found in measured if found.is_calendar == is_calendar]
    known = adjusted([found.p_value for found in family if found.p_value is not None])
    values = iter(known)
    for found in family:
        yield found if found.p_value is None else replace(found, adjusted_p_value=next(values))
