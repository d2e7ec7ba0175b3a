"""The asset of the retention stage: whom to call, and whom to leave alone so that calling can be judged."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Scan
from churn_assets.resources.checks import contract_check, run_keys
from churn_assets.resources.lake_asset import NEWEST, Table, lake_asset
from churn_assets.resources.lake_io import Landed, Product, Report
from churn_assets.resources.metadata import Metadata
from churn_assets.resources.partitions import Calendar, calendar
from churn_assets.resources.plots import picture
from churn_assets.resources.storage import LakeResource
from churn_assets.retention.candidates import candidates, listed_before
from churn_assets.retention.listing import Listing, listings
from churn_assets.retention.tables import RETENTION_LIST
from churn_assets.retention.terms import Terms
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

GROUP = "retention"
FOLDER = "retention"
FAIR_DRAW = "fair_draw"
UNLIKELY = 0.001


def retention_assets(settings: Settings) -> Sequence[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The retention list, its contract, and the check that warns when a list does not keep its terms."""
    dates, terms = calendar(settings), Terms.of(settings)
    return (
        _retention_list(dates, terms, settings.reports / FOLDER),
        contract_check(RETENTION_LIST, dates.cutoffs),
        _fair_draw(dates),
    )


def _retention_list(dates: Calendar, terms: Terms, folder: Path) -> dg.AssetsDefinition:
    table = Table(
        contract=RETENTION_LIST,
        group=GROUP,
        code_version="1",
        description=(
            "Whom to call at a cut-off: the listeners at risk, by the money that a call is expected to bring "
            "(probability x save rate x value - cost), as far as the budget reaches; and a random hold-out group that "
            "is left alone, so that the effect of calling can be measured. A list that was called from stays as it was."
        ),
        kinds=frozenset({"pandas", "parquet", "csv"}),
        possible=NEWEST,
        is_record=True,
    )

    @lake_asset(table, dates.cutoffs)
    def retention_list(
        context: dg.AssetExecutionContext, storage: LakeResource, *, churn_scores: Scan, user_features: Scan
    ) -> Product:
        keys = sorted(context.partition_keys)
        storage.lake.scan(CHURN_SCORES, keys)
        days = [date.fromisoformat(key) for key in keys]
        earlier = listed_before(storage.lake, days[0], terms.rest_days)
        made = listings(candidates(churn_scores, user_features), terms, cutoffs=days, earlier=earlier)
        return Product(_rows(made), _told(made, terms, folder))

    return retention_list


def _rows(made: Mapping[date, Listing]) -> "pd.DataFrame":
    import pandas as pd

    return pd.concat([listing.listed for listing in made.values()])


def _told(made: Mapping[date, Listing], terms: Terms, folder: Path) -> Report:
    """Write a CSV file a list; show its figures and, of the newest one, the pictures."""

    def told(landed: Landed) -> Mapping[str, Metadata]:
        from churn_assets.retention.chart import panels
        from churn_assets.retention.export import export_list

        said: dict[str, Metadata] = {}
        for key in landed.scan.keys:
            listing = made[date.fromisoformat(key)]
            csv = export_list(listing.listed, folder / f"{key}.csv")
            said[key] = {**_figures(listing, terms), "csv": dg.MetadataValue.path(str(csv.resolve()))}
        drawn = picture(panels(listing))
        return said | {key: {**said[key], "plot": drawn}}

    return told


def _figures(listing: Listing, terms: Terms) -> Metadata:
    """The list in figures: people, money, and the terms."""
    levels = sorted({str(level) for level in listing.valued["level"] if level is not None})
    return {
        "calls": len(listing.called),
        "held_out": listing.held_out,
        "resting": listing.resting,
        "not_reached": listing.not_reached,
        "cost_of_calls": listing.cost,
        "expected_value": listing.expected_value,
        "break_even_probability": dg.MetadataValue.json({level: terms.break_even(level) for level in levels}),
        "terms": dg.MetadataValue.json({name: value for name, value in asdict(terms).items() if name != "seed"}),
    }


def _fair_draw(dates: Calendar) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(RETENTION_LIST.table),
        name=FAIR_DRAW,
        blocking=False,
        description=f"Warns when chance holds out so many or few listeners only once in {1 / UNLIKELY:,.0f} lists.",
    )
    def fair_draw(context: dg.AssetCheckExecutionContext, storage: LakeResource) -> dg.AssetCheckResult:
        from churn_assets.retention.fairness import chances

        rows = read_frame(storage.lake.scan(RETENTION_LIST, run_keys(context.run.tags, dates.cutoffs)))
        found = chances(rows)
        unlikely = sorted(cutoff for cutoff, chance in found.items() if chance < UNLIKELY)
        return dg.AssetCheckResult(
            passed=not unlikely,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"The draw of {', '.join(unlikely)} is no fair one."
            if unlikely
            else "The arms are a fair draw.",
            metadata={"chances": dg.MetadataValue.json(found)},
        )

    return fair_draw
