"""Small causes, decisions and report rows that the tests of retraining share."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from churn_assets.retraining.cause import Cause, Ground
from churn_assets.retraining.decision import Decision
from churn_assets.retraining.evidence import Seen
from churn_assets.retraining.tables import DATA_DRIFT, REFUSAL, RETRAIN

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
MATURE, NEXT_MATURE = date(2026, 5, 4), date(2026, 5, 11)
CLOCK = date(2026, 6, 8)


def cause(trigger: str = DATA_DRIFT, *, champion: str | None = "1", mature: date | None = MATURE) -> Cause:
    """A cause that one feature's drift would be."""
    evidence = {"report": "drift_report", "run": "run-of-the-report", "day": "2026-06-07"}
    return Cause(trigger, Ground(champion, mature), CLOCK, "The device drifted.", evidence)


def retrained(
    seen: Cause | None = None, *, at: datetime = NOON, outcome: str | None = REFUSAL, **more: Any
) -> Decision:
    """A retraining for a cause, and what came of it."""
    decision = Decision.on(seen or cause(), verdict=RETRAIN, reason="The device drifted.", at=at)
    return replace(decision, outcome=outcome, **more)


def seen(day: str, event: int = 1) -> Seen:
    """A materialisation of a day's report."""
    return Seen(event, f"run {event}", day)


def drifted(feature: str = "device", **fields: Any) -> Mapping[str, Any]:
    """A row of `drift_report` that says that a feature drifted, but for `fields`."""
    return {
        "feature": feature,
        "kind": "categorical",
        "test": "psi",
        "statistic": 0.5,
        "p_value": 0.001,
        "adjusted_p_value": 0.002,
        "threshold": 0.25,
        "n_reference": 900,
        "n_window": 300,
        "is_calendar": False,
        "verdict": "drift",
        "model_version": "1",
        **fields,
    }
