"""The table `performance_report`: every metric of every honest cohort on a day, estimated beside realised."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pandas as pd

from churn_assets.cutoffs import midnight
from churn_assets.monitoring.performance.cohort import Cohort
from churn_assets.monitoring.performance.reading import Reading
from churn_assets.monitoring.performance.watch import VersionState, Watch
from churn_assets.monitoring.tables import ESTIMATED, PERFORMANCE_REPORT, REALISED
from churn_assets.training.bootstrap import Interval

ORDER = ["day", *PERFORMANCE_REPORT.order]
TIMES = dict.fromkeys(("day", "cutoff", "matures_on"), "datetime64[ms]")
NULLABLE = {"positives": "Int64", "is_estimate_off": "boolean"}
NUMBERS = ("value", "low", "high", "production", "production_low", "production_high", "estimator_error", "p_value")
TYPES = TIMES | NULLABLE | dict.fromkeys(NUMBERS, "float64")


def report(watch: Watch, days: Sequence[date]) -> pd.DataFrame:
    """The rows of PERFORMANCE_REPORT of `days`, in its order; a day without an honest cohort has none."""
    rows = [row for day in days for state in watch.states(day) for row in _rows(watch, state, day)]
    frame = pd.DataFrame(rows, columns=list(PERFORMANCE_REPORT.names)).astype(TYPES)
    return frame.sort_values(ORDER, ignore_index=True)


def _rows(watch: Watch, state: VersionState, day: date) -> Iterator[dict[str, Any]]:
    readings = list(watch.readings(state))
    by_kind = {(cohort.cutoff, reading.kind, reading.target): reading for cohort, reading in readings}
    for cohort, reading in readings:
        other = REALISED if reading.kind == ESTIMATED else ESTIMATED
        compared = by_kind.get((cohort.cutoff, other, reading.target))
        for metric, found in reading.metrics.items():
            promised = state.production.get(reading.target, metric)
            yield {
                "day": midnight(day),
                **_measured(cohort, reading, metric, state),
                "production": promised.value,
                "production_low": promised.low,
                "production_high": promised.high,
                **_beside(reading, found, None if compared is None else compared.metrics[metric]),
                "p_value": _p_value(cohort, reading, metric, state),
                "verdict": state.verdict,
            }


def _measured(cohort: Cohort, reading: Reading, metric: str, state: VersionState) -> dict[str, Any]:
    found = reading.metrics[metric]
    return {
        "model_version": state.production.version,
        "cutoff": midnight(cohort.cutoff),
        "matures_on": midnight(cohort.matures_on),
        "target": reading.target,
        "metric": metric,
        "kind": reading.kind,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "n": reading.n,
        "positives": reading.positives,
    }


def _beside(reading: Reading, found: Interval, other: Interval | None) -> dict[str, Any]:
    """Estimated minus realised, and whether the realised value lies outside the estimate's interval."""
    if other is None or found.value is None or other.value is None:
        return {"estimator_error": None, "is_estimate_off": None}
    guess, truth = (found, other) if reading.kind == ESTIMATED else (other, found)
    assert guess.value is not None
    assert truth.value is not None
    is_off = None if guess.low is None or guess.high is None else not guess.low <= truth.value <= guess.high
    return {"estimator_error": guess.value - truth.value, "is_estimate_off": is_off}


def _p_value(cohort: Cohort, reading: Reading, metric: str, state: VersionState) -> float | None:
    """The p-value of what the verdict looked at: the tested metrics of the version's own target, as realised."""
    decline = state.decline
    if decline is None or cohort.cutoff not in decline.cutoffs or metric not in decline.trials:
        return None
    is_tested = reading.kind == REALISED and reading.target == state.production.target
    return decline.trials[metric].p_value if is_tested else None
