"""The asset of the scoring stage: who is likely to leave, and why."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from churn_assets.cutoffs import midnight
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.ingest.clock import data_clock
from churn_assets.labels.tables import POPULATION
from churn_assets.lake.lake import Scan
from churn_assets.registry.tables import CHAMPION_MODEL
from churn_assets.resources.charts import charted
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import Table, lake_asset
from churn_assets.resources.lake_io import Product, StagedFiles
from churn_assets.resources.model_charts import scores_chart
from churn_assets.resources.model_store import ModelStoreResource
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.resources.storage import LakeResource
from churn_assets.scoring.bands import RiskBands
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.settings import Settings

GROUP = "scoring"


def scoring_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The scores and their contract check."""
    dates = calendar(settings)
    return _churn_scores(dates, settings), contract_check(CHURN_SCORES, dates.cutoffs)


def _churn_scores(dates: Calendar, settings: Settings) -> dg.AssetsDefinition:
    bands = RiskBands(medium=settings.medium_risk, high=settings.high_risk)
    table = Table(
        contract=CHURN_SCORES,
        group=GROUP,
        code_version=f"1-{CATALOGUE.fingerprint}-{bands.medium}-{bands.high}",
        description=(
            "Every at-risk listener of a cut-off: the champion's probability that they leave within the horizon, the "
            "risk band, and why in words. A score of a cut-off that the model was trained on is in-sample."
        ),
        kinds=frozenset({"mlflow", "parquet"}),
        is_record=True,
        after=(CHAMPION_MODEL.table,),
    )

    @lake_asset(table, dates.cutoffs)
    def churn_scores(
        context: dg.AssetExecutionContext,
        storage: LakeResource,
        models: ModelStoreResource,
        *,
        user_features: Scan,  # noqa: ARG001 — the dependency; what is missing of it must be told of
        population: Scan,  # noqa: ARG001 — the same
    ) -> Product:
        from churn_assets.scoring.batches import Scorer
        from churn_assets.scoring.score import Moment

        registry, lake = models.registry(), storage.lake
        champion = registry.load(registry.champion())
        moment = Moment(midnight(data_clock(lake)), datetime.now(UTC).replace(tzinfo=None))
        scorer = Scorer(champion, CATALOGUE.schema(settings.lookback_days), bands, moment, settings.threads)
        features, known = (lake.scan(contract, context.partition_keys) for contract in (USER_FEATURES, POPULATION))
        return Product(StagedFiles(CHURN_SCORES, scorer.stage(features, known, lake)), charted(scores_chart))

    return churn_scores
