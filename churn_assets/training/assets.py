"""The assets of the training stage that look at data alone: the training set and the back-test."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from churn_assets.features.catalogue import CATALOGUE
from churn_assets.ingest.clock import data_clock
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import WHOLE, Lake, Scan
from churn_assets.lake.recipe import Recipe
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import Table, lake_asset
from churn_assets.resources.lake_io import Product
from churn_assets.resources.model_charts import lines
from churn_assets.resources.plots import picture
from churn_assets.resources.storage import LakeResource
from churn_assets.settings import Settings
from churn_assets.training.tables import MODEL_BACKTEST, TRAINING_SET
from churn_assets.training.training_set import training_set as make_training_set

if TYPE_CHECKING:
    import pandas as pd

    from churn_assets.training.options import TrainingOptions
    from churn_assets.training.split import LandedLog

GROUP = "training"
SHOWN_METRICS = ("log_loss", "roc_auc")


def training_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """Training set and back-test, with their contract checks."""
    return (
        _training_set(settings),
        _model_backtest(settings),
        contract_check(TRAINING_SET),
        contract_check(MODEL_BACKTEST),
    )


def training_options(settings: Settings) -> "TrainingOptions":
    """What the settings say of training."""
    from churn_assets.training.options import TrainingOptions

    return TrainingOptions(
        target=settings.target,
        horizon_days=settings.horizon_days,
        folds=settings.folds,
        seed=settings.seed,
        threads=settings.threads,
    )


def landed_log(settings: Settings, lake: Lake) -> "LandedLog":
    """The schedule of cut-offs and how far the log in the lake goes."""
    from churn_assets.training.split import LandedLog

    return LandedLog(settings.cutoffs, data_clock(lake))


def _training_set(settings: Settings) -> dg.AssetsDefinition:
    table = Table(
        contract=TRAINING_SET,
        group=GROUP,
        code_version=CATALOGUE.fingerprint,
        description=(
            "Features and labels side by side: every listener of every mature cut-off, with the flag that says who "
            "could still be saved. What models learn from and are judged on."
        ),
    )

    @lake_asset(table)
    def training_set(storage: LakeResource, user_features: Scan, churn_labels: Scan) -> Product:
        from churn_assets.training.split import promotion_split

        labelled = churn_labels.keys
        if not labelled:
            promotion_split([], landed_log(settings, storage.lake), holdout=settings.holdout_cutoffs)
        recipe = Recipe(
            TRAINING_SET,
            lambda t: make_training_set(t["user_features"], t["churn_labels"]),
            lambda _keys: {"user_features": user_features.only(labelled), "churn_labels": churn_labels},
        )
        return Product(recipe)

    return training_set


def _model_backtest(settings: Settings) -> dg.AssetsDefinition:
    table = Table(
        contract=MODEL_BACKTEST,
        group=GROUP,
        code_version=f"1-{settings.target}-{settings.backtest_cutoffs}-{settings.folds}-{settings.seed}",
        description=(
            "Every rung of the ladder, from the base rate to CatBoost, trained as if each test cut-off were today and "
            "tested on what came after: the honest estimate of how good predictions are."
        ),
        kinds=frozenset({"scikitlearn", "parquet"}),
    )

    @lake_asset(table)
    def model_backtest(storage: LakeResource, training_set: Scan) -> Product:
        from churn_assets.training.backtest import backtest
        from churn_assets.training.rungs import ladder
        from churn_assets.training.split import rolling_origin

        frame, options = read_frame(training_set), training_options(settings)
        cutoffs = sorted({moment.date() for moment in frame["cutoff"].unique()})
        splits = rolling_origin(cutoffs, landed_log(settings, storage.lake), newest=settings.backtest_cutoffs)
        rungs = ladder(horizon_days=options.horizon_days, threads=options.threads)
        measured = backtest(frame, CATALOGUE.schema(settings.lookback_days), options, rungs=rungs, splits=splits)
        return Product(measured, lambda _landed: {WHOLE: _pictured(measured)})

    return model_backtest


def _pictured(measured: "pd.DataFrame") -> Mapping[str, Any]:
    """One panel a metric, one line a rung, over the test cut-offs."""
    churned = measured[measured["target"] == "churned"]
    panels = []
    for metric in SHOWN_METRICS:
        wide = churned[churned["metric"] == metric].pivot_table(index="cutoff", columns="rung", values="value")
        days = [moment.date().isoformat() for moment in wide.index]
        panels.append(lines(f"{metric} by test cut-off", days, {str(rung): list(wide[rung]) for rung in wide}))
    return {"plot": picture(panels, size=(5, 3.4)), "test_cutoffs": int(churned["cutoff"].nunique())}
