"""What the UI shows of a drift report."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from churn_assets.monitoring.drift.chart import by_movement
from churn_assets.monitoring.drift.report import Baseline, Rule
from churn_assets.resources.drift_views import drift_table, movers_chart
from churn_assets_tests.monitoring.crowd import SCHEMA, crowd

REFERENCE, WINDOW = crowd(300, 1), crowd(200, 2).assign(device="Mobile", freq_7d=9.0)
REPORT = Baseline(REFERENCE, SCHEMA, Rule()).compare(WINDOW, {"freq_7d"})


def test_the_worst_mover_comes_first_and_the_calendars_last() -> None:
    order = by_movement(REPORT)["feature"].tolist()

    assert (order[0], order[-1]) == ("device", "freq_7d")


def test_the_table_holds_every_feature_with_its_verdict() -> None:
    lines = str(drift_table(REPORT).value).splitlines()

    assert len(lines) == len(SCHEMA.names) + 2
    assert lines[2].startswith("| device | psi |")
    assert lines[2].endswith("| False | drift |")


def test_a_report_without_numbers_has_a_table_too() -> None:
    report = Baseline(REFERENCE, SCHEMA, Rule()).compare(WINDOW.iloc[:10], ())

    assert "not enough data" in str(drift_table(report).value)


@pytest.mark.parametrize("rows", [200, 0])
def test_the_movers_are_drawn_even_where_there_is_nothing_to_draw(rows: int) -> None:
    window = WINDOW.iloc[:rows]
    report = Baseline(REFERENCE, SCHEMA, Rule()).compare(window, ())

    drawn = str(movers_chart(report, REFERENCE, window).value)

    image = Image.open(io.BytesIO(base64.b64decode(drawn.partition("base64,")[2].rstrip(")"))))
    assert len(np.unique(np.asarray(image.convert("L")))) > 4
