"""What the reports about the model's inputs share: the rows they look at, their versions, and a check that warns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from churn_assets.contracts.contract import Contract
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.ingest.clock import first_landed_day
from churn_assets.labels.tables import POPULATION
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Lake, Scan
from churn_assets.monitoring.causes import Row, causes
from churn_assets.monitoring.drift.report import Rule
from churn_assets.monitoring.log_age import LogAge
from churn_assets.monitoring.novelty.report import NoveltyRule
from churn_assets.monitoring.reference import Reference
from churn_assets.monitoring.watched import Watched
from churn_assets.monitoring.window import scored_rows, served_rows, stacked
from churn_assets.resources.checks import run_keys
from churn_assets.resources.partitions import Calendar
from churn_assets.resources.storage import LakeResource
from churn_assets.serving.tables import PREDICTION_LOG
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.registry.registry import ModelRegistry

GROUP = "monitoring"


@dataclass(frozen=True)
class Inputs:
    """The scans that windows are cut from."""

    user_features: Scan
    population: Scan
    prediction_log: Scan


def watched(settings: Settings, registry: "ModelRegistry", inputs: Inputs) -> Watched:
    """What was scored and served, and what the champion was trained on; ReportError if these cannot be compared."""
    schema = CATALOGUE.schema(settings.lookback_days)
    reference = Reference.of_champion(registry, schema)
    scored = scored_rows(inputs.user_features, inputs.population, schema.names)
    served = served_rows(inputs.prediction_log, schema.fingerprint, schema.names)
    age = LogAge(first_landed_day(Lake.of(settings)), settings.lookback_days)
    return Watched(stacked(scored, served), reference, age, settings.drift_window_days)


def reads(dates: Calendar, settings: Settings) -> Mapping[str, dg.PartitionMapping]:
    """Which partitions of its inputs a day is made from."""
    days = settings.drift_window_days
    cutoffs = dates.cutoffs_of_window(days)
    served = dates.days_of_window(days)
    return {USER_FEATURES.table: cutoffs, POPULATION.table: cutoffs, PREDICTION_LOG.table: served}


def version(settings: Settings, rule: Rule | NoveltyRule) -> str:
    """A code version that changes with the features, the rule and the window."""
    parts = ("1", CATALOGUE.fingerprint, *vars(rule).values(), settings.drift_window_days)
    return "-".join(map(str, parts))


def days_of(context: dg.AssetExecutionContext) -> Sequence[date]:
    """The days that a run makes."""
    return [date.fromisoformat(key) for key in context.partition_keys]


def joined(reports: Iterable["pd.DataFrame"]) -> "pd.DataFrame":
    """All reports in one frame."""
    import pandas as pd

    return pd.concat(list(reports), ignore_index=True)


def warning(
    contract: Contract, name: str, dates: Calendar, is_cause: Callable[[Row], bool]
) -> dg.AssetChecksDefinition:
    """A check that only warns: it fails when a report of the run holds a cause to retrain."""

    @dg.asset_check(
        asset=dg.AssetKey(contract.table),
        name=name,
        blocking=False,
        description=f"Warns when a day's {contract.table} is a cause to retrain; says which days, and by what.",
    )
    def check(context: dg.AssetCheckExecutionContext, storage: LakeResource) -> dg.AssetCheckResult:
        keys = run_keys(context.run.tags, dates.days)
        found = causes(read_frame(storage.lake.scan(contract, keys)), is_cause)
        days = sorted({day.date().isoformat() for day in found["day"]})
        features = sorted(set(found["feature"]))
        said = f"{', '.join(features)} on {', '.join(days)}." if days else "Nothing that is a cause to retrain."
        return dg.AssetCheckResult(
            passed=not days,
            severity=dg.AssetCheckSeverity.WARN,
            description=said,
            metadata={"days": days, "features": features},
        )

    return check
