"""Reports as notebooks show them."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churn_assets
from churn_assets.errors import MissingPartitionError
from churn_assets.lake.lake import Lake
from churn_assets.monitoring.tables import DRIFT_REPORT, PERFORMANCE_REPORT
from churn_assets.workspace.performance import Performance, Rule
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import Service
from churn_assets_tests.workspace.test_models import Tags

NEWEST = "2026-02-10"
RULE = Rule("churned", 0.05)
FOREIGN = re.compile(r"""(src|href)=(?!["']?data:)|url\(|@import|<script""")


def reported(**changed: object) -> pd.DataFrame:
    """Rows of a performance report: version 1, three metrics, one matured cut-off and one that is open."""
    rows = [
        {
            "day": pd.Timestamp(NEWEST),
            "model_version": "1",
            "cutoff": pd.Timestamp(cutoff),
            "target": "churned",
            "metric": metric,
            "kind": kind,
            "value": value,
            "low": value - 0.05,
            "high": value + 0.05,
            "n": 100,
            "positives": 12,
            "matures_on": pd.Timestamp(cutoff) + pd.Timedelta(days=7),
            "production": 0.8,
            "production_low": 0.75,
            "production_high": 0.85,
            "estimator_error": np.nan,
            "is_estimate_off": None,
            "p_value": 0.001 if (metric, kind) == ("roc_auc", "realised") else np.nan,
            "verdict": "ok",
            **changed,
        }
        for metric, value in (("roc_auc", 0.6), ("log_loss", 0.4), ("base_rate", 0.12))
        for cutoff, kinds in (("2026-02-02", ("estimated", "realised")), ("2026-02-09", ("estimated",)))
        for kind in kinds
    ]
    return pd.DataFrame(rows)


def pages(ws: Workspace) -> Iterator[tuple[str, str]]:
    """Every page that a notebook may show."""
    yield "drift", ws.drift()._repr_html_()
    yield "performance", ws.performance()._repr_html_()
    yield "card", ws.model().card()._repr_html_()


def test_every_page_needs_nothing_from_elsewhere_and_names_what_it_shows(ws: Workspace) -> None:
    for name, html in pages(ws):
        assert FOREIGN.search(html) is None, name
        assert re.search(r'<section class="churn-assets" aria-label="[^"]+">', html), name
        assert len(re.findall(r"<img alt=\"[^\"]{20,}\"", html)) == html.count("<img"), name


def test_every_table_has_headers_for_its_columns(ws: Workspace) -> None:
    for name, html in pages(ws):
        tags = Tags(html).found
        assert tags.count("table") == tags.count("thead") > 0, name
        assert tags.count("th") >= 4, name


def test_the_newest_day_is_shown_unless_another_is_asked_for(ws: Workspace) -> None:
    assert (ws.drift().day, ws.performance().day) == (NEWEST, NEWEST)
    assert (ws.drift(day="2026-02-02").day, ws.performance(day="2026-02-02").day) == ("2026-02-02", "2026-02-02")


def test_the_drift_report_holds_every_feature_and_every_day(ws: Workspace, service: Service) -> None:
    seen, stored = ws.drift(), service.rows(DRIFT_REPORT, NEWEST)

    assert set(seen.features.index) == set(stored["feature"])
    assert list(seen.days.index.astype(str)) == service.lake.keys(DRIFT_REPORT)
    assert seen.model_version == "1"
    assert f"{seen.features['n_window'].iloc[0]:,} listeners of the 7 days up to {NEWEST}" in seen.sentence


def test_drift_that_the_calendar_explains_is_no_drift(ws: Workspace) -> None:
    seen = ws.drift()
    moved = seen.features[seen.features["verdict"] == "drift"]

    assert set(seen.drifted) == set(moved.index[~moved["is_calendar"].astype(bool)])
    assert (seen.verdict == "drift") == bool(seen.drifted)


def test_a_feature_that_drifted_is_named_first_and_drawn(copy: Service) -> None:
    drift_of(copy, {"device": ("drift", 3.0)})

    seen = churn_assets.connect(copy.settings).drift()

    assert (seen.verdict, seen.drifted, seen.features.index[0]) == ("drift", ["device"], "device")
    assert seen.days.iloc[-1]["features"] == "device"
    assert seen.figure.axes[0].get_title(loc="left").startswith("device ")
    assert '<p class="bad">device drifted: ' in seen._repr_html_()


def drift_of(service: Service, changed: dict[str, tuple[str, float]]) -> None:
    """Let the newest report say something else of some features, and `ok` of all others."""
    path = service.lake.path(DRIFT_REPORT, NEWEST)
    frame = pd.read_parquet(path, partitioning=None).assign(verdict="ok", statistic=0.01)
    for name, (verdict, statistic) in changed.items():
        frame.loc[frame["feature"] == name, ["verdict", "statistic"]] = [verdict, statistic]
    frame.to_parquet(path, index=False)


def test_too_little_data_is_no_verdict(copy: Service) -> None:
    path = copy.lake.path(DRIFT_REPORT, NEWEST)
    frame = pd.read_parquet(path, partitioning=None)
    frame.assign(verdict="not enough data", statistic=np.nan, adjusted_p_value=np.nan).to_parquet(path, index=False)

    seen = churn_assets.connect(copy.settings).drift()

    assert seen.verdict == "not enough data"
    assert "Not enough data for a verdict" in seen._repr_html_()


def test_the_performance_report_sets_realised_beside_estimated(ws: Workspace, service: Service) -> None:
    seen = ws.performance()
    stored = service.rows(PERFORMANCE_REPORT, NEWEST).query("target == 'churned'")

    metrics = seen.metrics()

    assert set(metrics.index.get_level_values("metric")) == {"roc_auc", "log_loss", "base_rate"}
    for row in stored[stored["metric"].isin(["roc_auc", "log_loss", "base_rate"])].to_dict("records"):
        assert metrics.loc[(row["metric"], row["cutoff"]), row["kind"]] == pytest.approx(row["value"], nan_ok=True)
    assert seen.verdicts == {"1": stored["verdict"].iloc[0]}


@pytest.mark.parametrize(
    ("verdict", "said", "kind"),
    [
        ("ok", "Version 1: no metric got worse beyond chance.", "good"),
        ("drop", "Version 1: it got worse beyond chance: AUC 0.600 on average (promotion test 0.800).", "bad"),
        ("not enough data", "The next, 2026-02-09, matures on 2026-02-16.", "quiet"),
        ("replaced", "Version 1: it was replaced.", "quiet"),
    ],
)
def test_every_verdict_is_told_in_words(verdict: str, said: str, kind: str) -> None:
    seen = Performance(NEWEST, reported(verdict=verdict), RULE)

    assert said in repr(seen)
    assert f'<p class="{kind}">' in seen._repr_html_()


def test_the_version_that_scores_today_comes_before_those_it_replaced() -> None:
    rows = pd.concat([reported(verdict="replaced"), reported(model_version="2"), reported(model_version="10")])

    seen = Performance(NEWEST, rows, RULE)

    assert seen.versions == ["10", "2", "1"]
    assert set(seen.metrics()["n"]) == {100}
    assert list(seen.metrics("1").columns) == list(seen.metrics().columns)


def test_the_page_has_a_row_a_cut_off_after_that_of_the_promotion_test() -> None:
    html = Performance(NEWEST, reported(), RULE)._repr_html_()

    assert re.findall(r'<th scope="row" class="short">([^<]+)</th>', html) == [
        "promotion test",
        "2026-02-09",
        "2026-02-02",
    ]


def test_a_day_without_honest_cut_offs_says_so() -> None:
    seen = Performance(NEWEST, reported().head(0), RULE)

    assert "No version has scored a cut-off yet" in seen._repr_html_()
    assert "No version has scored a cut-off yet" in repr(seen)


def test_reports_that_were_never_made_say_how(tmp_path: Path, service: Service) -> None:
    lake = Lake(tmp_path / "lake")
    lake.path(DRIFT_REPORT, NEWEST).parent.mkdir(parents=True)
    events = service.lake.root / "events"
    (lake.root / "events").symlink_to(events)
    ws = churn_assets.connect(service.settings.model_copy(update={"lake": str(lake.root)}))

    with pytest.raises(
        MissingPartitionError, match=r"drift_report has not been made yet.*ws\.materialize\('drift_report'\)"
    ):
        ws.drift()
    with pytest.raises(MissingPartitionError, match=rf"lacks 1 .*{NEWEST}.* There is no other one either"):
        ws.performance(day=NEWEST)


def test_the_history_holds_promotions_and_retrainings(ws: Workspace) -> None:
    history = ws.history()

    first = history.iloc[0]
    assert (first["what"], first["decision"], first["version"]) == ("champion", "promotion", "1")
    assert first["champion before"] is None
    assert "beats base rate" in first["why"]
    assert history["when"].is_monotonic_increasing
