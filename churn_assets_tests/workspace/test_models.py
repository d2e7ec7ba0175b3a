"""Versions of the model in a notebook."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churn_assets
from churn_assets.errors import FingerprintError, NoChampionError, RegistryError
from churn_assets.registry.tracking import tracking_below
from churn_assets.scoring.tables import CHURN_SCORES
from churn_assets.settings import Settings
from churn_assets.workspace.card import Card
from churn_assets.workspace.workspace import Workspace
from churn_assets_tests.end_to_end.service import CUTOFFS, HELD_OUT, Service, succeeded


class Tags(HTMLParser):
    """The tags of a page, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        del attrs


def test_the_champion_is_the_model_that_nothing_is_said_of(ws: Workspace, service: Service) -> None:
    number = service.registry.champion().number

    assert ws.model().version == ws.model("champion").version == ws.model(int(number)).version == number
    assert "champion" in ws.model().aliases


def test_a_model_tells_in_a_line_what_it_is(ws: Workspace) -> None:
    told = repr(ws.model())

    assert re.match(
        r"<Model 1 \(.*champion.*\): \w+.*, \d+ features, labels up to 2026-\d\d-\d\d; promotion test: ", told
    )
    assert re.search(r"roc_auc 0\.\d{3}, average_precision 0\.\d{3}, log_loss 0\.\d{3}", told)


def test_its_metrics_are_those_of_its_promotion_test(ws: Workspace, service: Service) -> None:
    frame = service.rows(CHURN_SCORES, *HELD_OUT)
    labels = ws.load("churn_labels", cutoff=HELD_OUT)
    rows = frame.merge(labels, on=["cutoff", "user_id"]).query("at_risk_x")

    metrics = ws.model().metrics

    log_loss = -np.log(np.where(rows["churned"], rows["churn_probability"], 1 - rows["churn_probability"])).mean()
    assert metrics.loc["log_loss", "value"] == pytest.approx(log_loss)
    assert metrics.loc["log_loss", "n"] == len(rows)
    assert metrics.loc["roc_auc", "low"] < metrics.loc["roc_auc", "value"] < metrics.loc["roc_auc", "high"]
    assert set(ws.model().segments["segment"]) >= {"all", f"cutoff={HELD_OUT[0]}"}


def test_its_features_are_listed_by_weight_and_in_words(ws: Workspace) -> None:
    features = ws.model().features

    assert features["importance"].is_monotonic_decreasing
    assert features["description"].str.len().min() > 5
    assert set(features.index) <= set(ws.columns("user_features").index)


def test_its_predictions_for_the_scored_rows_are_the_scores(ws: Workspace, service: Service) -> None:
    features = ws.load("user_features", cutoff=CUTOFFS[-1]).set_index("user_id", drop=False)
    scores = service.rows(CHURN_SCORES, CUTOFFS[-1]).set_index("user_id")

    said = ws.model().predict(features)

    pd.testing.assert_series_equal(said.loc[scores.index], scores["churn_probability"], check_exact=True)


def test_contributions_and_base_add_up_to_the_raw_score(ws: Workspace) -> None:
    model, rows = ws.model(), ws.load("user_features", cutoff=CUTOFFS[-1]).head(20)
    raw = model._loaded.model

    pushes = model.contributions(rows)

    np.testing.assert_allclose(pushes.sum(axis=1) + raw.base_log_odds, raw.log_odds(rows), atol=1e-6)
    assert list(pushes.columns) == list(raw.selected)


def test_the_reference_is_what_it_was_trained_on(ws: Workspace) -> None:
    reference = ws.model().reference()

    assert reference["cutoff"].max() < pd.Timestamp(HELD_OUT[0])
    assert len(reference) > 1_000


def test_rows_without_a_declared_feature_are_refused(ws: Workspace) -> None:
    rows = ws.load("user_features", cutoff=CUTOFFS[-1]).drop(columns="recency_days")

    with pytest.raises(FingerprintError, match=r"lacks 1 of the .* \(recency_days\): pass every column"):
        ws.model().predict(rows)


def test_features_of_another_lookback_are_refused(service: Service) -> None:
    other = churn_assets.connect(service.settings.model_copy(update={"lookback_days": 28}))

    with pytest.raises(FingerprintError, match="train and promote a model on today's declaration"):
        other.model().predict(other.load("user_features", cutoff=CUTOFFS[-1]))


def test_the_card_is_markdown_that_shows_as_a_page(ws: Workspace, service: Service) -> None:
    card = ws.model().card()

    assert card == service.registry.load(service.registry.champion()).artifact.card
    tags = Tags(card._repr_html_()).found
    assert tags.count("h1") == 1
    assert {"h2", "table", "thead", "th", "li"} <= set(tags)
    assert card._repr_markdown_() == card


def test_nothing_of_a_card_is_taken_for_markup() -> None:
    html = Card("# A <script>alert(1)</script> card\n\n[x](javascript:alert(2))\n")._repr_html_()

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "href" not in html


def test_the_plots_show_themselves(ws: Workspace) -> None:
    plots = ws.model().plots

    assert {"roc", "calibration", "importance"} <= set(plots)
    assert plots["roc"]._repr_png_().startswith(b"\x89PNG")
    assert "Picture of roc" in repr(plots["roc"])


def test_an_unknown_version_is_told_with_those_there_are(ws: Workspace) -> None:
    with pytest.raises(RegistryError, match=r"no version '99' .* registered: 1\."):
        ws.model(99)


def test_before_the_first_training_it_is_said_how_one_comes_about_and_no_store_is_made(elsewhere: Path) -> None:
    ws = churn_assets.connect()

    for ask in (ws.model, lambda: ws.model("challenger"), lambda: ws.predict([]), ws.drift):
        with pytest.raises((NoChampionError, churn_assets.errors.MissingPartitionError), match="yet"):  # type: ignore[attr-defined]
            ask()
    assert ws.history().empty
    assert list(elsewhere.iterdir()) == []


def test_without_a_promotion_the_refusal_is_pointed_to(tmp_path: Path) -> None:
    from churn_assets.registry.tracking import prepare

    prepare(tracking_below(tmp_path / "mlflow"))

    with pytest.raises(NoChampionError, match="No model has been promoted yet"):
        churn_assets.connect(Settings(home=tmp_path, _env_file=None)).model()


def test_a_promotion_is_followed_by_the_same_workspace(copy: Service) -> None:
    ws = churn_assets.connect(copy.settings)
    first = ws.model().version

    second = succeeded(copy).number

    assert (first, ws.model().version) == ("1", second)
    assert "champion" not in ws.model("1").aliases
    history = ws.history()
    assert list(history["decision"]) == ["promotion", "promotion"]
    assert set(history["champion after"]) == {"1", second}


def test_a_home_that_was_moved_still_finds_its_models(copy: Service, tmp_path: Path) -> None:
    moved = copy.home.rename(tmp_path / "moved")

    ws = churn_assets.connect(copy.settings.model_copy(update={"home": moved}))

    assert len(ws.model().predict(ws.load("user_features", cutoff=CUTOFFS[-1]))) > 100
