"""A day's drift report as a notebook shows it: the verdict, every feature, and how the worst movers are spread."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_assets.features.catalogue import CATALOGUE
from churn_assets.features.tables import USER_FEATURES
from churn_assets.labels.tables import POPULATION
from churn_assets.lake.frames import read_frame
from churn_assets.lake.lake import Scan
from churn_assets.monitoring.causes import causes, has_drifted
from churn_assets.monitoring.tables import DRIFT, DRIFT_REPORT, NOT_ENOUGH_DATA
from churn_assets.serving.tables import PREDICTION_LOG
from churn_assets.workspace.page import heading, image, page, paragraph, png_of, table
from churn_assets.workspace.partitions import Shelf

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from churn_assets.registry.registry import ModelRegistry

HEADER = ("feature", "test", "distance", "threshold", "p-value (adjusted)", "listeners", "verdict")
SMALL_P_VALUE = 0.001
SHOWN_FEATURES = 12
COLUMNS, PANEL_INCHES = 3, (3.3, 2.1)


@dataclass(frozen=True, eq=False, repr=False)
class Drift:
    """The drift report of one day; it shows itself as HTML in a notebook.

    `features` has a row a feature, the worst movers first; `days` a row a day of those that are reported.
    """

    day: str
    features: "pd.DataFrame"
    days: "pd.DataFrame"
    page: Path | None
    _shelf: Shelf
    _registry: "ModelRegistry"

    @property
    def model_version(self) -> str:
        """The champion whose training it is compared with."""
        return str(self.features["model_version"].iloc[0])

    @property
    def drifted(self) -> list[str]:
        """Features whose drift is a cause to retrain."""
        return list(causes(self.features.reset_index(names="feature"), has_drifted)["feature"])

    @property
    def verdict(self) -> str:
        """`drift`, `ok` or `not enough data`."""
        if self.drifted:
            return "drift"
        is_known = (self.features["verdict"] != NOT_ENOUGH_DATA).any()
        return "ok" if is_known else NOT_ENOUGH_DATA

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        days, size = self._shelf.settings.drift_window_days, int(self.features["n_window"].iloc[0])
        about = f"the {size:,} listeners of the {days} days up to {self.day} beside the training of version"
        match self.verdict:
            case "drift":
                return f"{', '.join(self.drifted)} drifted: {about} {self.model_version}."
            case "ok":
                return f"No feature drifted that the calendar does not move: {about} {self.model_version}."
            case _:
                return f"Not enough data for a verdict: {about} {self.model_version}."

    @cached_property
    def figure(self) -> "Figure":
        """How the features that moved most are spread in the training and in the window."""
        from churn_assets.monitoring.drift.chart import SHOWN_MOVERS, panels
        from churn_assets.monitoring.panels import paneled

        report = self.features.reset_index(names="feature")
        names = list(report["feature"].head(SHOWN_MOVERS))
        drawn = panels(report, self._reference(names), self._window(names))
        return paneled(drawn, columns=COLUMNS, size=PANEL_INCHES)

    def _reference(self, names: Sequence[str]) -> "pd.DataFrame":
        """The last days of the training, each listener once."""
        from churn_assets.monitoring.reference import Reference

        rows = self._registry.open(self._registry.version(self.model_version)).reference()
        schema = CATALOGUE.schema(self._shelf.settings.lookback_days)
        return Reference(self.model_version, schema, rows).newest(self._shelf.settings.drift_window_days)[list(names)]

    def _window(self, names: Sequence[str]) -> "pd.DataFrame":
        """The listeners that the report looked at, each once."""
        from churn_assets.monitoring.window import Window, scored_rows, served_rows, stacked

        settings, lake, last = self._shelf.settings, self._shelf.lake, date.fromisoformat(self.day)
        window = Window(last, settings.drift_window_days)
        first, end = window.first_cutoff.isoformat(), window.last_cutoff.isoformat()
        features, population = (_between(lake.scan(one), first, end) for one in (USER_FEATURES, POPULATION))
        began = (window.first_cutoff - timedelta(days=1)).isoformat()
        predictions = _between(lake.find(PREDICTION_LOG, lake.keys(PREDICTION_LOG)), began, end)
        fingerprint = CATALOGUE.schema(settings.lookback_days).fingerprint
        scored, served = scored_rows(features, population, names), served_rows(predictions, fingerprint, names)
        return window.rows(stacked(scored, served))

    def _repr_html_(self) -> str:
        worst = self.features.head(SHOWN_FEATURES)
        rows = [_cells(row) for row in worst.reset_index(names="feature").to_dict("records")]
        pages = [] if self.page is None else [paragraph(f"Every feature as a page: {self.page}", "quiet")]
        return page(
            f"Drift report of {self.day}",
            heading(f"Drift on {self.day}: {self.verdict}"),
            paragraph(self.sentence, "bad" if self.drifted else "good" if self.verdict == "ok" else ""),
            table(f"The {len(rows)} features that moved most, of {len(self.features)}", HEADER, rows),
            image(
                png_of(self.figure),
                f"The features that moved most, in training and in the window: {worst.index[0]} first",
            ),
            *pages,
        )

    def __repr__(self) -> str:
        return f"<Drift on {self.day}: {self.sentence} See .features, .days, .figure>"


def _cells(row: Mapping[Hashable, Any]) -> Sequence[object]:
    """What the page tells of one feature."""
    p_value = row["adjusted_p_value"]
    chance = f"under {SMALL_P_VALUE}" if p_value < SMALL_P_VALUE else p_value
    verdict = f"{row['verdict']} (calendar)" if row["is_calendar"] and row["verdict"] == DRIFT else row["verdict"]
    return row["feature"], row["test"], row["statistic"], row["threshold"], chance, row["n_window"], verdict


def _between(scan: Scan, first: str, last: str) -> Scan:
    return scan.between(first, last)


def drift(scan: Scan, shelf: Shelf, registry: "ModelRegistry") -> Drift:
    """The report of the newest day of a scan of `drift_report`."""
    from churn_assets.monitoring.drift.chart import by_movement
    from churn_assets.workspace.listing import Listing

    key = scan.keys[-1]
    rows = by_movement(read_frame(scan.only([key])).drop(columns="day")).set_index("feature")
    every = read_frame(shelf.lake.scan(DRIFT_REPORT))
    file = shelf.settings.reports / "drift" / f"{key}.html"
    return Drift(key, Listing(rows), Listing(_days(every)), file if file.exists() else None, shelf, registry)


def _days(rows: "pd.DataFrame") -> "pd.DataFrame":
    """How many features drifted on each day, and which of them are a cause to retrain."""
    import pandas as pd

    red = causes(rows, has_drifted).groupby("day")["feature"].agg([len, ", ".join])
    days = rows.groupby("day").agg(model_version=("model_version", "first"), n_window=("n_window", "first"))
    days["drifted"] = red["len"].reindex(days.index, fill_value=0) if len(red) else 0
    days["features"] = red["join"].reindex(days.index, fill_value="") if len(red) else ""
    return days.set_index(pd.DatetimeIndex(days.index).date)
