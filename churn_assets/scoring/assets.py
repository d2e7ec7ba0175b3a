"""The asset of the scoring stage: who is likely to leave, and why."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from churn_assets.cutoffs import midnight
from churn_assets.features.catalogue import CATALOGUE
from churn_assets.ingest.clock import data_clock
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Scan
from churn_assets.registry.tables import CHAMPION_MODEL
from churn_assets.resources.charts import charted
from churn_assets.resources.checks import contract_check
from churn_assets.resources.lake_asset import Table, lake_asset
from churn_assets.resources.lake_io import Product
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
        storage: LakeResource,
        models: ModelStoreResource,
        *,
        user_features: Scan,
        population: Scan,
    ) -> Product:
        from churn_assets.scoring.score import Moment, score

        registry = models.registry()
        champion = registry.load(registry.champion())
        known = read_frame(population, ["cutoff", "user_id", "at_risk"])
        frame = read_frame(user_features).merge(known[known["at_risk"]], on=["cutoff", "user_id"])
        clock = data_clock(storage.lake)
        moment = Moment(midnight(clock), datetime.now(UTC).replace(tzinfo=None))
        scores = score(frame, champion, schema=CATALOGUE.schema(settings.lookback_days), bands=bands, moment=moment)
        return Product(scores, charted(scores_chart))

    return churn_scores
