"""The drift report as a page of Evidently, made with our own distances and verdicts."""

import hashlib
import importlib.metadata
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from churn_assets.errors import ReportError
from churn_assets.monitoring.drift.ks import ks_statistic, ordered
from churn_assets.monitoring.drift.psi import Levels, psi
from churn_assets.monitoring.drift.report import CATEGORICAL
from churn_assets.monitoring.tables import DRIFT, NOT_ENOUGH_DATA
from churn_assets.training.arrays import NO_TEXT

if TYPE_CHECKING:
    import pandas as pd

KS, PSI = "churn_assets_ks", "churn_assets_psi"
"""Names of our distances among Evidently's tests: its own `ks` gives a p-value, its `psi` takes new categories in."""
MARK = " (moves with the calendar)"
NULL_GAP = 0.05
"""Nulls are drawn as a value this share of the range below the least one."""


@dataclass(frozen=True, eq=False)
class DriftPage:
    """What a page shows: the reference, the window and the report about them (columns of DRIFT_REPORT)."""

    reference: "pd.DataFrame"
    window: "pd.DataFrame"
    report: "pd.DataFrame"

    @cached_property
    def snapshot(self) -> Any:
        """Evidently's own result; ReportError if there was not enough data to compare."""
        if not len(self.report) or (self.report["verdict"] == NOT_ENOUGH_DATA).all():
            raise ReportError("There is no page of a report without verdicts: wait for more listeners in the window.")
        with _evidently():
            from evidently import DataDefinition, Dataset, Report

            definition = DataDefinition(
                numerical_columns=[self.shown[name] for name in self._of_kind(is_categorical=False)],
                categorical_columns=[self.shown[name] for name in self._of_kind(is_categorical=True)],
            )
            reference, window = (Dataset.from_pandas(frame, definition) for frame in self._frames())
            self._register()
            return Report(self._parts()).run(current_data=window, reference_data=reference)

    def html(self) -> str:
        """The whole page: it needs nothing from elsewhere. Its last line is the `mark`."""
        with _evidently():
            page: str = self.snapshot.get_html_str(as_iframe=False)
        return f"{page}\n{self.mark}"

    @cached_property
    def mark(self) -> str:
        """A comment that is equal for pages that show the same: made of reference, window, report and Evidently."""
        import pandas as pd

        digest = hashlib.sha256(f"{importlib.metadata.version('evidently')}\n{self.report.to_csv()}".encode())
        for frame in (self.reference, self.window):
            digest.update(pd.util.hash_pandas_object(frame[list(self.shown)], index=False).to_numpy().tobytes())
        return f"<!-- made of {digest.hexdigest()} -->"

    def statistics(self) -> dict[str, float]:
        """The distance that Evidently computed for each feature."""
        names = {shown: name for name, shown in self.shown.items()}
        found = self.snapshot.dict()["metrics"]
        return {
            names[metric["config"]["column"]]: float(metric["value"])
            for metric in found
            if "column" in metric["config"] and metric["metric_name"].startswith("ValueDrift")
        }

    @cached_property
    def shown(self) -> Mapping[str, str]:
        """Names of the compared features as the page shows them."""
        judged = self.report[self.report["verdict"] != NOT_ENOUGH_DATA]
        marks = [MARK if is_calendar else "" for is_calendar in judged["is_calendar"]]
        return {name: name + mark for name, mark in zip(judged["feature"], marks, strict=True)}

    def _of_kind(self, *, is_categorical: bool) -> list[str]:
        rows = self.report[(self.report["kind"] == CATEGORICAL) == is_categorical]
        return [name for name in rows["feature"] if name in self.shown]

    def _frames(self) -> Iterator["pd.DataFrame"]:
        """Reference and window as Evidently can take them: it drops nulls, and cannot do without values."""
        import pandas as pd

        filled: dict[str, list[pd.Series[Any]]] = {}
        for name in self._of_kind(is_categorical=False):
            filled[self.shown[name]] = _without_nulls(self.reference[name], self.window[name])
        for name in self._of_kind(is_categorical=True):
            columns = (self.reference[name], self.window[name])
            filled[self.shown[name]] = [column.astype(object).where(column.notna(), NO_TEXT) for column in columns]
        for side in (0, 1):
            yield pd.DataFrame({name: columns[side] for name, columns in filled.items()})

    def _parts(self) -> list[Any]:
        from evidently.metrics import ValueDrift
        from evidently.presets import DataDriftPreset

        tests = list(self._tests())
        heeded = {test.column: test for test in tests if not test.column.endswith(MARK)}
        alone = [ValueDrift(**test._asdict()) for test in tests if test.column not in heeded]
        if not heeded:
            return alone
        preset = DataDriftPreset(
            columns=list(heeded),
            drift_share=1 / len(heeded),
            per_column_method={name: test.method for name, test in heeded.items()},
            per_column_threshold={name: test.threshold for name, test in heeded.items()},
        )
        return [preset, *alone]

    def _tests(self) -> "Iterator[_Test]":
        """How each of the features that are shown is compared."""
        methods = self.report["kind"].map({CATEGORICAL: PSI}).fillna(KS)
        for name, method, threshold in zip(self.report["feature"], methods, self.report["threshold"], strict=True):
            if name in self.shown:
                yield _Test(self.shown[name], method, threshold)

    def _by_feature(self, column: str) -> dict[str, Any]:
        return dict(zip(self.report["feature"], self.report[column], strict=True))

    def _register(self) -> None:
        """Make our distances tests of Evidently's; a feature has drifted where the report says so."""
        from evidently.legacy.calculations.stattests import StatTest, register_stattest
        from evidently.legacy.core import ColumnType

        verdicts = {self.shown.get(name): verdict == DRIFT for name, verdict in self._by_feature("verdict").items()}

        def numeric(reference: Any, window: Any, _type: Any, _threshold: float) -> tuple[float, bool]:
            return ks_statistic(ordered(reference), ordered(window)), verdicts[reference.name]

        def categorical(reference: Any, window: Any, _type: Any, _threshold: float) -> tuple[float, bool]:
            levels = Levels.of(reference)
            return psi(levels.counts(reference), levels.counts(window)), verdicts[reference.name]

        for name, words, kind, test in (
            (KS, "KS statistic", ColumnType.Numerical, numeric),
            (PSI, "PSI of known categories", ColumnType.Categorical, categorical),
        ):
            register_stattest(StatTest(name=name, display_name=words, allowed_feature_types=[kind]), default_impl=test)


class _Test(NamedTuple):
    """How a column of the page is compared, as Evidently wants to be told."""

    column: str
    method: str
    threshold: float


def _without_nulls(*columns: "pd.Series[float]") -> "list[pd.Series[float]]":
    values = np.concatenate([column.to_numpy(dtype=np.float64, na_value=np.nan) for column in columns])
    known = values[~np.isnan(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    below = low - (NULL_GAP * (high - low) or 1.0)
    return [column.astype("float64").fillna(below) for column in columns]


@contextmanager
def _evidently() -> Iterator[None]:
    """Evidently without telemetry, and without its warnings about columns that never vary."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
