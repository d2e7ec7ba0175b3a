"""The picture of a day."""

import base64
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from churn_assets.monitoring.performance.chart import TITLES, panels
from churn_assets.monitoring.performance.report import report
from churn_assets.monitoring.performance.watch import Watch
from churn_assets.resources.plots import picture
from churn_assets_tests.monitoring.performance.cohorts import (
    LATER,
    SCHEDULE,
    cohort,
    drawn,
    jury,
    probabilities,
    production,
)

SAID = probabilities(200)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Eleven cut-offs, seven of them with labels."""
    parts = [cohort(SAID, drawn(SAID, seed=n), cutoff=LATER[n]) for n in range(7)]
    parts += [cohort(SAID, cutoff=day) for day in LATER[7:11]]
    found = report(Watch(parts, {"1": production()}, jury()), [SCHEDULE.matures_on(LATER[6])])
    return found[found["target"] == "churned"]


def drawings(rows: pd.DataFrame) -> Iterator[Axes]:
    """An axes a panel."""
    for draw in panels(rows):
        axes = Figure().add_subplot()
        draw(axes)
        yield axes


def series(axes: Axes) -> dict[str, np.ndarray]:
    """The values of each named line."""
    return {str(line.get_label()): np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()}


def test_every_metric_shows_realised_estimated_and_production(rows: pd.DataFrame) -> None:
    for axes, metric in zip(drawings(rows), TITLES, strict=True):
        shown, own = series(axes), rows[rows["metric"] == metric]
        realised, estimated = (own[own["kind"] == kind]["value"].to_numpy() for kind in ("realised", "estimated"))
        assert shown["realised, 95 %"].tolist() == realised.tolist(), metric
        assert shown["estimated, 95 %"].tolist() == estimated.tolist(), metric
        assert len(realised) < len(estimated)
        assert shown["promotion test, 95 %"][0] == pytest.approx(own["production"].iloc[0], nan_ok=True)


def test_the_legend_stands_once(rows: pd.DataFrame) -> None:
    assert [axes.get_legend() is not None for axes in drawings(rows)] == [True, False, False, False]


def test_cutoffs_without_labels_and_undefined_metrics_are_left_open(rows: pd.DataFrame) -> None:
    blind = rows[rows["kind"] == "estimated"]
    undefined = rows.assign(value=rows["value"].where(rows["kind"] == "estimated"))

    for shown in (blind, undefined):
        assert all("realised, 95 %" not in series(axes) for axes in drawings(shown))


def test_nothing_to_show_is_said(rows: pd.DataFrame) -> None:
    assert [axes.texts[0].get_text() for axes in drawings(rows.head(0))] == ["no honest cut-off yet"] * len(TITLES)


def test_the_picture_is_small_enough_for_the_event_log(rows: pd.DataFrame) -> None:
    shown = picture(panels(rows), size=(4.6, 2.6)).value
    content = base64.b64decode(str(shown).split("base64,")[1].rstrip(")"))

    assert len(str(shown)) < 30_000
    assert Image.open(BytesIO(content)).width > 600
